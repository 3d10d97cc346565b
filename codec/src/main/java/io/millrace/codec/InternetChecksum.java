package io.millrace.codec;

import java.nio.ByteOrder;
import org.agrona.UnsafeApi;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The Internet checksum: RFC 1071 (sum), RFC 1624 (update), RFC 768 (UDP's zero).
 *
 * <p>Two kinds of numbers, both 0 to 0xFFFF in network order: a <em>sum</em> is the folded one's complement sum of some
 * bytes, a <em>checksum</em> is what stands in a header, the complement of a sum. Sums of slices that begin at even
 * distances from each other are put together by {@link #add}.
 *
 * <p>A <em>partial</em> checksum is what a sender leaves in the field when hardware shall finish it: the sum of the
 * pseudo-header alone, not complemented.
 */
public final class InternetChecksum {
    private InternetChecksum() {}

    /**
     * The sum of {@code length} bytes; an odd last byte counts as the first of two, RFC 1071 section 4.1.
     *
     * <p>Summed in little-endian order, 32 bits at a time, and turned round once at the end (RFC 1071 section 2(B)). Each
     * eight bytes are added up whole, carries lost, and their upper halves once more by themselves: what the lower halves
     * come to is the difference, since it fits (2^32 additions would). That is one operation less than taking both apart,
     * and four sums side by side wait for no other.
     */
    public static int sum(UnsafeBuffer buffer, int offset, int length) {
        buffer.boundsCheck(offset, length); // once, for all that is read below
        byte[] array = buffer.byteArray();
        long at = buffer.addressOffset() + offset;
        long whole0 = 0, whole1 = 0, whole2 = 0, whole3 = 0;
        long upper0 = 0, upper1 = 0, upper2 = 0, upper3 = 0;
        int i = 0;
        for (; i + 32 <= length; i += 32) {
            long eight0 = UnsafeApi.getLong(array, at + i);
            long eight1 = UnsafeApi.getLong(array, at + i + 8);
            long eight2 = UnsafeApi.getLong(array, at + i + 16);
            long eight3 = UnsafeApi.getLong(array, at + i + 24);
            whole0 += eight0;
            upper0 += eight0 >>> 32;
            whole1 += eight1;
            upper1 += eight1 >>> 32;
            whole2 += eight2;
            upper2 += eight2 >>> 32;
            whole3 += eight3;
            upper3 += eight3 >>> 32;
        }
        for (; i + 8 <= length; i += 8) {
            long eight = UnsafeApi.getLong(array, at + i);
            whole0 += eight;
            upper0 += eight >>> 32;
        }
        long upper = upper0 + upper1 + upper2 + upper3;
        long lower = whole0 + whole1 + whole2 + whole3 - (upper << 32);
        int folded = fold(lower + upper + lastBytes(array, at + i, length - i));
        return (folded << 8 | folded >>> 8) & 0xFFFF;
    }

    /** The last zero to seven bytes. */
    private static long lastBytes(byte[] array, long from, int length) {
        long sum = 0;
        long at = from;
        if ((length & 4) != 0) {
            sum += UnsafeApi.getInt(array, at) & 0xFFFF_FFFFL;
            at += 4;
        }
        if ((length & 2) != 0) {
            sum += UnsafeApi.getShort(array, at) & 0xFFFFL;
            at += 2;
        }
        if ((length & 1) != 0) {
            sum += UnsafeApi.getByte(array, at) & 0xFFL;
        }
        return sum;
    }

    /** The sum of two sums. */
    public static int add(int a, int b) {
        int sum = a + b;
        return (sum & 0xFFFF) + (sum >>> 16);
    }

    /** What a header gets for a sum, and a sum for what a header has. */
    public static int complement(int sum) {
        return ~sum & 0xFFFF;
    }

    /** Whether the sum over data and its checksum (and pseudo-header) says that nothing was altered. */
    public static boolean isGood(int sum) {
        return sum == 0xFFFF;
    }

    /** The sum of IPv4's pseudo-header; {@code length} is that of the TCP segment or UDP datagram in bytes. */
    public static int pseudoHeader(int source, int destination, int protocol, int length) {
        return fold((source & 0xFFFF_FFFFL) + (destination & 0xFFFF_FFFFL) + protocol + length);
    }

    /** The sum of IPv6's pseudo-header, RFC 8200 section 8.1. */
    public static int pseudoHeader(
            long sourceHigh, long sourceLow, long destinationHigh, long destinationLow, int upperLayer, int length) {
        return fold(halves(sourceHigh)
                + halves(sourceLow)
                + halves(destinationHigh)
                + halves(destinationLow)
                + upperLayer
                + length);
    }

    /** The checksum after sixteen covered bits changed: RFC 1624 equation 3, never equation 2 (RFC 1141). */
    public static int update16(int checksum, int before, int after) {
        return complement(add(complement(checksum), add(complement(before), after & 0xFFFF)));
    }

    /** The checksum after thirty-two covered bits changed, an IPv4 address for example. */
    public static int update32(int checksum, int before, int after) {
        return complement(partial32(complement(checksum), before, after));
    }

    /** The checksum after sixty-four covered bits changed, half an IPv6 address for example. */
    public static int update64(int checksum, long before, long after) {
        return complement(partial64(complement(checksum), before, after));
    }

    /** UDP sends 0xFFFF where the sum says 0, since 0 means "none" (RFC 768). */
    public static int udp(int checksum) {
        return checksum == 0 ? 0xFFFF : checksum;
    }

    /** {@link #update16} for UDP: none stays none, and no update ever makes none of one. */
    public static int updateUdp16(int checksum, int before, int after) {
        return checksum == UdpHeader.NO_CHECKSUM ? checksum : udp(update16(checksum, before, after));
    }

    /** {@link #update32} for UDP: none stays none, and no update ever makes none of one. */
    public static int updateUdp32(int checksum, int before, int after) {
        return checksum == UdpHeader.NO_CHECKSUM ? checksum : udp(update32(checksum, before, after));
    }

    /**
     * Whether a field may hold a partial checksum for this pseudo-header's sum. It may also be whole by chance (one in
     * 65,535): where nothing else tells, sum everything first and finish only what does not verify.
     */
    public static boolean isPartial(int checksum, int pseudoHeader) {
        return checksum == pseudoHeader || (checksum + pseudoHeader == 0xFFFF && (checksum == 0 || pseudoHeader == 0));
    }

    /** A partial checksum after sixteen bits of the pseudo-header changed. */
    public static int partial16(int partial, int before, int after) {
        return add(partial, add(complement(before), after & 0xFFFF));
    }

    /** A partial checksum after thirty-two bits of the pseudo-header changed. */
    public static int partial32(int partial, int before, int after) {
        return fold(partial + (~before & 0xFFFF_FFFFL) + (after & 0xFFFF_FFFFL));
    }

    /** A partial checksum after sixty-four bits of the pseudo-header changed. */
    public static int partial64(int partial, long before, long after) {
        return fold(partial + halves(~before) + halves(after));
    }

    /**
     * Finishes a partial checksum as the hardware would: sums from the start of the TCP or UDP header, the partial
     * checksum included, and writes the complement in its place.
     *
     * @param start where the TCP or UDP header begins
     * @param length header and data, in bytes
     * @param field where the checksum stands, in bytes from {@code start}: 16 for TCP, 6 for UDP
     * @param datagram whether it is UDP's, where 0 is written as 0xFFFF
     */
    public static void finish(UnsafeBuffer buffer, int start, int length, int field, boolean datagram) {
        int checksum = complement(sum(buffer, start, length));
        buffer.putShort(start + field, (short) (datagram ? udp(checksum) : checksum), ByteOrder.BIG_ENDIAN);
    }

    private static long halves(long eight) {
        return (eight & 0xFFFF_FFFFL) + (eight >>> 32);
    }

    /** Folds carries in until sixteen bits are left; nothing but all zeros gives 0. */
    private static int fold(long sum) {
        long folded = (sum & 0xFFFF_FFFFL) + (sum >>> 32);
        folded = (folded & 0xFFFF) + (folded >>> 16);
        folded = (folded & 0xFFFF) + (folded >>> 16);
        folded = (folded & 0xFFFF) + (folded >>> 16);
        return (int) folded;
    }
}
