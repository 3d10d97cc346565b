package io.millrace.dataplane.nat;

import io.millrace.codec.EthernetHeader;
import io.millrace.dataplane.graph.Drop;
import io.millrace.dataplane.graph.Graph;

/**
 * Has the fragments of a packet follow the first one, which alone has ports: they are looked up with its ports and go the
 * way of its session, as long as there is one. Under an address that hosts share they get an identification of that
 * address's (RFC 6864 section 5.3.1). One thread.
 */
final class Followers {
    private static final int NETWORK = EthernetHeader.LENGTH;

    private final Nat nat;
    private final Graph graph;
    private final Packet packet;
    private final Identifications identifications;
    private final Tuple reply = new Tuple();

    /** @param packet the one in hand */
    Followers(Nat nat, Graph graph, Packet packet, long seed) {
        this.nat = nat;
        this.graph = graph;
        this.packet = packet;
        this.identifications = new Identifications(seed);
    }

    /** Sees to the end of the packet in hand, a fragment that came in by {@code in}. */
    void take(Gateway in, long frame) {
        if (packet.timeToLive() <= 1) { // it shall not count as come
            in.complaints().timeExceeded(frame);
            in.refuse(frame, Drop.TIME_EXCEEDED);
            return;
        }
        var fragments = in.fragments();
        int verdict = fragments.admit(frame, NETWORK, graph.now());
        if (verdict == Fragments.FIRST) {
            lead(in, frame);
        } else if (verdict == Fragments.KNOWN) {
            follow(in, frame, fragments.token());
        } else if (verdict == Fragments.WAITS) {
            in.tell(frame, Gateway.WAITS);
        } else {
            in.refuse(frame, Fragments.dropOf(verdict));
        }
    }

    private void lead(Gateway in, long frame) {
        var fragments = in.fragments();
        int now = nat.tick();
        boolean v6 = packet.v6;
        int token = Sessions.NONE;
        if (packet.kind == Packet.Kind.ERROR) {
            in.refuse(frame, Drop.IP_FRAGMENT); // errors are short
        } else {
            token = nat.session(in, frame, now);
        }
        if (token == Sessions.NONE) {
            fragments.refused(Drop.FRAGMENT_REFUSED, graph.now());
            return;
        }
        long flow = flow(packet.tuple);
        int waited = fragments.decided(flow, identification(fragments, token), graph.now());
        nat.forward(in, frame, token, now);
        for (int i = 0; i < waited; i++) {
            packet.parse(fragments.released(i), v6);
            follow(in, fragments.released(i), flow);
        }
    }

    private void follow(Gateway in, long frame, long flow) {
        var tuple = packet.tuple;
        tuple.protocol = (int) (flow >>> 32);
        tuple.sourcePort = (int) (flow >>> 16) & 0xFFFF;
        tuple.destinationPort = (int) flow & 0xFFFF;
        int now = nat.tick();
        int token = nat.sessions().find(tuple, nat.sessions().hash(tuple), now);
        if (token == Sessions.NONE) {
            in.refuse(frame, Drop.NO_CONNECTION);
        } else {
            nat.forward(in, frame, token, now);
        }
    }

    /** What the first fragment has and the others have not. */
    private static long flow(Tuple tuple) {
        return (long) tuple.protocol << 32 | (long) tuple.sourcePort << 16 | tuple.destinationPort;
    }

    private long identification(Fragments fragments, int token) {
        nat.sessions().read(token ^ 1, reply);
        return isHidden(packet.tuple, reply) ? next(reply, 1) : fragments.identification();
    }

    private static boolean isHidden(Tuple tuple, Tuple reply) {
        return reply.destinationLow != tuple.sourceLow || reply.destinationHigh != tuple.sourceHigh;
    }

    private long next(Tuple reply, int count) {
        return identifications.next(
                /* sourceHigh= */ reply.destinationHigh,
                /* sourceLow= */ reply.destinationLow,
                /* destinationHigh= */ reply.sourceHigh,
                /* destinationLow= */ reply.sourceLow,
                reply.protocol,
                count);
    }

    /** Numbers the packet in hand, which is translated: a fragment as its first one was, one that is to be cut anew. */
    void renumber(Gateway in, long frame, int token, boolean isToBeCut) {
        if (packet.isFragment()) {
            in.fragments().renumber(frame, NETWORK);
        } else if (isToBeCut) {
            nat.sessions().read(token ^ 1, reply);
            if (isHidden(packet.tuple, reply)) {
                int count = nat.segments(frame); // each is cut by itself, and numbered from the first on
                packet.ipv4.identification((int) next(reply, count) & 0xFFFF).writeChecksum();
            }
        }
    }
}
