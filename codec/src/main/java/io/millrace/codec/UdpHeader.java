package io.millrace.codec;

import org.agrona.concurrent.UnsafeBuffer;

/**
 * UDP header, RFC 768.
 *
 * <pre>
 *  |  source port (2)  | destination port (2) |  length (2)  |  checksum (2)  |
 * </pre>
 */
public final class UdpHeader extends Header {
    /** In bytes. */
    public static final int LENGTH = 8;

    /** A checksum that was not computed. Forbidden over IPv6 but for tunnels (RFC 6935). */
    public static final int NO_CHECKSUM = 0;

    static final int SOURCE_PORT = 0;
    static final int DESTINATION_PORT = 2;
    static final int DATAGRAM_LENGTH = 4;
    static final int CHECKSUM = 6;

    public UdpHeader wrap(UnsafeBuffer buffer, int offset) {
        over(buffer, offset);
        return this;
    }

    /**
     * Says what is wrong with the length of a whole datagram. For the first fragment of one use {@link #checkFragment}.
     *
     * @param captured bytes at hand from here on
     * @param original bytes that the IP packet had from here on
     */
    public Malformed check(int captured, int original) {
        var fixed = checkFragment(captured, original);
        return fixed == Malformed.NONE && length() > original ? Malformed.UDP_LONGER_THAN_PACKET : fixed;
    }

    /** The same for a first fragment, whose length is that of the whole datagram. */
    public Malformed checkFragment(int captured, int original) {
        var fixed = Malformed.fits(LENGTH, captured, original, Malformed.UDP_TRUNCATED);
        return fixed == Malformed.NONE && length() < LENGTH ? Malformed.UDP_LENGTH : fixed;
    }

    public int sourcePort() {
        return u16(SOURCE_PORT);
    }

    public int destinationPort() {
        return u16(DESTINATION_PORT);
    }

    /** Header and data, in bytes. */
    public int length() {
        return u16(DATAGRAM_LENGTH);
    }

    /** {@link #NO_CHECKSUM} means none. */
    public int checksum() {
        return u16(CHECKSUM);
    }

    public UdpHeader sourcePort(int value) {
        u16(SOURCE_PORT, value);
        return this;
    }

    public UdpHeader destinationPort(int value) {
        u16(DESTINATION_PORT, value);
        return this;
    }

    /** In bytes, header included. */
    public UdpHeader length(int bytes) {
        u16(DATAGRAM_LENGTH, bytes);
        return this;
    }

    public UdpHeader checksum(int value) {
        u16(CHECKSUM, value);
        return this;
    }

    /** Computes the checksum anew over the pseudo-header's sum, this header and its data; never writes 0. */
    public UdpHeader writeChecksum(int pseudoHeader) {
        u16(CHECKSUM, 0);
        int sum = InternetChecksum.add(pseudoHeader, InternetChecksum.sum(buffer(), offset(), length()));
        u16(CHECKSUM, InternetChecksum.udp(InternetChecksum.complement(sum)));
        return this;
    }
}
