package io.millrace.vtep.vxlan;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.codec.Ipv6Address;
import io.millrace.vtep.network.Network.Vtep;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** What is told of stations is found as in a map, whatever comes and goes. */
class EndpointsTest {
    @Test
    void whoeverClaimedAnAddressLastHasItUntilItIsForgotten() {
        for (long seed = 1; seed <= 50; seed++) {
            try (var host = new TwoPeers(Vtep.DEFAULT)) {
                var peer = host.tunnel().peers().iterator().next();
                compare(new SplittableRandom(seed), peer, seed);
            }
        }
    }

    private static void compare(SplittableRandom random, Peer peer, long seed) {
        var endpoints = new Endpoints();
        Map<Ipv6Address, Long> owners = new HashMap<>();
        for (int step = 0; step < 500; step++) {
            long mac = 1 + random.nextInt(100);
            owners.values().removeIf(owner -> owner == mac);
            if (random.nextInt(3) == 0) {
                endpoints.forget(mac);
            } else {
                var addresses = addresses(random);
                endpoints.enter(new Endpoints.Station(mac, addresses, peer));
                addresses.forEach(address -> owners.put(address, mac));
            }
            assertThat(endpoints.addresses()).as("seed %d", seed).isEqualTo(owners.size());
            var asked = address(random);
            var found = endpoints.find(asked.high(), asked.low());
            assertThat(found == null ? null : found.mac()).as("seed %d", seed).isEqualTo(owners.get(asked));
        }
        owners.forEach((address, mac) -> assertThat(endpoints.find(address.high(), address.low()))
                .isNotNull()
                .extracting(Endpoints.Station::mac)
                .isEqualTo(mac));
    }

    private static List<Ipv6Address> addresses(SplittableRandom random) {
        var addresses = new ArrayList<Ipv6Address>();
        for (int n = random.nextInt(4); n > 0; n--) {
            addresses.add(address(random));
        }
        return addresses;
    }

    private static Ipv6Address address(SplittableRandom random) {
        return random.nextBoolean()
                ? new Ipv6Address(0, 0xFFFF_0A01_0000L | random.nextInt(150))
                : new Ipv6Address(0xFD00L << 48 | random.nextInt(3), random.nextInt(50));
    }
}
