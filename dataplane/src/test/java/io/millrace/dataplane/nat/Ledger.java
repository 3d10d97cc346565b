package io.millrace.dataplane.nat;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.codec.IpProtocol;
import io.millrace.codec.Ipv6Address;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Counts, by walking all records, what the tables of a {@link Nat} keep counts and indexes of, and compares. */
final class Ledger {
    private final Nat nat;
    private final List<Ipv6Address> outside;
    private final Tuple tuple = new Tuple();

    /** @param outside the addresses that hosts are hidden behind */
    Ledger(Nat nat, List<Ipv6Address> outside) {
        this.nat = nat;
        this.outside = outside;
    }

    /** @param published what reserves ports */
    void balances(List<Service> published) {
        sessions();
        unanswered();
        mappings();
        for (var address : outside) {
            ports(address, IpProtocol.TCP, published);
            ports(address, IpProtocol.UDP, published);
            ports(address, address.isIpv4() ? IpProtocol.ICMP : IpProtocol.ICMPV6, published);
        }
    }

    /** Each session is found by both of its tuples, and the next hops know how many lead to them. */
    private void sessions() {
        var sessions = nat.sessions();
        int[] leading = new int[Hops.MOST + 1];
        int count = 0;
        for (int record = 0; record < sessions.fresh(); record++) {
            if (sessions.isFree(record)) {
                continue;
            }
            count++;
            for (int direction = 0; direction < 2; direction++) {
                int token = record << 1 | direction;
                var place = sessions.read(token, tuple).toString();
                assertThat(isIndexed(token))
                        .as("session %s is found by %s", record, place)
                        .isTrue();
                int hop = sessions.memory().getShort(Sessions.at(record) + Sessions.HOPS + 2 * direction) & 0xFFFF;
                leading[hop]++;
            }
            assertThat(sessions.isWhole(record))
                    .as("the seal of session %s", record)
                    .isTrue();
            int service = sessions.memory().getInt(Sessions.at(record) + Sessions.SERVICE);
            assertThat(service == 0 || nat.services().byId(service) != null)
                    .as("session %s has a service", record)
                    .isTrue();
        }
        assertThat(sessions.size()).as("sessions").isEqualTo(count);
        for (int number = 1; number <= nat.hops().used(); number++) {
            var hop = nat.hops().at(number);
            assertThat(hop == null ? 0 : hop.sessions)
                    .as("sessions by next hop %s", number)
                    .isEqualTo(leading[number]);
        }
    }

    private boolean isIndexed(int token) {
        var index = nat.sessions().index();
        int tag = Index.tag(nat.sessions().hash(tuple));
        int place = index.seek(tag, index.home(tag));
        while (place != Index.NONE && index.value(place) != token) {
            place = index.seek(tag, index.after(place));
        }
        return place != Index.NONE;
    }

    /** The queue of those that were never answered is one list of just those. */
    private void unanswered() {
        var sessions = nat.sessions();
        var memory = sessions.memory();
        var waiting = new HashSet<Integer>();
        var first = new ArrayList<Integer>();
        for (int record = 0; record < sessions.fresh(); record++) {
            if (!sessions.isFree(record) && !sessions.isAnswered(record)) {
                waiting.add(record);
                if (memory.getInt(Sessions.at(record) + Sessions.PREVIOUS) == Sessions.NONE) {
                    first.add(record);
                }
            }
        }
        assertThat(first).as("heads of the queue").hasSize(waiting.isEmpty() ? 0 : 1);
        var queued = new HashSet<Integer>();
        int before = Sessions.NONE;
        for (int at = first.isEmpty() ? Sessions.NONE : first.getFirst(); at != Sessions.NONE; ) {
            assertThat(queued.add(at)).as("session %s is queued once", at).isTrue();
            assertThat(memory.getInt(Sessions.at(at) + Sessions.PREVIOUS)).isEqualTo(before);
            before = at;
            at = memory.getInt(Sessions.at(at) + Sessions.NEXT);
        }
        assertThat(queued).as("the queue").isEqualTo(waiting);
    }

    /** Each mapping has as many sessions as say so, and is found by its outside. */
    private void mappings() {
        var mappings = nat.mappings();
        var sessions = nat.sessions();
        int[] sharing = new int[mappings.fresh()];
        for (int record = 0; record < sessions.fresh(); record++) {
            int mapping = sessions.memory().getInt(Sessions.at(record) + Sessions.MAPPING) - 1;
            if (!sessions.isFree(record) && mapping >= 0) {
                assertThat(mappings.has(mapping))
                        .as("session %s has a mapping", record)
                        .isTrue();
                sharing[mapping]++;
            }
        }
        int count = 0;
        for (int record = 0; record < mappings.fresh(); record++) {
            if (mappings.isFree(record)) {
                continue;
            }
            count++;
            assertThat(mappings.sessions(record))
                    .as("sessions of mapping %s", record)
                    .isEqualTo(sharing[record]);
            assertThat(mappings.find(
                            mappings.outsideHigh(record),
                            mappings.outsideLow(record),
                            mappings.outsidePort(record),
                            mappings.protocol(record)))
                    .as("mapping %s is found by its outside", record)
                    .isEqualTo(record);
        }
        assertThat(mappings.size()).as("mappings").isEqualTo(count);
    }

    /** A port is taken when a mapping has it or a service does, and only then. */
    private void ports(Ipv6Address address, int protocol, List<Service> published) {
        var mappings = nat.mappings();
        Set<Integer> taken = new HashSet<>(Set.of(0));
        for (int record = 0; record < mappings.fresh(); record++) {
            if (!mappings.isFree(record)
                    && mappings.protocol(record) == protocol
                    && mappings.outsideHigh(record) == address.high()
                    && mappings.outsideLow(record) == address.low()) {
                assertThat(taken.add(mappings.outsidePort(record)))
                        .as("port %s is one mapping's", mappings.outsidePort(record))
                        .isTrue();
            }
        }
        for (var service : published) {
            var front = service.front();
            boolean here = front.isAny()
                    ? address.isIpv4() == (front.low() == Front.ANY_IPV4)
                    : front.high() == address.high() && front.low() == address.low();
            for (int port = front.first(); here && front.protocol() == protocol && port <= front.last(); port++) {
                taken.add(port);
            }
        }
        var pool = mappings.ports(address.high(), address.low(), protocol);
        var really = new HashSet<Integer>();
        for (int port = 0; port < 65_536; port++) {
            if (pool.isTaken(port)) {
                really.add(port);
            }
        }
        assertThat(really)
                .as("taken ports of %s, protocol %s", address, protocol)
                .isEqualTo(taken);
    }
}
