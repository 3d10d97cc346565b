package io.millrace.dataplane.graph;

import static io.millrace.dataplane.trials.Bytes.padded;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.trials.Lab;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Links hold what they promise, and a turn ends, however the nodes are wired. */
class GraphTest {
    private final FramePool pool = new FramePool(6000, 0);
    private final Counters counters = new Counters();
    private final Graph graph = new Graph(pool, counters);

    /** Sends each frame back to its own link so many times, then drops it; what it does is written down. */
    private static final class Echo extends Node {
        private final int times;
        private final List<Integer> batches = new ArrayList<>();
        private @org.jspecify.annotations.Nullable Link self;

        Echo(String name, Graph graph, int times) {
            super(name, graph);
            this.times = times;
        }

        @Override
        public void process(Link in) {
            batches.add(in.size());
            for (int left = in.size(); left > 0; left--) {
                long frame = in.poll();
                int seen = Frame.ingress(frame);
                if (seen == times || self == null) {
                    drop(frame, Drop.SAME_PORT);
                } else {
                    send(self, Frame.from(frame, seen + 1));
                }
            }
        }

        @Override
        public String explain(int decision, long frame) {
            return "again";
        }
    }

    private Echo echo(int times) {
        var echo = new Echo("echo", graph, times);
        echo.self = graph.linkTo(echo);
        return echo;
    }

    private Link selfOf(Echo echo) {
        return java.util.Objects.requireNonNull(echo.self);
    }

    private void give(Link link, int frames) {
        for (int i = 0; i < frames; i++) {
            assertThat(link.offer(pool.allocate(60))).isTrue();
        }
    }

    @Test
    void aLinkGrowsToItsCapacityAndNoFurther() {
        var link = graph.linkTo(new Echo("sink", graph, 0));
        give(link, Link.CAPACITY);
        assertThat(link.room()).isZero();
        long tooMany = pool.allocate(60);
        assertThat(link.offer(tooMany)).isFalse();
        pool.free(tooMany);
        graph.run(0);
        assertThat(link.size()).isZero();
        assertThat(pool.inUse()).isZero();
    }

    @Test
    void aLinkGivesWhatItGotInOrderHoweverItIsFilledAndTaken() {
        for (long seed = 1; seed <= 200; seed++) {
            var random = new SplittableRandom(seed);
            var link = new Graph(pool, counters).linkTo(new Echo("sink", graph, 0));
            Deque<Long> model = new ArrayDeque<>();
            for (long step = 1; step < 400; step++) {
                use(random, link, model, step * 1000, seed);
                assertThat(link.size()).as("seed %d", seed).isEqualTo(model.size());
                assertThat(link.room()).as("seed %d", seed).isEqualTo(Link.CAPACITY - model.size());
            }
        }
    }

    private static void use(SplittableRandom random, Link link, Deque<Long> model, long next, long seed) {
        int n = random.nextInt(random.nextInt(8) == 0 ? 900 : 40);
        switch (random.nextInt(6)) {
            case 0, 1 -> {
                for (int i = 0; i < n; i++) {
                    boolean taken = link.offer(next + i);
                    assertThat(taken).as("seed %d", seed).isEqualTo(model.size() < Link.CAPACITY);
                    if (taken) {
                        model.add(next + i);
                    }
                }
            }
            case 2 -> {
                long[] many = new long[n + 3];
                for (int i = 0; i < n; i++) {
                    many[3 + i] = next + i;
                }
                int some = Math.min(n, link.room());
                link.offerFrom(many, 3, some);
                for (int i = 0; i < some; i++) {
                    model.add(next + i);
                }
            }
            case 3 -> {
                long[] many = new long[1000];
                int some = Math.min(n, model.size());
                link.pollInto(many, 1, some);
                for (int i = 0; i < some; i++) {
                    assertThat(many[1 + i]).as("seed %d", seed).isEqualTo(model.remove());
                }
            }
            case 4 -> {
                for (int i = Math.min(n, model.size()); i > 0; i--) {
                    assertThat(link.peek(0)).isEqualTo(model.peek());
                    assertThat(link.poll()).as("seed %d", seed).isEqualTo(model.remove());
                }
            }
            default -> {
                int some = Math.min(n, model.size());
                link.skip(some);
                for (int i = 0; i < some; i++) {
                    model.remove();
                }
                link.settle();
            }
        }
    }

    @Test
    void aLinkCanBeShortenedAndItsFramesReplaced() {
        var link = graph.linkTo(new Echo("sink", graph, 0));
        for (int i = 0; i < 10; i++) {
            link.offer(i);
        }
        link.skip(2);
        link.replace(0, 70);
        link.truncate(3);
        assertThat(List.of(link.poll(), link.poll(), link.poll())).containsExactly(70L, 3L, 4L);
        assertThat(link.size()).isZero();
    }

    @Test
    void aNodeMaySendToItselfUntilTheRoundsAreOver() {
        var echo = echo(Graph.ROUNDS - 1);
        give(selfOf(echo), 100);
        graph.run(0);
        assertThat(counters.drops("echo").frames(Drop.SAME_PORT)).isEqualTo(100);
        assertThat(echo.batches).hasSize(Graph.ROUNDS).containsOnly(100);
        assertThat(pool.inUse()).isZero();
    }

    @Test
    void whatStillCirclesAfterTheLastRoundIsALoop() {
        var echo = echo(Graph.ROUNDS);
        give(selfOf(echo), 100);
        graph.run(0);
        assertThat(counters.drops("echo").frames(Drop.LOOP)).isEqualTo(100);
        assertThat(echo.batches).hasSize(Graph.ROUNDS);
        assertThat(selfOf(echo).size()).isZero();
        assertThat(pool.inUse()).isZero();
        give(selfOf(echo), 1);
        graph.run(0);
        assertThat(counters.drops("echo").frames(Drop.LOOP))
                .as("the next turn is a turn")
                .isEqualTo(101);
    }

