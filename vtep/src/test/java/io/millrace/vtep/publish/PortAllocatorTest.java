package io.millrace.vtep.publish;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.vtep.network.IpAddress;
import io.millrace.vtep.network.PortRange;
import io.millrace.vtep.network.PublishedPort.Protocol;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Free ports in the order, and conflicts by the words, of Docker 28. */
final class PortAllocatorTest {
    private static final PortRange KERNEL = new PortRange(32_768, 60_999);

    private final PortAllocator allocator = new PortAllocator();

    private static List<IpAddress> at(String... addresses) {
        return List.of(addresses).stream().map(IpAddress::parse).toList();
    }

    private void take(String address, String ports) {
        allocator.take(at(address), Protocol.TCP, PortRange.parse(ports));
    }

    private String any(String address, PortRange within, int most) {
        return allocator.takeAny(at(address), Protocol.TCP, within, most).toString();
    }

    @ParameterizedTest
    @CsvSource({
        "0.0.0.0, 8080, 0.0.0.0, 8080, 0.0.0.0:8080",
        "127.0.0.1, 8081, 0.0.0.0, 8081, 127.0.0.1:8081",
        "0.0.0.0, 8080, 192.168.99.250, 8080, 0.0.0.0:8080",
        "192.0.2.1, 80-90, 192.0.2.1, 85-95, 192.0.2.1:85",
        "192.0.2.1, 80-90, 0.0.0.0, 70-80, 192.0.2.1:80",
        "0.0.0.0, 80-90, 192.0.2.1, 1-65535, 0.0.0.0:80",
        "::, 8080, ::1, 8080, :::8080",
    })
    void aClashNamesTheAddressAndThePortWhereItIs(
            String first, String itsPorts, String second, String ports, String clash) {
        take(first, itsPorts);
        assertThatThrownBy(() -> take(second, ports))
                .hasMessage("Bind for " + clash + " failed: port is already allocated");
    }

    @ParameterizedTest
    @CsvSource({"127.0.0.1, 192.0.2.1", "0.0.0.0, ::", "0.0.0.0, ::1"})
    void otherAddressesAndTheOtherFamilyAreNoClash(String first, String second) {
        take(first, "8080");
        take(second, "8080");
        allocator.take(at(second), Protocol.UDP, new PortRange(8080, 8080));
    }

    @Test
    void whatClashesTakesNothing() {
        take("::", "8080");
        var both = at("0.0.0.0", "::");
        assertThatThrownBy(() -> allocator.take(both, Protocol.TCP, new PortRange(8079, 8080)))
                .hasMessage("Bind for :::8080 failed: port is already allocated");
        take("0.0.0.0", "8079-8080");
    }

    @Test
    void portsAreGivenOutAsDockersTranscriptShows() {
        assertThat(any("127.0.0.1", KERNEL, 1)).as("-p 127.0.0.1::80").isEqualTo("32768");
        assertThat(any("0.0.0.0", KERNEL, 1)).as("-p 0:80").isEqualTo("32769");
        assertThat(any("0.0.0.0", KERNEL, 1)).as("-P: 70/tcp").isEqualTo("32770");
        assertThat(any("0.0.0.0", KERNEL, 1)).as("-P: 80/tcp").isEqualTo("32771");
        assertThat(allocator.takeAny(at("0.0.0.0"), Protocol.UDP, KERNEL, 3))
                .as("-P: 100-102/udp")
                .isEqualTo(new PortRange(32_768, 32_770));
    }

    @Test
    void theFirstFreeOfARangeIsTakenAndAFreedOneIsNotTakenAtOnce() {
        var range = new PortRange(7000, 7003);
        assertThat(any("0.0.0.0", range, 1)).isEqualTo("7000");
        assertThat(any("0.0.0.0", range, 1)).isEqualTo("7001");
        allocator.release(at("0.0.0.0"), Protocol.TCP, new PortRange(7000, 7000));
        assertThat(any("0.0.0.0", range, 1)).isEqualTo("7002");
        assertThat(any("0.0.0.0", range, 1)).isEqualTo("7003");
        assertThat(any("0.0.0.0", range, 1)).as("round again").isEqualTo("7000");
        assertThatThrownBy(() -> any("0.0.0.0", range, 1)).hasMessage("all ports are allocated");
    }

