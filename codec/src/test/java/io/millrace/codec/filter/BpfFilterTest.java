package io.millrace.codec.filter;

import static io.millrace.codec.filter.BpfFilter.instruction;
import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.abort;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.SplittableRandom;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Programs are run as libpcap's own interpreter runs them, and what could do harm is not run at all. */
class BpfFilterTest {
    private static final int RET_K = 0x06, RET_A = 0x16, LD_IMM = 0x00, ST = 0x02, JA = 0x05, JEQ_K = 0x15;
    private static final int LD_ABS_H = 0x28, LD_ABS_W = 0x20, LD_IND_B = 0x50, LDX_IMM = 0x01;

    /** The codes of bpf(4), each one. */
    private static final int[] LOADS = {
        0x20, 0x28, 0x30, 0x40, 0x48, 0x50, 0x00, 0x60, 0x80, 0x01, 0x61, 0x81, 0xB1, 0x02, 0x03, 0x07, 0x87
    };

    private static final int[] SUMS = {
        0x04, 0x0C, 0x14, 0x1C, 0x24, 0x2C, 0x34, 0x3C, 0x44, 0x4C, 0x54, 0x5C, 0x64, 0x6C, 0x74, 0x7C, 0x84, 0x94,
        0x9C, 0xA4, 0xAC
    };
    private static final int[] JUMPS = {0x05, 0x15, 0x1D, 0x25, 0x2D, 0x35, 0x3D, 0x45, 0x4D};

    private final UnsafeBuffer frame = new UnsafeBuffer(new byte[] {9, 9, 0x12, 0x34, 0x56, 0x78, (byte) 0xF5, 7});

    private int run(long... program) {
        return BpfFilter.of(program).run(frame, 2, 5, 1500, false);
    }

    @Test
    void numbersAreBigEndianAndCountedFromTheFramesBeginning() {
        assertThat(run(instruction(LD_ABS_W, 0, 0, 0), instruction(RET_A, 0, 0, 0)))
                .isEqualTo(0x12345678);
        assertThat(run(instruction(LD_ABS_H, 0, 0, 1), instruction(RET_A, 0, 0, 0)))
                .isEqualTo(0x3456);
        assertThat(run(instruction(0xB1, 0, 0, 4), instruction(0x87, 0, 0, 0), instruction(RET_A, 0, 0, 0)))
                .isEqualTo(20); // the low half of 0xF5 is 5 words
        assertThat(run(instruction(0x80, 0, 0, 0), instruction(RET_A, 0, 0, 0))).isEqualTo(1500);
    }

    @ParameterizedTest
    @CsvSource({"2", "3", "100000", "-1", "-2147483648", "2147483647", "-4096"})
    void aLoadBeyondTheFramesBytesEndsTheProgramWithNothing(int from) {
        var take = instruction(RET_K, 0, 0, 1);
        assertThat(run(instruction(LD_ABS_W, 0, 0, from), take)).isZero();
        assertThat(run(instruction(LDX_IMM, 0, 0, from), instruction(LD_IND_B, 0, 0, 3), take))
                .isZero();
    }

    @Test
    void slotsAreForgottenBetweenFrames() {
        var filter = BpfFilter.of(
                instruction(0x60, 0, 0, 3),
                instruction(JEQ_K, 0, 2, 0),
                instruction(LD_IMM, 0, 0, 5),
                instruction(ST, 0, 0, 3),
                instruction(RET_A, 0, 0, 0));
        assertThat(filter.run(frame, 0, 8, 8, false)).isEqualTo(5);
        assertThat(filter.run(frame, 0, 8, 8, false)).isEqualTo(5);
    }

    @Test
    void theDirectionIsFoundWhereLinuxKeepsIt() {
        var outbound = BpfFilter.of(
                instruction(LD_ABS_H, 0, 0, -4092),
                instruction(JEQ_K, 0, 1, 4),
                instruction(RET_K, 0, 0, 96),
                instruction(RET_K, 0, 0, 0));
        assertThat(outbound.run(frame, 0, 8, 8, true)).isEqualTo(96);
        assertThat(outbound.matches(frame, 0, 8, 8, false)).isFalse();
    }

    @Test
    void whatCouldDoHarmIsNotRun() {
        var end = instruction(RET_K, 0, 0, 0);
        assertThatThrownBy(() -> BpfFilter.of()).hasMessageContaining("this one has 0");
        assertThatThrownBy(() -> BpfFilter.of(new long[4097])).hasMessageContaining("this one has 4097");
        refused("does not end with a return", instruction(LD_IMM, 0, 0, 0));
        refused("instruction 0 of the filter program jumps out", instruction(JA, 0, 0, 1), end);
        refused("jumps backwards", instruction(JA, 0, 0, -1), end);
        refused("jumps out", instruction(JEQ_K, 1, 0, 0), end);
        refused("jumps out", instruction(JEQ_K, 0, 255, 0), end);
        refused("divides by zero", instruction(0x34, 0, 0, 0), end);
        refused("divides by zero", instruction(0x94, 0, 0, 0), end);
        refused("memory slot", instruction(ST, 0, 0, 16), end);
        refused("memory slot", instruction(0x60, 0, 0, -1), end);
        refused("code that does not exist (24)", instruction(0x18, 0, 0, 0), end);
        refused("code that does not exist", instruction(0x1000 | RET_K, 0, 0, 0), end);
        BpfFilter.of(instruction(JA, 0, 0, 0), end);
        BpfFilter.of(instruction(JEQ_K, 1, 0, 0), end, end);
    }

