package io.millrace.dataplane.nat;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.codec.IpProtocol;
import io.millrace.codec.Ipv4Header;
import io.millrace.codec.Ipv6Header;
import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.graph.Drop;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Fragments one by one, and what becomes of each: {@code first}, {@code known}, {@code waits} or the name of a drop. */
class FragmentsTest {
    private static final int NETWORK = 14;
    private static final int UDP = IpProtocol.UDP;
    private static final int TCP = IpProtocol.TCP;

    private final FramePool pool = new FramePool(4096, 0);
    private final List<String> ended = new ArrayList<>();
    private final Fragments.Room room = new Fragments.Room();
    private final Fragments fragments = new Fragments(pool.buffer(), 7, room, (frame, why) -> {
        ended.add(number(frame) + " " + why);
        pool.free(frame);
    });
    private long now = Long.MAX_VALUE - 5_000_000_000L; // it wraps around on the way

    @AfterEach
    void everyFrameIsSomewhere() {
        now += Fragments.LIFETIME;
        fragments.age(now);
        assertThat(fragments.waiting()).isZero();
        assertThat(room.waiting()).isZero();
        assertThat(fragments.packets()).isZero();
        assertThat(pool.inUse()).isZero();
    }

    // ------------------------------------------------------------------ bytes

    private long ipv4(int protocol, int id, int offset, int length, boolean more) {
        long frame = pool.allocate(NETWORK + 20 + length);
        int at = Frame.head(frame) + NETWORK;
        pool.buffer().setMemory(at, 20 + length, (byte) 0);
        new Ipv4Header()
                .wrap(pool.buffer(), at)
                .plain()
                .totalLength(20 + length)
                .identification(id)
                .fragment(false, more, offset)
                .protocol(protocol)
                .source(0x0A01_0002)
                .destination(0xC000_0209)
                .writeChecksum();
        return frame;
    }

    private long ipv6(int upper, int id, int offset, int length, boolean more) {
        long frame = pool.allocate(NETWORK + 48 + length);
        int at = Frame.head(frame) + NETWORK;
        var bytes = pool.buffer();
        bytes.setMemory(at, 48 + length, (byte) 0);
        new Ipv6Header()
                .wrap(bytes, at)
                .traffic(0, 0)
                .payloadLength(8 + length)
                .nextHeader(IpProtocol.FRAGMENT)
                .source(1, 2)
                .destination(3, 4);
        bytes.putByte(at + 40, (byte) upper);
        bytes.putShort(at + 42, (short) (offset | (more ? 1 : 0)), ByteOrder.BIG_ENDIAN);
        bytes.putInt(at + 44, id, ByteOrder.BIG_ENDIAN);
        return frame;
    }

    /** Where the part begins that a frame has, in bytes. */
    private int number(long frame) {
        int at = Frame.head(frame) + NETWORK;
        boolean v6 = pool.buffer().getByte(at) >>> 4 == 6;
        int field = pool.buffer().getShort(at + (v6 ? 42 : 6), ByteOrder.BIG_ENDIAN);
        return v6 ? field & 0xFFF8 : (field & 0x1FFF) << 3;
    }

    /** What a gateway does, with 99 as its token; and what comes out of it. */
    private String given(long frame) {
        int verdict = fragments.admit(frame, NETWORK, now);
        if (verdict == Fragments.WAITS) {
            return "waits";
        }
        pool.free(frame);
        if (verdict == Fragments.KNOWN) {
            assertThat(fragments.token()).isEqualTo(99);
            return "known";
        }
        if (verdict < 0) {
            return Fragments.dropOf(verdict).name();
        }
        var out = new StringBuilder("first");
        for (int i = 0, n = fragments.decided(99, fragments.identification(), now); i < n; i++) {
            out.append(' ').append(number(fragments.released(i)));
            pool.free(fragments.released(i));
        }
        return out.toString();
    }

    private String udp(int id, int offset, int length, boolean more) {
        return given(ipv4(UDP, id, offset, length, more));
    }

    private String udp6(int id, int offset, int length, boolean more) {
        return given(ipv6(UDP, id, offset, length, more));
    }

    // ------------------------------------------------------------------ stories

