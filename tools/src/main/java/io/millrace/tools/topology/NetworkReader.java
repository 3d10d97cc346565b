package io.millrace.tools.topology;

import io.millrace.tools.topology.Section.Context;
import io.millrace.vtep.network.Attachment;
import io.millrace.vtep.network.GatewayPolicy;
import io.millrace.vtep.network.HostAddress;
import io.millrace.vtep.network.HostInterface;
import io.millrace.vtep.network.IpAddress;
import io.millrace.vtep.network.IpamConfig;
import io.millrace.vtep.network.MacAddress;
import io.millrace.vtep.network.Network;
import io.millrace.vtep.network.Segment;
import io.millrace.vtep.network.Subnet;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads one network, and the two interfaces of the host that networks use. */
final class NetworkReader {
    private static final String MTU = "com.docker.network.driver.mtu";
    private static final String VNIS = "com.docker.network.driver.overlay.vxlanid_list";
    private static final Set<String> DRIVERS = Set.of("bridge", "overlay", "macvlan", "host", "none");

    private final Context context;
    private final @Nullable HostInterface underlay;

    /** @param underlay where overlays meet the other hosts; null: the topology has none */
    NetworkReader(Context context, @Nullable HostInterface underlay) {
        this.context = context;
        this.underlay = underlay;
    }

    Network network(String key, Yaml value) {
        var network = new Section(context, Keys.NETWORK, value);
        var name = network.read("name", text -> text, key);
        boolean external = isExternal(network);
        var driver = driver(network, external ? name : null);
        if (driver.equals("host") || driver.equals("none")) {
            onlyNamed(network, driver);
            return driver.equals("host") ? new Network.Host(name) : new Network.None(name);
        }
        if (external) {
            context.notes()
                    .sentences
                    .add("network " + Keys.quote(key) + ": external is not used, the network is made here");
        }
        var ours = new Section(context, Keys.NETWORK_OURS, orEmpty(network, "x-millrace"));
        var options = options(network);
        onlyWhere("overlay", driver, ours, List.of("vni", "vtep"));
        onlyWhere("overlay", driver, options, List.of(VNIS));
        onlyWhere("bridge", driver, options, GatewayReader.OPTIONS);
        onlyWhere("macvlan", driver, options, List.of("parent", "macvlan_mode"));
        var gateway = GatewayReader.policy(options);
        var segment = segment(network, ours, options, gateway);
        return switch (driver) {
            case "overlay" ->
                new Network.Overlay(name, segment, vni(ours, options), new VtepReader(context, underlay).vtep(ours));
            case "macvlan" -> {
                var parent = options.read("parent", NetworkReader::device);
                var mode = options.read("macvlan_mode", Network.Macvlan.Mode::parse, Network.Macvlan.Mode.BRIDGE);
                yield new Network.Macvlan(name, segment, parent, mode);
            }
            default -> new Network.Bridge(name, segment);
        };
    }

    private static String device(String text) {
        return new Attachment(Attachment.Kind.INTERFACE, text).name();
    }

    /** {@code external: true}, or the form of old, {@code external: { name: … }}. */
    private static boolean isExternal(Section network) {
        if (network.value("external") instanceof Yaml.Fields old) {
            throw old.at().error("'external: { name: … }' is the form of old; write 'external: true' and 'name:'");
        }
        return network.bool("external", false);
    }

    /** Docker's host and none networks are written as external ones of that name. */
    private static String driver(Section network, @Nullable String externalName) {
        var driver = network.read("driver", text -> {
            if (!DRIVERS.contains(text)) {
                var near = Keys.nearest(text, DRIVERS);
                throw new IllegalArgumentException(Keys.quote(text)
                        + (near == null
                                ? " is none Millrace has: bridge, overlay, macvlan, host, none"
                                : " is none Millrace has; did you mean '" + near + "'?"));
            }
            return text;
        });
        if (externalName != null && (externalName.equals("host") || externalName.equals("none"))) {
            return externalName;
        }
        return driver == null ? "bridge" : driver;
    }

    private static void onlyNamed(Section network, String driver) {
        for (var key : List.of("driver_opts", "ipam", "internal", "x-millrace")) {
            if (network.has(key)) {
                throw network.at(key)
                        .error("a network of driver '" + driver + "' has no switch, hence no '" + key + "'");
            }
        }
    }

    private static void onlyWhere(String needed, String driver, Section section, List<String> keys) {
        for (var key : keys) {
            if (section.has(key) && !driver.equals(needed)) {
                throw section.at(key).error("'" + key + "' belongs to a network with 'driver: " + needed + "'");
            }
        }
    }

    private static Yaml orEmpty(Section section, String key) {
        var value = section.value(key);
        return value == null ? new Yaml.Fields(section.at(), Map.of()) : value;
    }

