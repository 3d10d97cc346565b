package io.millrace.tools.words;

import org.jspecify.annotations.Nullable;

/**
 * Writes JSON (RFC 8259), one value after the other, in the order the calls are made. Inside an object each value
 * follows its {@link #name}; commas are put where they belong.
 */
public final class Json {
    private static final String HEX = "0123456789abcdef";

    private final StringBuilder text = new StringBuilder();
    private boolean comma;

    public Json object() {
        return open('{');
    }

    public Json endObject() {
        return close('}');
    }

    public Json array() {
        return open('[');
    }

    public Json endArray() {
        return close(']');
    }

    /** The name of the member whose value comes next. */
    public Json name(String name) {
        separate();
        quote(name);
        text.append(':');
        comma = false;
        return this;
    }

    public Json value(@Nullable String value) {
        separate();
        if (value == null) {
            text.append("null");
        } else {
            quote(value);
        }
        return this;
    }

    public Json value(long value) {
        separate();
        text.append(value);
        return this;
    }

    public Json value(boolean value) {
        separate();
        text.append(value);
        return this;
    }

    /** A number that is already written in JSON's words, such as {@code 0.000000001}. */
    public Json number(String decimal) {
        separate();
        text.append(decimal);
        return this;
    }

    private Json open(char bracket) {
        separate();
        text.append(bracket);
        comma = false;
        return this;
    }

    private Json close(char bracket) {
        text.append(bracket);
        comma = true;
        return this;
    }

    private void separate() {
        if (comma) {
            text.append(',');
        }
        comma = true;
    }

    private void quote(String value) {
        text.append('"');
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            switch (c) {
                case '"', '\\' -> text.append('\\').append(c);
                case '\n' -> text.append("\\n");
                case '\t' -> text.append("\\t");
                default -> {
                    if (c < 0x20 || c == 0x7F || (Character.isSurrogate(c) && !isPaired(value, i))) {
                        text.append("\\u")
                                .append(hex(c >> 12))
                                .append(hex(c >> 8))
                                .append(hex(c >> 4))
                                .append(hex(c));
                    } else {
                        text.append(c);
                    }
                }
            }
        }
        text.append('"');
    }

    private static boolean isPaired(String value, int i) {
        return Character.isHighSurrogate(value.charAt(i))
                ? i + 1 < value.length() && Character.isLowSurrogate(value.charAt(i + 1))
                : i > 0 && Character.isHighSurrogate(value.charAt(i - 1));
    }

    private static char hex(int nibble) {
        return HEX.charAt(nibble & 0xF);
    }

    /** What has been written. */
    @Override
    public String toString() {
        return text.toString();
    }
}
