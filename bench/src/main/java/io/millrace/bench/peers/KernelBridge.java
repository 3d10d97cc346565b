package io.millrace.bench.peers;

import java.util.List;

/** The Linux bridge: all in the kernel, on the sender's core. */
final class KernelBridge implements Device {
    @Override
    public String name() {
        return "linux-bridge";
    }

    @Override
    public List<Needed> needs() {
        return List.of();
    }

    @Override
    public Running start(Course course, Mood mood) {
        var place = course.device().name();
        var bridge = course.id() + "br";
        // What Docker switches on, to have iptables see bridged frames, costs a third; where it is not there, it is
        // off.
        for (var tables : List.of("iptables", "ip6tables", "arptables")) {
            Shell.run(Course.inside(place, "sysctl", "-qw", "net.bridge.bridge-nf-call-" + tables + "=0"));
        }
        Course.in(place, "ip", "link", "add", bridge, "type", "bridge", "mcast_snooping", "0");
        for (var port : List.of(course.in(), course.out())) {
            Course.in(place, "ip", "link", "set", port, "master", bridge);
        }
        Course.in(place, "ip", "link", "set", bridge, "up");
        return new Running(List.of(), () -> Shell.run(Course.inside(place, "ip", "link", "delete", bridge)));
    }
}
