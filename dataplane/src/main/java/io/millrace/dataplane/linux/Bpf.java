package io.millrace.dataplane.linux;

import java.nio.charset.StandardCharsets;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The bpf system call: loads small programs, makes their maps, attaches them by links. A link holds as long as its
 * descriptor is open, so nothing stays attached when the process ends, however it ends.
 *
 * <p>See bpf(2) and the kernel's {@code include/uapi/linux/bpf.h} for the layouts. Everything here needs CAP_BPF and
 * CAP_NET_ADMIN.
 */
public final class Bpf {
    public static final int MAP_TYPE_HASH = 1;
    public static final int MAP_TYPE_ARRAY = 2;
    public static final int MAP_TYPE_XSKMAP = 17;
    public static final int PROG_TYPE_SCHED_CLS = 3;
    public static final int PROG_TYPE_XDP = 6;
    public static final int ATTACH_XDP = 37;
    public static final int ATTACH_TCX_INGRESS = 46;
    public static final int ATTACH_TCX_EGRESS = 47;
    /** Flags of an XDP link: the kernel's generic mode, or the driver's own. */
    public static final int XDP_GENERIC = 1 << 1;

    public static final int XDP_NATIVE = 1 << 2;
    /** Program flag: it may be given frames of several buffers. */
    public static final int XDP_HAS_FRAGS = 1 << 5;

    /** Program flag: it runs on one interface only, and may ask its driver what that knows beside the frame. */
    public static final int XDP_DEVICE_BOUND = 1 << 6;

    private static final long SYSCALL = System.getProperty("os.arch").equals("aarch64") ? 280 : 321;
    private static final int MAP_CREATE = 0;
    private static final int MAP_LOOKUP_ELEM = 1;
    private static final int MAP_UPDATE_ELEM = 2;
    private static final int MAP_DELETE_ELEM = 3;
    private static final int PROG_LOAD = 5;
    private static final int PROG_TEST_RUN = 10;
    private static final int LINK_CREATE = 28;
    private static final int ATTRIBUTES = 152;
    private static final int LOG = 64 * 1024;
    private static final String NEEDS = "CAP_BPF and CAP_NET_ADMIN";

    private final Native calls;
    private final UnsafeBuffer attributes = Memory.of(ATTRIBUTES);

    public Bpf(Native calls) {
        this.calls = calls;
    }

    /** Makes a map; returns its descriptor. Sizes in bytes. */
    public int createMap(int type, int keySize, int valueSize, int entries, String name) throws KernelException {
        clear();
        attributes.putInt(0, type);
        attributes.putInt(4, keySize);
        attributes.putInt(8, valueSize);
        attributes.putInt(12, entries);
        name(28, name);
        return checked("making the BPF map " + name, MAP_CREATE);
    }

    /** Puts the value at address {@code value} under the key at address {@code key}. Returns 0 or the negative errno. */
    public int update(int map, long key, long value) {
        element(map, key, value);
        return call(MAP_UPDATE_ELEM);
    }

    /** Copies what stands under a key to address {@code value}. Returns 0 or the negative errno. */
    public int lookup(int map, long key, long value) {
        element(map, key, value);
        return call(MAP_LOOKUP_ELEM);
    }

    /** Forgets a key. Returns 0 or the negative errno. */
    public int delete(int map, long key) {
        element(map, key, 0);
        return call(MAP_DELETE_ELEM);
    }

    private void element(int map, long key, long value) {
        clear();
        attributes.putInt(0, map);
        attributes.putLong(8, key);
        attributes.putLong(16, value);
    }

    /**
     * Loads a program; returns its descriptor.
     *
     * @param instructions 8 bytes each; see {@link #instruction}
     * @param flags 0 or {@link #XDP_HAS_FRAGS}
     */
    public int load(int type, String name, int flags, long... instructions) throws KernelException {
        return loadFor(0, type, name, flags, instructions);
    }

