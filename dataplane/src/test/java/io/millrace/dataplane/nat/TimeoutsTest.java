package io.millrace.dataplane.nat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.codec.IpProtocol;
import io.millrace.dataplane.nat.Timeouts.Phase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class TimeoutsTest {
    private static final int TICK_SHIFT = 22;

    private static long seconds(long nanos) {
        return Duration.ofNanos(nanos).toSeconds();
    }

    @Test
    void rfc4787Req5UdpLivesTwoMinutesAtLeastAndFiveByDefault() {
        assertThat(seconds(Timeouts.RFC.other(IpProtocol.UDP, false))).isEqualTo(300);
        assertThat(seconds(Timeouts.RFC.other(IpProtocol.UDP, true))).isEqualTo(300);
    }

    @Test
    void rfc5382Req5EstablishedLivesTwoHoursFourMinutesTransitoryFourMinutes() {
        assertThat(seconds(Timeouts.RFC.tcp(TcpTracking.ESTABLISHED))).isEqualTo(7_440);
        for (int state : new int[] {
            TcpTracking.SYN_SENT,
            TcpTracking.SYN_ANSWERED,
            TcpTracking.LAST_ACK,
            TcpTracking.TIME_WAIT,
            TcpTracking.RESET
        }) {
            assertThat(seconds(Timeouts.RFC.tcp(state))).as("state %d", state).isEqualTo(240);
        }
    }

    @Test
    void rfc7857Section21OpeningAndClosingAreSetApart() {
        var changed = Timeouts.RFC
                .with(Phase.TCP_SYN_SENT, Duration.ofSeconds(60))
                .with(Phase.TCP_LAST_ACK, Duration.ofSeconds(90));
        assertThat(seconds(changed.tcp(TcpTracking.SYN_SENT))).isEqualTo(60);
        assertThat(seconds(changed.tcp(TcpTracking.LAST_ACK))).isEqualTo(90);
        assertThat(seconds(changed.tcp(TcpTracking.TIME_WAIT))).isEqualTo(240);
        assertThat(seconds(Timeouts.RFC.tcp(TcpTracking.SYN_SENT))).isEqualTo(240);
    }

    @Test
    void rfc5508Req2IcmpQueriesLiveOneMinute() {
        assertThat(seconds(Timeouts.RFC.other(IpProtocol.ICMP, false))).isEqualTo(60);
        assertThat(seconds(Timeouts.RFC.other(IpProtocol.ICMPV6, true))).isEqualTo(60);
        assertThat(seconds(Timeouts.RFC.other(IpProtocol.GRE, true))).isEqualTo(600);
    }

    @Test
    void rfc4787Req6InboundRefreshIsAnOption() {
        assertThat(Timeouts.RFC.inboundRefreshes()).isTrue();
        assertThat(Timeouts.RFC.withInboundRefresh(false).inboundRefreshes()).isFalse();
        assertThat(seconds(Timeouts.RFC.withInboundRefresh(false).tcp(TcpTracking.ESTABLISHED)))
                .isEqualTo(7_440);
    }

    /** The kernel of this machine, where its connection tracking is there to be asked. */
    @ParameterizedTest
    @CsvSource({
        "udp_timeout, UDP_UNREPLIED",
        "udp_timeout_stream, UDP",
        "tcp_timeout_syn_sent, TCP_SYN_SENT",
        "tcp_timeout_syn_recv, TCP_SYN_ANSWERED",
        "tcp_timeout_established, TCP_ESTABLISHED",
        "tcp_timeout_fin_wait, TCP_FIN_WAIT",
        "tcp_timeout_close_wait, TCP_CLOSE_WAIT",
        "tcp_timeout_last_ack, TCP_LAST_ACK",
        "tcp_timeout_time_wait, TCP_TIME_WAIT",
        "tcp_timeout_close, TCP_RESET",
        "icmp_timeout, ICMP",
        "generic_timeout, OTHER"
    })
    void linuxIsWhatThisKernelHas(String name, Phase phase) throws IOException {
        var file = Path.of("/proc/sys/net/netfilter/nf_conntrack_" + name);
        assumeTrue(Files.exists(file), "this kernel shows no " + file);
        long kernel = Long.parseLong(Files.readAllLines(file).getFirst());
        assertThat(seconds(Timeouts.LINUX.nanos(phase))).isEqualTo(kernel);
    }

    @ParameterizedTest
    @EnumSource
    void everyPhaseCanBeSetAndFitsTheTicksOfARecord(Phase phase) {
        assertThat(Timeouts.RFC.with(phase, Timeouts.LONGEST).nanos(phase) >>> TICK_SHIFT)
                .isLessThan(Integer.MAX_VALUE / 2);
        for (var bad : new Duration[] {Duration.ZERO, Duration.ofSeconds(-1), Timeouts.LONGEST.plusNanos(1)}) {
            assertThatThrownBy(() -> Timeouts.RFC.with(phase, bad))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("timeout " + phase + " must be above 0 and at most 30 days");
        }
    }
}
