package io.millrace.dataplane.port;

/** A filter that cannot be had; the message is one sentence for the user, in libpcap's words where it is about the filter. */
public final class FilterException extends Exception {
    private static final long serialVersionUID = 1L;

    FilterException(String sentence) {
        super(sentence);
    }
}
