package io.millrace.bench.peers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Millrace as a user starts it: {@code millrace up -f FILE} with two ports on one network. */
final class Millrace implements Device {
    /** Where the launcher is, as it told when it started this program. */
    private static final String LAUNCHER = System.getProperty("millrace.launcher", "./millrace");

    private static final String UP = "millrace: up,";
    private static final int PATIENCE = 150;

    private final String suffix;
    private final String kind;
    private final int farQueues;

    /**
     * @param suffix of the name in the table
     * @param kind of attachment
     * @param farQueues see {@link Course#lay}
     */
    Millrace(String suffix, String kind, int farQueues) {
        this.suffix = suffix;
        this.kind = kind;
        this.farQueues = farQueues;
    }

    /** The launcher's path. */
    static String launcher() {
        return Path.of(LAUNCHER).toAbsolutePath().toString();
    }

    @Override
    public String name() {
        return "millrace-" + suffix;
    }

    @Override
    public List<Needed> needs() {
        return List.of();
    }

    @Override
    public List<Mood> moods() {
        return List.of(Mood.DEFAULT, Mood.BUSY);
    }

    @Override
    public int warmUp() {
        return 1500; // the compiler's
    }

    @Override
    public int farQueues() {
        return farQueues;
    }

    @Override
    public Running start(Course course, Mood mood) {
        boolean taps = kind.equals("tap");
        var one = taps ? course.first() : course.in();
        var other = taps ? course.last() : course.out();
        var topology = course.folder().resolve(name() + ".yaml");
        try {
            Files.writeString(topology, topology(one, other, mood));
        } catch (IOException e) {
            throw new NotMeasured("writing the topology: " + e.getMessage());
        }
        var words = course.folder().resolve(name() + ".log");
        if (taps) {
            course.unplug();
        }
        var command = Course.inside(course.device().name(), launcher(), "up", "-f", topology.toString());
        var process = Shell.start(course.placed(command), words);
        var running = new Running(List.of(process), () -> Shell.stop(process));
        if (taps) {
            hand(course, running, words);
        }
        return running;
    }

    /** When Millrace is up, the TAPs that it made go to the hosts that are to use them. */
    private static void hand(Course course, Running running, Path words) {
        try {
            for (int i = 0; !Shell.read(words).contains(UP); i++) {
                if (i == PATIENCE) {
                    throw new NotMeasured("it is not up; it said: " + Shell.lastLine(Shell.read(words)));
                }
                Flood.sleep(100);
            }
            course.hand(course.first(), course.sender());
            course.hand(course.last(), course.receiver());
        } catch (NotMeasured e) {
            running.stop().run();
            throw e;
        }
    }

    private String topology(String one, String other, Mood mood) {
        var services = """
                networks: { lan: {} }
                services:
                  one:   { networks: [ lan ], x-millrace: { attach: { %1$s: %2$s }, guard: off } }
                  other: { networks: [ lan ], x-millrace: { attach: { %1$s: %3$s }, guard: off } }
                """.formatted(kind, one, other);
        return mood == Mood.BUSY ? "x-millrace: { idle: busy }\n" + services : services;
    }
}
