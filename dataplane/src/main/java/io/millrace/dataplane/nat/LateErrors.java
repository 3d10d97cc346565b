package io.millrace.dataplane.nat;

import io.millrace.codec.EtherType;
import io.millrace.codec.EthernetHeader;
import io.millrace.codec.Icmpv6Header;
import io.millrace.codec.InternetChecksum;
import io.millrace.codec.IpProtocol;
import io.millrace.codec.Ipv4Header;
import io.millrace.codec.Ipv6Header;
import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.graph.Drop;
import io.millrace.dataplane.graph.Graph;
import io.millrace.dataplane.l3.IcmpErrors;
import java.nio.ByteOrder;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Tells the senders of packets that were translated already, and waited for a next hop in vain, that the host cannot be
 * reached (RFC 1812 section 5.2.7.1, RFC 4443 section 3.1). The error takes the way of one that a router farther on sent: the
 * packet it quotes becomes what its sender sent, but for its time to live, which was counted down, as Linux has it. It is
 * told by the gateway of the sender's side (RFC 5508 REQ-4). One thread; nothing is allocated but frames.
 */
final class LateErrors {
    private static final int NETWORK = EthernetHeader.LENGTH;

    private final Nat nat;
    private final UnsafeBuffer bytes;
    private final IcmpErrors errors;
    private final Quoted quoted;
    private final Ipv4Header ipv4 = new Ipv4Header();
    private final Ipv6Header ipv6 = new Ipv6Header();
    private final Icmpv6Header icmpv6 = new Icmpv6Header();
    private final Tuple to = new Tuple();

    LateErrors(Nat nat, Graph graph) {
        this.nat = nat;
        this.bytes = graph.pool().buffer();
        this.errors = new IcmpErrors(graph);
        this.quoted = new Quoted(graph.pool());
    }

    /** A packet was to leave by a gateway, and does not; the frame stays whose it is. */
    void lost(Gateway by, long frame, Drop why) {
        if ((why != Drop.NEXT_HOP_SILENT && why != Drop.NO_ROUTE) || !errors.wrap(frame)) {
            return;
        }
        boolean v6 = bytes.getShort(Frame.head(frame) + NETWORK - 2, ByteOrder.BIG_ENDIAN) == (short) EtherType.IPV6;
        long error = errors.unreachable(IcmpErrors.Unreachable.HOST); // as if the destination had sent it
        if (error != Frame.NONE && !send(error, v6)) {
            by.refuse(error, Drop.NO_CONNECTION);
        }
    }

    private boolean send(long error, boolean v6) {
        var flaw = v6 ? quoted.readIpv6(error, NETWORK) : quoted.readIpv4(error, NETWORK);
        var sessions = nat.sessions();
        int token = flaw != null
                ? Sessions.NONE
                : sessions.find(quoted.answer(), sessions.hash(quoted.answer()), nat.tick());
        var sender = token == Sessions.NONE ? null : nat.hop(token);
        var teller = sender == null ? null : sender.gateway.address(v6);
        if (sender == null || teller == null) {
            return false;
        }
        quoted.translate(to.invert(sessions.read(token ^ 1, to)));
        int at = Frame.head(error) + NETWORK;
        if (v6) {
            ipv6.wrap(bytes, at);
            int message = ipv6.payloadLength();
            ipv6.source(teller.high(), teller.low());
            icmpv6.wrap(bytes, at + Ipv6Header.LENGTH)
                    .writeChecksum(ipv6.pseudoHeader(message, IpProtocol.ICMPV6), message);
        } else {
            int before = ipv4.wrap(bytes, at).source();
            int now = (int) teller.low();
            ipv4.source(now).checksum(InternetChecksum.update32(ipv4.checksum(), before, now));
        }
        sender.gateway.leave(error, sender, token);
        return true;
    }
}
