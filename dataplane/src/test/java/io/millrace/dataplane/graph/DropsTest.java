package io.millrace.dataplane.graph;

import static io.millrace.dataplane.trials.Bytes.hex;
import static io.millrace.dataplane.trials.Bytes.padded;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.frame.Offload;
import io.millrace.dataplane.l2.PortSettings;
import io.millrace.dataplane.l3.AddressDrops;
import io.millrace.dataplane.nat.FragmentDrops;
import io.millrace.dataplane.nat.NatDrops;
import io.millrace.dataplane.nat.QuotedDrops;
import io.millrace.dataplane.trials.Lab;
import io.millrace.dataplane.trials.Shaped;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.constantpool.FieldRefEntry;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every reason for which a class of this module drops a frame has a story that provokes it; a reason that is new in the code
 * fails here until it has one.
 */
class DropsTest {
    private static final String A = "02 00 00 00 00 0a ";
    private static final String B = "02 00 00 00 00 0b ";
    private static final String ALL = "ff ff ff ff ff ff ";
    private static final String IP = "08 00 ";
    private static final byte[] HELLO = padded(60, ALL, A, IP);

    private static final Map<Drop, Consumer<Lab>> STORIES = new EnumMap<>(Drop.class);

    static {
        STORIES.put(Drop.LINK_FULL, lab -> circle(lab, 4));
        STORIES.put(Drop.LOOP, lab -> circle(lab, 2));
        STORIES.put(Drop.POOL_EMPTY, lab -> {
            lab.bridge("web").ports("a", "b", "c");
            var hoard = new java.util.ArrayDeque<Long>();
            while (lab.pool().available() > 1) {
                hoard.add(lab.pool().allocate(60));
            }
            lab.given("a", HELLO).expectSame("c"); // the frame itself leaves by the last port
            hoard.forEach(lab.pool()::free);
        });
        STORIES.put(Drop.OFFLOAD_SENSELESS, lab -> {
            lab.bridge("web").ports("a", "b");
            long frame = lab.pool().allocate(HELLO.length);
            lab.pool().buffer().putBytes(Frame.head(frame), HELLO);
            long beyond = Offload.of(Offload.WHOLE, 0, HELLO.length, 0);
            assertThat(lab.end("a").put(lab.pool().offload(frame, beyond))).isTrue();
            lab.settle();
        });
        STORIES.put(Drop.ETHERNET_TRUNCATED, lab -> {
            lab.bridge("web").ports("a", "b");
            lab.given("a", hex(ALL, A));
        });
        STORIES.put(Drop.ETHERNET_CUT, lab -> {
            lab.bridge("web").ports("a", "b");
            lab.putCut("a", hex(ALL, A), 48).settle();
        });
        STORIES.put(Drop.SOURCE_IS_GROUP, lab -> {
            lab.bridge("web").ports("a", "b");
            lab.given("a", padded(60, A, ALL, IP));
        });
        STORIES.put(Drop.RESERVED_ADDRESS, lab -> {
            lab.bridge("web").ports("a", "b");
            lab.given("a", padded(60, "01 80 c2 00 00 0e", A, "88 cc"));
        });
        STORIES.put(Drop.SAME_PORT, lab -> {
            lab.bridge("web").ports("a", "b");
            lab.given("a", padded(60, A, A, IP));
        });
        STORIES.put(Drop.SPLIT_HORIZON, lab -> {
            var group = new PortSettings(true, true, 1, 10);
            lab.bridge("web").port("a", group).port("b", group).ports("c");
            lab.given("a", HELLO).expectSame("c").given("b", padded(60, A, B, IP));
        });
        STORIES.put(Drop.NO_OTHER_PORT, lab -> {
            lab.bridge("web").ports("a");
            lab.given("a", HELLO);
        });
        STORIES.put(Drop.STORM, lab -> {
            lab.bridge("web").capped("a", 1).ports("b");
            for (int i = 0; i < 4; i++) {
                lab.given("a", HELLO).expectSame("b");
            }
            lab.given("a", HELLO);
        });
        STORIES.put(Drop.UNKNOWN_PORT, lab -> {
            lab.bridge("web").ports("a").stray("x");
            lab.given("x", HELLO);
        });
        STORIES.put(Drop.VLAN_TRUNCATED, lab -> {
            lab.vlans("web").access("a", 10);
            lab.given("a", hex(ALL, A, "81 00 00"));
        });
        STORIES.put(Drop.VLAN_RESERVED, lab -> {
            lab.vlans("web").access("a", 10);
            lab.given("a", padded(64, ALL, A, "81 00 0f ff", IP));
        });
        STORIES.put(Drop.VLAN_NOT_MEMBER, lab -> {
            lab.vlans("web").access("a", 10);
            lab.given("a", padded(64, ALL, A, "81 00 00 14", IP));
        });
        STORIES.put(Drop.VLAN_UNTAGGED, lab -> {
            lab.vlans("web").trunk("a", 0, 10);
            lab.given("a", HELLO);
        });
        STORIES.put(Drop.EXCEEDS_MTU, lab -> {
            lab.bridge("web").ports("a").port("b", PortSettings.DEFAULT, port -> new Shaped(port, 1500, true));
            lab.given("a", padded(1515, ALL, A, IP));
        });
        STORIES.put(Drop.PORT_FULL, lab -> {
            lab.bridge("web").ports("a", "b", "c");
            for (int i = 0; i < lab.scale().cable(); i++) {
                lab.put("a", HELLO).put("b", HELLO);
            }
            lab.settle();
            assertThat(lab.take("c")).hasSize(lab.scale().cable());
            assertThat(lab.drops(Drop.PORT_FULL)).isEqualTo(lab.scale().cable());
            lab.take("a");
            lab.take("b");
        });
        STORIES.put(Drop.PORT_DOWN, lab -> {
            lab.bridge("web").ports("a").port("b", PortSettings.DEFAULT, port -> new Shaped(port, 1500, false));
            lab.given("a", HELLO);
        });
        STORIES.put(Drop.UNPLUGGED, lab -> {
            lab.bridge("web").ports("a", "b").stations().enter(0x0200_0000_000BL, 5, 0);
            lab.given("a", padded(60, B, A, IP));
        });
        STORIES.put(Drop.STATION_IS_LOCAL, lab -> {
            lab.bridge("web").ports("a").port("others", PortSettings.remote(true, true));
            lab.given("a", HELLO).expectSame("others").given("others", HELLO);
        });
        AddressDrops.tell(STORIES);
        QuotedDrops.tell(STORIES);
        NatDrops.tell(STORIES);
        FragmentDrops.tell(STORIES);
    }

