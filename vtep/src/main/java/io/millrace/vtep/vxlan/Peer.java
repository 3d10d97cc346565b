package io.millrace.vtep.vxlan;

import io.millrace.codec.Ipv6Address;
import io.millrace.dataplane.l3.NextHop;
import org.jspecify.annotations.Nullable;

/**
 * Another host of one overlay, or the multicast group that stands for all of them: a port of the overlay's switch, with
 * the headers that everything on its way there gets. The worker's thread.
 */
public final class Peer implements NextHop.User {
    final Tunnel tunnel;
    final Ipv6Address address;

    /** The number of its port on the overlay's switch. */
    final int number;

    /** Whether it was named, and so stays however long it is silent. */
    final boolean isNamed;

    /** The headers, all but what differs from frame to frame; see {@link OuterHeaders}. */
    long[] headers = {};

    /** The sum of those headers' part that IP's checksum covers. */
    int sum;

    /** Whether the headers hold the next hop's Ethernet address. */
    boolean isReady;

    private long hopMac = NextHop.UNKNOWN;

    @Nullable
    NextHop hop;

    long txFrames;
    long txBytes;
    long rxFrames;
    long rxBytes;

    /** When it was last heard, ns of the worker's clock; kept only for those who were not named. */
    long heard;

    Peer(Tunnel tunnel, Ipv6Address address, int number, boolean isNamed) {
        this.tunnel = tunnel;
        this.address = address;
        this.number = number;
        this.isNamed = isNamed;
    }

    @Override
    public void nextHop(long mac) {
        hopMac = mac;
        write();
    }

    @Override
    public long sent() {
        return txFrames;
    }

    /** Makes the headers ready, as far as is known. */
    void write() {
        tunnel.tunnels().headers().write(this, hopMac == NextHop.UNKNOWN ? 0 : hopMac);
        isReady = hopMac != NextHop.UNKNOWN;
    }

    /** An IPv4 address in its mapped form. */
    public Ipv6Address address() {
        return address;
    }

    /** The number of its port on the overlay's switch. */
    public int number() {
        return number;
    }

    /** Whether it was named, in a file or by a control plane; otherwise it was heard, and goes when it is silent. */
    public boolean isNamed() {
        return isNamed;
    }

    /** Whether it is the multicast group, which stands for all that joined it. */
    public boolean isGroup() {
        return tunnel.isGroup(address);
    }

    /** Whether it gets a copy of what is flooded: where there is a group, that alone does. */
    public boolean isFlooded() {
        return tunnel.floods(address, isNamed);
    }

    /** Where its packets go first; null: that is the kernel's to know. */
    public @Nullable NextHop hop() {
        return hop;
    }

    /** The next hop's Ethernet address, or {@link NextHop#UNKNOWN}. */
    public long hopMac() {
        return hopMac;
    }

    /** Frames sent there. */
    public long txFrames() {
        return txFrames;
    }

    /** Bytes of those frames, without what was put around them. */
    public long txBytes() {
        return txBytes;
    }

    /** Frames that came from there and were taken. */
    public long rxFrames() {
        return rxFrames;
    }

    /** Bytes of those frames, without what was around them. */
    public long rxBytes() {
        return rxBytes;
    }
}
