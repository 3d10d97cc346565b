package io.millrace.dataplane.l3;

import static io.millrace.dataplane.trials.Bytes.hex;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.codec.Addresses;
import io.millrace.codec.Ipv6Address;
import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.graph.Drop;
import io.millrace.dataplane.trials.Lab;
import java.util.HexFormat;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A host of ours with one cable, and a hand-held packet maker at the other end: what arrives there is looked at in
 * hexadecimal digits.
 */
final class IpLab implements AutoCloseable {
    static final String US = "02 00 0a 09 00 01 ";
    static final String THEM = "02 00 0a 09 00 02 ";
    static final String ALL = "ff ff ff ff ff ff ";
    static final String OUR_IP = "0a 09 00 01 ";
    static final String THEIR_IP = "0a 09 00 02 ";
    static final long OUR_MAC = 0x0200_0A09_0001L;
    static final long THEIR_MAC = 0x0200_0A09_0002L;

    final Lab lab = new Lab();
    final IpNode ip;

    /** 10.9.0.1/24 with the gateway 10.9.0.254, its port open. */
    static IpLab v4() {
        return new IpLab("10.9.0.1", 24, "10.9.0.254", Map.of()).open();
    }

    /** 2001:db8::1/64 with the gateway 2001:db8::fe, its port open. */
    static IpLab v6() {
        return new IpLab("2001:db8::1", 64, "2001:db8::fe", Map.of()).open();
    }

    IpLab(String address, int prefix, @Nullable String gateway, Map<Ipv6Address, Long> neighbors) {
        int bits = address.contains(":") ? prefix : prefix + 96;
        ip = lab.host(
                "u", new IpNode.Settings(address(address), bits, gateway == null ? null : address(gateway), neighbors));
    }

    static Ipv6Address address(String text) {
        return Addresses.ipv6(text.contains(":") ? text : "::ffff:" + text);
    }

    /** The port opens; what is said then is not looked at. */
    IpLab open() {
        ip.mac(OUR_MAC);
        lab.settle();
        lab.later(3 * Lab.SECOND).settle();
        lab.later(8 * Lab.SECOND).settle();
        lab.take("u");
        return this;
    }

    /** So many ms pass, in small steps. */
    IpLab later(int ms) {
        for (int i = 0; i < ms; i += 100) {
            lab.later(Lab.SECOND / 10).settle();
        }
        return this;
    }

    /** A frame comes in. */
    IpLab given(String... parts) {
        lab.put("u", hex(parts)).settle();
        return this;
    }

    /** The next frame that left is this one. */
    IpLab expect(String... parts) {
        lab.expect("u", hex(parts));
        return this;
    }

    /** Nothing has left. */
    IpLab expectNothing() {
        lab.nothingElse();
        return this;
    }

    /** The frame given last ended so; nothing has left. */
    IpLab expectDrop(Drop why) {
        assertThat(lab.drops(why)).as("%s", why).isOne();
        return expectNothing();
    }

    static String arp(String operation, String senderMac, String senderIp, String targetMac, String targetIp) {
        return "08 06 00 01 08 00 06 04 00 0" + operation + senderMac + senderIp + targetMac + targetIp;
    }

    /** Has a frame wait for a hop, without its destination's address: a number in place of a packet. */
    void hold(NextHop hop, int number) {
        long frame = lab.pool().allocate(60);
        lab.graph().counters().originated(1);
        lab.pool().buffer().putBytes(Frame.head(frame), HexFormat.of().parseHex(waiting("00".repeat(6), number)));
        ip.hold(hop, frame);
        lab.settle();
    }

    /** The same as it should leave. */
    static String waiting(String to, int number) {
        return to.replace(" ", "") + US.replace(" ", "") + "0800"
                + HexFormat.of().toHexDigits((byte) number) + "00".repeat(45);
    }

    @Override
    public void close() {
        lab.close();
    }

    /** Sends through a next hop. */
    static final class Sender implements NextHop.User {
        long mac = 0;
        long sent;

        @Override
        public void nextHop(long now) {
            mac = now;
        }

        @Override
        public long sent() {
            return sent;
        }
    }
}
