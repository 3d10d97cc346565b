package io.millrace.dataplane.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.dataplane.lab.Lab;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Cables into namespaces, as ip(8) sees them, and that nothing of them stays. */
class VethTest {
    private final Lab lab = Lab.open();

    @AfterEach
    void remove() {
        lab.close();
    }

    private static String shown(String device) {
        return Lab.run("ip", "-o", "link", "show", device).out();
    }

    @Test
    void aCableIntoANamespaceIsUpAtBothEndsAndSilentAtOurs() throws IOException {
        var host = lab.bare("h");
        var name = lab.name("v");
        try (var veth = Veth.create(name, host.namespace(), "eth7")) {
            assertThat(veth.device()).isEqualTo(name);
            assertThat(shown(name)).contains("state UP");
            assertThat(host.run("ip", "-o", "link", "show", "eth7").ok()).contains("state UP");
            assertThat(Files.readString(Path.of("/proc/sys/net/ipv6/conf", name, "disable_ipv6")))
                    .startsWith("1");
            assertThat(Lab.run("ip", "-o", "address", "show", name).ok()).isEmpty();
            assertThatThrownBy(() -> Veth.create(name, host.namespace(), "eth8"))
                    .hasMessageEndingWith("file exists");
            assertThat(host.run("ip", "link", "show", "eth8").exit()).isNotZero();
        }
        assertThat(shown(name)).isEmpty();
        assertThat(host.run("ip", "link", "show", "eth7").exit()).isNotZero();
    }

    @Test
    void aNamespaceThatIsMadeGoesWithItsCable() throws IOException {
        var name = lab.name("ns");
        try (var veth = Veth.inNewNamespace(name)) {
            assertThat(veth.namespace()).isEqualTo(name);
            assertThat(Lab.run("ip", "netns", "exec", name, "ip", "-br", "link").ok())
                    .contains("lo", "eth0@")
                    .contains("LOWER_UP");
            assertThat(shown(veth.device())).contains("state UP");
            assertThatThrownBy(() -> Veth.inNewNamespace(name)).hasMessageEndingWith("file exists");
            assertThat(Namespaces.exists(name)).isTrue();
        }
        assertThat(Lab.run("ip", "netns", "list").ok()).doesNotContain(name);
        assertThat(shown(name)).isEmpty();
    }

    @Test
    void aCableWithoutANamespaceHasBothEndsHere() throws IOException {
        var name = lab.name("v");
        try (var veth = Veth.create(name)) {
            assertThat(veth.namespace()).isEmpty();
            assertThat(shown(name + "-p")).contains("state UP");
        }
        assertThat(shown(name + "-p")).isEmpty();
    }

    @Test
    void whatFailsLeavesNothingBehind() throws IOException {
        var name = lab.name("v");
        assertThatThrownBy(() -> Veth.create(name, lab.name("-none"), "eth0"))
                .isInstanceOf(KernelException.class)
                .hasMessageStartingWith("looking for the network namespace " + lab.name("-none"));
        assertThat(shown(name)).isEmpty();
        var namespace = lab.name("taken");
        Lab.run("ip", "link", "add", namespace, "type", "dummy");
        if (shown(namespace).isEmpty()) {
            Lab.run("ip", "link", "add", namespace, "type", "veth", "peer", "name", lab.name("tp"))
                    .ok();
        }
        try {
            assertThatThrownBy(() -> Veth.inNewNamespace(namespace)).hasMessageEndingWith("file exists");
            assertThat(Namespaces.exists(namespace)).isFalse();
        } finally {
            Lab.run("ip", "link", "delete", namespace);
        }
    }

    @Test
    void aCableWhoseFarEndWentWithItsNamespaceIsClosedAllTheSame() throws IOException {
        var name = lab.name("ns");
        try (var veth = Veth.inNewNamespace(name)) {
            Lab.run("ip", "netns", "exec", name, "ip", "link", "delete", "eth0").ok();
            Lab.run("ip", "netns", "delete", name).ok();
            assertThat(shown(veth.device())).isEmpty();
        }
        assertThat(Namespaces.exists(name)).isFalse();
    }
}
