package io.millrace.tools.decode;

import io.millrace.codec.ArpHeader;
import io.millrace.codec.ChecksumState;
import io.millrace.codec.DnsHeader;
import io.millrace.codec.DnsQuestions;
import io.millrace.codec.EtherType;
import io.millrace.codec.EthernetHeader;
import io.millrace.codec.IcmpHeader;
import io.millrace.codec.Icmpv6Header;
import io.millrace.codec.IpProtocol;
import io.millrace.codec.Ipv4Header;
import io.millrace.codec.Ipv6Extension;
import io.millrace.codec.Ipv6Header;
import io.millrace.codec.LayerVisitor;
import io.millrace.codec.LlcHeader;
import io.millrace.codec.Malformed;
import io.millrace.codec.SllHeader;
import io.millrace.codec.TcpHeader;
import io.millrace.codec.TextBuffer;
import io.millrace.codec.UdpHeader;
import io.millrace.codec.VlanTag;
import io.millrace.codec.VxlanHeader;
import java.nio.ByteOrder;

/**
 * The layers of a frame as JSON, with the words and numbers that Wireshark has for them. Of a header that was cut only
 * the fields that are there are written.
 */
final class JsonLayers extends JsonObjects implements LayerVisitor {
    private static final int LONGEST_LLC = 1500;

    private final DnsQuestions questions = new DnsQuestions();
    private final TextBuffer name = new TextBuffer();

    @Override
    public void end(Malformed malformed, int offset) {
        finish(malformed);
    }

    @Override
    public void quoted() {
        quote();
    }

    @Override
    public void ethernet(EthernetHeader header, int atHand) {
        layer("eth", atHand);
        if (key("dst", 6)) {
            out.put('"').mac(mac(header.buffer(), header.offset())).put('"');
        }
        if (key("src", 12)) {
            out.put('"').mac(mac(header.buffer(), header.offset() + 6)).put('"');
        }
        if (captured < EthernetHeader.LENGTH) {
            return;
        }
        int type = header.type();
        if (type >= EthernetHeader.FIRST_TYPE || type == 0) {
            key("type", EthernetHeader.LENGTH);
            hexadecimal(type, 4);
        } else if (type <= LONGEST_LLC) {
            key("len", EthernetHeader.LENGTH);
            out.decimal(type);
        }
    }

    @Override
    public void cooked(SllHeader header, int atHand) {
        layer("sll", atHand);
        if (key("pkttype", header.length())) {
            out.decimal(header.packetType());
            out.put(",\"halen\":").decimal(header.addressLength());
            if (header.hasEtherType()) {
                out.put(",\"type\":");
                hexadecimal(header.protocol(), 4);
            }
        }
    }

    @Override
    public void loopback(int family) {
        layer("null", 0);
        if (family >= 0) {
            out.put(",\"family\":").decimal(family);
        }
    }

    @Override
    public void vlan(VlanTag tag, int tagType, int atHand) {
        boolean service = tagType == EtherType.SERVICE_VLAN;
        layer(service ? "ieee8021ad" : "vlan", atHand);
        if (key("pcp", 2)) {
            out.decimal(tag.priority()).put(",\"dei\":");
            number(tag.dropEligible());
            out.put(",\"id\":").decimal(tag.identifier());
        }
        if (captured < VlanTag.LENGTH) {
            return;
        }
        if (tag.type() > LONGEST_LLC || service) {
            key("type", VlanTag.LENGTH);
            hexadecimal(tag.type(), 4);
        } else {
            key("len", VlanTag.LENGTH);
            out.decimal(tag.type());
        }
    }

    @Override
    public void llc(LlcHeader header, int atHand) {
        layer("llc", atHand);
        if (key("dsap", 1)) {
            hexadecimal(header.destination(), 2);
        }
        if (key("ssap", 2)) {
            hexadecimal(header.source(), 2);
        }
    }

