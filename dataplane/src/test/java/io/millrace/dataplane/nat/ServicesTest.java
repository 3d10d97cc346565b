package io.millrace.dataplane.nat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.codec.Ipv6Address;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What is found where: published ports, ranges, all the host's addresses. */
class ServicesTest {
    private static final int TCP = 6;
    private static final int UDP = 17;
    private static final long HOST = Ipv6Address.mapped(0xC000_0201);
    private static final long OTHER = Ipv6Address.mapped(0xC000_0202);
    private static final long DOCUMENTATION = 0x2001_0DB8_0000_0000L;

    private final Services services = new Services();

    @Test
    void aRangeOfPortsIsOneServiceAndEachOfItsPortsLeadsToTheOneOfTheSameNumberBehindIt() {
        var game = service("game", new Front(0, HOST, UDP, 27_000, 27_499, true), 7000);
        assertThat(services.publish(game)).isNull();

        assertThat(services.size()).isEqualTo(1);
        assertThat(services.find(0, HOST, UDP, 26_999)).isNull();
        assertThat(services.find(0, HOST, UDP, 27_000)).isSameAs(game);
        assertThat(services.find(0, HOST, UDP, 27_499)).isSameAs(game);
        assertThat(services.find(0, HOST, UDP, 27_500)).isNull();
        assertThat(services.find(0, HOST, TCP, 27_000)).as("another protocol").isNull();
        assertThat(services.find(0, OTHER, UDP, 27_000)).as("another address").isNull();
        assertThat(services.find(DOCUMENTATION, HOST, UDP, 27_000))
                .as("an IPv6 address that ends alike")
                .isNull();
        assertThat(game.target(game.backends().getFirst(), 27_123)).isEqualTo(7123);
        assertThat(game).hasToString("game at 192.0.2.1:27000-27499/udp");
    }

    @Test
    void aRangeThatLeadsToOnePortDoesSoFromAllItsPorts() {
        var web = service("web", new Front(0, HOST, TCP, 8000, 8010, false), 80);
        assertThat(web.target(web.backends().getFirst(), 8007)).isEqualTo(80);
    }

    @Test
    void whatIsPublishedAtAllTheHostsAddressesIsOfOneFamily() {
        var four = service("four", new Front(0, Front.ANY_IPV4, TCP, 80, 80, true), 80);
        var six = service("six", new Front(0, Front.ANY_IPV6, TCP, 80, 80, true), 80);
        services.publish(four);
        assertThat(services.findOnHost(false, TCP, 80)).isSameAs(four);
        assertThat(services.findOnHost(true, TCP, 80)).isNull();
        services.publish(six);
        assertThat(services.findOnHost(true, TCP, 80)).isSameAs(six);
        assertThat(services.find(0, HOST, TCP, 80))
                .as("the caller knows its own addresses")
                .isNull();
        assertThat(four).hasToString("four at 0.0.0.0:80/tcp");
        assertThat(six).hasToString("six at [::]:80/tcp");
    }

    @Test
    void aPortThatIsTakenIsRefusedAndTheOneThatHasItIsNamed() {
        var first = service("first", new Front(0, HOST, TCP, 8000, 8099, true), 80);
        services.publish(first);
        for (var front : List.of(
                new Front(0, HOST, TCP, 8000, 8000, true),
                new Front(0, HOST, TCP, 8099, 8200, true),
                new Front(0, HOST, TCP, 7000, 8000, true),
                new Front(0, HOST, TCP, 7000, 9000, true),
                new Front(0, HOST, TCP, 8050, 8060, true))) {
            assertThat(services.publish(service("second", front, 80))).isSameAs(first);
        }
        assertThat(services.publish(service("below", new Front(0, HOST, TCP, 7999, 7999, true), 80)))
                .isNull();
        assertThat(services.publish(service("above", new Front(0, HOST, TCP, 8100, 8100, true), 80)))
                .isNull();
        assertThat(services.size()).isEqualTo(3);
    }

    @Test
    void anIdIsNobodyElsesUntilTheConnectionsThatKnowItAreGone() {
        var web = service("web", new Front(0, HOST, TCP, 80, 80, true), 80);
        services.publish(web);
        int id = web.id();
        services.unpublish(web);
        assertThat(services.find(0, HOST, TCP, 80)).isNull();
        assertThat(services.byId(id)).isSameAs(web);
        assertThat(web.isPublished()).isFalse();

        var next = service("next", new Front(0, HOST, TCP, 80, 80, true), 80);
        services.publish(next);
        assertThat(next.id()).isNotEqualTo(id);

        services.release(web);
        assertThat(services.byId(id)).isNull();
        var third = service("third", new Front(0, HOST, TCP, 81, 81, true), 80);
        services.publish(third);
        assertThat(third.id()).isEqualTo(id);
        assertThatThrownBy(() -> services.release(web)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> services.unpublish(web)).isInstanceOf(IllegalArgumentException.class);
        assertThat(services.byId(0)).isNull();
        assertThat(services.byId(99)).isNull();
    }

    /** The model: a map with an entry for each port. */
    @Test
    void whateverIsPublishedAndUnpublishedEachPortIsFoundAsInAMapOfSinglePorts() {
        var random = new Random(7);
        Map<Long, Service> model = new HashMap<>();
        var published = new ArrayList<Service>();
        for (int step = 0; step < 6_000; step++) {
            boolean grow = step % 2_000 < 1_200;
            if (published.isEmpty() || random.nextInt(10) < (grow ? 8 : 1)) {
                int first = random.nextInt(65_536);
                int last = Math.min(65_535, first + (random.nextInt(4) == 0 ? random.nextInt(200) : 0));
                var service = service("s" + step, new Front(0, address(random), TCP, first, last, true), 80);
                var inTheWay = services.publish(service);
                assertThat(inTheWay == null).isEqualTo(keys(service).stream().noneMatch(model::containsKey));
                if (inTheWay == null) {
                    keys(service).forEach(key -> model.put(key, service));
                    published.add(service);
                } else {
                    assertThat(keys(service)).anyMatch(key -> inTheWay.equals(model.get(key)));
                }
            } else {
                var service = published.remove(random.nextInt(published.size()));
                services.unpublish(service);
                services.release(service);
                keys(service).forEach(model::remove);
            }
            for (int i = 0; i < 20; i++) {
                long address = address(random);
                int port = random.nextInt(65_536);
                assertThat(services.find(0, address, TCP, port)).isSameAs(model.get(key(address, port)));
            }
        }
        assertThat(services.size()).isEqualTo(published.size());
        model.forEach((key, service) -> assertThat(
                        services.find(0, Ipv6Address.mapped((int) (key >>> 16)), TCP, (int) (key & 0xFFFF)))
                .isSameAs(service));
        published.forEach(services::unpublish);
        assertThat(services.size()).isZero();
    }

    /** One address that most are at, and many that few are at. */
    private static long address(Random random) {
        return Ipv6Address.mapped(random.nextBoolean() ? 0x0A00_0001 : 0x0A00_0100 + random.nextInt(50));
    }

    private static List<Long> keys(Service service) {
        var keys = new ArrayList<Long>();
        for (int port = service.front().first(); port <= service.front().last(); port++) {
            keys.add(key(service.front().low(), port));
        }
        return keys;
    }

    private static long key(long address, int port) {
        return (address & 0xFFFF_FFFFL) << 16 | port;
    }

    private static Service service(String name, Front front, int port) {
        return new Service(
                name, front, Balance.ROUND_ROBIN, List.of(new Backend(1, 0, Ipv6Address.mapped(0x0A01_0002), port, 1)));
    }
}
