package io.millrace.vtep.control;

import io.millrace.vtep.network.IpAddress;
import io.millrace.vtep.network.MacAddress;
import io.millrace.vtep.network.Network;
import io.millrace.vtep.network.RemoteEndpoint;
import io.millrace.vtep.vxlan.Tunnel;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;

/**
 * Makes true what control planes tell: peers of tunnels, and stations that are known to be behind them. The worker's
 * thread, between two turns; others come by {@link #on}.
 */
public final class Membership implements Members {
    private final IpAddress self;
    private final Map<String, Overlay> overlays = new HashMap<>();

    /** @param self this host's underlay address */
    public Membership(IpAddress self) {
        this.self = self;
    }

    /** Adds an overlay, plugged in; before anybody tells anything. */
    public void add(Tunnel tunnel) {
        overlays.put(tunnel.network(), new Overlay(tunnel, self));
    }

    /** The same for other threads: what is wrong is found in theirs, the rest is done by {@code worker}. */
    public Members on(Executor worker) {
        return changes -> {
            check(changes);
            worker.execute(() -> apply(changes));
        };
    }

    @Override
    public void changed(List<Change> changes) {
        check(changes);
        apply(changes);
    }

    /** Reads only what does not change after wiring: any thread. */
    private void check(List<Change> changes) {
        for (var change : changes) {
            var overlay = overlays.get(change.network());
            if (overlay == null) {
                throw new IllegalArgumentException("'" + change.network() + "' is no overlay of this host");
            }
            switch (change) {
                case Change.PeerCame came -> checkHost(came.address(), overlay.tunnel.settings());
                case Change.EndpointCame came -> checkHost(came.endpoint().vtep(), overlay.tunnel.settings());
                case Change.PeerWent _, Change.EndpointWent _ -> {}
            }
        }
    }

    private void checkHost(IpAddress address, Network.Vtep settings) {
        if (address.v6() != self.v6()) {
            throw new IllegalArgumentException(address + " is of another family than " + self + " of this host");
        }
        if (!address.isHost() && !address.equals(settings.group())) {
            throw new IllegalArgumentException(address + " is neither a host nor the overlay's group");
        }
    }

    /** Hosts that may be new are counted as if none went: the switch must be able to number all that ever stand at once. */
    private void checkRoom(List<Change> changes) {
        var hosts = new HashMap<Overlay, Set<IpAddress>>();
        for (var change : changes) {
            var host = switch (change) {
                case Change.PeerCame came -> came.address();
                case Change.EndpointCame came -> came.endpoint().vtep();
                case Change.PeerWent _, Change.EndpointWent _ -> null;
            };
            var overlay = overlays.get(change.network());
            if (host != null && overlay != null && !overlay.has(host)) {
                var fresh = hosts.computeIfAbsent(overlay, o -> new HashSet<>());
                fresh.add(host);
                if (fresh.size() + overlay.hosts() > Network.Vtep.MOST_HOSTS) {
                    throw new IllegalStateException(
                            "overlay '" + change.network() + "' has more than " + Network.Vtep.MOST_HOSTS + " hosts");
                }
            }
        }
    }

    private void apply(List<Change> changes) {
        checkRoom(changes);
        for (var change : changes) {
            var overlay = overlays.get(change.network());
            if (overlay != null) {
                overlay.apply(change);
            }
        }
    }

    /** What was told of one overlay. A host takes part while it is named, or an endpoint is on it. */
    private static final class Overlay {
        private final Tunnel tunnel;
        private final IpAddress self;
        private final Set<IpAddress> named = new HashSet<>();
        private final Map<MacAddress, RemoteEndpoint> endpoints = new HashMap<>();

        /** For each host how many reasons there are to keep it: its name, and each endpoint on it. */
        private final Map<IpAddress, Integer> reasons = new HashMap<>();

        Overlay(Tunnel tunnel, IpAddress self) {
            this.tunnel = tunnel;
            this.self = self;
        }

        boolean has(IpAddress host) {
            return reasons.containsKey(host);
        }

        int hosts() {
            return reasons.size();
        }

        void apply(Change change) {
            switch (change) {
                case Change.PeerCame came -> {
                    if (!came.address().equals(self) && named.add(came.address())) {
                        reasons.merge(came.address(), 1, Integer::sum);
                        tunnel.name(came.address().mapped());
                    }
                }
                case Change.PeerWent went -> {
                    if (named.remove(went.address())) {
                        leave(went.address());
                    }
                }
                case Change.EndpointCame came -> enter(came.endpoint());
                case Change.EndpointWent went -> forget(went.mac());
            }
        }

        private void enter(RemoteEndpoint endpoint) {
            if (endpoint.equals(endpoints.get(endpoint.mac()))) {
                return;
            }
            if (endpoint.vtep().equals(self)) {
                forget(endpoint.mac());
                return;
            }
            reasons.merge(endpoint.vtep(), 1, Integer::sum); // first, so that its host does not go and come
            forget(endpoint.mac());
            endpoints.put(endpoint.mac(), endpoint);
            tunnel.enter(endpoint);
        }

        private void forget(MacAddress mac) {
            var known = endpoints.remove(mac);
            if (known != null) {
                tunnel.forget(known);
                leave(known.vtep());
            }
        }

        private void leave(IpAddress host) {
            reasons.computeIfPresent(host, (h, n) -> n == 1 ? null : n - 1);
            if (!has(host)) {
                tunnel.remove(host.mapped());
            }
        }
    }
}
