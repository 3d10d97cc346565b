package io.millrace.tools.up;

import io.millrace.vtep.wiring.Switch;
import java.util.List;

/** Says what the switches are alarmed about, when they are. Looks each second. */
final class Alarms {
    private final Running running;
    private final Screen screen;
    private List<Switch.Notice> said = List.of();

    Alarms(Running running, Screen screen) {
        this.running = running;
        this.screen = screen;
    }

    void look() {
        var now = running.switches().values().stream()
                .flatMap(wired -> wired.alarms().stream())
                .toList();
        now.stream().filter(notice -> !said.contains(notice)).forEach(notice -> screen.event(notice.sentence()));
        said = now;
    }
}
