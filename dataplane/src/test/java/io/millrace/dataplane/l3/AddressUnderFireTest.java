package io.millrace.dataplane.l3;

import static io.millrace.dataplane.l3.IpLab.THEM;
import static io.millrace.dataplane.l3.IpLab.US;
import static io.millrace.dataplane.l3.IpLab.address;
import static io.millrace.dataplane.l3.IpLab.arp;
import static io.millrace.dataplane.trials.Bytes.hex;
import static io.millrace.dataplane.trials.Packets.digits;
import static io.millrace.dataplane.trials.Packets.icmp;
import static io.millrace.dataplane.trials.Packets.icmpv6;
import static io.millrace.dataplane.trials.Packets.ipv4;
import static io.millrace.dataplane.trials.Packets.ipv6;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.frame.Offload;
import io.millrace.dataplane.l3.IpLab.Sender;
import io.millrace.dataplane.trials.Lab;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What arrives at an address of our own may be anything: nothing throws, nothing is lost, nothing is allocated. */
class AddressUnderFireTest {
    private static final int FRAMES = 100_000;
    private static final String ASKER = "2001:db8::2";
    private static final String SELF = "2001:db8::1";
    private static final String GROUP = "ff02::1:ff00:1";

    private static final List<byte[]> V4 = List.of(
            hex(IpLab.ALL, THEM, arp("1 ", THEM, IpLab.THEIR_IP, US, IpLab.OUR_IP)),
            hex(US, THEM, arp("2 ", THEM, IpLab.THEIR_IP, US, IpLab.OUR_IP)),
            ipv4(US + THEM, "10.9.0.2", "10.9.0.1", 1, 0, icmp("08 00 00 00 00 01 00 02", "ab".repeat(56))),
            ipv4("01 00 5e 00 00 01" + THEM, "10.9.0.2", "224.0.0.1", 2, 0, icmp("11 64 00 00 00 00 00 00")));

    private static final List<byte[]> V6 = List.of(
            ipv6(
                    "33 33 ff 00 00 01" + THEM,
                    ASKER,
                    GROUP,
                    58,
                    255,
                    icmpv6(ASKER, GROUP, "87 00 00 00 00 00 00 00", digits(SELF), "01 01", THEM)),
            ipv6(
                    US + THEM,
                    ASKER,
                    SELF,
                    58,
                    255,
                    icmpv6(ASKER, SELF, "88 00 00 00 60 00 00 00", digits(ASKER), "02 01", THEM)),
            ipv6(US + THEM, ASKER, SELF, 58, 64, icmpv6(ASKER, SELF, "80 00 00 00 00 01 00 02", "ab".repeat(56))),
            ipv6(
                    "33 33 00 00 00 01" + THEM,
                    "fe80::2",
                    "ff02::1",
                    0,
                    1,
                    hex(
                            "3a 00 05 02 00 00 01 00",
                            HexFormat.of()
                                    .formatHex(icmpv6(
                                            "fe80::2", "ff02::1", "82 00 00 00 00 64 00 00", "00".repeat(16))))));

    private static IpLab host(boolean v6) {
        var us = v6 ? IpLab.v6() : IpLab.v4();
        us.ip.via(address(v6 ? ASKER : "10.9.0.2"), new Sender());
        us.lab.settle().take("u");
        return us;
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void damagedPacketsEndOneWayOrTheOther(boolean v6) {
        var random = new SplittableRandom(4);
        var seeds = v6 ? V6 : V4;
        try (var us = host(v6)) {
            for (int i = 0; i < FRAMES; i++) {
                put(us, random, spoiled(seeds.get(random.nextInt(seeds.size())), random));
                if (i % 64 == 0) {
                    us.lab.later(Lab.SECOND / 10).settle().take("u");
                }
            }
            us.lab.settle().take("u");
        }
    }

    private static byte[] spoiled(byte[] whole, SplittableRandom random) {
        var frame = Arrays.copyOf(whole, random.nextInt(4) == 0 ? random.nextInt(whole.length + 20) : whole.length);
        for (int n = random.nextInt(4); n > 0 && frame.length > 0; n--) {
            frame[random.nextInt(frame.length)] = (byte) random.nextInt();
        }
        return frame;
    }

    /** Some come with work left to a network card, whether that makes sense or not, some cut by a capture. */
    private static void put(IpLab us, SplittableRandom random, byte[] bytes) {
        var pool = us.lab.pool();
        long frame = pool.allocate(bytes.length);
        pool.buffer().putBytes(Frame.head(frame), bytes);
        frame = switch (random.nextInt(8)) {
            case 0 ->
                pool.offload(
                        frame,
                        Offload.of(random.nextInt(6), random.nextInt(100), random.nextInt(100), random.nextInt(20)));
            case 1 -> pool.cut(frame, random.nextInt(1, 1500));
            default -> frame;
        };
        assertThat(us.lab.end("u").put(frame)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void answersAllocateNothing(boolean v6) {
        var thread = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long allocated = 0;
        try (var us = host(v6)) {
            Lab.Taker taker = (port, frame) -> us.lab.pool().free(frame);
            for (int round = 0; round < 5; round++) {
                long before = thread.getCurrentThreadAllocatedBytes();
                for (int i = 0; i < FRAMES / 5; i++) {
                    exchange(us, taker, v6 ? V6 : V4, i);
                }
                allocated = thread.getCurrentThreadAllocatedBytes() - before;
            }
        }
        assertThat(allocated)
                .as("bytes for the last of five rounds of %d questions", FRAMES / 5)
                .isLessThan(10_000);
    }

    /** A question for our address, an answer of a next hop, and a ping in turn. */
    private static void exchange(IpLab us, Lab.Taker taker, List<byte[]> seeds, int i) {
        var pool = us.lab.pool();
        if (!us.lab.end("u").put(seeds.get(i % 3), pool)) {
            throw new AssertionError("no room");
        }
        us.lab.turn(taker);
    }
}
