package io.millrace.dataplane.trials;

import io.millrace.codec.InternetChecksum;
import io.millrace.dataplane.frame.Offload;
import java.nio.ByteBuffer;
import java.util.SplittableRandom;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A frame as a host hands it to a network card that it relies on: headers once, a long payload, and the sum of the
 * pseudo-header where the checksum belongs.
 *
 * @param state as {@link Offload} tells it
 * @param transport where the TCP or UDP header begins
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record Offloaded(byte[] bytes, long state, int transport) {
    private static final int TCP = 6;
    private static final int UDP = 17;

    /**
     * What it looks like.
     *
     * @param tags VLAN tags, 0 to 2
     * @param v6 IPv6, else IPv4
     * @param extras bytes of IPv4 options, or of one IPv6 extension header; a multiple of 8
     * @param datagrams UDP, else TCP
     * @param options bytes of TCP options, a multiple of 4
     * @param flags of TCP
     * @param payload in bytes
     * @param segmentSize 0: nothing to cut, only the checksum is unfinished
     */
    public record Shape(
            int tags, boolean v6, int extras, boolean datagrams, int options, int flags, int payload, int segmentSize) {
        public static final Shape TCP_V4 = new Shape(0, false, 0, false, 12, 0x18, 4000, 1448);
        public static final Shape TCP_V6 = new Shape(0, true, 0, false, 12, 0x18, 4000, 1428);
        public static final Shape UDP_V4 = new Shape(0, false, 0, true, 0, 0, 4000, 1400);
        public static final Shape UDP_V6 = new Shape(0, true, 0, true, 0, 0, 4000, 1400);

        public Shape payload(int bytes) {
            return new Shape(tags, v6, extras, datagrams, options, flags, bytes, segmentSize);
        }

        public Shape segments(int bytes) {
            return new Shape(tags, v6, extras, datagrams, options, flags, payload, bytes);
        }

        public Shape flags(int bits) {
            return new Shape(tags, v6, extras, datagrams, options, bits, payload, segmentSize);
        }

        public static Shape random(SplittableRandom random) {
            boolean v6 = random.nextBoolean();
            boolean datagrams = random.nextInt(3) == 0;
            int segmentSize = random.nextInt(5) == 0 ? 0 : random.nextInt(100, 1400);
            int most = segmentSize == 0 ? 1400 : Math.min(60_000, segmentSize * 60);
            int payload = segmentSize > 0 && random.nextInt(4) == 0
                    ? segmentSize * random.nextInt(2, 40)
                    : random.nextInt(most);
            return new Shape(
                    random.nextInt(3),
                    v6,
                    v6 ? 8 * random.nextInt(3) : 8 * random.nextInt(6),
                    datagrams,
                    datagrams ? 0 : 4 * random.nextInt(11),
                    random.nextInt(256) & ~0x06, // neither SYN nor RST
                    payload,
                    segmentSize);
        }

        /** Such a frame, its other fields and payload drawn. */
        public Offloaded draw(SplittableRandom random) {
            int network = 14 + 4 * tags;
            int transport = network + (v6 ? 40 : 20) + extras;
            int headers = transport + (datagrams ? 8 : 20 + options);
            var bytes = new byte[headers + payload];
            random.nextBytes(bytes);
            var out = ByteBuffer.wrap(bytes);
            bytes[0] = 0x02;
            bytes[6] = 0x02;
            int at = 12;
            for (int i = tags; i > 0; i--, at += 4) {
                out.putShort(at, (short) (i == 2 ? 0x88A8 : 0x8100)).putShort(at + 2, (short) (100 + i));
            }
            out.putShort(at, (short) (v6 ? 0x86DD : 0x0800));
            int length = bytes.length - transport;
            int pseudoHeader = v6 ? writeIpv6(out, network, length) : writeIpv4(out, network, length);
            if (datagrams) {
                out.putShort(transport + 4, (short) length).putShort(transport + 6, (short) pseudoHeader);
            } else {
                writeTcp(out, transport, pseudoHeader);
            }
            return new Offloaded(bytes, state(transport), transport);
        }

        private long state(int transport) {
            int type = datagrams ? Offload.UDP : v6 ? Offload.TCP_V6 : Offload.TCP_V4;
            boolean cwr = !datagrams && (flags & 0x80) != 0;
            return Offload.of(
                    segmentSize == 0 ? Offload.WHOLE : cwr ? type | Offload.ECN : type,
                    segmentSize,
                    transport,
                    datagrams ? 6 : 16);
        }

        private void writeTcp(ByteBuffer out, int transport, int pseudoHeader) {
            for (int i = 0; i < options; i++) {
                out.put(transport + 20 + i, (byte) 1);
            }
            out.put(transport + 12, (byte) ((20 + options) << 2))
                    .put(transport + 13, (byte) flags)
                    .putShort(transport + 16, (short) pseudoHeader);
        }

        private int writeIpv4(ByteBuffer out, int at, int length) {
            int header = 20 + extras;
            for (int i = 0; i < extras; i++) {
                out.put(at + 20 + i, (byte) 1);
            }
            out.put(at, (byte) (0x40 | header / 4))
                    .putShort(at + 2, (short) (header + length))
                    .putShort(at + 6, (short) 0x4000)
                    .put(at + 9, (byte) (datagrams ? UDP : TCP))
                    .putShort(at + 10, (short) 0);
            var view = new UnsafeBuffer(out.array());
            out.putShort(at + 10, (short) InternetChecksum.complement(InternetChecksum.sum(view, at, header)));
            return InternetChecksum.pseudoHeader(
                    out.getInt(at + 12), out.getInt(at + 16), datagrams ? UDP : TCP, length);
        }

        private int writeIpv6(ByteBuffer out, int at, int length) {
            int protocol = datagrams ? UDP : TCP;
            out.putInt(at, 0x6000_0000)
                    .putShort(at + 4, (short) (extras + length))
                    .put(at + 6, (byte) (extras > 0 ? 60 : protocol))
                    .put(at + 7, (byte) 64);
            if (extras > 0) { // destination options, all of it padding
                out.put(at + 40, (byte) protocol).put(at + 41, (byte) (extras / 8 - 1));
                out.put(at + 42, (byte) 1).put(at + 43, (byte) (extras - 4));
                for (int i = 4; i < extras; i++) {
                    out.put(at + 40 + i, (byte) 0);
                }
            }
            return InternetChecksum.pseudoHeader(
                    out.getLong(at + 8),
                    out.getLong(at + 16),
                    out.getLong(at + 24),
                    out.getLong(at + 32),
                    protocol,
                    length);
        }
    }
}
