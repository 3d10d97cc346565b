package io.millrace.codec;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HexFormat;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

/** Frames as the kernel of a Docker host sent them, and the same frames cut, shortened and damaged. */
class HeadersTest {
    /** ping from 172.17.0.2 to 172.17.0.1 through VNI 4098, UDP 4789 without checksum. */
    private static final String VXLAN_PING = "020000000002" + "020000000001" + "0800"
            + "4500006e000040004011" + "0000" + "0a0900010a090002"
            + "c02112b5005a0000" + "0800000000100200"
            + "0242ac110001" + "0242ac110002" + "0800"
            + "4500003c1c46400040010000ac110002ac110001"
            + "0800f7fc00010002" + "00".repeat(32);

    private final UnsafeBuffer frame = new UnsafeBuffer(HexFormat.of().parseHex(VXLAN_PING));

    @Test
    void aPingInVxlanReadsLayerByLayer() {
        int length = frame.capacity();
        var ethernet = new EthernetHeader().wrap(frame, 0);
        assertThat(ethernet.check(length, length)).isEqualTo(Malformed.NONE);
        assertThat(Addresses.mac(ethernet.destination())).isEqualTo("02:00:00:00:00:02");
        var ip = new Ipv4Header().wrap(frame, 14);
        assertThat(ip.check(length - 14, length - 14)).isEqualTo(Malformed.NONE);
        assertThat(ip.protocol()).isEqualTo(IpProtocol.UDP);
        assertThat(ip.dontFragment()).isTrue();
        assertThat(ip.isFragment()).isFalse();
        var udp = new UdpHeader().wrap(frame, 34);
        assertThat(udp.check(length - 34, ip.payloadLength())).isEqualTo(Malformed.NONE);
        assertThat(udp.destinationPort()).isEqualTo(VxlanHeader.PORT);
        var vxlan = new VxlanHeader().wrap(frame, 42);
        assertThat(vxlan.check(length - 42, length - 42)).isEqualTo(Malformed.NONE);
        assertThat(vxlan.vni()).isEqualTo(4098);
        assertThat(vxlan.hasReservedBits()).isFalse();
        var inner = new Ipv4Header().wrap(frame, 64);
        assertThat(Addresses.ipv4(inner.destination())).isEqualTo("172.17.0.1");
        var icmp = new IcmpHeader().wrap(frame, 84);
        assertThat(icmp.check(length - 84, length - 84)).isEqualTo(Malformed.NONE);
        assertThat(icmp.sequence()).isEqualTo(2);
        assertThat(icmp.isQuery()).isTrue();
    }

    @Test
    void aCutCaptureIsNoFaultOfTheFrame() {
        var ip = new Ipv4Header().wrap(frame, 14);
        assertThat(ip.check(19, 110)).isEqualTo(Malformed.CUT);
        assertThat(ip.check(20, 110)).isEqualTo(Malformed.NONE);
        assertThat(ip.check(19, 19)).isEqualTo(Malformed.IPV4_TRUNCATED);
        assertThat(ip.check(109, 109)).isEqualTo(Malformed.IPV4_LONGER_THAN_FRAME);
        var udp = new UdpHeader().wrap(frame, 34);
        assertThat(udp.check(8, 90)).isEqualTo(Malformed.NONE);
        assertThat(udp.check(8, 89)).isEqualTo(Malformed.UDP_LONGER_THAN_PACKET);
        assertThat(udp.check(7, 90)).isEqualTo(Malformed.CUT);
    }

    @Test
    void impossibleLengthsAreNamed() {
        var ip = new Ipv4Header().wrap(frame, 14);
        frame.putByte(14, (byte) 0x44);
        assertThat(ip.check(110, 110)).isEqualTo(Malformed.IPV4_HEADER_LENGTH);
        frame.putByte(14, (byte) 0x65);
        assertThat(ip.check(110, 110)).isEqualTo(Malformed.IPV4_VERSION);
        frame.putByte(14, (byte) 0x45);
        ip.totalLength(19);
        assertThat(ip.check(110, 110)).isEqualTo(Malformed.IPV4_TOTAL_LENGTH);
        var udp = new UdpHeader().wrap(frame, 34).length(7);
        assertThat(udp.check(76, 90)).isEqualTo(Malformed.UDP_LENGTH);
        frame.putByte(42, (byte) 0);
        assertThat(new VxlanHeader().wrap(frame, 42).check(68, 68)).isEqualTo(Malformed.VXLAN_NO_VNI);
    }

