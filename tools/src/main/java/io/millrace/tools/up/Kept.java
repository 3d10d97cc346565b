package io.millrace.tools.up;

import io.millrace.dataplane.engine.Clock;
import io.millrace.dataplane.nat.Moment;
import io.millrace.dataplane.nat.Nat;
import io.millrace.dataplane.nat.Recovery;
import io.millrace.dataplane.nat.StateFile;
import io.millrace.tools.words.Failure;
import io.millrace.tools.words.Figures;
import io.millrace.vtep.network.Topology;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** The file in which connections outlive this process, {@code x-millrace: { nat: { state: … } }}. */
final class Kept {
    private final StateFile file;
    private Recovery.@Nullable Result recovered;
    private boolean closed;

    private Kept(StateFile file) {
        this.file = file;
    }

    /** Opens it; null: the topology names none. */
    static @Nullable Kept open(Topology topology) {
        var path = topology.nat().state();
        if (path == null) {
            return null;
        }
        try {
            var now = Moment.ofThisBoot(System.nanoTime(), System.currentTimeMillis());
            return new Kept(Nat.keep(Path.of(path), topology.nat().maxSessions(), now));
        } catch (IOException e) {
            throw Failure.failed(String.valueOf(e.getMessage()));
        }
    }

    StateFile file() {
        return file;
    }

    /** Takes up what is there, before the first frame; from now on the clock is the one of the worker. */
    void recover(Nat nat, Clock clock) {
        recovered = nat.recover(System.nanoTime() - clock.nanos() + file.ahead());
    }

    /** Says what was found, if there is anything to say. */
    void tell(Screen screen) {
        var told = file.told();
        if (told != null) {
            screen.say(told);
        }
        if (recovered != null && recovered.sessions() + recovered.forgotten() > 0) {
            var rest = recovered.forgotten() == 0
                    ? ""
                    : "; " + recovered.forgotten() + " are over, damaged or not allowed now";
            screen.say(Figures.count(recovered.sessions(), "connection") + " of before can go on" + rest);
        }
    }

    /** Notes the time; every second, on any one thread. */
    synchronized void beat() {
        if (!closed) {
            file.beat(System.nanoTime(), System.currentTimeMillis());
        }
    }

    /** When nothing forwards any more. */
    synchronized void close(Screen screen) {
        closed = true;
        try {
            file.close();
        } catch (IOException e) {
            screen.say(String.valueOf(e.getMessage()));
        }
    }
}