    @Override
    public void arp(ArpHeader header, int atHand) {
        layer("arp", atHand);
        if (!key("hw", ArpHeader.FIXED_LENGTH)) {
            return;
        }
        out.decimal(header.hardware()).put(",\"proto\":");
        hexadecimal(header.protocol(), 4);
        out.put(",\"op\":").decimal(header.operation());
        if (captured < header.length()) {
            return;
        }
        boolean mac = header.hardwareLength() == 6 && (header.hardware() == 1 || header.hardware() == 6);
        boolean ipv4 = header.protocolLength() == 4 && header.protocol() == EtherType.IPV4;
        int at = header.offset() + ArpHeader.FIXED_LENGTH;
        for (char side : new char[] {'s', 't'}) {
            if (mac) {
                out.put(",\"")
                        .put(side)
                        .put("ha\":\"")
                        .mac(mac(header.buffer(), at))
                        .put('"');
            }
            at += header.hardwareLength();
            if (ipv4) {
                out.put(",\"").put(side).put("pa\":\"");
                out.ipv4(header.buffer().getInt(at, ByteOrder.BIG_ENDIAN)).put('"');
            }
            at += header.protocolLength();
        }
    }

    @Override
    public void ipv4(Ipv4Header header, int atHand, int totalLength, ChecksumState checksum) {
        layer("ip", atHand);
        if (!key("ver", 1)) {
            return;
        }
        out.decimal(header.version());
        if (header.version() != 4) {
            return;
        }
        out.put(",\"hl\":").decimal(header.headerLength());
        if (key("tos", 2)) {
            hexadecimal(header.typeOfService(), 2);
        }
        if (key("len", 4)) {
            out.decimal(totalLength);
        }
        if (key("id", 6)) {
            hexadecimal(header.identification(), 4);
        }
        if (key("df", 8)) {
            number(header.dontFragment());
            out.put(",\"mf\":");
            number(header.moreFragments());
            out.put(",\"off\":").decimal(header.fragmentOffset() >>> 3);
        }
        if (key("ttl", 9)) {
            out.decimal(header.timeToLive());
        }
        if (key("proto", 10)) {
            out.decimal(header.protocol());
        }
        if (key("ck", 12)) {
            hexadecimal(header.checksum(), 4);
            state(checksum);
        }
        if (key("src", 16)) {
            out.put('"').ipv4(header.source()).put('"');
        }
        if (key("dst", 20)) {
            boolean whole = captured >= header.headerLength();
            out.put('"')
                    .ipv4(whole ? header.finalDestination() : header.destination())
                    .put('"');
        }
    }

    @Override
    public void ipv6(Ipv6Header header, int atHand) {
        layer("ipv6", atHand);
        if (!key("ver", 1)) {
            return;
        }
        out.decimal(header.version());
        if (header.version() != 6) {
            return;
        }
        if (key("tc", 4)) {
            hexadecimal(header.trafficClass(), 8);
            out.put(",\"flow\":");
            hexadecimal(header.flowLabel(), 6);
        }
        if (key("plen", 6)) {
            out.decimal(header.payloadLength());
        }
        if (key("nxt", 7)) {
            out.decimal(header.nextHeader());
        }
        if (key("hlim", 8)) {
            out.decimal(header.hopLimit());
        }
        if (key("src", 24)) {
            out.put('"').ipv6(header.sourceHigh(), header.sourceLow()).put('"');
        }
        if (key("dst", 40)) {
            out.put('"').ipv6(header.destinationHigh(), header.destinationLow()).put('"');
        }
    }

    @Override
    public void extension(Ipv6Extension header, int kind, int atHand) {
        layer(
                switch (kind) {
                    case IpProtocol.HOP_BY_HOP -> "ipv6.hopopts";
                    case IpProtocol.ROUTING -> "ipv6.routing";
                    case IpProtocol.FRAGMENT -> "ipv6.fraghdr";
                    default -> "ipv6.dstopts";
                },
                atHand);
        if (key("nxt", 1)) {
            out.decimal(header.nextHeader());
        }
        if (kind == IpProtocol.ROUTING && key("type", 4)) {
            out.decimal(header.routingType());
            out.put(",\"left\":").decimal(header.segmentsLeft());
        }
        if (kind == IpProtocol.FRAGMENT && key("off", 8)) {
            out.decimal(header.fragmentOffset() >>> 3).put(",\"mf\":");
            number(header.moreFragments());
            out.put(",\"id\":");
            hexadecimal(header.identification(), 8);
        }
    }

    @Override
    public void igmp(int offset, int atHand) {
        layer("igmp", atHand);
    }

