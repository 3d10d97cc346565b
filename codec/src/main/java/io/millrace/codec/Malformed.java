package io.millrace.codec;

/**
 * What is wrong with a header, as its {@code check} found it. A received frame is never an exception.
 *
 * <p>{@link #CUT} is no fault of the frame: the capture kept only its beginning, so the header cannot be judged.
 */
public enum Malformed {
    NONE("nothing is wrong"),
    CUT("the capture holds only the beginning of this frame"),
    TRUNCATED("the frame ends inside the header");

    private final String sentence;

    Malformed(String sentence) {
        this.sentence = sentence;
    }

    /** The reason in words, without a full stop. */
    public String sentence() {
        return sentence;
    }

    /** Judges a header of {@code needed} bytes by what is at hand and by what there was on the wire. */
    public static Malformed fits(int needed, int captured, int original) {
        if (captured >= needed) {
            return NONE;
        }
        return original >= needed ? CUT : TRUNCATED;
    }
}
