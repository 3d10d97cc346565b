package io.millrace.dataplane.port;

import com.sun.jna.Pointer;
import io.millrace.dataplane.linux.Errno;
import io.millrace.dataplane.linux.KernelException;
import java.util.Arrays;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.pcap4j.core.BpfProgram.BpfCompileMode;
import org.pcap4j.core.NotOpenException;
import org.pcap4j.core.PcapHandle;
import org.pcap4j.core.PcapHandle.BlockingMode;
import org.pcap4j.core.PcapHandle.PcapDirection;
import org.pcap4j.core.PcapNativeException;
import org.pcap4j.core.PcapNetworkInterface;
import org.pcap4j.core.PcapNetworkInterface.PromiscuousMode;
import org.pcap4j.core.Pcaps;
import org.pcap4j.packet.namednumber.DataLinkType;

/**
 * An interface opened by libpcap, as pcap4j finds, configures and closes it, and tells what went wrong. The frames
 * themselves pass by it: {@link #address} is what libpcap's own functions take.
 */
final class PcapDevice implements AutoCloseable {
    private static final int NO_SUCH_DEVICE = -5; // PCAP_ERROR_ of pcap.h
    private static final int PERMISSION_DENIED = -8;
    private static final int NOT_UP = -9;
    private static final int PROMISCUOUS_PERMISSION_DENIED = -11;
    private static final String NEEDS = "CAP_NET_RAW";

    private final PcapHandle handle;
    private volatile long dropped;

    private PcapDevice(PcapHandle handle) {
        this.handle = handle;
    }

    /**
     * Opens an interface, promiscuous, without waiting, so that each frame is there as soon as it has come.
     *
     * @param kept bytes kept of each frame
     * @param buffer bytes in which frames wait for us
     */
    static PcapDevice open(String name, int kept, int buffer) throws KernelException {
        var what = "opening " + name + " with libpcap";
        try {
            var handle = new PcapHandle.Builder(name)
                    .snaplen(kept)
                    .promiscuousMode(PromiscuousMode.PROMISCUOUS)
                    .immediateMode(true)
                    .timeoutMillis(1)
                    .bufferSize(buffer)
                    .build();
            try {
                return new PcapDevice(configured(handle, what));
            } catch (KernelException | PcapNativeException | NotOpenException e) {
                handle.close();
                throw e;
            }
        } catch (PcapNativeException e) {
            throw refused(what, e);
        } catch (NotOpenException e) {
            throw new AssertionError(e);
        } catch (LinkageError e) {
            throw new KernelException(
                    what + " (libpcap is not installed; Debian: apt install libpcap0.8; elsewhere: libpcap)",
                    -Errno.ENOENT,
                    NEEDS);
        }
    }

    private static PcapHandle configured(PcapHandle handle, String what)
            throws KernelException, PcapNativeException, NotOpenException {
        if (!handle.getDlt().equals(DataLinkType.EN10MB)) {
            throw new KernelException(
                    what + " (its frames are " + handle.getDlt().name() + ", not Ethernet)", -Errno.EOPNOTSUPP, NEEDS);
        }
        handle.setBlockingMode(BlockingMode.NONBLOCKING);
        handle.setDirection(PcapDirection.IN);
        return handle;
    }

    private static KernelException refused(String what, PcapNativeException e) {
        int code = e.getReturnCode() == null ? 0 : e.getReturnCode();
        return switch (code) {
            case NO_SUCH_DEVICE -> new KernelException(what + " (it lists " + names() + ")", -Errno.ENODEV, NEEDS);
            case NOT_UP -> new KernelException(what, -Errno.ENETDOWN, NEEDS);
            case PERMISSION_DENIED, PROMISCUOUS_PERMISSION_DENIED -> new KernelException(what, -Errno.EPERM, NEEDS);
            default -> new KernelException(what + " (" + oneLine(e) + ")", -Errno.EINVAL, NEEDS);
        };
    }

    private static String names() {
        try {
            return Pcaps.findAllDevs().stream()
                    .map(PcapNetworkInterface::getName)
                    .sorted()
                    .collect(Collectors.joining(", "));
        } catch (PcapNativeException e) {
            return "none";
        }
    }

    private static String oneLine(PcapNativeException e) {
        return String.valueOf(e.getMessage()).strip().replaceAll("\\s*\\R\\s*", " ");
    }

    /**
     * Lets only frames in that an expression of pcap-filter(7) takes.
     *
     * @param whole bytes the kernel is to hand on of such a frame
     */
    void filter(String device, String expression, int whole) throws FilterException {
        try {
            var program = Pcaps.compileFilter(
                    whole, DataLinkType.EN10MB, expression, BpfCompileMode.OPTIMIZE, PcapHandle.PCAP_NETMASK_UNKNOWN);
            try {
                handle.setFilter(program);
            } finally {
                program.free();
            }
        } catch (PcapNativeException e) {
            throw new FilterException("filter '" + expression + "' on " + device + ": " + oneLine(e));
        } catch (NotOpenException e) {
            throw new AssertionError(e);
        }
    }

    /** libpcap's handle ({@code pcap_t *}). pcap4j keeps it to itself. */
    long address() {
        var field = Arrays.stream(PcapHandle.class.getDeclaredFields())
                .filter(f -> f.getType().equals(Pointer.class))
                .findAny()
                .orElseThrow();
        field.setAccessible(true);
        try {
            return Pointer.nativeValue((@Nullable Pointer) field.get(handle));
        } catch (IllegalAccessException e) {
            throw new AssertionError(e);
        }
    }

    /** Frames that found the buffer full, since it was opened. */
    long dropped() {
        try {
            dropped = handle.getStats().getNumPacketsDropped();
        } catch (PcapNativeException | NotOpenException e) {
            return dropped; // it is closed, or its interface is gone
        }
        return dropped;
    }

    @Override
    public void close() {
        dropped();
        handle.close();
    }
}
