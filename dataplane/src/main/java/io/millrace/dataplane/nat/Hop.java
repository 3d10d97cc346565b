package io.millrace.dataplane.nat;

import io.millrace.codec.Ipv6Address;
import io.millrace.dataplane.l3.NextHop;
import org.jspecify.annotations.Nullable;

/** A neighbour that packets are forwarded to, and the interface it is behind. The worker's thread. */
final class Hop implements NextHop.User {
    /** {@link Hops#NONE} until its Ethernet address has been known. */
    int number = Hops.NONE;

    final Gateway gateway;
    final long high;
    final long low;

    /** Its Ethernet address, or {@link NextHop#UNKNOWN}. */
    long mac = NextHop.UNKNOWN;

    /** Frames that were sent through it, or wait for its address. */
    long frames;

    /** How many sessions lead here; one that leads here both ways counts twice. */
    int sessions;

    @Nullable
    Hop chained;

    // Its place among those that are Sought.
    @Nullable
    Hop before;

    @Nullable
    Hop behind;

    /** What the interface's IP node knows of it. */
    final NextHop next;

    Hop(Gateway gateway, long high, long low) {
        this.gateway = gateway;
        this.high = high;
        this.low = low;
        next = gateway.ip(high, low).via(new Ipv6Address(high, low), this);
    }

    /** The Ethernet addresses of a frame to it as its first eight and next four bytes lie in memory, little-endian. */
    long ethernetFirst;

    int ethernetLast;

    private boolean isKnown;

    @Override
    public void nextHop(long now) {
        mac = now;
        renew();
    }

    /** Its address or that of the interface has changed. */
    void renew() {
        long own = gateway.mac();
        isKnown = mac >= 0 && own != 0;
        ethernetFirst = Long.reverseBytes(mac << 16 | own >>> 32);
        ethernetLast = Integer.reverseBytes((int) own);
    }

    /** Whether a packet of that length, in bytes, can be sent at once. */
    boolean takes(int length) {
        return isKnown && length <= gateway.mtuNow;
    }

    @Override
    public long sent() {
        return frames;
    }
}