    @Test
    void fragmentsInOrderGetWhatTheFirstOneGot() {
        assertThat(udp(1, 0, 1480, true)).isEqualTo("first");
        assertThat(udp(1, 1480, 1480, true)).isEqualTo("known");
        assertThat(udp(1, 2960, 40, false)).isEqualTo("known");
        assertThat(fragments.packets()).as("remembered when all has come").isZero();
    }

    @Test
    void thoseThatComeBeforeTheFirstWaitAndLeaveInTheOrderInWhichTheyCame() {
        assertThat(udp(1, 2960, 40, false)).isEqualTo("waits");
        assertThat(udp(1, 1480, 1480, true)).isEqualTo("waits");
        assertThat(fragments.waiting()).isEqualTo(2);
        assertThat(udp(1, 0, 1480, true)).isEqualTo("first 2960 1480");
        assertThat(fragments.packets()).isZero();
    }

    @Test
    void theSameIdentificationMayBeUsedAgainAtOnce() {
        for (int i = 0; i < 3; i++) {
            assertThat(udp(1, 0, 1480, true)).isEqualTo("first");
            assertThat(udp(1, 1480, 40, false)).isEqualTo("known");
        }
    }

    @Test
    void packetsAreToldApartByProtocolIdentificationAddressesAndFamily() {
        assertThat(udp(1, 0, 1480, true)).isEqualTo("first");
        assertThat(udp(2, 1480, 40, false)).isEqualTo("waits");
        assertThat(given(ipv4(TCP, 1, 1480, 40, false))).isEqualTo("waits");
        assertThat(udp6(1, 1480, 40, false)).isEqualTo("waits");
        long fromAnother = ipv4(UDP, 1, 1480, 40, false);
        pool.buffer().putByte(Frame.head(fromAnother) + NETWORK + 15, (byte) 3);
        assertThat(given(fromAnother)).isEqualTo("waits");
        long toAnother = ipv4(UDP, 1, 1480, 40, false);
        pool.buffer().putByte(Frame.head(toAnother) + NETWORK + 19, (byte) 3);
        assertThat(given(toAnother)).isEqualTo("waits");
    }

    @Test
    void anIpv6PacketIsOneWhateverItsFragmentsSayComesNext() {
        assertThat(udp6(1, 0, 1232, true)).isEqualTo("first");
        assertThat(given(ipv6(IpProtocol.NO_NEXT_HEADER, 1, 1232, 40, false))).isEqualTo("known");
        assertThat(udp6(0x0001_0001, 1232, 40, false)).as("all 32 bits count").isEqualTo("waits");
    }

    @Test
    void aFragmentThatComesTwiceIsDroppedAndDoesNoHarm() {
        assertThat(udp(1, 0, 800, true)).isEqualTo("first");
        assertThat(udp(1, 800, 800, true)).isEqualTo("known");
        assertThat(udp(1, 800, 800, true)).isEqualTo("FRAGMENT_REPEATED");
        assertThat(udp(1, 0, 800, true)).isEqualTo("FRAGMENT_REPEATED");
        assertThat(udp(1, 1600, 7, false)).isEqualTo("known");
    }

    @Test
    void teardropOneBegunInsideTheOtherEndsThePacket() {
        assertThat(udp(1, 0, 800, true)).isEqualTo("first");
        assertThat(udp(1, 792, 8, true)).isEqualTo("FRAGMENT_OVERLAPS");
        assertThat(udp(1, 800, 8, false)).isEqualTo("FRAGMENT_OVERLAPS");
        assertThat(udp(2, 0, 800, true)).as("another packet").isEqualTo("first");
    }

    @Test
    void whateverOverlapsEndsThePacketAndWhatWaits() {
        int id = 0;
        for (int[] range : new int[][] {{1600, 808}, {1608, 792}, {1592, 816}, {1592, 16}, {2392, 16}, {1600, 792}}) {
            ended.clear();
            assertThat(udp6(++id, 1600, 800, true)).isEqualTo("waits");
            assertThat(udp6(id, range[0], range[1], true)).isEqualTo("FRAGMENT_OVERLAPS");
            assertThat(ended).containsExactly("1600 FRAGMENT_OVERLAPS");
            assertThat(udp6(id, 0, 800, true)).isEqualTo("FRAGMENT_OVERLAPS");
            assertThat(udp6(id, 4000, 800, true)).isEqualTo("FRAGMENT_OVERLAPS");
        }
    }

