package io.millrace.codec;

/** Writes a line for each layer it is shown. */
final class LayerLines implements LayerVisitor {
    private final TextBuffer out;
    private final DnsQuestions questions = new DnsQuestions();

    LayerLines(TextBuffer out) {
        this.out = out;
    }

    /** Begins a line; {@code false} when the header was cut and there is nothing more to say. */
    private boolean line(String layer, int needed, int captured) {
        out.put(layer);
        if (captured < needed) {
            out.put("  cut\n");
            return false;
        }
        out.put("  ");
        return true;
    }

    private LayerLines type(int type) {
        if (type < EthernetHeader.FIRST_TYPE) {
            out.put("length ").decimal(type);
        } else {
            out.put(EtherType.name(type)).put(" (0x").hex(type, 4).put(')');
        }
        return this;
    }

    private void protocol(int protocol) {
        out.put(IpProtocol.name(protocol)).put(" (").decimal(protocol).put(')');
    }

    private void checksum(ChecksumState state) {
        out.put(
                switch (state) {
                    case BAD -> "  checksum bad\n";
                    case GOOD -> "\n";
                    case UNVERIFIED -> "  checksum not verified\n";
                    case NONE -> "  no checksum\n";
                    case FORBIDDEN -> "  no checksum, which IPv6 forbids\n";
                });
    }

    @Override
    public void ethernet(EthernetHeader header, int captured) {
        if (line("Ethernet", EthernetHeader.LENGTH, captured)) {
            out.mac(header.source()).put(" > ").mac(header.destination()).put("  ");
            type(header.type());
            out.put('\n');
        }
    }

    @Override
    public void cooked(SllHeader header, int captured) {
        if (line("Linux cooked", header.length(), captured)) {
            out.put("from ").mac(header.address()).put("  ");
            type(header.protocol());
            out.put('\n');
        }
    }

    @Override
    public void loopback(int family) {
        out.put("Loopback  family ").decimal(family).put('\n');
    }

    @Override
    public void vlan(VlanTag tag, int tagType, int captured) {
        if (line(EtherType.name(tagType), VlanTag.LENGTH, captured)) {
            out.put("VLAN ").decimal(tag.identifier()).put("  priority ").decimal(tag.priority());
            out.put(tag.dropEligible() ? "  drop eligible  " : "  ");
            type(tag.type());
            out.put('\n');
        }
    }

    @Override
    public void llc(LlcHeader header, int captured) {
        if (line("LLC", LlcHeader.LENGTH, captured)) {
            out.put("0x")
                    .hex(header.source(), 2)
                    .put(" > 0x")
                    .hex(header.destination(), 2)
                    .put('\n');
        }
    }

    @Override
    public void arp(ArpHeader header, int captured) {
        if (!line("ARP", ArpHeader.FIXED_LENGTH, captured)) {
            return;
        }
        if (!header.isEthernetIpv4() || captured < ArpHeader.LENGTH) {
            out.put("operation ").decimal(header.operation()).put('\n');
        } else if (header.operation() == ArpHeader.REQUEST) {
            out.put("who has ").ipv4(header.targetIpv4()).put("? tell ").ipv4(header.senderIpv4());
            out.put(" (").mac(header.senderMac()).put(")\n");
        } else {
            out.put(header.operation() == ArpHeader.REPLY ? "" : "operation ");
            if (header.operation() != ArpHeader.REPLY) {
                out.decimal(header.operation()).put("  ");
            }
            out.ipv4(header.senderIpv4()).put(" is at ").mac(header.senderMac()).put('\n');
        }
    }

    @Override
    public void ipv4(Ipv4Header header, int captured, int totalLength, ChecksumState checksum) {
        if (!line("IPv4", Ipv4Header.LENGTH, captured)) {
            return;
        }
        out.ipv4(header.source()).put(" > ").ipv4(header.destination()).put("  ");
        protocol(header.protocol());
        out.put("  length ").decimal(totalLength).put("  ttl ").decimal(header.timeToLive());
        if (header.isFragment()) {
            out.put("  fragment of 0x")
                    .hex(header.identification(), 4)
                    .put(" at ")
                    .decimal(header.fragmentOffset());
            out.put(header.moreFragments() ? ", more follow" : ", the last");
        }
        checksum(checksum);
    }

    @Override
    public void ipv6(Ipv6Header header, int captured) {
        if (line("IPv6", Ipv6Header.LENGTH, captured)) {
            out.ipv6(header.sourceHigh(), header.sourceLow()).put(" > ");
            out.ipv6(header.destinationHigh(), header.destinationLow()).put("  ");
            protocol(header.nextHeader());
            out.put("  length ")
                    .decimal(header.payloadLength())
                    .put("  hop limit ")
                    .decimal(header.hopLimit());
            out.put('\n');
        }
    }

