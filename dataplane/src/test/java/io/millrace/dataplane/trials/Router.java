package io.millrace.dataplane.trials;

import io.millrace.codec.Addresses;
import io.millrace.codec.Ipv6Address;
import io.millrace.dataplane.graph.Port;
import io.millrace.dataplane.l3.IpNode;
import io.millrace.dataplane.nat.Backend;
import io.millrace.dataplane.nat.Balance;
import io.millrace.dataplane.nat.Front;
import io.millrace.dataplane.nat.Gateway;
import io.millrace.dataplane.nat.GatewayMode;
import io.millrace.dataplane.nat.Nat;
import io.millrace.dataplane.nat.Service;
import io.millrace.dataplane.nat.TranslationSettings;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.SplittableRandom;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A router on a bench: behind the cable {@code in} the network 10.1.0.0/24 and 2001:db8:1::/64, hidden behind 192.0.2.1 and
 * 2001:db8::1 at the cable {@code out}. Everybody's Ethernet address is known: it ends with the last byte of the address.
 * UDP port 8080 leads to port 80 of host 2, UDP port 8090 to port 80 of hosts 2 and 3 in turns.
 */
public final class Router implements AutoCloseable {
    /** Both Ethernet addresses of a frame from an inside host to its gateway; what comes back has them the other way round. */
    public static final String IN = "02 00 00 00 01 01 02 00 00 00 01 ";

    /** The same for an outside host; the last byte is missing. */
    public static final String OUT = "02 00 00 00 00 01 02 00 00 00 00 ";

    private static final int UDP = 17;
    private static final int HOSTS = 9;

    public final Lab lab;
    public final Nat nat;

    /** @param outside the longest packet that leaves to the outside, in bytes */
    public Router(int outside) {
        this(Lab.Scale.DEFAULT, outside, 4096);
    }

    public Router(Lab.Scale scale, int outside, int sessions) {
        lab = new Lab(scale);
        var random = new SplittableRandom(5);
        nat = new Nat(
                lab.graph(),
                new TranslationSettings(
                        sessions,
                        TranslationSettings.Filtering.ADDRESS_AND_PORT,
                        false,
                        false,
                        1024,
                        65_535,
                        random::nextLong,
                        bytes -> new UnsafeBuffer(ByteBuffer.allocateDirect(bytes))));
        gateway("in", false, Port.NO_MTU, "10.1.0.", "2001:db8:1::", 0x0200_0000_0100L);
        gateway("out", true, outside, "192.0.2.", "2001:db8::", 0x0200_0000_0000L);
        publish("192.0.2.1", "10.1.0.", 8080, 2);
        publish("2001:db8::1", "2001:db8:1::", 8080, 2);
        publish("192.0.2.1", "10.1.0.", 8090, 2, 3);
        publish("2001:db8::1", "2001:db8:1::", 8090, 2, 3);
    }

    private void gateway(String name, boolean isUplink, int mtu, String v4, String v6, long macs) {
        var addresses =
                List.of(new Gateway.Address(address(v4 + 1), 96 + 24), new Gateway.Address(address(v6 + 1), 64));
        var settings = new Gateway.Settings(
                name, isUplink, addresses, GatewayMode.NAT, GatewayMode.NAT, !isUplink, false, true, null, null);
        lab.router(name, port -> new Shaped(port, mtu, true), egress -> {
            var out = lab.graph().linkTo(egress);
            var gateway = new Gateway("gateway." + name, lab.graph(), settings, nat, out, 0, egress::mtu);
            for (var own : addresses) {
                var known = new HashMap<Ipv6Address, Long>();
                for (int host = 2; host <= HOSTS; host++) {
                    known.put(address((own.address().isIpv4() ? v4 : v6) + host), macs + host);
                }
                boolean wide = !own.address().isIpv4();
                var ip = new IpNode(
                        (wide ? "ip6." : "ip.") + name,
                        lab.graph(),
                        out,
                        new IpNode.Settings(own.address(), own.prefix(), null, known));
                gateway.host(ip, lab.graph().linkTo(ip), wide);
            }
            nat.add(gateway);
            gateway.mac(macs + 1);
            return lab.graph().linkTo(gateway);
        });
    }

    private void publish(String at, String inside, int port, int... hosts) {
        var front = address(at);
        var backends = Arrays.stream(hosts)
                .mapToObj(host -> new Backend(
                        host,
                        address(inside + host).high(),
                        address(inside + host).low(),
                        80,
                        1))
                .toList();
        nat.publish(new Service(
                "web", new Front(front.high(), front.low(), UDP, port, port, false), Balance.ROUND_ROBIN, backends));
    }

    private static Ipv6Address address(String text) {
        return Addresses.ipv6(text.contains(":") ? text : "::ffff:" + text);
    }

    /** These frames come in one after another; what leaves by the other cable. */
    public List<byte[]> given(String cable, List<byte[]> frames) {
        frames.forEach(frame -> lab.put(cable, frame));
        lab.settle();
        return lab.take(cable.equals("in") ? "out" : "in");
    }

    @Override
    public void close() {
        lab.later(31 * Lab.SECOND);
        lab.close();
    }
}