    @Test
    void aPacketHasOneEnd() {
        assertThat(udp(1, 1600, 8, false)).isEqualTo("waits");
        assertThat(udp(1, 3200, 8, false)).as("a second end").isEqualTo("FRAGMENT_OVERLAPS");
        assertThat(udp(6, 1600, 8, false)).isEqualTo("waits");
        assertThat(udp(6, 800, 8, false)).as("a second end, before").isEqualTo("FRAGMENT_OVERLAPS");
        assertThat(udp(2, 1600, 8, false)).isEqualTo("waits");
        assertThat(udp(2, 1608, 8, true)).as("behind the end").isEqualTo("FRAGMENT_OVERLAPS");
        assertThat(udp(3, 1600, 8, false)).isEqualTo("waits");
        assertThat(udp(3, 1592, 8, true)).as("up to the end").isEqualTo("waits");
        assertThat(udp(4, 1600, 8, true)).isEqualTo("waits");
        assertThat(udp(4, 800, 8, false)).as("an end before").isEqualTo("FRAGMENT_OVERLAPS");
        assertThat(udp(5, 1600, 8, true)).isEqualTo("waits");
        assertThat(udp(5, 1600, 8, false)).as("the same, but the end").isEqualTo("FRAGMENT_OVERLAPS");
    }

    @Test
    void whatCannotBeIsDroppedByItself() {
        assertThat(udp(1, 8, 12, true)).as("the middle not in eights").isEqualTo("FRAGMENT_SENSELESS");
        assertThat(udp(1, 65_528, 8, false)).as("one byte too long").isEqualTo("FRAGMENT_SENSELESS");
        assertThat(udp(1, 65_528, 7, false)).as("as long as it may be").isEqualTo("waits");
        assertThat(udp(1, 800, 0, false)).as("nothing").isEqualTo("FRAGMENT_SENSELESS");
        assertThat(given(ipv6(UDP, 1, 800, 12, true))).isEqualTo("FRAGMENT_SENSELESS");
    }

    @Test
    void headersSpreadOverFragmentsDoNotPass() {
        assertThat(given(ipv4(TCP, 1, 0, 16, true))).as("flags, no checksum").isEqualTo("FRAGMENT_TINY");
        assertThat(given(ipv4(TCP, 1, 0, 24, true))).isEqualTo("first");
        assertThat(given(ipv4(TCP, 2, 8, 800, true))).as("RFC 3128").isEqualTo("FRAGMENT_TINY");
        assertThat(given(ipv6(TCP, 1, 0, 16, true))).isEqualTo("FRAGMENT_TINY");
        assertThat(given(ipv6(TCP, 2, 8, 800, true))).isEqualTo("FRAGMENT_TINY");
        assertThat(udp(3, 0, 8, true)).as("all of a UDP header").isEqualTo("first");
        long optionsOnly = ipv6(IpProtocol.DESTINATION_OPTIONS, 3, 0, 8, true);
        pool.buffer().putByte(Frame.head(optionsOnly) + NETWORK + 48, (byte) UDP);
        assertThat(given(optionsOnly)).isEqualTo("FRAGMENT_TINY");
        long longOptions = ipv6(IpProtocol.DESTINATION_OPTIONS, 4, 0, 8, true);
        pool.buffer().putByte(Frame.head(longOptions) + NETWORK + 49, (byte) 1);
        assertThat(given(longOptions)).as("RFC 7112").isEqualTo("FRAGMENT_TINY");
    }

    @Test
    void optionsBehindTheFragmentHeaderArePartOfThePacket() {
        long first = ipv6(IpProtocol.DESTINATION_OPTIONS, 1, 0, 16, true);
        pool.buffer().putByte(Frame.head(first) + NETWORK + 48, (byte) UDP);
        assertThat(given(first)).isEqualTo("first");
        assertThat(given(ipv6(IpProtocol.DESTINATION_OPTIONS, 1, 16, 8, false))).isEqualTo("known");
        assertThat(fragments.packets()).isZero();
    }

