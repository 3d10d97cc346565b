package io.millrace.dataplane.port;

import io.millrace.dataplane.linux.Errno;
import io.millrace.dataplane.linux.InterfaceRequests;
import io.millrace.dataplane.linux.KernelException;
import io.millrace.dataplane.linux.Memory;
import io.millrace.dataplane.linux.Native;
import java.nio.ByteOrder;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Looks at what passes an interface of the kernel's, both ways, and changes nothing about it: packet(7). Frames have the
 * time the kernel gave them, and the VLAN tag back that the kernel took out. One thread.
 */
public final class InterfaceWatch implements AutoCloseable {
    private static final int AF_PACKET = 17, SOCK_RAW = 3, SOCK_CLOEXEC = 0x80000, ETH_P_ALL = 3;
    private static final int SOL_SOCKET = 1, SO_TIMESTAMPNS = 35, SO_RCVBUFFORCE = 33, SO_RCVBUF = 8;
    private static final int SOL_PACKET = 263, PACKET_STATISTICS = 6, PACKET_AUXDATA = 8;
    private static final int PACKET_ADD_MEMBERSHIP = 1, MEMBERSHIP_PROMISCUOUS = 1;
    private static final int VLAN_VALID = 1 << 4, TPID_VALID = 1 << 6, VLAN = 0x8100;
    private static final int OUTGOING = 4, MSG_DONTWAIT = 0x40;
    private static final short POLLIN = 1;
    private static final int QUEUE = 16 << 20;
    private static final String NEEDS = "CAP_NET_RAW";

    /** Frames of one system call, and how much memory each has: a tag, and the longest segment. */
    private static final int BATCH = 32, ROOM = 72 * 1024, TAG = 4, ADDRESSES = 12;

    private static final int MMSG = 64, CONTROL = 128;
    private static final long SECOND = 1_000_000_000L;

    private final String device;
    private final int index;
    private final int fd;
    private final CaptureRing ring;
    private final Native calls = new Native();
    private final InterfaceRequests asked;
    private final UnsafeBuffer frames = Memory.pages(BATCH * ROOM);
    private final UnsafeBuffer messages = Memory.of(BATCH * MMSG);
    private final UnsafeBuffer vectors = Memory.of(BATCH * 16);
    private final UnsafeBuffer senders = Memory.of(BATCH * 24);
    private final UnsafeBuffer controls = Memory.of(BATCH * CONTROL);
    private final UnsafeBuffer small = Memory.of(24);

