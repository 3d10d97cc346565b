package io.millrace.dataplane.port;

import io.millrace.dataplane.frame.Offload;
import io.millrace.dataplane.linux.KernelException;
import io.millrace.dataplane.linux.Memory;
import io.millrace.dataplane.linux.Native;
import java.lang.ref.Reference;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The receive ring of a packet socket, TPACKET_V2: slots of 2 KB that kernel and reader go round after each other. A slot
 * belongs to whom its status word says; see the kernel's {@code Documentation/networking/packet_mmap.rst} and
 * {@code include/uapi/linux/if_packet.h}. One thread.
 *
 * <pre>
 *  slot | struct tpacket2_hdr | … | virtio_net_hdr (10) | the frame, without a VLAN tag … |
 *       0                                               mac
 * </pre>
 */
final class PacketRing implements AutoCloseable {
    static final int SLOT = 2048;

    private static final int BLOCK = 64 * 1024;
    private static final int SOL_PACKET = 263;
    private static final int PACKET_RX_RING = 5;

    private static final int STATUS = 0;
    private static final int LENGTH = 4;
    private static final int KEPT = 8;
    private static final int MAC = 12;
    private static final int TAG_CONTROL = 24;
    private static final int TAG_TYPE = 26;

    private static final int OURS = 1;
    private static final int QUEUED = 1 << 1; // TP_STATUS_COPY
    private static final int TAGGED = 1 << 4; // TP_STATUS_VLAN_VALID
    private static final int KERNELS = 0;

    private final Native calls;
    private final UnsafeBuffer memory;
    private int at;
    private int status;

    private PacketRing(Native calls, UnsafeBuffer memory) {
        this.calls = calls;
        this.memory = memory;
    }

    /** Gives a socket a ring of {@code bytes}, a multiple of 64 KB. The socket's version is V2. */
    static PacketRing of(Native calls, int socket, int bytes, String device) throws KernelException {
        var request = Memory.of(16); // struct tpacket_req
        request.putInt(0, BLOCK);
        request.putInt(4, bytes / BLOCK);
        request.putInt(8, SLOT);
        request.putInt(12, bytes / SLOT);
        try {
            KernelException.check(
                    "making a receive ring of " + bytes + " bytes for " + device,
                    calls.setsockopt(socket, SOL_PACKET, PACKET_RX_RING, request.addressOffset(), request.capacity()),
                    "CAP_NET_RAW");
        } finally {
            Reference.reachabilityFence(request); // the kernel has but its address
        }
        return new PacketRing(calls, Memory.map(calls, socket, 0, bytes));
    }

    /** Whether the next slot holds a frame; what follows tells about it until {@link #next}. */
    boolean ready() {
        status = memory.getIntVolatile(at + STATUS);
        return (status & OURS) != 0;
    }

    /** The frame's length, in bytes, without the tag. */
    int length() {
        return memory.getInt(at + LENGTH);
    }

    /** Whether all of the frame is in the slot. */
    boolean isWhole() {
        return memory.getInt(at + KEPT) == memory.getInt(at + LENGTH);
    }

    /** Whether the whole frame, too long for the slot, waits in the socket's queue: then as the first there. */
    boolean isQueued() {
        return (status & QUEUED) != 0;
    }

    /** Whether the kernel took a VLAN tag out of the bytes. */
    boolean isTagged() {
        return (status & TAGGED) != 0;
    }

    /** The tag as it was: type, then control information. */
    int tag() {
        return (memory.getShort(at + TAG_TYPE) & 0xFFFF) << 16 | (memory.getShort(at + TAG_CONTROL) & 0xFFFF);
    }

    /** What work the frame's sender left, from its virtio header. */
    long offload() {
        return Offload.read(memory, mac() - Offload.HEADER);
    }

    /** Copies the frame's bytes. */
    void copy(UnsafeBuffer to, int head, int length) {
        to.putBytes(head, memory, mac(), length);
    }

    private int mac() {
        return at + (memory.getShort(at + MAC) & 0xFFFF);
    }

    /** Gives the slot back to the kernel and goes on to the one behind it. */
    void next() {
        memory.putIntRelease(at + STATUS, KERNELS);
        at += SLOT;
        if (at == memory.capacity()) {
            at = 0;
        }
    }

    @Override
    public void close() {
        Memory.unmap(calls, memory);
    }
}
