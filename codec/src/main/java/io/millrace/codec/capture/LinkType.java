package io.millrace.codec.capture;

/**
 * What the first bytes of a captured frame are, by its number in the registry of link types
 * (draft-ietf-opsawg-pcaplinktype). Files also hold the platform's own numbers for raw IP, which are kept apart here
 * no longer.
 */
public enum LinkType {
    /** An Ethernet header: the only one that can be switched. */
    ETHERNET(1, "Ethernet"),
    /** An IPv4 or IPv6 header; its first four bits tell which. */
    RAW(101, "raw IP"),
    /** An IPv4 header. */
    IPV4(228, "raw IPv4"),
    /** An IPv6 header. */
    IPV6(229, "raw IPv6"),
    /** Four bytes of address family in the byte order of the machine that captured. */
    NULL(0, "BSD loopback"),
    /** Four bytes of address family in network byte order. */
    LOOP(108, "OpenBSD loopback"),
    /** The Linux cooked header of 16 bytes. */
    LINUX_SLL(113, "Linux cooked"),
    /** The Linux cooked header of 20 bytes. */
    LINUX_SLL2(276, "Linux cooked, version 2"),
    /** Any other number: the frames are counted, nothing in them is read. */
    OTHER(-1, "unknown");

    private final int number;
    private final String words;

    LinkType(int number, String words) {
        this.number = number;
        this.words = words;
    }

    /** The number in a capture file; -1 for {@link #OTHER}. */
    public int number() {
        return number;
    }

    /** A name for people. */
    public String words() {
        return words;
    }

    /** The type of this number, or {@link #OTHER}. 12 and 14 are what BSD, Linux and OpenBSD wrote for raw IP. */
    public static LinkType of(int number) {
        return switch (number) {
            case 1 -> ETHERNET;
            case 12, 14, 101 -> RAW;
            case 228 -> IPV4;
            case 229 -> IPV6;
            case 0 -> NULL;
            case 108 -> LOOP;
            case 113 -> LINUX_SLL;
            case 276 -> LINUX_SLL2;
            default -> OTHER;
        };
    }

    private static final int DBUS = 231, USB_PCAP = 249, EBHSCR = 279;

    /**
     * The most bytes a record of this link type may hold; more is damage, not a frame. The same bounds as Wireshark's,
     * so that both give the same verdict on a file.
     */
    static int mostBytes(int number) {
        return switch (number) {
            case DBUS, USB_PCAP -> 128 << 20;
            case EBHSCR -> 32 << 20;
            default -> 256 << 10;
        };
    }

    /**
     * How many bytes at the start of a record tell how it was captured and were never on the wire, for the link types
     * whose frames Wireshark counts without them; otherwise 0. A record that holds fewer is damage.
     */
    public static int pseudoHeader(int number) {
        return switch (number) {
            case 123, 139, 201, 254 -> 4; // SunATM, MTP2, Bluetooth H4 and the Bluetooth monitor of Linux
            case 144, 177 -> 16; // IrDA and LAPD of Linux
            case 196, 209 -> 5; // SITA, I2C
            case 204 -> 1; // PPP with its direction
            case 245 -> 2; // NFC LLCP
            default -> 0;
        };
    }
}
