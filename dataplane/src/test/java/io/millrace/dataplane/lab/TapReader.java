package io.millrace.dataplane.lab;

import io.millrace.dataplane.linux.Errno;
import io.millrace.dataplane.linux.Memory;
import io.millrace.dataplane.linux.Native;
import org.agrona.concurrent.UnsafeBuffer;

/** A TAP device in a namespace, and the program behind it that reads what the kernel sends there, or does not. One thread. */
public final class TapReader implements AutoCloseable {
    private static final int O_RDWR_NONBLOCK = 2 | 0x800;
    private static final long TUNSETIFF = 0x400454caL;
    private static final int IFF_TAP_NO_PI = 2 | 0x1000;
    private static final int LONGEST = 70_000;

    private final Native calls = new Native();
    private final UnsafeBuffer bytes = Memory.of(LONGEST);
    private final int fd;

    /** Makes the device and switches it on. */
    public TapReader(Lab.Host host, String device) {
        fd = Wire.in(host.namespace(), () -> open(device));
        host.run("ip", "link", "set", device, "up").ok();
    }

    private static int open(String device) {
        var calls = new Native();
        int fd = calls.open(Memory.string("/dev/net/tun").addressOffset(), O_RDWR_NONBLOCK, 0);
        var request = Memory.of(40);
        request.putStringWithoutLengthAscii(0, device);
        request.putShort(16, (short) IFF_TAP_NO_PI);
        int result = fd < 0 ? fd : calls.ioctl(fd, TUNSETIFF, request.addressOffset());
        if (result < 0) {
            throw new AssertionError("making the TAP " + device + ": " + Errno.words(result));
        }
        return fd;
    }

    /** The next frame the kernel has for the program, or null. */
    public byte[] read() {
        long length = calls.read(fd, bytes.addressOffset(), LONGEST);
        if (length < 0) {
            return null;
        }
        var frame = new byte[(int) length];
        bytes.getBytes(0, frame);
        return frame;
    }

    /** Has the program send a frame. */
    public void write(byte[] frame) {
        bytes.putBytes(0, frame);
        long result = calls.write(fd, bytes.addressOffset(), frame.length);
        if (result != frame.length) {
            throw new AssertionError("writing to a TAP: " + Errno.words((int) result));
        }
    }

    @Override
    public void close() {
        calls.close(fd);
    }
}
