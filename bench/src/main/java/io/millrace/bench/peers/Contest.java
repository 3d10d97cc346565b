package io.millrace.bench.peers;

import io.millrace.bench.peers.Device.Mood;
import io.millrace.bench.peers.Results.Kind;
import io.millrace.bench.peers.Results.Talk;
import io.millrace.dataplane.linux.Bpf;
import java.io.File;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Rounds through all devices, one device at a time on freshly laid cables. A device that fails once is not tried again;
 * the reason stands in the results.
 */
final class Contest {
    private static final int SHORT = 300;
    private static final String FRAMES = "frames";
    private static final String LOG = "; it said: ";

    private final Course course;
    private final Flood flood;
    private final Options options;
    private final Results results;
    private final Consumer<String> progress;

    Contest(Course course, Flood flood, Options options, Results results, Consumer<String> progress) {
        this.course = course;
        this.flood = flood;
        this.options = options;
        this.results = results;
        this.progress = progress;
    }

    void run(List<Device> devices) {
        for (int round = 1; round <= options.rounds(); round++) {
            progress.accept(round + "/" + options.rounds() + " the generator alone");
            ceiling();
            for (var device : devices) {
                progress.accept(round + "/" + options.rounds() + " " + device.name());
                attempt(device, FRAMES, () -> frames(device));
                if (options.talk() && device.carriesTcp()) {
                    talk(device);
                }
            }
        }
    }

    private void attempt(Device device, String what, Runnable work) {
        if (results.missing().getOrDefault(device.name(), Map.of()).containsKey(what)) {
            return;
        }
        try {
            var missing = Packages.missing(device.needs());
            if (!missing.isEmpty()) {
                throw new NotMeasured("needs " + missing.keySet().iterator().next() + " of the Debian package "
                        + missing.values().iterator().next());
            }
            work.run();
        } catch (NotMeasured e) {
            results.missing(device.name(), what, e.why());
        }
    }

    /** What the generator sends when a frame's way ends where the device would begin. */
    private void ceiling() {
        course.lay(1);
        course.receiveInBatches();
        var drop = Course.attach(course.device(), course.in(), Bpf.ATTACH_XDP, Bpf.XDP_NATIVE, Programs::drop);
        try (drop) {
            for (var kind : options.kinds()) {
                results.add(kind, Results.CEILING, flood.through(List.of(), traffic(kind, SHORT, Trip.SWITCHED)));
            }
        }
    }

    private Traffic traffic(Kind kind, int warmUp, Trip trip) {
        return new Traffic(kind.length(), kind.flows(), warmUp, (int) (options.seconds() * 1000), trip);
    }

    private void frames(Device device) {
        course.lay(device.farQueues());
        course.receiveInBatches();
        course.pin(true);
        var running = start(device, Mood.DEFAULT);
        try (running) {
            var swallow = course.swallow();
            try (swallow) {
                floods(device, running);
            }
        }
    }

    private Running start(Device device, Mood mood) {
        log(device).delete(); // what an earlier start said is no reason for how this one ends
        return device.start(course, mood);
    }

    private File log(Device device) {
        return course.folder().resolve(device.name() + ".log").toFile();
    }

    private void floods(Device device, Running running) {
        explained(device, () -> flood.awaitForwarding(running, device.trip()));
        int warmUp = device.warmUp();
        for (var kind : options.kinds()) {
            course.speak(1);
            results.add(kind, device.name(), flood.through(running.processes(), traffic(kind, warmUp, device.trip())));
            warmUp = SHORT;
        }
    }

    /** TCP and ping, each start of the device serving as many of them as can share it. */
    private void talk(Device device) {
        for (var mood : device.moods()) {
            var name = mood == Mood.DEFAULT ? "TCP and ping" : Talk.PING_BUSY.words;
            attempt(device, name, () -> talk(device, mood));
        }
    }

    private void talk(Device device, Mood mood) {
        course.lay(device.farQueues());
        course.pin(false);
        var running = start(device, mood);
        try (running) {
            var tcp = new Tcp(course, Hosts.of(device.trip()));
            tcp.address();
            explained(device, tcp::awaitAnswer);
            var ping = mood == Mood.DEFAULT ? Talk.PING_DEFAULT : Talk.PING_BUSY;
            one(device, ping, tcp::roundTrip);
            if (mood == Mood.DEFAULT) {
                one(device, Talk.TCP_OFFLOADS, () -> tcp.gigabits(options.seconds()));
                course.offloadsOff();
                one(device, Talk.TCP_PLAIN, () -> tcp.gigabits(options.seconds()));
            }
        }
    }

    private void one(Device device, Talk talk, Supplier<Double> measure) {
        attempt(device, talk.words, () -> results.add(talk, device.name(), measure.get()));
    }

    /** Adds to a failure what the device last said for itself. */
    private void explained(Device device, Runnable work) {
        try {
            work.run();
        } catch (NotMeasured e) {
            var log = log(device);
            var said = log.exists() ? Shell.lastLine(Shell.read(log.toPath())) : "";
            said = said.replace(course.folder() + "/", "");
            throw new NotMeasured(said.isEmpty() ? e.why() : e.why() + LOG + said);
        }
    }
}
