package io.millrace.vtep.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The {@code -p} of Docker 28; the refusals up to the address are copied from its terminal, the rest from go-connections. */
final class PublishedPortTest {
    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {
                "80, -, -, 80, TCP",
                "80/, -, -, 80, TCP",
                "8080:80, -, 8080, 80, TCP",
                "8080:80/udp, -, 8080, 80, UDP",
                "8080:80/TCP, -, 8080, 80, TCP",
                "8080:80/Sctp, -, 8080, 80, SCTP",
                "127.0.0.1:8443:443/tcp, 127.0.0.1, 8443, 443, TCP",
                "127.0.0.1::80, 127.0.0.1, -, 80, TCP",
                "127.0.0.1:0:80, 127.0.0.1, -, 80, TCP",
                "::80, -, -, 80, TCP",
                "0:80, -, -, 80, TCP",
                "[::1]:8080:80, ::1, 8080, 80, TCP",
                "::1:8080:80, ::1, 8080, 80, TCP",
                "[127.0.0.1]:8080:80, 127.0.0.1, 8080, 80, TCP",
                "7000-7003:80, -, 7000-7003, 80, TCP",
                "7000-7003:90-93/sctp, -, 7000-7003, 90-93, SCTP",
                "90-93, -, -, 90-93, TCP",
                ":80, -, -, 80, TCP",
                "65535:65535, -, 65535, 65535, TCP",
            })
    void publishedPortsAreWrittenAsForDocker(
            String written, String address, String host, String container, PublishedPort.Protocol protocol) {
        assertThat(PublishedPort.parse(written))
                .isEqualTo(new PublishedPort(
                        address == null ? null : IpAddress.parse(address),
                        host == null ? null : PortRange.parse(host),
                        PortRange.parse(container),
                        protocol,
                        PublishedPort.Mode.INGRESS));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "7200-7201:90-93 | Invalid ranges specified for container and host Ports: 90-93 and 7200-7201",
                "80:80/icmp | Invalid proto: icmp",
                "70000:80 | Invalid hostPort: 70000",
                "abc:80 | Invalid hostPort: abc",
                "80:80:80:80 | Invalid ip address 80:80: address 80:80:: too many colons in address",
                "300.1.1.1:80:80 | Invalid ip address: 300.1.1.1",
                "80:x | Invalid containerPort: x",
                "8080: | no port specified: 8080:<empty>",
                "`` | no port specified: <empty>",
                "/udp | no port specified: /udp<empty>",
                "localhost:80:80 | Invalid ip address: localhost",
                "[::1:80:80 | Invalid ip address [::1: address [::1:: missing ']' in address",
                "[::1]x:80:80 | Invalid ip address [::1]x: address [::1]x:: missing port in address",
                "[::1]:1:80:80 | Invalid ip address [::1]:1: address [::1]:1:: too many colons in address",
                "x]:80:80 | Invalid ip address x]: address x]:: unexpected ']' in address",
                "[[::1]:80:80 | Invalid ip address [[::1]: address [[::1]:: unexpected '[' in address",
                "[::g]:80:80 | Invalid ip address: ::g",
                "0:90-93 | Invalid ranges specified for container and host Ports: 90-93 and 0",
                "8080/udp:80 | Invalid hostPort: 8080/udp",
                "80-70:80 | Invalid hostPort: 80-70",
                "80:93-90 | Invalid containerPort: 93-90",
                "80:0 | Invalid containerPort: 0",
                "80:80-90 | Invalid ranges specified for container and host Ports: 80-90 and 80",
                "80:80/tcp/udp | Invalid proto: tcp/udp",
                "999999999999999999999:80 | Invalid hostPort: 999999999999999999999",
                "-1:80 | Invalid hostPort: -1",
            })
    void whatDockerRefusesToPublishIsRefusedByItsWords(String written, String sentence) {
        assertThatThrownBy(() -> PublishedPort.parse(written))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(sentence);
    }

    @Test
    void aControlCharacterIsShownAsSuch() {
        assertThatThrownBy(() -> PublishedPort.parse("80:80/\u001b[31m")).hasMessage("Invalid proto: \uFFFD[31m");
    }

    @ParameterizedTest
    @CsvSource({
        "80/tcp",
        "8080:80/udp",
        "127.0.0.1:8443:443/tcp",
        "127.0.0.1::80/tcp",
        "[::1]:8080:80/tcp",
        "7000-7003:80/tcp"
    })
    void whatIsWrittenIsWhatIsShown(String text) {
        assertThat(PublishedPort.parse(text)).hasToString(text);
    }

    @Test
    void exposedPortsAreWrittenTheSameWay() {
        assertThat(ExposedPort.parse("100-102/UDP")).hasToString("100-102/udp");
        assertThatThrownBy(() -> ExposedPort.parse("80/icmp")).hasMessage("Invalid proto: icmp");
    }
}
