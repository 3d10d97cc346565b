package io.millrace.tools.interop;

import io.millrace.dataplane.lab.Lab;

/** Network devices of the kernel's, set up by ip(8) and ethtool(8). */
final class Links {
    private Links() {}

    /** Gives a device addresses, with prefix lengths. */
    static void address(Lab.Host host, String device, String... addresses) {
        for (var address : addresses) {
            if (address.contains(":")) {
                host.run(
                                "sysctl",
                                "-qw",
                                "net.ipv6.conf." + device + ".accept_dad=0",
                                "net.ipv6.conf." + device + ".disable_ipv6=0")
                        .ok();
            }
            host.run("ip", "address", "add", address, "dev", device).ok();
        }
    }

    /** The Ethernet address of a device. */
    static String mac(Lab.Host host, String device) {
        return host.run("cat", "/sys/class/net/" + device + "/address").ok().strip();
    }

    /** A neighbour that is known without asking. */
    static void neighbor(Lab.Host host, String device, String ip, String mac) {
        host.run("ip", "neighbor", "replace", ip, "lladdr", mac, "dev", device, "nud", "permanent")
                .ok();
    }

    /** Has the kernel leave nothing to the device any more, nor merge what it receives. */
    static void withoutOffloads(Lab.Host host, String device) {
        host.run(
                        "ethtool", "-K", device, "tx", "off", "rx", "off", "sg", "off", "tso", "off", "gso", "off",
                        "gro", "off")
                .ok();
    }

    /** Runs {@code ip …} in a namespace; the words are separated by blanks. */
    static String ip(Lab.Host host, String words) {
        return run(host, "ip " + words);
    }

    /** Runs a command in a namespace; its words are separated by blanks. */
    static String run(Lab.Host host, String words) {
        return host.run(words.split(" ")).ok();
    }
}
