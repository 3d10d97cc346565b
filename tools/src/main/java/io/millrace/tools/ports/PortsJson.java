package io.millrace.tools.ports;

import io.millrace.tools.words.Json;
import java.util.List;

/** The same as JSON: {@code {"ports":[{"name":…}]}}; what nobody tells is null. */
final class PortsJson {
    private PortsJson() {}

    static String of(List<Preflight> ports) {
        var json = new Json().object().name("ports").array();
        for (var port : ports) {
            json.object();
            device(json, port);
            card(json, port);
            attachments(json, port);
            json.endObject();
        }
        return json.endArray().endObject().toString();
    }

    private static void device(Json json, Preflight port) {
        var device = port.device();
        json.name("name").value(device.name()).name("index").value(device.index());
        json.name("kind")
                .value(device.kind())
                .name("up")
                .value(device.up())
                .name("carrier")
                .value(device.running());
        json.name("mtu").value(device.mtu());
        told(json, "speed_mbps", port.speed());
        json.name("duplex").value(port.duplex().isEmpty() ? null : port.duplex());
        json.name("addresses").array();
        port.addresses().forEach(json::value);
        json.endArray();
    }

    private static void card(Json json, Preflight port) {
        json.name("driver").value(port.driver().name());
        json.name("version").value(port.driver().version());
        json.name("firmware").value(port.driver().firmware());
        json.name("bus").value(port.driver().bus());
        told(json, "numa_node", port.numaNode());
        json.name("rx_queues").value(port.receiveQueues()).name("tx_queues").value(port.transmitQueues());
        told(json, "combined_channels", port.channels().combined());
        told(json, "rx_ring", port.rings().receive());
        told(json, "tx_ring", port.rings().transmit());
        json.name("interrupts").value(port.interrupts());
        json.name("pause").object().name("told").value(port.pause().isTold());
        json.name("autonegotiated").value(port.pause().negotiated());
        json.name("rx")
                .value(port.pause().receive())
                .name("tx")
                .value(port.pause().transmit())
                .endObject();
        json.name("hardware_timestamps")
                .object()
                .name("rx")
                .value(port.timestamps().hardwareReceive());
        json.name("tx").value(port.timestamps().hardwareTransmit());
        told(json, "clock", port.timestamps().clock());
        json.endObject();
        json.name("offloads").array();
        port.offloads().forEach(on -> json.value(PortsTable.word(on)));
        json.endArray();
    }

    private static void attachments(Json json, Preflight port) {
        json.name("xdp").object().name("told").value(port.xdp().isTold());
        json.name("native")
                .value(port.xdp().isNative())
                .name("zero_copy")
                .value(port.xdp().isZeroCopy());
        json.name("redirect_target").value(port.xdp().isRedirectTarget());
        json.name("fragments").value(port.xdp().takesFragments()).endObject();
        json.name("attach").array();
        for (var fit : Fit.of(port)) {
            json.object().name("kind").value(fit.kind()).name("works").value(fit.works());
            json.name("why").value(fit.why()).endObject();
        }
        json.endArray();
    }

    private static void told(Json json, String name, int value) {
        if (value < 0) {
            json.name(name).value((String) null);
        } else {
            json.name(name).value(value);
        }
    }
}
