package io.millrace.bench.peers;

import java.util.Comparator;
import java.util.List;

/** What stands in the middle of several rounds. */
final class Medians {
    private Medians() {}

    /** The middle one; of an even number the mean of the two in the middle. */
    static double of(List<Double> values) {
        var sorted = values.stream().sorted().toList();
        int middle = sorted.size() / 2;
        return sorted.size() % 2 == 1 ? sorted.get(middle) : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
    }

    /** The round whose rate is in the middle, whole: its figures belong together. Of an even number the slower one. */
    static Sample ofSamples(List<Sample> samples) {
        var sorted = samples.stream()
                .sorted(Comparator.comparingDouble(Sample::forwarded))
                .toList();
        return sorted.get((sorted.size() - 1) / 2);
    }
}
