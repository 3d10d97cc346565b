package io.millrace.tools.replay;

import io.millrace.codec.VxlanHeader;
import io.millrace.tools.words.Failure;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that say what is looked for inside VXLAN. */
final class VxlanOptions {
    private static final String ALL = "all";

    @Option(
            names = "--vni",
            paramLabel = "N|all",
            description = "looks through VXLAN: replays the frames inside network N, or inside every network")
    private @Nullable String vni;

    @Option(
            names = "--vxlan-port",
            paramLabel = "P",
            description = "a UDP port that is VXLAN's, too, beside " + VxlanHeader.PORT + "; may be given again")
    private List<Integer> ports = List.of();

    /**
     * What is looked for.
     *
     * @param vni a network identifier, or -1: every one
     * @param ports UDP, where VXLAN is looked for
     */
    record Wanted(int vni, List<Integer> ports) {
        private static final int EVERY = -1;

        boolean has(int network) {
            return vni == EVERY || vni == network;
        }

        /** Whether it is one network only. */
        boolean isOne() {
            return vni != EVERY;
        }

        /** As the user said it: a number, or {@code all}. */
        String words() {
            return isOne() ? String.valueOf(vni) : ALL;
        }

        int[] udpPorts() {
            return ports.stream().mapToInt(port -> port).toArray();
        }
    }

    /** Whether somebody wants to look through VXLAN. */
    boolean isGiven() {
        return vni != null;
    }

    /** What is looked for; every network unless one is named. */
    Wanted wanted() {
        return new Wanted(vni == null || vni.equals(ALL) ? Wanted.EVERY : number(vni), ports());
    }

    /** The one network that is named. */
    int one(String option) {
        if (vni == null || vni.equals(ALL)) {
            throw Failure.usage(option + " needs the network to encapsulate into: --vni N");
        }
        return number(vni);
    }

    /** VXLAN's own port, and those that are named. */
    private List<Integer> ports() {
        return IntStream.concat(IntStream.of(VxlanHeader.PORT), named().stream().mapToInt(port -> port))
                .distinct()
                .boxed()
                .toList();
    }

    /** The same for who reads the headers. */
    int[] inCapture() {
        return ports().stream().mapToInt(port -> port).toArray();
    }

    /** The ports that are named. */
    List<Integer> named() {
        for (int port : ports) {
            if (port < 1 || port > 65_535) {
                throw Failure.usage("--vxlan-port must be from 1 to 65535, not " + port);
            }
        }
        return ports;
    }

    private static int number(String text) {
        try {
            int number = Integer.parseInt(text);
            if (number >= 0 && number <= VxlanHeader.MAX_VNI) {
                return number;
            }
        } catch (NumberFormatException noNumber) {
            // said below
        }
        throw Failure.usage("--vni must be from 0 to " + VxlanHeader.MAX_VNI + ", or all: '" + text + "'");
    }
}
