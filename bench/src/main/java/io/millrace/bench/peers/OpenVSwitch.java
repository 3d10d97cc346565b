package io.millrace.bench.peers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Open vSwitch with its userspace datapath, a learning switch, started from a database of this run alone: what the
 * machine may have of Open vSwitch besides is not touched.
 */
final class OpenVSwitch implements Device {
    private static final String SCHEMA = "/usr/share/openvswitch/vswitch.ovsschema";
    private static final int PATIENCE = 50;

    private final String type;

    /** @param type of its ports: system (AF_PACKET) or afxdp */
    OpenVSwitch(String type) {
        this.type = type;
    }

    @Override
    public String name() {
        return type.equals("system") ? "ovs-netdev" : "ovs-" + type;
    }

    @Override
    public List<Needed> needs() {
        return List.of(
                new Needed("ovs-vswitchd", "openvswitch-switch"), new Needed("ovsdb-server", "openvswitch-switch"));
    }

    @Override
    public Running start(Course course, Mood mood) {
        var home = course.folder().resolve(name() + "-" + System.nanoTime());
        var words = course.folder().resolve(name() + ".log");
        var started = new ArrayList<Process>();
        try {
            Files.createDirectory(home);
            Shell.run("ovsdb-tool", "create", home + "/conf.db", SCHEMA).ok("making a database");
            started.add(Shell.start(
                    own(home, "ovsdb-server", home + "/conf.db", "--remote=punix:" + home + "/db", control(home, "db")),
                    words));
            await(home.resolve("db"));
            var daemon = own(home, "ovs-vswitchd", "unix:" + home + "/db", control(home, "switch"));
            var inside = Course.inside(course.device().name(), daemon.toArray(String[]::new));
            started.add(Shell.start(course.placed(inside), words));
            await(home.resolve("switch.ctl"));
            configure(course, home);
        } catch (IOException e) {
            started.forEach(Shell::stop);
            throw new NotMeasured(String.valueOf(e.getMessage()));
        } catch (NotMeasured e) {
            started.forEach(Shell::stop);
            throw e;
        }
        return new Running(List.of(started.get(1)), () -> {
            Shell.stop(started.get(1));
            Shell.stop(started.get(0));
        });
    }

    /** With the thread that polls the ports on core 1, where the whole daemon is. */
    private void configure(Course course, Path home) {
        var command = new ArrayList<>(
                List.of("ovs-vsctl", "--db=unix:" + home + "/db", "--timeout=10", "set", "Open_vSwitch", "."));
        command.addAll(List.of("other_config:pmd-cpu-mask=0x2", "--", "add-br", "br", "--"));
        command.addAll(List.of("set", "bridge", "br", "datapath_type=netdev"));
        for (var port : List.of(course.in(), course.out())) {
            command.addAll(List.of("--", "add-port", "br", port));
            if (!type.equals("system")) {
                command.addAll(List.of("--", "set", "interface", port, "type=" + type));
            }
        }
        Shell.run(own(home, command.toArray(String[]::new))).ok("ovs-vsctl");
        for (var port : List.of(course.in(), course.out())) {
            var error = Shell.run(own(
                    home, "ovs-vsctl", "--db=unix:" + home + "/db", "--timeout=5", "get", "interface", port, "error"));
            if (error.exit() == 0 && error.words().startsWith("\"")) {
                throw new NotMeasured(error.words().strip());
            }
        }
    }

    private static List<String> own(Path home, String... command) {
        var all = new ArrayList<>(List.of("env", "OVS_RUNDIR=" + home, "OVS_LOGDIR=" + home, "OVS_DBDIR=" + home));
        all.addAll(Arrays.asList(command));
        return all;
    }

    private static String control(Path home, String name) {
        return "--unixctl=" + home + "/" + name + ".ctl";
    }

    private static void await(Path socket) {
        for (int i = 0; i < PATIENCE; i++) {
            if (Files.exists(socket)) {
                return;
            }
            Flood.sleep(100);
        }
        throw new NotMeasured("no answer at " + socket.getFileName());
    }
}