    private InterfaceWatch(String device, boolean promiscuous, CaptureRing ring) throws KernelException {
        this.device = device;
        this.ring = ring;
        // Protocol 0: deaf until it is bound, so that no frame of another interface gets in.
        this.fd = check("opening an AF_PACKET socket", calls.socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
        asked = new InterfaceRequests(calls, fd);
        try {
            index = check("capturing from " + device, asked.index(device));
            configure(promiscuous);
        } catch (KernelException e) {
            calls.close(fd);
            throw e;
        }
        for (int i = 0; i < BATCH; i++) {
            vectors.putLong(i * 16, frames.addressOffset() + (long) i * ROOM + TAG);
            vectors.putLong(i * 16 + 8, ROOM - TAG);
        }
    }

    /**
     * Begins to look.
     *
     * @param promiscuous whether the card is to take frames for others as long as this is open
     * @param ring where the frames that its filter takes are copied to
     * @throws KernelException naming the interface, when there is none, or CAP_NET_RAW is missing
     */
    public static InterfaceWatch open(String device, boolean promiscuous, CaptureRing ring) throws KernelException {
        return new InterfaceWatch(device, promiscuous, ring);
    }

    private void configure(boolean promiscuous) throws KernelException {
        set(SOL_PACKET, PACKET_AUXDATA, 1);
        set(SOL_SOCKET, SO_TIMESTAMPNS, 1);
        small.putInt(0, QUEUE);
        if (calls.setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, small.addressOffset(), 4) < 0) {
            calls.setsockopt(fd, SOL_SOCKET, SO_RCVBUF, small.addressOffset(), 4);
        }
        small.setMemory(0, 24, (byte) 0);
        small.putShort(0, (short) AF_PACKET);
        small.putShort(2, (short) ETH_P_ALL, ByteOrder.BIG_ENDIAN);
        small.putInt(4, index);
        check("binding an AF_PACKET socket to " + device, calls.bind(fd, small.addressOffset(), 20));
        if (promiscuous) {
            small.setMemory(0, 24, (byte) 0);
            small.putInt(0, index);
            small.putShort(4, (short) MEMBERSHIP_PROMISCUOUS);
            check(
                    "making " + device + " promiscuous",
                    calls.setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, small.addressOffset(), 16));
        }
    }

    private void set(int level, int option, int value) throws KernelException {
        small.putInt(0, value);
        check(
                "setting an option of an AF_PACKET socket",
                calls.setsockopt(fd, level, option, small.addressOffset(), 4));
    }

    private static int check(String what, int result) throws KernelException {
        return (int) KernelException.check(what, result, NEEDS);
    }

    /**
     * Waits for frames and copies those that have come.
     *
     * @param patience how long to wait, in ms
     * @return false when the interface is gone
     */
    public boolean look(int patience) {
        small.putInt(0, fd);
        small.putInt(4, POLLIN);
        if (calls.poll(small.addressOffset(), 1, patience) <= 0) {
            return true;
        }
        prepare();
        int came = calls.recvmmsg(fd, messages.addressOffset(), BATCH, MSG_DONTWAIT);
        if (came == -Errno.ENETDOWN) {
            return exists();
        }
        for (int i = 0; i < came; i++) {
            show(i);
        }
        return true;
    }

    private boolean exists() {
        return !asked.name(index).isEmpty();
    }

    /** What the kernel overwrote in {@code struct mmsghdr} the last time. */
    private void prepare() {
        for (int i = 0; i < BATCH; i++) {
            int at = i * MMSG;
            messages.putLong(at, senders.addressOffset() + i * 24L);
            messages.putInt(at + 8, 24);
            messages.putLong(at + 16, vectors.addressOffset() + i * 16L);
            messages.putLong(at + 24, 1);
            messages.putLong(at + 32, controls.addressOffset() + (long) i * CONTROL);
            messages.putLong(at + 40, CONTROL);
        }
    }

    private void show(int i) {
        int length = messages.getInt(i * MMSG + 56);
        int from = i * ROOM + TAG;
        int control = i * CONTROL;
        int end = control + (int) messages.getLong(i * MMSG + 40);
        long time = 0;
        int original = length;
        int tag = 0;
        // struct cmsghdr: its length in 8 bytes, level, type, data, padding to 8.
        while (end - control >= 16 && controls.getLong(control) >= 16) {
            int level = controls.getInt(control + 8);
            int type = controls.getInt(control + 12);
            if (level == SOL_SOCKET && type == SO_TIMESTAMPNS) {
                time = controls.getLong(control + 16) * SECOND + controls.getLong(control + 24);
            } else if (level == SOL_PACKET && type == PACKET_AUXDATA) {
                original = Math.max(length, controls.getInt(control + 20));
                tag = tag(control + 16);
            }
            control += (int) controls.getLong(control) + 7 & ~7;
        }
        if (tag != 0 && length >= ADDRESSES) {
            frames.putBytes(from - TAG, frames, from, ADDRESSES);
            frames.putInt(from - TAG + ADDRESSES, tag, ByteOrder.BIG_ENDIAN);
            from -= TAG;
            length += TAG;
            original += TAG;
        }
        boolean outgoing = senders.getByte(i * 24 + 10) == OUTGOING;
        ring.offer(frames, from, length, original, time == 0 ? WallClock.nanos() : time, outgoing);
    }

    /** The four bytes that the kernel took out, or 0; of {@code struct tpacket_auxdata}. */
    private int tag(int auxiliary) {
        int status = controls.getInt(auxiliary);
        if ((status & VLAN_VALID) == 0) {
            return 0;
        }
        int identifier = controls.getShort(auxiliary + 16) & 0xFFFF;
        int type = (status & TPID_VALID) == 0 ? VLAN : controls.getShort(auxiliary + 18) & 0xFFFF;
        return type << 16 | identifier;
    }

    /** Counts with the ring's losses those that found no room on the way from the kernel. */
    public void countLosses() {
        small.putInt(0, 8);
        if (calls.getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, small.addressOffset() + 8, small.addressOffset())
                == 0) {
            ring.lost(small.getInt(12) & 0xFFFF_FFFFL);
        }
    }

    @Override
    public void close() {
        calls.close(fd);
    }
}
