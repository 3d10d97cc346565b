package io.millrace.tools.up;

import io.millrace.tools.api.ApiClient;
import io.millrace.tools.words.Failure;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;

/** What the commands about published ports have in common: words on the command line, and a question about a service. */
final class Publishes {
    private Publishes() {}

    /**
     * The ports that are meant.
     *
     * @param options by {@code -p}
     * @param words the service, and before it the port if none is given by {@code -p}
     * @param parser complains about what is no port
     */
    static List<String> ports(List<String> options, List<String> words, Consumer<String> parser) {
        boolean named = !options.isEmpty();
        if (words.size() != (named ? 1 : 2)) {
            throw Failure.usage(named ? "one service, as in: -p 8080 web" : "a port and a service, as in: 8080 web");
        }
        var ports = named ? options : words.subList(0, 1);
        try {
            ports.forEach(parser);
        } catch (IllegalArgumentException e) {
            throw Failure.usage(Objects.requireNonNull(e.getMessage()));
        }
        return ports;
    }

    /** Has one port changed; the ports that were. */
    static List<String> change(Path socket, String how, String port, String service) {
        return lines(Answered.of(asked(
                socket, () -> ApiClient.post(socket, "/millrace/" + how + query(service) + "&port=" + encoded(port)))));
    }

    /** What a service has published, as it came. */
    static String of(Path socket, String service) {
        return asked(socket, () -> ApiClient.get(socket, "/millrace/published" + query(service)));
    }

    /** A question to a socket. */
    @FunctionalInterface
    private interface Question {
        ApiClient.Response ask() throws IOException;
    }

    private static String asked(Path socket, Question question) {
        try {
            var response = question.ask();
            if (!response.isFine()) {
                throw Failure.failed(Answered.of(response.body()).text("message"));
            }
            return response.body();
        } catch (IOException e) {
            throw Failure.failed(socket + ": does not answer: " + e.getMessage());
        }
    }

    private static String query(String service) {
        return "?service=" + encoded(service);
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    /** The ports as {@code docker port} lists them. */
    static List<String> lines(Answered answered) {
        return answered.fields().get("lines") instanceof List<?> list
                ? list.stream().map(String::valueOf).toList()
                : List.of();
    }
}
