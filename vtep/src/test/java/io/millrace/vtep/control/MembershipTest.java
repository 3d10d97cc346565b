package io.millrace.vtep.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.dataplane.engine.Worker;
import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.graph.Counters;
import io.millrace.dataplane.graph.Drop;
import io.millrace.dataplane.graph.Graph;
import io.millrace.dataplane.port.MemoryPort;
import io.millrace.vtep.network.Connection;
import io.millrace.vtep.network.HostAddress;
import io.millrace.vtep.network.HostInterface;
import io.millrace.vtep.network.IpAddress;
import io.millrace.vtep.network.MacAddress;
import io.millrace.vtep.network.Network;
import io.millrace.vtep.network.RemoteEndpoint;
import io.millrace.vtep.network.Segment;
import io.millrace.vtep.network.Service;
import io.millrace.vtep.network.Topology;
import io.millrace.vtep.network.VtepBuilder;
import io.millrace.vtep.wiring.Wiring;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a control plane tells while a switch runs, seen from its ports: which hosts get a frame, and whose frames come in. */
class MembershipTest {
    private static final String LAN = "lan";
    private static final int VNI = 5;
    private static final String OWN = "020000000901";
    private static final String HOP = "020000000902";
    private static final String HERE = "020000000001";
    private static final String THERE = "020000000103";
    private static final String ALL = "ffffffffffff";
    private static final String DATA = "88b5" + "00".repeat(46);
    private static final List<String> HOSTS = List.of("10.9.0.2", "10.9.0.3", "10.9.0.4", "239.1.1.1");

    private final FramePool pool = new FramePool(256, 2);
    private final Graph graph = new Graph(pool, new Counters());
    private final Map<String, MemoryPort> far = new HashMap<>();
    private Worker worker;
    private Members members;

    private void start(VtepBuilder vtep) {
        var neighbors = new HashMap<IpAddress, MacAddress>();
        HOSTS.subList(0, 3).forEach(host -> neighbors.put(IpAddress.parse(host), mac(HOP)));
        var underlay = new HostInterface("eth1", HostAddress.parse("10.9.0.1/24"), null, mac(OWN), null, neighbors);
        var overlay = new Network.Overlay(LAN, Segment.DEFAULT, VNI, vtep.build());
        var topology = new Topology(
                "test",
                Map.of(LAN, overlay),
                Map.of("s1", Service.of("s1", LAN, Connection.PLAIN)),
                null,
                underlay,
                1,
                Topology.Idle.BUSY);
        var table = Wiring.tableFor(topology, 1);
        var wiring = Wiring.wire(topology, graph, table, endpoint -> {
            var cable = MemoryPort.cable(endpoint.name(), "far." + endpoint.name(), 64);
            far.put(endpoint.name(), cable.far());
            return cable.near();
        });
        worker = new Worker(
                "test",
                () -> 0,
                table,
                graph,
                wiring.plugs().stream().map(plug -> plug.ingress(graph)).toList());
        var asked = Objects.requireNonNull(wiring.underlay()).members();
        members = asked.on(change -> assertThat(worker.submit(change)).isTrue());
    }

    private void tell(Change... changes) {
        members.changed(List.of(changes));
        worker.doWork();
    }

    private static Change.PeerCame came(String host) {
        return new Change.PeerCame(LAN, IpAddress.parse(host));
    }

    private static Change.PeerWent went(String host) {
        return new Change.PeerWent(LAN, IpAddress.parse(host));
    }

    private static Change.EndpointCame endpoint(String mac, String host) {
        return new Change.EndpointCame(LAN, new RemoteEndpoint(mac(mac), List.of(), IpAddress.parse(host)));
    }

    private static MacAddress mac(String hex) {
        return new MacAddress(HexFormat.fromHexDigitsToLong(hex));
    }

    private void send(String port, String hex) {
        assertThat(far.get(port).put(HexFormat.of().parseHex(hex), pool)).isTrue();
        worker.doWork();
    }

    private List<byte[]> at(String port) {
        var came = new ArrayList<byte[]>();
        far.get(port).takeAll(frame -> {
            byte[] bytes = new byte[Frame.length(frame)];
            pool.buffer().getBytes(Frame.head(frame), bytes);
            came.add(bytes);
            pool.free(frame);
        });
        return came;
    }

    /** The hosts that get a copy of what s1 sends, by the destination addresses of the packets on the underlay. */
    private List<String> hostsThatGet(String destination) {
        send("s1", destination + HERE + DATA);
        return at("underlay").stream()
                .map(packet -> IpAddress.v4(ByteBuffer.wrap(packet).getInt(30)).toString())
                .sorted()
                .toList();
    }

