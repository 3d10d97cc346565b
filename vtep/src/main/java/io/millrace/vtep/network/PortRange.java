package io.millrace.vtep.network;

import java.util.regex.Pattern;

/** Layer-4 ports from {@code first} to {@code last}, both included, 1 to 65,535. */
public record PortRange(int first, int last) {
    private static final Pattern TEXT = Pattern.compile("(\\d{1,9})(?:-(\\d{1,9}))?");

    public PortRange {
        Words.within("port", first, 1, 65_535);
        Words.within("port", last, 1, 65_535);
        if (first > last) {
            throw new IllegalArgumentException("port range " + first + "-" + last + " runs backwards");
        }
    }

    /** Reads {@code 80} or {@code 49152-65535}. */
    public static PortRange parse(String text) {
        var parts = TEXT.matcher(text);
        if (!parts.matches()) {
            throw new IllegalArgumentException(
                    Words.quote(text) + " is not a range of ports; one is written 49152-65535");
        }
        int first = Integer.parseInt(parts.group(1));
        return new PortRange(first, parts.group(2) == null ? first : Integer.parseInt(parts.group(2)));
    }

    /** How many ports there are. */
    public int size() {
        return last - first + 1;
    }

    @Override
    public String toString() {
        return first == last ? Integer.toString(first) : first + "-" + last;
    }
}
