package io.millrace.dataplane.trials;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/** UDP datagrams in frames, cut into fragments and put together again without the code under test. */
public final class Pieces {
    private static final int NETWORK = 14;

    private Pieces() {}

    /**
     * A datagram with its checksum.
     *
     * @param data what it carries
     */
    public static byte[] udp(String ethernet, String from, int fromPort, String to, int toPort, byte[] data) {
        int length = 8 + data.length;
        var datagram = ByteBuffer.allocate(length)
                .putShort((short) fromPort)
                .putShort((short) toPort)
                .putShort((short) length)
                .putShort((short) 0)
                .put(data)
                .array();
        int sum = complement(from, to, datagram);
        ByteBuffer.wrap(datagram).putShort(6, (short) (sum == 0 ? 0xFFFF : sum));
        return from.contains(":")
                ? Packets.ipv6(ethernet, from, to, 17, 64, datagram)
                : Packets.ipv4(ethernet, from, to, 17, 0, datagram);
    }

    private static int complement(String from, String to, byte[] datagram) {
        return ~sum(Bytes.hex(
                        Packets.digits(from),
                        Packets.digits(to),
                        HexFormat.of().toHexDigits(17 + datagram.length, 8),
                        HexFormat.of().formatHex(datagram),
                        datagram.length % 2 == 0 ? "" : "00"))
                & 0xFFFF;
    }

    private static int sum(byte[] bytes) {
        int sum = 0;
        for (int i = 0; i < bytes.length; i += 2) {
            sum += (bytes[i] & 255) << 8 | bytes[i + 1] & 255;
        }
        sum = (sum & 0xFFFF) + (sum >>> 16);
        return (sum & 0xFFFF) + (sum >>> 16);
    }

    /** The packet of a frame in fragments that carry so many bytes each, a multiple of 8; the last one less. */
    public static List<byte[]> cut(byte[] frame, int id, int size) {
        var fragments = new ArrayList<byte[]>();
        int payload = NETWORK + (isV6(frame) ? 40 : 20);
        for (int at = payload; at < frame.length; at += size) {
            int length = Math.min(size, frame.length - at);
            var part = Arrays.copyOfRange(frame, at, at + length);
            fragments.add(fragment(frame, id, at - payload, part, at + length < frame.length));
        }
        return fragments;
    }

    /** A fragment of such a packet as that of a frame is. */
    public static byte[] fragment(byte[] like, int id, int offset, byte[] part, boolean more) {
        if (isV6(like)) {
            var frame = ByteBuffer.allocate(NETWORK + 48 + part.length).put(like, 0, NETWORK + 40);
            frame.putShort(NETWORK + 4, (short) (8 + part.length)).put(NETWORK + 6, (byte) 44);
            frame.put(like[NETWORK + 6]).put((byte) 0).putShort((short) (offset | (more ? 1 : 0)));
            return frame.putInt(id).put(part).array();
        }
        var frame = ByteBuffer.allocate(NETWORK + 20 + part.length)
                .put(like, 0, NETWORK + 20)
                .put(part);
        frame.putShort(NETWORK + 2, (short) (20 + part.length)).putShort(NETWORK + 4, (short) id);
        frame.putShort(NETWORK + 6, (short) (offset / 8 | (more ? 0x2000 : 0))).putShort(NETWORK + 10, (short) 0);
        int sum = sum(Arrays.copyOfRange(frame.array(), NETWORK, NETWORK + 20));
        return frame.putShort(NETWORK + 10, (short) ~sum).array();
    }

    private static boolean isV6(byte[] frame) {
        return frame[NETWORK] >>> 4 == 6;
    }

    /** The identification of a fragment. */
    public static int identification(byte[] frame) {
        var bytes = ByteBuffer.wrap(frame);
        return isV6(frame) ? bytes.getInt(NETWORK + 44) : bytes.getShort(NETWORK + 4) & 0xFFFF;
    }

    /** Puts the packet together whose fragments these are: no byte twice, none missing, all of one packet, checksums right. */
    public static String together(List<byte[]> frames) {
        assertThat(frames).isNotEmpty();
        var like = frames.getFirst();
        boolean v6 = isV6(like);
        int header = NETWORK + (v6 ? 48 : 20);
        var whole = new byte[65_536];
        var has = new boolean[65_536];
        int end = -1;
        int came = 0;
        for (var frame : frames) {
            assertThat(Arrays.copyOf(frame, 14)).isEqualTo(Arrays.copyOf(like, 14));
            assertThat(Arrays.copyOfRange(frame, v6 ? 22 : 26, v6 ? 54 : 34))
                    .isEqualTo(Arrays.copyOfRange(like, v6 ? 22 : 26, v6 ? 54 : 34));
            assertThat(identification(frame)).isEqualTo(identification(like));
            assertThat(frame[v6 ? NETWORK + 7 : NETWORK + 8]).as("time to live").isEqualTo((byte) 63);
            assertThat(v6 ? 0xFFFF : sum(Arrays.copyOfRange(frame, NETWORK, NETWORK + 20)))
                    .as("header checksum")
                    .isEqualTo(0xFFFF);
            int field = ByteBuffer.wrap(frame).getShort(v6 ? NETWORK + 42 : NETWORK + 6) & 0xFFFF;
            int offset = v6 ? field & 0xFFF8 : (field & 0x1FFF) * 8;
            boolean more = v6 ? (field & 1) != 0 : (field & 0x2000) != 0;
            for (int i = header; i < frame.length; i++, came++) {
                int at = offset + i - header;
                assertThat(has[at]).as("byte %d has come before", at).isFalse();
                has[at] = true;
                whole[at] = frame[i];
            }
            end = more ? end : offset + frame.length - header;
        }
        assertThat(came).as("bytes of the packet").isEqualTo(end);
        return text(like, v6, Arrays.copyOf(whole, end));
    }

    /** Who sends what to whom; the checksum must be right. */
    private static String text(byte[] like, boolean v6, byte[] datagram) {
        var from = address(like, v6 ? NETWORK + 8 : NETWORK + 12, v6);
        var to = address(like, v6 ? NETWORK + 24 : NETWORK + 16, v6);
        assertThat(complement(from, to, datagram)).as("checksum of the whole").isZero();
        var bytes = ByteBuffer.wrap(datagram);
        return from + " " + (bytes.getShort(0) & 0xFFFF) + " > " + to + " " + (bytes.getShort(2) & 0xFFFF) + " "
                + Arrays.hashCode(Arrays.copyOfRange(datagram, 8, datagram.length));
    }

    private static String address(byte[] frame, int at, boolean v6) {
        try {
            return java.net.InetAddress.getByAddress(Arrays.copyOfRange(frame, at, at + (v6 ? 16 : 4)))
                    .getHostAddress()
                    .replaceFirst("(:0)+:", v6 ? "::" : "");
        } catch (java.net.UnknownHostException e) {
            throw new AssertionError(e);
        }
    }
}
