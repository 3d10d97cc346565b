package io.millrace.codec.capture;

import java.util.ArrayList;
import java.util.List;

/** What is odd in a capture that can be read all the same, counted by kind: a file of any size warns in a few lines. */
final class Warnings {
    enum Kind {
        FRACTION("the fraction of a second is a whole second or more in %s"),
        OUT_OF_RANGE("the time lies before 1677 or after 2262, and was set to the nearest that can be told, in %s"),
        OVER_SNAPLEN("more bytes than the snap length allows were kept in %s"),
        ORIGINAL_BELOW_CAPTURED("more bytes were captured than there were on the wire, so the record says, in %s"),
        HUGE_ORIGINAL("2 GiB or more on the wire, so the record says, in %s");

        private final String sentence;

        Kind(String sentence) {
            this.sentence = sentence;
        }

        private String counted(long count) {
            return sentence.replace("%s", count + (count == 1 ? " frame" : " frames"));
        }
    }

    private static final Kind[] KINDS = Kind.values();
    private final long[] counts = new long[KINDS.length];

    void add(Kind kind) {
        counts[kind.ordinal()]++;
    }

    List<String> sentences(String name) {
        List<String> all = new ArrayList<>();
        for (Kind kind : KINDS) {
            if (counts[kind.ordinal()] > 0) {
                all.add(name + ": " + kind.counted(counts[kind.ordinal()]));
            }
        }
        return List.copyOf(all);
    }
}
