package io.millrace.dataplane.nat;

import static io.millrace.codec.TcpHeader.ACK;
import static io.millrace.codec.TcpHeader.FIN;
import static io.millrace.codec.TcpHeader.RST;
import static io.millrace.codec.TcpHeader.SYN;

import io.millrace.codec.TcpHeader;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Two ends that talk TCP past somebody who tracks them. Each end keeps what RFC 9293 has it keep: what it will send next
 * and what it expects next. A segment goes by {@link #send}, and is heard by the other end unless it is {@link #lost}.
 */
final class TcpTalk {
    static final int INSIDE = 0;
    static final int OUTSIDE = 1;
    private static final int AT = 64;

    final TcpTracking tracking = new TcpTracking();
    final UnsafeBuffer record = new UnsafeBuffer(new byte[256]);

    /** SND.NXT of each end. */
    final int[] next = {1_000, 500_000};

    /** RCV.NXT of each end. */
    final int[] expected = new int[2];

    /** The window field that each end sends. */
    final int[] window = {8_000, 8_000};

    /** The scale each end offers in its SYN, or -1. */
    final int[] scale = {-1, -1};

    private final UnsafeBuffer bytes = new UnsafeBuffer(new byte[64]);
    private final TcpHeader tcp = new TcpHeader().wrap(bytes, 0);
    private int direction;
    private int end;

    TcpTalk() {
        record.setMemory(0, record.capacity(), (byte) 0x55);
        tracking.open(record, AT);
    }

    static TcpTalk established() {
        var talk = new TcpTalk();
        talk.handshake(INSIDE);
        return talk;
    }

    int state() {
        return TcpTracking.state(record, AT);
    }

    /** What the tracker takes for SND.NXT of an end. */
    int sent(int from) {
        return record.getInt(AT + 4 + 12 * from);
    }

    /** Three segments, the first by {@code opener}. */
    TcpTalk handshake(int opener) {
        syn(opener);
        send(1 - opener, SYN | ACK, 0);
        send(opener, ACK, 0);
        return this;
    }

    /** A SYN that acknowledges nothing. */
    int syn(int from) {
        return send(from, SYN, 0);
    }

    int data(int from, int length) {
        return send(from, ACK, length);
    }

    int ack(int from) {
        return send(from, ACK, 0);
    }

    int fin(int from) {
        return send(from, ACK | FIN, 0);
    }

    int reset(int from) {
        return send(from, RST, 0);
    }

    /** What the sender's RFC 9293 would send now. The other end hears it. */
    int send(int from, int flags, int length) {
        int state = sendAt(from, flags, next[from], expected[from], length);
        next[from] = end;
        expected[1 - from] = end;
        return state;
    }

    /** The last segment did not get there: it will have to be sent again. */
    void lost(int expectedBefore) {
        expected[1 - direction] = expectedBefore;
    }

    /** Any segment; nobody's idea of the connection changes but the tracker's. */
    int sendAt(int from, int flags, int sequence, int acknowledgment, int length) {
        direction = from;
        boolean scales = (flags & SYN) != 0 && scale[from] >= 0;
        tcp.sequenceNumber(sequence)
                .acknowledgmentNumber(acknowledgment)
                .headerLengthAndFlags(scales ? 24 : 20, flags)
                .window(window[from]);
        bytes.putInt(20, 0);
        if (scales) {
            bytes.putByte(20, (byte) 1);
            bytes.putByte(21, (byte) 3);
            bytes.putByte(22, (byte) 3);
            bytes.putByte(23, (byte) scale[from]);
        }
        end = sequence + length + ((flags & SYN) != 0 ? 1 : 0) + ((flags & FIN) != 0 ? 1 : 0);
        int state = tracking.segment(record, AT, from, tcp, length);
        for (int i = 0; i < record.capacity(); i++) {
            if ((i < AT || i >= AT + TcpTracking.LENGTH) && record.getByte(i) != 0x55) {
                throw new AssertionError("byte " + i + " is not the tracker's");
            }
        }
        return state;
    }
}
