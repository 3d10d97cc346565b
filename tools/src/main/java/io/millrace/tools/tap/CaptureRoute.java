package io.millrace.tools.tap;

import io.millrace.codec.capture.CaptureException;
import io.millrace.dataplane.port.CaptureRing;
import io.millrace.dataplane.port.FilterCompiler;
import io.millrace.dataplane.port.FilterException;
import io.millrace.tools.api.Answer;
import io.millrace.tools.api.Request;
import io.millrace.tools.api.Route;
import io.millrace.tools.words.Failure;
import java.io.IOException;
import java.util.Objects;

/**
 * {@code GET /millrace/capture?port=s1&filter=udp+port+53&snaplen=128}: the frames of a port, as pcapng, until the client
 * goes. Without {@code filter} all frames, without {@code snaplen} all their bytes.
 */
public final class CaptureRoute implements Route {
    /** Where it is mounted. */
    public static final String PATH = "/millrace/capture";

    private static final int BAD_REQUEST = 400, NOT_FOUND = 404;

    private final Taps taps;

    public CaptureRoute(Taps taps) {
        this.taps = taps;
    }

    @Override
    public void answer(Request request, Answer answer) throws IOException {
        var port = Objects.requireNonNullElse(request.parameter("port"), "");
        CaptureRing ring;
        try {
            ring = ring(request);
        } catch (FilterException | NumberFormatException refused) {
            answer.refuse(BAD_REQUEST, String.valueOf(refused.getMessage()));
            return;
        }
        if (!taps.lay(port, ring)) {
            answer.refuse(NOT_FOUND, "there is no port called '" + port + "'");
            return;
        }
        try (var out = answer.stream("application/octet-stream")) {
            new CaptureSession(port, ring, out).run(answer::isWanted);
        } catch (CaptureException gone) {
            return; // nobody reads any more
        } finally {
            takeAway(port, ring);
        }
    }

    private static CaptureRing ring(Request request) throws FilterException {
        var filter = Objects.requireNonNullElse(request.parameter("filter"), "");
        var length = request.parameter("snaplen");
        int snapLength = length == null ? CaptureRing.WHOLE_FRAME : Integer.parseInt(length);
        if (snapLength < 1) {
            throw new NumberFormatException("snaplen must be 1 or more");
        }
        return new CaptureRing(FilterCompiler.compile(filter), snapLength, CaptureRing.DEFAULT_SIZE);
    }

    private void takeAway(String port, CaptureRing ring) {
        try {
            taps.takeAway(port, ring);
        } catch (Failure ends) {
            return; // the dataplane does, and the tap with it
        }
    }
}
