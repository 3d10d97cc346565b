package io.millrace.dataplane.port;

import io.millrace.codec.Ipv6Address;
import io.millrace.dataplane.linux.Errno;
import io.millrace.dataplane.linux.KernelException;
import io.millrace.dataplane.linux.Memory;
import io.millrace.dataplane.linux.Native;
import java.nio.ByteOrder;
import org.agrona.concurrent.UnsafeBuffer;

/** A datagram socket of the kernel's as {@link UdpPort} needs it: udp(7), ip(7), ipv6(7). One thread. */
final class UdpSocket {
    static final int SOL_IP = 0;
    static final int SOL_UDP = 17;
    static final int SOL_IPV6 = 41;
    static final int IP_TOS = 1;
    static final int IP_TTL = 2;
    static final int IPV6_HOPLIMIT = 52;
    static final int IPV6_TCLASS = 67;
    static final int UDP_SEGMENT = 103;
    static final int UDP_GRO = 104;

    /** Bytes kept for an address in memory; one of IPv4 takes 16 of them, one of IPv6 28. */
    static final int ADDRESS = 32;

    private static final int AF_INET = 2;
    private static final int AF_INET6 = 10;
    private static final int SOCK_DGRAM_CLOEXEC_NONBLOCK = 2 | 0x80000 | 0x800;

    private static final int SOL_SOCKET = 1;
    private static final int SO_SNDBUF = 7;
    private static final int SO_RCVBUF = 8;
    private static final int SO_SNDBUFFORCE = 32;
    private static final int SO_RCVBUFFORCE = 33;
    private static final int SO_MEMINFO = 55;
    private static final int MEMINFO_BYTES = 9 * Integer.BYTES;
    private static final int MEMINFO_DROPS = 8 * Integer.BYTES;

    private static final int IP_MTU_DISCOVER = 10;
    private static final int IP_RECVTOS = 13;
    private static final int IP_MTU = 14;
    private static final int IPV6_MTU_DISCOVER = 23;
    private static final int IPV6_MTU = 24;
    private static final int IPV6_V6ONLY = 26;
    private static final int IPV6_RECVTCLASS = 66;
    private static final int PMTUDISC_DO = 2;
    private static final int UDP_NO_CHECK6_RX = 102;

    private static final int RECEIVE_QUEUE = 16 << 20;
    private static final int SEND_QUEUE = 4 << 20;
    private static final int LEAST_QUEUE = 2048;

    private final Native calls;
    private final Ipv6Address self;
    private final boolean v6;
    private final UnsafeBuffer value = Memory.of(ADDRESS);

    /** The descriptor. */
    final int fd;

    private UdpSocket(Native calls, Ipv6Address self) throws KernelException {
        this.calls = calls;
        this.self = self;
        this.v6 = !self.isIpv4();
        this.fd = check("opening a UDP socket", calls.socket(v6 ? AF_INET6 : AF_INET, SOCK_DGRAM_CLOEXEC_NONBLOCK, 0));
    }

    /**
     * A socket that receives what comes to one UDP port, consecutive datagrams of one sender in one go.
     *
     * @param unchecked whether datagrams without a checksum are taken over IPv6, too
     */
    static UdpSocket listening(Native calls, Ipv6Address self, int udpPort, boolean unchecked) throws KernelException {
        var socket = new UdpSocket(calls, self);
        try {
            socket.room(SO_RCVBUFFORCE, SO_RCVBUF, RECEIVE_QUEUE);
            socket.must("consecutive datagrams at once", SOL_UDP, UDP_GRO, 1);
            socket.mustIp("the service byte", IP_RECVTOS, IPV6_RECVTCLASS, 1);
            if (unchecked && socket.v6) {
                socket.must("datagrams without a checksum", SOL_UDP, UDP_NO_CHECK6_RX, 1);
            }
            int result = socket.bind(udpPort);
            if (result == -Errno.EADDRINUSE) {
                throw new KernelException(
                        "listening on UDP port " + udpPort + " of " + self.text()
                                + ", which another program or a vxlan device of the kernel's has",
                        result,
                        "");
            }
            socket.bound(udpPort, result);
            return socket;
        } catch (KernelException e) {
            calls.close(socket.fd);
            throw e;
        }
    }

