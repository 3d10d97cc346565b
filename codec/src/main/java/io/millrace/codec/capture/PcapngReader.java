package io.millrace.codec.capture;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * pcapng (draft-ietf-opsawg-pcapng): blocks, each with its length before and after it. A Section Header Block sets the
 * byte order and starts a new list of interfaces; packets refer to an interface by its place in that list.
 *
 * <pre>
 *  block     type u32 | length u32 | body, padded to four bytes | length u32
 *  section   ... | byte-order magic u32 | major u16 | minor u16 | section length i64 | options
 *  interface ... | link type u16 | (reserved) 2 | snap length u32 | options
 *  enhanced  ... | interface u32 | time, high half u32, low half u32 | captured u32 | original u32 | bytes | options
 *  simple    ... | original u32 | bytes
 *  obsolete  ... | interface u16 | drops u16 | then as enhanced
 * </pre>
 *
 * Other blocks are passed over by their length.
 */
final class PcapngReader extends CaptureReader {
    static final int SECTION_HEADER = 0x0A0D0D0A;
    static final int INTERFACE = 1, ENHANCED_PACKET = 6, BYTE_ORDER_MAGIC = 0x1A2B3C4D;
    private static final int OBSOLETE_PACKET = 2, SIMPLE_PACKET = 3, NAMES = 4, STATISTICS = 5;
    private static final int CUSTOM = 0xBAD, CUSTOM_KEPT = 0x4000_0BAD;
    private static final int LENGTH = 4,
            BODY = 8,
            BLOCK_LEAST = 12,
            BLOCK_MOST = (128 << 20) + (128 << 10),
            TRAILER = 4;
    private static final int MAJOR = 12, MINOR = 14, SECTION_LEAST = 28;
    private static final int NAMES_LEAST = 16, STATISTICS_LEAST = 24, CUSTOM_LEAST = 16;
    private static final int TIME_HIGH = 12, TIME_LOW = 16, CAPTURED = 20, ORIGINAL = 24, PACKET_BYTES = 28;
    private static final int SIMPLE_BYTES = 12;
    private static final int MOST_INTERFACES = 1 << 16; // so that a file of nothing else cannot fill the memory

    private PcapngInterface[] interfaces = new PcapngInterface[4];
    private int interfaceCount;
    private boolean bigEndian;
    private boolean mixed;
    private boolean passingOver; // a section of a version that is not known
    private @Nullable String skipped; // what was passed over first
    private long sections;
    private long block; // length of the block before the next one to be read

    PcapngReader(Source source) {
        super(source);
    }

    @Override
    public boolean next() {
        while (!ended) {
            window.skip(block);
            block = 0;
            if (!window.has(BLOCK_LEAST)) {
                return window.left() == 0 ? atEnd() : cut("a block's header");
            }
            int type = window.i32(0);
            if (type == SECTION_HEADER && !orderKnown()) {
                return false;
            }
            long length = window.u32(LENGTH);
            if (!isWhole(type, length)) {
                return false;
            }
            position = window.position();
            boolean packet = (!passingOver || type == SECTION_HEADER) && read(type, length);
            block = length;
            if (packet) {
                return true;
            }
        }
        return false;
    }

    private boolean atEnd() {
        return (skipped != null && window.trouble() == null) ? damaged(skipped) : ends();
    }

    /** A section header's own byte order holds for its length already. */
    private boolean orderKnown() {
        window.bigEndian(false);
        int magic = window.i32(BODY);
        if (magic != BYTE_ORDER_MAGIC && magic != Integer.reverseBytes(BYTE_ORDER_MAGIC)) {
            return damaged("a section header without the byte-order magic 1a2b3c4d");
        }
        boolean big = magic != BYTE_ORDER_MAGIC;
        mixed |= sections > 0 && big != bigEndian;
        bigEndian = big;
        window.bigEndian(big);
        return true;
    }

    private boolean isWhole(int type, long length) {
        int least = type == SECTION_HEADER ? SECTION_LEAST : BLOCK_LEAST;
        if (length < least) {
            return damaged("a block length of " + length + " bytes is less than " + least);
        }
        if (length > BLOCK_MOST) {
            return damaged("a block length of " + length + " bytes is more than any block has");
        }
        if ((length & 3) != 0) {
            return damaged("a block length of " + length + " bytes is no multiple of four");
        }
        if (!window.has(length)) {
            return cut("a block: " + window.left() + " of " + length + " bytes are there");
        }
        long trailer = window.u32(length - TRAILER);
        if (trailer != length) {
            return damaged("the block's two lengths differ: " + length + " bytes before it, " + trailer + " after it");
        }
        return true;
    }

    /** Whether the block held a frame. */
    private boolean read(int type, long length) {
        return switch (type) {
            case ENHANCED_PACKET -> packet(length, window.u32(BODY));
            case OBSOLETE_PACKET -> packet(length, window.u16(BODY));
            case SIMPLE_PACKET -> simplePacket(length);
            case INTERFACE -> declare(length);
            case SECTION_HEADER -> section(length);
            case STATISTICS -> passes(length, STATISTICS_LEAST, STATISTICS_LEAST - TRAILER);
            case NAMES -> length >= NAMES_LEAST ? namesPass(length) : tooShort(length);
            case CUSTOM, CUSTOM_KEPT -> length < CUSTOM_LEAST && tooShort(length);
            default -> false;
        };
    }

