package io.millrace.vtep.network;

/**
 * A block of addresses, RFC 4632: {@code 172.18.0.0/16}.
 *
 * @param first the lowest address; every bit behind the prefix is zero
 * @param prefix in bits, 0 to 32 or 0 to 128
 */
public record Subnet(IpAddress first, int prefix) {
    public Subnet {
        Words.within("prefix length", prefix, 0, first.bits());
        var masked = first.masked(prefix);
        if (!masked.equals(first)) {
            throw new IllegalArgumentException(
                    "invalid subnet " + first + "/" + prefix + ": it should be " + masked + "/" + prefix);
        }
    }

    public static Subnet parse(String text) {
        var host = HostAddress.parse(text);
        return new Subnet(host.address(), host.prefix());
    }

    /** The highest address. */
    public IpAddress last() {
        return first.filled(prefix);
    }

    public boolean contains(IpAddress address) {
        return address.v6() == first.v6() && address.masked(prefix).equals(first);
    }

    /** Every address of {@code other} is one of these. */
    public boolean contains(Subnet other) {
        return other.prefix >= prefix && contains(other.first);
    }

    public boolean overlaps(Subnet other) {
        return contains(other.first) || other.contains(first);
    }

    @Override
    public String toString() {
        return first + "/" + prefix;
    }
}
