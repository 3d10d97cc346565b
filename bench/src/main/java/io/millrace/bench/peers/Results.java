package io.millrace.bench.peers;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/** Everything that was measured, and why the rest was not. Names of devices, in the order they were asked for. */
final class Results {
    /** A ratio between two devices counts only if one that does nothing is this much faster than both. */
    static final double ROOM = 1.2;

    static final String NOTHING = "nothing";
    static final String CEILING = "generator";

    /**
     * A kind of flood.
     *
     * @param length bytes without check sequence
     */
    record Kind(int length, int flows) {
        /** Bytes as they are counted on a wire, with the check sequence: 64, and 1500 of payload. */
        String words() {
            return (length == 60 ? "64-byte frames" : length - 14 + "-byte packets") + ", " + flows
                    + (flows == 1 ? " flow" : " flows");
        }
    }

    /** What hosts saw. */
    enum Talk {
        TCP_OFFLOADS("TCP, default offloads", "Gbit/s"),
        TCP_PLAIN("TCP, offloads off", "Gbit/s"),
        PING_DEFAULT("ping", "µs"),
        PING_BUSY("ping, busy polling", "µs");

        final String words;
        final String unit;

        Talk(String words, String unit) {
            this.words = words;
            this.unit = unit;
        }
    }

    private final List<String> devices;
    private final Map<Kind, Map<String, List<Sample>>> floods = new LinkedHashMap<>();
    private final Map<Talk, Map<String, List<Double>>> talks = new LinkedHashMap<>();
    private final Map<String, Map<String, String>> missing = new LinkedHashMap<>();

    Results(List<String> devices) {
        this.devices = devices;
    }

    List<String> devices() {
        return devices;
    }

    void add(Kind kind, String device, Sample sample) {
        floods.computeIfAbsent(kind, k -> new LinkedHashMap<>())
                .computeIfAbsent(device, d -> new ArrayList<>())
                .add(sample);
    }

    void add(Talk talk, String device, double value) {
        talks.computeIfAbsent(talk, t -> new LinkedHashMap<>())
                .computeIfAbsent(device, d -> new ArrayList<>())
                .add(value);
    }

    /** Something could not be measured: frames, TCP, ping. */
    void missing(String device, String what, String why) {
        missing.computeIfAbsent(device, d -> new LinkedHashMap<>()).put(what, why);
    }

    /** By device, then what: why. */
    Map<String, Map<String, String>> missing() {
        return missing;
    }

    List<Kind> kinds() {
        return List.copyOf(floods.keySet());
    }

    List<Sample> samples(Kind kind, String device) {
        return floods.getOrDefault(kind, Map.of()).getOrDefault(device, List.of());
    }

    List<Double> values(Talk talk, String device) {
        return talks.getOrDefault(talk, Map.of()).getOrDefault(device, List.of());
    }

    /** Frames forwarded a second; into a drop: frames offered. */
    OptionalDouble rate(Kind kind, String device) {
        var samples = samples(kind, device);
        if (samples.isEmpty()) {
            return OptionalDouble.empty();
        }
        var median = Medians.ofSamples(samples);
        return OptionalDouble.of(median.forwarded());
    }

    OptionalDouble value(Talk talk, String device) {
        var values = values(talk, device);
        return values.isEmpty() ? OptionalDouble.empty() : OptionalDouble.of(Medians.of(values));
    }

    /** How many times as many frames a second one device forwards as the other; {@code limited}: the course was the limit. */
    record Ratio(double times, boolean limited) {}

    /** Null where one of the two was not measured. */
    @Nullable
    Ratio ratio(Kind kind, String device, String peer) {
        var mine = rate(kind, device);
        var other = rate(kind, peer);
        if (mine.isEmpty() || other.isEmpty() || other.getAsDouble() <= 0) {
            return null;
        }
        double most = Math.max(mine.getAsDouble(), other.getAsDouble());
        boolean limited = rate(kind, NOTHING).orElse(0) < ROOM * most;
        return new Ratio(mine.getAsDouble() / other.getAsDouble(), limited);
    }

    /** Millrace's own rows. */
    List<String> ours() {
        return devices.stream().filter(d -> d.startsWith("millrace-")).toList();
    }
}
