package io.millrace.codec.capture;

import org.jspecify.annotations.Nullable;

/**
 * The kinds of pcap file there are. The magic number tells most of them apart, but three share the usual one and two the
 * "modified" one; these are told apart as Wireshark does it, by which of them makes most sense of the first records.
 */
enum PcapVariant {
    MICROSECONDS(0xA1B2C3D4, 16, "pcap, microseconds"),
    NANOSECONDS(0xA1B23C4D, 16, "pcap, nanoseconds"),
    /** Red Hat 6.1: eight bytes more in each record header, under the usual magic number. */
    PATCHED_417(0xA1B2C3D4, 24, "pcap as patched on 1999-04-17"),
    /** Some Nokia devices: four bytes more, under the usual magic number. */
    NOKIA(0xA1B2C3D4, 20, "pcap of Nokia devices"),
    /** The "modified" pcap of Linux 2.2's day. */
    MODIFIED(0xA1B2CD34, 24, "modified pcap"),
    /** SuSE 6.3: four more bytes than the modified one, under its magic number. */
    PATCHED_915(0xA1B2CD34, 28, "modified pcap as patched on 1999-09-15"),
    /** AIX: version 2.2, nanoseconds under the usual magic number, and link types from another list. */
    AIX(0, 16, "pcap of AIX, nanoseconds"),
    IXIA_HARDWARE(0x1C0001AC, 16, "pcap of Ixia hardware, nanoseconds"),
    IXIA_SOFTWARE(0x1C0001AB, 16, "pcap of Ixia software, microseconds");
    private static final int RECORDS_TO_TRY = 3, MOST_ORIGINAL = 128 << 20;

    private final int magic;
    private final int recordHeader;
    private final String words;

    PcapVariant(int magic, int recordHeader, String words) {
        this.magic = magic;
        this.recordHeader = recordHeader;
        this.words = words;
    }

    static @Nullable PcapVariant byMagic(int magic) {
        return switch (magic) {
            case 0xA1B2C3D4 -> MICROSECONDS;
            case 0xA1B23C4D -> NANOSECONDS;
            case 0xA1B2CD34 -> MODIFIED;
            case 0x1C0001AC -> IXIA_HARDWARE;
            case 0x1C0001AB -> IXIA_SOFTWARE;
            default -> null;
        };
    }

    /** Why a file that starts with these four bytes (read little endian) is not read. */
    static String unknown(int magic) {
        return switch (magic) {
            case 0xA1E2CB12, 0x12CBE2A1 -> "pcap of a kind that is not read (magic number a1e2cb12, Navtel)";
            case 0xA1B234CD, 0xCD34B2A1 -> "pcap of a kind that is not read (magic number a1b234cd, a test version)";
            case 0x6F6F6E73 -> "a snoop file, not pcap or pcapng";
            default ->
                "not a capture that is known here: pcap or pcapng, plain, gzip or zstd (it starts with "
                        + hex(Integer.reverseBytes(magic)) + ")";
        };
    }

    static String hex(int value) {
        String digits = Integer.toHexString(value);
        return "0".repeat(8 - digits.length()) + digits;
    }

    /** AIX wrote the interface type of RFC 1573 where others write a link type: four values give it away. */
    static PcapVariant aix(int linkType) {
        return linkType == 6 || linkType == 9 || linkType == 15 || linkType == 24 ? AIX : MICROSECONDS;
    }

    static int aixLinkType(int interfaceType) {
        return switch (interfaceType) {
            case 6 -> 1; // Ethernet
            case 9 -> 6; // Token Ring
            case 15 -> 10; // FDDI
            default -> 0; // loopback
        };
    }

    int recordHeader() {
        return recordHeader;
    }

    /** How many bytes follow the usual 24 of the file header: Ixia's tell the length of what comes. */
    int moreFileHeader() {
        return this == IXIA_HARDWARE || this == IXIA_SOFTWARE ? 4 : 0;
    }

    boolean nanoseconds() {
        return this == NANOSECONDS || this == IXIA_HARDWARE || this == AIX;
    }

    String words() {
        return words;
    }

    /** The one among those with this magic number that makes most sense of the records at hand. */
    PcapVariant likeliest(Window records, long snapLength, int mostBytes) {
        if (this != MICROSECONDS && this != MODIFIED) {
            return this;
        }
        PcapVariant best = this;
        int fewest = Integer.MAX_VALUE;
        for (PcapVariant candidate : values()) {
            int oddities = candidate.magic == magic ? candidate.oddities(records, snapLength, mostBytes) : fewest;
            if (oddities < fewest) {
                best = candidate;
                fewest = oddities;
            }
        }
        return best;
    }

    /** How odd the first record is that is odd at all: what follows it is in doubt and does not count. */
    private int oddities(Window records, long snapLength, int mostBytes) {
        long at = 0;
        for (int i = 0; i < RECORDS_TO_TRY; i++) {
            if (!records.has(at + recordHeader)) {
                return oddEnd(records, at);
            }
            int odd = oddHeader(records, at, snapLength, mostBytes);
            if (odd > 0) {
                return odd;
            }
            long captured = records.u32(at + 8);
            at += recordHeader;
            if (!records.has(at + captured)) {
                return 1;
            }
            at += captured;
        }
        return 0;
    }

    /** The end of the file between two records is no oddity. */
    private static int oddEnd(Window records, long at) {
        return records.left() > at ? 1 : 0;
    }

    private int oddHeader(Window records, long at, long snapLength, int mostBytes) {
        long captured = records.u32(at + 8), original = records.u32(at + 12);
        int odd = count(records.u32(at + 4) >= 1_000_000)
                + count(captured > mostBytes)
                + count(captured > snapLength)
                + count(original > MOST_ORIGINAL)
                + count(captured > original);
        return switch (this) {
            case NOKIA -> odd + count(!isNokia(records.i32(at + 16)));
            case PATCHED_417, PATCHED_915, MODIFIED ->
                odd
                        + count(records.u32(at + 16) > 10_000) // interface index
                        + count(!isProtocol(records.u16(at + 20)))
                        + count(records.u8(at + 22) > 4); // Linux packet type
            default -> odd;
        };
    }

    private static int count(boolean odd) {
        return odd ? 1 : 0;
    }

    private static boolean isProtocol(int protocol) {
        return protocol >= 0x0600 || protocol <= 0x0017 || protocol == 0x60 || protocol == 0x200 || protocol == 0x400;
    }

    private static boolean isNokia(int bits) {
        int first = bits & 0xF000_0000, second = bits & 0xF000, third = bits & 0xF00, fourth = bits & 0xF;
        return (bits & 0x0FFF_00F0) == 0x0FBF_0000
                && (first == 0x9000_0000 || first == 0xB000_0000)
                && (second == 0xB000 || second == 0xD000)
                && (third == 0x600 || third == 0x900)
                && (fourth == 1 || fourth == 2);
    }
}
