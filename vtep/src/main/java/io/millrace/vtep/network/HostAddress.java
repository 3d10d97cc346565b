package io.millrace.vtep.network;

import java.util.regex.Pattern;

/**
 * An interface's address with the length of its subnet's prefix: {@code 192.0.2.11/24}.
 *
 * @param prefix in bits, 0 to 32 or 0 to 128
 */
public record HostAddress(IpAddress address, int prefix) {
    private static final Pattern TEXT = Pattern.compile("([^/]+)/(\\d{1,3})");

    public HostAddress {
        Words.within("prefix length", prefix, 0, address.bits());
    }

    public static HostAddress parse(String text) {
        var parts = TEXT.matcher(text);
        if (!parts.matches()) {
            throw new IllegalArgumentException(
                    Words.quote(text) + " is not an address with a prefix length; one is written 192.0.2.11/24");
        }
        return new HostAddress(IpAddress.parse(parts.group(1)), Integer.parseInt(parts.group(2)));
    }

    public Subnet subnet() {
        return new Subnet(address.masked(prefix), prefix);
    }

    @Override
    public String toString() {
        return address + "/" + prefix;
    }
}
