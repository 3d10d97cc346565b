package io.millrace.vtep.wiring;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.dataplane.engine.Worker;
import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.graph.Counters;
import io.millrace.dataplane.graph.Drop;
import io.millrace.dataplane.graph.Graph;
import io.millrace.dataplane.l2.MacTable;
import io.millrace.dataplane.port.MemoryPort;
import io.millrace.vtep.network.Connection;
import io.millrace.vtep.network.MacAddress;
import io.millrace.vtep.network.Network;
import io.millrace.vtep.network.Segment;
import io.millrace.vtep.network.Service;
import io.millrace.vtep.network.SwitchPort;
import io.millrace.vtep.network.Topology;
import io.millrace.vtep.network.Vlan;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a topology says is what the wires do. Frames are written by hand: addresses, tag, EtherType, payload. */
class WiringTest {
    private static final String A = "020000000001";
    private static final String B = "020000000002";
    private static final String ALL = "ffffffffffff";
    private static final String DATA = "88b5" + "00".repeat(46);

    private final FramePool pool = new FramePool(256, 2);
    private final Graph graph = new Graph(pool, new Counters());
    private final Map<String, MemoryPort> hosts = new HashMap<>();
    private Worker worker = new Worker("none", () -> 0, new MacTable(1, 1), graph, List.of());

    private Wiring wire(Topology topology) {
        return wire(topology, SwitchPort.NO_STORM_CAP);
    }

    private Wiring wire(Topology topology, int storm) {
        var table = Wiring.tableFor(topology, 1);
        var wiring = Wiring.wire(topology, graph, table, storm, endpoint -> {
            var cable = MemoryPort.cable(endpoint.name(), "host." + endpoint.name(), 64);
            hosts.put(endpoint.name(), cable.far());
            return cable.near();
        });
        worker = new Worker(
                "test",
                () -> 0,
                table,
                graph,
                wiring.plugs().stream().map(plug -> plug.ingress(graph)).toList());
        return wiring;
    }

    private void send(String port, String hex) {
        assertThat(hosts.get(port).put(HexFormat.of().parseHex(hex), pool)).isTrue();
        worker.doWork();
    }

    private List<String> at(String port) {
        var came = new ArrayList<String>();
        hosts.get(port).takeAll(frame -> {
            byte[] bytes = new byte[Frame.length(frame)];
            pool.buffer().getBytes(Frame.head(frame), bytes);
            came.add(HexFormat.of().formatHex(bytes));
            pool.free(frame);
        });
        return came;
    }

    @AfterEach
    void everyFrameIsAccountedFor() {
        hosts.keySet().forEach(this::at);
        assertThat(worker.account().conserved()).isTrue();
        assertThat(pool.inUse()).isZero();
    }

    private static Service on(String name, String network, SwitchPort port) {
        return Service.of(name, network, Connection.PLAIN.with(port));
    }

    private static SwitchPort vlan(Vlan vlan) {
        return new SwitchPort(vlan, null, true, true, null, null);
    }

    private static Map<String, Network> bridges(Segment segment, String... names) {
        var networks = new HashMap<String, Network>();
        for (var name : names) {
            networks.put(name, new Network.Bridge(name, segment));
        }
        return networks;
    }

    @Test
    void aBroadcastReachesEveryPortOfItsNetworkAndNoneOfAnother() {
        wire(Topology.of(
                bridges(Segment.DEFAULT, "web", "db"),
                List.of(
                        on("w1", "web", SwitchPort.DEFAULT),
                        on("w2", "web", SwitchPort.DEFAULT),
                        on("w3", "web", SwitchPort.DEFAULT),
                        on("d1", "db", SwitchPort.DEFAULT))));
        send("w1", ALL + A + DATA);
        assertThat(at("w2")).containsExactly(ALL + A + DATA);
        assertThat(at("w3")).containsExactly(ALL + A + DATA);
        assertThat(at("d1")).isEmpty();
        assertThat(at("w1")).isEmpty();
    }

