package io.millrace.vtep.wiring;

import io.millrace.dataplane.nat.StateFile;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.SplittableRandom;
import java.util.function.IntFunction;
import java.util.function.LongSupplier;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Where the tables of connections lie.
 *
 * @param kept where those that outlive the process are, see {@link io.millrace.dataplane.nat.Nat#keep}; their recovery is
 *     the caller's; null: none does
 * @param memory gives so many zero bytes that begin at a page
 * @param random numbers that nobody outside can know: the seeds of the tables, and which outside ports are given
 */
public record TableMemory(@Nullable StateFile kept, IntFunction<UnsafeBuffer> memory, LongSupplier random) {
    /** In memory that goes when nobody uses it any more. */
    public static final TableMemory PLAIN = new TableMemory(null, TableMemory::plain);

    private static final int PAGE = 4096;

    public TableMemory(@Nullable StateFile kept, IntFunction<UnsafeBuffer> memory) {
        this(kept, memory, new SecureRandom()::nextLong);
    }

    /** The same memory, with numbers that are always the same, so that a run can be repeated to the byte. */
    public TableMemory repeatable(long seed) {
        return new TableMemory(kept, memory, new SplittableRandom(seed)::nextLong);
    }

    private static UnsafeBuffer plain(int bytes) {
        return new UnsafeBuffer(ByteBuffer.allocateDirect(bytes + 2 * PAGE).alignedSlice(PAGE), 0, bytes);
    }
}
