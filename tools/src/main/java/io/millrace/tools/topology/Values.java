package io.millrace.tools.topology;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Duration;
import java.util.regex.Pattern;

/** How single values are written. Each parser complains by an IllegalArgumentException with a sentence. */
final class Values {
    private static final Pattern INTEGER = Pattern.compile("[+-]?\\d{1,10}");
    private static final Pattern DURATION = Pattern.compile("(?:\\d{1,9}(?:\\.\\d{1,9})?(?:us|ms|s|m|h))+");
    private static final Pattern PART = Pattern.compile("(\\d+(?:\\.\\d+)?)(us|ms|s|m|h)");
    private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9._-]{1,255}");

    private Values() {}

    static int integer(String text, int least, int most) {
        var problem = Keys.quote(text) + " is not a whole number from " + least + " to " + most;
        if (!INTEGER.matcher(text).matches()) {
            throw new IllegalArgumentException(problem);
        }
        long value = Long.parseLong(text);
        if (value < least || value > most) {
            throw new IllegalArgumentException(problem);
        }
        return (int) value;
    }

    /** The words that YAML 1.1, hence Compose, takes for a yes and a no. */
    static boolean bool(String text) {
        return switch (text) {
            case "true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON", "y", "Y" -> true;
            case "false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF", "n", "N" -> false;
            default -> throw new IllegalArgumentException(Keys.quote(text) + " is not true or false");
        };
    }

    /** Compose's durations: {@code 300s}, {@code 1m30s}, {@code 1.5h}, {@code 200ms}. */
    static Duration duration(String text) {
        if (text.length() > 40 || !DURATION.matcher(text).matches()) {
            throw new IllegalArgumentException(
                    Keys.quote(text) + " is not a duration; one is written 300s, 5m or 1m30s (us, ms, s, m, h)");
        }
        var sum = Duration.ZERO;
        var parts = PART.matcher(text);
        while (parts.find()) {
            long unit = switch (parts.group(2)) {
                case "us" -> 1_000L;
                case "ms" -> 1_000_000L;
                case "s" -> 1_000_000_000L;
                case "m" -> 60_000_000_000L;
                default -> 3_600_000_000_000L;
            };
            var whole = new BigDecimal(parts.group(1))
                    .multiply(BigDecimal.valueOf(unit))
                    .toBigInteger();
            var nanosAndSeconds = whole.divideAndRemainder(BigInteger.valueOf(1_000_000_000L));
            sum = sum.plusSeconds(nanosAndSeconds[0].longValueExact()).plusNanos(nanosAndSeconds[1].longValueExact());
        }
        return sum;
    }

    /** The name of a network or service: what Compose allows. */
    static String name(String text) {
        if (!NAME.matcher(text).matches()) {
            throw new IllegalArgumentException(
                    Keys.quote(text) + " is not a name; names are letters, digits, '.', '_' and '-'");
        }
        return text;
    }
}
