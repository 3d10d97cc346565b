package io.millrace.tools.interop;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.dataplane.lab.Lab;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Open vSwitch with its userspace datapath in a namespace, with a database, sockets and logs of its own in a folder: what
 * the machine may have of Open vSwitch besides is not touched. Its bridge {@code phy} has the underlay's device and address.
 * The lab ends its two daemons.
 */
final class OpenVSwitch {
    private static final Path SCHEMA = Path.of("/usr/share/openvswitch/vswitch.ovsschema");
    private static final int PATIENCE = 500;

    private final Lab.Host host;
    private final Path home;

    /** Starts it, with nothing set up. */
    OpenVSwitch(Lab lab, Path folder, Lab.Host host) {
        this.host = host;
        this.home = folder.resolve("ovs-" + host.namespace());
        try {
            Files.createDirectory(home);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Lab.run("ovsdb-tool", "create", home + "/conf.db", SCHEMA.toString()).ok();
        start(
                lab,
                "ovsdb-server",
                home + "/conf.db",
                "--remote=punix:" + home + "/db",
                "--unixctl=" + home + "/db.ctl");
        await(home.resolve("db"));
        start(lab, "ovs-vswitchd", "unix:" + home + "/db", "--unixctl=" + home + "/switch.ctl");
        await(home.resolve("switch.ctl"));
    }

    /** The test is reported as not run where there is no Open vSwitch. */
    static void assumeThere() {
        for (var program : List.of("ovsdb-tool", "ovsdb-server", "ovs-vswitchd", "ovs-vsctl", "ovs-appctl")) {
            assumeTrue(
                    Lab.run("sh", "-c", "command -v " + program).exit() == 0,
                    "not run: needs " + program + " of the package openvswitch-switch");
        }
        assumeTrue(Files.exists(SCHEMA), "not run: needs " + SCHEMA + " of the package openvswitch-switch");
        assumeTrue(Files.exists(Path.of("/dev/net/tun")), "not run: needs /dev/net/tun");
    }

    private void start(Lab lab, String... daemon) {
        var command = own(daemon);
        command.add("--log-file=" + home + "/" + daemon[0] + ".log");
        command.add("-vconsole:off");
        host.start(command.toArray(String[]::new));
    }

    private List<String> own(String... words) {
        var all = new ArrayList<>(List.of("env", "OVS_RUNDIR=" + home, "OVS_LOGDIR=" + home, "OVS_DBDIR=" + home));
        all.addAll(List.of(words));
        return all;
    }

    private void await(Path socket) {
        for (int i = 0; i < PATIENCE; i++) {
            if (Files.exists(socket)) {
                return;
            }
            Lab.run("sleep", "0.02");
        }
        throw new AssertionError("no answer at " + socket.getFileName() + "\n" + said());
    }

    /** {@code ovs-vsctl}; the words are separated by blanks. */
    void set(String words) {
        var command = own("ovs-vsctl", "--db=unix:" + home + "/db", "--timeout=20");
        command.addAll(List.of(words.split(" ")));
        host.run(command.toArray(String[]::new)).ok();
    }

    /** {@code ovs-appctl} to the switch; the words are separated by blanks. */
    String ask(String words) {
        var command = own("ovs-appctl", "--target=" + home + "/switch.ctl");
        command.addAll(List.of(words.split(" ")));
        return host.run(command.toArray(String[]::new)).ok();
    }

    /** Its end of the underlay: the device {@code u} gives its address to the bridge {@code phy}. */
    void underlay(String address, String mac) {
        set("add-br phy -- set bridge phy datapath_type=netdev other-config:hwaddr=" + mac + " -- add-port phy u");
        Links.address(host, "phy", address);
        Links.ip(host, "link set phy up");
    }

    /**
     * An overlay's bridge, with a tunnel and a device of the bridge's name for a station.
     *
     * @param options of the tunnel beside its key and the other host
     */
    void overlay(String name, int vni, String remote, String options, int mtu, String... addresses) {
        set("add-br %s -- set bridge %s datapath_type=netdev -- set interface %s mtu_request=%d"
                .formatted(name, name, name, mtu));
        set("add-port %s t%s -- set interface t%s type=vxlan options:key=%d options:remote_ip=%s %s"
                .formatted(name, name, name, vni, "\"" + remote + "\"", options));
        Links.address(host, name, addresses);
        Links.ip(host, "link set " + name + " up");
    }

    /** What it logged. */
    String said() {
        return Lab.run("sh", "-c", "tail -n 40 " + home + "/*.log").out();
    }
}
