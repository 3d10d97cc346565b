package io.millrace.dataplane.l3;

import static io.millrace.dataplane.trials.Bytes.hex;
import static io.millrace.dataplane.trials.Packets.icmp;
import static io.millrace.dataplane.trials.Packets.icmpv6;
import static io.millrace.dataplane.trials.Packets.ipv4;
import static io.millrace.dataplane.trials.Packets.ipv6;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.graph.Drop;
import io.millrace.dataplane.l3.IpLab.Sender;
import io.millrace.dataplane.trials.Lab;
import java.util.Map;
import java.util.function.Consumer;

/** How frames end at an address of our own: a story for each reason. */
public final class AddressDrops {
    private static final String ME = "02 00 00 00 00 01 ";
    private static final String B = "02 00 00 00 00 0b ";
    private static final String TO_ME = ME + B;
    private static final String ALL = "ff ff ff ff ff ff ";
    private static final String ARP = "08 06 00 01 08 00 06 04 00 0";
    private static final String US = "10.9.0.1";
    private static final String THEM = "10.9.0.2";
    private static final String US_6 = "2001:db8::1";
    private static final String THEM_6 = "2001:db8::2";
    private static final byte[] PING = icmp("08 00 00 00 00 01 00 01");

    private AddressDrops() {}

    /** Adds the stories to others. */
    public static void tell(Map<Drop, Consumer<Lab>> stories) {
        stories.put(Drop.ARP_SENSELESS, lab -> given(lab, hex(ALL, B, ARP, "1")));
        stories.put(Drop.OWN_FRAME, lab -> given(lab, hex(ALL, ME, ARP, "1")));
        stories.put(Drop.ADDRESS_CLASH, lab -> {
            given(lab, hex(ALL, B, ARP, "1", B, "0a 09 00 01", ME, "0a 09 00 01"));
            assertThat(lab.take("u")).as("a defence").hasSize(1);
        });
        stories.put(Drop.UNASKED, lab -> given(lab, hex(TO_ME, ARP, "2", B, "0a 09 00 02", ME, "0a 09 00 01")));
        stories.put(Drop.NOT_OURS, lab -> given(lab, ipv4(B + B, THEM, US, 1, 0, PING)));
        stories.put(Drop.NOT_SERVED, lab -> given(lab, hex(TO_ME, "88 b5")));
        stories.put(Drop.IP_SENSELESS, lab -> given(lab, hex(TO_ME, "08 00 45 00 00 40")));
        stories.put(Drop.IP_CHECKSUM, lab -> {
            byte[] wrong = ipv4(TO_ME, THEM, US, 1, 0, PING);
            wrong[15] ^= 1;
            given(lab, wrong);
        });
        stories.put(Drop.IP_FRAGMENT, lab -> given(lab, ipv4(TO_ME, THEM, US, 1, 0x2000, PING)));
        stories.put(Drop.IP_SOURCE, lab -> given(lab, ipv4(TO_ME, "127.0.0.1", US, 1, 0, PING)));
        stories.put(Drop.ICMP_SENSELESS, lab -> given(lab, ipv4(TO_ME, THEM, US, 1, 0, hex("08 00 f7 ff"))));
        stories.put(Drop.ICMP_CHECKSUM, lab -> given(lab, ipv4(TO_ME, THEM, US, 1, 0, hex("08 00 00 00 00 01 00 01"))));
        stories.put(Drop.MEMBERSHIP_SENSELESS, lab -> given(lab, ipv4(TO_ME, THEM, US, 2, 0, hex("11 64 00 00"))));
        stories.put(Drop.NEIGHBOR_SENSELESS, lab -> {
            var far = icmpv6(THEM_6, US_6, "87 00 00 00 00 00 00 00 20 01 0d b8", "00".repeat(11), "01");
            given(lab, US_6, 64, ipv6(TO_ME, THEM_6, US_6, 58, 254, far));
        });
        stories.put(Drop.NO_ROUTE, lab -> hold(lab, "192.0.2.1", 1));
        stories.put(Drop.NEXT_HOP_SILENT, lab -> {
            hold(lab, THEM, 1);
            for (int i = 0; i < 4; i++) {
                lab.later(Lab.SECOND).settle();
            }
            lab.take("u");
        });
        stories.put(Drop.NEXT_HOP_AWAITED, lab -> {
            hold(lab, THEM, WaitingRoom.EACH + 1);
            lab.put("u", hex(TO_ME, ARP, "2", B, "0a 09 00 02", ME, "0a 09 00 01"))
                    .settle();
            lab.take("u");
        });
    }

    private static void given(Lab lab, byte[] frame) {
        given(lab, US, 24, frame);
    }

    private static void given(Lab lab, String address, int prefix, byte[] frame) {
        host(lab, address, prefix);
        lab.given("u", frame);
    }

    private static IpNode host(Lab lab, String address, int prefix) {
        int bits = address.contains(":") ? prefix : prefix + 96;
        var ip = lab.host("u", new IpNode.Settings(IpLab.address(address), bits, null, Map.of()));
        ip.mac(0x0200_0000_0001L);
        lab.settle();
        lab.take("u");
        return ip;
    }

    /** Has frames wait for a next hop. */
    private static void hold(Lab lab, String destination, int frames) {
        var ip = host(lab, US, 24);
        var hop = ip.via(IpLab.address(destination), new Sender());
        for (int i = 0; i < frames; i++) {
            long frame = lab.pool().allocate(60);
            lab.pool().buffer().setMemory(Frame.head(frame), 60, (byte) 0);
            lab.counters().originated(1);
            ip.hold(hop, frame);
        }
        lab.settle();
        lab.take("u");
    }
}
