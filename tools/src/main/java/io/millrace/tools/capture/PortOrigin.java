package io.millrace.tools.capture;

import io.millrace.tools.api.ApiClient;
import io.millrace.tools.tap.CaptureRoute;
import io.millrace.tools.words.Failure;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Captures from a port of a dataplane that runs, over its socket. */
final class PortOrigin implements Origin {
    private static final int FINE = 200, NO_SUCH_PORT = 404;

    private final ApiClient.Body body;
    private volatile boolean stopped;

    private PortOrigin(ApiClient.Body body) {
        this.body = body;
    }

    /** The capture of a port; null when the one behind that socket has no such port. */
    static @Nullable PortOrigin open(Path socket, String port, String filter, int snapLength) {
        var path =
                CaptureRoute.PATH + "?port=" + encoded(port) + "&filter=" + encoded(filter) + "&snaplen=" + snapLength;
        try {
            var body = ApiClient.stream(socket, path);
            int status = body.status();
            if (status == FINE) {
                return new PortOrigin(body);
            }
            try (body) {
                if (status == NO_SUCH_PORT) {
                    return null;
                }
                throw Failure.failed(socket + ": " + new String(body.readAllBytes(), StandardCharsets.UTF_8).strip());
            }
        } catch (IOException e) {
            throw Failure.failed(socket + ": " + e.getMessage());
        }
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    @Override
    public InputStream stream() {
        return new FilterInputStream(body) {
            @Override
            public int read(byte[] into, int from, int count) throws IOException {
                try {
                    return super.read(into, from, count);
                } catch (IOException e) {
                    if (stopped) {
                        return -1;
                    }
                    throw e;
                }
            }
        };
    }

    @Override
    public void stop() {
        stopped = true;
        try {
            body.close();
        } catch (IOException gone) {
            return; // so it is
        }
    }

    @Override
    public void close() {
        stop();
    }
}
