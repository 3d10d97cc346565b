package io.millrace.dataplane.port;

import static io.millrace.dataplane.linux.Bpf.instruction;

import io.millrace.codec.EthernetHeader;
import io.millrace.codec.VlanTag;
import io.millrace.dataplane.linux.Bpf;
import io.millrace.dataplane.linux.Errno;
import io.millrace.dataplane.linux.KernelException;
import io.millrace.dataplane.linux.Memory;
import io.millrace.dataplane.linux.Native;
import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.List;

/**
 * The program an interface runs for each frame that comes in: it hands the frame to the socket of its receive queue, and
 * lets it pass to the kernel's own network where there is none. In C:
 *
 * <pre>
 *   return bpf_redirect_map(&amp;sockets, ctx-&gt;rx_queue_index, XDP_PASS);
 * </pre>
 *
 * <p>A VLAN tag that is not in the frame but beside it (taken out by a network card, or never put in by the kernel at the
 * other end of a veth) is put into the frame before. That takes a driver that tells of it, asked by a kfunc, which only
 * programs bound to one interface may call; where that does not work, the program does without. In generic mode nobody
 * can be asked.
 */
final class XdpProgram implements AutoCloseable {
    private static final int DATA = 0;
    private static final int DATA_END = 4;
    private static final int RX_QUEUE_INDEX = 16;
    private static final int XDP_DROP = 1;
    private static final int XDP_PASS = 2;
    private static final int BPF_XDP_ADJUST_HEAD = 44;
    private static final int BPF_REDIRECT_MAP = 51;
    private static final String RX_VLAN_TAG = "bpf_xdp_metadata_rx_vlan_tag";

    private static final int LOAD_WORD = 0x61;
    private static final int LOAD_HALF = 0x69;
    private static final int STORE_WORD = 0x63;
    private static final int STORE_HALF = 0x6b;
    private static final int SET_WORD = 0x62;
    private static final int LOAD_MAP = 0x18;
    private static final int PSEUDO_MAP_FD = 1;
    private static final int PSEUDO_KFUNC = 2;
    private static final int SET = 0xb7;
    private static final int MOVE = 0xbf;
    private static final int ADD = 0x07;
    private static final int TO_BIG_ENDIAN = 0xdc;
    private static final int JUMP = 0x05;
    private static final int JUMP_IF_NOT = 0x55;
    private static final int JUMP_IF_GREATER = 0x2d;
    private static final int CALL = 0x85;
    private static final int EXIT = 0x95;
    private static final int CONTEXT = 6;
    private static final int STACK = 10;
    private static final int TYPE = -4;
    private static final int CONTROL = -8;
    private static final int NOT_ATTACHED = -1;

    private final Native calls;
    private final Bpf bpf;
    private final int sockets;
    private final int program;
    private int link = NOT_ATTACHED;

    private XdpProgram(Native calls, Bpf bpf, int sockets, int program) {
        this.calls = calls;
        this.bpf = bpf;
        this.sockets = sockets;
        this.program = program;
    }

    /**
     * Loads the program and attaches it.
     *
     * @param mode {@link Bpf#XDP_NATIVE} or {@link Bpf#XDP_GENERIC}
     */
    static XdpProgram attach(Native calls, XdpDevice device, int mode) throws KernelException {
        int kfunc = mode == Bpf.XDP_NATIVE ? Bpf.kernelFunction(RX_VLAN_TAG) : 0;
        if (kfunc != 0) {
            try {
                return attach(calls, device, mode, kfunc);
            } catch (KernelException e) {
                if (e.errno() == Errno.EBUSY || e.errno() == Errno.EEXIST || e.errno() == Errno.EPERM) {
                    throw e;
                }
            }
        }
        return attach(calls, device, mode, 0);
    }

    private static XdpProgram attach(Native calls, XdpDevice device, int mode, int kfunc) throws KernelException {
        var bpf = new Bpf(calls);
        int queues = device.queues();
        int sockets = bpf.createMap(Bpf.MAP_TYPE_XSKMAP, Integer.BYTES, Integer.BYTES, queues, "millrace_xsk");
        int program;
        try {
            program = kfunc == 0
                    ? bpf.load(Bpf.PROG_TYPE_XDP, "millrace_xdp", Bpf.XDP_HAS_FRAGS, plain(sockets))
                    : bpf.loadFor(
                            device.index(),
                            Bpf.PROG_TYPE_XDP,
                            "millrace_xdp",
                            Bpf.XDP_HAS_FRAGS | Bpf.XDP_DEVICE_BOUND,
                            withTag(kfunc, sockets));
        } catch (KernelException e) {
            calls.close(sockets);
            throw e;
        }
        var loaded = new XdpProgram(calls, bpf, sockets, program);
        try {
            var how = mode == Bpf.XDP_NATIVE ? "native" : "generic";
            var what = "the " + how + " XDP program to " + device.name();
            loaded.link = bpf.attach(program, device.index(), Bpf.ATTACH_XDP, mode, what);
            return loaded;
        } catch (KernelException e) {
            loaded.close();
            throw e;
        }
    }

