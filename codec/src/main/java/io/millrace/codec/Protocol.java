package io.millrace.codec;

/** What a frame carries, by the innermost header that Millrace knows: for statistics. */
public enum Protocol {
    UNKNOWN("unknown"),
    ETHERNET("Ethernet"),
    LLC("LLC"),
    STP("STP"),
    CDP("CDP"),
    LLDP("LLDP"),
    LACP("LACP"),
    EAPOL("EAPOL"),
    PPPOE("PPPoE"),
    MPLS("MPLS"),
    LOOPBACK("loopback"),
    ARP("ARP"),
    RARP("RARP"),
    IPV4("IPv4"),
    IPV6("IPv6"),
    ICMP("ICMP"),
    ICMPV6("ICMPv6"),
    IGMP("IGMP"),
    GRE("GRE"),
    ESP("ESP"),
    AH("AH"),
    OSPF("OSPF"),
    PIM("PIM"),
    VRRP("VRRP"),
    SCTP("SCTP"),
    TCP("TCP"),
    UDP("UDP"),
    VXLAN("VXLAN"),
    DNS("DNS"),
    MDNS("mDNS"),
    DHCP("DHCP"),
    DHCPV6("DHCPv6"),
    NTP("NTP"),
    HTTP("HTTP"),
    TLS("TLS"),
    SSH("SSH"),
    BGP("BGP");

    private final String words;

    Protocol(String words) {
        this.words = words;
    }

    /** The name people use. */
    public String words() {
        return words;
    }

    static Protocol ofType(int etherType) {
        return switch (etherType) {
            case EtherType.LLDP -> LLDP;
            case EtherType.SLOW_PROTOCOLS -> LACP;
            case EtherType.EAPOL -> EAPOL;
            case EtherType.PPPOE_DISCOVERY, EtherType.PPPOE_SESSION -> PPPOE;
            case EtherType.MPLS -> MPLS;
            case EtherType.LOOPBACK -> LOOPBACK;
            default -> ETHERNET;
        };
    }

    static Protocol ofIp(int protocol, Protocol otherwise) {
        return switch (protocol) {
            case IpProtocol.GRE -> GRE;
            case IpProtocol.ESP -> ESP;
            case IpProtocol.AUTHENTICATION -> AH;
            case IpProtocol.OSPF -> OSPF;
            case IpProtocol.PIM -> PIM;
            case IpProtocol.VRRP -> VRRP;
            case IpProtocol.SCTP -> SCTP;
            default -> otherwise;
        };
    }

    static Protocol ofUdp(int port, Protocol otherwise) {
        return switch (port) {
            case 67, 68 -> DHCP;
            case 546, 547 -> DHCPV6;
            case 123 -> NTP;
            case 5353 -> MDNS;
            default -> otherwise;
        };
    }

    static Protocol ofTcp(int port, Protocol otherwise) {
        return switch (port) {
            case 22 -> SSH;
            case 80, 8080 -> HTTP;
            case 179 -> BGP;
            case 443 -> TLS;
            default -> otherwise;
        };
    }
}
