package io.millrace.bench.peers;

import java.io.IOException;
import java.nio.file.Files;
import java.util.List;

/** An overlay between two of Millrace, each started as a user starts it; both keep to one core. */
final class MillraceTunnel implements Device {
    private final String suffix;
    private final String kind;
    private final String underlay;

    /**
     * @param suffix of the name in the table
     * @param kind of attachment
     * @param underlay its key in the topology: a kind, or {@code socket}
     */
    MillraceTunnel(String suffix, String kind, String underlay) {
        this.suffix = suffix;
        this.kind = kind;
        this.underlay = underlay;
    }

    @Override
    public String name() {
        return "millrace-vxlan-" + suffix;
    }

    @Override
    public List<Needed> needs() {
        return List.of();
    }

    @Override
    public List<Mood> moods() {
        return List.of(Mood.DEFAULT, Mood.BUSY);
    }

    @Override
    public int warmUp() {
        return 3000; // the compiler's, twice
    }

    @Override
    public Running start(Course course, Mood mood) {
        var far = FarHost.join(course);
        try {
            if (underlay.equals("socket")) {
                address(course.device().name(), far.nearEnd(), FarHost.NEAR_ADDRESS);
                address(far.name(), far.farEnd(), FarHost.FAR_ADDRESS);
            }
            var one = up(
                    course,
                    course.device().name(),
                    "near",
                    topology(course.in(), far.nearEnd(), FarHost.NEAR_ADDRESS, FarHost.FAR_ADDRESS, mood));
            var other = up(
                    course,
                    far.name(),
                    "far",
                    topology(course.out(), far.farEnd(), FarHost.FAR_ADDRESS, FarHost.NEAR_ADDRESS, mood));
            return new Running(List.of(one, other), () -> {
                Shell.stop(one);
                Shell.stop(other);
                far.close();
            });
        } catch (NotMeasured e) {
            far.close();
            throw e;
        }
    }

    private static void address(String place, String device, String address) {
        Course.in(place, "ip", "address", "add", address + "/" + FarHost.PREFIX, "dev", device);
    }

    private Process up(Course course, String place, String which, String topology) {
        var file = course.folder().resolve(name() + "-" + which + ".yaml");
        try {
            Files.writeString(file, topology);
        } catch (IOException e) {
            throw new NotMeasured("writing the topology: " + e.getMessage());
        }
        var socket = course.folder().resolve(which + ".sock");
        var command =
                Course.inside(place, Millrace.launcher(), "up", "-f", file.toString(), "--socket", socket.toString());
        return Shell.start(course.placed(command), course.folder().resolve(name() + ".log"));
    }

    private String topology(String port, String device, String self, String other, Device.Mood mood) {
        var host = underlay.equals("socket")
                ? "socket: " + self + ", mtu: 1600"
                : underlay + ": " + device + ", address: " + self + "/" + FarHost.PREFIX;
        return """
                x-millrace: { idle: %s, underlay: { %s } }
                networks: { lan: { driver: overlay, x-millrace: { vni: %d, vtep: { peers: [ %s ] } } } }
                services:
                  host: { networks: [ lan ], x-millrace: { attach: { %s: %s }, guard: off } }
                """.formatted(mood == Mood.BUSY ? "busy" : "poll", host, FarHost.VNI, other, kind, port);
    }
}
