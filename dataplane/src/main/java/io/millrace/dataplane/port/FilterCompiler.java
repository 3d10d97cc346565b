package io.millrace.dataplane.port;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import io.millrace.codec.capture.LinkType;
import io.millrace.codec.filter.BpfFilter;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Turns an expression of tcpdump's filter language, pcap-filter(7), into a program for Ethernet frames. libpcap compiles
 * it, on a handle behind which there is no interface.
 *
 * <p>Any thread but a worker's: names in an expression may be looked up in the DNS. One expression at a time, since
 * libpcap's parser was not made for several.
 */
public final class FilterCompiler {
    /** As many bytes as tcpdump keeps of a frame when it is not told: all of it. */
    public static final int WHOLE_FRAME = 262_144;

    private static final int NO_NETMASK = -1, OPTIMIZE = 1;
    private static final int INSTRUCTION = Long.BYTES;
    private static final List<String> LIBRARIES = List.of("libpcap.so.0.8", "libpcap.so.1");
    private static final ReentrantLock ONE_AT_A_TIME = new ReentrantLock();

    private FilterCompiler() {}

    /** Whether there is a libpcap. */
    public static boolean isPossible() {
        return Libpcap.LOADED.isPresent();
    }

    /**
     * Compiles an expression; an empty one takes every frame.
     *
     * @throws FilterException when libpcap is not installed, or does not understand the expression
     */
    public static BpfFilter compile(String expression) throws FilterException {
        if (expression.isBlank()) {
            return BpfFilter.everything();
        }
        if (expression.indexOf('\0') >= 0) {
            throw new FilterException(
                    "filter '" + expression.replace("\0", "\\0") + "': a zero byte has no place in it");
        }
        var libpcap = Libpcap.LOADED.orElseThrow(() -> new FilterException("filter '" + expression
                + "': filters are compiled by libpcap, which is not installed (Debian: apt install libpcap0.8)"));
        ONE_AT_A_TIME.lock();
        try (var arena = Arena.ofConfined()) {
            return libpcap.compile(expression, arena);
        } finally {
            ONE_AT_A_TIME.unlock();
        }
    }

    /** The functions of pcap.h that compile. */
    private record Libpcap(
            MethodHandle openDead, MethodHandle compile, MethodHandle error, MethodHandle free, MethodHandle close) {
        /** struct bpf_program: the number of instructions, and where they are. */
        private static final MemoryLayout PROGRAM =
                MemoryLayout.structLayout(JAVA_INT, MemoryLayout.paddingLayout(4), ADDRESS);

        static final Optional<Libpcap> LOADED =
                LIBRARIES.stream().flatMap(name -> load(name).stream()).findFirst();

        private static Optional<Libpcap> load(String library) {
            try {
                var symbols = SymbolLookup.libraryLookup(library, Arena.global());
                return Optional.of(new Libpcap(
                        link(symbols, "pcap_open_dead", FunctionDescriptor.of(ADDRESS, JAVA_INT, JAVA_INT)),
                        link(
                                symbols,
                                "pcap_compile",
                                FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, ADDRESS, JAVA_INT, JAVA_INT)),
                        link(symbols, "pcap_geterr", FunctionDescriptor.of(ADDRESS, ADDRESS)),
                        link(symbols, "pcap_freecode", FunctionDescriptor.ofVoid(ADDRESS)),
                        link(symbols, "pcap_close", FunctionDescriptor.ofVoid(ADDRESS))));
            } catch (IllegalArgumentException absent) {
                return Optional.empty();
            }
        }

        private static MethodHandle link(SymbolLookup symbols, String name, FunctionDescriptor descriptor) {
            return Linker.nativeLinker().downcallHandle(symbols.findOrThrow(name), descriptor);
        }

        BpfFilter compile(String expression, Arena arena) throws FilterException {
            try {
                var handle = (MemorySegment) openDead.invokeExact(LinkType.ETHERNET.number(), WHOLE_FRAME);
                try {
                    var program = arena.allocate(PROGRAM);
                    int result = (int)
                            compile.invokeExact(handle, program, arena.allocateFrom(expression), OPTIMIZE, NO_NETMASK);
                    if (result != 0) {
                        throw new FilterException("filter '" + expression + "': " + words(handle));
                    }
                    try {
                        return filter(program, expression);
                    } finally {
                        free.invokeExact(program);
                    }
                } finally {
                    close.invokeExact(handle);
                }
            } catch (FilterException refused) {
                throw refused;
            } catch (Throwable e) {
                throw new AssertionError("a call into libpcap", e);
            }
        }

        private String words(MemorySegment handle) throws Throwable {
            var text = (MemorySegment) error.invokeExact(handle);
            return text.reinterpret(Integer.MAX_VALUE).getString(0);
        }

        private static BpfFilter filter(MemorySegment program, String expression) throws FilterException {
            int length = program.get(JAVA_INT, 0);
            var instructions = program.get(ADDRESS, Long.BYTES).reinterpret((long) length * INSTRUCTION);
            try {
                return BpfFilter.of(instructions.toArray(JAVA_LONG_UNALIGNED));
            } catch (IllegalArgumentException tooLong) {
                throw new FilterException("filter '" + expression + "': " + tooLong.getMessage());
            }
        }
    }
}
