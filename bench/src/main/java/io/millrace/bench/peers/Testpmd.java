package io.millrace.bench.peers;

import java.util.ArrayList;
import java.util.List;

/** DPDK's testpmd in io mode: takes a burst from one port and gives it to the other without a look. */
final class Testpmd implements Device {
    private final String driver;

    /** @param driver net_af_packet or net_af_xdp */
    Testpmd(String driver) {
        this.driver = driver;
    }

    @Override
    public String name() {
        return "testpmd-" + driver.substring("net_".length()).replace('_', '-');
    }

    @Override
    public List<Needed> needs() {
        return List.of(new Needed("dpdk-testpmd", "dpdk-dev"));
    }

    @Override
    public Running start(Course course, Mood mood) {
        var command = new ArrayList<>(Course.inside(
                course.device().name(),
                "env",
                "RUNTIME_DIRECTORY=" + course.folder(),
                "dpdk-testpmd",
                "--no-huge",
                "-m",
                "512",
                "--no-pci",
                "--no-shconf",
                "--no-telemetry",
                "--file-prefix",
                course.id(),
                "--lcores",
                "0@1,1@1",
                "--vdev",
                driver + "0,iface=" + course.in(),
                "--vdev",
                driver + "1,iface=" + course.out(),
                "--",
                "--forward-mode=io",
                "--total-num-mbufs=32768"));
        var words = course.folder().resolve(name() + ".log");
        var process = Shell.start(course.placed(command), words);
        return new Running(List.of(process), () -> Shell.stop(process));
    }
}