    @Test
    void aSynOffersItsSegmentSizeAndBrokenOptionsOfferNone() {
        var bytes = new UnsafeBuffer(HexFormat.of()
                .parseHex("0016cafe1234567800000000a002fffffe300000" + "020405b40402080a000000000000000001030307"));
        var tcp = new TcpHeader().wrap(bytes, 0);
        assertThat(tcp.check(40, 40)).isEqualTo(Malformed.NONE);
        assertThat(tcp.headerLength()).isEqualTo(40);
        assertThat(tcp.has(TcpHeader.SYN)).isTrue();
        assertThat(tcp.has(TcpHeader.SYN | TcpHeader.ACK)).isFalse();
        assertThat(tcp.maximumSegmentSize()).isEqualTo(1460);
        assertThat(tcp.windowScale()).isEqualTo(7);
        bytes.putByte(38, (byte) 4);
        assertThat(tcp.windowScale()).isEqualTo(-1);
        bytes.putByte(21, (byte) 0);
        assertThat(tcp.maximumSegmentSize()).isZero();
        bytes.putByte(21, (byte) 200);
        assertThat(tcp.maximumSegmentSize()).isZero();
        assertThat(tcp.check(39, 39)).isEqualTo(Malformed.TCP_HEADER_LONGER_THAN_PACKET);
        bytes.putByte(12, (byte) 0x40);
        assertThat(tcp.check(40, 40)).isEqualTo(Malformed.TCP_HEADER_LENGTH);
    }

    @Test
    void aVlanTagComesApartAndTogether() {
        var tag = new VlanTag().wrap(new UnsafeBuffer(HexFormat.of().parseHex("b0640800")), 0);
        assertThat(tag.priority()).isEqualTo(5);
        assertThat(tag.dropEligible()).isTrue();
        assertThat(tag.identifier()).isEqualTo(100);
        assertThat(tag.type()).isEqualTo(EtherType.IPV4);
        assertThat(VlanTag.control(5, true, 100)).isEqualTo(tag.control());
    }

    @Test
    void extensionHeadersLeadToTheUpperLayerAndNeverRunAway() {
        var chain = new UnsafeBuffer(HexFormat.of()
                .parseHex("2b00010400000000" + "2c00000000000000" + "1100000112345678" + "0035003500080000"));
        var extensions = new Ipv6Extensions();
        assertThat(extensions.walk(chain, 0, IpProtocol.HOP_BY_HOP, 32, 32)).isEqualTo(Malformed.NONE);
        assertThat(extensions.upperLayer()).isEqualTo(IpProtocol.UDP);
        assertThat(extensions.length()).isEqualTo(24);
        assertThat(extensions.isFragment()).isTrue();
        assertThat(extensions.identification()).isEqualTo(0x12345678L);
        assertThat(extensions.walk(chain, 0, IpProtocol.HOP_BY_HOP, 23, 32)).isEqualTo(Malformed.CUT);
        assertThat(extensions.walk(chain, 0, IpProtocol.HOP_BY_HOP, 23, 23))
                .isEqualTo(Malformed.IPV6_EXTENSION_TRUNCATED);

        var endless = new UnsafeBuffer(HexFormat.of().parseHex("3c00010400000000".repeat(40)));
        assertThat(extensions.walk(endless, 0, IpProtocol.DESTINATION_OPTIONS, 320, 320))
                .isEqualTo(Malformed.IPV6_EXTENSIONS_ENDLESS);
    }

    @Test
    void whatIsWrittenIsWhatIsRead() {
        var bytes = new UnsafeBuffer(new byte[64]);
        new Ipv6Header()
                .wrap(bytes, 0)
                .traffic(0xA5, 0xBCDEF)
                .payloadLength(24)
                .nextHeader(IpProtocol.ICMPV6)
                .hopLimit(255)
                .source(0x20010DB8_00000000L, 1)
                .destination(0x20010DB8_00000000L, 2);
        var ip = new Ipv6Header().wrap(bytes, 0);
        assertThat(ip.check(64, 64)).isEqualTo(Malformed.NONE);
        assertThat(ip.check(63, 63)).isEqualTo(Malformed.IPV6_LONGER_THAN_FRAME);
        assertThat(ip.trafficClass()).isEqualTo(0xA5);
        assertThat(ip.flowLabel()).isEqualTo(0xBCDEF);
        new Icmpv6Header()
                .wrap(bytes, 40)
                .type(Icmpv6Header.ECHO_REQUEST, 0)
                .identifier(7)
                .sequence(9)
                .writeChecksum(ip.pseudoHeader(24, IpProtocol.ICMPV6), 24);
        int sum = InternetChecksum.add(ip.pseudoHeader(24, IpProtocol.ICMPV6), InternetChecksum.sum(bytes, 40, 24));
        assertThat(InternetChecksum.isGood(sum)).isTrue();

        var arp = new ArpHeader()
                .wrap(bytes, 0)
                .operation(ArpHeader.REPLY)
                .sender(0x0242AC110002L, 0xAC110002)
                .target(1, 2);
        assertThat(arp.check(28, 28)).isEqualTo(Malformed.NONE);
        assertThat(arp.check(27, 27)).isEqualTo(Malformed.ARP_TRUNCATED);
        assertThat(arp.isEthernetIpv4()).isTrue();
        assertThat(arp.senderMac()).isEqualTo(0x0242AC110002L);
        assertThat(arp.senderIpv4()).isEqualTo(0xAC110002);
        assertThat(arp.targetIpv4()).isEqualTo(2);
    }
}
