package io.millrace.bench.peers;

import static io.millrace.dataplane.linux.Bpf.instruction;

import io.millrace.dataplane.linux.Bpf;
import io.millrace.dataplane.linux.KernelException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/** The small BPF programs of the course: what sends, what swallows, what passes on and does nothing else. */
final class Programs {
    private static final int XDP_DROP = 1;
    private static final int TC_ACT_SHOT = 2;
    private static final int RANDOM = 7;
    private static final int REDIRECT = 23;

    // Opcodes of include/uapi/linux/bpf.h that are used below.
    private static final int LOAD_WORD = 0x61;
    private static final int STORE_WORD = 0x62;
    private static final int STORE_HALF = 0x6b;
    private static final int COPY = 0xbf;
    private static final int SET = 0xb4;
    private static final int ADD = 0x07;
    private static final int ADD_32 = 0x04;
    private static final int SUBTRACT_32 = 0x1c;
    private static final int MODULO_32 = 0x94;
    private static final int TO_BIG_ENDIAN = 0xdc;
    private static final int JUMP_IF_GREATER = 0x2d;
    private static final int CALL = 0x85;
    private static final int EXIT = 0x95;

    private Programs() {}

    /** An XDP program that drops every frame. */
    static int drop(Bpf bpf) throws KernelException {
        return bpf.load(Bpf.PROG_TYPE_XDP, "drop", 0, returning(XDP_DROP));
    }

    /** A traffic-control program that drops every frame. */
    static int swallow(Bpf bpf) throws KernelException {
        return bpf.load(Bpf.PROG_TYPE_SCHED_CLS, "swallow", 0, returning(TC_ACT_SHOT));
    }

    /** An XDP program that sends every frame out of an interface, unread. */
    static int pass(Bpf bpf, int interfaceIndex) throws KernelException {
        return bpf.load(Bpf.PROG_TYPE_XDP, "pass", 0, array(redirect(interfaceIndex)));
    }

    /**
     * An XDP program that makes each frame one of {@code flows}, chosen at random, and sends it out of an interface; see
     * {@link TestFrame} for what a flow's number changes. The headers are written each time, because the kernel takes the
     * same memory again, with what a device that translates has made of it.
     *
     * @param frame flow 0's
     */
    static int send(Bpf bpf, int interfaceIndex, int flows, byte[] frame) throws KernelException {
        var code = new ArrayList<Long>();
        code.add(instruction(LOAD_WORD, 6, 1, 0, 0)); // r6: the frame
        code.add(instruction(LOAD_WORD, 2, 1, 4, 0)); // r2: its end
        code.add(instruction(COPY, 3, 6, 0, 0));
        code.add(instruction(ADD, 3, 0, 0, TestFrame.BALANCE + 2));
        var headers = ByteBuffer.wrap(frame).order(ByteOrder.nativeOrder());
        var write = new ArrayList<Long>();
        for (int i = 0; i < TestFrame.BALANCE + 2; i += 4) {
            write.add(instruction(STORE_WORD, 6, 0, i, headers.getInt(i)));
        }
        if (flows > 1) {
            number(write, flows, headers.order(ByteOrder.BIG_ENDIAN).getShort(TestFrame.SOURCE_IP_END));
        }
        code.add(instruction(JUMP_IF_GREATER, 3, 2, write.size(), 0));
        code.addAll(write);
        code.addAll(redirect(interfaceIndex));
        return bpf.load(Bpf.PROG_TYPE_XDP, "send", 0, array(code));
    }

    private static void number(List<Long> code, int flows, int firstHost) {
        code.add(instruction(CALL, 0, 0, 0, RANDOM));
        code.add(instruction(MODULO_32, 0, 0, 0, flows));
        code.add(instruction(COPY, 7, 0, 0, 0)); // r7: the flow's number
        put(code, TestFrame.SOURCE_MAC_END, 0);
        put(code, TestFrame.SOURCE_IP_END, firstHost);
        put(code, TestFrame.SOURCE_PORT, TestFrame.FIRST_PORT);
        // What the address gains the identification loses, so that the header's checksum stays right; what address and
        // port gain the first word of the payload loses, for UDP's.
        lose(code, TestFrame.ID, TestFrame.FIRST_ID, 1);
        lose(code, TestFrame.BALANCE, TestFrame.FIRST_BALANCE, 2);
    }

    /** The flow's number plus {@code base}, 16 bits in network byte order. */
    private static void put(List<Long> code, int offset, int base) {
        code.add(instruction(COPY, 0, 7, 0, 0));
        code.add(instruction(ADD_32, 0, 0, 0, base));
        code.add(instruction(TO_BIG_ENDIAN, 0, 0, 0, 16));
        code.add(instruction(STORE_HALF, 6, 0, offset, 0));
    }

    /** {@code base} less the flow's number as many {@code times}, 16 bits in network byte order. */
    private static void lose(List<Long> code, int offset, int base, int times) {
        code.add(instruction(SET, 0, 0, 0, base));
        for (int i = 0; i < times; i++) {
            code.add(instruction(SUBTRACT_32, 0, 7, 0, 0));
        }
        code.add(instruction(TO_BIG_ENDIAN, 0, 0, 0, 16));
        code.add(instruction(STORE_HALF, 6, 0, offset, 0));
    }

    private static List<Long> redirect(int interfaceIndex) {
        return List.of(
                instruction(SET, 1, 0, 0, interfaceIndex),
                instruction(SET, 2, 0, 0, 0),
                instruction(CALL, 0, 0, 0, REDIRECT),
                instruction(EXIT, 0, 0, 0, 0));
    }

    private static long[] returning(int code) {
        return new long[] {instruction(SET, 0, 0, 0, code), instruction(EXIT, 0, 0, 0, 0)};
    }

    private static long[] array(List<Long> code) {
        return code.stream().mapToLong(Long::longValue).toArray();
    }
}
