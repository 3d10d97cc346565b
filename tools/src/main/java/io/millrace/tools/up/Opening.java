package io.millrace.tools.up;

import io.millrace.tools.words.Failure;
import io.millrace.vtep.network.Endpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/** Plugs every endpoint in, or none: what would not work is found out before anything is touched. */
final class Opening {
    private final Running running;
    private final PortOpener opener;
    private final Path file;
    private final Screen screen;

    Opening(Running running, PortOpener opener, Path file, Screen screen) {
        this.running = running;
        this.opener = opener;
        this.file = file;
        this.screen = screen;
    }

    /** Looks at everything, touches nothing. */
    void check() {
        if (running.outlets().isEmpty()) {
            throw Failure.usage(file + ": no service is on a network with a switch: there is nothing to forward");
        }
        for (var outlet : running.outlets()) {
            try {
                opener.check(outlet.endpoint());
            } catch (IOException e) {
                throw refusal(outlet.endpoint(), e);
            }
        }
    }

    /** Opens and plugs in; says of each port what it is. */
    void openAll() {
        for (var outlet : running.outlets()) {
            try {
                var opened = opener.open(outlet.endpoint());
                running.plug(outlet, opened, true);
                screen.say(outlet.name() + ": " + outlet.attachment() + ", " + opened.how());
            } catch (IOException e) {
                throw refusal(outlet.endpoint(), e);
            }
        }
    }

    private Failure refusal(Endpoint endpoint, IOException why) {
        var what = endpoint.isHost() ? endpoint.service() : "service " + endpoint.service() + ": attach";
        return Failure.failed(place(endpoint) + ": " + what + ": " + why.getMessage());
    }

    /** The file and, if there is but one line it can be, the line. */
    private String place(Endpoint endpoint) {
        var service = running.topology().services().get(endpoint.service());
        var connection =
                service == null ? endpoint.connection() : service.networks().get(endpoint.network());
        var attachment = Objects.requireNonNull(connection).attachment();
        var looked = attachment == null
                ? "^\\s+[\"']?" + Pattern.quote(endpoint.service()) + "[\"']?\\s*:"
                : "\\b" + attachment.kind() + "[\"']?\\s*:\\s*[\"']?" + Pattern.quote(attachment.name())
                        + "(?![\\w{@-])";
        try {
            var lines = Files.readAllLines(file);
            var pattern = Pattern.compile(looked);
            var found = IntStream.range(0, lines.size())
                    .filter(i -> pattern.matcher(lines.get(i)).find())
                    .toArray();
            return found.length == 1 ? file + ":" + (found[0] + 1) : file.toString();
        } catch (IOException e) {
            return file.toString();
        }
    }
}
