package io.millrace.tools.up;

import io.millrace.codec.IpProtocol;
import io.millrace.codec.Ipv6Address;
import io.millrace.dataplane.nat.SessionState;
import io.millrace.dataplane.nat.Wanted;
import io.millrace.tools.words.Failure;
import io.millrace.vtep.network.IpAddress;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Which connections are shown, and how many: the words of the command line, and the same in a request. */
final class NatQuery {
    static final int SHOWN = 50;
    static final int MOST_SHOWN = 10_000;

    private static final int MOST_PORT = 65_535;

    private final Map<String, String> words = new LinkedHashMap<>();
    private final String dashes;

    /** @param dashes what stands before the names of the words where a user is told about them */
    NatQuery(String dashes) {
        this.dashes = dashes;
    }

    /** Of a request's parameters. */
    static NatQuery of(Map<String, String> parameters) {
        var query = new NatQuery("");
        for (var name : new String[] {"sessions", "address", "port", "protocol", "state"}) {
            query.say(name, parameters.get(name));
        }
        return query;
    }

    /** One word; null: nothing is said. */
    NatQuery say(String name, @Nullable String value) {
        if (value != null) {
            words.put(name, value);
        }
        return this;
    }

    boolean isEmpty() {
        return words.isEmpty();
    }

    /** As it stands behind a path. */
    String text() {
        return words.isEmpty()
                ? ""
                : words.entrySet().stream()
                        .map(word -> word.getKey() + "=" + URLEncoder.encode(word.getValue(), StandardCharsets.UTF_8))
                        .collect(Collectors.joining("&", "?", ""));
    }

    /** How many are shown at most. */
    int most() {
        var most = number("sessions", MOST_SHOWN);
        return most == null ? SHOWN : most;
    }

    /** Which ones. */
    Wanted wanted() {
        return new Wanted(address(), number("port", MOST_PORT), protocol(), state());
    }

    private @Nullable Ipv6Address address() {
        var word = words.get("address");
        try {
            return word == null ? null : IpAddress.parse(word).mapped();
        } catch (IllegalArgumentException e) {
            throw refused("address", "an IP address", word);
        }
    }

    private @Nullable Integer number(String name, int most) {
        var word = words.get(name);
        try {
            int number = word == null ? 0 : Integer.parseInt(word);
            if (number >= 0 && number <= most) {
                return word == null ? null : number;
            }
        } catch (NumberFormatException e) {
            // as for one that is too large
        }
        throw refused(name, "a number from 0 to " + most, word);
    }

    private @Nullable Integer protocol() {
        var word = words.get("protocol");
        return switch (word) {
            case null -> null;
            case "tcp" -> IpProtocol.TCP;
            case "udp" -> IpProtocol.UDP;
            case "icmp" -> IpProtocol.ICMP;
            default -> throw refused("protocol", "tcp, udp or icmp", word);
        };
    }

    private @Nullable SessionState state() {
        var word = words.get("state");
        if (word == null) {
            return null;
        }
        var plain = word.toLowerCase(Locale.ROOT).replace('_', '-');
        for (var state : SessionState.values()) {
            if (state.toString().equals(plain)) {
                return state;
            }
        }
        var all = Arrays.stream(SessionState.values()).map(SessionState::toString);
        throw refused("state", "one of " + all.collect(Collectors.joining(", ")), word);
    }

    private Failure refused(String name, String what, @Nullable String word) {
        return Failure.usage(dashes + name + " is " + what + ", not '" + Objects.requireNonNull(word) + "'");
    }
}
