package io.millrace.codec.capture;

import java.nio.charset.StandardCharsets;

/**
 * An interface as its Interface Description Block tells it (draft-ietf-opsawg-pcapng section 4.2): link type, snap
 * length (0: no limit), name, and what a tick of its clock is worth.
 */
final class PcapngInterface {
    static final int BODY = 8, LEAST = 20, OPTIONS = 16;
    private static final int LINK_TYPE = 8, SNAP_LENGTH = 12;
    private static final int NAME = 2, RESOLUTION = 9, OFFSET = 14;
    private static final int LONGEST_NAME = 255;
    private static final long SECOND = 1_000_000_000L;

    final int linkTypeNumber;
    final LinkType linkType;
    final int mostBytes;
    final int leastBytes;
    final long snapLength;
    private String name = "";
    private long offset; // seconds to be added

    // A tick is 10^-decimal or 2^-binary of a second; whichever is not negative holds.
    private int decimal = 6;
    private int binary = -1;
    private long nanoseconds = 1000; // of one tick, when at least one
    long lastSeconds; // of the last time that needed care
    int lastFraction;
    private long simpleBelow = Long.MAX_VALUE / 1000; // ticks that need no care

    /** Reads the block that starts here, whose options end at {@code optionsEnd}. */
    PcapngInterface(Window block, long optionsEnd) {
        linkTypeNumber = block.u16(LINK_TYPE);
        linkType = LinkType.of(linkTypeNumber);
        mostBytes = LinkType.mostBytes(linkTypeNumber);
        leastBytes = LinkType.pseudoHeader(linkTypeNumber);
        snapLength = block.u32(SNAP_LENGTH);
        PcapngOptions.each(block, OPTIONS, optionsEnd, this::option);
    }

    private void option(Window block, int code, long at, int length) {
        if (code == NAME) {
            byte[] bytes = block.copy(at, Math.min(length, LONGEST_NAME));
            name = PcapngOptions.printable(new String(bytes, StandardCharsets.UTF_8));
        } else if (code == RESOLUTION && length == 1) {
            resolution(block.u8(at));
        } else if (code == OFFSET && length == 8) {
            offset = block.i64(at);
            simpleBelow = offset == 0 ? simpleBelow : 0;
        }
    }

    /** if_tsresol: the top bit tells the base, two or ten; the rest is the negative exponent. */
    private void resolution(int value) {
        if ((value & 0x80) != 0) {
            binary = value & 0x7F;
            decimal = -1;
            simpleBelow = 0;
        } else {
            decimal = value;
            binary = -1;
            nanoseconds = decimal <= 9 ? power(9 - decimal) : 0;
            simpleBelow = decimal <= 9 && offset == 0 ? Long.MAX_VALUE / nanoseconds : 0;
        }
    }

    String name() {
        return name;
    }

    /**
     * Nanoseconds since 1970 of so many ticks (unsigned), cut off below one; {@code Long.MAX_VALUE} or one above
     * {@code Long.MIN_VALUE} when that is further than can be told.
     */
    long time(long ticks) {
        return ticks >= 0 && ticks < simpleBelow ? ticks * nanoseconds : carefully(ticks);
    }

    private long carefully(long ticks) {
        long seconds, fraction;
        if (binary >= 0) {
            seconds = binary == 0 ? ticks : binary < 64 ? ticks >>> binary : 0;
            fraction = binaryFraction(ticks);
        } else if (decimal <= 19) {
            long second = power(decimal);
            seconds = Long.divideUnsigned(ticks, second);
            long rest = Long.remainderUnsigned(ticks, second);
            fraction = decimal <= 9 ? rest * nanoseconds : Long.divideUnsigned(rest, power(decimal - 9));
        } else {
            seconds = 0;
            fraction = decimal <= 28 ? Long.divideUnsigned(ticks, power(decimal - 9)) : 0;
        }
        return together(seconds, fraction);
    }

    /** (ticks mod 2^binary) * 10^9 / 2^binary, with 128 bits in between. */
    private long binaryFraction(long ticks) {
        long rest = binary < 64 ? ticks & ((1L << binary) - 1) : ticks;
        long high = Math.unsignedMultiplyHigh(rest, SECOND), low = rest * SECOND;
        if (binary == 0) {
            return 0;
        }
        return binary < 64 ? (high << (64 - binary)) | (low >>> binary) : high >>> (binary - 64);
    }

    private long together(long seconds, long fraction) {
        long shifted = seconds + offset;
        lastSeconds = shifted;
        lastFraction = (int) fraction;
        boolean wrapped = ((seconds ^ shifted) & (offset ^ shifted)) < 0;
        if (seconds < 0 || (wrapped && offset > 0) || shifted > Long.MAX_VALUE / SECOND - 1) {
            return Long.MAX_VALUE;
        }
        return wrapped || shifted < Long.MIN_VALUE / SECOND + 1 ? Long.MIN_VALUE + 1 : shifted * SECOND + fraction;
    }

    private static long power(int exponent) {
        long value = 1;
        for (int i = 0; i < exponent; i++) {
            value *= 10;
        }
        return value;
    }
}