    @Test
    void oneMacInTwoNetworksIsTwoStations() {
        var wiring = wire(Topology.of(
                bridges(Segment.DEFAULT, "web", "db"),
                List.of(
                        on("w1", "web", SwitchPort.DEFAULT),
                        on("w2", "web", SwitchPort.DEFAULT),
                        on("d1", "db", SwitchPort.DEFAULT),
                        on("d2", "db", SwitchPort.DEFAULT))));
        send("w1", ALL + A + DATA);
        send("d2", ALL + A + DATA);
        hosts.keySet().forEach(this::at);
        send("w2", A + B + DATA);
        send("d1", A + B + DATA);
        assertThat(at("w1")).hasSize(1);
        assertThat(at("d2")).hasSize(1);
        var stations = new ArrayList<String>();
        wiring.switches()
                .forEach((name, net) -> net.forEachStation(
                        0, (mac, vid, port, isStatic, moves, ago) -> stations.add(mac + " " + port)));
        assertThat(stations)
                .containsExactlyInAnyOrder(
                        "02:00:00:00:00:01 w1", "02:00:00:00:00:02 w2", "02:00:00:00:00:01 d2", "02:00:00:00:00:02 d1");
    }

    @Test
    void anAccessPortSpeaksUntaggedToATrunkThatIsTagged() {
        wire(Topology.of(
                bridges(Segment.DEFAULT, "lan"),
                List.of(
                        on("a10", "lan", vlan(new Vlan.Access(10))),
                        on("b10", "lan", vlan(new Vlan.Access(10))),
                        on("c20", "lan", vlan(new Vlan.Access(20))),
                        on("trunk", "lan", vlan(new Vlan.Trunk(Set.of(10, 20), null))),
                        on("plain", "lan", SwitchPort.DEFAULT))));
        send("a10", ALL + A + DATA);
        assertThat(at("b10")).containsExactly(ALL + A + DATA);
        assertThat(at("trunk")).containsExactly(ALL + A + "8100000a" + DATA);
        assertThat(at("c20")).isEmpty();
        assertThat(at("plain")).isEmpty(); // VLAN 1, as every port that says nothing

        send("trunk", ALL + B + "8100a014" + DATA); // VLAN 20, priority 5
        assertThat(at("c20")).containsExactly(ALL + B + DATA);
        assertThat(at("b10")).isEmpty();
        send("trunk", ALL + B + DATA);
        assertThat(drops("vlans.lan", Drop.VLAN_UNTAGGED)).isEqualTo(1);
    }

    @Test
    void theNativeVlanOfATrunkIsUntaggedOutside() {
        wire(Topology.of(
                bridges(Segment.DEFAULT, "lan"),
                List.of(
                        on("a1", "lan", vlan(new Vlan.Access(1))),
                        on("trunk", "lan", vlan(new Vlan.Trunk(Set.of(10, 20), 1))))));
        send("a1", ALL + A + DATA);
        assertThat(at("trunk")).containsExactly(ALL + A + DATA);
        send("trunk", ALL + B + "8100e000" + DATA); // priority tag: VID 0
        assertThat(at("a1")).containsExactly(ALL + B + DATA);
    }

    @Test
    void portsOfAGroupHearEverybodyButEachOther() {
        var uplink = new SwitchPort(null, null, true, true, "tunnels", null);
        wire(Topology.of(
                bridges(Segment.DEFAULT, "lan"),
                List.of(on("t1", "lan", uplink), on("t2", "lan", uplink), on("host", "lan", SwitchPort.DEFAULT))));
        send("t1", ALL + A + DATA);
        assertThat(at("t2")).isEmpty();
        assertThat(at("host")).hasSize(1);
        send("host", ALL + B + DATA);
        assertThat(at("t1")).hasSize(1);
        assertThat(at("t2")).hasSize(1);
    }

    @Test
    void aStaticStationIsKnownBeforeItSpeaksAndDoesNotMove() {
        var segment = Segment.DEFAULT.withStations(Map.of(MacAddress.parse("02:00:00:00:00:02"), "s2"));
        wire(Topology.of(
                bridges(segment, "lan"),
                List.of(
                        on("s1", "lan", SwitchPort.DEFAULT),
                        on("s2", "lan", SwitchPort.DEFAULT),
                        on("s3", "lan", SwitchPort.DEFAULT))));
        send("s1", B + A + DATA);
        assertThat(at("s2")).hasSize(1);
        assertThat(at("s3")).isEmpty();
        send("s3", ALL + B + DATA); // somebody else says it is B
        hosts.keySet().forEach(this::at);
        send("s1", B + A + DATA);
        assertThat(at("s2")).hasSize(1);
    }

