package io.millrace.tools.decode;

import io.millrace.codec.ArpHeader;
import io.millrace.codec.ChecksumState;
import io.millrace.codec.Classifier;
import io.millrace.codec.DnsHeader;
import io.millrace.codec.DnsQuestions;
import io.millrace.codec.EthernetHeader;
import io.millrace.codec.FrameWalk;
import io.millrace.codec.IcmpHeader;
import io.millrace.codec.IcmpNames;
import io.millrace.codec.Icmpv6Header;
import io.millrace.codec.IpProtocol;
import io.millrace.codec.Ipv4Header;
import io.millrace.codec.Ipv6Extension;
import io.millrace.codec.Ipv6Header;
import io.millrace.codec.LayerVisitor;
import io.millrace.codec.Malformed;
import io.millrace.codec.TcpHeader;
import io.millrace.codec.TextBuffer;
import io.millrace.codec.UdpHeader;
import io.millrace.codec.VlanTag;
import io.millrace.codec.VxlanHeader;
import io.millrace.codec.capture.CaptureReader;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;

/**
 * A frame as one line for people: number, time (UTC), length on the wire, the innermost source and destination, the
 * innermost protocol, what matters about it, and notes.
 */
public final class TextLines implements FrameWriter, LayerVisitor {
    private static final long NANOS = 1_000_000_000L;

    private final Classifier classifier = new Classifier();
    private final FrameWalk walk = new FrameWalk(this, true);
    private final DnsQuestions questions = new DnsQuestions();
    private final TextBuffer ends = new TextBuffer();
    private final TextBuffer essentials = new TextBuffer();
    private final TextBuffer outer = new TextBuffer();
    private final TextBuffer date = new TextBuffer();
    private long dateSecond = Long.MIN_VALUE;
    private boolean quoted;
    private Malformed malformed = Malformed.NONE;

    @Override
    public void write(CaptureReader frame, TextBuffer line) {
        ends.clear();
        essentials.clear();
        outer.clear();
        quoted = false;
        walk.walk(frame.linkType(), frame.buffer(), frame.offset(), frame.captured(), frame.original());
        var protocol = classifier.classify(
                frame.linkType(), frame.buffer(), frame.offset(), frame.captured(), frame.original());
        line.decimal(frame.number()).put("  ");
        if (frame.time() != CaptureReader.NO_TIME) {
            time(frame.time(), line);
            line.put("  ");
        }
        line.decimal(frame.original()).put("  ").add(ends).put("  ").put(protocol.words());
        line.add(essentials).add(outer);
        if (frame.captured() < frame.original()) {
            line.put("  [cut to ").decimal(frame.captured()).put(" bytes]");
        }
        if (malformed != Malformed.NONE && malformed != Malformed.CUT) {
            line.put("  [malformed: ").put(malformed.sentence()).put(']');
        }
    }

    /** The date is put into words once per second of the capture. */
    private void time(long nanos, TextBuffer line) {
        long second = Math.floorDiv(nanos, NANOS);
        if (second != dateSecond) {
            dateSecond = second;
            var at = LocalDateTime.ofInstant(Instant.ofEpochSecond(second), ZoneOffset.UTC);
            date.clear()
                    .fixed(at.getYear(), 4)
                    .put('-')
                    .fixed(at.getMonthValue(), 2)
                    .put('-');
            date.fixed(at.getDayOfMonth(), 2).put(' ').fixed(at.getHour(), 2).put(':');
            date.fixed(at.getMinute(), 2).put(':').fixed(at.getSecond(), 2).put('.');
        }
        line.add(date).fixed(Math.floorMod(nanos, NANOS), 9);
    }

    @Override
    public void end(Malformed fault, int offset) {
        malformed = fault;
    }

    private boolean shows(int needed, int captured) {
        return !quoted && captured >= needed;
    }

    private void checksum(ChecksumState state) {
        if (state == ChecksumState.BAD) {
            essentials.put("  checksum bad");
        }
    }

    @Override
    public void ethernet(EthernetHeader header, int captured) {
        if (shows(EthernetHeader.LENGTH, captured)) {
            ends.clear().mac(header.source()).put(" > ").mac(header.destination());
            essentials.clear();
        }
    }

    @Override
    public void vlan(VlanTag tag, int tagType, int captured) {
        if (shows(VlanTag.LENGTH, captured)) {
            outer.put("  vlan ").decimal(tag.identifier());
        }
    }

