package io.millrace.tools;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/** Compares our reading of a frame with the golden one: every key that the golden one has must be there and equal. */
final class Readings {
    private static final Map<String, List<String>> KEYS = Map.ofEntries(
            Map.entry("eth", List.of("dst", "src", "type", "len")),
            Map.entry("sll", List.of("type")),
            Map.entry("vlan", List.of("id", "pcp", "dei", "type")),
            Map.entry("ieee8021ad", List.of("id", "pcp", "dei")),
            Map.entry("arp", List.of("op", "sha", "spa", "tha", "tpa")),
            Map.entry(
                    "ip",
                    List.of(
                            "ver", "hl", "tos", "len", "id", "df", "mf", "off", "ttl", "proto", "ck", "ckst", "src",
                            "dst")),
            Map.entry("ipv6", List.of("tc", "flow", "plen", "nxt", "hlim", "src", "dst")),
            Map.entry("ipv6.fraghdr", List.of("nxt", "off", "mf", "id")),
            Map.entry("ipv6.hopopts", List.of("nxt")),
            Map.entry("ipv6.dstopts", List.of("nxt")),
            Map.entry("ipv6.routing", List.of("nxt", "type", "left")),
            Map.entry("tcp", List.of("sp", "dp", "seq", "ack", "hl", "flags", "win", "ck", "ckst", "urg")),
            Map.entry("udp", List.of("sp", "dp", "len", "ck", "ckst")),
            Map.entry("icmp", List.of("type", "code", "ck", "ckst", "id", "seq", "mtu")),
            Map.entry("icmpv6", List.of("type", "code", "ck", "ckst", "mtu")),
            Map.entry("vxlan", List.of("vni")),
            Map.entry("dns", List.of("id", "flags", "qd", "an", "ns", "ar", "qname", "qtype")));

    private static final Set<String> NOT_VERIFIED_ALLOWS = Set.of("0", "1", "2");

    private Readings() {}

    /** What differs, in words, or an empty text; with a fault in the frame its last golden layer is free. */
    static String difference(Map<?, ?> golden, Map<?, ?> ours) {
        for (String key : List.of("n", "t", "len", "cap")) {
            if (golden.containsKey(key) && !same(golden.get(key), ours.get(key))) {
                return key + ": golden " + golden.get(key) + ", ours " + ours.get(key);
            }
        }
        return layers(list(golden.get("layers")), list(ours.get("layers")), golden.get("exc") != null, "");
    }

    private static String layers(List<Map<?, ?>> golden, List<Map<?, ?>> ours, boolean fault, String path) {
        for (int i = 0; i < golden.size(); i++) {
            Map<?, ?> theirs = golden.get(i);
            String name = path + theirs.get("p");
            boolean free = fault && i == golden.size() - 1 && !theirs.containsKey("quoted");
            if (free) {
                return "";
            }
            if (i >= ours.size() || !theirs.get("p").equals(ours.get(i).get("p"))) {
                return "layer " + (i + 1) + ": golden " + name + ", ours "
                        + (i >= ours.size() ? "none" : ours.get(i).get("p"));
            }
            String difference = layer(theirs, ours.get(i), fault, name);
            if (!difference.isEmpty()) {
                return difference;
            }
        }
        boolean more = !fault && ours.size() > golden.size();
        return more
                ? "ours has more behind " + path + ": "
                        + ours.get(golden.size()).get("p")
                : "";
    }

    private static String layer(Map<?, ?> golden, Map<?, ?> ours, boolean fault, String name) {
        for (String key : KEYS.getOrDefault(name.substring(name.lastIndexOf('>') + 1), List.of())) {
            boolean free = key.equals("ckst")
                    && same(golden.get(key), 2)
                    && NOT_VERIFIED_ALLOWS.contains(String.valueOf(ours.get(key)));
            if (golden.containsKey(key) && !free && !same(golden.get(key), ours.get(key))) {
                return name + "." + key + ": golden " + golden.get(key) + ", ours " + ours.get(key);
            }
        }
        return layers(list(golden.get("quoted")), list(ours.get("quoted")), fault, name + ">");
    }

    private static boolean same(Object golden, Object ours) {
        return Objects.equals(String.valueOf(golden), String.valueOf(ours));
    }

    private static List<Map<?, ?>> list(Object layers) {
        return layers instanceof List<?> list
                ? list.stream()
                        .<Map<?, ?>>map(layer -> (Map<?, ?>) layer)
                        .filter(layer -> KEYS.containsKey(String.valueOf(layer.get("p"))))
                        .toList()
                : List.of();
    }
}
