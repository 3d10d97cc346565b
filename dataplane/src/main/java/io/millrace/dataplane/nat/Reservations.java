package io.millrace.dataplane.nat;

import io.millrace.codec.Ipv6Address;

/**
 * Keeps published ports from hidden hosts at the addresses that these are hidden behind, the uplink's. Between two turns.
 */
final class Reservations {
    private final Nat nat;

    Reservations(Nat nat) {
        this.nat = nat;
    }

    /** What is published at a front has changed. A port may be published at the very address and at all addresses, too. */
    void renew(Front front) {
        for (var gateway : nat.gateways) {
            for (var own : gateway.settings().addresses()) {
                if (gateway.settings().isUplink() && isAt(front, own.address())) {
                    renew(front, own.address());
                }
            }
        }
    }

    private static boolean isAt(Front front, Ipv6Address own) {
        return front.isAny()
                ? own.isIpv4() == (front.low() == Front.ANY_IPV4)
                : own.low() == front.low() && own.high() == front.high();
    }

    private void renew(Front front, Ipv6Address at) {
        var ports = nat.mappings().ports(at.high(), at.low(), front.protocol());
        for (int port = front.first(); port <= front.last(); port++) {
            ports.reserve(port, isPublished(at, front.protocol(), port));
        }
    }

    private boolean isPublished(Ipv6Address at, int protocol, int port) {
        return nat.services().find(at.high(), at.low(), protocol, port) != null
                || nat.services().findOnHost(!at.isIpv4(), protocol, port) != null;
    }
}