    @Test
    void whatTheFirstOneWasRefusedForTheOthersAre() {
        assertThat(udp(1, 800, 8, true)).isEqualTo("waits");
        long first = ipv4(UDP, 1, 0, 800, true);
        assertThat(fragments.admit(first, NETWORK, now)).isEqualTo(Fragments.FIRST);
        pool.free(first);
        fragments.refused(Drop.NO_ROUTE, now);
        assertThat(ended).containsExactly("800 NO_ROUTE");
        assertThat(udp(1, 808, 8, false)).isEqualTo("NO_ROUTE");
    }

    @Test
    void nobodyWaitsLongerThanThirtySeconds() {
        assertThat(udp(1, 800, 8, true)).isEqualTo("waits");
        now += Fragments.LIFETIME - 1;
        fragments.age(now);
        assertThat(udp(2, 800, 8, true)).isEqualTo("waits");
        assertThat(ended).isEmpty();
        now++;
        fragments.age(now);
        assertThat(ended).containsExactly("800 FRAGMENT_LATE");
        assertThat(udp(1, 0, 800, true)).as("anew").isEqualTo("first");
        assertThat(udp(2, 0, 800, true)).isEqualTo("first 800");
    }

    @Test
    void whatIsTooOldIsForgottenAlsoBeforeTheNextBeat() {
        assertThat(udp(1, 0, 800, true)).isEqualTo("first");
        now += Fragments.LIFETIME;
        assertThat(udp(1, 800, 8, true)).isEqualTo("waits");
    }

    @Test
    void fromTheFirstOneOnTheOthersHaveThirtySecondsMore() {
        assertThat(udp(1, 800, 8, true)).isEqualTo("waits");
        now += Fragments.LIFETIME - 1;
        assertThat(udp(1, 0, 800, true)).isEqualTo("first 800");
        now += Fragments.LIFETIME - 1;
        fragments.age(now);
        assertThat(udp(1, 808, 8, true)).isEqualTo("known");
        now++;
        fragments.age(now);
        assertThat(fragments.packets()).isZero();
    }

    @Test
    void sixteenOfAPacketWait() {
        for (int i = 1; i <= 16; i++) {
            assertThat(udp(1, i * 8, 8, true)).isEqualTo("waits");
        }
        assertThat(udp(1, 17 * 8, 8, true)).isEqualTo("FRAGMENT_AWAITED");
        assertThat(ended).hasSize(16).allMatch(end -> end.endsWith("FRAGMENT_AWAITED"));
        assertThat(udp(1, 0, 8, true)).isEqualTo("FRAGMENT_AWAITED");
    }

    @Test
    void twoHundredAndFiftySixWaitInAllAndTheOldestGoFirst() {
        for (int i = 1; i <= 256; i++) {
            assertThat(udp(i, 8 * i, 8, true)).isEqualTo("waits");
        }
        assertThat(ended).isEmpty();
        assertThat(udp(257, 8 * 257, 8, true)).isEqualTo("waits");
        assertThat(ended).containsExactly("8 FRAGMENT_LATE");
        assertThat(room.waiting()).isEqualTo(256);
        assertThat(udp(2, 0, 8, true)).isEqualTo("first 16");
    }

    @Test
    void anotherTableThatFillsTheRoomTakesNoFramesFromThisOne() {
        var other = new Fragments(pool.buffer(), 8, room, (frame, why) -> pool.free(frame));
        for (int i = 1; i <= 255; i++) {
            assertThat(other.admit(ipv4(UDP, i, 8, 8, true), NETWORK, now)).isEqualTo(Fragments.WAITS);
        }
        assertThat(udp(1, 8, 8, true)).isEqualTo("waits");
        assertThat(udp(1, 16, 8, true)).as("it has nothing older to give").isEqualTo("FRAGMENT_AWAITED");
        assertThat(udp(2, 8, 8, true)).as("there is room again").isEqualTo("waits");
        assertThat(udp(3, 8, 8, true)).isEqualTo("waits");
        assertThat(other.waiting()).isEqualTo(255);
        other.age(now + Fragments.LIFETIME);
    }