    @Override
    public void extension(Ipv6Extension header, int kind, int captured) {
        if (line("IPv6 " + IpProtocol.name(kind), Ipv6Extension.MIN_LENGTH, captured)) {
            protocol(header.nextHeader());
            if (kind == IpProtocol.FRAGMENT) {
                out.put("  fragment of 0x").hex(header.identification(), 8).put(" at ");
                out.decimal(header.fragmentOffset()).put(header.moreFragments() ? ", more follow" : ", the last");
            }
            out.put('\n');
        }
    }

    @Override
    public void igmp(int offset, int captured) {
        out.put("IGMP\n");
    }

    @Override
    public void tcp(TcpHeader header, int captured, ChecksumState checksum) {
        if (line("TCP", TcpHeader.LENGTH, captured)) {
            out.decimal(header.sourcePort())
                    .put(" > ")
                    .decimal(header.destinationPort())
                    .put("  ");
            flags(header.flags());
            out.put("  seq ").decimal(header.sequenceNumber()).put(" ack ").decimal(header.acknowledgmentNumber());
            out.put(" win ").decimal(header.window());
            checksum(checksum);
        }
    }

    private void flags(int flags) {
        String names = "FSRPAUEC";
        for (int bit = 0; bit < names.length(); bit++) {
            if ((flags & 1 << bit) != 0) {
                out.put(names.charAt(bit));
            }
        }
    }

    @Override
    public void udp(UdpHeader header, int captured, ChecksumState checksum) {
        if (line("UDP", UdpHeader.LENGTH, captured)) {
            out.decimal(header.sourcePort()).put(" > ").decimal(header.destinationPort());
            out.put("  length ").decimal(header.length());
            checksum(checksum);
        }
    }

    @Override
    public void icmp(IcmpHeader header, int captured, ChecksumState checksum) {
        if (line("ICMP", IcmpHeader.LENGTH, captured)) {
            out.put(IcmpNames.icmp(header.type()));
            out.put(" (").decimal(header.type()).put('/').decimal(header.code()).put(')');
            if (header.isQuery()) {
                out.put("  id ").decimal(header.identifier()).put(" seq ").decimal(header.sequence());
            } else if (header.type() == 3 && header.code() == IcmpHeader.FRAGMENTATION_NEEDED) {
                out.put("  MTU ").decimal(header.nextHopMtu());
            }
            checksum(checksum);
        }
    }

    @Override
    public void icmpv6(Icmpv6Header header, int captured, ChecksumState checksum) {
        if (line("ICMPv6", Icmpv6Header.BODY, captured)) {
            out.put(IcmpNames.icmpv6(header.type()));
            out.put(" (").decimal(header.type()).put('/').decimal(header.code()).put(')');
            if (header.isEcho()) {
                out.put("  id ").decimal(header.identifier()).put(" seq ").decimal(header.sequence());
            } else if (header.type() == Icmpv6Header.PACKET_TOO_BIG) {
                out.put("  MTU ").decimal(header.mtu());
            }
            checksum(checksum);
        }
    }

    @Override
    public void quoted() {
        out.put("about the packet\n");
    }

    @Override
    public void vxlan(VxlanHeader header, int captured) {
        if (line("VXLAN", VxlanHeader.LENGTH, captured)) {
            out.put("VNI ").decimal(header.vni()).put(header.hasVni() ? "\n" : " not valid\n");
        }
    }

    @Override
    public void dns(DnsHeader header, int captured, int length) {
        if (line("DNS", DnsHeader.LENGTH, captured)) {
            out.put(header.isResponse() ? "response" : "query").put(" 0x").hex(header.id(), 4);
            questions.wrap(header, captured);
            while (questions.next()) {
                out.put("  ");
                questions.name().writeTo(out);
                out.put(" type ").decimal(questions.type());
            }
            if (header.isResponse()) {
                out.put("  ").decimal(header.answers()).put(" answers, code ").decimal(header.responseCode());
            }
            out.put('\n');
        }
    }

    @Override
    public void payload(int offset, int captured, int length) {
        out.put("payload  ").decimal(length).put(" bytes");
        out.put(captured < length ? ", cut\n" : "\n");
    }

    @Override
    public void end(Malformed malformed, int offset) {
        if (malformed != Malformed.NONE) {
            out.put("note  ").put(malformed.sentence()).put('\n');
        }
    }
}
