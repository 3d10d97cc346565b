package io.millrace.bench.peers;

import java.util.List;

/** What a Java programmer writes first: pcap4j as its documentation shows it; see {@link Pcap4jForwarder}. */
final class Pcap4j implements Device {
    @Override
    public String name() {
        return "pcap4j";
    }

    @Override
    public List<Needed> needs() {
        return List.of();
    }

    @Override
    public int warmUp() {
        return 1500; // the compiler's
    }

    @Override
    public Running start(Course course, Mood mood) {
        var command =
                Course.inside(course.device().name(), Flood.java(Pcap4jForwarder.class, course.in(), course.out()));
        var process = Shell.start(course.placed(command), course.folder().resolve("pcap4j.log"));
        return new Running(List.of(process), () -> Shell.stop(process));
    }
}
