package io.millrace.tools.words;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** Figures as people read them. */
public final class Figures {
    private static final long SECOND = 1_000_000_000;
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss", Locale.ROOT).withZone(ZoneOffset.UTC);

    private Figures() {}

    /** {@code 1,234,567}. */
    public static String count(long n) {
        return String.format(Locale.ROOT, "%,d", n);
    }

    /** {@code 1 frame}, {@code 2 frames}. */
    public static String count(long n, String one) {
        return count(n) + " " + one + (n == 1 ? "" : "s");
    }

    /** {@code 512 B}, {@code 1.4 MB}: powers of 1,000. */
    public static String bytes(long n) {
        return scaled((double) n, "B");
    }

    /** {@code 1.4 Gbit/s}. */
    public static String bits(double perSecond) {
        return scaled(perSecond, "bit/s");
    }

    private static String scaled(double n, String unit) {
        String prefixes = " kMGTPE";
        int i = 0;
        double left = n;
        while (left >= 999.5 && i < prefixes.length() - 1) {
            left /= 1000;
            i++;
        }
        return i == 0
                ? (long) left + " " + unit
                : String.format(Locale.ROOT, left < 9.95 ? "%.1f %c%s" : "%.0f %c%s", left, prefixes.charAt(i), unit);
    }

    /** {@code 13 µs}, {@code 1.2 s}, {@code 4 min 5 s}, {@code 2 h 10 min}, {@code 3 d 4 h}. */
    public static String duration(long nanos) {
        if (nanos < 1000) {
            return nanos + " ns";
        }
        if (nanos < 1_000_000) {
            return nanos / 1000 + " µs";
        }
        if (nanos < SECOND) {
            return nanos / 1_000_000 + " ms";
        }
        long seconds = nanos / SECOND;
        if (seconds < 60) {
            return String.format(Locale.ROOT, "%.1f s", nanos / 1e9);
        }
        if (seconds < 3600) {
            return seconds / 60 + " min " + seconds % 60 + " s";
        }
        return seconds < 86_400
                ? seconds / 3600 + " h " + seconds % 3600 / 60 + " min"
                : seconds / 86_400 + " d " + seconds % 86_400 / 3600 + " h";
    }

    /** A time of day and its date in UTC, from ns since 1970. */
    public static String time(long nanos) {
        return TIME.format(Instant.ofEpochSecond(Math.floorDiv(nanos, SECOND), Math.floorMod(nanos, SECOND)));
    }

    /** Seconds with nine decimals, from ns: {@code 1677857409.594662000}, {@code -0.500000000}. */
    public static String seconds(long nanos) {
        String sign = nanos < 0 ? "-" : "";
        long whole = Math.abs(nanos / SECOND);
        long rest = Math.abs(nanos % SECOND);
        return sign + whole + "." + String.format(Locale.ROOT, "%09d", rest);
    }
}