    private static long[] plain(int sockets) {
        var code = new ArrayList<Long>();
        code.add(instruction(MOVE, CONTEXT, 1, 0, 0));
        redirect(code, sockets);
        return code.stream().mapToLong(Long::longValue).toArray();
    }

    private static void redirect(List<Long> code, int sockets) {
        code.add(instruction(LOAD_WORD, 2, CONTEXT, RX_QUEUE_INDEX, 0));
        code.add(instruction(LOAD_MAP, 1, PSEUDO_MAP_FD, 0, sockets));
        code.add(0L); // the map's upper half
        code.add(instruction(SET, 3, 0, 0, XDP_PASS));
        code.add(instruction(CALL, 0, 0, 0, BPF_REDIRECT_MAP));
        code.add(instruction(EXIT, 0, 0, 0, 0));
    }

    /** If the driver knows of a tag: four bytes more in front, the addresses moved there, the tag behind them. */
    private static long[] withTag(int kfunc, int sockets) {
        var insert = new ArrayList<Long>();
        insert.add(instruction(MOVE, 1, CONTEXT, 0, 0));
        insert.add(instruction(SET, 2, 0, 0, -VlanTag.LENGTH));
        insert.add(instruction(CALL, 0, 0, 0, BPF_XDP_ADJUST_HEAD));
        insert.add(instruction(JUMP_IF_NOT, 0, 0, 17, 0)); // to the drop
        insert.add(instruction(LOAD_WORD, 1, CONTEXT, DATA, 0));
        insert.add(instruction(LOAD_WORD, 2, CONTEXT, DATA_END, 0));
        insert.add(instruction(MOVE, 3, 1, 0, 0));
        insert.add(instruction(ADD, 3, 0, 0, EthernetHeader.LENGTH + VlanTag.LENGTH));
        insert.add(instruction(JUMP_IF_GREATER, 3, 2, 12, 0)); // to the drop
        for (int word = 0; word < 12; word += 4) {
            insert.add(instruction(LOAD_WORD, 4, 1, word + VlanTag.LENGTH, 0));
            insert.add(instruction(STORE_WORD, 1, 4, word, 0));
        }
        insert.add(instruction(LOAD_HALF, 4, STACK, TYPE, 0)); // in network order already
        insert.add(instruction(STORE_HALF, 1, 4, 12, 0));
        insert.add(instruction(LOAD_HALF, 4, STACK, CONTROL, 0));
        insert.add(instruction(TO_BIG_ENDIAN, 4, 0, 0, 16));
        insert.add(instruction(STORE_HALF, 1, 4, 14, 0));
        insert.add(instruction(JUMP, 0, 0, 2, 0)); // over the drop
        insert.add(instruction(SET, 0, 0, 0, XDP_DROP));
        insert.add(instruction(EXIT, 0, 0, 0, 0));

        var code = new ArrayList<Long>();
        code.add(instruction(MOVE, CONTEXT, 1, 0, 0));
        code.add(instruction(SET_WORD, STACK, 0, TYPE, 0));
        code.add(instruction(SET_WORD, STACK, 0, CONTROL, 0));
        code.add(instruction(MOVE, 2, STACK, 0, 0));
        code.add(instruction(ADD, 2, 0, 0, TYPE));
        code.add(instruction(MOVE, 3, STACK, 0, 0));
        code.add(instruction(ADD, 3, 0, 0, CONTROL));
        code.add(instruction(CALL, 0, PSEUDO_KFUNC, 0, kfunc));
        code.add(instruction(JUMP_IF_NOT, 0, 0, insert.size(), 0));
        code.addAll(insert);
        redirect(code, sockets);
        return code.stream().mapToLong(Long::longValue).toArray();
    }

    /** From now on the queue's frames go to the socket. */
    void serve(int queue, int socket) throws KernelException {
        var key = Memory.of(Integer.BYTES);
        var value = Memory.of(Integer.BYTES);
        key.putInt(0, queue);
        value.putInt(0, socket);
        try {
            int result = bpf.update(sockets, key.addressOffset(), value.addressOffset());
            KernelException.check("directing queue " + queue + " to its AF_XDP socket", result, "CAP_NET_ADMIN");
        } finally {
            Reference.reachabilityFence(key);
            Reference.reachabilityFence(value);
        }
    }

    /** Detaches and unloads. */
    @Override
    public void close() {
        if (link != NOT_ATTACHED) {
            calls.close(link);
        }
        calls.close(program);
        calls.close(sockets);
    }
}
