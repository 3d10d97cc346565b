package io.millrace.bench.peers;

import java.io.IOException;
import java.nio.file.Files;
import java.util.List;

/** Millrace with an uplink and one network, started as a user starts it. */
final class MillraceNat implements Device {
    private final String name;
    private final Trip trip;
    private final String kind;

    /** @param kind of both attachments */
    MillraceNat(String name, Trip trip, String kind) {
        this.name = name;
        this.trip = trip;
        this.kind = kind;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Trip trip() {
        return trip;
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
        return 2000; // the compiler's
    }

    @Override
    public Running start(Course course, Mood mood) {
        boolean published = trip == Trip.PUBLISHED;
        var topology = NatTopology.write(
                kind, published ? course.in() : course.out(), published ? course.out() : course.in(), trip, mood);
        var file = course.folder().resolve(name + ".yaml");
        try {
            Files.writeString(file, topology);
        } catch (IOException e) {
            throw new NotMeasured("writing the topology: " + e.getMessage());
        }
        var command = Course.inside(course.device().name(), Millrace.launcher(), "up", "-f", file.toString());
        var process = Shell.start(course.placed(command), course.folder().resolve(name + ".log"));
        return new Running(List.of(process), () -> Shell.stop(process));
    }
}
