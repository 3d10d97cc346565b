package io.millrace.codec.filter;

/**
 * What an instruction's code is made of, by the names of the BSD paper ("The BSD Packet Filter", 1993) and the kernel's
 * {@code include/uapi/linux/bpf_common.h}: three bits of class; then size and mode of a load, or operation and source.
 */
final class Opcode {
    private Opcode() {}

    static final int LD = 0, LDX = 1, ST = 2, STX = 3, ALU = 4, JMP = 5, RET = 6, MISC = 7;
    static final int W = 0x00, H = 0x08, B = 0x10;
    static final int IMM = 0x00, ABS = 0x20, IND = 0x40, MEM = 0x60, LEN = 0x80, MSH = 0xA0;
    static final int K = 0x00, X = 0x08, A = 0x10;
    static final int ADD = 0x00, SUB = 0x10, MUL = 0x20, DIV = 0x30, OR = 0x40, AND = 0x50, LSH = 0x60, RSH = 0x70;
    static final int NEG = 0x80, MOD = 0x90, XOR = 0xA0;
    static final int JA = 0x00, JEQ = 0x10, JGT = 0x20, JGE = 0x30, JSET = 0x40;
    static final int TAX = 0x00, TXA = 0x80;
    static final int CLASS = 0x07, SIZE = 0x18, MODE = 0xE0, OPERATION = 0xF0, RETURNED = 0x18;

    /** Memory slots of a program. */
    static final int SLOTS = 16;

    /** Whether a machine knows the code; {@code code} from 0 to 65535. */
    static boolean isKnown(int code) {
        return code < 0x100
                && switch (code & CLASS) {
                    case LD -> isLoad(code);
                    case LDX ->
                        code == (LDX | IMM) || code == (LDX | MEM) || code == (LDX | LEN) || code == (LDX | B | MSH);
                    case ST, STX -> code < 4;
                    case ALU -> (code & OPERATION) <= XOR && code != (ALU | NEG | X);
                    case JMP -> code == (JMP | JA) || ((code & OPERATION) >= JEQ && (code & OPERATION) <= JSET);
                    case RET -> code == (RET | K) || code == (RET | A);
                    default -> code == (MISC | TAX) || code == (MISC | TXA);
                };
    }

    private static boolean isLoad(int code) {
        return switch (code & MODE) {
            case ABS, IND -> (code & SIZE) != SIZE;
            case IMM, MEM, LEN -> (code & SIZE) == W;
            default -> false;
        };
    }
}