    private static void refused(String why, long... program) {
        assertThatThrownBy(() -> BpfFilter.of(program))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(why);
    }

    @Test
    void programsOfRandomBytesAreRefusedOrEnd() {
        var random = new SplittableRandom(1);
        int ran = 0;
        for (int i = 0; i < 200_000; i++) {
            var program = new long[1 + random.nextInt(6)];
            for (int at = 0; at < program.length; at++) {
                program[at] = random.nextLong() & (random.nextBoolean() ? -1L : 0xFFFF_FFFF_0303_00FFL);
            }
            program[program.length - 1] = instruction(RET_A, 0, 0, 0);
            try {
                run(program);
                ran++;
            } catch (IllegalArgumentException refused) {
                assertThat(refused).hasMessageContaining("filter program");
            }
        }
        assertThat(ran).isGreaterThan(1_000);
    }

    @Test
    void wholeProgramsGiveWhatLibpcapsInterpreterGives() throws Throwable {
        var theirs = libpcap("bpf_filter");
        var validates = libpcap("bpf_validate");
        var random = new SplittableRandom(2);
        int taken = 0;
        try (var arena = Arena.ofConfined()) {
            var native_ = arena.allocate(64);
            var code = arena.allocate(8 * 64, 8);
            for (int i = 0; i < 100_000; i++) {
                var program = program(random);
                int captured = random.nextInt(65);
                var bytes = new byte[64];
                random.nextBytes(bytes);
                MemorySegment.copy(MemorySegment.ofArray(bytes), 0, native_, 0, 64);
                MemorySegment.copy(MemorySegment.ofArray(program), 0, code, 0, 8L * program.length);
                assertThat((int) validates.invokeExact(code, program.length)).isEqualTo(1);
                int expected = (int) theirs.invokeExact(code, native_, 64, captured);
                int got = BpfFilter.of(program).run(new UnsafeBuffer(bytes), 0, captured, 64, false);
                assertThat(got).as("program %d", i).isEqualTo(expected);
                taken += got == 0 ? 0 : 1;
            }
        }
        assertThat(taken).isBetween(20_000, 99_000);
    }

    private static MethodHandle libpcap(String name) {
        for (var library : new String[] {"libpcap.so.0.8", "libpcap.so.1"}) {
            try {
                var symbol = SymbolLookup.libraryLookup(library, Arena.global()).findOrThrow(name);
                return Linker.nativeLinker()
                        .downcallHandle(
                                symbol,
                                name.equals("bpf_filter")
                                        ? FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, JAVA_INT, JAVA_INT)
                                        : FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT));
            } catch (IllegalArgumentException absent) {
                // the next name
            }
        }
        return abort("not run: needs libpcap of the package libpcap0.8");
    }

    /** A program that may be run: all slots are written first, since libpcap leaves them as they are. */
    private static long[] program(SplittableRandom random) {
        var program = new ArrayList<Long>();
        program.add(instruction(LD_IMM, 0, 0, random.nextInt()));
        for (int slot = 0; slot < 16; slot++) {
            program.add(instruction(ST, 0, 0, slot));
        }
        int steps = 1 + random.nextInt(30);
        for (int left = steps; left > 0; left--) {
            program.add(step(random, left));
        }
        program.add(instruction(random.nextBoolean() ? RET_A : RET_K, 0, 0, random.nextInt()));
        return program.stream().mapToLong(Long::longValue).toArray();
    }

    private static long step(SplittableRandom random, int left) {
        return switch (random.nextInt(4)) {
            case 0 -> {
                int code = SUMS[random.nextInt(SUMS.length)];
                boolean shift = code == 0x64 || code == 0x74;
                int k = shift ? random.nextInt(32) : random.nextBoolean() ? random.nextInt() : 1 + random.nextInt(9);
                yield instruction(code, 0, 0, k == 0 && !shift ? 1 : k);
            }
            case 1 -> {
                int code = JUMPS[random.nextInt(JUMPS.length)];
                int k = code == JA ? random.nextInt(Math.min(left, 4)) : random.nextInt(300);
                yield instruction(code, random.nextInt(Math.min(left, 5)), random.nextInt(Math.min(left, 5)), k);
            }
            default -> {
                int code = LOADS[random.nextInt(LOADS.length)];
                boolean slot = code == 0x60 || code == 0x61 || code == ST || code == 0x03;
                boolean constant = code == LD_IMM || code == LDX_IMM;
                yield instruction(
                        code,
                        0,
                        0,
                        constant && random.nextInt(4) == 0 ? random.nextInt() : random.nextInt(slot ? 16 : 40));
            }
        };
    }
}
