package io.millrace.dataplane.l2;

import io.millrace.dataplane.graph.Drop;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** A learning switch as the standard tells it, in plain collections: slow, and short enough to be seen to be right. */
final class ModelSwitch {
    record Station(int port, long heard, boolean byHand) {}

    /** Where a frame goes: to ports, or why to none. */
    record Way(List<Integer> ports, @Nullable Drop drop) {}

    final Map<Long, Station> stations = new HashMap<>();
    private final List<@Nullable PortSettings> ports;
    private final long ageing;
    private final int limit;
    long moves;
    long refused;

    /**
     * A switch that knows nobody.
     *
     * @param ports null where there is none
     * @param ageing in ticks
     */
    ModelSwitch(List<@Nullable PortSettings> ports, long ageing, int limit) {
        this.ports = ports;
        this.ageing = ageing;
        this.limit = limit;
    }

    Way forward(int from, byte[] frame, long tick) {
        age(tick);
        if (frame.length < 14) {
            return new Way(List.of(), Drop.ETHERNET_TRUNCATED);
        }
        long destination = address(frame, 0);
        long source = address(frame, 6);
        var in = ports.get(from);
        if (in == null || isGroup(source)) {
            return new Way(List.of(), in == null ? Drop.UNKNOWN_PORT : Drop.SOURCE_IS_GROUP);
        }
        if (source != 0 && in.learn()) {
            if (in.side() != PortSettings.Side.HERE && isHere(stations.get(source))) {
                return new Way(List.of(), Drop.STATION_IS_LOCAL);
            }
            learn(source, from, in.stations(), tick);
        }
        if (destination >> 4 == 0x0180_C200_000L) {
            return new Way(List.of(), Drop.RESERVED_ADDRESS);
        }
        var known = isGroup(destination) ? null : stations.get(destination);
        if (known == null) {
            var all = flood(from, in, isGroup(destination));
            return new Way(all, all.isEmpty() ? Drop.NO_OTHER_PORT : null);
        }
        if (known.port == from) {
            return new Way(List.of(), Drop.SAME_PORT);
        }
        return exchange(in, ports.get(known.port))
                ? new Way(List.of(known.port), null)
                : new Way(List.of(), Drop.SPLIT_HORIZON);
    }

    void age(long tick) {
        stations.values().removeIf(station -> !station.byHand && tick - station.heard > ageing);
    }

    private void learn(long source, int port, int portLimit, long tick) {
        var known = stations.get(source);
        if (known != null && (known.byHand || known.port == port)) {
            stations.put(source, known.byHand ? known : new Station(port, tick, false));
        } else if (stations.values().stream().filter(s -> s.port == port).count() >= portLimit
                || (known == null && stations.size() >= limit)) {
            refused++;
        } else {
            moves += known == null ? 0 : 1;
            stations.put(source, new Station(port, tick, false));
        }
    }

    private boolean isHere(@Nullable Station known) {
        var port = known == null ? null : ports.get(known.port);
        return port != null && port.side() == PortSettings.Side.HERE;
    }

    private List<Integer> flood(int from, PortSettings in, boolean group) {
        return IntStream.range(0, ports.size())
                .filter(to -> to != from && mayFlood(in, ports.get(to), group))
                .boxed()
                .toList();
    }

    private static boolean mayFlood(PortSettings in, @Nullable PortSettings out, boolean group) {
        return out != null
                && out.side() != PortSettings.Side.REMOTE_UNFLOODED
                && (group || out.flood())
                && exchange(in, out);
    }

    private static boolean exchange(PortSettings in, @Nullable PortSettings out) {
        if (out != null && in.side() != PortSettings.Side.HERE && out.side() != PortSettings.Side.HERE) {
            return false;
        }
        return out != null && (in.group() == 0 || in.group() != out.group());
    }

    static boolean isGroup(long address) {
        return (address >> 40 & 1) == 1;
    }

    static long address(byte[] frame, int at) {
        long address = 0;
        for (int i = 0; i < 6; i++) {
            address = address << 8 | (frame[at + i] & 0xFF);
        }
        return address;
    }
}
