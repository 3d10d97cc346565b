package io.millrace.codec;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.codec.capture.LinkType;
import java.util.HexFormat;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A port stands for a protocol only when there is data; at a glance as by the walk through all layers. */
class CommonFrameTest {
    private static final String ETHERNET = "020000000002" + "020000000001" + "0800";

    private static String tcp(String port, String data) {
        return frame("06", "c350" + port + "00000001" + "00000002" + "5010ffff" + "00000000" + data);
    }

    private static String udp(String port, String data) {
        return frame("11", "c350" + port + HexFormat.of().toHexDigits((short) (8 + data.length() / 2)) + "0000" + data);
    }

    private static String frame(String protocol, String payload) {
        var length = HexFormat.of().toHexDigits((short) (20 + payload.length() / 2));
        return ETHERNET + "4500" + length + "00004000" + "40" + protocol + "0000" + "0a000001" + "0a000002" + payload;
    }

    @ParameterizedTest
    @CsvSource({
        "06, 0050, '', TCP",
        "06, 0050, 474554, HTTP",
        "06, 01bb, 16, TLS",
        "06, 01bb, '', TCP",
        "06, 270f, 00, TCP",
        "11, 007b, '', UDP",
        "11, 007b, 23, NTP",
        "11, 0043, 01, DHCP",
        "11, 270f, ff, UDP"
    })
    void aWellKnownPortCountsWhenThereIsData(String protocol, String port, String data, String expected) {
        byte[] bytes = HexFormat.of().parseHex(protocol.equals("06") ? tcp(port, data) : udp(port, data));
        var buffer = new UnsafeBuffer(bytes);
        assertThat(new CommonFrame().protocol(buffer, 0, bytes.length)).hasToString(expected);
        assertThat(new Classifier().walk(LinkType.ETHERNET, buffer, 0, bytes.length, bytes.length))
                .hasToString(expected);
    }
}
