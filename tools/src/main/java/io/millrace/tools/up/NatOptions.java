package io.millrace.tools.up;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What {@code show nat} is asked for. */
final class NatOptions {
    @Option(
            names = "--sessions",
            paramLabel = "N",
            description = "nat: the N newest connections, and N mappings (default: " + NatQuery.SHOWN + ")")
    private @Nullable String sessions;

    @Option(
            names = "--address",
            paramLabel = "IP",
            description = "nat: connections and mappings of this address, before or after translation")
    private @Nullable String address;

    @Option(names = "--port", paramLabel = "N", description = "nat: those of this port, or of a ping's identifier")
    private @Nullable String port;

    @Option(names = "--protocol", paramLabel = "tcp|udp|icmp", description = "nat: those of this protocol")
    private @Nullable String protocol;

    @Option(
            names = "--state",
            paramLabel = "NAME",
            description = "nat: connections in this state, such as established, syn-sent, unreplied")
    private @Nullable String state;

    NatQuery query() {
        return new NatQuery("--")
                .say("sessions", sessions)
                .say("address", address)
                .say("port", port)
                .say("protocol", protocol)
                .say("state", state);
    }
}
