package io.millrace.tools.replay;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A learning switch in plain collections: each station on its own port, ports named after their stations. */
final class ModelSwitch {
    private static final long TICK = 100_000_000;
    private static final int AGEING = 3000;

    /** By port, the numbers of the frames that left by it. */
    final Map<String, List<Integer>> left = new TreeMap<>();

    final List<Integer> dropped = new ArrayList<>();
    private final Map<String, Long> heard = new HashMap<>();
    private long first = Golden.NO_TIME;
    private long latest = Golden.NO_TIME;

    void frame(Golden frame) {
        if (!frame.ethernet()) {
            return;
        }
        first = first == Golden.NO_TIME ? frame.time() : first;
        latest = Math.max(latest, frame.time());
        long tick = first == Golden.NO_TIME ? 0 : (latest - first) / TICK;
        String from = isStation(frame.source()) ? frame.source() : "others";
        left.computeIfAbsent(from, port -> new ArrayList<>());
        var to = new ArrayList<String>();
        if (!frame.source().isEmpty() && !isGroup(frame.source())) {
            if (isStation(frame.source())) {
                heard.put(from, tick);
            }
            Long known = heard.get(frame.destination());
            if (known != null && tick - known <= AGEING) {
                to.add(frame.destination());
            } else if (!frame.destination().startsWith("01:80:c2:00:00:0")) {
                to.addAll(left.keySet());
            }
        }
        to.remove(from);
        to.forEach(port -> left.getOrDefault(port, dropped).add(frame.number()));
        if (to.isEmpty()) {
            dropped.add(frame.number());
        }
    }

    private static boolean isStation(String mac) {
        return !mac.isEmpty() && !isGroup(mac) && !mac.equals("00:00:00:00:00:00");
    }

    private static boolean isGroup(String mac) {
        return (Character.digit(mac.charAt(1), 16) & 1) != 0;
    }
}
