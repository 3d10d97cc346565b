package io.millrace.codec;

/** What ICMP's types are called. */
public final class IcmpNames {
    private IcmpNames() {}

    public static String icmp(int type) {
        return switch (type) {
            case IcmpHeader.ECHO_REPLY -> "echo reply";
            case IcmpHeader.DESTINATION_UNREACHABLE -> "destination unreachable";
            case IcmpHeader.SOURCE_QUENCH -> "source quench";
            case IcmpHeader.REDIRECT -> "redirect";
            case IcmpHeader.ECHO_REQUEST -> "echo request";
            case 9 -> "router advertisement";
            case 10 -> "router solicitation";
            case IcmpHeader.TIME_EXCEEDED -> "time exceeded";
            case IcmpHeader.PARAMETER_PROBLEM -> "parameter problem";
            case IcmpHeader.TIMESTAMP_REQUEST -> "timestamp request";
            case IcmpHeader.TIMESTAMP_REPLY -> "timestamp reply";
            default -> "type";
        };
    }

    public static String icmpv6(int type) {
        return switch (type) {
            case Icmpv6Header.DESTINATION_UNREACHABLE -> "destination unreachable";
            case Icmpv6Header.PACKET_TOO_BIG -> "packet too big";
            case Icmpv6Header.TIME_EXCEEDED -> "time exceeded";
            case Icmpv6Header.PARAMETER_PROBLEM -> "parameter problem";
            case Icmpv6Header.ECHO_REQUEST -> "echo request";
            case Icmpv6Header.ECHO_REPLY -> "echo reply";
            case 130 -> "listener query";
            case 131, 143 -> "listener report";
            case 132 -> "listener done";
            case Icmpv6Header.ROUTER_SOLICITATION -> "router solicitation";
            case Icmpv6Header.ROUTER_ADVERTISEMENT -> "router advertisement";
            case Icmpv6Header.NEIGHBOR_SOLICITATION -> "neighbor solicitation";
            case Icmpv6Header.NEIGHBOR_ADVERTISEMENT -> "neighbor advertisement";
            case 137 -> "redirect";
            default -> "type";
        };
    }
}
