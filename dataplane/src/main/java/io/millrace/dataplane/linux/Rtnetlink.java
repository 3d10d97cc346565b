package io.millrace.dataplane.linux;

import java.nio.charset.StandardCharsets;
import java.util.function.IntConsumer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * One conversation with the kernel's routing netlink at a time: a request is written here field by field, sent, and
 * every answer is shown to whoever asked. See rtnetlink(7). One thread.
 */
final class Rtnetlink implements AutoCloseable {
    static final int NEWLINK = 16;
    static final int DELLINK = 17;
    static final int GETLINK = 18;
    static final int NEWADDR = 20;
    static final int DELADDR = 21;
    static final int GETADDR = 22;
    static final int ACK = 4;
    static final int DUMP = 0x300;
    static final int EXCLUSIVE = 0x200;
    static final int CREATE = 0x400;
    /** Bytes in front of every message: {@code struct nlmsghdr}. */
    static final int HEADER = 16;

    private static final int AF_NETLINK = 16;
    private static final int SOCK_RAW_CLOEXEC = 3 | 0x80000;
    private static final int ADDRESS = 12; // struct sockaddr_nl
    private static final int SOL_NETLINK = 270;
    private static final int NETLINK_CAP_ACK = 10;
    private static final int NETLINK_EXT_ACK = 11;
    private static final int REQUEST = 1;
    private static final int DUMP_INTERRUPTED = 0x10;
    private static final int ACK_TLVS = 0x200;
    private static final int ERROR = 2;
    private static final int DONE = 3;
    private static final int MSG_DONTWAIT = 0x40;
    private static final int RECEIVED = 64 * 1024;
    private static final String NEEDS = "CAP_NET_ADMIN";

    private final Native calls = new Native();
    private final UnsafeBuffer request = Memory.of(4096);
    private final UnsafeBuffer received = Memory.of(RECEIVED);
    private final int fd;
    private int end;
    private int sequence;
    private String kernelSays = "";
    private boolean interrupted;

    /** @param groups what to be told of unasked: a mask of RTMGRP_ bits; 0: nothing */
    Rtnetlink(int groups) throws KernelException {
        fd = (int)
                KernelException.check("opening a netlink socket", calls.socket(AF_NETLINK, SOCK_RAW_CLOEXEC, 0), NEEDS);
        int bound = bind(groups);
        if (bound < 0) {
            calls.close(fd);
            throw new KernelException("listening on a netlink socket", bound, NEEDS);
        }
        set(NETLINK_CAP_ACK);
        set(NETLINK_EXT_ACK);
    }

    private int bind(int groups) {
        request.putShort(0, (short) AF_NETLINK);
        request.putInt(8, groups);
        return calls.bind(fd, request.addressOffset(), ADDRESS);
    }

    private void set(int option) {
        request.putInt(0, 1);
        calls.setsockopt(
                fd, SOL_NETLINK, option, request.addressOffset(), Integer.BYTES); // an older kernel has not both
    }

    int descriptor() {
        return fd;
    }

    /** What was received last: answers lie in it. */
    UnsafeBuffer received() {
        return received;
    }

    /** Begins a request that is about a link: {@code struct ifinfomsg}. */
    Rtnetlink link(int type, int flags, int index) {
        begin(type, flags);
        return linkHeader(index, 0, 0);
    }

    /** A {@code struct ifinfomsg} at this place. */
    Rtnetlink linkHeader(int index, int interfaceFlags, int change) {
        putInt(0);
        putInt(index);
        putInt(interfaceFlags);
        return putInt(change);
    }

    /** Begins a request that is about an address: {@code struct ifaddrmsg}. */
    Rtnetlink address(int type, int flags, int family, int prefix, int index) {
        begin(type, flags);
        putInt(family | prefix << 8);
        return putInt(index);
    }

    void begin(int type, int flags) {
        request.setMemory(0, request.capacity(), (byte) 0);
        request.putShort(4, (short) type);
        request.putShort(6, (short) (REQUEST | flags));
        request.putInt(8, ++sequence);
        end = HEADER;
    }

    Rtnetlink putInt(int value) {
        request.putInt(end, value);
        end += 4;
        return this;
    }

