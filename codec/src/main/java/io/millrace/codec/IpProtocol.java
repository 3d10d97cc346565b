package io.millrace.codec;

/** Protocol numbers: IPv4's protocol field and IPv6's next header. Eight bits. */
public final class IpProtocol {
    public static final int HOP_BY_HOP = 0;
    public static final int ICMP = 1;
    public static final int IGMP = 2;
    public static final int IPV4 = 4;
    public static final int TCP = 6;
    public static final int UDP = 17;
    public static final int IPV6 = 41;
    public static final int ROUTING = 43;
    public static final int FRAGMENT = 44;
    public static final int GRE = 47;
    public static final int ESP = 50;
    public static final int AUTHENTICATION = 51;
    public static final int ICMPV6 = 58;
    public static final int NO_NEXT_HEADER = 59;
    public static final int DESTINATION_OPTIONS = 60;
    public static final int OSPF = 89;
    public static final int PIM = 103;
    public static final int VRRP = 112;
    public static final int SCTP = 132;
    public static final int MOBILITY = 135;
    public static final int HIP = 139;
    public static final int SHIM6 = 140;
    public static final int ETHERNET = 143;

    private IpProtocol() {}

    /** Whether the number names an IPv6 extension header with the length rule of RFC 6564, or the fragment header. */
    public static boolean isIpv6Extension(int nextHeader) {
        return switch (nextHeader) {
            case HOP_BY_HOP, ROUTING, FRAGMENT, DESTINATION_OPTIONS, MOBILITY, HIP, SHIM6 -> true;
            default -> false;
        };
    }

    /** The name people use, or "unknown". */
    public static String name(int protocol) {
        return switch (protocol) {
            case HOP_BY_HOP -> "hop-by-hop options";
            case ICMP -> "ICMP";
            case IGMP -> "IGMP";
            case IPV4 -> "IPv4";
            case TCP -> "TCP";
            case UDP -> "UDP";
            case IPV6 -> "IPv6";
            case ROUTING -> "routing header";
            case FRAGMENT -> "fragment header";
            case GRE -> "GRE";
            case ESP -> "ESP";
            case AUTHENTICATION -> "AH";
            case ICMPV6 -> "ICMPv6";
            case NO_NEXT_HEADER -> "no next header";
            case DESTINATION_OPTIONS -> "destination options";
            case OSPF -> "OSPF";
            case PIM -> "PIM";
            case VRRP -> "VRRP";
            case SCTP -> "SCTP";
            case MOBILITY -> "mobility header";
            case HIP -> "HIP";
            case SHIM6 -> "Shim6";
            case ETHERNET -> "Ethernet";
            default -> "unknown";
        };
    }
}