    @Test
    void aFullLinkCanStillBeSentToByItsOwnNode() {
        var echo = echo(5);
        give(selfOf(echo), Link.CAPACITY);
        graph.run(0);
        assertThat(counters.drops("echo").frames(Drop.SAME_PORT)).isEqualTo(Link.CAPACITY);
        assertThat(pool.inUse()).isZero();
    }

    /** Sends on all it gets in one piece. */
    private static final class Relay extends Node {
        private final Link to;

        Relay(String name, Graph graph, Link to) {
            super(name, graph);
            this.to = to;
        }

        @Override
        public void process(Link in) {
            int n = in.size();
            long[] frames = new long[n];
            in.pollInto(frames, 0, n);
            send(to, frames, 0, n);
        }

        @Override
        public String explain(int decision, long frame) {
            return "on";
        }
    }

    @Test
    void ofFramesSentInOnePieceThoseForWhichThereIsNoRoomAreDropped() {
        var out = graph.linkTo(new Echo("sink", graph, 0));
        var in = graph.linkTo(new Relay("relay", graph, out));
        give(in, 1000);
        give(out, Link.CAPACITY - 600);
        graph.run(0);
        assertThat(counters.drops("relay").frames(Drop.LINK_FULL)).isEqualTo(400);
        assertThat(counters.drops("sink").frames(Drop.SAME_PORT)).isEqualTo(Link.CAPACITY);
        assertThat(pool.inUse()).isZero();
    }

    @Test
    void idleNodesAreNotLookedAt() {
        var idle = new Echo("idle", graph, 0);
        graph.linkTo(idle);
        give(selfOf(echo(3)), 1);
        graph.run(0);
        assertThat(idle.batches).isEmpty();
    }

    @Test
    void twoNodesOfOneNameAreRefused() {
        graph.linkTo(new Echo("same", graph, 0));
        assertThatThrownBy(() -> graph.linkTo(new Echo("same", graph, 0))).hasMessageContaining("same");
    }

    @Test
    void twoSwitchesInACircleEndAsLoopsAndEveryFrameIsAccountedFor() {
        for (int cables = 2; cables <= 6; cables++) {
            try (var lab = new Lab(Lab.Scale.DEFAULT.frames(16_000).segments(0))) {
                var left = lab.bridge("left").ports("a");
                var right = lab.bridge("right").ports("b");
                for (int i = 0; i < cables; i++) {
                    left.patch("cable" + i, right);
                }
                for (int i = 0; i < 3; i++) {
                    lab.given("a", padded(60, "ff ff ff ff ff ff 02 00 00 00 00 0a 08 00"));
                    lab.conserved();
                    lab.take("a");
                    lab.take("b");
                }
                assertThat(lab.drops(Drop.LOOP)).isPositive();
                assertThat(lab.drops(Drop.LINK_FULL) > 0 || lab.drops(Drop.POOL_EMPTY) > 0)
                        .as("with three cables and more, frames multiply")
                        .isEqualTo(cables >= 3);
            }
        }
    }

    /** Sends each frame to another link. */
    private static final class Fan extends Node {
        private final List<Link> to;

        Fan(Graph graph, List<Link> to) {
            super("fan", graph);
            this.to = to;
        }

        @Override
        public void process(Link in) {
            for (int i = 0; in.size() > 0; i++) {
                send(to.get(i), in.poll());
            }
        }

        @Override
        public String explain(int decision, long frame) {
            return "one for each";
        }
    }

    @Test
    void nodesRunInTheOrderInWhichTheirWorkCameHoweverMany() {
        var order = new ArrayList<String>();
        graph.witness(new Witness() {
            @Override
            public void decided(Node node, long frame, int decision) {}

            @Override
            public void dropped(Node node, long frame, Drop why) {
                order.add(node.name());
            }
        });
        var sinks = new ArrayList<Link>();
        var names = new ArrayList<String>();
        for (int i = 0; i < 100; i++) {
            names.add("sink" + i);
            sinks.add(graph.linkTo(new Echo("sink" + i, graph, 0)));
        }
        give(graph.linkTo(new Echo("first", graph, 0)), 1);
        give(graph.linkTo(new Fan(graph, sinks)), sinks.size());
        names.addFirst("first");
        graph.run(0);
        assertThat(order).isEqualTo(names);
        assertThat(pool.inUse()).isZero();
    }

    @Test
    void aPortGetsAllItsFramesOfATurnAtOnceHoweverLongTheirWays() {
        var batches = new ArrayList<Integer>();
        var port = new Port() {
            @Override
            public String name() {
                return "p";
            }

            @Override
            public int receive(Link into, FramePool pool, int atMost) {
                return 0;
            }

            @Override
            public int transmit(Link from, FramePool pool) {
                int n = from.size();
                batches.add(n);
                while (from.size() > 0) {
                    pool.free(from.poll());
                }
                return n;
            }
        };
        var out = graph.linkTo(new Egress(graph, port));
        var oneStep = graph.linkTo(new Relay("r1", graph, out));
        var threeSteps = graph.linkTo(new Relay("r3", graph, graph.linkTo(new Relay("r2", graph, oneStep))));
        give(oneStep, 3);
        give(threeSteps, 4);
        give(out, 1);
        graph.run(0);
        assertThat(batches).containsExactly(8);
        assertThat(pool.inUse()).isZero();
    }
}
