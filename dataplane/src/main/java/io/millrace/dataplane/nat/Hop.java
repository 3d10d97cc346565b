package io.millrace.dataplane.nat;

import io.millrace.dataplane.l3.NextHop;

/** A neighbour that packets are forwarded to, and the interface it is behind. The worker's thread. */
final class Hop implements NextHop.User {
    final int number;
    final Gateway gateway;
    final long high;
    final long low;

    /** Its Ethernet address, or {@link NextHop#UNKNOWN}. */
    long mac = NextHop.UNKNOWN;

    /** Frames that were sent through it, or wait for its address. */
    long frames;

    /** How many sessions lead here; one that leads here both ways counts twice. */
    int sessions;

    Hop chained;
    NextHop next;

    Hop(int number, Gateway gateway, long high, long low) {
        this.number = number;
        this.gateway = gateway;
        this.high = high;
        this.low = low;
    }

    @Override
    public void nextHop(long now) {
        mac = now;
    }

    @Override
    public long sent() {
        return frames;
    }
}
