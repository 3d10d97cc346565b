package io.millrace.dataplane.lab;

import io.millrace.dataplane.linux.Errno;
import io.millrace.dataplane.linux.Memory;
import io.millrace.dataplane.linux.Native;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The bare end of a cable, in the hands of a test: sends any bytes as a frame and tells every frame that arrives. A raw
 * socket of the kernel's on a device in any namespace; VLAN tags that the kernel strips are put back. One thread.
 */
public final class Wire implements AutoCloseable {
    private static final int AF_PACKET = 17;
    private static final int SOCK_RAW_NONBLOCK = 3 | 0x800;
    private static final int ETH_P_ALL = 3;
    private static final int SOL_SOCKET = 1;
    private static final int SO_RCVBUFFORCE = 33;
    private static final int SOL_PACKET = 263;
    private static final int PACKET_ADD_MEMBERSHIP = 1;
    private static final int PACKET_AUXDATA = 8;
    private static final int PACKET_VNET_HDR = 15;
    private static final int PACKET_IGNORE_OUTGOING = 23;
    private static final int PACKET_MR_PROMISC = 1;
    private static final int VLAN_VALID = 1 << 4;
    private static final int CLONE_NEWNET = 0x40000000;
    private static final int SIOCGIFINDEX = 0x8933;
    private static final int MSGHDR = 64;
    private static final int CONTROL = 64;
    private static final int LONGEST = 70_000;

    private final Native calls = new Native();
    private final UnsafeBuffer bytes = Memory.of(LONGEST);
    private final UnsafeBuffer message = Memory.of(MSGHDR + 16 + CONTROL);
    private final int socket;
    private final String device;

    private Wire(int socket, String device) {
        this.socket = socket;
        this.device = device;
    }

    /** The device {@code device} of a namespace; null: of the test's own. */
    public static Wire open(String namespace, String device) {
        return new Wire(in(namespace, () -> socket(device)), device);
    }

    /** The same, but each frame, sent or received, has a {@code virtio_net_hdr} of 10 bytes in front of it. */
    public static Wire withHeaders(String namespace, String device) {
        var wire = open(namespace, device);
        var value = Memory.of(4);
        value.putInt(0, 1);
        check(wire.calls.setsockopt(wire.socket, SOL_PACKET, PACKET_VNET_HDR, value.addressOffset(), 4), device);
        return wire;
    }

    /** Runs a task on a thread that has entered the namespace. */
    static <T> T in(String namespace, Supplier<T> task) {
        var result = new CompletableFuture<T>();
        Thread.ofPlatform().start(() -> {
            try {
                if (namespace != null) {
                    var calls = new Native();
                    int fd = check(
                            calls.open(Memory.string("/run/netns/" + namespace).addressOffset(), 0, 0), namespace);
                    check(calls.setns(fd, CLONE_NEWNET), namespace);
                    calls.close(fd);
                }
                result.complete(task.get());
            } catch (Throwable e) {
                result.completeExceptionally(e);
            }
        });
        try {
            return result.join();
        } catch (CompletionException e) {
            throw new AssertionError(e.getCause());
        }
    }

    private static int socket(String device) {
        var calls = new Native();
        int fd = check(calls.socket(AF_PACKET, SOCK_RAW_NONBLOCK, 0), device);
        var request = Memory.of(40);
        request.putStringWithoutLengthAscii(0, device);
        check(calls.ioctl(fd, SIOCGIFINDEX, request.addressOffset()), device);
        return configured(calls, fd, request.getInt(16), device);
    }

    private static int configured(Native calls, int fd, int index, String device) {
        var value = Memory.of(16);
        value.putInt(0, 1);
        check(calls.setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, value.addressOffset(), 4), device);
        check(calls.setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, value.addressOffset(), 4), device);
        value.putInt(0, 64 << 20);
        check(calls.setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, value.addressOffset(), 4), device);
        value.putInt(0, index);
        value.putInt(4, PACKET_MR_PROMISC);
        check(calls.setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, value.addressOffset(), 16), device);
        var address = Memory.of(20);
        address.putShort(0, (short) AF_PACKET);
        address.putShort(2, (short) ETH_P_ALL, ByteOrder.BIG_ENDIAN);
        address.putInt(4, index);
        check(calls.bind(fd, address.addressOffset(), 20), device);
        return fd;
    }

    private static int check(int result, String what) {
        if (result < 0) {
            throw new AssertionError(what + ": " + Errno.words(result));
        }
        return result;
    }

    /** Sends one frame, waiting for room. */
    public void send(byte[] frame) {
        bytes.putBytes(0, frame);
        long sent;
        do {
            sent = calls.sendto(socket, bytes.addressOffset(), frame.length, 0, 0, 0);
        } while (sent == -Errno.ENOBUFS || sent == -Errno.EAGAIN);
        if (sent != frame.length) {
            throw new AssertionError(
                    "sending " + frame.length + " bytes on " + device + ": " + Errno.words((int) sent));
        }
    }

    /** The next frame that has arrived, or null. */
    public byte[] receive() {
        int vector = MSGHDR;
        int control = MSGHDR + 16;
        message.setMemory(0, message.capacity(), (byte) 0);
        message.putLong(16, message.addressOffset() + vector);
        message.putLong(24, 1);
        message.putLong(32, message.addressOffset() + control);
        message.putLong(40, CONTROL);
        message.putLong(vector, bytes.addressOffset());
        message.putLong(vector + 8, LONGEST);
        long length = calls.recvmsg(socket, message.addressOffset(), 0);
        if (length < 0) {
            return null;
        }
        var frame = new byte[(int) length];
        bytes.getBytes(0, frame);
        // struct cmsghdr (16 bytes), then struct tpacket_auxdata: status 0, vlan_tci 16, vlan_tpid 18.
        boolean tagged = message.getLong(40) >= 36 && (message.getInt(control + 16) & VLAN_VALID) != 0;
        return tagged ? tagged(frame, message.getShort(control + 34), message.getShort(control + 32)) : frame;
    }

    private static byte[] tagged(byte[] frame, short type, short control) {
        var whole = new byte[frame.length + 4];
        System.arraycopy(frame, 0, whole, 0, 12);
        whole[12] = (byte) (type >> 8);
        whole[13] = (byte) type;
        whole[14] = (byte) (control >> 8);
        whole[15] = (byte) control;
        System.arraycopy(frame, 12, whole, 16, frame.length - 12);
        return whole;
    }

    /** Every frame that arrives until none has for {@code quiet} ms; as hexadecimal digits, for comparing. */
    public List<String> all(int quiet) {
        var frames = new ArrayList<String>();
        long last = System.nanoTime();
        while (System.nanoTime() - last < quiet * 1_000_000L) {
            var frame = receive();
            if (frame == null) {
                pause();
            } else {
                frames.add(HexFormat.of().formatHex(frame));
                last = System.nanoTime();
            }
        }
        return frames;
    }

    private static void pause() {
        try {
            Thread.sleep(1);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public void close() {
        calls.close(socket);
    }
}
