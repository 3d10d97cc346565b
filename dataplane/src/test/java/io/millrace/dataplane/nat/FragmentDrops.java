package io.millrace.dataplane.nat;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.dataplane.graph.Drop;
import io.millrace.dataplane.trials.Lab;
import io.millrace.dataplane.trials.Pieces;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** How fragments end that do not pass a gateway: a story for each reason. */
public final class FragmentDrops {
    private static final byte[] PACKET =
            Pieces.udp(RouterLab.IN + RouterLab.HOST, "10.1.0.2", 5000, "192.0.2.9", 53, new byte[1400]);
    private static final List<byte[]> PIECES = Pieces.cut(PACKET, 7, 512);

    private FragmentDrops() {}

    /** Adds the stories to others. */
    public static void tell(Map<Drop, Consumer<Lab>> stories) {
        stories.put(Drop.FRAGMENT_SENSELESS, lab -> {
            given(lab, List.of(Pieces.fragment(PACKET, 7, 65_528, new byte[8], false)));
        });
        stories.put(Drop.FRAGMENT_TINY, lab -> {
            byte[] tcp = PACKET.clone();
            tcp[23] = 6;
            given(lab, List.of(Pieces.fragment(tcp, 7, 8, new byte[8], true)));
        });
        stories.put(Drop.FRAGMENT_REPEATED, lab -> given(lab, List.of(PIECES.get(0), PIECES.get(0))));
        stories.put(Drop.FRAGMENT_OVERLAPS, lab -> {
            given(lab, List.of(PIECES.get(0), Pieces.fragment(PACKET, 7, 504, new byte[16], true)));
        });
        stories.put(Drop.FRAGMENT_AWAITED, lab -> {
            given(lab, Pieces.cut(PACKET, 7, 64).subList(1, FragmentedPacket.MOST_WAITING + 2));
        });
        stories.put(Drop.FRAGMENT_REFUSED, lab -> {
            byte[] nowhere =
                    Pieces.udp(RouterLab.IN + RouterLab.HOST, "10.1.0.2", 5000, "10.1.0.1", 9999, new byte[1400]);
            given(lab, Pieces.cut(nowhere, 7, 512));
        });
        stories.put(Drop.FRAGMENT_LATE, lab -> {
            given(lab, List.of(PIECES.get(1)));
            assertThat(lab.graph().held()).isOne();
            lab.later(Fragments.LIFETIME).settle();
        });
        stories.put(Drop.FRAGMENTS_TOO_MANY, lab -> {
            given(lab, Pieces.cut(PACKET, 7, 8));
        });
    }

    private static void given(Lab lab, List<byte[]> frames) {
        var router = new RouterLab(lab, 100);
        for (byte[] frame : frames) {
            lab.alsoGiven("in", frame);
        }
        router.take("in");
        router.take("out");
    }
}
