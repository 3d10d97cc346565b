package io.millrace.tools.replay;

import io.millrace.codec.Addresses;
import io.millrace.codec.ArpHeader;
import io.millrace.codec.ChecksumState;
import io.millrace.codec.EthernetHeader;
import io.millrace.codec.FrameWalk;
import io.millrace.codec.Ipv4Header;
import io.millrace.codec.Ipv6Address;
import io.millrace.codec.Ipv6Header;
import io.millrace.codec.LayerVisitor;
import io.millrace.codec.SllHeader;
import io.millrace.codec.capture.CaptureReader;
import io.millrace.tools.words.Failure;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Which frames are meant: those in whose headers an address occurs, MAC, IPv4 or IPv6, as source or destination; with two
 * addresses those in which both do. Addresses of a packet that an ICMP error quotes do not count.
 */
final class AddressFilter implements LayerVisitor {
    private static final Set<String> WORDS = Set.of("host", "and", "ether", "ip", "ip6");

    private enum Kind {
        MAC,
        IPV4,
        IPV6
    }

    /** One address; {@code high} is 0 but for IPv6. */
    private record Address(Kind kind, long high, long low) {}

    private final FrameWalk walk = new FrameWalk(this, false);
    private final List<Address> wanted = new ArrayList<>();
    private final boolean[] seen;
    private boolean quoted;

    private AddressFilter(List<String> addresses) {
        addresses.forEach(text -> wanted.add(address(text)));
        seen = new boolean[wanted.size()];
    }

    /**
     * Reads {@code 10.0.0.1}, {@code host 10.0.0.1}, or {@code 10.0.0.1 10.0.0.2} for what went between the two.
     *
     * @throws Failure when it is something else
     */
    static AddressFilter parse(String expression) {
        var addresses = new ArrayList<String>();
        for (var word : expression.strip().split("\\s+", -1)) {
            if (!WORDS.contains(word.toLowerCase(Locale.ROOT))) {
                addresses.add(word);
            }
        }
        if (addresses.isEmpty() || addresses.size() > 2 || addresses.contains("")) {
            throw Failure.usage("--filter takes one address, or two for what went between them: '" + expression + "'");
        }
        return new AddressFilter(addresses);
    }

    private static Address address(String text) {
        try {
            if (text.matches("[0-9A-Fa-f]{1,2}([:-][0-9A-Fa-f]{1,2}){5}")) {
                return new Address(Kind.MAC, 0, Addresses.mac(text.replace('-', ':')));
            }
            if (text.indexOf(':') >= 0) {
                Ipv6Address six = Addresses.ipv6(text);
                return new Address(Kind.IPV6, six.high(), six.low());
            }
            return new Address(Kind.IPV4, 0, Addresses.ipv4(text));
        } catch (IllegalArgumentException noAddress) {
            throw Failure.usage("--filter: '" + text + "' is no MAC, IPv4 or IPv6 address");
        }
    }

    /** Whether the frame that the capture stands at is one. */
    boolean matches(CaptureReader at) {
        Arrays.fill(seen, false);
        quoted = false;
        walk.walk(at.linkType(), at.buffer(), at.offset(), at.captured(), at.original());
        for (boolean one : seen) {
            if (!one) {
                return false;
            }
        }
        return true;
    }

    private void see(Kind kind, long high, long low) {
        for (int i = 0; i < seen.length && !quoted; i++) {
            var address = wanted.get(i);
            seen[i] |= address.kind == kind && address.high == high && address.low == low;
        }
    }

    @Override
    public void ethernet(EthernetHeader header, int captured) {
        if (captured >= EthernetHeader.LENGTH) {
            see(Kind.MAC, 0, header.destination());
            see(Kind.MAC, 0, header.source());
        }
    }

    @Override
    public void cooked(SllHeader header, int captured) {
        if (captured >= header.length()) {
            see(Kind.MAC, 0, header.address());
        }
    }

    @Override
    public void arp(ArpHeader header, int captured) {
        if (captured >= ArpHeader.LENGTH && header.isEthernetIpv4()) {
            see(Kind.MAC, 0, header.senderMac());
            see(Kind.MAC, 0, header.targetMac());
            see(Kind.IPV4, 0, header.senderIpv4());
            see(Kind.IPV4, 0, header.targetIpv4());
        }
    }

    @Override
    public void ipv4(Ipv4Header header, int captured, int totalLength, ChecksumState checksum) {
        if (captured >= Ipv4Header.LENGTH) {
            see(Kind.IPV4, 0, header.source());
            see(Kind.IPV4, 0, header.destination());
        }
    }

    @Override
    public void ipv6(Ipv6Header header, int captured) {
        if (captured >= Ipv6Header.LENGTH) {
            see(Kind.IPV6, header.sourceHigh(), header.sourceLow());
            see(Kind.IPV6, header.destinationHigh(), header.destinationLow());
        }
    }

    @Override
    public void quoted() {
        quoted = true;
    }
}
