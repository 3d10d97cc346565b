package io.millrace.codec;

/** The EtherTypes that Millrace knows: what follows an Ethernet header or a VLAN tag. Sixteen bits. */
public final class EtherType {
    public static final int IPV4 = 0x0800;
    public static final int ARP = 0x0806;
    /** IEEE 802.1Q, the customer's tag. */
    public static final int VLAN = 0x8100;
    /** IEEE 802.1ad, the provider's tag (QinQ). */
    public static final int SERVICE_VLAN = 0x88A8;
    /** The outer tag of equipment older than 802.1ad. */
    public static final int OLD_SERVICE_VLAN = 0x9100;

    public static final int IPV6 = 0x86DD;
    /** ARP's older brother, with the same header. */
    public static final int RARP = 0x8035;
    /** A whole Ethernet frame follows. */
    public static final int TRANSPARENT_BRIDGING = 0x6558;
    /** An LLC header follows although the frame is too long to say so by its length. */
    public static final int JUMBO_LLC = 0x8870;

    public static final int PPPOE_DISCOVERY = 0x8863;
    public static final int PPPOE_SESSION = 0x8864;
    public static final int MPLS = 0x8847;
    public static final int SLOW_PROTOCOLS = 0x8809;
    public static final int EAPOL = 0x888E;
    public static final int LLDP = 0x88CC;
    public static final int LOOPBACK = 0x9000;

    private EtherType() {}

    /** Whether a {@link VlanTag} follows. */
    public static boolean isVlan(int type) {
        return type == VLAN || type == SERVICE_VLAN || type == OLD_SERVICE_VLAN;
    }

    /** The name people use, or "unknown". */
    public static String name(int type) {
        return switch (type) {
            case IPV4 -> "IPv4";
            case ARP -> "ARP";
            case VLAN -> "802.1Q";
            case SERVICE_VLAN -> "802.1ad";
            case OLD_SERVICE_VLAN -> "QinQ";
            case IPV6 -> "IPv6";
            case RARP -> "RARP";
            case TRANSPARENT_BRIDGING -> "Ethernet";
            case JUMBO_LLC -> "LLC";
            case PPPOE_DISCOVERY -> "PPPoE discovery";
            case PPPOE_SESSION -> "PPPoE session";
            case MPLS -> "MPLS";
            case SLOW_PROTOCOLS -> "slow protocols";
            case EAPOL -> "EAPOL";
            case LLDP -> "LLDP";
            case LOOPBACK -> "loopback";
            default -> "unknown";
        };
    }
}
