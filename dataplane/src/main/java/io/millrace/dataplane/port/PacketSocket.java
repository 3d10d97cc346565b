package io.millrace.dataplane.port;

import io.millrace.dataplane.linux.InterfaceRequests;
import io.millrace.dataplane.linux.KernelException;
import io.millrace.dataplane.linux.KernelSilence;
import io.millrace.dataplane.linux.Memory;
import io.millrace.dataplane.linux.Native;
import java.nio.ByteOrder;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A packet socket as {@link PacketPort} needs it: packet(7). It is made deaf, gets its options and its ring, and only then
 * is bound, so that no frame of another interface ever gets in. One thread.
 */
final class PacketSocket {
    private static final int AF_PACKET = 17;
    private static final int SOCK_RAW_CLOEXEC_NONBLOCK = 3 | 0x80000 | 0x800;
    private static final int ETH_P_ALL = 3;

    private static final int SOL_SOCKET = 1;
    private static final int SO_ERROR = 4;
    private static final int SO_SNDBUF = 7;
    private static final int SO_RCVBUF = 8;
    private static final int SO_SNDBUFFORCE = 32;
    private static final int SO_RCVBUFFORCE = 33;
    private static final int SO_MARK = 36;

    private static final int SOL_PACKET = 263;
    private static final int PACKET_ADD_MEMBERSHIP = 1;
    private static final int PACKET_STATISTICS = 6;
    private static final int PACKET_COPY_THRESH = 7;
    private static final int PACKET_VERSION = 10;
    private static final int PACKET_VNET_HDR = 15;
    private static final int PACKET_IGNORE_OUTGOING = 23;
    private static final int TPACKET_V2 = 1;
    private static final int PACKET_MR_PROMISC = 1;

    private static final int RECEIVE_QUEUE = 32 << 20;
    private static final int SEND_QUEUE = 4 << 20;
    private static final String NEEDS = "CAP_NET_RAW";

    private final Native calls;
    private final String device;
    private final UnsafeBuffer value = Memory.of(24);

    /** The descriptor. */
    final int fd;

    /** The interface's number. */
    final int index;

    private PacketSocket(Native calls, String device, int fd) throws KernelException {
        this.calls = calls;
        this.device = device;
        this.fd = fd;
        this.index = check("finding the interface " + device, new InterfaceRequests(calls, fd).index(device));
    }

    /** A socket that hears nothing yet. */
    static PacketSocket open(Native calls, String device) throws KernelException {
        int fd = check(
                "opening an AF_PACKET socket for " + device, calls.socket(AF_PACKET, SOCK_RAW_CLOEXEC_NONBLOCK, 0));
        try {
            var socket = new PacketSocket(calls, device, fd);
            socket.configure();
            return socket;
        } catch (KernelException e) {
            calls.close(fd);
            throw e;
        }
    }

    private void configure() throws KernelException {
        must("TPACKET_V2", PACKET_VERSION, TPACKET_V2);
        must("virtio-net headers", PACKET_VNET_HDR, 1);
        must("whole frames that exceed a slot", PACKET_COPY_THRESH, 1);
        must("not hearing oneself", PACKET_IGNORE_OUTGOING, 1);
        room(SO_RCVBUFFORCE, SO_RCVBUF, RECEIVE_QUEUE);
        room(SO_SNDBUFFORCE, SO_SNDBUF, SEND_QUEUE);
        option(SOL_SOCKET, SO_MARK, KernelSilence.MARK); // refused without CAP_NET_ADMIN, as is all that looks at it
    }

    /** Joins the device: from here on frames come in. Promiscuous for as long as the socket is open. */
    void listen() throws KernelException {
        value.putInt(0, index); // struct packet_mreq
        value.putInt(4, PACKET_MR_PROMISC);
        check(
                "making " + device + " promiscuous",
                calls.setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, value.addressOffset(), 16));
        value.setMemory(0, value.capacity(), (byte) 0); // struct sockaddr_ll
        value.putShort(0, (short) AF_PACKET);
        value.putShort(2, (short) ETH_P_ALL, ByteOrder.BIG_ENDIAN);
        value.putInt(4, index);
        check("listening on " + device, calls.bind(fd, value.addressOffset(), 20));
    }

    /** The error that waits in the socket, which would keep poll(2) awake, is taken. */
    void takeError() {
        value.putInt(8, Integer.BYTES);
        calls.getsockopt(fd, SOL_SOCKET, SO_ERROR, value.addressOffset(), value.addressOffset() + 8);
    }

    /** Frames the kernel found no slot for since this was last asked; asks by {@code asking}, from any one thread. */
    static long drops(Native asking, int fd, UnsafeBuffer answer) {
        answer.putInt(8, 8);
        int result = asking.getsockopt(
                fd, SOL_PACKET, PACKET_STATISTICS, answer.addressOffset(), answer.addressOffset() + 8);
        return result < 0 ? 0 : answer.getInt(4) & 0xFFFF_FFFFL;
    }

    private void must(String what, int name, int number) throws KernelException {
        check("asking for " + what + " on " + device, option(SOL_PACKET, name, number));
    }

    /** More than the administrator's limit where we may, as much as that where not. */
    private void room(int forced, int limited, int bytes) {
        if (option(SOL_SOCKET, forced, bytes) < 0) {
            option(SOL_SOCKET, limited, bytes);
        }
    }

    private int option(int level, int name, int number) {
        value.putInt(0, number);
        return calls.setsockopt(fd, level, name, value.addressOffset(), Integer.BYTES);
    }

    private static int check(String what, int result) throws KernelException {
        return (int) KernelException.check(what, result, NEEDS);
    }
}
