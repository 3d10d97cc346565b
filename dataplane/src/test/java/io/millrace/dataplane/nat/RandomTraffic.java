package io.millrace.dataplane.nat;

import io.millrace.codec.IpProtocol;
import io.millrace.codec.TcpHeader;
import io.millrace.dataplane.trials.Bytes;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Packets of a few connections through a {@link RouterLab}: UDP, TCP and pings, begun on either side, answered to what has
 * left, sent again; one in three damaged or made special in some way.
 */
final class RandomTraffic {
    private static final int ETHERNET = 14, TRANSPORT = 34, KEPT = 200;
    private static final int[] SECOND_FLAGS = {
        TcpHeader.ACK,
        TcpHeader.ACK,
        TcpHeader.ACK,
        TcpHeader.ACK,
        TcpHeader.ACK | TcpHeader.PSH,
        TcpHeader.ACK,
        TcpHeader.ACK | TcpHeader.FIN,
        TcpHeader.RST,
        TcpHeader.SYN,
        TcpHeader.ACK | TcpHeader.RST,
        0,
        TcpHeader.ACK
    };
    private static final int[] FRAGMENT = {0x2000, 0x8000, 0x0001, 0x2001, 0x4001, 0x6000};

    private final SplittableRandom random;
    private final List<byte[]> left = new ArrayList<>();
    private final List<Packet> given = new ArrayList<>();

    /** A frame and the link it comes by. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Packet(String link, byte[] frame) {}

    RandomTraffic(long seed) {
        random = new SplittableRandom(seed);
    }

    /** Something has left, and can be answered. */
    void left(byte[] frame) {
        if (frame.length >= TRANSPORT + 8 && frame[12] == 8 && frame[13] == 0) {
            keep(left, frame);
        }
    }

    private <T> void keep(List<T> list, T one) {
        if (list.size() < KEPT) {
            list.add(one);
        } else {
            list.set(random.nextInt(KEPT), one);
        }
    }

    private boolean oneIn(int n) {
        return random.nextInt(n) == 0;
    }

    Packet next() {
        int pick = random.nextInt(12);
        var packet = pick == 0 ? begun() : pick < 6 && !left.isEmpty() ? answer() : given.isEmpty() ? begun() : again();
        keep(given, packet);
        return oneIn(3) ? damaged(packet) : packet;
    }

    private Packet again() {
        var packet = given.get(random.nextInt(given.size()));
        return new Packet(packet.link, packet.frame.clone());
    }

    private Packet begun() {
        boolean inside = random.nextBoolean();
        int host = random.nextInt(8) == 0 ? 77 : 2 + random.nextInt(2); // whose Ethernet address nobody knows
        int from = inside ? 0x0A01_0000 | host : 0xCB00_7100 | random.nextInt(4);
        int to = inside ? 0xC633_6400 | random.nextInt(3) : 0xC000_0201;
        String macs = inside ? RouterLab.IN + RouterLab.HOST : RouterLab.OUT + RouterLab.FAR;
        int protocol = switch (random.nextInt(5)) {
            case 0, 1 -> IpProtocol.UDP;
            case 2, 3 -> IpProtocol.TCP;
            default -> IpProtocol.ICMP;
        };
        int data = random.nextInt(40);
        var frame = ByteBuffer.allocate(TRANSPORT + (protocol == IpProtocol.TCP ? 20 : 8) + data);
        random.nextBytes(frame.array());
        frame.put(Bytes.hex(macs, "08 00 45 00")).putShort((short) (frame.capacity() - ETHERNET));
        frame.putShort(20, (short) (oneIn(2) ? 0x4000 : 0)).put(22, (byte) 64).put(23, (byte) protocol);
        frame.putInt(26, from).putInt(30, to);
        frame.putShort(34, (short) (5000 + random.nextInt(4)));
        frame.putShort(36, (short) (inside ? 80 + random.nextInt(2) : 8080));
        if (protocol == IpProtocol.UDP) {
            frame.putShort(38, (short) (8 + data)).putShort(40, (short) (oneIn(4) ? 0 : random.nextInt()));
        } else if (protocol == IpProtocol.TCP) {
            frame.put(46, (byte) 0x50).put(47, (byte) (oneIn(8) ? TcpHeader.ACK : TcpHeader.SYN));
            frame.putShort(48, (short) 0x2000);
        } else {
            frame.put(34, (byte) 8).put(35, (byte) 0).putShort(38, (short) random.nextInt(3));
        }
        return new Packet(inside ? "in" : "out", summed(frame.array()));
    }