    /** A block that is of no use here must still be a block: else what follows it is in doubt. */
    private boolean passes(long length, int least, int options) {
        return length < least ? tooShort(length) : optionsFail(options, length);
    }

    private boolean namesPass(long length) {
        long at = BODY;
        while (length - TRAILER - at >= PcapngOptions.HEADER && window.u16(at) != 0) {
            at += PcapngOptions.HEADER + PcapngOptions.padded(window.u16(at + 2));
        }
        return at > length - TRAILER && damaged("a name's length is more than its block holds");
    }

    private boolean tooShort(long length) {
        return damaged("a block length of " + length + " bytes is too short for this type of block");
    }

    /** Always {@code false}: either all is well, or this is the end. */
    private boolean optionsFail(long from, long length) {
        return !PcapngOptions.areWhole(window, from, length - TRAILER)
                && damaged("an option's length is more than its block holds");
    }

    private boolean section(long length) {
        sections++;
        interfaceCount = 0;
        int major = window.u16(MAJOR), minor = window.u16(MINOR);
        passingOver = major != 1 || (minor != 0 && minor != 2);
        if (passingOver && skipped == null) {
            skipped = "section " + sections + " has version " + major + "." + minor
                    + ", which is not known, and was passed over";
        }
        return optionsFail(SECTION_LEAST - TRAILER, length);
    }

    private boolean declare(long length) {
        if (length < PcapngInterface.LEAST) {
            return tooShort(length);
        }
        if (interfaceCount == MOST_INTERFACES) {
            return damaged("more than " + MOST_INTERFACES + " interfaces in one section");
        }
        if (interfaceCount == interfaces.length) {
            interfaces = Arrays.copyOf(interfaces, interfaceCount * 2);
        }
        interfaces[interfaceCount++] = new PcapngInterface(window, length - TRAILER);
        return optionsFail(PcapngInterface.OPTIONS, length);
    }

    private boolean packet(long length, long id) {
        if (length < PACKET_BYTES + TRAILER) {
            return tooShort(length);
        }
        if (id >= interfaceCount) {
            return undeclared(id);
        }
        PcapngInterface on = interfaces[(int) id];
        long captured = window.u32(CAPTURED);
        if (captured > on.mostBytes) {
            return damaged("the packet's length of " + captured + " bytes is more than any frame has");
        }
        if (captured > length - PACKET_BYTES - TRAILER) {
            return damaged("the packet's length of " + captured + " bytes is more than its block holds");
        }
        long options = PACKET_BYTES + PcapngOptions.padded(captured);
        if (options < length - TRAILER && !PcapngOptions.areWhole(window, options, length - TRAILER)) {
            return damaged("an option's length is more than its block holds");
        }
        if (captured < on.leastBytes) {
            return damaged(tooFew(captured, on.leastBytes));
        }
        number++;
        time = on.time((window.u32(TIME_HIGH) << 32) | window.u32(TIME_LOW));
        if (isOutOfRange()) {
            warn(Warnings.Kind.OUT_OF_RANGE);
        }
        on(on, (int) id);
        show(PACKET_BYTES, (int) captured, window.u32(ORIGINAL));
        return true;
    }

    /** A packet without time and interface: it is of interface 0, whose snap length tells how much of it is there. */
    private boolean simplePacket(long length) {
        if (length < SIMPLE_BYTES + TRAILER) {
            return tooShort(length);
        }
        if (interfaceCount == 0) {
            return undeclared(0);
        }
        PcapngInterface on = interfaces[0];
        long original = window.u32(BODY);
        long captured = on.snapLength == 0 ? original : Math.min(original, on.snapLength);
        if (captured > on.mostBytes) {
            return damaged("the packet's length of " + captured + " bytes is more than any frame has");
        }
        if (captured > length - SIMPLE_BYTES - TRAILER) {
            return damaged("the packet's length of " + captured + " bytes is more than its block holds");
        }
        if (captured < on.leastBytes) {
            return damaged(tooFew(captured, on.leastBytes));
        }
        number++;
        time = NO_TIME;
        on(on, 0);
        show(SIMPLE_BYTES, (int) captured, original);
        return true;
    }

    private void on(PcapngInterface on, int id) {
        interfaceId = id;
        linkType = on.linkType;
        linkTypeNumber = on.linkTypeNumber;
    }

    private boolean undeclared(long id) {
        return damaged("a packet of interface " + id + ", but this section has declared "
                + (interfaceCount == 0 ? "none" : "only " + interfaceCount));
    }

    private boolean isOutOfRange() {
        return time == Long.MAX_VALUE || time == Long.MIN_VALUE + 1;
    }

    @Override
    public long recordedSeconds() {
        return isOutOfRange() ? interfaces[interfaceId].lastSeconds : super.recordedSeconds();
    }

    @Override
    public int recordedNanoseconds() {
        return isOutOfRange() ? interfaces[interfaceId].lastFraction : super.recordedNanoseconds();
    }

    @Override
    public String interfaceName() {
        return interfaceId < interfaceCount ? interfaces[interfaceId].name() : "";
    }

    @Override
    public String format() {
        return "pcapng, " + (mixed ? "both byte orders" : bigEndian ? "big endian" : "little endian");
    }
}
