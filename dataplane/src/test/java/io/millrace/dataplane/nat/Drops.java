package io.millrace.dataplane.nat;

import io.millrace.codec.IpProtocol;
import io.millrace.dataplane.trials.Packets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;

/** Frames of all kinds for {@link Storm}, and answers to those that arrived. */
final class Drops {
    static final long ROUTER = 0x0200_0000_0001L;
    static final long HOST = 0x0200_0000_0002L;
    static final String MACS = RouterLab.IN + RouterLab.HOST;

    private static final int SYN = 2, ACK = 16;

    /** What arrived behind a link. */
    private record Arrival(String link, byte[] frame) {}

    private final Random random;
    private final List<Arrival> arrived = new ArrayList<>();

    Drops(Random random) {
        this.random = random;
    }

    void arrived(String link, byte[] frame) {
        if (frame.length >= 42 && (isIpv4(frame) || frame.length >= 62)) {
            arrived.add(new Arrival(link, frame));
        }
        if (arrived.size() > 200) {
            arrived.subList(0, 100).clear();
        }
    }

    private static boolean isIpv4(byte[] frame) {
        return frame[12] == 8 && frame[13] == 0;
    }

    private static boolean isIpv6(byte[] frame) {
        return (frame[12] & 0xFF) == 0x86 && (frame[13] & 0xFF) == 0xDD;
    }

    /** A frame that comes in by a link. */
    byte[] next(String link) {
        int what = random.nextInt(10);
        if (what < 5) {
            var some = arrived.stream().filter(each -> each.link.equals(link)).toList();
            if (!some.isEmpty()) {
                byte[] frame = some.get(random.nextInt(some.size())).frame;
                if (isIpv4(frame) || isIpv6(frame)) {
                    return what == 0 ? error(frame) : answer(frame.clone());
                }
            }
        }
        return opening(link);
    }

    // ------------------------------------------------------------------ answers

    private byte[] answer(byte[] frame) {
        boolean v4 = isIpv4(frame);
        int transport = v4 ? 34 : 54;
        int protocol = frame[v4 ? 23 : 20] & 0xFF;
        swap(frame, 0, 6, 6);
        swap(frame, v4 ? 26 : 22, v4 ? 30 : 38, v4 ? 4 : 16);
        if (protocol == IpProtocol.TCP || protocol == IpProtocol.UDP) {
            swap(frame, transport, transport + 2, 2);
        } else if (frame[transport] == 8) {
            frame[transport] = 0;
        } else if ((frame[transport] & 0xFF) == 128) {
            frame[transport] = (byte) 129;
        }
        if (protocol == IpProtocol.TCP && frame.length >= transport + 20) {
            answerTcp(frame, transport);
        }
        return frame;
    }

    private void answerTcp(byte[] frame, int at) {
        int flags = frame[at + 13];
        int sequence = read(frame, at + 4);
        write(frame, at + 4, read(frame, at + 8));
        write(frame, at + 8, sequence + ((flags & 3) == 0 ? 0 : 1));
        int next = (flags & (SYN | ACK)) == SYN ? SYN | ACK : random.nextInt(6) > 1 ? ACK : random.nextInt(32);
        frame[at + 13] = (byte) next;
    }

    private byte[] error(byte[] frame) {
        byte[] quote = Arrays.copyOfRange(frame, 14, Math.min(frame.length, 14 + 48));
        String type = random.nextInt(4) == 0 ? "0b 00 00 00" : "03 0" + random.nextInt(4) + " 00 00";
        if (isIpv4(frame)) {
            return RouterLab.frame(
                    MACS, RouterLab.error(ipv4(frame, 30), ipv4(frame, 26), type + " 00 00 05 14", quote));
        }
        String from = ipv6(frame, 38);
        String to = ipv6(frame, 22);
        return RouterLab.frame(MACS, RouterLab.errorV6(from, to, "01 04 00 00 00 00 00 00", quote));
    }

    private static String ipv4(byte[] frame, int at) {
        return (frame[at] & 0xFF) + "." + (frame[at + 1] & 0xFF) + "." + (frame[at + 2] & 0xFF) + "."
                + (frame[at + 3] & 0xFF);
    }