    @Override
    public void arp(ArpHeader header, int captured) {
        if (!shows(ArpHeader.LENGTH, captured) || !header.isEthernetIpv4()) {
            return;
        }
        if (header.operation() == ArpHeader.REQUEST) {
            essentials
                    .put("  who has ")
                    .ipv4(header.targetIpv4())
                    .put("? tell ")
                    .ipv4(header.senderIpv4());
        } else {
            essentials.put("  ").ipv4(header.senderIpv4()).put(" is at ").mac(header.senderMac());
        }
    }

    @Override
    public void ipv4(Ipv4Header header, int captured, int totalLength, ChecksumState checksum) {
        if (!shows(Ipv4Header.LENGTH, captured)) {
            return;
        }
        ends.clear().ipv4(header.source()).put(" > ").ipv4(header.destination());
        essentials.clear();
        if (header.isFragment()) {
            fragment(header.identification(), 4, header.fragmentOffset(), header.moreFragments());
        }
        if (header.fragmentOffset() > 0) {
            essentials.put("  ").put(IpProtocol.name(header.protocol()));
        }
        if (checksum == ChecksumState.BAD) {
            essentials.put("  IPv4 checksum bad");
        }
    }

    private void fragment(long identification, int digits, int at, boolean more) {
        essentials
                .put("  fragment of 0x")
                .hex(identification, digits)
                .put(" at ")
                .decimal(at);
        essentials.put(more ? ", more follow" : ", the last");
    }

    @Override
    public void ipv6(Ipv6Header header, int captured) {
        if (shows(Ipv6Header.LENGTH, captured)) {
            ends.clear().ipv6(header.sourceHigh(), header.sourceLow()).put(" > ");
            ends.ipv6(header.destinationHigh(), header.destinationLow());
            essentials.clear();
        }
    }

    @Override
    public void extension(Ipv6Extension header, int kind, int captured) {
        if (kind == IpProtocol.FRAGMENT && shows(Ipv6Extension.MIN_LENGTH, captured)) {
            fragment(header.identification(), 8, header.fragmentOffset(), header.moreFragments());
        }
    }

    @Override
    public void tcp(TcpHeader header, int captured, ChecksumState checksum) {
        if (!shows(TcpHeader.LENGTH, captured)) {
            return;
        }
        essentials
                .put("  ")
                .decimal(header.sourcePort())
                .put(" > ")
                .decimal(header.destinationPort())
                .put(" [");
        String names = "FSRPAUEC";
        for (int bit = 0; bit < names.length(); bit++) {
            if ((header.flags() & 1 << bit) != 0) {
                essentials.put(names.charAt(bit));
            }
        }
        essentials.put("] seq ").decimal(header.sequenceNumber());
        if (header.has(TcpHeader.ACK)) {
            essentials.put(" ack ").decimal(header.acknowledgmentNumber());
        }
        essentials.put(" win ").decimal(header.window());
        checksum(checksum);
    }

    @Override
    public void udp(UdpHeader header, int captured, ChecksumState checksum) {
        if (shows(UdpHeader.LENGTH, captured)) {
            essentials.put("  ").decimal(header.sourcePort()).put(" > ").decimal(header.destinationPort());
            checksum(checksum);
        }
    }

    @Override
    public void icmp(IcmpHeader header, int captured, ChecksumState checksum) {
        if (shows(IcmpHeader.LENGTH, captured)) {
            essentials.put("  ").put(IcmpNames.icmp(header.type())).put(' ').decimal(header.type());
            essentials.put('/').decimal(header.code());
            if (header.isQuery()) {
                essentials.put(" id ").decimal(header.identifier()).put(" seq ").decimal(header.sequence());
            }
            checksum(checksum);
        }
    }

    @Override
    public void icmpv6(Icmpv6Header header, int captured, ChecksumState checksum) {
        if (shows(Icmpv6Header.LENGTH, captured)) {
            essentials.put("  ").put(IcmpNames.icmpv6(header.type())).put(' ').decimal(header.type());
            essentials.put('/').decimal(header.code());
            checksum(checksum);
        }
    }

    @Override
    public void quoted() {
        quoted = true;
    }

    @Override
    public void vxlan(VxlanHeader header, int captured) {
        if (shows(VxlanHeader.LENGTH, captured)) {
            outer.put("  in ").add(ends).put(" vni ").decimal(header.vni());
        }
    }

    @Override
    public void dns(DnsHeader header, int captured, int length) {
        if (!shows(DnsHeader.LENGTH, captured)) {
            return;
        }
        essentials
                .put(header.isResponse() ? "  response" : "  query")
                .put(" 0x")
                .hex(header.id(), 4);
        questions.wrap(header, captured);
        if (questions.next()) { // messages with more than one are not seen in the wild
            essentials.put(' ');
            questions.name().writeTo(essentials);
            essentials.put(" type ").decimal(questions.type());
        }
    }
}
