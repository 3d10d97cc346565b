package io.millrace.vtep.publish;

import io.millrace.vtep.network.PortRange;
import io.millrace.vtep.network.PublishedPort.Protocol;
import io.millrace.vtep.network.Service;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Published ports as {@code docker ps} and {@code docker port} print them, of Docker 28. */
public final class PortListing {
    /**
     * One port.
     *
     * @param host {@code 0.0.0.0}, {@code [::]}; null: exposed only
     * @param outside 0: not translated
     */
    private record Line(@Nullable String host, boolean v6, int outside, int inside, Protocol protocol) {
        boolean isNext(Line other) {
            return Objects.equals(host, other.host)
                    && protocol == other.protocol
                    && other.inside == inside + 1
                    && (outside == 0 ? other.outside == 0 : other.outside == outside + 1);
        }

        boolean isSame() {
            return host == null || outside == inside;
        }
    }

    /** As the command line sorts what it shows. */
    private static final Comparator<Line> ORDER = Comparator.comparingInt(Line::inside)
            .thenComparing(line -> line.host == null ? "" : line.v6 ? line.host.substring(1) : line.host)
            .thenComparingInt(Line::outside)
            .thenComparing(line -> line.protocol.toString());

    private PortListing() {}

    /**
     * The column PORTS of {@code docker ps}: {@code 0.0.0.0:8080->80/tcp, 443/tcp}. Docker collapses ranges where the port of
     * the host is that of the service; here any range is where only one family is published.
     */
    public static String ps(Service service, List<Publication> published) {
        var lines = new ArrayList<>(lines(published));
        for (var protocol : List.of(Protocol.TCP, Protocol.UDP)) {
            Exposed.ports(service, protocol).stream()
                    .filter(port -> published.stream().noneMatch(p -> covers(p, port, protocol)))
                    .forEach(port -> lines.add(new Line(null, false, 0, port, protocol)));
        }
        lines.sort(ORDER);
        boolean oneFamily = published.stream()
                        .map(publication -> publication.hostAddress().v6())
                        .distinct()
                        .count()
                < 2;
        return oneFamily ? collapsed(lines) : docker(lines);
    }

    private static boolean covers(Publication publication, int port, Protocol protocol) {
        var inside = publication.containerPorts();
        return publication.protocol() == protocol && inside.first() <= port && port <= inside.last();
    }

    private static List<Line> lines(List<Publication> published) {
        var lines = new ArrayList<Line>();
        for (var publication : published) {
            boolean v6 = publication.hostAddress().v6();
            for (int i = 0; i < publication.containerPorts().size(); i++) {
                int inside = publication.containerPorts().first() + i;
                lines.add(
                        new Line(publication.hostText(), v6, publication.hostPort(i), inside, publication.protocol()));
            }
        }
        return lines;
    }

    /** First what is the same outside and inside, as ranges in the order in which they began, then the rest one by one. */
    private static String docker(List<Line> lines) {
        var done = new ArrayList<String>();
        var others = new ArrayList<String>();
        var open = new LinkedHashMap<String, List<Line>>();
        for (var line : lines) {
            if (!line.isSame()) {
                others.add(run(List.of(line)));
                continue;
            }
            var run = open.computeIfAbsent(line.host + "/" + line.protocol, key -> new ArrayList<>());
            if (!run.isEmpty() && !run.getLast().isNext(line)) {
                done.add(run(run));
                run.clear();
            }
            run.add(line);
        }
        open.values().forEach(run -> done.add(run(run)));
        done.addAll(others);
        return String.join(", ", done);
    }

    private static String collapsed(List<Line> lines) {
        var runs = new ArrayList<List<Line>>();
        var open = new LinkedHashMap<String, List<Line>>();
        for (var line : lines) {
            var key = line.host + "/" + line.protocol;
            var run = open.get(key);
            if (run == null || !run.getLast().isNext(line)) {
                run = new ArrayList<>();
                open.put(key, run);
                runs.add(run);
            }
            run.add(line);
        }
        return String.join(", ", runs.stream().map(PortListing::run).toList());
    }

    private static String run(List<Line> run) {
        var first = run.getFirst();
        var last = run.getLast();
        var inside = new PortRange(first.inside, last.inside);
        if (first.host == null) {
            return inside + "/" + first.protocol;
        }
        var outside = first.outside == 0 ? "0" : new PortRange(first.outside, last.outside).toString();
        return first.host + ":" + outside + "->" + inside + "/" + first.protocol;
    }

    /** The lines of {@code docker port}: {@code 80/tcp -> 0.0.0.0:8080}. */
    public static List<String> port(List<Publication> published) {
        return lines(published).stream()
                .sorted(Comparator.comparingInt(Line::inside)
                        .thenComparing(Line::protocol)
                        .thenComparing(Line::v6))
                .map(line -> line.inside + "/" + line.protocol + " -> " + line.host + ":" + line.outside)
                .toList();
    }
}
