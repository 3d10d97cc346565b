package io.millrace.dataplane.port;

import static io.millrace.dataplane.linux.Bpf.instruction;

import io.millrace.dataplane.linux.Bpf;
import io.millrace.dataplane.linux.KernelException;
import io.millrace.dataplane.linux.Memory;
import io.millrace.dataplane.linux.Native;
import java.lang.ref.Reference;

/**
 * The program an interface runs for each frame that comes in: it hands the frame to the socket of its receive queue, and
 * lets it pass to the kernel's own network where there is none. In C:
 *
 * <pre>
 *   return bpf_redirect_map(&amp;sockets, ctx-&gt;rx_queue_index, XDP_PASS);
 * </pre>
 */
final class XdpProgram implements AutoCloseable {
    private static final int RX_QUEUE_INDEX = 16;
    private static final int XDP_PASS = 2;
    private static final int BPF_REDIRECT_MAP = 51;
    private static final int LOAD_WORD = 0x61;
    private static final int LOAD_MAP = 0x18;
    private static final int PSEUDO_MAP_FD = 1;
    private static final int MOVE = 0xb7;
    private static final int CALL = 0x85;
    private static final int EXIT = 0x95;
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

    /** Loads the program, for so many receive queues. */
    static XdpProgram load(Native calls, int queues) throws KernelException {
        var bpf = new Bpf(calls);
        int sockets = bpf.createMap(Bpf.MAP_TYPE_XSKMAP, Integer.BYTES, Integer.BYTES, queues, "millrace_xsk");
        try {
            int program = bpf.load(
                    Bpf.PROG_TYPE_XDP,
                    "millrace_xdp",
                    Bpf.XDP_HAS_FRAGS,
                    instruction(LOAD_WORD, 2, 1, RX_QUEUE_INDEX, 0),
                    instruction(LOAD_MAP, 1, PSEUDO_MAP_FD, 0, sockets),
                    0,
                    instruction(MOVE, 3, 0, 0, XDP_PASS),
                    instruction(CALL, 0, 0, 0, BPF_REDIRECT_MAP),
                    instruction(EXIT, 0, 0, 0, 0));
            return new XdpProgram(calls, bpf, sockets, program);
        } catch (KernelException e) {
            calls.close(sockets);
            throw e;
        }
    }

    /** From now on the queue's frames go to the socket. */
    void serve(int queue, int socket) throws KernelException {
        var key = Memory.of(Integer.BYTES);
        var value = Memory.of(Integer.BYTES);
        key.putInt(0, queue);
        value.putInt(0, socket);
        int result = bpf.update(sockets, key.addressOffset(), value.addressOffset());
        Reference.reachabilityFence(key);
        Reference.reachabilityFence(value);
        KernelException.check("directing queue " + queue + " to its AF_XDP socket", result, "CAP_NET_ADMIN");
    }

    /** @param mode {@link Bpf#XDP_NATIVE} or {@link Bpf#XDP_GENERIC} */
    void attach(XdpDevice device, int mode) throws KernelException {
        var how = mode == Bpf.XDP_NATIVE ? "native" : "generic";
        link = bpf.attach(
                program, device.index(), Bpf.ATTACH_XDP, mode, "the " + how + " XDP program to " + device.name());
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