    @Override
    public void tcp(TcpHeader header, int atHand, ChecksumState checksum) {
        layer("tcp", atHand);
        ports(header.buffer(), header.offset());
        if (key("seq", 8)) {
            out.decimal(header.sequenceNumber());
        }
        if (key("ack", 12)) {
            out.decimal(header.acknowledgmentNumber());
        }
        if (key("hl", 14)) {
            out.decimal(header.headerLength()).put(",\"flags\":");
            hexadecimal(header.flags(), 4);
        }
        if (key("win", 16)) {
            out.decimal(header.window());
        }
        if (key("ck", 18)) {
            hexadecimal(header.checksum(), 4);
            state(checksum);
        }
        if (key("urg", 20)) {
            out.decimal(header.urgentPointer());
        }
    }

    @Override
    public void udp(UdpHeader header, int atHand, ChecksumState checksum) {
        layer("udp", atHand);
        ports(header.buffer(), header.offset());
        if (key("len", 6)) {
            out.decimal(header.length());
        }
        if (key("ck", 8)) {
            hexadecimal(header.checksum(), 4);
            state(checksum);
        }
    }

    @Override
    public void icmp(IcmpHeader header, int atHand, ChecksumState checksum) {
        layer("icmp", atHand);
        if (!key("type", 4)) {
            return;
        }
        out.decimal(header.type()).put(",\"code\":").decimal(header.code()).put(",\"ck\":");
        hexadecimal(header.checksum(), 4);
        state(checksum);
        int type = header.type();
        boolean session = type == 0 || type == 8 || (type >= 13 && type <= 18);
        boolean extendedEcho = type == 42 || type == 43; // RFC 8335: the sequence number has eight bits
        if ((session || extendedEcho) && key("id", 6)) {
            out.decimal(header.identifier());
        }
        if (session && key("seq", 8)) {
            out.decimal(header.sequence());
        }
        if (header.type() == IcmpHeader.DESTINATION_UNREACHABLE
                && header.code() == IcmpHeader.FRAGMENTATION_NEEDED
                && key("mtu", 8)) {
            out.decimal(header.nextHopMtu());
        }
    }

    @Override
    public void icmpv6(Icmpv6Header header, int atHand, ChecksumState checksum) {
        layer("icmpv6", atHand);
        if (key("type", 1)) {
            out.decimal(header.type());
        }
        if (key("code", 2)) {
            out.decimal(header.code());
        }
        if (!key("ck", 4)) {
            return;
        }
        hexadecimal(header.checksum(), 4);
        state(checksum);
        if (header.isEcho() && key("id", 8)) {
            out.decimal(header.identifier()).put(",\"seq\":").decimal(header.sequence());
        }
        if (header.type() == Icmpv6Header.PACKET_TOO_BIG && key("mtu", 8)) {
            out.decimal(header.mtu());
        }
    }

    @Override
    public void vxlan(VxlanHeader header, int atHand) {
        layer("vxlan", atHand);
        if (key("vni", 7)) {
            out.decimal(header.vni());
        }
    }

    @Override
    public void dns(DnsHeader header, int atHand, int length) {
        layer("dns", atHand);
        if (key("id", 2)) {
            hexadecimal(header.id(), 4);
        }
        if (key("flags", 4)) {
            hexadecimal(header.flags(), 4);
        }
        if (key("qd", 6)) {
            out.decimal(header.questions());
        }
        if (key("an", 8)) {
            out.decimal(header.answers());
        }
        if (key("ns", 10)) {
            out.decimal(header.authorities());
        }
        if (!key("ar", 12)) {
            return;
        }
        out.decimal(header.additionals());
        questions.wrap(header, atHand);
        for (int i = 0; questions.next(); i++) {
            out.put(i == 0 ? ",\"qname\":[\"" : ",\"");
            questions.name().writeTo(name.clear());
            out.json(name).put('"');
        }
        if (header.questions() > 0 && atHand > DnsHeader.LENGTH) {
            types(header, atHand);
        }
    }

    private void types(DnsHeader header, int atHand) {
        questions.wrap(header, atHand);
        int count = 0;
        for (; questions.next(); count++) {
            out.put(count == 0 ? "],\"qtype\":[" : ",").decimal(questions.type());
        }
        if (count > 0) {
            out.put(']');
        }
    }
}
