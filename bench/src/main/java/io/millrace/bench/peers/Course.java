package io.millrace.bench.peers;

import io.millrace.dataplane.linux.Bpf;
import io.millrace.dataplane.linux.KernelException;
import io.millrace.dataplane.linux.Memory;
import io.millrace.dataplane.linux.Native;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Three network namespaces in a row, sender, device, receiver, and between them two veth pairs, all under names of this
 * run alone. {@link #close} removes them.
 */
final class Course implements AutoCloseable {
    private static final int AF_INET = 2;
    private static final int SOCK_DGRAM = 2;
    private static final int SIOCGIFINDEX = 0x8933;
    private static final int AF_PACKET = 17;
    private static final int SOCK_RAW = 3;
    private static final int SOCKET_ADDRESS = 20;

    private final String id =
            "mp" + Integer.toHexString(ThreadLocalRandom.current().nextInt(0x10000, 0x100000));
    private final Path folder;
    private final List<String> namespaces = new ArrayList<>();
    private final AtomicBoolean closed = new AtomicBoolean();
    private final List<Place> places = new ArrayList<>();
    private boolean pinned = true;
    private final Place sender;
    private final Place device;
    private final Place receiver;

    Course() {
        try {
            folder = Files.createTempDirectory("millrace-peers-");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        try {
            sender = place("send");
            device = place("dut");
            receiver = place("receive");
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    private Place place(String suffix) {
        var place = new Place(namespace(suffix));
        places.add(place);
        return place;
    }

    /** Makes one more namespace, to be removed with the course if it is not {@linkplain #forget forgotten} before. */
    String namespace(String suffix) {
        var name = id + "-" + suffix;
        Shell.run("ip", "netns", "add", name).ok("making a network namespace");
        namespaces.add(name);
        // Nobody speaks unasked.
        in(name, "sysctl", "-qw", "net.ipv6.conf.default.disable_ipv6=1");
        in(name, "ip", "link", "set", "lo", "up");
        return name;
    }

    /** Removes a namespace, and all interfaces in it: at once, though the kernel takes its time with the rest. */
    void forget(String namespace) {
        for (var end : List.of(out(), id + "v")) {
            Shell.run(inside(namespace, "ip", "link", "delete", end));
        }
        Shell.run("ip", "netns", "delete", namespace);
        namespaces.remove(namespace);
    }

    /** All names of this run begin so. */
    String id() {
        return id;
    }

    /** For files of devices; removed with the course. */
    Path folder() {
        return folder;
    }

    Place sender() {
        return sender;
    }

    Place device() {
        return device;
    }

    Place receiver() {
        return receiver;
    }

    /** The sender's interface. */
    String first() {
        return id + "a";
    }

    /** The device's interface towards the sender. */
    String in() {
        return id + "b";
    }

    /** The device's interface towards the receiver. */
    String out() {
        return id + "c";
    }

    /** The receiver's interface. */
    String last() {
        return id + "d";
    }

    /**
     * Lays both cables anew. What was set on the old ones is gone with them.
     *
     * @param farQueues transmit queues of the sender's and the receiver's ends; more than one and the driver refuses
     *     native XDP at the device's ends
     */
    void lay(int farQueues) {
        unplug();
        cable(sender, first(), in(), farQueues);
        cable(receiver, last(), out(), farQueues);
    }

    private void cable(Place far, String there, String here, int queues) {
        var add = "ip link add " + here + " type veth peer name " + there + " numtxqueues " + queues + " netns "
                + far.name();
        in(device.name(), add.split(" ", -1));
        if (queues > 1) {
            in(far.name(), "ethtool", "-L", there, "tx", "" + queues);
        }
        in(device.name(), "ip", "link", "set", here, "up");
        in(far.name(), "ip", "link", "set", there, "up");
    }

    /** Moves a device that was made in the device's namespace to a host, in place of a cable. */
    void hand(String interfaceName, Place host) {
        in(device.name(), "ip", "link", "set", interfaceName, "netns", host.name());
        in(host.name(), "ip", "link", "set", interfaceName, "up");
    }

    /** Takes both cables away. */
    void unplug() {
        for (var interfaceName : List.of(in(), out())) {
            Shell.run(inside(device.name(), "ip", "link", "delete", interfaceName)); // or there is none
        }
    }

    /**
     * Makes the receiving ends take frames in batches (NAPI), which for a veth is what "generic receive offload" turns
     * on, and which redirected frames need to arrive at all. UDP is not merged by it.
     */
    void receiveInBatches() {
        in(device.name(), "ethtool", "-K", in(), "gro", "on");
        in(device.name(), "ethtool", "-K", out(), "gro", "on");
        in(receiver.name(), "ethtool", "-K", last(), "gro", "on");
        in(sender.name(), "ethtool", "-K", first(), "gro", "on");
    }

    /** Hosts finish their checksums and segments themselves. */
    void offloadsOff() {
        for (var end : List.of(List.of(sender.name(), first()), List.of(receiver.name(), last()))) {
            in(end.get(0), ("ethtool -K " + end.get(1) + " tx off sg off tso off gso off gro off").split(" ", -1));
        }
    }

    /** Whether devices are kept to core 1, or run where the scheduler puts them. */
    void pin(boolean devices) {
        pinned = devices;
    }

    /** A device's command as it is to run. */
    List<String> placed(List<String> command) {
        return pinned ? Shell.pinned(1, command) : command;
    }

    /** A command as it runs in a namespace. */
    static List<String> inside(String namespace, String... command) {
        var all = new ArrayList<>(List.of("ip", "netns", "exec", namespace));
        all.addAll(Arrays.asList(command));
        return all;
    }

    /** Runs a command in a namespace; it must be content. */
    static String in(String namespace, String... command) {
        return Shell.run(inside(namespace, command)).ok(String.join(" ", command));
    }

    /** The kernel's number of an interface of the namespace that the calling thread is in. */
    static int index(String interfaceName) throws KernelException {
        var calls = new Native();
        int socket = calls.socket(AF_INET, SOCK_DGRAM, 0);
        var request = Memory.of(40);
        request.putStringWithoutLengthAscii(0, interfaceName);
        int result = calls.ioctl(socket, SIOCGIFINDEX, request.addressOffset());
        calls.close(socket);
        KernelException.check("looking for the interface " + interfaceName, result, "CAP_NET_ADMIN");
        return request.getInt(16);
    }

    /** The kernel's number of an interface of a place. */
    static int index(Place place, String interfaceName) {
        return place.in(() -> index(interfaceName));
    }

    /** Attaches a program to an interface of a place; it stays until the link's descriptor is closed, which is returned. */
    static Attached attach(Place place, String interfaceName, int where, int flags, Loader loader) {
        return place.in(() -> {
            var calls = new Native();
            var bpf = new Bpf(calls);
            int program = loader.load(bpf);
            try {
                return new Attached(
                        bpf.attach(program, index(interfaceName), where, flags, "a program to " + interfaceName));
            } finally {
                calls.close(program);
            }
        });
    }

    /** Loads a program in the namespace where it is attached. */
    @FunctionalInterface
    interface Loader {
        int load(Bpf bpf) throws IOException;
    }

    /** A program on an interface. */
    record Attached(int link) implements AutoCloseable {
        @Override
        public void close() {
            new Native().close(link);
        }
    }

    /** What the receiver gets is dropped before its stack sees it; the same for every device. */
    Attached swallow() {
        return attach(receiver, last(), Bpf.ATTACH_TCX_INGRESS, 0, Programs::swallow);
    }

    /** The receiver's station says a word, or the same word many times, so that the device learns where it is. */
    void speak(int times) {
        say(receiver, last(), TestFrame.fromStation(), times);
    }

    /** A host sends a frame, or the same frame many times. */
    void say(Place host, String interfaceName, byte[] bytes, int times) {
        host.in(() -> {
            var calls = new Native();
            int socket = calls.socket(AF_PACKET, SOCK_RAW, 0);
            KernelException.check("opening a socket on " + interfaceName, socket, "CAP_NET_RAW");
            var frame = Memory.of(bytes.length);
            frame.putBytes(0, bytes);
            var address = Memory.of(SOCKET_ADDRESS);
            address.putShort(0, (short) AF_PACKET);
            address.putInt(4, index(interfaceName));
            for (int i = 0; i < times; i++) {
                calls.sendto(socket, frame.addressOffset(), bytes.length, 0, address.addressOffset(), SOCKET_ADDRESS);
            }
            return calls.close(socket);
        });
    }

    /**
     * What an interface has counted, as the kernel tells it.
     *
     * @param sent frames that left, and those for which the other side had no room
     */
    record Count(long nanos, long received, long sent) {}

    Count count(Place place, String interfaceName) {
        return place.in(() -> {
            var bytes = Files.readAllBytes(Path.of("/proc/thread-self/net/dev"));
            long now = System.nanoTime();
            for (var line : new String(bytes, StandardCharsets.US_ASCII).split("\n", -1)) {
                var words = line.strip().split("[:\\s]+", -1);
                if (words[0].equals(interfaceName)) {
                    return new Count(
                            now, Long.parseLong(words[2]), Long.parseLong(words[10]) + Long.parseLong(words[12]));
                }
            }
            throw new IOException("no interface " + interfaceName);
        });
    }

    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return; // the end of the program and Ctrl-C may meet
        }
        places.forEach(Place::close);
        for (var namespace : namespaces) {
            Shell.run("ip", "netns", "delete", namespace);
        }
        try (var files = Files.walk(folder)) {
            files.sorted(Comparator.reverseOrder()).forEach(f -> f.toFile().delete());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
