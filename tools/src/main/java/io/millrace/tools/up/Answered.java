package io.millrace.tools.up;

import io.millrace.tools.api.ApiClient;
import io.millrace.tools.words.Failure;
import io.millrace.tools.words.JsonReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** An answer of a running Millrace, read by the commands that show it. */
record Answered(Map<?, ?> fields) {
    /** Asks; null: nobody is there. */
    static @Nullable Answered get(Path socket, String path) {
        try {
            return of(text(socket, path));
        } catch (IOException e) {
            return null;
        }
    }

    /** The answer as it came. */
    static String text(Path socket, String path) throws IOException {
        var response = ApiClient.get(socket, path);
        if (!response.isFine()) {
            throw Failure.failed(socket + ": " + of(response.body()).text("message"));
        }
        return response.body();
    }

    static Answered of(String json) {
        try {
            return new Answered(JsonReader.read(json) instanceof Map<?, ?> map ? map : Map.of());
        } catch (IllegalArgumentException e) {
            throw Failure.failed("what answers there is no Millrace: " + e.getMessage());
        }
    }

    /** The field in words; empty where there is none. */
    String text(String name) {
        var value = fields.get(name);
        return value == null ? "" : value.toString();
    }

    /** The field as a whole number; 0 where there is none. */
    long number(String name) {
        return fields.get(name) instanceof Number number ? number.longValue() : 0;
    }

    double decimal(String name) {
        return fields.get(name) instanceof Number number ? number.doubleValue() : 0;
    }

    boolean has(String name) {
        return fields.get(name) != null;
    }

    Answered object(String name) {
        return new Answered(fields.get(name) instanceof Map<?, ?> map ? map : Map.of());
    }

    List<Answered> list(String name) {
        var all = new ArrayList<Answered>();
        if (fields.get(name) instanceof List<?> list) {
            for (var item : list) {
                if (item instanceof Map<?, ?> map) {
                    all.add(new Answered(map));
                }
            }
        }
        return all;
    }
}
