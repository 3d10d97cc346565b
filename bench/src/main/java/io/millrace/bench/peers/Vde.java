package io.millrace.bench.peers;

import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;

/** vde_switch, a switch in user space, and two of its plugs for libpcap. */
final class Vde implements Device {
    private static final int PATIENCE = 50;

    @Override
    public String name() {
        return "vde";
    }

    @Override
    public List<Needed> needs() {
        return List.of(new Needed("vde_switch", "vde2"), new Needed("vde_pcapplug", "vde2"));
    }

    @Override
    public Running start(Course course, Mood mood) {
        var words = course.folder().resolve("vde.log");
        var home = course.folder().resolve("vde-" + System.nanoTime());
        var started = new ArrayList<Process>();
        started.add(Shell.start(course.placed(List.of("vde_switch", "-s", home.toString())), words));
        for (int i = 0; i < PATIENCE && !Files.exists(home.resolve("ctl")); i++) {
            Flood.sleep(100);
        }
        for (var port : List.of(course.in(), course.out())) {
            var plug = Course.inside(course.device().name(), "vde_pcapplug", "-s", home.toString(), port);
            started.add(Shell.start(course.placed(plug), words));
        }
        return new Running(started, () -> started.reversed().forEach(Shell::stop));
    }
}
