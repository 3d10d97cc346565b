package io.millrace.tools.words;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads JSON (RFC 8259) into maps, lists, strings, numbers (a Long where it is whole, else a Double), booleans and nulls.
 * What is no JSON is an IllegalArgumentException that tells where.
 */
public final class JsonReader {
    private static final int DEEPEST = 100;
    private static final int HEX = 16;

    private final String text;
    private int at;
    private int depth;

    private JsonReader(String text) {
        this.text = text;
    }

    /** The one value that the text is. */
    public static @Nullable Object read(String text) {
        var reader = new JsonReader(text);
        var value = reader.value();
        reader.space();
        if (reader.at < text.length()) {
            throw reader.mistake("more than one value");
        }
        return value;
    }

    private @Nullable Object value() {
        space();
        return switch (peek()) {
            case '{' -> object();
            case '[' -> array();
            case '"' -> string();
            case 't' -> word("true", true);
            case 'f' -> word("false", false);
            case 'n' -> word("null", null);
            default -> number();
        };
    }

    private Map<String, @Nullable Object> object() {
        var fields = new LinkedHashMap<String, @Nullable Object>();
        enter();
        if (!ends('}')) {
            do {
                space();
                var name = string();
                space();
                expect(':');
                fields.put(name, value());
                space();
            } while (takes(','));
            expect('}');
        }
        depth--;
        return fields;
    }

    private List<@Nullable Object> array() {
        var items = new ArrayList<@Nullable Object>();
        enter();
        if (!ends(']')) {
            do {
                items.add(value());
                space();
            } while (takes(','));
            expect(']');
        }
        depth--;
        return items;
    }

    private void enter() {
        at++;
        if (++depth > DEEPEST) {
            throw mistake("nested too deeply");
        }
    }

    private boolean ends(char bracket) {
        space();
        return takes(bracket);
    }

    private String string() {
        expect('"');
        var string = new StringBuilder();
        while (peek() != '"') {
            char c = take();
            if (c < ' ') {
                throw mistake("a control character in a string");
            }
            string.append(c == '\\' ? escaped() : c);
        }
        at++;
        return string.toString();
    }

    private char escaped() {
        char c = take();
        return switch (c) {
            case '"', '\\', '/' -> c;
            case 'n' -> '\n';
            case 't' -> '\t';
            case 'r' -> '\r';
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'u' -> unit();
            default -> throw mistake("'\\" + c + "'");
        };
    }

    private char unit() {
        int unit = 0;
        for (int i = 0; i < 4; i++) {
            int digit = Character.digit(take(), HEX);
            if (digit < 0) {
                throw mistake("no hexadecimal digit");
            }
            unit = unit * HEX + digit;
        }
        return (char) unit;
    }

    private Object number() {
        int from = at;
        while (at < text.length() && "+-.eE0123456789".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
        var number = text.substring(from, at);
        try {
            if (number.matches("-?\\d{1,18}")) {
                return Long.valueOf(number);
            }
            return Double.valueOf(number);
        } catch (NumberFormatException e) {
            at = from;
            throw mistake("no value");
        }
    }

    private @Nullable Object word(String word, @Nullable Object value) {
        if (!text.startsWith(word, at)) {
            throw mistake("no value");
        }
        at += word.length();
        return value;
    }

    private void space() {
        while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
    }

    private char peek() {
        if (at == text.length()) {
            throw mistake("the end");
        }
        return text.charAt(at);
    }

    private char take() {
        char c = peek();
        at++;
        return c;
    }

    private boolean takes(char c) {
        boolean is = at < text.length() && text.charAt(at) == c;
        at += is ? 1 : 0;
        return is;
    }

    private void expect(char c) {
        if (!takes(c)) {
            throw mistake("no '" + c + "'");
        }
    }

    private IllegalArgumentException mistake(String what) {
        return new IllegalArgumentException("no JSON: " + what + " at character " + at);
    }
}