    private static String ipv6(byte[] frame, int at) {
        var text = new StringBuilder();
        for (int i = 0; i < 16; i += 2) {
            text.append(i == 0 ? "" : ":").append(HexFormat.of().formatHex(frame, at + i, at + i + 2));
        }
        return text.toString();
    }

    private static void swap(byte[] bytes, int one, int other, int length) {
        for (int i = 0; i < length; i++) {
            byte kept = bytes[one + i];
            bytes[one + i] = bytes[other + i];
            bytes[other + i] = kept;
        }
    }

    private static int read(byte[] bytes, int at) {
        return (bytes[at] & 0xFF) << 24
                | (bytes[at + 1] & 0xFF) << 16
                | (bytes[at + 2] & 0xFF) << 8
                | bytes[at + 3] & 0xFF;
    }

    private static void write(byte[] bytes, int at, int value) {
        for (int i = 0; i < 4; i++) {
            bytes[at + i] = (byte) (value >>> (24 - 8 * i));
        }
    }

    // ------------------------------------------------------------------ first packets

    private byte[] opening(String link) {
        int number = Storm.LINKS.indexOf(link) + 1;
        boolean uplink = number == Storm.LINKS.size();
        boolean v6 = random.nextInt(4) == 0;
        String from = random.nextInt(20) == 0 ? anybody(v6) : uplink ? far(v6) : host(v6, number);
        String to = random.nextInt(3) == 0 ? anybody(v6) : uplink ? router(v6, number) : far(v6);
        byte[] payload = payload(v6, from, to);
        int protocol = v6 && this.protocol == IpProtocol.ICMP ? IpProtocol.ICMPV6 : this.protocol;
        if (v6) {
            int hops = random.nextInt(30) == 0 ? 1 : 64;
            return Packets.ipv6(MACS, from, to, protocol, hops, payload);
        }
        int fragment = random.nextInt(8) > 0 ? 0 : random.nextBoolean() ? 0x2000 : 1 + random.nextInt(3);
        return Packets.ipv4(MACS, from, to, protocol, fragment, payload);
    }

    private int protocol;

    private byte[] payload(boolean v6, String from, String to) {
        int kind = random.nextInt(10);
        String ports = hex(port()) + hex(port());
        if (kind < 4) {
            protocol = IpProtocol.UDP;
            return HexFormat.of().parseHex(ports + "000c000001020304");
        } else if (kind < 7) {
            protocol = IpProtocol.TCP;
            int flags = random.nextInt(4) > 0 ? SYN : random.nextInt(32);
            return HexFormat.of()
                    .parseHex(
                            ports + "000003e8" + "00000000" + "50" + hex(flags).substring(2) + "200012340000");
        } else if (kind < 9) {
            protocol = IpProtocol.ICMP;
            String rest = hex(random.nextInt(60)) + "0001";
            return v6 ? Packets.icmpv6(from, to, "80 00 00 00", rest) : Packets.icmp("08 00 00 00", rest);
        }
        protocol = 47;
        return new byte[16];
    }

    private int port() {
        return switch (random.nextInt(6)) {
            case 0 -> 80;
            case 3, 4 -> 40_000 + random.nextInt(4);
            case 1 -> 8080;
            case 2 -> random.nextInt(3);
            default -> 39_995 + random.nextInt(40);
        };
    }

    private static String hex(int value) {
        return HexFormat.of().toHexDigits((short) value);
    }

    private String host(boolean v6, int network) {
        return (v6 ? "fd00:" + network + "::" : "10." + network + ".0.") + (2 + random.nextInt(5));
    }

    private String far(boolean v6) {
        return (v6 ? "2001:db8:1::" : "198.51.100.") + (1 + random.nextInt(6));
    }

    private static String router(boolean v6, int network) {
        return network == Storm.LINKS.size()
                ? v6 ? "2001:db8::1" : "192.0.2.1"
                : v6 ? "fd00:" + network + "::1" : "10." + network + ".0.1";
    }

    private String anybody(boolean v6) {
        int network = 1 + random.nextInt(Storm.LINKS.size());
        return switch (random.nextInt(5)) {
            case 0 -> host(v6, network);
            case 1 -> far(v6);
            case 2 -> router(v6, Storm.LINKS.size());
            case 3 -> v6 ? host(true, network) : "10.1.0.100";
            default -> router(v6, network);
        };
    }
}
