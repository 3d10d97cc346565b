package io.millrace.tools.topology;

import io.millrace.tools.topology.Yaml.Place;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Compose's interpolation of values: {@code $NAME}, {@code ${NAME}}, {@code ${NAME:-default}}, {@code ${NAME-default}},
 * {@code ${NAME:?error}}, {@code ${NAME?error}}, {@code ${NAME:+other}}, {@code ${NAME+other}}, nested; {@code $$} is a
 * dollar sign.
 */
final class Variables {
    private static final int DEEPEST = 10;

    /** Defaults name variables whose values name none, so text grows only by what the environment holds; still. */
    private static final int LONGEST = 1 << 16;

    private final UnaryOperator<@Nullable String> environment;
    private final Set<String> notes;

    /** {@code environment} answers null for what is not set; {@code notes} is told of those without a default. */
    Variables(UnaryOperator<@Nullable String> environment, Set<String> notes) {
        this.environment = environment;
        this.notes = notes;
    }

    String expand(Place at, String text) {
        return text.indexOf('$') < 0 ? text : expand(at, text, 0);
    }

    private String expand(Place at, String text, int depth) {
        if (depth > DEEPEST) {
            throw at.error("variables stand deeper in each other than " + DEEPEST);
        }
        var out = new StringBuilder();
        int i = 0;
        while (i < text.length()) {
            char c = text.charAt(i);
            char next = i + 1 < text.length() ? text.charAt(i + 1) : ' ';
            if (c != '$') {
                out.append(c);
                i++;
            } else if (next == '$') {
                out.append('$');
                i += 2;
            } else if (next == '{') {
                int end = closing(at, text, i + 2);
                out.append(braced(at, text.substring(i + 2, end), depth));
                i = end + 1;
            } else {
                int end = nameEnd(text, i + 1);
                if (end == i + 1) {
                    throw at.error("a '$' that names no variable; a dollar sign is written '$$'");
                }
                out.append(value(text.substring(i + 1, end)));
                i = end;
            }
            if (out.length() > LONGEST) {
                throw at.error("longer than " + LONGEST + " characters with its variables replaced");
            }
        }
        return out.toString();
    }

    private String braced(Place at, String inside, int depth) {
        int end = nameEnd(inside, 0);
        var name = inside.substring(0, end);
        var rest = inside.substring(end);
        boolean emptyToo = rest.startsWith(":");
        var operation = emptyToo ? rest.substring(1) : rest;
        if (name.isEmpty() || (operation.isEmpty() && !rest.isEmpty())) {
            throw at.error("'${" + shorten(inside) + "}' is no variable; one is written ${NAME} or ${NAME:-default}");
        }
        if (rest.isEmpty()) {
            return value(name);
        }
        var value = environment.apply(name);
        boolean there = value != null && !(emptyToo && value.isEmpty());
        var word = operation.substring(1);
        return switch (operation.charAt(0)) {
            case '-' -> value != null && there ? value : expand(at, word, depth + 1);
            case '+' -> there ? expand(at, word, depth + 1) : "";
            case '?' -> {
                if (value != null && there) {
                    yield value;
                }
                var why = expand(at, word, depth + 1);
                throw at.error("required variable " + Keys.quote(name) + " is not set"
                        + (why.isEmpty() ? "" : ": " + shorten(why)));
            }
            default ->
                throw at.error(
                        "'${" + shorten(inside) + "}' is no variable; one is written ${NAME} or ${NAME:-default}");
        };
    }

    private String value(String name) {
        var value = environment.apply(name);
        if (value == null) {
            notes.add("variable " + Keys.quote(name) + " is not set and counts as empty");
            return "";
        }
        return value;
    }

    private static String shorten(String text) {
        var quoted = Keys.quote(text);
        return quoted.substring(1, quoted.length() - 1);
    }

    private static int closing(Place at, String text, int from) {
        int depth = 1;
        for (int i = from; i < text.length(); i++) {
            if (text.startsWith("${", i)) {
                depth++;
            } else if (text.charAt(i) == '}' && --depth == 0) {
                return i;
            }
        }
        throw at.error("'${' without its '}'");
    }

    private static int nameEnd(String text, int from) {
        int end = from;
        while (end < text.length()) {
            char c = text.charAt(end);
            boolean letter = c == '_' || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
            if (!letter && !(end > from && c >= '0' && c <= '9')) {
                break;
            }
            end++;
        }
        return end;
    }
}
