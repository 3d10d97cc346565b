package io.millrace.tools.api;

import java.io.IOException;
import java.io.OutputStream;

/** Where a {@link Route} puts what it has to say; one of the methods is called, once. */
public interface Answer {
    /** Status 200 and a JSON text. */
    void json(String text) throws IOException;

    /** Status 204: done, nothing to say. */
    void done() throws IOException;

    /** An error, said as Docker says it: {@code {"message": "…"}}. */
    void refuse(int status, String message) throws IOException;

    /**
     * Status 200 and bytes until the stream is closed. Each write is sent at once; it waits while the client reads more
     * slowly, and throws when the client has gone. {@link #isWanted} tells that without writing.
     */
    OutputStream stream(String contentType) throws IOException;

    /** Whether the client is still there. */
    boolean isWanted();
}
