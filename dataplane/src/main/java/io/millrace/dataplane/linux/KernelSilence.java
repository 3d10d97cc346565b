package io.millrace.dataplane.linux;

/**
 * Keeps the kernel's own stack off an interface that a port has: two programs at its tcx hooks (kernel 6.6 and later). What
 * comes in ends there, after packet sockets had their copy and XDP its choice, so the host answers no ARP, neighbour
 * solicitation or ping and spends no time on frames that are not for it. What goes out ends there too (router
 * solicitations, MLD, ARP) unless it bears our {@link #MARK}.
 *
 * <p>The programs are held by descriptors alone: {@link #close}, and also kill -9, gives the interface back as it was.
 */
public final class KernelSilence implements AutoCloseable {
    /** The mark (SO_MARK) of sockets whose frames may leave: "MilR". */
    public static final int MARK = 0x4D696C52;

    private static final int NEXT = -1; // enum tcx_action_base: go on as if we were not there
    private static final int DROP = 2;
    private static final int MARK_OFFSET = 8; // in struct __sk_buff

    private static final int LOAD_WORD = 0x61;
    private static final int MOVE = 0xb7;
    private static final int JUMP_IF_NOT_EQUAL_32 = 0x56;
    private static final int EXIT = 0x95;

    private static final long[] NOTHING_COMES_IN = {
        Bpf.instruction(MOVE, 0, 0, 0, DROP), Bpf.instruction(EXIT, 0, 0, 0, 0),
    };

    private static final long[] ONLY_MARKED_GO_OUT = {
        Bpf.instruction(LOAD_WORD, 1, 1, MARK_OFFSET, 0),
        Bpf.instruction(MOVE, 0, 0, 0, DROP),
        Bpf.instruction(JUMP_IF_NOT_EQUAL_32, 1, 0, 1, MARK),
        Bpf.instruction(MOVE, 0, 0, 0, NEXT),
        Bpf.instruction(EXIT, 0, 0, 0, 0),
    };

    private final Native calls;
    private final int[] links = {-1, -1};
    private String words = "";

    private KernelSilence(Native calls) {
        this.calls = calls;
    }

    /**
     * Silences the kernel on an interface of the calling thread's network namespace. Where it cannot be had (an older
     * kernel, no CAP_BPF) nothing is attached, and {@link #describe} says why: forwarding works all the same.
     *
     * @param index the interface's number
     * @param device its name, for the words
     */
    public static KernelSilence on(Native calls, int index, String device) {
        var silence = new KernelSilence(calls);
        try {
            silence.attach(0, index, Bpf.ATTACH_TCX_INGRESS, "mr_nothing_in", device, NOTHING_COMES_IN);
            silence.attach(1, index, Bpf.ATTACH_TCX_EGRESS, "mr_marked_out", device, ONLY_MARKED_GO_OUT);
            silence.words = "the kernel's own stack is kept off " + device;
        } catch (KernelException e) {
            silence.close();
            silence.words = "the kernel's own stack may answer and send on " + device
                    + ", which needs Linux 6.6 to stop (" + e.getMessage() + ")";
        }
        return silence;
    }

    private void attach(int at, int index, int hook, String program, String device, long... instructions)
            throws KernelException {
        var bpf = new Bpf(calls);
        int loaded = bpf.load(Bpf.PROG_TYPE_SCHED_CLS, program, 0, instructions);
        try {
            links[at] = bpf.attach(loaded, index, hook, 0, program + " to " + device);
        } finally {
            calls.close(loaded); // the link holds it
        }
    }

    /** Whether the kernel is silent. */
    public boolean isSilent() {
        return links[1] >= 0;
    }

    /** A sentence for the user: that it is silent, or what to expect as it is not. */
    public String describe() {
        return words;
    }

    /** Gives the interface back to the kernel; does so once. */
    @Override
    public void close() {
        for (int i = 0; i < links.length; i++) {
            if (links[i] >= 0) {
                calls.close(links[i]);
                links[i] = -1;
            }
        }
    }
}
