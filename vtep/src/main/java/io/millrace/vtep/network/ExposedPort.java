package io.millrace.vtep.network;

import io.millrace.vtep.network.PublishedPort.Protocol;

/** Ports that a service listens on and does not publish of itself: {@code expose: [ "80", "100-102/udp" ]}. */
public record ExposedPort(PortRange ports, Protocol protocol) {
    /** Reads {@code port[-end][/protocol]}. */
    public static ExposedPort parse(String text) {
        int slash = text.indexOf('/');
        var protocol = slash < 0 ? Protocol.TCP : Protocol.parse(text.substring(slash + 1));
        return new ExposedPort(PublishedPort.containerPorts(slash < 0 ? text : text.substring(0, slash)), protocol);
    }

    @Override
    public String toString() {
        return ports + "/" + protocol;
    }
}
