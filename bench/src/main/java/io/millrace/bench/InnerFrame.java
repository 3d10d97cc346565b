package io.millrace.bench;

import io.millrace.codec.EtherType;
import io.millrace.codec.EthernetHeader;
import io.millrace.codec.IpProtocol;
import io.millrace.codec.Ipv4Header;
import io.millrace.codec.UdpHeader;
import io.millrace.codec.VxlanHeader;
import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.frame.FramePool;

/** Frames of 64 bytes with UDP over IPv4 in them, and the same in a tunnel. */
final class InnerFrame {
    static final int LENGTH = 64;
    static final int OUTER = 50;

    private InnerFrame() {}

    /** Writes the frame of a flow: one UDP port for each. */
    static void write(FramePool pool, long frame, long destination, long source, int flow) {
        Rig.write(pool, frame, destination, source);
        datagram(pool, Frame.head(frame), 0x0A01_0001, 0x0A02_0000 + flow, 1024 + flow % 60_000, 7, LENGTH);
    }

    /** Puts a tunnel's headers in front of a frame, from one host to another. */
    static long wrap(FramePool pool, long frame, int from, int to, int vni) {
        long outer = Frame.push(frame, OUTER);
        int head = Frame.head(outer);
        int length = Frame.length(outer);
        new EthernetHeader()
                .wrap(pool.buffer(), head)
                .destination(OverlayHost.mac(to).value())
                .source(OverlayHost.mac(from).value());
        int source = OverlayHost.address(from).v4();
        datagram(pool, head, source, OverlayHost.address(to).v4(), 50_000, VxlanHeader.PORT, length);
        new VxlanHeader().wrap(pool.buffer(), head + OUTER - VxlanHeader.LENGTH).vni(vni);
        return outer;
    }

    private static void datagram(FramePool pool, int head, int source, int destination, int from, int to, int length) {
        var bytes = pool.buffer();
        new EthernetHeader().wrap(bytes, head).type(EtherType.IPV4);
        int at = head + EthernetHeader.LENGTH;
        new Ipv4Header()
                .wrap(bytes, at)
                .plain()
                .totalLength(length - EthernetHeader.LENGTH)
                .timeToLive(64)
                .protocol(IpProtocol.UDP)
                .source(source)
                .destination(destination)
                .writeChecksum();
        new UdpHeader()
                .wrap(bytes, at + Ipv4Header.LENGTH)
                .sourcePort(from)
                .destinationPort(to)
                .length(length - EthernetHeader.LENGTH - Ipv4Header.LENGTH)
                .checksum(UdpHeader.NO_CHECKSUM);
    }
}
