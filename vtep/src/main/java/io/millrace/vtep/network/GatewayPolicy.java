package io.millrace.vtep.network;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What a network's gateway lets pass, and under whose address: Docker's options of the bridge driver.
 *
 * @param icc whether the network's services reach one another; {@code com.docker.network.bridge.enable_icc}
 * @param masquerade whether who leaves the network is hidden behind the uplink's address, in mode {@code nat};
 *     {@code com.docker.network.bridge.enable_ip_masquerade}
 * @param hostBinding where a port is published that names no address; null: at every address of the uplink;
 *     {@code com.docker.network.bridge.host_binding_ipv4}
 * @param ipv4 how IPv4 crosses the gateway; {@code com.docker.network.bridge.gateway_mode_ipv4}
 * @param ipv6 the same of IPv6
 * @param hostIpv4 the address to hide behind instead of the uplink's; null: the uplink's; {@code com.docker.network.host_ipv4}
 * @param hostIpv6 the same of IPv6
 */
public record GatewayPolicy(
        boolean icc,
        boolean masquerade,
        @Nullable IpAddress hostBinding,
        Mode ipv4,
        Mode ipv6,
        @Nullable IpAddress hostIpv4,
        @Nullable IpAddress hostIpv6) {
    /** As Docker has it when nothing is said. */
    public static final GatewayPolicy DEFAULT = new GatewayPolicy(true, true, null, Mode.NAT, Mode.NAT, null, null);

    /** How packets of one family cross the gateway. */
    public enum Mode {
        /** Hidden on the way out; on the way in published ports only. */
        NAT,
        /** The same, but who routes to a service's own address gets there. */
        NAT_UNPROTECTED,
        /** Nothing is translated; published ports are reached at the service's own address. */
        ROUTED,
        /** The gateway has no address there: nothing leaves. For internal networks only. */
        ISOLATED;

        public static Mode parse(String word) {
            for (Mode mode : values()) {
                if (mode.toString().equals(word)) {
                    return mode;
                }
            }
            throw new IllegalArgumentException("unknown gateway mode " + Words.quote(word)
                    + "; the modes are nat, nat-unprotected, routed and isolated");
        }

        /** Whether addresses are translated. */
        public boolean translates() {
            return this == NAT || this == NAT_UNPROTECTED;
        }

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    public GatewayPolicy {
        family("com.docker.network.bridge.host_binding_ipv4", hostBinding, false);
        family("com.docker.network.host_ipv4", hostIpv4, false);
        family("com.docker.network.host_ipv6", hostIpv6, true);
    }

    private static void family(String option, @Nullable IpAddress address, boolean v6) {
        if (address != null && address.v6() != v6) {
            throw new IllegalArgumentException(
                    option + ": " + address + " is not an " + (v6 ? "IPv6" : "IPv4") + " address");
        }
    }

    /** The mode of one family. */
    public Mode mode(boolean v6) {
        return v6 ? ipv6 : ipv4;
    }

    /** The address that one family hides behind; null: the uplink's. */
    public @Nullable IpAddress hiddenBehind(boolean v6) {
        return v6 ? hostIpv6 : hostIpv4;
    }

    /** Checks against what else the network says. */
    void check(boolean internal) {
        if (!internal && (ipv4 == Mode.ISOLATED || ipv6 == Mode.ISOLATED)) {
            throw new IllegalArgumentException("gateway mode 'isolated' can only be used for an internal network");
        }
    }
}