    /** As {@link #load}; with {@link #XDP_DEVICE_BOUND} for the interface of that index. */
    public int loadFor(int interfaceIndex, int type, String name, int flags, long... instructions)
            throws KernelException {
        var code = Memory.of(instructions.length * Long.BYTES);
        for (int i = 0; i < instructions.length; i++) {
            code.putLong(i * Long.BYTES, instructions[i]);
        }
        var license = Memory.string("GPL");
        var log = Memory.of(LOG);
        clear();
        attributes.putInt(0, type);
        attributes.putInt(4, instructions.length);
        attributes.putLong(8, code.addressOffset());
        attributes.putLong(16, license.addressOffset());
        attributes.putInt(24, 1);
        attributes.putInt(28, LOG);
        attributes.putLong(32, log.addressOffset());
        attributes.putInt(44, flags);
        name(48, name);
        attributes.putInt(64, interfaceIndex);
        int fd = call(PROG_LOAD);
        if (fd == -Errno.EINVAL || fd == -Errno.EACCES) {
            throw new KernelException("loading the BPF program " + name + " (" + lastLine(log) + ")", fd, NEEDS);
        }
        return (int) KernelException.check("loading the BPF program " + name, fd, NEEDS);
    }

    /**
     * Attaches a program to an interface; returns the link's descriptor. Closing it detaches the program.
     *
     * @param attach one of the {@code ATTACH_} constants
     * @param flags for XDP the mode; else 0
     */
    public int attach(int program, int interfaceIndex, int attach, int flags, String what) throws KernelException {
        clear();
        attributes.putInt(0, program);
        attributes.putInt(4, interfaceIndex);
        attributes.putInt(8, attach);
        attributes.putInt(12, flags);
        return checked("attaching " + what, LINK_CREATE);
    }

    /**
     * Has the kernel run an XDP program {@code repeat} times on live frames made of {@code length} bytes at
     * {@code bytes}, as if each had come in by the interface; see BPF_F_TEST_XDP_LIVE_FRAMES. Returns 0 or the negative
     * errno.
     *
     * @param batch frames the kernel handles at once, at most 256
     */
    public int runLive(int program, long bytes, int length, int interfaceIndex, int repeat, int batch) {
        var context =
                Memory.of(24); // struct xdp_md: data, data_end, data_meta, ingress_ifindex, rx_queue_index, egress
        context.putInt(4, length);
        context.putInt(12, interfaceIndex);
        clear();
        attributes.putInt(0, program);
        attributes.putInt(8, length);
        attributes.putLong(16, bytes);
        attributes.putInt(32, repeat);
        attributes.putInt(40, context.capacity());
        attributes.putLong(48, context.addressOffset());
        attributes.putInt(64, 1 << 1);
        attributes.putInt(72, batch);
        return call(PROG_TEST_RUN);
    }

    /**
     * The number by which a program calls a function of the kernel's own (a kfunc); 0 when this kernel has none of that
     * name.
     */
    public static int kernelFunction(String name) {
        return KernelTypes.function(name);
    }

    /** One instruction: opcode, registers, a 16-bit offset, a 32-bit immediate, as the kernel's instruction set has it. */
    public static long instruction(int opcode, int destination, int source, int offset, int immediate) {
        return (opcode & 0xFFL)
                | (destination & 0xFL) << 8
                | (source & 0xFL) << 12
                | (offset & 0xFFFFL) << 16
                | (immediate & 0xFFFFFFFFL) << 32;
    }

    private void clear() {
        attributes.setMemory(0, ATTRIBUTES, (byte) 0);
    }

    private void name(int at, String name) {
        var bytes = name.getBytes(StandardCharsets.US_ASCII);
        attributes.putBytes(at, bytes, 0, Math.min(bytes.length, 15));
    }

    private int call(int command) {
        return (int) calls.syscall(SYSCALL, command, attributes.addressOffset(), ATTRIBUTES);
    }

    private int checked(String what, int command) throws KernelException {
        return (int) KernelException.check(what, call(command), NEEDS);
    }

    private static String lastLine(UnsafeBuffer log) {
        int end = 0;
        while (end < LOG && log.getByte(end) != 0) {
            end++;
        }
        var bytes = new byte[end];
        log.getBytes(0, bytes);
        var lines = new String(bytes, StandardCharsets.US_ASCII).strip().split("\n", -1);
        return lines.length < 2 ? lines[0] : lines[lines.length - 2];
    }
}
