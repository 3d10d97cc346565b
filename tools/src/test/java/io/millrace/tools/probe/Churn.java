package io.millrace.tools.probe;

import io.millrace.tools.api.ApiClient;
import io.millrace.tools.words.JsonReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Publishes and unpublishes at random, and remembers what was acknowledged: {@code tcp 20007} to 80. What was asked and not
 * answered may have been done or not.
 */
final class Churn {
    private static final int FIRST = 20_000;
    private static final int PORTS = 200;
    private static final int MOST = 40;
    private static final String SERVICE = "server";

    private final Path socket;
    private final SplittableRandom random;
    private final Set<String> kept;

    /** What there must be, as "protocol port", and the container's port. */
    private final Map<String, Long> model = new TreeMap<>();

    private String asked = "";
    private int acknowledged;
    private int lost;
    private int doubled;

    /** @param kept what is never unpublished; others may add to it between calls */
    Churn(Path socket, SplittableRandom random, Set<String> kept) {
        this.socket = socket;
        this.random = random;
        this.kept = kept;
    }

    int acknowledged() {
        return acknowledged;
    }

    /** How many ports that were acknowledged are not so. */
    int lost() {
        return lost;
    }

    /** How many ports were somebody's twice. */
    int doubled() {
        return doubled;
    }

    Map<String, Long> model() {
        return model;
    }

    /** Changes something; false: there was no answer. */
    boolean change() {
        boolean more = model.size() < MOST && random.nextBoolean();
        var unpublished = more ? null : someone();
        asked = unpublished == null ? "publish " + anyPort() : "unpublish " + unpublished;
        return ask();
    }

    /** Publishes one port for good; its number, or 0: there was no answer. */
    int publishForGood() {
        int port = FIRST + PORTS + kept.size();
        kept.add("tcp " + port);
        asked = "publish " + port + ":80";
        return ask() ? port : 0;
    }

    private String anyPort() {
        int port = FIRST + random.nextInt(PORTS);
        return switch (random.nextInt(4)) {
            case 0 -> "80"; // any free one
            case 1 -> port + "-" + (port + 4) + ":300-304/udp";
            default -> port + ":80";
        };
    }

    private @Nullable String someone() {
        var all = model.keySet().stream().filter(one -> !kept.contains(one)).toList();
        if (all.isEmpty()) {
            return null;
        }
        var words = all.get(random.nextInt(all.size())).split(" ");
        return words[1] + "/" + words[0];
    }

    private boolean ask() {
        var words = asked.split(" ");
        try {
            var answer = ApiClient.post(
                    socket, "/millrace/" + words[0] + "?service=" + SERVICE + "&port=" + words[1].replace(":", "%3A"));
            if (answer.isFine()) {
                acknowledged++;
                var changed = rules((Map<?, ?>) JsonReader.read(answer.body()));
                if (words[0].equals("publish")) {
                    changed.forEach(one -> model.put(one.getKey(), one.getValue()));
                } else {
                    changed.forEach(one -> model.remove(one.getKey()));
                }
            } else if (!answer.body().contains("already allocated")) {
                throw new AssertionError(asked + ": " + answer.body());
            }
            asked = "";
            return true;
        } catch (IOException e) {
            return false;
        } catch (IllegalArgumentException e) {
            return false; // half an answer
        }
    }

    /** After a start: whether all is as it was acknowledged. What was not answered counts as it is. */
    void compare() throws IOException {
        var there = rules((Map<?, ?>) JsonReader.read(
                ApiClient.get(socket, "/millrace/published?service=" + SERVICE).body()));
        var now = new LinkedHashMap<String, Long>();
        for (var one : there) {
            doubled += now.put(one.getKey(), one.getValue()) == null ? 0 : 1;
        }
        now.remove("udp 5353"); // the topology's
        now.remove("tcp 8080");
        var wrong = new TreeSet<String>();
        var either = new TreeSet<>(model.keySet());
        either.addAll(now.keySet());
        for (var one : either) {
            if (!Objects.equals(model.get(one), now.get(one)) && !isAsked(one)) {
                wrong.add(one);
            }
        }
        if (!wrong.isEmpty()) {
            System.out.println(
                    "wrong: " + wrong + "; asked: " + asked + "\n  should be " + model + "\n  is        " + now);
        }
        lost += wrong.size();
        model.clear();
        model.putAll(now);
        asked = "";
    }

    /** Whether a port may be otherwise because it was asked for and nobody answered. */
    private boolean isAsked(String one) {
        if (asked.isEmpty()) {
            return false;
        }
        var words = asked.split(" ");
        if (words[1].equals("80")) {
            return one.startsWith("tcp ") && !model.containsKey(one);
        }
        var host = words[1].split("[:/]")[0].split("-");
        int port = Integer.parseInt(one.split(" ")[1]);
        return one.startsWith(words[1].endsWith("udp") ? "udp " : "tcp ")
                && port >= Integer.parseInt(host[0])
                && port <= Integer.parseInt(host[host.length - 1]);
    }

    private static List<Map.Entry<String, Long>> rules(Map<?, ?> answer) {
        var all = new ArrayList<Map.Entry<String, Long>>();
        for (var rule : (List<?>) Objects.requireNonNull(answer.get("published"))) {
            var fields = (Map<?, ?>) Objects.requireNonNull(rule);
            for (long i = 0; i < (Long) Objects.requireNonNull(fields.get("count")); i++) {
                long host = (Long) Objects.requireNonNull(fields.get("host_port"));
                long port = (Long) Objects.requireNonNull(fields.get("port"));
                all.add(Map.entry(fields.get("protocol") + " " + (host + i), port + i));
            }
        }
        return all;
    }
}
