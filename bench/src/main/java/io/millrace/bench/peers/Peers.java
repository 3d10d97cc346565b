package io.millrace.bench.peers;

import io.millrace.dataplane.linux.Bpf;
import java.util.List;

@SuppressWarnings("try")
public final class Peers {
    public static void main(String[] args) {
        List<Device> devices =
                List.of(new KernelBridge(), new DoNothing(), new Testpmd("net_af_packet"), new Testpmd("net_af_xdp"));
        try (var course = new Course();
                var flood = new Flood(course)) {
            Runtime.getRuntime().addShutdownHook(new Thread(course::close));
            course.lay();
            course.receiveInBatches();
            try (var drop =
                    Course.attach(course.device(), course.in(), Bpf.ATTACH_XDP, Bpf.XDP_NATIVE, Programs::drop)) {
                for (int l : new int[] {60, 1514})
                    for (int f : new int[] {1, 1000})
                        System.out.println(
                                "drop " + l + " " + f + " " + flood.through(List.of(), new Traffic(l, f, 300, 500)));
            }
            for (var d : devices) {
                if (args.length > 0 && !args[0].contains(d.name())) continue;
                course.lay();
                course.receiveInBatches();
                try (var swallow = course.swallow();
                        var running = d.start(course, Device.Mood.DEFAULT)) {
                    flood.awaitForwarding(running);
                    for (int l : new int[] {60, 1514})
                        for (int f : new int[] {1, 1000}) {
                            course.speak();
                            var s = flood.through(running.processes(), new Traffic(l, f, 300, 700));
                            System.out.println(
                                    d.name() + " " + l + " " + f + " " + s + " loss " + s.loss() + " ns " + s.nanos());
                        }
                } catch (NotMeasured e) {
                    System.out.println(d.name() + " " + e.why());
                    for (var f : course.folder().toFile().listFiles()) System.out.println(Shell.read(f.toPath()));
                }
            }
        }
        System.exit(0);
    }
}
