package io.millrace.codec.filter;

import static io.millrace.codec.filter.Opcode.*;

import org.jspecify.annotations.Nullable;

/** Says of a program, before it is run, whether it can do harm: run wild, run for ever, touch what is not its own. */
final class Verifier {
    private static final String OUTSIDE = "jumps out of the program";

    private Verifier() {}

    /** @throws IllegalArgumentException with a sentence on the first instruction that is wrong */
    static void verify(long[] program) {
        if (program.length == 0 || program.length > BpfFilter.LONGEST) {
            throw new IllegalArgumentException(
                    "a filter program has 1 to " + BpfFilter.LONGEST + " instructions, this one has " + program.length);
        }
        for (int at = 0; at < program.length; at++) {
            var wrong = wrongIn(program[at], program.length - at - 1);
            if (wrong != null) {
                throw new IllegalArgumentException("instruction " + at + " of the filter program " + wrong);
            }
        }
        if (((int) program[program.length - 1] & CLASS) != RET) {
            throw new IllegalArgumentException("the filter program does not end with a return");
        }
    }

    /** @param left how many instructions follow */
    private static @Nullable String wrongIn(long instruction, int left) {
        int code = (int) instruction & 0xFFFF;
        int k = (int) (instruction >>> 32);
        if (!isKnown(code)) {
            return "has a code that does not exist (" + code + ")";
        }
        return switch (code & CLASS) {
            case LD, LDX -> (code & MODE) == MEM ? wrongSlot(k) : null;
            case ST, STX -> wrongSlot(k);
            case ALU -> k == 0 && divides(code) ? "divides by zero" : null;
            case JMP -> wrongJump(code, k, instruction, left);
            default -> null;
        };
    }

    private static @Nullable String wrongSlot(int k) {
        return Integer.compareUnsigned(k, SLOTS) < 0 ? null : "uses a memory slot that does not exist";
    }

    private static boolean divides(int code) {
        return code == (ALU | DIV | K) || code == (ALU | MOD | K);
    }

    private static @Nullable String wrongJump(int code, int k, long instruction, int left) {
        if (code == (JMP | JA)) {
            return k < 0 ? "jumps backwards, and might never end" : k >= left ? OUTSIDE : null;
        }
        return Math.max(instruction >>> 16 & 0xFF, instruction >>> 24 & 0xFF) >= left ? OUTSIDE : null;
    }
}
