package io.millrace.bench;

import io.millrace.codec.EthernetHeader;
import io.millrace.codec.FrameText;
import io.millrace.codec.InternetChecksum;
import io.millrace.codec.Ipv4Header;
import io.millrace.codec.Malformed;
import io.millrace.codec.UdpHeader;
import io.millrace.codec.capture.LinkType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.agrona.concurrent.UnsafeBuffer;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Setup;

/**
 * What bytes cost to understand: 1,024 UDP frames side by side, 2 KB apart, from the first to the last and again. One
 * operation is one frame.
 */
public class CodecBenchmark extends FrameBenchmark {
    private static final int FRAMES = 1024;
    private static final int APART = 2112;
    private static final int IPV4 = 14;
    private static final int UDP = 34;
    private static final int LENGTH = 1514;

    private final UnsafeBuffer buffer = new UnsafeBuffer(ByteBuffer.allocateDirect(FRAMES * APART));
    private final EthernetHeader ethernet = new EthernetHeader();
    private final Ipv4Header ipv4 = new Ipv4Header();
    private final UdpHeader udp = new UdpHeader();
    private final FrameText text = new FrameText();

    @Setup
    public void write() {
        for (int i = 0; i < FRAMES; i++) {
            int at = i * APART;
            buffer.putShort(at + 12, (short) 0x0800, ByteOrder.BIG_ENDIAN);
            buffer.putInt(at + IPV4, 0x4500_0000 | (LENGTH - IPV4), ByteOrder.BIG_ENDIAN);
            buffer.putInt(at + 22, 0x4011_0000, ByteOrder.BIG_ENDIAN);
            buffer.putInt(at + 26, 0x0A00_0000 + i, ByteOrder.BIG_ENDIAN);
            buffer.putInt(at + 30, 0x0A00_0100 + i, ByteOrder.BIG_ENDIAN);
            buffer.putInt(at + UDP, 0x1389_138A, ByteOrder.BIG_ENDIAN);
            buffer.putShort(at + 38, (short) (LENGTH - UDP), ByteOrder.BIG_ENDIAN);
        }
    }

    /** Three headers checked, six fields read. */
    @Benchmark
    @OperationsPerInvocation(FRAMES)
    public long parse() {
        long sum = 0;
        for (int i = 0; i < FRAMES; i++) {
            int at = i * APART;
            if (ethernet.wrap(buffer, at).check(LENGTH, LENGTH) == Malformed.NONE
                    && ipv4.wrap(buffer, at + IPV4).check(LENGTH - IPV4, LENGTH - IPV4) == Malformed.NONE
                    && udp.wrap(buffer, at + UDP).check(LENGTH - UDP, LENGTH - UDP) == Malformed.NONE) {
                sum += ethernet.destination()
                        + ethernet.source()
                        + ipv4.source()
                        + ipv4.destination()
                        + udp.sourcePort()
                        + udp.destinationPort();
            }
        }
        if (sum == 0) {
            throw new IllegalStateException("no frame was well-formed");
        }
        return sum;
    }

    /** The Internet checksum of 1,480 bytes. */
    @Benchmark
    @OperationsPerInvocation(FRAMES)
    public int checksum() {
        int sum = 0;
        for (int i = 0; i < FRAMES; i++) {
            sum += InternetChecksum.sum(buffer, i * APART + UDP, LENGTH - UDP);
        }
        return sum;
    }

    /** RFC 1624: an address changes, a checksum follows. */
    @Benchmark
    @OperationsPerInvocation(FRAMES)
    public int incrementalUpdate() {
        int sum = 0;
        for (int i = 0; i < FRAMES; i++) {
            sum += InternetChecksum.update32(i, 0x0A00_0000 + i, 0xC0A8_0000 + i);
        }
        return sum;
    }

    /** A frame as one line a layer. */
    @Benchmark
    @OperationsPerInvocation(FRAMES)
    public int text() {
        int length = 0;
        for (int i = 0; i < FRAMES; i++) {
            length += text.write(LinkType.ETHERNET, buffer, i * APART, LENGTH, LENGTH)
                    .length();
        }
        return length;
    }
}
