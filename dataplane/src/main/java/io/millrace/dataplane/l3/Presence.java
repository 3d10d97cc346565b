package io.millrace.dataplane.l3;

/**
 * That others know this host's address, and nobody else has it: RFC 5227 sections 2.3 and 2.4, and the same for IPv6.
 * There is no probing beforehand: addresses are set by who runs the network.
 */
final class Presence {
    private static final int ANNOUNCEMENTS = 2;

    /** Between two announcements, in ns. */
    private static final long INTERVAL = 2_000_000_000L;

    /** Between two defences, in ns. */
    private static final long DEFENCE = 10_000_000_000L;

    private final IpNode node;
    private int left;
    private long announced;
    private long clashes;
    private long clashed;
    private long defended;
    private long rival;

    Presence(IpNode node) {
        this.node = node;
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
        clashed = now;
        rival = who;
        if (due && !node.settings().isQuiet()) {
            defended = now;
            node.announce();
        }
    }

    long clashes() {
        return clashes;
    }

    long clashed() {
        return clashed;
    }

    long rival() {
        return rival;
    }
}
