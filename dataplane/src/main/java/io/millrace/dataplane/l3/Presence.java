package io.millrace.dataplane.l3;

import io.millrace.codec.Ipv6Address;

/**
 * That others know this host's address, and nobody else has it: RFC 5227 sections 2.3 and 2.4, and the same for IPv6.
 * There is no probing beforehand: addresses are set by who runs the network.
 */
public final class Presence {
    private static final int ANNOUNCEMENTS = 2;

    /** Between two announcements, in ns. */
    private static final long INTERVAL = 2_000_000_000L;

    /** Between two defences, in ns. */
    private static final long DEFENCE = 10_000_000_000L;

    private final IpNode node;
    private final AddressSet virtual = new AddressSet();
    private int left;
    private long announced;
    private long clashes;
    private long defended;
    private long rival;

    private Others others = (high, low) -> false;

    /** Other addresses of the same host, which are on other links. */
    @FunctionalInterface
    public interface Others {
        /** Whether the address is one; of IPv4 in its mapped form. */
        boolean isOwn(long high, long low);
    }

    Presence(IpNode node) {
        this.node = node;
    }

    void serve(Ipv6Address address) {
        if (virtual.add(address) && !address.isIpv4()) {
            node.join(Ipv6Family.solicitedNode(address));
        }
    }

    boolean isOwn(long high, long low) {
        var own = node.settings().address();
        return (low == own.low() && high == own.high()) || virtual.contains(high, low);
    }

    /** Has pings to the host's addresses on other links answered, too, when they come this way; nobody is told they were here. */
    public void answerFor(Others known) {
        others = known;
    }

    /** Whether a packet to an address is for this host. */
    boolean isHost(long high, long low) {
        return isOwn(high, low) || others.isOwn(high, low);
    }

    /** Tells all where this host is, now and once more later. */
    void announce() {
        left = ANNOUNCEMENTS;
        announceOnce();
    }

    private void announceOnce() {
        left--;
        announced = node.now();
        node.announce();
    }

    void beat() {
        if (left > 0 && node.now() - announced >= INTERVAL) {
            announceOnce();
        }
    }

    /** Another host claims the address: it is told otherwise, but not again and again, since it may insist, too. */
    void clash(long who) {
        long now = node.now();
        boolean due = clashes == 0 || now - defended >= DEFENCE;
        clashes++;
        rival = who;
        if (due && !node.settings().isQuiet()) {
            defended = now;
            node.announce();
        }
    }

    /** How often another host has claimed this address. */
    public long clashes() {
        return clashes;
    }

    /** The Ethernet address of who last claimed this address; 0: nobody has. */
    public long rival() {
        return rival;
    }
}
