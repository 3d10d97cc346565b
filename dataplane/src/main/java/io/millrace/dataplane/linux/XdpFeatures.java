package io.millrace.dataplane.linux;

import java.nio.charset.StandardCharsets;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * What a driver can do with XDP, as the kernel tells it without touching the interface: generic netlink, family
 * {@code netdev} (Linux 6.3 and newer), {@code include/uapi/linux/netdev.h}. Needs no capability.
 *
 * @param isTold whether the kernel tells at all
 * @param flags NETDEV_XDP_ACT_ flags
 */
public record XdpFeatures(boolean isTold, long flags) {
    private static final int AF_NETLINK = 16, SOCK_RAW_CLOEXEC = 3 | 0x80000, NETLINK_GENERIC = 16;
    private static final int REQUEST = 1, ERROR = 2, HEADER = 16, GENERIC_HEADER = 4, ROOM = 8192;
    private static final int CONTROL = 0x10, GET_FAMILY = 3, FAMILY_ID = 1, FAMILY_NAME = 2;
    private static final int DEV_GET = 1, DEV_INDEX = 1, DEV_XDP_FEATURES = 3;
    private static final XdpFeatures UNTOLD = new XdpFeatures(false, 0);

    /** Whether the driver runs XDP programs itself: native mode. */
    public boolean isNative() {
        return (flags & 1) != 0;
    }

    /** Whether other interfaces may redirect frames to it. */
    public boolean isRedirectTarget() {
        return (flags & 1 << 2) != 0;
    }

    /** Whether AF_XDP sockets need no copy. */
    public boolean isZeroCopy() {
        return (flags & 1 << 3) != 0;
    }

    /** Whether programs see frames of several buffers. */
    public boolean takesFragments() {
        return (flags & 1 << 5) != 0;
    }

    /** Asks for the interface of that number, of the calling thread's namespace. */
    public static XdpFeatures of(int index) {
        var calls = new Native();
        int fd = calls.socket(AF_NETLINK, SOCK_RAW_CLOEXEC, NETLINK_GENERIC);
        if (fd < 0) {
            return UNTOLD;
        }
        try {
            var message = Memory.of(ROOM);
            int end =
                    request(message, CONTROL, GET_FAMILY, FAMILY_NAME, "netdev\0".getBytes(StandardCharsets.US_ASCII));
            int family = exchange(calls, fd, message, end, FAMILY_ID);
            if (family < 0) {
                return UNTOLD;
            }
            int type = message.getShort(family + 4);
            var number = new byte[] {(byte) index, (byte) (index >> 8), (byte) (index >> 16), (byte) (index >> 24)};
            int features =
                    exchange(calls, fd, message, request(message, type, DEV_GET, DEV_INDEX, number), DEV_XDP_FEATURES);
            return features < 0 ? UNTOLD : new XdpFeatures(true, message.getLong(features + 4));
        } finally {
            calls.close(fd);
        }
    }

    /** A request with one attribute; answers its length. */
    private static int request(UnsafeBuffer message, int type, int command, int attribute, byte[] value) {
        int end = HEADER + GENERIC_HEADER + 4 + (value.length + 3 & ~3);
        message.setMemory(0, end, (byte) 0);
        message.putInt(0, end);
        message.putShort(4, (short) type);
        message.putShort(6, (short) REQUEST);
        message.putByte(HEADER, (byte) command);
        message.putByte(HEADER + 1, (byte) 1);
        message.putShort(HEADER + GENERIC_HEADER, (short) (4 + value.length));
        message.putShort(HEADER + GENERIC_HEADER + 2, (short) attribute);
        message.putBytes(HEADER + GENERIC_HEADER + 4, value);
        return end;
    }

    /** Sends it and answers where the attribute of the answer begins, or −1. */
    private static int exchange(Native calls, int fd, UnsafeBuffer message, int length, int attribute) {
        if (calls.sendto(fd, message.addressOffset(), length, 0, 0, 0) < 0) {
            return -1;
        }
        int got = (int) calls.recv(fd, message.addressOffset(), ROOM, 0);
        if (got < HEADER + GENERIC_HEADER || message.getShort(4) == ERROR) {
            return -1;
        }
        return Interface.attribute(message, HEADER + GENERIC_HEADER, Math.min(got, message.getInt(0)), attribute);
    }
}
