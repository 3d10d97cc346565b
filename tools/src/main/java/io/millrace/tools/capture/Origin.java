package io.millrace.tools.capture;

import java.io.InputStream;

/** Where a capture comes from. */
interface Origin extends AutoCloseable {
    /** The capture as it comes, pcapng of ours; it ends some time after {@link #stop}. */
    InputStream stream();

    /** Has it end. Any thread. */
    void stop();

    @Override
    void close();
}