    /**
     * A socket that sends from one of some UDP ports, the first that is free, whole or not at all (DF). It keeps nothing of
     * what comes to it.
     */
    static UdpSocket sending(Native calls, Ipv6Address self, int first, int last) throws KernelException {
        var socket = new UdpSocket(calls, self);
        try {
            socket.room(SO_SNDBUFFORCE, SO_SNDBUF, SEND_QUEUE);
            socket.option(SOL_SOCKET, SO_RCVBUF, LEAST_QUEUE);
            socket.mustIp("no fragments", IP_MTU_DISCOVER, IPV6_MTU_DISCOVER, PMTUDISC_DO);
            int result = -Errno.EADDRINUSE;
            for (int port = first; port <= last && result == -Errno.EADDRINUSE; port++) {
                result = socket.bind(port);
            }
            socket.bound(first, result);
            return socket;
        } catch (KernelException e) {
            calls.close(socket.fd);
            throw e;
        }
    }

    /** The longest packet that reaches a host whole, in bytes, as far as the kernel knows; 0: there is no way to it. */
    int pathMtu(long high, long low) {
        int length = address(value, 0, high, low, 9);
        if (calls.connect(fd, value.addressOffset(), length) < 0) {
            return 0;
        }
        value.putInt(8, Integer.BYTES);
        int result = calls.getsockopt(
                fd, v6 ? SOL_IPV6 : SOL_IP, v6 ? IPV6_MTU : IP_MTU, value.addressOffset(), value.addressOffset() + 8);
        return result < 0 ? 0 : value.getInt(0);
    }

    /** Datagrams the kernel had no room for so far; asks by {@code asking}, from any one thread. */
    static long drops(Native asking, int fd, UnsafeBuffer answer) {
        answer.putInt(MEMINFO_BYTES, MEMINFO_BYTES);
        int result = asking.getsockopt(
                fd, SOL_SOCKET, SO_MEMINFO, answer.addressOffset(), answer.addressOffset() + MEMINFO_BYTES);
        return result < 0 ? 0 : answer.getInt(MEMINFO_DROPS) & 0xFFFF_FFFFL;
    }

    /** What {@link #drops} needs to be answered in. */
    static UnsafeBuffer answer() {
        return Memory.of(MEMINFO_BYTES + Integer.BYTES);
    }

    /** Writes a {@code struct sockaddr_in} or, of zeros so far, {@code sockaddr_in6}; returns its length in bytes. */
    static int address(UnsafeBuffer memory, int at, long high, long low, int udpPort) {
        memory.putShort(at + 2, (short) udpPort, ByteOrder.BIG_ENDIAN);
        if (Ipv6Address.isIpv4(high, low)) {
            memory.putShort(at, (short) AF_INET);
            memory.putInt(at + 4, (int) low, ByteOrder.BIG_ENDIAN);
            return 16;
        }
        memory.putShort(at, (short) AF_INET6);
        memory.putLong(at + 8, high, ByteOrder.BIG_ENDIAN);
        memory.putLong(at + 16, low, ByteOrder.BIG_ENDIAN);
        return 28;
    }

    private int bind(int udpPort) {
        value.setMemory(0, value.capacity(), (byte) 0);
        int length = address(value, 0, self.high(), self.low(), udpPort);
        return calls.bind(fd, value.addressOffset(), length);
    }

    private void bound(int udpPort, int result) throws KernelException {
        check(
                result == -Errno.EADDRNOTAVAIL
                        ? "using " + self.text() + ", which is none of the kernel's addresses here"
                        : "using UDP port " + udpPort + " of " + self.text(),
                result);
    }

    private void mustIp(String what, int name4, int name6, int number) throws KernelException {
        must(what, v6 ? SOL_IPV6 : SOL_IP, v6 ? name6 : name4, number);
    }

    private void must(String what, int level, int name, int number) throws KernelException {
        check("asking for " + what + " on a UDP socket", option(level, name, number));
    }

    /** More than the administrator's limit where we may, as much as that where not. */
    private void room(int forced, int limited, int bytes) throws KernelException {
        if (option(SOL_SOCKET, forced, bytes) < 0) {
            option(SOL_SOCKET, limited, bytes);
        }
        if (v6) {
            must("IPv6 alone", SOL_IPV6, IPV6_V6ONLY, 1);
        }
    }

    private int option(int level, int name, int number) {
        value.putInt(0, number);
        return calls.setsockopt(fd, level, name, value.addressOffset(), Integer.BYTES);
    }

    private static int check(String what, int result) throws KernelException {
        return (int) KernelException.check(what, result, "CAP_NET_BIND_SERVICE");
    }

    void close() {
        calls.close(fd);
    }
}
