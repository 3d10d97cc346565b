package io.millrace.dataplane.port;

import io.millrace.dataplane.linux.Errno;
import io.millrace.dataplane.linux.Interface;
import io.millrace.dataplane.linux.KernelException;
import io.millrace.dataplane.linux.Memory;
import io.millrace.dataplane.linux.Native;
import io.millrace.dataplane.linux.Netlink;
import java.lang.ref.Reference;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The kernel's side of a TAP, seen from its descriptors: what it is called by now, in which namespace it is by now, whether
 * it is up there, its MTU there. One thread looks after all of them, twice a second, and leaves no socket behind in a
 * namespace that is not ours: that would keep a dead container's alive.
 */
final class TapDevice implements AutoCloseable {
    private static final int IFF_TAP = 2;
    private static final int IFF_MULTI_QUEUE = 0x100;
    private static final int IFF_NO_PI = 0x1000;
    private static final int IFF_VNET_HDR = 0x4000;
    private static final long TUNSETIFF = 0x4004_54caL;
    private static final long TUNSETOFFLOAD = 0x4004_54d0L;
    private static final long TUNGETIFF = 0x8004_54d2L;
    private static final long TUNSETVNETHDRSZ = 0x4004_54d8L;
    private static final long TUNSETVNETLE = 0x4004_54dcL;
    private static final long TUNGETDEVNETNS = 0x54e3L;
    private static final int CHECKSUM = 1;
    private static final int TCP = 2 | 4 | 8;
    private static final int UDP = 0x20 | 0x40;
    /** What the device may leave to us, best first: an older kernel knows less. */
    private static final int[] OFFLOADS = {CHECKSUM | TCP | UDP, CHECKSUM | TCP, CHECKSUM, 0};

    private static final int O_RDWR_NONBLOCK_CLOEXEC = 2 | 0x800 | 0x80000;
    private static final int O_CLOEXEC = 0x80000;
    private static final int CLONE_NEWNET = 0x4000_0000;
    private static final int REQUEST = 40; // struct ifreq
    private static final int LONGEST_NAME = 15;
    private static final int HEADER = 10;
    private static final int LOOK = 500;
    private static final int UNKNOWN_MTU = 65535;
    private static final String NEEDS = "CAP_NET_ADMIN";
    private static final String CONTROL = "/dev/net/tun";

    private final int[] queues;
    private final Future<?> looking;
    private volatile int mtu = UNKNOWN_MTU;
    private volatile boolean up = true;
    private volatile boolean gone;
    private volatile long dropped;
    private long droppedBefore = -1;

    /** Frames that may wait for us in a TAP of our own making: 160 ms at 50,000 a second; the kernel's 1,000 are 20 ms. */
    private static final int WAITING = 8192;

    private TapDevice(int[] queues) {
        this.queues = queues;
        this.looking = Watch.THREAD.scheduleWithFixedDelay(this::look, LOOK, LOOK, TimeUnit.MILLISECONDS);
    }

    /** The thread that looks after all devices; it is there only while there is one. */
    private static final class Watch {
        static final ScheduledThreadPoolExecutor THREAD = new ScheduledThreadPoolExecutor(
                1, Thread.ofPlatform().daemon().name("tap-watch").factory());

        static {
            THREAD.setRemoveOnCancelPolicy(true);
            THREAD.setKeepAliveTime(1, TimeUnit.SECONDS);
            THREAD.allowCoreThreadTimeOut(true);
        }
    }

    /** Makes the device, or attaches to the one that is there, and switches it on. */
    static TapDevice open(String name, int queues) throws KernelException {
        try (var netlink = Netlink.open()) {
            var there = netlink.find(name);
            if (name.isEmpty() || name.length() > LONGEST_NAME) {
                throw new KernelException(
                        what(name) + " (a name has 1 to " + LONGEST_NAME + " letters)", -Errno.EINVAL, NEEDS);
            }
            if (there != null && !there.kind().equals("tun")) {
                throw new KernelException(
                        what(name) + " (an interface of that name exists and is no TAP)", -Errno.EEXIST, NEEDS);
            }
            var fds = attach(name, queues);
            try {
                int index = netlink.get(name).index();
                if (there == null) {
                    netlink.transmitQueue(index, WAITING);
                }
                netlink.up(index);
            } catch (KernelException e) {
                closeAll(fds);
                throw e;
            }
            var device = new TapDevice(fds);
            device.soon(device::look);
            return device;
        }
    }

    private static String what(String name) {
        return "opening the TAP " + name;
    }

    private static int[] attach(String name, int queues) throws KernelException {
        try {
            return attach(name, queues, IFF_MULTI_QUEUE);
        } catch (KernelException e) {
            if (e.errno() != Errno.EINVAL) {
                throw e;
            }
            return attach(name, 1, 0); // it was made for one queue
        }
    }

    private static int[] attach(String name, int queues, int flags) throws KernelException {
        var fds = new int[queues];
        Arrays.fill(fds, -1);
        try {
            for (int i = 0; i < queues; i++) {
                fds[i] = openControl(name);
                configure(name, fds[i], flags | IFF_TAP | IFF_NO_PI | IFF_VNET_HDR);
            }
            return fds;
        } catch (KernelException e) {
            closeAll(fds);
            throw e;
        }
    }

