package io.millrace.dataplane.nat;

import io.millrace.codec.EthernetHeader;
import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.graph.Drop;

/**
 * Sees ICMP errors on: one is forwarded as the answers to what it quotes are, whatever router sent it, and translated with
 * what it quotes ({@link Quoted}). It keeps no connection alive and ends none (RFC 4787 REQ-12, 5382 REQ-10, 5508 REQ-6). One
 * thread.
 */
final class ErrorPassage {
    private final Nat nat;
    private final Quoted quoted;
    private final Tuple to = new Tuple();

    ErrorPassage(Nat nat, FramePool pool) {
        this.nat = nat;
        this.quoted = new Quoted(pool);
    }

    /**
     * Sees to the end of an error.
     *
     * @param own whether it is for an address of the host itself, also if that stands for another
     */
    void take(Gateway in, Packet packet, long frame, boolean own) {
        var why = packet.v6
                ? quoted.readIpv6(frame, EthernetHeader.LENGTH)
                : quoted.readIpv4(frame, EthernetHeader.LENGTH);
        if (why != null) {
            in.refuse(frame, why);
            return;
        }
        var sessions = nat.sessions();
        int token = sessions.find(quoted.answer(), sessions.hash(quoted.answer()), nat.tick());
        if (token != Sessions.NONE) {
            forward(in, packet, frame, token);
        } else if (own) {
            in.local(frame, packet.v6);
        } else {
            in.refuse(frame, Drop.NO_CONNECTION);
        }
    }

    private void forward(Gateway in, Packet packet, long frame, int token) {
        var from = nat.hop(token ^ 1);
        var onward = nat.hop(token);
        if (from == null || onward == null) {
            in.refuse(frame, Drop.NO_ROUTE);
        } else if (from.gateway != in) {
            in.refuse(frame, Drop.IP_SOURCE); // answers do not come by this interface
        } else if (nat.mayLeave(in, onward, frame)) {
            quoted.translate(to.invert(nat.sessions().read(token ^ 1, to)));
            if (packet.v6) {
                packet.ipv6.hopLimit(packet.ipv6.hopLimit() - 1);
            } else {
                packet.ipv4.decrementTimeToLive();
            }
            in.leave(frame, onward, token);
        }
    }
}
