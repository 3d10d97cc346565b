package io.millrace.tools.words;

/**
 * Something the user has to know, in one sentence that names the place: {@code capture.pcap: no such file}. The command
 * ends with {@link #exitCode}; nobody is shown a stack trace.
 */
public final class Failure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** The command could not do what it was asked. */
    public static final int FAILED = 1;

    /** The words of the call, or of a file that the user wrote, are not understood. */
    public static final int USAGE = 2;

    private final int exitCode;

    private Failure(int exitCode, String sentence) {
        super(sentence);
        this.exitCode = exitCode;
    }

    public static Failure failed(String sentence) {
        return new Failure(FAILED, sentence);
    }

    public static Failure usage(String sentence) {
        return new Failure(USAGE, sentence);
    }

    public int exitCode() {
        return exitCode;
    }
}
