package io.millrace.dataplane.port;

import io.millrace.dataplane.linux.KernelException;
import io.millrace.dataplane.linux.Memory;
import io.millrace.dataplane.linux.Native;
import java.lang.ref.Reference;
import java.nio.charset.StandardCharsets;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * What a port must know of its interface, asked by ioctl(2) in the thread's network namespace; see netdevice(7) and the
 * kernel's {@code include/uapi/linux/ethtool.h}.
 *
 * @param queues receive queues in use, at least 1
 */
record XdpDevice(String name, int index, int queues) {
    private static final int AF_INET = 2;
    private static final int SOCK_DGRAM_CLOEXEC = 2 | 0x80000;
    private static final long SIOCGIFMTU = 0x8921;
    private static final long SIOCGIFINDEX = 0x8933;
    private static final long SIOCETHTOOL = 0x8946;
    private static final int ETHTOOL_GCHANNELS = 0x3c;
    private static final int CHANNELS = 36;
    private static final int RX_COUNT = 20;
    private static final int COMBINED_COUNT = 32;
    private static final int NAME = 16;
    private static final int IFREQ = 40;
    private static final String NEEDS = "CAP_NET_RAW";

    /** Looks an interface up by name. */
    static XdpDevice named(Native calls, String name) throws KernelException {
        var request = request(name);
        int index = ask(calls, name, SIOCGIFINDEX, request);
        KernelException.check("looking for the interface " + name, index, NEEDS);
        index = request.getInt(NAME);
        return new XdpDevice(name, index, queues(calls, name));
    }

    /** The longest packet in bytes, or the negative errno. */
    static int mtu(Native calls, String name) {
        var request = request(name);
        int result = ask(calls, name, SIOCGIFMTU, request);
        return result < 0 ? result : request.getInt(NAME);
    }

    private static int queues(Native calls, String name) {
        var channels = Memory.of(CHANNELS);
        channels.putInt(0, ETHTOOL_GCHANNELS);
        var request = request(name);
        request.putLong(NAME, channels.addressOffset());
        int result = ask(calls, name, SIOCETHTOOL, request);
        int queues = channels.getInt(RX_COUNT) + channels.getInt(COMBINED_COUNT);
        return result < 0 ? 1 : Math.max(1, queues);
    }

    private static UnsafeBuffer request(String name) {
        var request = Memory.of(IFREQ);
        var bytes = name.getBytes(StandardCharsets.UTF_8);
        request.putBytes(0, bytes, 0, Math.min(bytes.length, NAME - 1));
        return request;
    }

    private static int ask(Native calls, String name, long what, UnsafeBuffer request) {
        int fd = calls.socket(AF_INET, SOCK_DGRAM_CLOEXEC, 0);
        if (fd < 0) {
            return fd;
        }
        int result = calls.ioctl(fd, what, request.addressOffset());
        calls.close(fd);
        Reference.reachabilityFence(request);
        return result;
    }
}