    Rtnetlink attribute(int type, int value) {
        request.putShort(end, (short) 8);
        request.putShort(end + 2, (short) type);
        end += 4;
        return putInt(value);
    }

    Rtnetlink attribute(int type, byte[] bytes) {
        request.putShort(end, (short) (4 + bytes.length));
        request.putShort(end + 2, (short) type);
        request.putBytes(end + 4, bytes);
        end += 4 + bytes.length + 3 & ~3;
        return this;
    }

    Rtnetlink attribute(int type, String text) {
        return attribute(type, (text + '\0').getBytes(StandardCharsets.UTF_8));
    }

    /** Begins an attribute that holds others; what it returns goes to {@link #endNest}. */
    int nest(int type) {
        request.putShort(end + 2, (short) type);
        end += 4;
        return end - 4;
    }

    void endNest(int nest) {
        request.putShort(nest, (short) (end - nest));
    }

    /** Sends the request; throws, with {@code what} as the beginning of its sentence, when the kernel refuses. */
    void call(String what) throws KernelException {
        int result = exchange(at -> {});
        if (result < 0) {
            throw new KernelException(kernelSays.isEmpty() ? what : what + " (" + kernelSays + ")", result, NEEDS);
        }
    }

    /**
     * Sends the request and shows each answer: where in {@link #received} its header begins. A list that changed while
     * it was told is told again from its beginning, after {@code again}.
     *
     * @return 0 or the negative errno
     */
    int exchange(IntConsumer answer, Runnable again) {
        for (int tries = 0; ; tries++) {
            interrupted = false;
            int result = exchange(answer);
            if (!interrupted || tries == 10) {
                return result;
            }
            request.putInt(8, ++sequence);
            again.run();
        }
    }

    /** As {@link #exchange(IntConsumer, Runnable)}, for a request with one answer. */
    int exchange(IntConsumer answer) {
        request.putInt(0, end);
        kernelSays = "";
        long sent = calls.sendto(fd, request.addressOffset(), end, 0, 0, 0);
        if (sent < 0) {
            return (int) sent;
        }
        boolean list = (request.getShort(6) & DUMP) == DUMP;
        boolean acknowledged = (request.getShort(6) & ACK) != 0;
        while (true) {
            int length = receive();
            if (length == -Errno.EINTR) {
                continue;
            }
            if (length < 0) {
                return length;
            }
            for (int at = 0; at < length; at = next(at)) {
                if (received.getInt(at + 8) != sequence) {
                    continue; // left over from a request that was given up
                }
                int type = received.getShort(at + 4);
                interrupted |= (received.getShort(at + 6) & DUMP_INTERRUPTED) != 0;
                if (type == ERROR || type == DONE) {
                    return result(at, type);
                }
                answer.accept(at);
                if (!list && !acknowledged) {
                    return 0;
                }
            }
        }
    }

    /** Waits for messages; returns their length in {@link #received}, or the negative errno. */
    int receive() {
        return (int) calls.recv(fd, received.addressOffset(), RECEIVED, 0);
    }

    /** Throws away what waits to be received. */
    void discard() {
        long length;
        do {
            length = calls.recv(fd, received.addressOffset(), RECEIVED, MSG_DONTWAIT);
        } while (length != -Errno.EAGAIN);
    }

    /** Type of the message at {@code at}. */
    int type(int at) {
        return received.getShort(at + 4);
    }

    /** Where the message at {@code at} ends. */
    int end(int at) {
        return at + received.getInt(at);
    }

    /** Where the message behind the one at {@code at} begins. */
    int next(int at) {
        return at + Math.max(HEADER, received.getInt(at) + 3 & ~3);
    }

    private int result(int at, int type) {
        boolean hasWords = (received.getShort(at + 6) & ACK_TLVS) != 0;
        int words =
                hasWords && type == ERROR ? Interface.attribute(received, at + HEADER + 4 + HEADER, end(at), 1) : -1;
        kernelSays = words < 0 ? "" : Interface.text(received, words);
        return end(at) < at + HEADER + 4 ? 0 : received.getInt(at + HEADER);
    }

    @Override
    public void close() {
        calls.close(fd);
    }
}