    /** To something that has left; an acknowledgment, or whatever comes next. */
    private Packet answer() {
        byte[] to = left.get(random.nextInt(left.size()));
        var frame = ByteBuffer.wrap(to.clone());
        frame.put(0, to, 6, 6)
                .put(6, to, 0, 6)
                .put(26, to, 30, 4)
                .put(30, to, 26, 4)
                .put(22, (byte) 64);
        if (to[23] == IpProtocol.ICMP) {
            frame.put(34, (byte) 0);
        } else {
            frame.put(34, to, 36, 2).put(36, to, 34, 2);
        }
        if (to[23] == IpProtocol.TCP && to.length >= TRANSPORT + 20) {
            int flags = to[47];
            boolean opens = (flags & TcpHeader.SYN) != 0;
            boolean bare = opens || (flags & TcpHeader.FIN) != 0;
            int length = frame.getShort(16) - 40 + (bare ? 1 : 0);
            frame.putInt(38, frame.getInt(42)).putInt(42, ByteBuffer.wrap(to).getInt(38) + length);
            int next = SECOND_FLAGS[random.nextInt(SECOND_FLAGS.length)];
            frame.put(
                    47, (byte) (flags == TcpHeader.SYN ? TcpHeader.SYN | TcpHeader.ACK : opens ? TcpHeader.ACK : next));
        }
        return new Packet(to[11] == 1 && to[10] == 0 ? "in" : "out", summed(frame.array()));
    }

    // ------------------------------------------------------------------ damage

    private Packet damaged(Packet packet) {
        byte[] frame = packet.frame.clone();
        var bytes = ByteBuffer.wrap(frame);
        switch (random.nextInt(16)) {
            case 0 -> frame[22] = (byte) random.nextInt(4);
            case 1 -> frame[14] = (byte) (oneIn(2) ? 0x44 + random.nextInt(3) : 0x35 + (random.nextInt(4) << 4));
            case 2 -> bytes.putShort(16, (short) (bytes.getShort(16) + random.nextInt(-12, 12)));
            case 3 -> bytes.putShort(20, (short) FRAGMENT[random.nextInt(FRAGMENT.length)]);
            case 4 -> {
                bytes.put(24 + random.nextInt(2), (byte) random.nextInt());
                return new Packet(packet.link, frame);
            }
            case 5 -> frame = Arrays.copyOf(frame, random.nextInt(14, frame.length));
            case 6 -> frame[random.nextInt(12)] ^= (byte) (1 << random.nextInt(8));
            case 7 -> bytes.put(12, new byte[] {(byte) 0x86, (byte) 0xDD}); // or else, with a tag
            case 8 -> frame[23] = (byte) (oneIn(2) ? IpProtocol.UDP ^ IpProtocol.TCP ^ frame[23] : random.nextInt());
            case 9 -> bytes.putShort(38, (short) (bytes.getShort(38) + random.nextInt(-12, 12)));
            case 10 -> frame[Math.min(46 + random.nextInt(2), frame.length - 1)] = (byte) random.nextInt();
            case 11 -> frame = Arrays.copyOf(frame, frame.length + random.nextInt(1, 40));
            case 12 -> frame[26 + random.nextInt(12)] ^= (byte) (1 << random.nextInt(8));
            case 13 -> {
                return new Packet(List.of("in", "out", "db").get(random.nextInt(3)), frame);
            }
            case 14 -> frame[15] = (byte) random.nextInt();
            default -> {
                frame = Arrays.copyOf(frame, random.nextInt(1410, 1514));
                ByteBuffer.wrap(frame).putShort(16, (short) (frame.length - ETHERNET));
            }
        }
        return new Packet(packet.link, oneIn(8) || frame.length < TRANSPORT ? frame : summed(frame));
    }

    /** With the checksum of its IP header, RFC 791. */
    private static byte[] summed(byte[] frame) {
        var bytes = ByteBuffer.wrap(frame).putShort(24, (short) 0);
        int sum = 0;
        for (int at = ETHERNET; at < TRANSPORT; at += 2) {
            sum += bytes.getShort(at) & 0xFFFF;
        }
        sum = (sum & 0xFFFF) + (sum >>> 16);
        bytes.putShort(24, (short) ~((sum & 0xFFFF) + (sum >>> 16)));
        return frame;
    }
}
