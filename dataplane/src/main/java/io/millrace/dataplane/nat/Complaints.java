package io.millrace.dataplane.nat;

import io.millrace.codec.EtherType;
import io.millrace.codec.EthernetHeader;
import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.graph.Graph;
import io.millrace.dataplane.l3.IcmpErrors;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Tells the senders of packets that came by a gateway why they do not pass, from the gateway's own address, by ICMP or
 * ICMPv6. The frame in question stays whose it is, and has to be as its sender sent it. The worker's thread.
 */
final class Complaints {
    private final Gateway gateway;
    private final UnsafeBuffer bytes;
    private final EthernetHeader ethernet = new EthernetHeader();
    private final IcmpErrors errors;

    Complaints(Gateway gateway, Graph graph) {
        this.gateway = gateway;
        this.bytes = graph.pool().buffer();
        this.errors = new IcmpErrors(graph);
    }

    private boolean mayTell(long frame) {
        boolean v6 = ethernet.wrap(bytes, Frame.head(frame)).type() == EtherType.IPV6;
        var own = gateway.address(v6);
        if (own == null || gateway.mac() == 0 || !errors.wrap(frame)) {
            return false;
        }
        errors.from(gateway.mac(), own.high(), own.low());
        return true;
    }

    void timeExceeded(long frame) {
        if (mayTell(frame)) {
            send(errors.timeExceeded());
        }
    }

    void unreachable(long frame, IcmpErrors.Unreachable why) {
        if (mayTell(frame)) {
            send(errors.unreachable(why));
        }
    }

    /** @param mtu the longest packet that would have passed, in bytes */
    void tooBig(long frame, int mtu) {
        if (mayTell(frame)) {
            send(errors.tooBig(mtu));
        }
    }

    private void send(long error) {
        if (error != Frame.NONE) {
            gateway.sendOwn(error);
        }
    }
}
