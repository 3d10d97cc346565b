package io.millrace.bench.peers;

import io.millrace.dataplane.linux.KernelException;
import io.millrace.dataplane.linux.Memory;
import io.millrace.dataplane.linux.Native;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;

/** Hears what comes to the receiver, a sample of it, before it is swallowed; and judges what a device made of it. */
final class Ear implements AutoCloseable {
    /** Frames of a flood that are looked at. */
    private static final int SAMPLE = 64;

    private static final int AF_PACKET = 17;
    private static final int SOCK_RAW = 3;
    /** ETH_P_ALL in network byte order: who asks for one protocol alone gets only what is not swallowed. */
    private static final int ALL = 0x0300;

    private static final int MSG_DONTWAIT = 0x40;
    private static final int ADDRESS = 20;
    private static final int LONGEST = 2048;

    private final Course course;
    private final Native calls = new Native();
    private final UnsafeBuffer bytes = Memory.of(LONGEST);
    private final int socket;

    Ear(Course course) {
        this.course = course;
        socket = course.receiver().in(this::open);
    }

    private int open() throws IOException {
        int opened = calls.socket(AF_PACKET, SOCK_RAW, 0);
        KernelException.check("opening a socket on " + course.last(), opened, "CAP_NET_RAW");
        var address = Memory.of(ADDRESS);
        address.putShort(0, (short) AF_PACKET);
        address.putShort(2, (short) ALL);
        address.putInt(4, Course.index(course.last()));
        int bound = calls.bind(opened, address.addressOffset(), ADDRESS);
        KernelException.check("listening on " + course.last(), bound, "CAP_NET_RAW");
        return opened;
    }

    /**
     * The next UDP datagrams, as many as came within the time.
     *
     * @param patience ms
     */
    List<Packet> hear(int most, int patience) {
        var heard = new ArrayList<Packet>();
        long end = System.nanoTime() + patience * 1_000_000L;
        while (heard.size() < most && System.nanoTime() < end) {
            int length = (int) calls.recv(socket, bytes.addressOffset(), LONGEST, MSG_DONTWAIT);
            if (length < 0) {
                Flood.sleep(1);
                continue;
            }
            var copy = ByteBuffer.allocate(length).order(ByteOrder.BIG_ENDIAN);
            bytes.getBytes(0, copy, 0, length);
            var packet = new Packet(copy);
            if (packet.isUdp()) {
                heard.add(packet);
            }
        }
        return heard;
    }

    /**
     * A sample of what is coming through is as it has to be.
     *
     * @throws NotMeasured when it is not
     */
    void judge(Traffic traffic) {
        var heard = hear(SAMPLE, 1000);
        if (heard.isEmpty()) {
            throw new NotMeasured("of the flood nothing came out");
        }
        for (var packet : heard) {
            var fault = traffic.trip().fault(packet, traffic.flows());
            if (!fault.isEmpty()) {
                throw new NotMeasured("what came out has " + fault);
            }
        }
    }

    @Override
    public void close() {
        calls.close(socket);
    }
}