    /** Two switches and so many cables between them, all inside one graph. */
    private static void circle(Lab lab, int cables) {
        var left = lab.bridge("left").ports("a");
        var right = lab.bridge("right").ports("b");
        for (int i = 0; i < cables; i++) {
            left.patch("cable" + i, right);
        }
        lab.given("a", HELLO);
        lab.take("a");
        lab.take("b");
    }

    /** The rules of the house say that every reason is given somewhere; here are those of this module. */
    @Test
    void everyReasonThisModuleGivesHasAStory() throws IOException, URISyntaxException {
        assertThat(STORIES.keySet()).containsExactlyInAnyOrderElementsOf(given());
    }

    /** The reasons that the compiled classes of this module name. */
    private static Set<Drop> given() throws IOException, URISyntaxException {
        var classes = Path.of(
                Node.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        var given = EnumSet.noneOf(Drop.class);
        try (var files = Files.walk(classes)) {
            files.filter(file -> file.toString().endsWith(".class") && !file.endsWith("Drop.class"))
                    .forEach(file -> addReasons(file, given));
        }
        return given;
    }

    private static void addReasons(Path file, Set<Drop> given) {
        try {
            for (var entry : ClassFile.of().parse(file).constantPool()) {
                if (entry instanceof FieldRefEntry field
                        && field.owner()
                                .asInternalName()
                                .equals(Drop.class.getName().replace('.', '/'))) {
                    given.add(Drop.valueOf(field.name().stringValue()));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Set<Drop> reasonsWithAStory() {
        return STORIES.keySet();
    }

    @ParameterizedTest
    @MethodSource("reasonsWithAStory")
    void aFrameEndsForEachReasonAndIsCounted(Drop why) {
        var story = Objects.requireNonNull(STORIES.get(why));
        // A small cable fills up, a large pool does not run empty before a link is full.
        try (var lab = new Lab(Lab.Scale.DEFAULT.frames(16_000).segments(0).cable(64))) {
            story.accept(lab);
            assertThat(lab.drops(why)).as("dropped because %s", why.sentence()).isPositive();
        }
    }

    @Test
    void everyReasonIsAnotherSentenceWithoutAFullStop() {
        assertThat(Drop.values())
                .extracting(Drop::sentence)
                .doesNotHaveDuplicates()
                .allMatch(s -> !s.endsWith("."));
    }
}
