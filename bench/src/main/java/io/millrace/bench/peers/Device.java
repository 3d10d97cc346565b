package io.millrace.bench.peers;

import java.util.List;

/** Something that forwards frames between two interfaces. */
interface Device {
    /** As the user names it and the table shows it. */
    String name();

    /** The programs it needs, each with the Debian package that has it. */
    List<Needed> needs();

    /** Starts it between the course's interfaces; throws {@link NotMeasured} if it cannot be. */
    Running start(Course course, Mood mood);

    /** Which waiting strategies it has to offer; the first is its default. */
    default List<Mood> moods() {
        return List.of(Mood.DEFAULT);
    }

    /** Milliseconds of flood until it is as fast as it will be. */
    default int warmUp() {
        return 300;
    }

    /** Transmit queues of the cables' far ends; see {@link Course#lay}. */
    default int farQueues() {
        return 1;
    }

    /** What frames for it are addressed to. */
    default Trip trip() {
        return Trip.SWITCHED;
    }

    /** Whether a host's TCP can be sent through it. */
    default boolean carriesTcp() {
        return true;
    }

    /** What waits for frames: as the user gets it unasked, or never sleeping. */
    enum Mood {
        DEFAULT,
        BUSY
    }

    /** A program and the Debian package that has it. */
    record Needed(String program, String debianPackage) {}
}
