package io.millrace.tools.api;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/** Which route answers which path and method. Filled before the server starts. */
public final class Routes {
    private static final int NOT_FOUND = 404;
    private static final int METHOD_NOT_ALLOWED = 405;

    private final Map<String, Map<String, Route>> byPath = new HashMap<>();

    /** Answers GET requests for {@code path}. */
    public Routes get(String path, Route route) {
        return on("GET", path, route);
    }

    /** Answers POST requests for {@code path}. */
    public Routes post(String path, Route route) {
        return on("POST", path, route);
    }

    private Routes on(String method, String path, Route route) {
        byPath.computeIfAbsent(path, p -> new TreeMap<>()).put(method, route);
        return this;
    }

    /** Has the request answered, if only by a refusal. */
    void answer(Request request, Answer answer) throws IOException {
        var methods = byPath.get(request.path());
        if (methods == null) {
            answer.refuse(NOT_FOUND, "page not found");
            return;
        }
        var route = methods.get(request.method());
        if (route == null) {
            answer.refuse(METHOD_NOT_ALLOWED, request.path() + " takes " + String.join(" or ", methods.keySet()));
            return;
        }
        route.answer(request, answer);
    }
}
