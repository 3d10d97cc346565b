package io.millrace.tools.topology;

import io.millrace.tools.topology.Yaml.Place;
import io.millrace.vtep.network.GatewayPolicy;
import io.millrace.vtep.network.IpAddress;
import io.millrace.vtep.network.NatSettings;
import io.millrace.vtep.network.PortRange;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads what is said of gateways: a network's policy, and how connections through all of them are translated. */
final class GatewayReader {
    private static final String BRIDGE = "com.docker.network.bridge.";
    private static final String ICC = BRIDGE + "enable_icc";
    private static final String MASQUERADE = BRIDGE + "enable_ip_masquerade";
    private static final String BINDING = BRIDGE + "host_binding_ipv4";
    private static final String MODE4 = BRIDGE + "gateway_mode_ipv4";
    private static final String MODE6 = BRIDGE + "gateway_mode_ipv6";
    private static final String HOST4 = "com.docker.network.host_ipv4";
    private static final String HOST6 = "com.docker.network.host_ipv6";

    /** The options of the driver that are read here. */
    static final List<String> OPTIONS = List.of(ICC, MASQUERADE, BINDING, MODE4, MODE6, HOST4, HOST6);

    private GatewayReader() {}

    static GatewayPolicy policy(Section options) {
        return new GatewayPolicy(
                options.bool(ICC, true),
                options.bool(MASQUERADE, true),
                options.read(BINDING, text -> address(text, false)),
                options.read(MODE4, GatewayPolicy.Mode::parse, GatewayPolicy.Mode.NAT),
                options.read(MODE6, GatewayPolicy.Mode::parse, GatewayPolicy.Mode.NAT),
                options.read(HOST4, text -> address(text, false)),
                options.read(HOST6, text -> address(text, true)));
    }

    /** Where a mode is written that cannot be. */
    static Place modeAt(Section options) {
        return options.at(options.has(MODE4) ? MODE4 : MODE6);
    }

    private static IpAddress address(String text, boolean v6) {
        var address = IpAddress.parse(text);
        if (address.v6() != v6) {
            throw new IllegalArgumentException(text + " is not an " + (v6 ? "IPv6" : "IPv4") + " address");
        }
        return address;
    }

    /** What the topology says under {@code nat}; everything by default if it says nothing. */
    static NatSettings nat(Section ours) {
        var nat = ours.section("nat", Keys.NAT);
        if (nat == null) {
            return NatSettings.DEFAULT;
        }
        var sessions = nat.integer("max_sessions", NatSettings.LEAST_SESSIONS, NatSettings.MOST_SESSIONS);
        var built = NatSettings.with()
                .timeouts(nat.word("timeouts", NatSettings.Timeouts.RFC))
                .filtering(nat.word("filtering", NatSettings.Filtering.ADDRESS_AND_PORT))
                .hairpin(nat.word("hairpin", NatSettings.Hairpin.OUTSIDE))
                .maxSessions(sessions == null ? NatSettings.MAX_SESSIONS : sessions)
                .portLimit(nat.integer("port_limit", 1, 65_535))
                .sessionLimit(nat.integer("session_limit", 1, NatSettings.MOST_SESSIONS))
                .loose(nat.bool("loose", true))
                .ports(nat.read("ports", PortRange::parse, NatSettings.PORTS))
                .parity(nat.bool("parity", true))
                .ephemeral(nat.read("ephemeral", GatewayReader::ephemeral))
                .state(nat.text("state"));
        return Section.guarded(nat.at("state"), built::build);
    }

    private static @Nullable PortRange ephemeral(String text) {
        try {
            return text.equals("kernel") ? null : PortRange.parse(text);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(e.getMessage() + ", or kernel", e);
        }
    }
}
