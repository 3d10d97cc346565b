package io.millrace.bench.peers;

import java.util.List;

/** The kernel's vxlan device with a bridge on either host: all in the kernel, on the sender's core. */
final class KernelTunnel implements Device {
    @Override
    public String name() {
        return "linux-vxlan";
    }

    @Override
    public List<Needed> needs() {
        return List.of();
    }

    @Override
    public Running start(Course course, Mood mood) {
        var far = FarHost.join(course);
        try {
            host(course.device().name(), course.in(), far.nearEnd(), FarHost.NEAR_ADDRESS, FarHost.FAR_ADDRESS);
            host(far.name(), course.out(), far.farEnd(), FarHost.FAR_ADDRESS, FarHost.NEAR_ADDRESS);
        } catch (NotMeasured e) {
            far.close();
            throw e;
        }
        return new Running(List.of(), () -> {
            far.close();
            for (var made : List.of("vxpeers", "brpeers")) {
                Shell.run(Course.inside(course.device().name(), "ip", "link", "delete", made));
            }
        });
    }

    private static void host(String place, String port, String underlay, String self, String other) {
        run(place, "ip address add " + self + "/" + FarHost.PREFIX + " dev " + underlay);
        run(
                place,
                "ip link add vxpeers mtu 1500 type vxlan id " + FarHost.VNI + " dstport 4789 local " + self + " remote "
                        + other + " dev " + underlay);
        run(place, "ip link add brpeers type bridge mcast_snooping 0");
        for (var member : List.of(port, "vxpeers")) {
            run(place, "ip link set " + member + " master brpeers up");
        }
        run(place, "ip link set brpeers up");
    }

    private static void run(String place, String command) {
        Course.in(place, command.split(" ", -1));
    }
}
