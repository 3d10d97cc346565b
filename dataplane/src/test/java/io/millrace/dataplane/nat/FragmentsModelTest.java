package io.millrace.dataplane.nat;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.codec.IpProtocol;
import io.millrace.codec.Ipv4Header;
import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.frame.FramePool;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Packets cut anywhere, in any order and mixed with one another, some fragments twice, some overlapping with other
 * contents: what comes out is put together by a receiver that knows how long each packet is. It must get every sound
 * packet whole, and until it has one no byte of that twice.
 */
class FragmentsModelTest {
    private static final int NETWORK = 14;

    private final FramePool pool = new FramePool(1024, 0);
    private final Fragments fragments =
            new Fragments(pool.buffer(), 3, new Fragments.Room(), (frame, why) -> pool.free(frame));
    private final Map<Integer, byte[]> received = new HashMap<>();
    private final Map<Integer, Sent> sent = new HashMap<>();
    private final Set<Integer> whole = new HashSet<>();

    /** A part of a packet; {@code version} is what each of its bytes is. */
    private record Part(int id, int offset, int length, boolean more, int version) {}

    /** A packet that was sent: every part of it in any order. */
    private record Sent(int id, int length, List<Part> parts, boolean spoilt) {}

    private static Sent cut(int id, Random random) {
        int length = 16 + random.nextInt(4000);
        var parts = new ArrayList<Part>();
        for (int at = 0; at < length; ) {
            int size = Math.min(length - at, 8 * (1 + random.nextInt(60)));
            size = length - at - size == 0 && at == 0 ? 8 : size;
            parts.add(new Part(id, at, size, at + size < length, 1));
            at += size;
        }
        if (random.nextInt(3) == 0) {
            parts.add(parts.get(random.nextInt(parts.size())));
        }
        boolean spoilt = random.nextInt(3) == 0;
        if (spoilt) {
            var victim = parts.get(random.nextInt(parts.size()));
            int from = Math.max(0, victim.offset - 8 * random.nextInt(2));
            int size = victim.length / 8 * 8 + 8;
            parts.add(new Part(id, from, size, true, 2));
        }
        Collections.shuffle(parts, random);
        boolean tooMany = parts.indexOf(first(parts)) > FragmentedPacket.MOST_WAITING;
        return new Sent(id, length, parts, spoilt || tooMany);
    }

    private static Part first(List<Part> parts) {
        return parts.stream().filter(part -> part.offset == 0).findFirst().orElseThrow();
    }

    private long frame(Part part) {
        long frame = pool.allocate(NETWORK + 20 + part.length);
        int at = Frame.head(frame) + NETWORK;
        new Ipv4Header()
                .wrap(pool.buffer(), at)
                .plain()
                .totalLength(20 + part.length)
                .identification(part.id)
                .fragment(false, part.more, part.offset)
                .protocol(IpProtocol.UDP)
                .source(1)
                .destination(2)
                .writeChecksum();
        pool.buffer().setMemory(at + 20, part.length, (byte) part.version);
        return frame;
    }

    private void receive(long frame, long token) {
        var header = new Ipv4Header().wrap(pool.buffer(), Frame.head(frame) + NETWORK);
        int id = header.identification();
        assertThat((long) id).as("the packet whose token it got").isEqualTo(token);
        var packet = received.computeIfAbsent(id, _ -> new byte[sent.get(id).length + 512]);
        for (int i = 0, at = header.fragmentOffset(); i < header.payloadLength(); i++, at++) {
            assertThat(packet[at]).as("byte %d of packet %d comes once", at, id).isZero();
            packet[at] = pool.buffer().getByte(header.offset() + 20 + i);
        }
        pool.free(frame);
        if (IntStream.range(0, sent.get(id).length).allMatch(i -> packet[i] == 1)) {
            whole.add(id);
            received.remove(id);
        }
    }

    private void give(Part part) {
        long frame = frame(part);
        int verdict = fragments.admit(frame, NETWORK, 0);
        if (verdict == Fragments.FIRST) {
            int waited = fragments.decided(part.id, part.id, 0);
            receive(frame, part.id);
            for (int i = 0; i < waited; i++) {
                receive(fragments.released(i), part.id);
            }
        } else if (verdict == Fragments.KNOWN) {
            receive(frame, fragments.token());
        } else if (verdict < 0) {
            pool.free(frame);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void everySoundPacketArrivesWholeAndNoByteTwice(long seed) {
        var random = new Random(seed);
        for (int round = 0; round < 40; round++) {
            received.clear();
            var packets = new ArrayList<Sent>();
            for (int i = 0; i < 12; i++) {
                packets.add(cut(round * 100 + i, random));
                sent.put(round * 100 + i, packets.get(i));
            }
            var queues =
                    packets.stream().map(sent -> new ArrayList<>(sent.parts)).toList();
            var turns = new ArrayList<Integer>();
            for (int i = 0; i < packets.size(); i++) {
                turns.addAll(Collections.nCopies(queues.get(i).size(), i));
            }
            Collections.shuffle(turns, random);
            turns.forEach(i -> give(queues.get(i).removeFirst()));
            for (var packet : packets) {
                assertThat(packet.spoilt || whole.contains(packet.id))
                        .as("%s", packet)
                        .isTrue();
            }
        }
        fragments.age(Fragments.LIFETIME);
        assertThat(pool.inUse()).isZero();
    }

    @Test
    void theIdentificationsOfOneSourceDestinationAndProtocolAreAllDifferent() {
        var identifications = new Identifications(42);
        var seen = new boolean[65_536];
        for (int i = 0; i < 65_536; i++) {
            int id = (int) identifications.next(0, 1, 0, 2, 17, 1) & 0xFFFF;
            assertThat(seen[id]).isFalse();
            seen[id] = true;
        }
    }
}