    @Test
    void aRunEndsWhereSomebodyElsesPortsBegin() {
        take("127.0.0.1", "32770-32771");
        assertThat(any("0.0.0.0", KERNEL, 5)).isEqualTo("32768-32769");
        assertThat(any("0.0.0.0", KERNEL, 3)).isEqualTo("32772-32774");
    }

    @Test
    void twoFamiliesGetTheSamePort() {
        take("::", "32768");
        take("0.0.0.0", "32769");
        assertThat(allocator.takeAny(at("0.0.0.0", "::"), Protocol.TCP, KERNEL, 1))
                .isEqualTo(new PortRange(32_770, 32_770));
    }

    @Test
    void aRangeIsOneEntryHoweverManyPortsItHas() {
        allocator.take(at("0.0.0.0"), Protocol.UDP, new PortRange(20_000, 20_499));
        assertThat(allocator.entries()).isOne();
        allocator.release(at("0.0.0.0"), Protocol.UDP, new PortRange(20_100, 20_199));
        assertThat(allocator.entries()).isEqualTo(2);
        allocator.release(at("0.0.0.0"), Protocol.UDP, new PortRange(1, 65_535));
        assertThat(allocator.entries()).isZero();
    }

    /** What is taken, against one bit for each port. */
    @Test
    void anythingTakenAndReleasedIsAsABitForEachPortHasIt() {
        var random = new Random(20);
        var bits = new BitSet();
        var held = new ArrayList<PortRange>();
        for (int i = 0; i < 20_000; i++) {
            int first = 1 + random.nextInt(300);
            var range = new PortRange(first, first + random.nextInt(20));
            int clash = bits.nextSetBit(range.first());
            switch (random.nextInt(3)) {
                case 0 -> {
                    allocator.release(at("10.0.0.1"), Protocol.TCP, range);
                    bits.clear(range.first(), range.last() + 1);
                }
                case 1 -> {
                    if (clash >= 0 && clash <= range.last()) {
                        assertThatThrownBy(() -> take("10.0.0.1", range.toString()))
                                .hasMessage("Bind for 10.0.0.1:" + clash + " failed: port is already allocated");
                    } else {
                        take("10.0.0.1", range.toString());
                        bits.set(range.first(), range.last() + 1);
                    }
                }
                default -> {
                    int free = bits.nextClearBit(range.first());
                    if (free <= range.last()) {
                        var given = allocator.takeAny(at("10.0.0.1"), Protocol.TCP, range, 7);
                        assertThat(bits.get(given.first(), given.last() + 1).isEmpty())
                                .isTrue();
                        assertThat(given.first()).isBetween(range.first(), range.last());
                        assertThat(given.last()).isBetween(range.first(), range.last());
                        bits.set(given.first(), given.last() + 1);
                        held.add(given);
                    } else {
                        assertThatThrownBy(() -> allocator.takeAny(at("10.0.0.1"), Protocol.TCP, range, 7))
                                .hasMessage("all ports are allocated");
                    }
                }
            }
        }
        assertThat(held).hasSizeGreaterThan(100);
    }

    @Test
    void theKernelsRangeIsReadAndIanasTakenWhereThereIsNone(@TempDir Path directory) throws IOException {
        var file = Files.writeString(directory.resolve("range"), "1024\t2000\n");
        assertThat(EphemeralPorts.of(file)).isEqualTo(new PortRange(1024, 2000));
        assertThat(EphemeralPorts.of(directory.resolve("missing"))).isEqualTo(new PortRange(49_153, 65_535));
        assertThat(EphemeralPorts.of(Files.writeString(file, "9 8\n"))).isEqualTo(EphemeralPorts.FALLBACK);
    }

    @Test
    void theKernelsRangeIsThatOfTheKernel() throws IOException {
        var file = Path.of("/proc/sys/net/ipv4/ip_local_port_range");
        assumeTrue(Files.exists(file), "not run: needs Linux");
        var cat = new ProcessBuilder("cat", file.toString()).start();
        var ports = new String(cat.getInputStream().readAllBytes(), StandardCharsets.US_ASCII).split("\\s+");
        assertThat(EphemeralPorts.kernel())
                .isEqualTo(new PortRange(Integer.parseInt(ports[0]), Integer.parseInt(ports[1])));
    }
}
