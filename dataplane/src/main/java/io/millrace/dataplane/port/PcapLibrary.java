package io.millrace.dataplane.port;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.List;

/**
 * The functions of libpcap that stand on the path of a frame, called without pcap4j between: no array is made, nothing
 * is copied twice. Handles and pointers are addresses. See pcap(3PCAP).
 */
final class PcapLibrary {
    private static final List<String> NAMES =
            List.of("libpcap.so.0.8", "libpcap.so.1", "libpcap.so", "libpcap.A.dylib", "libpcap.dylib");
    private static final SymbolLookup LIBRARY = library();
    private static final MethodHandle NEXT_EX = link("pcap_next_ex", JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle INJECT = link("pcap_inject", JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle DESCRIPTOR = link("pcap_get_selectable_fd", JAVA_INT, JAVA_LONG);

    private PcapLibrary() {}

    /**
     * The next frame: where its {@code struct pcap_pkthdr} is and where its bytes are, valid until the next call.
     *
     * @param header address of 8 bytes, for the first
     * @param data address of 8 bytes, for the second
     * @return 1; 0 when there is none at present; negative when there is trouble
     */
    static int next(long handle, long header, long data) {
        try {
            return (int) NEXT_EX.invokeExact(handle, header, data);
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    /** Sends one frame; returns its length, negative when it was not taken. */
    static int inject(long handle, long bytes, long length) {
        try {
            return (int) INJECT.invokeExact(handle, bytes, length);
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    /** A descriptor that is readable when a frame has come; −1 where there is none. */
    static int descriptor(long handle) {
        try {
            return (int) DESCRIPTOR.invokeExact(handle);
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    private static AssertionError impossible(Throwable e) {
        return new AssertionError("a call into libpcap", e);
    }

    private static SymbolLookup library() {
        for (var name : NAMES) {
            try {
                return SymbolLookup.libraryLookup(name, Arena.global());
            } catch (IllegalArgumentException itHasAnotherNameHere) {
                // the next one
            }
        }
        throw new UnsatisfiedLinkError("libpcap");
    }

    private static MethodHandle link(String name, MemoryLayout result, MemoryLayout... parameters) {
        return Linker.nativeLinker()
                .downcallHandle(LIBRARY.findOrThrow(name), FunctionDescriptor.of(result, parameters));
    }
}
