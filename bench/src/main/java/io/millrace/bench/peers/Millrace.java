package io.millrace.bench.peers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Millrace as a user starts it: {@code millrace up -f FILE} with two interfaces on one network. */
final class Millrace implements Device {
    /** Where the launcher is, as it told when it started this program. */
    private static final String LAUNCHER = System.getProperty("millrace.launcher", "./millrace");

    private final String suffix;
    private final String attach;

    /**
     * @param suffix of the name in the table
     * @param attach what a service's {@code attach:} says, with {@code %s} where the interface's name goes
     */
    Millrace(String suffix, String attach) {
        this.suffix = suffix;
        this.attach = attach;
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
    public Running start(Course course, Mood mood) {
        var topology = course.folder().resolve(name() + ".yaml");
        try {
            Files.writeString(topology, topology(course, mood));
        } catch (IOException e) {
            throw new NotMeasured("writing the topology: " + e.getMessage());
        }
        var command = Course.inside(
                course.device().name(), Path.of(LAUNCHER).toAbsolutePath().toString(), "up", "-f", topology.toString());
        var process = Shell.start(Shell.pinned(1, command), course.folder().resolve(name() + ".log"));
        return new Running(List.of(process), () -> Shell.stop(process));
    }

    private String topology(Course course, Mood mood) {
        var services = """
                networks: { lan: {} }
                services:
                  one:   { networks: [ lan ], x-millrace: { attach: { %s } } }
                  other: { networks: [ lan ], x-millrace: { attach: { %s } } }
                """.formatted(attach.formatted(course.in()), attach.formatted(course.out()));
        return mood == Mood.BUSY ? "x-millrace: { idle: busy }\n" + services : services;
    }
}
