package io.millrace.dataplane.nat;

import io.millrace.dataplane.trials.Bytes;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * What Linux's NAT makes of packets and of ICMP errors about them, as {@code kernel-nat.py} recorded it; it says who is where.
 * Each exchange builds on those before it.
 */
final class KernelNat {
    private KernelNat() {}

    /** A frame on the inside link or on the outside link. */
    record OnLink(boolean inside, byte[] frame) {
        private static OnLink of(String line) {
            var parts = line.split(" ");
            return new OnLink(parts[1].equals("in"), Bytes.hex(parts[2]));
        }
    }

    /** One frame given to the router, and what it sent thereupon. */
    record Exchange(String story, OnLink given, List<OnLink> sent) {
        @Override
        public String toString() {
            return story;
        }

        boolean isError() {
            byte[] frame = given.frame;
            return frame[12] == 0x08
                    ? frame[23] == 1 && Quoted.isError(frame[14 + (frame[14] & 15) * 4])
                    : frame[20] == 58 && Quoted.isErrorV6(frame[54] & 0xFF);
        }
    }

    static List<Exchange> recorded() {
        try (var in = Objects.requireNonNull(KernelNat.class.getResourceAsStream("kernel-nat.txt"))) {
            var exchanges = new ArrayList<Exchange>();
            String story = "";
            for (var line : new String(in.readAllBytes(), StandardCharsets.UTF_8).split("\n")) {
                switch (line.charAt(0)) {
                    case '=' -> story = line.substring(2);
                    case '>' -> exchanges.add(new Exchange(story, OnLink.of(line), new ArrayList<>()));
                    default -> exchanges.getLast().sent.add(OnLink.of(line));
                }
            }
            return exchanges;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
