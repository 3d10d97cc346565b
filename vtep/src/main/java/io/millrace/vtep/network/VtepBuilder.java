package io.millrace.vtep.network;

import io.millrace.vtep.network.Network.Vtep;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A tunnel's settings, one by one: {@code Vtep.with().port(8472).peers(peers).build()}. The rest is as by default. */
public final class VtepBuilder {
    private int port = Vtep.PORT;
    private List<IpAddress> peers = List.of();
    private @Nullable IpAddress group;
    private List<RemoteEndpoint> endpoints = List.of();
    private boolean learning = true;
    private boolean open;
    private Vtep.@Nullable Checksum checksum;
    private Vtep.ReservedBits reservedBits = Vtep.ReservedBits.IGNORE;
    private Vtep.InnerVlan innerVlan = Vtep.InnerVlan.DROP;
    private PortRange sourcePorts = Vtep.SOURCE_PORTS;
    private int ttl = Vtep.TTL;
    private @Nullable Integer dscp = Vtep.DSCP;

    VtepBuilder() {}

    public VtepBuilder port(int value) {
        port = value;
        return this;
    }

    public VtepBuilder peers(List<IpAddress> value) {
        peers = value;
        return this;
    }

    public VtepBuilder peers(String... addresses) {
        return peers(List.of(addresses).stream().map(IpAddress::parse).toList());
    }

    public VtepBuilder group(@Nullable IpAddress value) {
        group = value;
        return this;
    }

    public VtepBuilder endpoints(List<RemoteEndpoint> value) {
        endpoints = value;
        return this;
    }

    public VtepBuilder learning(boolean value) {
        learning = value;
        return this;
    }

    public VtepBuilder open(boolean value) {
        open = value;
        return this;
    }

    public VtepBuilder checksum(Vtep.@Nullable Checksum value) {
        checksum = value;
        return this;
    }

    public VtepBuilder reservedBits(Vtep.ReservedBits value) {
        reservedBits = value;
        return this;
    }

    public VtepBuilder innerVlan(Vtep.InnerVlan value) {
        innerVlan = value;
        return this;
    }

    public VtepBuilder sourcePorts(PortRange value) {
        sourcePorts = value;
        return this;
    }

    public VtepBuilder ttl(int value) {
        ttl = value;
        return this;
    }

    /** The outer packets' code point; null: the inner packet's. */
    public VtepBuilder dscp(@Nullable Integer value) {
        dscp = value;
        return this;
    }

    /** The settings as they stand, checked. */
    public Vtep build() {
        return new Vtep(
                port,
                peers,
                group,
                endpoints,
                learning,
                open,
                checksum,
                reservedBits,
                innerVlan,
                sourcePorts,
                ttl,
                dscp);
    }
}
