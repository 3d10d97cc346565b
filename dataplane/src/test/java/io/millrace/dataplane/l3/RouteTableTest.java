package io.millrace.dataplane.l3;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.codec.Ipv6Address;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** A table of routes finds what somebody finds who looks at all of them, and compares bits as written numbers. */
class RouteTableTest {
    private static final int ROUTES = 5_000;
    private static final int ASKED = 2_000;
    private static final int BITS = 128;

    /** A route as people read it: so many first digits, binary. */
    private record Written(String digits, int number) {}

    private final Random random = new Random(1812);
    private final List<Written> model = new ArrayList<>();
    private final RouteTable<Integer> table = new RouteTable<>();

    private static String digits(Ipv6Address address) {
        var high = new BigInteger(Long.toUnsignedString(address.high()));
        var value = high.shiftLeft(Long.SIZE).add(new BigInteger(Long.toUnsignedString(address.low())));
        return "0".repeat(BITS - value.bitLength()) + (value.signum() == 0 ? "" : value.toString(2));
    }

    private void add(Ipv6Address first, int prefix) {
        table.add(first, prefix, model.size());
        model.add(new Written(digits(first).substring(0, prefix), model.size()));
    }

    private @Nullable Integer modelled(Ipv6Address address) {
        var digits = digits(address);
        Written best = null;
        for (var route : model) {
            boolean sameFamily = !address.isIpv4() || route.digits.length() >= BITS - Integer.SIZE;
            if (sameFamily
                    && digits.startsWith(route.digits)
                    && (best == null || route.digits.length() > best.digits.length())) {
                best = route;
            }
        }
        return best == null ? null : best.number;
    }

    /** Few of the bits differ from address to address, so that prefixes hold one another and are met. */
    private Ipv6Address near() {
        return new Ipv6Address(0xFD00_0000_0000_0000L | random.nextLong(64) << 32, random.nextLong(1 << 12) << 40);
    }

    private Ipv6Address nearIpv4() {
        return new Ipv6Address(0, Ipv6Address.mapped(0x0A00_0000 | random.nextInt(1 << 12) << 8));
    }

    @Test
    void theLongestPrefixIsFoundAsOneWhoLooksAtAllOfThemFindsIt() {
        for (int i = 0; i < ROUTES; i++) {
            boolean v6 = random.nextBoolean();
            add(v6 ? near() : nearIpv4(), v6 ? random.nextInt(BITS + 1) : 96 + random.nextInt(33));
        }
        for (int i = 0; i < ASKED; i++) {
            var asked = random.nextInt(8) == 0
                    ? new Ipv6Address(random.nextLong(), random.nextLong())
                    : random.nextBoolean() ? near() : nearIpv4();
            assertThat(table.find(asked.high(), asked.low())).as(asked.text()).isEqualTo(modelled(asked));
        }
    }

    @Test
    void nothingIsFoundWhereNothingFitsAndTheFirstOfTwoAlikeStands() {
        assertThat(table.find(1, 1)).isNull();
        add(new Ipv6Address(0, Ipv6Address.mapped(0x0A01_0000)), 112);
        add(new Ipv6Address(0, Ipv6Address.mapped(0x0A01_0000)), 112);
        assertThat(table.find(0, Ipv6Address.mapped(0x0A01_FFFF))).isZero();
        assertThat(table.find(0, Ipv6Address.mapped(0x0A02_0000))).isNull();
        add(new Ipv6Address(0, Ipv6Address.mapped(0)), 96);
        assertThat(table.find(0, Ipv6Address.mapped(0x0A02_0000))).isEqualTo(2);
    }

    @Test
    void anIpv4AddressIsNotBehindTheRouterOfIpv6() {
        add(new Ipv6Address(0, 0), 0);
        assertThat(table.find(0x2001_0DB8L << 32, 1)).isZero();
        assertThat(table.find(0, Ipv6Address.mapped(0x0A02_0000))).isNull();
    }

    @Test
    void tenThousandNetworksAreTenThousandPlaces() {
        for (int i = 0; i < 10_000; i++) {
            table.add(new Ipv6Address(0, Ipv6Address.mapped(0x0A00_0000 | i << 8)), 120, i);
        }
        for (int i = 0; i < 10_000; i++) {
            assertThat(table.find(0, Ipv6Address.mapped(0x0A00_0007 | i << 8))).isEqualTo(i);
        }
    }
}
