package io.millrace.tools.words;

import org.jspecify.annotations.Nullable;

/** Which of the known words somebody meant who wrote another. */
public final class Nearest {
    private static final int NEAR = 2;

    private Nearest() {}

    /** The known word nearest to {@code word}, at most two slips away; null: none is that near. */
    public static @Nullable String to(String word, Iterable<String> known) {
        String best = null;
        int bestSlips = NEAR + 1;
        for (var candidate : known) {
            // A word of three letters with two slips is another word.
            int allowed = Math.min(bestSlips - 1, Math.min(NEAR, candidate.length() / 2));
            if (Math.abs(candidate.length() - word.length()) <= allowed) {
                int slips = slips(word, candidate);
                if (slips <= allowed) {
                    best = candidate;
                    bestSlips = slips;
                }
            }
        }
        return best;
    }

    /** Damerau–Levenshtein (optimal string alignment): letters left out, put in, changed, or two swapped. */
    private static int slips(String a, String b) {
        var d = new int[a.length() + 1][b.length() + 1];
        for (int i = 0; i <= a.length(); i++) {
            d[i][0] = i;
        }
        for (int j = 0; j <= b.length(); j++) {
            d[0][j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            for (int j = 1; j <= b.length(); j++) {
                int change = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
                d[i][j] = Math.min(Math.min(d[i - 1][j] + 1, d[i][j - 1] + 1), d[i - 1][j - 1] + change);
                if (i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1)) {
                    d[i][j] = Math.min(d[i][j], d[i - 2][j - 2] + 1);
                }
            }
        }
        return d[a.length()][b.length()];
    }
}
