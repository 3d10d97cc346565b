package io.millrace.tools.api;

import java.io.IOException;

/** What answers the requests for one path and method. */
@FunctionalInterface
public interface Route {
    /**
     * Answers, exactly once. Runs on a thread of its own, so it may wait, and may take as long as a stream lasts.
     *
     * @throws io.millrace.tools.words.Failure for what the client got wrong: status 400 and its sentence
     * @throws IOException when the client is gone
     */
    void answer(Request request, Answer answer) throws IOException;
}
