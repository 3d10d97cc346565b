package io.millrace.tools.replay;

import io.millrace.codec.VxlanHeader;
import io.millrace.codec.capture.CaptureWriter;
import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.port.CaptureFilePort;
import io.millrace.dataplane.port.CaptureWriterPort;
import io.millrace.tools.words.Failure;
import io.millrace.vtep.network.IpAddress;
import io.millrace.vtep.network.MacAddress;
import io.millrace.vtep.network.Network;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that have a capture written anew, out of its tunnels or into one, instead of being switched. */
final class TunnelOptions {
    private enum Checksum {
        zero,
        full
    }

    private enum Tags {
        drop,
        keep
    }

    @Option(
            names = "--decap",
            paramLabel = "OUT",
            description =
                    "writes the frames inside VXLAN, all or with --vni those of one network, and switches nothing;"
                            + " pcap if OUT ends with .pcap, otherwise pcapng, where a comment says who sent it to whom")
    private @Nullable Path decap;

    @Option(
            names = "--encap",
            paramLabel = "OUT",
            description =
                    "writes each frame as a VTEP would send it: --vni, --local and --remote say into which tunnel")
    private @Nullable Path encap;

    @Option(names = "--local", paramLabel = "IP", description = "with --encap: the outer source address")
    private @Nullable String local;

    @Option(
            names = "--remote",
            paramLabel = "IP",
            description = "with --encap: the outer destination address, a host's or a multicast group's")
    private @Nullable String remote;

    @Option(
            names = "--local-mac",
            paramLabel = "MAC",
            description = "with --encap: the outer source (default: 02:00 and the last four bytes of --local)")
    private @Nullable String localMac;

    @Option(
            names = "--remote-mac",
            paramLabel = "MAC",
            description = "with --encap: the next hop (default: 02:00 and the last four bytes of --remote)")
    private @Nullable String remoteMac;

    @Option(
            names = "--checksum",
            paramLabel = "zero|full",
            description = "with --encap: the outer UDP checksum (default: zero over IPv4, full over IPv6)")
    private @Nullable Checksum checksum;

    @Option(
            names = "--inner-vlan",
            paramLabel = "drop|keep",
            description = "with --encap: whether VLAN tags are taken off, as RFC 7348 has it (default: drop)")
    private @Nullable Tags tags;

    /** Whether there is anything to be written instead of being switched. */
    boolean isGiven() {
        return decap != null || encap != null;
    }

    /** Refuses what makes no sense together. */
    void check() {
        if (decap != null && encap != null) {
            throw Failure.usage("--decap and --encap exclude each other: give one");
        }
        boolean ends =
                Stream.of(local, remote, localMac, remoteMac, checksum, tags).anyMatch(given -> given != null);
        if (ends && encap == null) {
            throw Failure.usage(
                    "--local, --remote, --local-mac, --remote-mac, --checksum and --inner-vlan say how --encap"
                            + " encapsulates: give --encap OUT");
        }
    }

    /** Whether the result is written to standard output, where nothing else may be then. */
    boolean isOnStandardOutput() {
        return Stream.of(decap, encap)
                .anyMatch(out -> out != null && out.toString().equals("-"));
    }

    /**
     * How to wire the tunnel.
     *
     * @param captures the files that are read, which must not be overwritten
     */
    Function<CaptureFilePort, Board> wiring(VxlanOptions vxlan, List<String> captures) {
        var names = Replay.shortNames(captures);
        if (decap != null) {
            var out = decap;
            var wanted = vxlan.wanted();
            var remark = remark(wanted);
            return capture -> Tunnelled.outOf(
                    wanted, capture, new CaptureWriterPort("inside", () -> create(out, captures), names, remark));
        }
        if (encap == null) {
            throw new IllegalStateException("neither --decap nor --encap");
        }
        var out = encap;
        var ends = ends(vxlan);
        return capture ->
                Tunnelled.into(ends, capture, new CaptureWriterPort("underlay", () -> create(out, captures), names));
    }

    private static CaptureWriter create(Path out, List<String> captures) {
        if (captures.stream().anyMatch(capture -> OutputDirectory.isSame(out, Path.of(capture)))) {
            throw Failure.failed(out + ": is the capture that is read, and would be overwritten");
        }
        return CaptureWriter.open(out);
    }

    /** The outer headers still stand where the capture put them: at the beginning of the chunk. */
    private static CaptureWriterPort.Remark remark(VxlanOptions.Wanted wanted) {
        var outer = new Outer(wanted.udpPorts());
        return (pool, frame, comment) -> {
            int start = pool.chunk(frame) + FramePool.HEAD;
            if (outer.look(pool.buffer(), start, Frame.head(frame) - start).isVxlan()) {
                comment.append(": VNI ").append(outer.vni()).append(", ");
                outer.appendSource(comment).append(" > ");
                outer.appendDestination(comment);
            }
        };
    }

    private TunnelEnds ends(VxlanOptions vxlan) {
        int vni = vxlan.one("--encap");
        var from = address("--local", local);
        var to = address("--remote", remote);
        if (from.v6() != to.v6()) {
            throw Failure.usage("--local and --remote must both be IPv4 or both be IPv6 addresses");
        }
        if (from.isMulticast()) {
            throw Failure.usage("--local " + from + " is a multicast group; packets come from single hosts");
        }
        var ports = vxlan.named();
        if (ports.size() > 1) {
            throw Failure.usage("--encap sends to one UDP port: give --vxlan-port once");
        }
        return new TunnelEnds(
                vni,
                from,
                to,
                mac("--local-mac", localMac),
                mac("--remote-mac", remoteMac),
                ports.isEmpty() ? VxlanHeader.PORT : ports.getFirst(),
                checksum == null
                        ? null
                        : Network.Vtep.Checksum.valueOf(checksum.name().toUpperCase(Locale.ROOT)),
                tags == Tags.keep ? Network.Vtep.InnerVlan.KEEP : Network.Vtep.InnerVlan.DROP);
    }

    private static IpAddress address(String option, @Nullable String text) {
        if (text == null) {
            throw Failure.usage("--encap needs " + option + ", an address on the underlay");
        }
        try {
            return IpAddress.parse(text);
        } catch (IllegalArgumentException noAddress) {
            throw Failure.usage(option + ": " + noAddress.getMessage());
        }
    }

    private static @Nullable MacAddress mac(String option, @Nullable String text) {
        try {
            return text == null ? null : MacAddress.parse(text);
        } catch (IllegalArgumentException noAddress) {
            throw Failure.usage(option + ": " + noAddress.getMessage());
        }
    }
}