    /** Whether a frame comes out at s1 that a host sends. */
    private boolean comesIn(String host, String source) {
        send("underlay", packet(host, ALL + source + DATA));
        return !at("s1").isEmpty();
    }

    /** RFC 7348 section 5 by hand: Ethernet, IPv4 without checksum of UDP, VXLAN, the frame. */
    private static String packet(String host, String frame) {
        int inner = frame.length() / 2;
        var ip = ByteBuffer.allocate(20)
                .putShort((short) 0x4500)
                .putShort((short) (36 + inner))
                .putInt(0x0000_4000)
                .putInt(0x4011_0000)
                .putInt(IpAddress.parse(host).v4())
                .putInt(IpAddress.parse("10.9.0.1").v4());
        int sum = 0;
        for (int i = 0; i < 20; i += 2) {
            sum += ip.getShort(i) & 0xFFFF;
        }
        ip.putShort(10, (short) ~(sum + (sum >>> 16)));
        var udp = "c00012b5%04x0000".formatted(16 + inner);
        return OWN + HOP + "0800" + HexFormat.of().formatHex(ip.array()) + udp + "08000000%06x00".formatted(VNI)
                + frame;
    }

    private long foreign() {
        return graph.counters().drops("vxlan").frames(Drop.VXLAN_FOREIGN_VTEP);
    }

    @AfterEach
    void everyFrameIsAccountedFor() {
        far.keySet().forEach(this::at);
        assertThat(worker.account().conserved()).isTrue();
        assertThat(pool.inUse()).isZero();
    }

    @Test
    void thePeersAndEndpointsOfTheTopologyTakePartFromTheBeginning() {
        start(Network.Vtep.with()
                .peers("10.9.0.2")
                .endpoints(List.of(endpoint(THERE, "10.9.0.3").endpoint())));

        assertThat(hostsThatGet(ALL)).containsExactly("10.9.0.2", "10.9.0.3");
        assertThat(hostsThatGet(THERE)).containsExactly("10.9.0.3");
    }

    @Test
    void aPeerThatComesGetsWhatIsFloodedAndIsHeardUntilItGoes() {
        start(Network.Vtep.with().peers("10.9.0.2"));
        assertThat(comesIn("10.9.0.3", THERE)).isFalse();
        assertThat(foreign()).isEqualTo(1);

        tell(came("10.9.0.3"));
        assertThat(hostsThatGet(ALL)).containsExactly("10.9.0.2", "10.9.0.3");
        assertThat(comesIn("10.9.0.3", THERE)).isTrue();
        assertThat(hostsThatGet(THERE)).as("learned").containsExactly("10.9.0.3");

        tell(went("10.9.0.3"));
        assertThat(comesIn("10.9.0.3", THERE)).isFalse();
        assertThat(foreign()).isEqualTo(2);
        assertThat(hostsThatGet(THERE)).as("forgotten, hence flooded").containsExactly("10.9.0.2");
    }

    @Test
    void whatIsToldTwiceChangesNothing() {
        start(Network.Vtep.with().peers("10.9.0.2"));
        assertThat(comesIn("10.9.0.2", THERE)).isTrue();

        tell(came("10.9.0.2"), came("10.9.0.2"), went("10.9.0.4"), new Change.EndpointWent(LAN, mac(THERE)));
        assertThat(hostsThatGet(ALL)).containsExactly("10.9.0.2");
        assertThat(hostsThatGet(THERE)).as("still known").containsExactly("10.9.0.2");
    }

    @Test
    void anEndpointIsNotFloodedForAndMovesFromHostToHost() {
        start(Network.Vtep.with().peers("10.9.0.2", "10.9.0.3").learning(false));
        assertThat(hostsThatGet(THERE)).containsExactly("10.9.0.2", "10.9.0.3");

        tell(endpoint(THERE, "10.9.0.2"));
        assertThat(hostsThatGet(THERE)).containsExactly("10.9.0.2");
        tell(endpoint(THERE, "10.9.0.3"));
        assertThat(hostsThatGet(THERE)).containsExactly("10.9.0.3");
        tell(new Change.EndpointWent(LAN, mac(THERE)));
        assertThat(hostsThatGet(THERE)).containsExactly("10.9.0.2", "10.9.0.3");
    }

