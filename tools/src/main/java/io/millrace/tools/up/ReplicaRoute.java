package io.millrace.tools.up;

import io.millrace.dataplane.nat.Backend;
import io.millrace.dataplane.nat.Balancer;
import io.millrace.tools.api.Answer;
import io.millrace.tools.api.Request;
import io.millrace.tools.api.Route;
import io.millrace.tools.up.ReplicaChange.Deed;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Changes which replicas of a service get new connections, while packets flow. */
final class ReplicaRoute implements Route {
    static final String PATH = "/millrace/replica";

    private static final int BAD_REQUEST = 400;
    private static final int NOT_FOUND = 404;

    private final Running running;

    ReplicaRoute(Running running) {
        this.running = running;
    }

    @Override
    public void answer(Request request, Answer answer) throws IOException {
        var service = request.parameter("service");
        int replica = number(request.parameter("replica"), 1, Integer.MAX_VALUE);
        var deed = ReplicaChange.deed(request.parameter("do"));
        int weight = deed == Deed.weigh ? number(request.parameter("weight"), 0, Backend.MOST_WEIGHT) : 0;
        if (service == null || replica < 0 || deed == null || weight < 0) {
            answer.refuse(
                    BAD_REQUEST,
                    "'service', 'replica' (from 1) and 'do': drain, undrain, weigh (with 'weight', 0 to "
                            + Backend.MOST_WEIGHT + "), remove or end");
        } else if (change(new ReplicaChange(deed, replica, weight, service))) {
            answer.done();
        } else {
            answer.refuse(NOT_FOUND, "no replica " + replica + " of a service '" + service + "' gets connections here");
        }
    }

    private boolean change(ReplicaChange change) {
        var routing = running.routing();
        var changes = running.changes();
        return routing != null
                && changes != null
                && changes.replica(change, () -> make(change, new Balancer(routing.nat())));
    }

    /** Tables are made here, on the asker's thread, and put in place between two turns. */
    private boolean make(ReplicaChange change, Balancer balancer) {
        if (!running.ask(() -> change.on(balancer))) {
            return false;
        }
        for (var table : running.ask(() -> balancer.tables(change.service()))) {
            running.change(table.get());
        }
        return true;
    }

    private static int number(@Nullable String text, int least, int most) {
        try {
            int number = text == null ? -1 : Integer.parseInt(text);
            return number < least || number > most ? -1 : number;
        } catch (NumberFormatException e) {
            return -1;
        }
    }
}