    private static int openControl(String name) throws KernelException {
        int fd = new Native().open(CONTROL, O_RDWR_NONBLOCK_CLOEXEC);
        return (int) KernelException.check(what(name) + " by " + CONTROL, fd, NEEDS);
    }

    private static void configure(String name, int fd, int flags) throws KernelException {
        var calls = new Native();
        var request = Memory.of(REQUEST);
        request.putBytes(0, name.getBytes(StandardCharsets.UTF_8));
        request.putShort(16, (short) flags);
        try {
            KernelException.check(what(name), calls.ioctl(fd, TUNSETIFF, request.addressOffset()), NEEDS);
            request.putInt(0, HEADER);
            request.putInt(4, 1);
            var headers = "having offload headers on the TAP " + name;
            KernelException.check(headers, calls.ioctl(fd, TUNSETVNETHDRSZ, request.addressOffset()), NEEDS);
            KernelException.check(headers, calls.ioctl(fd, TUNSETVNETLE, request.addressOffset() + 4), NEEDS);
        } finally {
            Reference.reachabilityFence(request);
        }
        for (int offloads : OFFLOADS) {
            if (calls.ioctl(fd, TUNSETOFFLOAD, offloads) >= 0) {
                return;
            }
        }
    }

    /** One descriptor a queue. */
    int[] queues() {
        return queues;
    }

    /** The device's MTU in bytes; 65535 while it cannot be asked. */
    int mtu() {
        return mtu;
    }

    boolean isUp() {
        return up && !gone;
    }

    /** Whether the device was deleted: the descriptors are of no more use. */
    boolean isGone() {
        return gone;
    }

    /** Frames that the device dropped since we attached, because we did not fetch them in time. */
    long dropped() {
        return dropped;
    }

    /** Tells what a read or a write answered: a negative errno, or that frames come and go. */
    void answered(long result) {
        if (result >= 0) {
            up = true;
        } else if (result == -Errno.EBADFD || result == -Errno.ENODEV) {
            gone = true;
        } else if (result == -Errno.EIO) {
            up = false;
        }
    }

    /** Sets the device's MTU, wherever it is by now. */
    void changeMtu(int bytes) throws KernelException {
        var refused = new AtomicReference<@Nullable KernelException>();
        soon(() -> {
            try {
                visit((netlink, device) -> netlink.mtu(device.index(), bytes));
                look();
            } catch (KernelException e) {
                refused.set(e);
            }
        });
        var sentence = refused.get();
        if (sentence != null) {
            throw sentence;
        }
    }

    /** Has the thread that looks after all devices do something now, and waits for it. */
    private void soon(Runnable task) {
        var done = Watch.THREAD.submit(task);
        boolean interrupted = false;
        while (!done.isDone()) {
            try {
                done.get();
            } catch (InterruptedException e) {
                interrupted = true;
            } catch (ExecutionException e) {
                throw new AssertionError(e);
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void look() {
        try {
            visit((netlink, device) -> {
                mtu = device.mtu();
                up = device.running();
                long now = netlink.transmitDropped(device.index());
                droppedBefore = droppedBefore < 0 ? now : droppedBefore;
                dropped = now - droppedBefore;
            });
        } catch (KernelException e) {
            mtu = UNKNOWN_MTU; // not allowed to look into its namespace, or it is just on its way; reads still tell
        }
    }

    @FunctionalInterface
    private interface Visit {
        void to(Netlink netlink, Interface device) throws KernelException;
    }

    /** Goes where the device is, and comes back. Only on the thread that looks after all devices. */
    private void visit(Visit visit) throws KernelException {
        var calls = new Native();
        int there = calls.ioctl(queues[0], TUNGETDEVNETNS, 0);
        if (there < 0) {
            answered(there);
            throw new KernelException("finding the namespace of a TAP", there, NEEDS);
        }
        int home = openHome(calls);
        try {
            KernelException.check("entering the namespace of a TAP", calls.setns(there, CLONE_NEWNET), "CAP_SYS_ADMIN");
            try (var netlink = Netlink.open()) {
                var device = netlink.find(currentName(calls));
                if (device != null) {
                    visit.to(netlink, device);
                }
            } finally {
                calls.setns(home, CLONE_NEWNET);
            }
        } finally {
            calls.close(home);
            calls.close(there);
        }
    }

    private static int openHome(Native calls) throws KernelException {
        int fd = calls.open("/proc/thread-self/ns/net", O_CLOEXEC);
        return (int) KernelException.check("opening this namespace", fd, NEEDS);
    }

    private String currentName(Native calls) throws KernelException {
        var request = Memory.of(REQUEST);
        int result = calls.ioctl(queues[0], TUNGETIFF, request.addressOffset());
        if (result < 0) {
            answered(result);
        }
        KernelException.check("asking a TAP for its name", result, NEEDS);
        return text(request);
    }

    private static String text(UnsafeBuffer request) {
        int end = 0;
        while (end <= LONGEST_NAME && request.getByte(end) != 0) {
            end++;
        }
        var bytes = new byte[end];
        request.getBytes(0, bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private static void closeAll(int[] fds) {
        var calls = new Native();
        for (int fd : fds) {
            if (fd >= 0) {
                calls.close(fd);
            }
        }
    }

    /** Lets go; a device that is not persistent is gone with it. */
    @Override
    public void close() {
        looking.cancel(false);
        soon(() -> closeAll(queues)); // there, so that nobody looks through a descriptor that is another's by now
    }
}