    @Test
    void aThousandPacketsAreRememberedAndTheOldestGoesFirst() {
        for (int i = 1; i <= Fragments.MOST_PACKETS; i++) {
            assertThat(udp(i, 0, 800, true)).isEqualTo("first");
            now++;
        }
        assertThat(udp(0x8000, 0, 800, true)).isEqualTo("first");
        assertThat(fragments.packets()).isEqualTo(Fragments.MOST_PACKETS);
        assertThat(udp(2, 800, 8, true)).isEqualTo("known");
        assertThat(udp(1, 800, 8, true)).as("forgotten").isEqualTo("waits");
        assertThat(udp(3, 800, 8, true))
                .as("one more had to go, but not this one")
                .isEqualTo("known");
        assertThat(udp(0x8000, 800, 8, false)).isEqualTo("known");
        assertThat(udp(0x8001, 800, 8, true)).as("in its place").isEqualTo("waits");
        assertThat(udp(4, 800, 8, true)).isEqualTo("known");
    }

    @Test
    void theOldestIsForgottenWhetherItWaitsOrNot() {
        assertThat(udp(0x8001, 800, 8, true)).isEqualTo("waits");
        now++;
        assertThat(udp(0x8002, 0, 800, true)).isEqualTo("first");
        now++;
        assertThat(udp(0x8003, 800, 8, true)).isEqualTo("waits");
        for (int i = 4; i <= Fragments.MOST_PACKETS; i++) {
            assertThat(udp(i, 0, 800, true)).isEqualTo("first");
        }
        assertThat(ended).isEmpty();
        assertThat(udp(1, 0, 800, true)).isEqualTo("first");
        assertThat(ended).as("8001 went").hasSize(1);
        assertThat(udp(2, 0, 800, true)).isEqualTo("first");
        assertThat(ended).as("8002 went").hasSize(1);
        assertThat(udp(0x8003, 0, 800, true)).isEqualTo("first 800");
    }

    @Test
    void aPacketOfAsManyFragmentsAsFitThroughTheSmallestHostsPasses() {
        int offset = 0;
        for (; offset + 552 < 65_507; offset += 552) {
            assertThat(udp(1, offset, 552, true)).isEqualTo(offset == 0 ? "first" : "known");
        }
        assertThat(udp(1, offset, 65_507 - offset, false)).isEqualTo("known");
        for (int i = 0; i < FragmentedPacket.MOST_FRAGMENTS; i++) {
            assertThat(udp(2, 8 * i, 8, true)).isEqualTo(i == 0 ? "first" : "known");
        }
        assertThat(udp(2, 8 * FragmentedPacket.MOST_FRAGMENTS, 8, true)).isEqualTo("FRAGMENTS_TOO_MANY");
        assertThat(udp(2, 65_000, 8, false)).isEqualTo("FRAGMENTS_TOO_MANY");
    }

    @Test
    void allFragmentsGoOnUnderOneNewIdentification() {
        long waited = ipv4(UDP, 1, 800, 8, true);
        assertThat(fragments.admit(waited, NETWORK, now)).isEqualTo(Fragments.WAITS);
        long first = ipv4(UDP, 1, 0, 800, true);
        assertThat(fragments.admit(first, NETWORK, now)).isEqualTo(Fragments.FIRST);
        assertThat(fragments.decided(5, 0x7777_ABCDL, now)).isOne();
        long last = ipv4(UDP, 1, 808, 8, false);
        var header = new Ipv4Header();
        for (long frame : new long[] {first, fragments.released(0), last}) {
            if (frame == last) {
                assertThat(fragments.admit(last, NETWORK, now)).isEqualTo(Fragments.KNOWN);
            }
            fragments.renumber(frame, NETWORK);
            header.wrap(pool.buffer(), Frame.head(frame) + NETWORK);
            assertThat(header.identification()).isEqualTo(0xABCD);
            assertThat(header.checksumGood()).isTrue();
            pool.free(frame);
        }
        long six = ipv6(UDP, 1, 0, 800, true);
        assertThat(fragments.admit(six, NETWORK, now)).isEqualTo(Fragments.FIRST);
        fragments.decided(5, 0x7777_ABCDL, now);
        fragments.renumber(six, NETWORK);
        assertThat(pool.buffer().getInt(Frame.head(six) + NETWORK + 44, ByteOrder.BIG_ENDIAN))
                .isEqualTo(0x7777_ABCD);
        pool.free(six);
    }
}
