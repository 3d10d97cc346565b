package io.millrace.dataplane.l3;

import io.millrace.dataplane.graph.Drop;
import org.jspecify.annotations.Nullable;

/**
 * Finds out, and keeps up to date, where next hops are: who is not known is asked for, all hosts of the link, once a second
 * and three times; who is used is asked itself every half minute whether it is still there. RFC 1122 section 2.3.2.1, RFC
 * 4861 section 7.2 and 7.3, with one set of times for both.
 */
final class Resolution {
    /** Between two questions, in ns. */
    static final long AGAIN = 1_000_000_000L;

    /** So long a hop that is in use is believed to be where it was, in ns. */
    static final long TRUST = 30_000_000_000L;

    /** Questions before a hop is silent; as many to itself alone before, when it was known. */
    static final int TRIES = 3;

    private final IpNode node;

    Resolution(IpNode node) {
        this.node = node;
    }

    /**
     * A hop is to be found.
     *
     * @param known its Ethernet address, if that is known from elsewhere
     */
    void begin(NextHop hop, @Nullable Long known) {
        var address = hop.address();
        var settings = node.settings();
        if (known != null) {
            hop.fixed(known);
        } else if (address.isIpv4() != settings.address().isIpv4()) {
            hop.state = NextHop.State.NO_ROUTE;
        } else if (Family.isGroup(address)) {
            hop.fixed(Family.groupMac(address));
        } else if (!settings.isQuiet() && (settings.isOnLink(address) || address.equals(settings.gateway()))) {
            ask(hop, true);
        } else {
            hop.state = NextHop.State.NO_ROUTE;
        }
    }

    /** Begins to ask for a hop. What is known of it holds until it does not answer. */
    void ask(NextHop hop, boolean all) {
        hop.state = hop.mac() == NextHop.UNKNOWN ? NextHop.State.ASKED : NextHop.State.CHECKED;
        hop.tries = hop.state == NextHop.State.CHECKED && all ? TRIES : 0;
        askOnce(hop);
    }

    private void askOnce(NextHop hop) {
        hop.asked = node.now();
        if (node.mac() == 0) {
            return; // Nobody could answer: asked when the port is open.
        }
        boolean alone = hop.state == NextHop.State.CHECKED && hop.tries < TRIES;
        hop.tries++;
        node.ask(hop, alone);
    }

    /** Done every {@link io.millrace.dataplane.graph.Graph#BEAT} for every hop, while the port is open. */
    void beat(NextHop hop) {
        long now = node.now();
        switch (hop.state) {
            case KNOWN -> {
                if (now - hop.confirmed >= TRUST && hop.isInUse()) {
                    ask(hop, false);
                }
            }
            case ASKED -> beat(hop, TRIES);
            case CHECKED -> beat(hop, 2 * TRIES);
            case SILENT, FIXED, NO_ROUTE -> {}
        }
    }

    private void beat(NextHop hop, int most) {
        if (node.now() - hop.asked < AGAIN) {
            return;
        }
        if (hop.tries < most) {
            askOnce(hop);
            return;
        }
        hop.state = NextHop.State.SILENT;
        hop.mac(NextHop.UNKNOWN);
        hop.tellUsers();
        node.dropWaiting(hop, Drop.NEXT_HOP_SILENT);
    }

    /** Whether a silent hop may be asked again. */
    boolean isDue(NextHop hop) {
        return node.now() - hop.asked >= AGAIN;
    }

    /** A hop has said where it is. */
    void heard(NextHop hop, long mac) {
        boolean moved = hop.mac() != mac;
        hop.state = NextHop.State.KNOWN;
        hop.confirmed = node.now();
        hop.noteSent();
        if (moved) {
            hop.mac(mac);
            hop.tellUsers();
        }
        node.sendWaiting(hop);
    }

    /** A hop may have moved, but who says so is not to be believed without asking (RFC 4861 section 7.2.5). */
    void doubt(NextHop hop) {
        if (hop.state == NextHop.State.KNOWN) {
            ask(hop, true);
        }
    }
}