    @Test
    void aHostTakesPartAsLongAsAnEndpointIsOnItAndNoLonger() {
        start(Network.Vtep.with());
        tell(endpoint(THERE, "10.9.0.2"), endpoint("020000000104", "10.9.0.2"));
        assertThat(comesIn("10.9.0.2", THERE)).isTrue();

        tell(new Change.EndpointWent(LAN, mac(THERE)));
        assertThat(comesIn("10.9.0.2", THERE)).as("the other is still there").isTrue();
        tell(endpoint("020000000104", "10.9.0.3"));
        assertThat(comesIn("10.9.0.2", THERE)).isFalse();
        assertThat(hostsThatGet(ALL)).containsExactly("10.9.0.3");
    }

    @Test
    void aPeerThatGoesStaysWhileAnEndpointIsOnIt() {
        start(Network.Vtep.with());
        tell(came("10.9.0.2"), endpoint(THERE, "10.9.0.2"), went("10.9.0.2"));
        assertThat(hostsThatGet(THERE)).containsExactly("10.9.0.2");

        tell(came("10.9.0.2"), new Change.EndpointWent(LAN, mac(THERE)));
        assertThat(hostsThatGet(ALL)).as("named again").containsExactly("10.9.0.2");
    }

    @Test
    void theNextPeerInAPlaceInheritsNothing() {
        start(Network.Vtep.with().peers("10.9.0.4"));
        tell(endpoint(THERE, "10.9.0.2"));
        tell(new Change.EndpointWent(LAN, mac(THERE)), came("10.9.0.3"));

        assertThat(hostsThatGet(THERE)).as("unknown, hence flooded").containsExactly("10.9.0.3", "10.9.0.4");
    }

    @Test
    void thisHostIsNoPeerOfItsOwnAndAnEndpointThatComesHereIsRemoteNoLonger() {
        start(Network.Vtep.with().peers("10.9.0.2").learning(false));
        tell(came("10.9.0.1"), endpoint(HERE, "10.9.0.2"));
        assertThat(comesIn("10.9.0.1", THERE)).as("from our own address").isFalse();
        assertThat(hostsThatGet(ALL)).containsExactly("10.9.0.2");
        send("underlay", packet("10.9.0.2", HERE + THERE + DATA));
        assertThat(at("s1")).as("said to be elsewhere").isEmpty();

        tell(endpoint(HERE, "10.9.0.1"));
        send("underlay", packet("10.9.0.2", HERE + THERE + DATA));
        assertThat(at("s1")).hasSize(1);
    }

    @Test
    void whatIsFloodedGoesToTheGroupWhereThereIsOneAndPeersThatComeGetNoCopies() {
        start(Network.Vtep.with().group(IpAddress.parse("239.1.1.1")));
        tell(came("10.9.0.2"));

        assertThat(comesIn("10.9.0.2", THERE)).isTrue();
        assertThat(hostsThatGet(THERE)).containsExactly("10.9.0.2");
        send("s1", ALL + HERE + DATA);
        assertThat(new TreeSet<>(at("underlay").stream()
                        .map(packet ->
                                IpAddress.v4(ByteBuffer.wrap(packet).getInt(30)).toString())
                        .toList()))
                .isSubsetOf("239.1.1.1");
    }

    @Test
    void moreHostsThanASwitchCanNumberAreRefusedAtOnce() {
        start(Network.Vtep.with().peers("10.9.0.2"));
        var hosts = new Change[Network.Vtep.MOST_HOSTS];
        for (int i = 0; i < hosts.length; i++) {
            hosts[i] = new Change.PeerCame(LAN, IpAddress.v4(0x0A0A_0000 + i));
        }

        assertThatThrownBy(() -> tell(hosts)).hasMessage("overlay 'lan' has more than 16384 hosts");
        assertThat(hostsThatGet(ALL)).containsExactly("10.9.0.2");
        tell(Arrays.copyOf(hosts, hosts.length - 1));
        send("underlay", packet("10.10.63.254", HERE + THERE + DATA));
        assertThat(at("s1")).as("the last one is heard").hasSize(1);
    }

    @Test
    void aChangeThatCannotBeIsRefusedWithAllThatWereToldWithIt() {
        start(Network.Vtep.with().peers("10.9.0.2"));

        assertThatThrownBy(() -> tell(came("10.9.0.3"), new Change.PeerCame("wan", IpAddress.parse("10.9.0.4"))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("'wan' is no overlay of this host");
        assertThatThrownBy(() -> tell(came("10.9.0.3"), came("2001:db8::3")))
                .hasMessage("2001:db8::3 is of another family than 10.9.0.1 of this host");
        assertThatThrownBy(() -> tell(came("10.9.0.3"), came("239.9.9.9")))
                .hasMessage("239.9.9.9 is neither a host nor the overlay's group");
        assertThat(hostsThatGet(ALL)).containsExactly("10.9.0.2");
    }
}
