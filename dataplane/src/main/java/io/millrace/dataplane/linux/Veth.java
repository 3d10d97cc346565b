package io.millrace.dataplane.linux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A cable into a namespace: a veth pair whose near end is for a port, and whose far end is the host's interface there. Both
 * ends are up; the kernel is kept from speaking IPv6 on the near end. It goes when it is closed, and with it the namespace
 * if that was made for it. Needs CAP_NET_ADMIN, for namespaces CAP_SYS_ADMIN.
 */
public final class Veth implements AutoCloseable {
    /** What the far end is called unless something else is wanted. */
    public static final String FAR_END = "eth0";

    /** Stands for the namespace that the calling thread is in. */
    public static final String HERE = "";

    private static final int LONGEST_NAME = 15;

    private final String device;
    private final String namespace;
    private final int index;
    private final boolean ownsNamespace;

    private Veth(String device, String namespace, int index, boolean ownsNamespace) {
        this.device = device;
        this.namespace = namespace;
        this.index = index;
        this.ownsNamespace = ownsNamespace;
    }

    /**
     * Lays a cable.
     *
     * @param device what the near end is called, in the namespace this thread is in
     * @param namespace the name of one that exists, which gets the far end; {@link #HERE}: it stays here
     * @param farEnd what the far end is called
     * @throws KernelException when there is no such namespace, a name is taken, or a capability is missing
     */
    public static Veth create(String device, String namespace, String farEnd) throws IOException {
        return create(device, namespace, farEnd, false);
    }

    /** A cable whose far end, {@code device-p}, stays here. */
    public static Veth create(String device) throws IOException {
        var far = device.substring(0, Math.min(device.length(), LONGEST_NAME - 2)) + "-p";
        return create(device, HERE, far);
    }

    /**
     * Makes a namespace and lays a cable into it. The near end is called as the namespace is, as far as a device's name
     * goes; the far end is {@link #FAR_END}. The loopback there is up.
     *
     * @throws KernelException when there is such a namespace or device, or a capability is missing
     */
    public static Veth inNewNamespace(String namespace) throws IOException {
        Namespaces.create(namespace);
        try {
            Namespaces.in(namespace, () -> {
                up("lo");
                return 0;
            });
            var device = namespace.substring(0, Math.min(namespace.length(), LONGEST_NAME));
            return create(device, namespace, FAR_END, true);
        } catch (IOException e) {
            Namespaces.delete(namespace);
            throw e;
        }
    }

    private static Veth create(String device, String namespace, String farEnd, boolean ownsNamespace)
            throws IOException {
        int index = pair(device, namespace, farEnd);
        var veth = new Veth(device, namespace, index, ownsNamespace);
        try {
            silence(device);
            up(device);
            if (namespace.equals(HERE)) {
                up(farEnd);
            } else {
                Namespaces.in(namespace, () -> {
                    up(farEnd);
                    return 0;
                });
            }
            return veth;
        } catch (IOException e) {
            veth.deletePair();
            throw e;
        }
    }

    /** Makes the pair; returns the number of its near end. */
    private static int pair(String device, String namespace, String farEnd) throws KernelException {
        int there = namespace.equals(HERE) ? Netlink.HERE : Namespaces.open(namespace);
        try (var netlink = Netlink.open()) {
            netlink.createVeth(device, farEnd, there);
            return netlink.get(device).index();
        } finally {
            if (there != Netlink.HERE) {
                new Native().close(there);
            }
        }
    }

    private static void up(String device) throws KernelException {
        try (var netlink = Netlink.open()) {
            netlink.up(netlink.get(device).index());
        }
    }

    /** Before the device comes up: an interface announces an fe80:: address as soon as it does. */
    private static void silence(String device) throws IOException {
        var setting = Path.of("/proc/sys/net/ipv6/conf", device, "disable_ipv6");
        if (Files.exists(setting)) {
            Files.writeString(setting, "1");
        }
    }

    /** The near end, for a port to be opened on. */
    public String device() {
        return device;
    }

    /** The namespace the far end is in; {@link #HERE}: none of its own. */
    public String namespace() {
        return namespace;
    }

    private void deletePair() throws KernelException {
        try (var netlink = Netlink.open()) {
            if (netlink.find(index) != null) { // with its namespace it may be gone already
                netlink.delete(index);
            }
        }
    }

    /** Takes the cable away, and the namespace if it was made for it; from the namespace it was laid in. */
    @Override
    public void close() throws IOException {
        deletePair();
        if (ownsNamespace && Namespaces.exists(namespace)) {
            Namespaces.delete(namespace);
        }
    }
}
