package io.millrace.dataplane.l3;

import io.millrace.codec.EthernetHeader;
import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.frame.Offload;
import io.millrace.dataplane.frame.Segmenter;
import io.millrace.dataplane.graph.Drop;
import org.agrona.concurrent.UnsafeBuffer;

/** Who gets in at an {@link IpNode}: frames of others that are for this host, with nothing left to be done on them. */
final class Entrance {
    private final IpNode node;
    private final Family family;
    private final UnsafeBuffer bytes;
    private final EthernetHeader ethernet = new EthernetHeader();
    private final Segmenter segmenter;

    Entrance(IpNode node, Family family) {
        this.node = node;
        this.family = family;
        this.bytes = node.frames().buffer();
        this.segmenter = new Segmenter(node.frames());
    }

    void receive(long frame) {
        if (Frame.length(frame) < EthernetHeader.LENGTH) {
            node.refuse(frame, Drop.ETHERNET_TRUNCATED);
            return;
        }
        ethernet.wrap(bytes, Frame.head(frame));
        long mac = node.mac();
        long to = ethernet.destination();
        long from = ethernet.source();
        if (mac == 0 || (to != mac && !EthernetHeader.isGroup(to))) {
            node.refuse(frame, Drop.NOT_OURS);
        } else if (EthernetHeader.isGroup(from)) {
            node.refuse(frame, Drop.SOURCE_IS_GROUP);
        } else if (from == mac) {
            node.refuse(frame, Drop.OWN_FRAME);
        } else if (!Frame.isOffloaded(frame)) {
            family.receive(frame, ethernet.type());
        } else if (Offload.isSegmented(node.frames().offload(frame))) {
            node.refuse(frame, Drop.NOT_SERVED);
        } else if (segmenter.wrap(frame)) {
            family.receive(segmenter.finish(), ethernet.type());
        } else {
            node.refuse(frame, Drop.OFFLOAD_SENSELESS);
        }
    }
}
