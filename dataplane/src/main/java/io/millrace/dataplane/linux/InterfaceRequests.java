package io.millrace.dataplane.linux;

import java.nio.charset.StandardCharsets;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * What the kernel tells about a network interface by ioctl: netdevice(7). Any socket serves, so a port asks by its own and
 * needs no second descriptor; the answers are those of the network namespace the socket was made in. One thread.
 */
public final class InterfaceRequests {
    /** The longest name of an interface, in bytes. */
    public static final int LONGEST_NAME = 15;

    private static final int SIOCGIFNAME = 0x8910;
    private static final int SIOCGIFFLAGS = 0x8913;
    private static final int SIOCGIFMTU = 0x8921;
    private static final int SIOCGIFHWADDR = 0x8927;
    private static final int SIOCGIFINDEX = 0x8933;
    private static final int IFF_UP = 1;
    private static final int IFF_RUNNING = 1 << 6;
    private static final int IFF_PROMISC = 1 << 8;
    private static final int VALUE = 16; // struct ifreq: the name, then what is asked for
    private static final int HARDWARE_ADDRESS = VALUE + 2;

    private final Native calls;
    private final int socket;
    private final UnsafeBuffer request = Memory.of(40);

    public InterfaceRequests(Native calls, int socket) {
        this.calls = calls;
        this.socket = socket;
    }

    /** The interface's number, or the negative errno: ENODEV when there is none of that name. */
    public int index(String name) {
        return ask(SIOCGIFINDEX, name);
    }

    /** The interface's MTU in bytes, or the negative errno. */
    public int mtu(String name) {
        return ask(SIOCGIFMTU, name);
    }

    /** The interface's flags, for {@link #isUp} and {@link #isPromiscuous}; or the negative errno. */
    public int flags(String name) {
        int result = ask(SIOCGIFFLAGS, name);
        return result < 0 ? result : result & 0xFFFF;
    }

    /** Whether it is switched on and its cable leads somewhere. */
    public static boolean isUp(int flags) {
        return flags > 0 && (flags & IFF_UP) != 0 && (flags & IFF_RUNNING) != 0;
    }

    /** Whether the administrator made it promiscuous; that a socket did is not seen here. */
    public static boolean isPromiscuous(int flags) {
        return flags > 0 && (flags & IFF_PROMISC) != 0;
    }

    /** The interface's six bytes as a number, the first byte highest; or the negative errno. */
    public long hardwareAddress(String name) {
        int result = ask(SIOCGIFHWADDR, name);
        if (result < 0) {
            return result;
        }
        long address = 0;
        for (int i = 0; i < 6; i++) {
            address = address << 8 | (request.getByte(HARDWARE_ADDRESS + i) & 0xFF);
        }
        return address;
    }

    /** What the interface of that number is called at present; empty when it is gone. */
    public String name(int index) {
        request.setMemory(0, request.capacity(), (byte) 0);
        request.putInt(VALUE, index);
        if (calls.ioctl(socket, SIOCGIFNAME, request.addressOffset()) < 0) {
            return "";
        }
        int end = 0;
        while (end < LONGEST_NAME && request.getByte(end) != 0) {
            end++;
        }
        var bytes = new byte[end];
        request.getBytes(0, bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private int ask(int what, String name) {
        var bytes = name.getBytes(StandardCharsets.UTF_8);
        if (bytes.length > LONGEST_NAME) {
            return -Errno.ENODEV;
        }
        request.setMemory(0, request.capacity(), (byte) 0);
        request.putBytes(0, bytes);
        int result = calls.ioctl(socket, what, request.addressOffset());
        return result < 0 ? result : request.getInt(VALUE);
    }
}
