package io.millrace.vtep.network;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One subnet of a network and who may have which of its addresses.
 *
 * @param range addresses given out; null: all of the subnet
 * @param gateway null: the lowest free one
 * @param auxiliary addresses in use by others, by name; never given out
 */
public record IpamConfig(
        Subnet subnet, @Nullable Subnet range, @Nullable IpAddress gateway, Map<String, IpAddress> auxiliary) {
    public IpamConfig {
        auxiliary = Words.inOrder(auxiliary);
        if (range != null && range.first().v6() != subnet.first().v6()) {
            throw new IllegalArgumentException("invalid ip-range " + range + ": parent subnet is an "
                    + (subnet.first().v6() ? "IPv6" : "IPv4") + " block");
        }
        if (range != null && range.prefix() < subnet.prefix()) {
            throw new IllegalArgumentException(
                    "invalid ip-range " + range + ": CIDR block is bigger than its parent subnet " + subnet);
        }
        if (range != null && !subnet.contains(range)) {
            throw new IllegalArgumentException(
                    "invalid ip-range " + range + ": parent subnet " + subnet + " doesn't contain ip-range");
        }
        if (gateway != null && !subnet.contains(gateway)) {
            throw new IllegalArgumentException(
                    "invalid gateway " + gateway + ": parent subnet " + subnet + " doesn't contain this address");
        }
        auxiliary.forEach((label, address) -> {
            if (!subnet.contains(address)) {
                throw new IllegalArgumentException("invalid auxiliary address " + label + ": parent subnet " + subnet
                        + " doesn't contain " + address);
            }
        });
    }
}
