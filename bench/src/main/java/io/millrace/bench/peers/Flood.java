package io.millrace.bench.peers;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The generator, started on core 0 of the sender's namespace, and the windows watched while it floods. */
final class Flood implements AutoCloseable {
    private static final long MILLION = 1_000_000;
    private static final int QUIET_TRIES = 40;
    private static final int MANY = 3000;
    private static final int SHORTEST = 60;
    /** How long what comes out is looked at before a flood, ms. */
    private static final int TASTE = 100;
    /** Longest wait for a device to forward its first frame, ms. */
    private static final int PATIENCE = 15_000;

    private final Course course;
    private final Process generator;
    private final BufferedWriter orders;
    private final BufferedReader answers;

    Flood(Course course) {
        this.course = course;
        try {
            var command = Shell.pinned(0, Course.inside(course.sender().name(), java(Generator.class)));
            generator = Shell.kept(new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        orders = new BufferedWriter(new OutputStreamWriter(generator.getOutputStream(), StandardCharsets.US_ASCII));
        answers = new BufferedReader(new InputStreamReader(generator.getInputStream(), StandardCharsets.US_ASCII));
    }

    /** A command that runs a class of this program in a Java of its own. */
    static String[] java(Class<?> main, String... arguments) {
        var all = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "--add-exports=java.base/jdk.internal.misc=ALL-UNNAMED",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                main.getName()));
        all.addAll(List.of(arguments));
        return all.toArray(String[]::new);
    }

    /**
     * Lets the receiver's station speak until the sender hears it through the device; with a trip that translates, lets
     * the sender speak until the receiver hears it, and it is translated.
     *
     * @throws NotMeasured when that never happens
     */
    void awaitForwarding(Running running, Trip trip) {
        try (var ear = new Ear(course)) {
            long heard = course.count(course.sender(), course.first()).received();
            long end = System.nanoTime() + PATIENCE * MILLION;
            for (int tries = 0; System.nanoTime() < end; tries++) {
                if (trip.translates()) {
                    course.say(course.sender(), course.first(), TestFrame.of(trip, SHORTEST), 1);
                    var came = ear.hear(1, 50);
                    var fault = came.isEmpty() ? "" : trip.fault(came.getFirst(), 1);
                    if (!fault.isEmpty()) {
                        throw new NotMeasured("what came out has " + fault);
                    }
                    if (!came.isEmpty()) {
                        return;
                    }
                } else {
                    // Some devices let frames lie until a buffer is full.
                    course.speak(tries < QUIET_TRIES ? 1 : MANY);
                    sleep(50);
                    if (course.count(course.sender(), course.first()).received() > heard) {
                        return;
                    }
                }
                if (running.processes().stream().anyMatch(p -> !p.isAlive())) {
                    throw new NotMeasured("it ended");
                }
            }
        }
        throw new NotMeasured("it forwarded nothing");
    }

    /**
     * One flood and what happened in a window of it.
     *
     * @throws NotMeasured when what comes out is not translated as the trip says
     */
    Sample through(List<Process> processes, Traffic traffic) {
        if (traffic.trip().translates()) {
            judge(traffic);
        }
        order(traffic);
        sleep(traffic.warmUp());
        var offeredBefore = course.count(course.sender(), course.first());
        var receivedBefore = course.count(course.receiver(), course.last());
        var before = Load.now(processes);
        long start = System.nanoTime();
        sleep(traffic.window());
        var after = Load.now(processes);
        long window = System.nanoTime() - start;
        var offered = course.count(course.sender(), course.first());
        var received = course.count(course.receiver(), course.last());
        return new Sample(
                answer(),
                rate(offered.sent() - offeredBefore.sent(), offered.nanos() - offeredBefore.nanos()),
                rate(received.received() - receivedBefore.received(), received.nanos() - receivedBefore.nanos()),
                after.cores(before, window),
                (double) (after.own() - before.own()) / window);
    }

    /**
     * What comes out of a short flood of the same kind is looked at, since taking an ear away from a flood that goes on
     * takes longer than the flood.
     */
    private void judge(Traffic traffic) {
        try (var ear = new Ear(course)) {
            order(new Traffic(traffic.length(), traffic.flows(), 0, TASTE, traffic.trip()));
            try {
                ear.judge(traffic);
            } finally {
                answer();
            }
        }
    }

    private void order(Traffic traffic) {
        try {
            orders.write(Course.index(course.sender(), course.first()) + " " + traffic.length() + " " + traffic.flows()
                    + " " + (traffic.warmUp() + traffic.window()) + " " + traffic.trip() + "\n");
            orders.flush();
        } catch (IOException e) {
            throw new UncheckedIOException("the generator", e);
        }
    }

    private double answer() {
        try {
            var line = answers.readLine();
            if (line == null) {
                throw new NotMeasured("the generator ended");
            }
            var words = line.split(" ", -1);
            return rate(Long.parseLong(words[0]), Long.parseLong(words[1]));
        } catch (IOException e) {
            throw new UncheckedIOException("the generator", e);
        }
    }

    private static double rate(long frames, long nanos) {
        return frames * 1e9 / nanos;
    }

    static void sleep(long milliseconds) {
        try {
            Thread.sleep(milliseconds);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new NotMeasured("interrupted");
        }
    }

    @Override
    public void close() {
        Shell.stop(generator);
    }
}
