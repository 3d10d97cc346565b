package io.millrace.dataplane.nat;

import static io.millrace.dataplane.nat.TcpRecord.ACKED;
import static io.millrace.dataplane.nat.TcpRecord.EDGE;
import static io.millrace.dataplane.nat.TcpRecord.FIN_SENT;
import static io.millrace.dataplane.nat.TcpRecord.SCALE_OFFERED;
import static io.millrace.dataplane.nat.TcpRecord.SENT;
import static io.millrace.dataplane.nat.TcpRecord.SENT_KNOWN;
import static io.millrace.dataplane.nat.TcpRecord.SYN_ACKED;
import static io.millrace.dataplane.nat.TcpRecord.WINDOW_KNOWN;

import io.millrace.codec.TcpHeader;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * What somebody in the middle knows of a TCP connection: the state machine of RFC 7857 section 2, and of each direction
 * how much was sent, acknowledged and permitted, so that a reset that nobody who follows the connection would send ends
 * nothing (RFC 7857 section 2.2, RFC 5961 section 3). It lies in {@link #LENGTH} bytes, laid out by {@link TcpRecord}.
 * Sequence numbers are compared modulo 2^32.
 *
 * <p>It is a witness and no judge: all segments pass but a reset out of the window. A segment that does not fit what is
 * known changes no state — yet the witness may be the one who is wrong, having missed segments. So the last number that
 * did not fit is kept, the <em>stray</em>; once the other end names the same number too, in an acknowledgment or a
 * reset, they agree and it is believed. Nobody who sees only one side can bring that about.
 *
 * <p>One object serves all records of a worker; one thread. The header must have been {@linkplain TcpHeader#check
 * checked}.
 */
final class TcpTracking {
    /** How many bytes of a record this takes. */
    static final int LENGTH = TcpRecord.LENGTH;

    /** Nothing was seen yet. */
    static final int NEW = 0;

    /** One end has sent its SYN. */
    static final int SYN_SENT = 1;

    /** Both have, but not both were acknowledged: partially open, though RFC 7857 draws it as established. */
    static final int SYN_ANSWERED = 2;

    static final int ESTABLISHED = 3;

    /** One end will send no more; the other has not acknowledged that. */
    static final int FIN_WAIT = 4;

    /** One end will send no more, and the other knows. */
    static final int CLOSE_WAIT = 5;

    /** Both ends will send no more. */
    static final int LAST_ACK = 6;

    /** Both ends will send no more, and both know. */
    static final int TIME_WAIT = 7;

    /** A reset ended it, so it seems; RFC 7857 calls this TRANS. */
    static final int RESET = 8;

    /** How many states there are, numbered from 0. */
    static final int STATES = 9;

    /** Not a state: the segment is a reset that its receiver would not heed, and is not to pass. */
    static final int OUT_OF_WINDOW = -1;

    /** The largest window there can be is 2^30 (RFC 7323 section 2.3): what is assumed as long as nothing is known. */
    private static final int LARGEST_SCALE = 14;

    private static final int UNSCALED_WINDOW = 65_535;

    private static final int BOTH_WINDOWS = WINDOW_KNOWN | WINDOW_KNOWN << 1;
    private static final int PLAIN = TcpRecord.STATE | BOTH_WINDOWS;
    private static final int PLAIN_ESTABLISHED = ESTABLISHED | BOTH_WINDOWS;
    private static final int SPECIAL = TcpHeader.SYN | TcpHeader.FIN | TcpHeader.RST | TcpHeader.ACK;

    private final TcpRecord known = new TcpRecord();
    private int direction;
    private int other;
    private int flags;
    private int sequence;
    private int end;
    private int acknowledgment;
    private int window;

    /** Begins the record of a connection of which nothing was seen, {@link #LENGTH} bytes from {@code at} on. */
    void open(UnsafeBuffer buffer, int at) {
        buffer.setMemory(at, LENGTH, (byte) 0);
    }

    /** The state of the connection: {@link #NEW} to {@link #RESET}. */
    static int state(UnsafeBuffer buffer, int at) {
        return buffer.getInt(at) & TcpRecord.STATE;
    }

    /**
     * Whether a segment that belongs to no connection may begin one: a SYN, or in the middle of a connection, if {@code
     * loose} says so, any that acknowledges something.
     */
    static boolean mayBegin(TcpHeader tcp, boolean loose) {
        int special = tcp.flags() & SPECIAL;
        return special == TcpHeader.SYN || (loose && (special & ~TcpHeader.FIN) == TcpHeader.ACK);
    }

    /** Whether both ends take part: neither a flood of SYNs nor a scan gets that far. */
    static boolean isOpen(UnsafeBuffer buffer, int at) {
        int bits = buffer.getInt(at);
        int state = bits & TcpRecord.STATE;
        return state >= ESTABLISHED && state != RESET && (bits & BOTH_WINDOWS) == BOTH_WINDOWS;
    }

    /** Whether a SYN without ACK, in this state, is the beginning of another connection between the same ends. */
    static boolean isOver(int state) {
        return state == TIME_WAIT || state == RESET;
    }

    /**
     * A segment of the connection.
     *
     * @param direction 0 if it goes the way of the packet that made the record, 1 if the other
     * @param payloadLength what follows the header, in bytes; 65,535 at most. Negative: the header itself is cut behind
     *     its first 20 bytes, by a fragment; then its options are not read
     * @return the state it leaves behind, or {@link #OUT_OF_WINDOW}
     */
    int segment(UnsafeBuffer buffer, int at, int direction, TcpHeader tcp, int payloadLength) {
        int bits = buffer.getInt(at);
        int flags = tcp.flags();
        int sender = at + TcpRecord.ENDS + direction * TcpRecord.END_LENGTH;
        int receiver = at + TcpRecord.ENDS + TcpRecord.END_LENGTH - direction * TcpRecord.END_LENGTH;
        int sequence = (int) tcp.sequenceNumber();
        int acknowledgment = (int) tcp.acknowledgmentNumber();
        int end = sequence + payloadLength;
        if ((bits & PLAIN) == PLAIN_ESTABLISHED
                && (flags & SPECIAL) == TcpHeader.ACK
                && sequence - buffer.getInt(sender + EDGE) <= 0
                && end - buffer.getInt(sender + ACKED) >= 0
                && acknowledgment - buffer.getInt(receiver + SENT) <= 0) {
            TcpRecord.raise(buffer, sender + SENT, end);
            TcpRecord.raise(buffer, receiver + ACKED, acknowledgment);
            int edge = acknowledgment + (tcp.window() << TcpRecord.scaleIn(bits, direction));
            TcpRecord.raise(buffer, receiver + EDGE, edge);
            return ESTABLISHED;
        }
        known.wrap(buffer, at);
        this.direction = direction;
        this.other = 1 - direction;
        this.flags = flags;
        this.sequence = sequence;
        this.acknowledgment = acknowledgment;
        this.window = tcp.window();
        this.end = sequence + Math.max(payloadLength, 0) + (has(TcpHeader.FIN) ? 1 : 0) + (has(TcpHeader.SYN) ? 1 : 0);
        int state = has(TcpHeader.RST)
                ? reset()
                : has(TcpHeader.SYN) ? synchronize(payloadLength < 0 ? -1 : tcp.windowScale()) : ordinary();
        known.store();
        return state;
    }

    // ---- resets

    private int reset() {
        int state = known.state();
        if (!isResetHeeded(state)) {
            if (!known.isStray(direction, other, sequence)) {
                return OUT_OF_WINDOW;
            }
            if (state == SYN_SENT) {
                return state; // it ends what the other end has kept of an older connection, not this one
            }
        }
        return known.become(RESET);
    }

    /** Whether its receiver would heed it, RFC 9293 section 3.10.7, as far as the middle knows. */
    private boolean isResetHeeded(int state) {
        if (state <= SYN_ANSWERED
                && has(TcpHeader.ACK)
                && known.has(SENT_KNOWN, other)
                && acknowledgment == known.number(other, SENT)) {
            return true; // the answer to a SYN
        }
        if (!known.has(WINDOW_KNOWN, direction)) {
            return state > SYN_SENT;
        }
        int lowest = known.number(direction, ACKED);
        if (known.has(FIN_SENT, direction)) {
            lowest--; // some repeat their FIN's number
        }
        int edge = known.number(direction, EDGE);
        int sent = known.number(direction, SENT);
        int highest = sent - edge > 0 ? sent : edge; // beyond the edge: a window probe
        return sequence - lowest >= 0 && sequence - highest <= 0;
    }

    // ---- SYN

    private int synchronize(int scale) {
        int state = known.state();
        boolean acknowledges = has(TcpHeader.ACK);
        boolean isOpener = known.has(WINDOW_KNOWN, direction);
        if (state == SYN_SENT && !isOpener) {
            return !acknowledges || isAcceptable() ? answer(scale) : stray(other, acknowledgment);
        }
        if (!acknowledges && (state == NEW || state == SYN_SENT || isOver(state))) {
            if (state == SYN_SENT && sequence == known.number(direction, ACKED)) {
                return state; // once more; some leave their options out when the first got no answer
            }
            return begin(direction, sequence, end, scale, window);
        }
        if (state == SYN_ANSWERED && isInWindow() && (!acknowledges || isAcceptable())) {
            if (acknowledges) {
                learnAcknowledgment(); // two SYNs have crossed: each is repeated with an acknowledgment
            }
            return settle();
        }
        if (acknowledges && known.isStray(other, other, acknowledgment)) {
            begin(
                    other,
                    acknowledgment - 1,
                    acknowledgment,
                    LARGEST_SCALE,
                    UNSCALED_WINDOW); // both have forgotten the old one
            return answer(scale);
        }
        return stray(direction, end);
    }

    private int begin(int opener, int first, int next, int scale, int permitted) {
        known.clear();
        known.numbers(opener, next, first, next);
        known.set(SENT_KNOWN | WINDOW_KNOWN, opener);
        known.number(1 - opener, EDGE, permitted); // until there is a number to add it to
        offer(opener, scale);
        known.scale(1 - opener, LARGEST_SCALE);
        return known.become(SYN_SENT);
    }

    /** The other end's SYN. Windows are scaled when both have offered it (RFC 7323 section 2.2). */
    private int answer(int scale) {
        offer(direction, scale);
        if (!known.hasBoth(SCALE_OFFERED)) {
            known.scale(0, 0);
            known.scale(1, 0);
        }
        known.numbers(direction, end, sequence, end + known.number(direction, EDGE));
        known.set(SENT_KNOWN | WINDOW_KNOWN, direction);
        if (has(TcpHeader.ACK)) {
            learnAcknowledgment();
        }
        return known.become(SYN_ANSWERED);
    }

    private void offer(int direction, int scale) {
        known.clear(SCALE_OFFERED, direction);
        if (scale >= 0) {
            known.set(SCALE_OFFERED, direction);
        }
        known.scale(direction, Math.clamp(scale, 0, LARGEST_SCALE));
    }

    // ---- the rest

    private int ordinary() {
        int state = known.state();
        if (state == NEW) {
            pickUp();
        } else if (state == RESET && !known.hasBoth(WINDOW_KNOWN) && !known.hasBoth(SYN_ACKED)) {
            return state; // it was never open
        }
        if (!isInWindow() && !agreesOnSequence()) {
            return isOld() ? state : stray(direction, end);
        }
        if (has(TcpHeader.ACK)) {
            if (!isAcceptable() && !known.isStray(other, other, acknowledgment)) {
                return stray(other, acknowledgment);
            }
            learnAcknowledgment();
        }
        learnSequence();
        if (has(TcpHeader.FIN)) {
            known.set(FIN_SENT, direction);
        }
        return settle();
    }

    /** In the middle of a connection: its windows come to be known as each end acknowledges the other's bytes. */
    private void pickUp() {
        known.setBoth(SYN_ACKED);
        known.scale(0, LARGEST_SCALE);
        known.scale(1, LARGEST_SCALE);
        known.become(ESTABLISHED);
    }

    /** As its receiver sees it, RFC 9293 section 3.10.7.4; with nothing known of that, yes. */
    private boolean isInWindow() {
        return !known.has(WINDOW_KNOWN, direction) || (sequence - known.number(direction, EDGE) <= 0 && !isOld());
    }

    /** All of it was acknowledged: a repetition, or a keep-alive, which says nothing new and is not heeded. */
    private boolean isOld() {
        return end - known.number(direction, ACKED) < 0;
    }

    /** Nobody acknowledges what was not sent. What opens a connection must acknowledge the SYN. */
    private boolean isAcceptable() {
        if (!known.has(WINDOW_KNOWN, other)) {
            return true;
        }
        int news = acknowledgment - known.number(other, ACKED);
        return acknowledgment - known.number(other, SENT) <= 0 && (news > 0 || known.state() != SYN_SENT);
    }

    private boolean agreesOnSequence() {
        boolean agreed = known.isStray(direction, other, sequence) || known.isStray(direction, other, end);
        if (agreed && !isOld()) {
            known.numbers(direction, end, sequence, end + UNSCALED_WINDOW);
            known.forgetStray();
            return true;
        }
        return false;
    }

    private void learnSequence() {
        if (known.has(SENT_KNOWN, direction)) {
            known.raise(direction, SENT, end);
        } else {
            known.number(direction, SENT, end);
            known.set(SENT_KNOWN, direction);
        }
    }

    private void learnAcknowledgment() {
        int edge = acknowledgment + (has(TcpHeader.SYN) ? window : window << known.scale(direction));
        if (!known.has(WINDOW_KNOWN, other) || !isAcceptable()) {
            boolean moreWasSent = known.has(SENT_KNOWN, other) && known.number(other, SENT) - acknowledgment > 0;
            int sent = moreWasSent ? known.number(other, SENT) : acknowledgment;
            known.numbers(other, sent, acknowledgment, edge);
            known.set(SENT_KNOWN | WINDOW_KNOWN | SYN_ACKED, other);
            known.forgetStray();
        } else if (acknowledgment - known.number(other, ACKED) > 0) {
            known.number(other, ACKED, acknowledgment);
            known.set(SYN_ACKED, other);
        }
        known.raise(other, EDGE, edge);
    }

    /** The state that follows from what is known by now. */
    private int settle() {
        int state = known.state();
        if (!known.hasBoth(SYN_ACKED)) {
            return state == RESET || !known.hasBoth(WINDOW_KNOWN) ? state : known.become(SYN_ANSWERED);
        }
        boolean allHeard = isFinHeard(0) && isFinHeard(1);
        if (known.hasBoth(FIN_SENT)) {
            return known.become(allHeard ? TIME_WAIT : LAST_ACK);
        }
        if (known.has(FIN_SENT, 0) || known.has(FIN_SENT, 1)) {
            return known.become(allHeard ? CLOSE_WAIT : FIN_WAIT);
        }
        return known.become(ESTABLISHED);
    }

    /** Whether a direction has no FIN that was not acknowledged. */
    private boolean isFinHeard(int direction) {
        return !known.has(FIN_SENT, direction) || known.number(direction, ACKED) == known.number(direction, SENT);
    }

    // ---- the stray number

    /** Keeps a number of the bytes of one direction that the sender of this segment has named, and changes nothing. */
    private int stray(int numbersOf, int number) {
        known.stray(numbersOf, direction, number);
        return known.state();
    }

    private boolean has(int flag) {
        return (flags & flag) != 0;
    }
}
