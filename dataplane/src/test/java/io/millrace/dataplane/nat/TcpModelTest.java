package io.millrace.dataplane.nat;

import static io.millrace.codec.TcpHeader.ACK;
import static io.millrace.codec.TcpHeader.FIN;
import static io.millrace.codec.TcpHeader.RST;
import static io.millrace.codec.TcpHeader.SYN;
import static io.millrace.dataplane.nat.TcpTracking.CLOSE_WAIT;
import static io.millrace.dataplane.nat.TcpTracking.ESTABLISHED;
import static io.millrace.dataplane.nat.TcpTracking.FIN_WAIT;
import static io.millrace.dataplane.nat.TcpTracking.LAST_ACK;
import static io.millrace.dataplane.nat.TcpTracking.OUT_OF_WINDOW;
import static io.millrace.dataplane.nat.TcpTracking.RESET;
import static io.millrace.dataplane.nat.TcpTracking.SYN_ANSWERED;
import static io.millrace.dataplane.nat.TcpTracking.SYN_SENT;
import static io.millrace.dataplane.nat.TcpTracking.TIME_WAIT;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The tracker against a drawing: Figure 1 of RFC 7857, on random connections with segments lost, repeated and forged. */
class TcpModelTest {
    /** Figure 1, of what both ends really sent. Client is who opens. */
    private static final class Figure1 {
        enum State {
            CLOSED,
            INIT,
            ESTABLISHED,
            ONE_FIN,
            BOTH_FINS,
            TRANS
        }

        private State state = State.CLOSED;
        private int client;
        private boolean[] fin = new boolean[2];

        void segment(int from, int flags) {
            boolean syn = (flags & SYN) != 0;
            boolean over = state == State.CLOSED || state == State.TRANS || state == State.BOTH_FINS;
            if (syn && over && (flags & ACK) == 0) {
                state = State.INIT;
                client = from;
                fin = new boolean[2];
            } else if (syn && state == State.INIT && from != client) {
                state = State.ESTABLISHED;
            } else if ((flags & RST) != 0) {
                state = State.TRANS;
            } else if (!syn && state != State.INIT && state != State.CLOSED) {
                fin[from] |= (flags & FIN) != 0;
                state = fin[0] && fin[1] ? State.BOTH_FINS : fin[0] || fin[1] ? State.ONE_FIN : State.ESTABLISHED;
            }
        }
    }

    private static Figure1.State drawn(int state) {
        return switch (state) {
            case SYN_SENT -> Figure1.State.INIT;
            case SYN_ANSWERED, ESTABLISHED -> Figure1.State.ESTABLISHED;
            case FIN_WAIT, CLOSE_WAIT -> Figure1.State.ONE_FIN;
            case LAST_ACK, TIME_WAIT -> Figure1.State.BOTH_FINS;
            case RESET -> Figure1.State.TRANS;
            default -> Figure1.State.CLOSED;
        };
    }

    private final List<String> story = new ArrayList<>();
    private final Figure1 model = new Figure1();
    private final TcpTalk talk = new TcpTalk();
    private final boolean[] finished = new boolean[2];

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
    void whateverTwoEndsDoTheStateIsThatOfFigure1(long seed) {
        var random = new Random(seed);
        for (int connection = 0; connection < 300; connection++) {
            story.clear();
            int opener = random.nextInt(2);
            open(opener, random);
            boolean reset = false;
            for (int i = random.nextInt(40); i > 0 && !reset; i--) {
                forge(random);
                reset = step(random);
            }
            if (!reset) {
                close(random.nextInt(2), random);
            }
        }
    }

    private void open(int opener, Random random) {
        for (int end = 0; end < 2; end++) {
            talk.next[end] = random.nextInt();
            talk.scale[end] = random.nextInt(-1, 6);
            talk.window[end] = random.nextInt(3_000, 65_536);
            finished[end] = false;
        }
        int first = talk.next[opener];
        say(opener, SYN, 0);
        if (random.nextInt(4) == 0) {
            again(opener, SYN, first, 0, 0);
        }
        int second = talk.next[1 - opener];
        boolean simultaneous = random.nextInt(8) == 0;
        say(1 - opener, simultaneous ? SYN : SYN | ACK, 0);
        if (simultaneous) {
            again(opener, SYN | ACK, first, talk.expected[opener], 0);
            again(1 - opener, SYN | ACK, second, talk.expected[1 - opener], 0);
        } else if (random.nextInt(4) == 0) {
            again(opener, SYN, first, 0, 0);
            again(1 - opener, SYN | ACK, second, talk.expected[1 - opener], 0);
        }
        say(opener, ACK, 0);
    }

    /** Something that ends do. Whether the connection was reset. */
    private boolean step(Random random) {
        int from = random.nextInt(2);
        int before = talk.next[from];
        switch (random.nextInt(30)) {
            case 0, 1 -> finish(from);
            case 2 -> {
                say(from, random.nextBoolean() ? RST : RST | ACK, 0);
                return true;
            }
            case 3 -> again(from, ACK, before - 1, talk.expected[from], random.nextInt(2));
            default -> {
                if (finished[from]) {
                    say(from, ACK, 0);
                } else {
                    int length = random.nextInt(3_000);
                    say(from, ACK, length);
                    if (random.nextInt(6) == 0) {
                        again(from, ACK, before, talk.expected[from], length);
                    }
                }
                say(1 - from, ACK, 0);
            }
        }
        return false;
    }

    /** What somebody sends who does not know the numbers: resets are not to pass, and nothing is to change. */
    private void forge(Random random) {
        int from = random.nextInt(2);
        int off = 1 << 22 | random.nextInt(1 << 30);
        int sequence = talk.next[from] + (random.nextBoolean() ? off : -off);
        int flags = List.of(RST, RST | ACK, FIN | ACK, ACK, SYN, SYN | ACK, FIN).get(random.nextInt(7));
        boolean over = talk.state() == LAST_ACK || talk.state() == TIME_WAIT;
        if (over && flags == SYN) {
            return;
        }
        int acknowledgment = talk.expected[from] + (1 << 24) + random.nextInt(1 << 29);
        story.add("forged " + flags + " from " + from + " " + sequence);
        int state = talk.sendAt(from, flags, sequence, acknowledgment, 0);
        assertThat(state == OUT_OF_WINDOW).as("%s", story).isEqualTo((flags & RST) != 0);
        check();
    }

    private void close(int first, Random random) {
        finish(first);
        if (random.nextBoolean()) {
            say(1 - first, ACK, 0);
        }
        finish(1 - first);
        say(first, ACK, 0);
        say(1 - first, ACK, 0);
        assertThat(talk.state()).as("%s", story).isEqualTo(TIME_WAIT);
    }

    private void finish(int from) {
        if (!finished[from]) {
            say(from, FIN | ACK, 0);
            finished[from] = true;
        }
    }

    private void say(int from, int flags, int length) {
        story.add(from + ": " + flags + " " + talk.next[from] + " + " + length);
        model.segment(from, flags);
        assertThat(talk.send(from, flags, length)).as("%s", story).isNotEqualTo(OUT_OF_WINDOW);
        check();
    }

    private void again(int from, int flags, int sequence, int acknowledgment, int length) {
        story.add(from + ": again " + flags + " " + sequence + " + " + length);
        model.segment(from, flags);
        talk.sendAt(from, flags, sequence, acknowledgment, length);
        check();
    }

    private void check() {
        assertThat(drawn(talk.state())).as("%s", story).isEqualTo(model.state);
    }
}
