package io.millrace.dataplane.linux;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The interfaces of a network namespace: finds them, lists them, makes and changes them; what ip-link(8) and
 * ip-address(8) do. It is about the namespace that the thread was in when it was opened (see {@link Namespaces#in}).
 * Looking needs no capability, changing needs CAP_NET_ADMIN. One thread at a time.
 */
public final class Netlink implements AutoCloseable {
    /** In place of a namespace's descriptor: the namespace this is about. */
    public static final int HERE = -1;

    private static final int IFF_UP = 1;
    private static final int IFLA_IFNAME = 3;
    private static final int IFLA_MTU = 4;
    private static final int IFLA_TXQLEN = 13;
    private static final int IFLA_LINKINFO = 18;
    private static final int IFLA_STATS64 = 23;
    /** In {@code struct rtnl_link_stats64}. */
    private static final int TX_DROPPED = 7 * Long.BYTES;

    private static final int LINK_HEADER = 16;
    private static final int IFLA_NET_NS_FD = 28;
    private static final int IFLA_INFO_KIND = 1;
    private static final int IFLA_INFO_DATA = 2;
    private static final int VETH_INFO_PEER = 1;
    private static final int IFA_ADDRESS = 1;
    private static final int IFA_LOCAL = 2;
    private static final int ADDRESS_HEADER = 8;
    private static final int SCOPE_LINK = 253;
    private static final int LONGEST_NAME = 15;
    private static final int SHOWN_NAMES = 12;

    private final Rtnetlink kernel;

    private Netlink(Rtnetlink kernel) {
        this.kernel = kernel;
    }

    /** A conversation with the namespace that this thread is in. */
    public static Netlink open() throws KernelException {
        return new Netlink(new Rtnetlink(0));
    }

    /**
     * An address that the kernel has on an interface and that is seen from outside: neither link-local nor loopback.
     *
     * @param address 4 or 16 bytes
     * @param prefix length of the subnet's prefix in bits
     */
    public record Address(InetAddress address, int prefix) {
        @Override
        public String toString() {
            return address.getHostAddress() + "/" + prefix;
        }
    }

    /** The interface of that name, or null. */
    public @Nullable Interface find(String name) throws KernelException {
        if (name.isEmpty() || name.length() > LONGEST_NAME) {
            return null;
        }
        kernel.link(Rtnetlink.GETLINK, 0, 0).attribute(IFLA_IFNAME, name);
        return one("looking for the interface " + name);
    }

    /** The interface of that number, or null. */
    public @Nullable Interface find(int index) throws KernelException {
        kernel.link(Rtnetlink.GETLINK, 0, index);
        return one("looking for interface " + index);
    }

    /**
     * The interface of that name.
     *
     * @throws KernelException when there is none; the sentence tells which there are
     */
    public Interface get(String name) throws KernelException {
        var found = find(name);
        if (found == null) {
            var names = list().stream().map(Interface::name).sorted().toList();
            throw new KernelException(
                    "looking for the interface " + name + " (there are " + shortened(names) + ")", -Errno.ENODEV, "");
        }
        return found;
    }

    /** All interfaces of the namespace, by number. */
    public List<Interface> list() throws KernelException {
        var all = new ArrayList<Interface>();
        kernel.link(Rtnetlink.GETLINK, Rtnetlink.DUMP, 0);
        int result = kernel.exchange(at -> all.add(read(at)), all::clear);
        KernelException.check("listing the interfaces", result, "CAP_NET_ADMIN");
        return all;
    }

    /** Frames that could not leave by an interface, as it counts them; 0 when there is no such interface. */
    public long transmitDropped(int index) throws KernelException {
        var dropped = new long[1];
        kernel.link(Rtnetlink.GETLINK, 0, index);
        int result = kernel.exchange(at -> {
            int from = at + Rtnetlink.HEADER + LINK_HEADER;
            int counters = Interface.attribute(kernel.received(), from, kernel.end(at), IFLA_STATS64);
            dropped[0] = counters < 0 ? 0 : kernel.received().getLong(counters + 4 + TX_DROPPED);
        });
        if (result != -Errno.ENODEV) {
            KernelException.check("reading the counters of interface " + index, result, "CAP_NET_ADMIN");
        }
        return dropped[0];
    }

    /** Addresses of the kernel's own on an interface that are seen from outside. */
    public List<Address> globalAddresses(int index) throws KernelException {
        var all = new ArrayList<Address>();
        kernel.address(Rtnetlink.GETADDR, Rtnetlink.DUMP, 0, 0, 0);
        int result = kernel.exchange(at -> addGlobal(all, at, index), all::clear);
        KernelException.check("listing the addresses", result, "CAP_NET_ADMIN");
        return all;
    }

    /** Takes the {@link #globalAddresses} away. */
    public void flushGlobalAddresses(int index) throws KernelException {
        for (var address : globalAddresses(index)) {
            var bytes = address.address().getAddress();
            try {
                kernel.address(Rtnetlink.DELADDR, Rtnetlink.ACK, family(bytes), address.prefix(), index)
                        .attribute(IFA_LOCAL, bytes)
                        .call("taking the address " + address + " away");
            } catch (KernelException e) {
                if (e.errno() != Errno.EADDRNOTAVAIL) { // it went with the first address of its subnet
                    throw e;
                }
            }
        }
    }

    /** Switches an interface on. */
    public void up(int index) throws KernelException {
        switchTo(index, IFF_UP, "switching interface " + index + " on");
    }

    /** Switches an interface off. */
    public void down(int index) throws KernelException {
        switchTo(index, 0, "switching interface " + index + " off");
    }

    /**
     * Lets an interface take packets of another length.
     *
     * @param mtu longest packet in bytes
     */
    public void mtu(int index, int mtu) throws KernelException {
        kernel.link(Rtnetlink.NEWLINK, Rtnetlink.ACK, index)
                .attribute(IFLA_MTU, mtu)
                .call("setting the MTU of interface " + index + " to " + mtu);
    }

    /** Lets so many frames wait on an interface's way out; on a TAP, for the program behind it. */
    public void transmitQueue(int index, int frames) throws KernelException {
        kernel.link(Rtnetlink.NEWLINK, Rtnetlink.ACK, index)
                .attribute(IFLA_TXQLEN, frames)
                .call("letting " + frames + " frames wait on interface " + index);
    }

    /** Moves an interface to the namespace behind a descriptor; it is switched off on the way. */
    public void move(int index, int namespace) throws KernelException {
        kernel.link(Rtnetlink.NEWLINK, Rtnetlink.ACK, index)
                .attribute(IFLA_NET_NS_FD, namespace)
                .call("moving interface " + index + " to another namespace");
    }

    /**
     * Makes a cable: two interfaces, what one sends the other receives. Both are off.
     *
     * @param namespace descriptor of the namespace that gets the far end; {@link #HERE}: this one
     */
    public void createVeth(String near, String far, int namespace) throws KernelException {
        kernel.link(Rtnetlink.NEWLINK, Rtnetlink.ACK | Rtnetlink.CREATE | Rtnetlink.EXCLUSIVE, 0)
                .attribute(IFLA_IFNAME, near);
        int info = kernel.nest(IFLA_LINKINFO);
        kernel.attribute(IFLA_INFO_KIND, "veth");
        int data = kernel.nest(IFLA_INFO_DATA);
        int peer = kernel.nest(VETH_INFO_PEER);
        kernel.linkHeader(0, 0, 0).attribute(IFLA_IFNAME, far);
        if (namespace != HERE) {
            kernel.attribute(IFLA_NET_NS_FD, namespace);
        }
        kernel.endNest(peer);
        kernel.endNest(data);
        kernel.endNest(info);
        kernel.call("making the veth pair " + near + " and " + far);
    }

    /** Deletes an interface; with one end of a veth pair goes the other. */
    public void delete(int index) throws KernelException {
        kernel.link(Rtnetlink.DELLINK, Rtnetlink.ACK, index).call("deleting interface " + index);
    }

    /** Names as a sentence lists them: not too many. */
    static String shortened(List<String> names) {
        if (names.isEmpty()) {
            return "none";
        }
        return names.size() <= SHOWN_NAMES
                ? String.join(", ", names)
                : String.join(", ", names.subList(0, SHOWN_NAMES)) + " and " + (names.size() - SHOWN_NAMES) + " more";
    }

    private void switchTo(int index, int flags, String what) throws KernelException {
        kernel.begin(Rtnetlink.NEWLINK, Rtnetlink.ACK);
        kernel.linkHeader(index, flags, IFF_UP).call(what);
    }

    private @Nullable Interface one(String what) throws KernelException {
        var found = new ArrayList<Interface>(1);
        int result = kernel.exchange(at -> found.add(read(at)));
        if (result == -Errno.ENODEV) {
            return null;
        }
        KernelException.check(what, result, "CAP_NET_ADMIN");
        return found.getFirst();
    }

    private Interface read(int at) {
        return Interface.read(kernel.received(), at + Rtnetlink.HEADER, kernel.end(at));
    }

    private void addGlobal(List<Address> all, int at, int index) {
        var message = kernel.received();
        int header = at + Rtnetlink.HEADER;
        if (message.getInt(header + 4) != index || (message.getByte(header + 3) & 0xFF) >= SCOPE_LINK) {
            return;
        }
        int from = header + ADDRESS_HEADER;
        int local = Interface.attribute(message, from, kernel.end(at), IFA_LOCAL);
        int attribute = local >= 0 ? local : Interface.attribute(message, from, kernel.end(at), IFA_ADDRESS);
        if (attribute >= 0) {
            all.add(new Address(address(message, attribute), message.getByte(header + 1) & 0xFF));
        }
    }

    private static InetAddress address(UnsafeBuffer message, int attribute) {
        var bytes = new byte[Interface.length(message, attribute)];
        message.getBytes(attribute + 4, bytes);
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            throw new AssertionError("the kernel's addresses have 4 or 16 bytes", e);
        }
    }

    private static int family(byte[] address) {
        return address.length == 4 ? 2 : 10;
    }

    @Override
    public void close() {
        kernel.close();
    }
}
