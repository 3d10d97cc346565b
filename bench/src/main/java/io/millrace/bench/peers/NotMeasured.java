package io.millrace.bench.peers;

/** Why a figure is missing from the table, in a few words. */
final class NotMeasured extends RuntimeException {
    private static final long serialVersionUID = 1L;

    NotMeasured(String why) {
        super(why);
    }

    String why() {
        return String.valueOf(getMessage());
    }
}
