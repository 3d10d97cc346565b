package io.millrace.dataplane.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.dataplane.lab.Lab;
import org.junit.jupiter.api.Test;

/** Features of a veth, as ethtool(8) sees them, too. */
class EthtoolTest {
    private static final String FEATURE = "tx-udp-segmentation";

    @Test
    void aFeatureThatIsSwitchedIsSwitchedForEverybody() {
        try (var lab = Lab.open()) {
            var host = lab.host("a", "10.0.0.1/24");
            var end = host.device();
            assumeTrue(said(end).contains(FEATURE), "not run: needs ethtool and a kernel that has " + FEATURE);
            try (var ethtool = Ethtool.open()) {
                assertThat(ethtool.isOn(end, FEATURE)).isTrue();
                assertThat(ethtool.set(end, FEATURE, false)).isTrue();
                assertThat(said(end)).contains(FEATURE + ": off");
                assertThat(ethtool.isOn(end, FEATURE)).isFalse();
                assertThat(ethtool.set(end, FEATURE, true)).isTrue();
                assertThat(said(end)).contains(FEATURE + ": on");
                assertThat(ethtool.isOn(end, "no-such-feature")).isFalse();
                assertThat(ethtool.set(end, "no-such-feature", true)).isFalse();
                assertThat(ethtool.set("nosuchdevice", FEATURE, true)).isFalse();
            } catch (KernelException e) {
                throw new AssertionError(e);
            }
        }
    }

    private static String said(String device) {
        return Lab.run("ethtool", "-k", device).out();
    }
}
