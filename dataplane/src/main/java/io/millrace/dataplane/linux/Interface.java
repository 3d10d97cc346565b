package io.millrace.dataplane.linux;

import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A network interface as the kernel told of it, at one moment; see the kernel's {@code include/uapi/linux/if_link.h}.
 *
 * @param index its number in its namespace, from 1; never used again for another while the system runs
 * @param name what it is called, at most 15 bytes
 * @param kind what made it: {@code veth}, {@code tun}, {@code bridge}; empty for hardware
 * @param hardware the kernel's ARPHRD_ number; see {@link #isEthernet}
 * @param mac its address, in the low 48 bits; 0 where it has none of 6 bytes
 * @param mtu the longest packet in bytes
 * @param up whether it was switched on
 * @param running whether it also has a carrier: frames can leave
 * @param operstate the state of RFC 2863 as ip(8) writes it: {@code UP}, {@code DOWN}, {@code LOWERLAYERDOWN} …
 * @param qdisc the name of its queueing discipline: {@code noqueue}, {@code fq_codel} …
 * @param flags all IFF_ flags
 */
public record Interface(
        int index,
        String name,
        String kind,
        int hardware,
        long mac,
        int mtu,
        boolean up,
        boolean running,
        String operstate,
        String qdisc,
        int flags) {
    public static final int PROMISCUOUS = 0x100;

    private static final int ARPHRD_ETHER = 1;
    private static final int IFF_UP = 1;
    private static final int IFF_RUNNING = 0x40;
    private static final int HEADER = 16;
    private static final int IFLA_ADDRESS = 1;
    private static final int IFLA_IFNAME = 3;
    private static final int IFLA_MTU = 4;
    private static final int IFLA_QDISC = 6;
    private static final int IFLA_OPERSTATE = 16;
    private static final int IFLA_LINKINFO = 18;
    private static final int IFLA_INFO_KIND = 1;
    private static final String[] STATES = {
        "UNKNOWN", "NOTPRESENT", "DOWN", "LOWERLAYERDOWN", "TESTING", "DORMANT", "UP"
    };

    /** Whether its frames begin with an Ethernet header. */
    public boolean isEthernet() {
        return hardware == ARPHRD_ETHER;
    }

    /** Whether it receives frames for others too. */
    public boolean isPromiscuous() {
        return (flags & PROMISCUOUS) != 0;
    }

    /** Reads a {@code struct ifinfomsg} at {@code at} and the attributes behind it, up to {@code end}. */
    static Interface read(UnsafeBuffer message, int at, int end) {
        int flags = message.getInt(at + 8);
        return new Interface(
                message.getInt(at + 4),
                text(message, attribute(message, at + HEADER, end, IFLA_IFNAME)),
                kind(message, at, end),
                message.getShort(at + 2) & 0xFFFF,
                mac(message, attribute(message, at + HEADER, end, IFLA_ADDRESS)),
                number(message, attribute(message, at + HEADER, end, IFLA_MTU)),
                (flags & IFF_UP) != 0,
                (flags & (IFF_UP | IFF_RUNNING)) == (IFF_UP | IFF_RUNNING),
                state(message, attribute(message, at + HEADER, end, IFLA_OPERSTATE)),
                text(message, attribute(message, at + HEADER, end, IFLA_QDISC)),
                flags);
    }

    /** Where an attribute ({@code struct rtattr}: length, type, bytes) begins; −1 when it is not there. */
    static int attribute(UnsafeBuffer message, int from, int end, int type) {
        int at = from;
        while (at + 4 <= end) {
            int length = message.getShort(at) & 0xFFFF;
            if (length < 4 || at + length > end) {
                break;
            }
            if ((message.getShort(at + 2) & 0x3FFF) == type) {
                return at;
            }
            at += length + 3 & ~3;
        }
        return -1;
    }

    /** The text of an attribute, without the zero byte it may end with. */
    static String text(UnsafeBuffer message, int attribute) {
        if (attribute < 0) {
            return "";
        }
        var bytes = new byte[length(message, attribute)];
        message.getBytes(attribute + 4, bytes);
        var text = new String(bytes, StandardCharsets.UTF_8);
        int end = text.indexOf('\0');
        return end < 0 ? text : text.substring(0, end);
    }

    /** Bytes of an attribute. */
    static int length(UnsafeBuffer message, int attribute) {
        return (message.getShort(attribute) & 0xFFFF) - 4;
    }

    private static String kind(UnsafeBuffer message, int at, int end) {
        int info = attribute(message, at + HEADER, end, IFLA_LINKINFO);
        return info < 0
                ? ""
                : text(message, attribute(message, info + 4, info + 4 + length(message, info), IFLA_INFO_KIND));
    }

    private static long mac(UnsafeBuffer message, int attribute) {
        return attribute < 0 || length(message, attribute) != 6
                ? 0
                : (message.getInt(attribute + 4, ByteOrder.BIG_ENDIAN) & 0xFFFF_FFFFL) << 16
                        | (message.getShort(attribute + 8, ByteOrder.BIG_ENDIAN) & 0xFFFFL);
    }

    private static int number(UnsafeBuffer message, int attribute) {
        return attribute < 0 ? 0 : message.getInt(attribute + 4);
    }

    private static String state(UnsafeBuffer message, int attribute) {
        int state = attribute < 0 ? 0 : message.getByte(attribute + 4);
        return state < STATES.length ? STATES[state] : STATES[0];
    }
}
