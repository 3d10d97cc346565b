package io.millrace.codec.filter;

import static io.millrace.codec.filter.Opcode.*;

import java.nio.ByteOrder;
import java.util.Arrays;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A classic BPF program that is run on frames: bpf(4) of the BSDs, {@code struct sock_filter} of Linux. It has been
 * verified, so it ends after at most {@link #length} steps whatever the frame is; a load beyond the frame's bytes ends it
 * with "none of it". Numbers in frames are big endian.
 *
 * <p>One thread at a time; running it allocates nothing.
 */
public final class BpfFilter {
    /** The longest program, in instructions, as in the kernel. */
    public static final int LONGEST = 4096;

    /** The program that takes every frame whole. */
    private static final long EVERYTHING = RET | 0x7FFF_FFFFL << 32;

    private static final long BEYOND = -1;
    private static final long UNSIGNED = 0xFFFF_FFFFL;

    /** Where Linux keeps what is not in the frame: SKF_AD_OFF + SKF_AD_PKTTYPE of {@code linux/filter.h}. */
    private static final int PACKET_TYPE = -0x1000 + 4;

    private static final int PACKET_HOST = 0, PACKET_OUTGOING = 4;

    private final long[] program;
    private final boolean remembers;
    private final int[] memory = new int[SLOTS];

    private DirectBuffer frame = new UnsafeBuffer(0, 0);
    private int offset;
    private int captured;
    private int original;
    private boolean outgoing;

    private BpfFilter(long[] program) {
        this.program = program;
        this.remembers = Arrays.stream(program)
                .anyMatch(i -> ((int) i & (CLASS | MODE)) == (LD | MEM) || ((int) i & (CLASS | MODE)) == (LDX | MEM));
    }

    /** The filter that everything passes. */
    public static BpfFilter everything() {
        return new BpfFilter(new long[] {EVERYTHING});
    }

    /**
     * Verifies a program: at least one instruction, jumps forward and inside, memory slots 0 to 15, no division by a zero
     * in the program, a return at the end.
     *
     * @param program see {@link #instruction}
     * @throws IllegalArgumentException when it is none that can be run; the message is a sentence
     */
    public static BpfFilter of(long... program) {
        Verifier.verify(program);
        return new BpfFilter(program.clone());
    }

    /**
     * One {@code struct bpf_insn} as it lies in the memory of a little-endian machine.
     *
     * @param code 16 bits
     * @param jumpTrue 8 bits, instructions to skip when the comparison holds
     * @param jumpFalse 8 bits, the same when it does not
     * @param k the 32-bit constant
     */
    public static long instruction(int code, int jumpTrue, int jumpFalse, int k) {
        return (code & 0xFFFFL) | (jumpTrue & 0xFFL) << 16 | (jumpFalse & 0xFFL) << 24 | (long) k << 32;
    }

    /** How many instructions it has. */
    public int length() {
        return program.length;
    }

    /** The {@code i}-th instruction, from 0; see {@link #instruction}. */
    public long instruction(int i) {
        return program[i];
    }

    /** Whether any of the frame is wanted; see {@link #run}. */
    public boolean matches(DirectBuffer buffer, int offset, int captured, int original, boolean outgoing) {
        return run(buffer, offset, captured, original, outgoing) != 0;
    }

    /**
     * Runs the program on a frame.
     *
     * @param offset where the frame begins in {@code buffer}, in bytes
     * @param captured how many of its bytes are there
     * @param original how many it had on the wire: what the program calls its length
     * @param outgoing whether the frame leaves by the port, which libpcap's {@code inbound} and {@code outbound} ask
     * @return how many bytes of it are wanted, an unsigned number; 0: the frame is not
     */
    public int run(DirectBuffer buffer, int offset, int captured, int original, boolean outgoing) {
        this.frame = buffer;
        this.offset = offset;
        this.captured = captured;
        this.original = original;
        this.outgoing = outgoing;
        if (remembers) {
            Arrays.fill(memory, 0);
        }
        return run();
    }

    private int run() {
        int a = 0;
        int x = 0;
        for (int at = 0; ; at++) {
            long instruction = program[at];
            int code = (int) instruction & 0xFF;
            int k = (int) (instruction >>> 32);
            int operand = (code & X) == 0 ? k : x;
            switch (code & CLASS) {
                case LD -> {
                    long value = load(code, k, x);
                    if (value == BEYOND) {
                        return 0;
                    }
                    a = (int) value;
                }
                case LDX -> {
                    long value = load(code, k, x);
                    if (value == BEYOND) {
                        return 0;
                    }
                    x = (int) value;
                }
                case ST -> memory[k] = a;
                case STX -> memory[k] = x;
                case ALU -> {
                    if (operand == 0 && isDivision(code)) {
                        return 0;
                    }
                    a = calculate(code, a, operand);
                }
                case JMP -> at += jump(code, a, operand, instruction);
                case RET -> {
                    return (code & RETURNED) == A ? a : k;
                }
                default -> {
                    if (code == (MISC | TAX)) {
                        x = a;
                    } else {
                        a = x;
                    }
                }
            }
        }
    }

    /** What a load finds, 32 bits unsigned, or {@link #BEYOND}. */
    private long load(int code, int k, int x) {
        return switch (code & MODE) {
            case IMM -> k & UNSIGNED;
            case MEM -> memory[k] & UNSIGNED;
            case LEN -> original & UNSIGNED;
            case ABS -> k == PACKET_TYPE ? packetType() : fetch(code & SIZE, k & UNSIGNED);
            case IND -> fetch(code & SIZE, (k & UNSIGNED) + (x & UNSIGNED));
            default -> headerLength(k & UNSIGNED);
        };
    }

    private long packetType() {
        return outgoing ? PACKET_OUTGOING : PACKET_HOST;
    }

    private long fetch(int size, long from) {
        int bytes = size == W ? Integer.BYTES : size == H ? Short.BYTES : Byte.BYTES;
        if (from > captured - bytes) {
            return BEYOND;
        }
        int at = offset + (int) from;
        return switch (size) {
            case W -> frame.getInt(at, ByteOrder.BIG_ENDIAN) & UNSIGNED;
            case H -> frame.getShort(at, ByteOrder.BIG_ENDIAN) & 0xFFFF;
            default -> frame.getByte(at) & 0xFF;
        };
    }

    /** MSH: the length of an IPv4 header, from its first byte. */
    private long headerLength(long from) {
        long first = fetch(B, from);
        return first == BEYOND ? BEYOND : (first & 0xF) << 2;
    }

    private static boolean isDivision(int code) {
        return (code & OPERATION) == DIV || (code & OPERATION) == MOD;
    }

    private static int calculate(int code, int a, int operand) {
        return switch (code & OPERATION) {
            case ADD -> a + operand;
            case SUB -> a - operand;
            case MUL -> a * operand;
            case DIV -> Integer.divideUnsigned(a, operand);
            case MOD -> Integer.remainderUnsigned(a, operand);
            case OR -> a | operand;
            case AND -> a & operand;
            case XOR -> a ^ operand;
            case LSH -> Integer.compareUnsigned(operand, Integer.SIZE) < 0 ? a << operand : 0;
            case RSH -> Integer.compareUnsigned(operand, Integer.SIZE) < 0 ? a >>> operand : 0;
            default -> -a;
        };
    }

    /** How many instructions are skipped. */
    private static int jump(int code, int a, int operand, long instruction) {
        if ((code & OPERATION) == JA) {
            return operand;
        }
        boolean holds = switch (code & OPERATION) {
            case JEQ -> a == operand;
            case JGT -> Integer.compareUnsigned(a, operand) > 0;
            case JGE -> Integer.compareUnsigned(a, operand) >= 0;
            default -> (a & operand) != 0;
        };
        return (int) (holds ? instruction >>> 16 : instruction >>> 24) & 0xFF;
    }
}