    private Segment segment(Section network, Section ours, Section options, GatewayPolicy gateway) {
        var ageing = ours.read("ageing", NetworkReader::ageing, Segment.AGEING);
        var macLimit = ours.integer("mac_limit", 1, Segment.MOST_MACS);
        var stations = ours.map("stations", MacAddress::parseStation, text -> text);
        var gatewayMac = ours.read("gateway_mac", MacAddress::parseStation);
        var neighbors = ours.map("neighbors", IpAddress::parse, MacAddress::parseStation);
        var ipam = ipam(network);
        boolean internal = network.bool("internal", false);
        var mtu = options.integer(MTU, 68, 65_535);
        Section.guarded(GatewayReader.modeAt(options), () -> Segment.DEFAULT.with(internal, gateway));
        return Section.guarded(
                network.at("ipam"),
                () -> new Segment(
                        ageing,
                        macLimit == null ? Segment.MAC_LIMIT : macLimit,
                        stations,
                        ipam,
                        internal,
                        mtu,
                        gatewayMac,
                        neighbors,
                        gateway));
    }

    private static Duration ageing(String text) {
        return Segment.DEFAULT.withAgeing(Values.duration(text)).ageing();
    }

    private List<IpamConfig> ipam(Section network) {
        var configs = new ArrayList<IpamConfig>();
        var ipam = network.section("ipam", Keys.IPAM);
        if (ipam == null) {
            return configs;
        }
        for (var item : ipam.items("config")) {
            var config = new Section(context, Keys.IPAM_CONFIG, item);
            var subnet = config.read("subnet", Subnet::parse);
            if (subnet == null) {
                throw config.at().error("ipam.config needs a 'subnet'");
            }
            var range = config.read("ip_range", Subnet::parse);
            var gateway = config.read("gateway", IpAddress::parse);
            var auxiliary = config.map("aux_addresses", label -> label, IpAddress::parse);
            configs.add(Section.guarded(config.at(), () -> new IpamConfig(subnet, range, gateway, auxiliary)));
        }
        return configs;
    }

    /** Options of the driver; those that only another engine knows are noted, since no list of them could be whole. */
    private Section options(Section network) {
        var value = orEmpty(network, "driver_opts");
        var known = new LinkedHashMap<String, Yaml.Field>();
        if (value instanceof Yaml.Fields all) {
            all.fields().forEach((name, field) -> {
                if (Keys.DRIVER_OPTIONS.read.contains(name)) {
                    known.put(name, field);
                } else {
                    context.notes().unused("driver_opts." + name);
                }
            });
            value = new Yaml.Fields(all.at(), known);
        }
        return new Section(context, Keys.DRIVER_OPTIONS, value);
    }

    private static @Nullable Integer vni(Section ours, Section options) {
        var vni = ours.integer("vni", 0, 0xFF_FFFF);
        var docker = options.integer(VNIS, 0, 0xFF_FFFF);
        if (vni != null && docker != null && !vni.equals(docker)) {
            throw ours.at("vni").error("vni " + vni + " contradicts " + VNIS + " " + docker);
        }
        return vni != null ? vni : docker;
    }

    static @Nullable HostInterface hostInterface(Section ours, String key) {
        var section = ours.section(key, Keys.HOST_INTERFACE);
        if (section == null) {
            return null;
        }
        var socket = section.read("socket", IpAddress::parse);
        if (socket != null) {
            return socket(section, key, socket);
        }
        var kind = kind(section, key);
        var name = Objects.requireNonNull(section.read(kind.toString(), NetworkReader::device));
        var addresses = section.listOrOne("address", HostAddress::parse);
        var gateways = section.listOrOne("gateway", IpAddress::parse);
        if (key.equals("underlay") && addresses.size() > 1) {
            throw section.at("address").error("address: an underlay has one address, not " + addresses.size());
        }
        var mac = section.read("mac", MacAddress::parseStation);
        var mtu = section.integer("mtu", 68, 65_535);
        var neighbors = section.map("neighbors", IpAddress::parse, MacAddress::parseStation);
        return Section.guarded(
                section.at(section.has("gateway") ? "gateway" : "address"),
                () -> new HostInterface(kind, name, addresses, gateways, mac, mtu, neighbors));
    }

    /** The one kind that is named. */
    private static Attachment.Kind kind(Section section, String key) {
        var named = HostInterface.KINDS.stream()
                .filter(kind -> section.has(kind.toString()))
                .toList();
        if (named.isEmpty()) {
            throw section.at()
                    .error(key
                            + (key.equals("underlay")
                                    ? " needs an 'interface' or a 'socket'"
                                    : " needs an 'interface'"));
        }
        if (named.size() > 1) {
            throw section.at(named.get(1).toString())
                    .error("'" + named.get(1) + "' and '" + named.get(0) + "': " + key + " is one interface");
        }
        return named.getFirst();
    }

    private static HostInterface socket(Section section, String key, IpAddress socket) {
        if (!key.equals("underlay")) {
            throw section.at("socket").error("'socket' belongs to an underlay");
        }
        for (var other : List.of("interface", "packet", "xdp", "pcap", "address", "gateway", "mac", "neighbors")) {
            if (section.has(other)) {
                throw section.at(other)
                        .error("'" + other
                                + "' does not go with 'socket': there the kernel has the address, and routes");
            }
        }
        return HostInterface.socket(socket, section.integer("mtu", 68, 65_535));
    }
}
