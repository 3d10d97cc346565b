package io.millrace.vtep.network;

/** Two parts of a topology cannot both be as they are; the sentence names both. */
public final class Clash extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    private final String where;

    /** @param where the service or network that a reader should point at */
    public Clash(String where, String sentence) {
        super(sentence);
        this.where = where;
    }

    /** The service or network that a reader should point at, the later one of the two. */
    public String where() {
        return where;
    }
}
