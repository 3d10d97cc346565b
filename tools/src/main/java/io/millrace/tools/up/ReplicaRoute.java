package io.millrace.tools.up;

import io.millrace.dataplane.nat.Backend;
import io.millrace.dataplane.nat.Balancer;
import io.millrace.tools.api.Answer;
import io.millrace.tools.api.Request;
import io.millrace.tools.api.Route;
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

    /** What can be done with a replica. */
    private interface Deed {
        boolean on(Balancer balancer, String service, int replica);
    }

    @Override
    public void answer(Request request, Answer answer) throws IOException {
        var service = request.parameter("service");
        int replica = number(request.parameter("replica"), 1, Integer.MAX_VALUE);
        var deed = deed(request);
        if (service == null || replica < 0 || deed == null) {
            answer.refuse(
                    BAD_REQUEST,
                    "'service', 'replica' (from 1) and 'do': drain, undrain, weigh (with 'weight', 0 to "
                            + Backend.MOST_WEIGHT + "), remove or end");
        } else if (change(service, replica, deed)) {
            answer.done();
        } else {
            answer.refuse(NOT_FOUND, "no replica " + replica + " of a service '" + service + "' gets connections here");
        }
    }

    private static @Nullable Deed deed(Request request) {
        int weight = number(request.parameter("weight"), 0, Backend.MOST_WEIGHT);
        return switch (request.parameter("do")) {
            case "drain" -> (balancer, service, replica) -> balancer.drain(service, replica, true);
            case "undrain" -> (balancer, service, replica) -> balancer.drain(service, replica, false);
            case "remove" -> (balancer, service, replica) -> balancer.remove(service, replica, false);
            case "end" -> (balancer, service, replica) -> balancer.remove(service, replica, true);
            case "weigh" ->
                weight < 0 ? null : (balancer, service, replica) -> balancer.weigh(service, replica, weight);
            case null, default -> null;
        };
    }

    /** Tables are made here, on the asker's thread, and put in place between two turns. */
    private boolean change(String service, int replica, Deed deed) {
        var routing = running.routing();
        if (routing == null) {
            return false;
        }
        var balancer = new Balancer(routing.nat());
        if (!running.ask(() -> deed.on(balancer, service, replica))) {
            return false;
        }
        for (var table : running.ask(() -> balancer.tables(service))) {
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
