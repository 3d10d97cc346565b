package io.millrace.vtep.vxlan;

import io.millrace.codec.Ipv6Address;
import org.jspecify.annotations.Nullable;

/**
 * Who sent this: the peers of all overlays by identifier and outer source address. Open addressing, linear probing, at most
 * half full. The key of an IPv4 peer is exact; that of an IPv6 peer is a hash, and what is found is compared. One thread.
 */
final class PeerTable {
    private static final int SMALLEST = 64;
    private static final long IPV4 = 1L << 62;

    private long[] keys = new long[SMALLEST];
    private @Nullable Peer[] peers = new Peer[SMALLEST];
    private int shift = Long.numberOfLeadingZeros(SMALLEST) + 1;
    private int count;
    private long lastKey;
    private @Nullable Peer last;

    /** The key of a host in an overlay; never 0. */
    static long key(int vni, long high, long low) {
        if (Ipv6Address.isIpv4(high, low)) {
            return key(vni, (int) low);
        }
        return ((high * 0xD6E8_FEB8_6659_FD93L ^ low) * 0x9E37_79B9_7F4A_7C15L ^ vni) | 1L << 63;
    }

    /** The key of a host with this IPv4 address in an overlay; never 0. */
    static long key(int vni, int address) {
        return (long) vni << 32 | (address & 0xFFFF_FFFFL) | IPV4;
    }

    /** The peer that has this key of {@link #key(int, int)}, or null. Frames of one peer come in runs. */
    @Nullable
    Peer find(long key) {
        if (key == lastKey) {
            return last;
        }
        var keys = this.keys;
        int mask = keys.length - 1;
        for (int i = home(key); keys[i] != 0; i = i + 1 & mask) {
            if (keys[i] == key) {
                lastKey = key;
                last = peers[i];
                return last;
            }
        }
        return null;
    }

    /** The peer of an overlay that has this address, or null. */
    @Nullable
    Peer find(int vni, long high, long low) {
        long key = key(vni, high, low);
        var keys = this.keys;
        int mask = keys.length - 1;
        for (int i = home(key); keys[i] != 0; i = i + 1 & mask) {
            if (keys[i] == key) {
                var peer = peers[i];
                if (peer != null
                        && peer.address.low() == low
                        && peer.address.high() == high
                        && peer.tunnel.vni() == vni) {
                    return peer;
                }
            }
        }
        return null;
    }

    void add(Peer peer) {
        if (2 * (count + 1) > keys.length) {
            grow();
        }
        put(key(peer), peer);
        count++;
    }

    void remove(Peer peer) {
        lastKey = 0;
        last = null;
        int mask = keys.length - 1;
        int gap = home(key(peer));
        while (peers[gap] != peer) {
            gap = gap + 1 & mask;
        }
        for (int i = gap + 1 & mask; keys[i] != 0; i = i + 1 & mask) {
            if ((i - home(keys[i]) & mask) >= (i - gap & mask)) {
                keys[gap] = keys[i];
                peers[gap] = peers[i];
                gap = i;
            }
        }
        keys[gap] = 0;
        peers[gap] = null;
        count--;
    }

    private static long key(Peer peer) {
        return key(peer.tunnel.vni(), peer.address.high(), peer.address.low());
    }

    private void put(long key, Peer peer) {
        int i = home(key);
        while (keys[i] != 0) {
            i = i + 1 & keys.length - 1;
        }
        keys[i] = key;
        peers[i] = peer;
    }

    private void grow() {
        var before = peers;
        keys = new long[2 * before.length];
        peers = new Peer[2 * before.length];
        shift--;
        for (var peer : before) {
            if (peer != null) {
                put(key(peer), peer);
            }
        }
    }

    private int home(long key) {
        return (int) ((key * 0x9E37_79B9_7F4A_7C15L) >>> shift);
    }
}
