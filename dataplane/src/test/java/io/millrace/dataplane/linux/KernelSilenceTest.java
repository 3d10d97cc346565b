package io.millrace.dataplane.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.dataplane.lab.Lab;
import io.millrace.dataplane.lab.Wire;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The kernel at our end has an address and would answer; whether it does, a host at the far end sees. */
class KernelSilenceTest {
    private final Lab lab = Lab.open();
    private final Native calls = new Native();
    private Lab.Host far;
    private KernelSilence silence;

    @BeforeEach
    void silence() throws Exception {
        far = lab.host("far", "10.99.81.2/24");
        Lab.run("ip", "address", "add", "10.99.81.1/24", "dev", far.device()).ok();
        silence = KernelSilence.on(calls, index(), far.device());
        assumeTrue(silence.isSilent(), "not run: " + silence.describe());
    }

    @AfterEach
    void close() {
        silence.close();
        lab.close();
    }

    private int index() throws Exception {
        return Integer.parseInt(Files.readString(Path.of("/sys/class/net/" + far.device() + "/ifindex"))
                .strip());
    }

    private Lab.Result ping() {
        return far.run("ping", "-c", "2", "-i", "0.05", "-W", "1", "10.99.81.1");
    }

    @Test
    void nobodyIsAnsweredUntilItEnds() {
        assertThat(silence.describe()).isEqualTo("the kernel's own stack is kept off " + far.device());
        assertThat(ping().exit()).isNotZero();
        assertThat(far.run("ip", "neighbour", "show", "to", "10.99.81.1").ok()).doesNotContain("lladdr");
        silence.close();
        silence.close();
        ping().ok();
        assertThat(far.run("ip", "neighbour", "show", "to", "10.99.81.1").ok()).contains("lladdr");
    }

    @Test
    void nothingOfItsOwnGoesOut() {
        try (var wire = Wire.open(far.namespace(), "eth0")) {
            Lab.run("sysctl", "-qw", "net.ipv6.conf." + far.device() + ".disable_ipv6=0");
            Lab.run("ip", "link", "set", far.device(), "down").ok();
            Lab.run("ip", "link", "set", far.device(), "up").ok();
            Lab.run("ping", "-c", "1", "-W", "1", "-I", far.device(), "10.99.81.2");
            assertThat(wire.all(1500)).isEmpty();
            silence.close();
            Lab.run("ip", "neighbour", "flush", "dev", far.device()).ok(); // what it has given up on it asks no more
            Lab.run("ping", "-c", "1", "-W", "1", "-I", far.device(), "10.99.81.2")
                    .ok();
            assertThat(wire.all(100)).isNotEmpty();
        }
    }

    @Test
    void aMarkedSocketIsHeard() {
        var unmarked = Lab.run("ping", "-c", "1", "-W", "1", "-m", "1", "10.99.81.2");
        assertThat(unmarked.exit()).isNotZero();
        Lab.run("ip", "neighbour", "replace", "10.99.81.2", "lladdr", "02:00:00:00:00:02", "dev", far.device())
                .ok();
        try (var wire = Wire.open(far.namespace(), "eth0")) {
            Lab.run("ping", "-c", "1", "-W", "1", "-m", "" + KernelSilence.MARK, "10.99.81.2");
            assertThat(wire.all(50)).hasSize(1);
        }
    }

    @Test
    void whatDoesNotExistCannotBeSilencedAndNothingIsThrown() {
        try (var none = KernelSilence.on(calls, 0x7FFFFFF0, "nosuch0")) {
            assertThat(none.isSilent()).isFalse();
            assertThat(none.describe()).contains("nosuch0");
        }
    }
}
