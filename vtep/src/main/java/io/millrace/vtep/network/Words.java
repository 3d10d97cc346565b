package io.millrace.vtep.network;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/** What the sentences and the values of this package share. */
final class Words {
    private static final int SHOWN = 60;

    private Words() {}

    /** A user's word in a sentence: quoted, cut to 60 characters, control characters made visible. */
    static String quote(String word) {
        return "'" + shown(word) + "'";
    }

    /** The same without quotes, for Docker's sentences. */
    static String shown(String word) {
        var shown = new StringBuilder();
        for (int i = 0; i < Math.min(word.length(), SHOWN); i++) {
            char c = word.charAt(i);
            shown.append(Character.isISOControl(c) ? '\uFFFD' : c);
        }
        return shown.append(word.length() > SHOWN ? "…" : "").toString();
    }

    /** An unmodifiable copy in the order written, which {@code Map.copyOf} would lose. */
    static <K, V> Map<K, V> inOrder(Map<K, V> map) {
        return Collections.unmodifiableMap(new LinkedHashMap<>(map));
    }

    static int within(String what, int value, int least, int most) {
        if (value < least || value > most) {
            throw new IllegalArgumentException(what + " " + value + " is not within " + least + " to " + most);
        }
        return value;
    }
}
