package io.millrace.vtep.wiring;

import io.millrace.dataplane.nat.StateFile;
import java.nio.ByteBuffer;
import java.util.function.IntFunction;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Where the tables of connections lie.
 *
 * @param kept where those that outlive the process are, see {@link io.millrace.dataplane.nat.Nat#keep}; their recovery is
 *     the caller's; null: none does
 * @param memory gives so many zero bytes that begin at a page
 */
public record TableMemory(@Nullable StateFile kept, IntFunction<UnsafeBuffer> memory) {
    /** In memory that goes when nobody uses it any more. */
    public static final TableMemory PLAIN = new TableMemory(null, TableMemory::plain);

    private static final int PAGE = 4096;

    private static UnsafeBuffer plain(int bytes) {
        return new UnsafeBuffer(ByteBuffer.allocateDirect(bytes + 2 * PAGE).alignedSlice(PAGE), 0, bytes);
    }
}
