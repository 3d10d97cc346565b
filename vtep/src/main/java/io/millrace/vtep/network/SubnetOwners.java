package io.millrace.vtep.network;

import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Which network has which subnet; looks only at neighbours in address order, so thousands of networks cost little. */
final class SubnetOwners {
    private record Owner(String network, Subnet subnet) {}

    private final TreeMap<IpAddress, Owner> owners = new TreeMap<>();

    /**
     * Notes whose the subnet is.
     *
     * @throws Clash when another network's subnet overlaps
     */
    void claim(String network, Subnet subnet) {
        var below = owners.floorEntry(subnet.first());
        var above = owners.higherEntry(subnet.first());
        refuse(network, subnet, below == null ? null : below.getValue());
        refuse(network, subnet, above == null ? null : above.getValue());
        owners.put(subnet.first(), new Owner(network, subnet));
    }

    private static void refuse(String network, Subnet subnet, @Nullable Owner other) {
        if (other != null && other.subnet.overlaps(subnet)) {
            throw new Clash(
                    network,
                    "subnet " + subnet + " overlaps with " + other.subnet + " of network "
                            + Words.quote(other.network));
        }
    }
}
