package io.millrace.dataplane.port;

import io.millrace.dataplane.linux.InterfaceRequests;
import io.millrace.dataplane.linux.KernelException;
import io.millrace.dataplane.linux.Memory;
import io.millrace.dataplane.linux.Native;
import java.lang.ref.Reference;
import java.nio.charset.StandardCharsets;

/**
 * What a port must know of its interface before it can be opened; see the kernel's {@code include/uapi/linux/ethtool.h}.
 *
 * @param queues receive queues in use, at least 1
 */
record XdpDevice(String name, int index, int queues) {
    private static final int AF_INET = 2;
    private static final int SOCK_DGRAM_CLOEXEC = 2 | 0x80000;
    private static final long SIOCETHTOOL = 0x8946;
    private static final int ETHTOOL_GCHANNELS = 0x3c;
    private static final int CHANNELS = 36;
    private static final int RX_COUNT = 20;
    private static final int COMBINED_COUNT = 32;
    private static final int NAME = 16;
    private static final int IFREQ = 40;

    /** Looks an interface up in the thread's network namespace. */
    static XdpDevice named(Native calls, String name) throws KernelException {
        var what = "looking for the interface " + name;
        int socket = (int) KernelException.check(what, calls.socket(AF_INET, SOCK_DGRAM_CLOEXEC, 0), "CAP_NET_RAW");
        try {
            int index = new InterfaceRequests(calls, socket).index(name);
            KernelException.check(what, index, "CAP_NET_RAW");
            return new XdpDevice(name, index, queues(calls, socket, name));
        } finally {
            calls.close(socket);
        }
    }

    /** One where the driver does not tell. */
    private static int queues(Native calls, int socket, String name) {
        var channels = Memory.of(CHANNELS);
        var request = Memory.of(IFREQ);
        try {
            channels.putInt(0, ETHTOOL_GCHANNELS);
            request.putBytes(0, name.getBytes(StandardCharsets.UTF_8));
            request.putLong(NAME, channels.addressOffset());
            int result = calls.ioctl(socket, SIOCETHTOOL, request.addressOffset());
            int queues = channels.getInt(RX_COUNT) + channels.getInt(COMBINED_COUNT);
            return result < 0 ? 1 : Math.max(1, queues);
        } finally {
            Reference.reachabilityFence(channels);
            Reference.reachabilityFence(request);
        }
    }
}
