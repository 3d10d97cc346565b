package io.millrace.codec.capture;

/**
 * A capture that cannot be opened, read or written at all. The message is one sentence for the user, the file's name
 * first: {@code lan.pcap: no such file}. A capture that is merely damaged is no exception: see
 * {@link CaptureReader#damage()}.
 */
public final class CaptureException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    CaptureException(String name, String why) {
        super(name + ": " + why);
    }
}