    @Test
    void theNetworksMtuHoldsAtEveryPort() {
        var segment = new Segment(Segment.AGEING, 100, Map.of(), List.of(), false, 1450, null, Map.of());
        wire(Topology.of(
                bridges(segment, "lan"),
                List.of(on("s1", "lan", SwitchPort.DEFAULT), on("s2", "lan", SwitchPort.DEFAULT))));
        send("s1", ALL + A + "88b5" + "00".repeat(1450));
        send("s1", ALL + A + "8100000a88b5" + "00".repeat(1450)); // one tag is not counted
        assertThat(at("s2")).hasSize(2);
        send("s1", ALL + A + "88b5" + "00".repeat(1451));
        assertThat(at("s2")).isEmpty();
        assertThat(drops("port.s2", Drop.EXCEEDS_MTU)).isEqualTo(1);
    }

    @Test
    void aPortHasOneStormCapWhateverTheNumberOfItsVlans() {
        var wiring = wire(Topology.of(
                bridges(Segment.DEFAULT, "lan"),
                List.of(
                        on("t1", "lan", vlan(new Vlan.Trunk(Set.of(10, 20), 1)).withStorm(1)),
                        on("t2", "lan", vlan(new Vlan.Trunk(Set.of(10, 20), 1))))));
        for (var tag : List.of("8100000a", "81000014", "", "8100000a", "81000014", "")) {
            send("t1", ALL + A + tag + DATA);
            send("t2", ALL + B + tag + DATA);
        }
        assertThat(at("t1")).hasSize(6);
        assertThat(at("t2")).hasSize(4);
        assertThat(graph.counters().port("t1").stormDrops()).isEqualTo(2);
        assertThat(lan(wiring).alarms())
                .extracting(Switch.Notice::sentence)
                .containsExactly("storm from port t1 of network lan: more than 1 frames a second to be flooded; "
                        + "the rest is dropped");
    }

    @Test
    void aPortAboutWhichNothingIsSaidHasTheStormCapOfTheRun() {
        var ports = List.of(
                on("s1", "lan", SwitchPort.DEFAULT),
                on("s2", "lan", SwitchPort.DEFAULT.withStorm(SwitchPort.NO_STORM_CAP)));
        wire(Topology.of(bridges(Segment.DEFAULT, "lan"), ports), 2);
        for (int i = 0; i < 10; i++) {
            send("s1", ALL + A + DATA);
            send("s2", ALL + B + DATA);
        }
        assertThat(at("s2")).hasSize(8);
        assertThat(at("s1")).hasSize(10);
    }

    @Test
    void aPortThatGoesDownIsForgottenInEveryVlanAndComesBack() {
        var trunk = vlan(new Vlan.Trunk(Set.of(10, 20), null));
        var wiring = wire(Topology.of(
                bridges(Segment.DEFAULT, "lan"),
                List.of(on("t1", "lan", trunk), on("t2", "lan", trunk), on("t3", "lan", trunk))));
        for (var tag : List.of("8100000a", "81000014")) {
            send("t1", ALL + A + tag + DATA);
            send("t2", ALL + B + tag + DATA);
        }
        hosts.keySet().forEach(this::at);
        lan(wiring).portDown("t1");
        for (var tag : List.of("8100000a", "81000014")) {
            send("t2", A + B + tag + DATA);
        }
        assertThat(at("t1")).isEmpty();
        assertThat(at("t3")).hasSize(2);
        lan(wiring).portUp("t1");
        send("t2", A + B + "8100000a" + DATA);
        assertThat(at("t1")).hasSize(1);
        send("t1", ALL + A + "8100000a" + DATA);
        hosts.keySet().forEach(this::at);
        send("t2", A + B + "8100000a" + DATA);
        assertThat(at("t1")).hasSize(1);
        assertThat(at("t3")).isEmpty();
    }

    @Test
    void aLoopIsToldInASentence() {
        var wiring = wire(Topology.of(
                bridges(Segment.DEFAULT, "lan"),
                List.of(
                        on("s1", "lan", SwitchPort.DEFAULT),
                        on("s2", "lan", SwitchPort.DEFAULT),
                        on("s3", "lan", SwitchPort.DEFAULT))));
        for (int i = 0; i < 60; i++) {
            send(i % 2 == 0 ? "s3" : "s2", ALL + A + DATA);
            hosts.keySet().forEach(this::at);
        }
        assertThat(lan(wiring).alarms())
                .extracting(Switch.Notice::sentence)
                .containsExactly("loop between ports s2 and s3 of network lan: 02:00:00:00:00:01 moved 50 times "
                        + "within 0.1 s");
    }

    private static Switch lan(Wiring wiring) {
        return Objects.requireNonNull(wiring.switches().get("lan"));
    }

    private long drops(String node, @Nullable Drop why) {
        var row = graph.counters().drops().get(node);
        return row == null || why == null ? 0 : row.frames(why);
    }
}
