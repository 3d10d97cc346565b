package io.millrace.vtep.network;

import io.millrace.vtep.network.NatSettings.Filtering;
import io.millrace.vtep.network.NatSettings.Hairpin;
import io.millrace.vtep.network.NatSettings.Timeouts;
import org.jspecify.annotations.Nullable;

/** The settings of the translation, one by one: {@code NatSettings.with().maxSessions(4096).build()}. */
public final class NatBuilder {
    private Timeouts timeouts = Timeouts.RFC;
    private Filtering filtering = Filtering.ADDRESS_AND_PORT;
    private Hairpin hairpin = Hairpin.OUTSIDE;
    private int maxSessions = NatSettings.MAX_SESSIONS;
    private @Nullable String state;
    private @Nullable Integer portLimit;
    private @Nullable Integer sessionLimit;
    private boolean loose = true;
    private PortRange ports = NatSettings.PORTS;
    private boolean parity = true;
    private @Nullable PortRange ephemeral;

    NatBuilder() {}

    public NatBuilder timeouts(Timeouts value) {
        timeouts = value;
        return this;
    }

    public NatBuilder filtering(Filtering value) {
        filtering = value;
        return this;
    }

    public NatBuilder hairpin(Hairpin value) {
        hairpin = value;
        return this;
    }

    public NatBuilder maxSessions(int value) {
        maxSessions = value;
        return this;
    }

    public NatBuilder state(@Nullable String value) {
        state = value;
        return this;
    }

    public NatBuilder portLimit(@Nullable Integer value) {
        portLimit = value;
        return this;
    }

    public NatBuilder sessionLimit(@Nullable Integer value) {
        sessionLimit = value;
        return this;
    }

    public NatBuilder loose(boolean value) {
        loose = value;
        return this;
    }

    public NatBuilder ports(PortRange value) {
        ports = value;
        return this;
    }

    public NatBuilder parity(boolean value) {
        parity = value;
        return this;
    }

    /** The range that ports are given out from; null: the kernel's. */
    public NatBuilder ephemeral(@Nullable PortRange value) {
        ephemeral = value;
        return this;
    }

    /** The settings as they stand, checked. */
    public NatSettings build() {
        return new NatSettings(
                timeouts,
                filtering,
                hairpin,
                maxSessions,
                state,
                portLimit,
                sessionLimit,
                loose,
                ports,
                parity,
                ephemeral);
    }
}
