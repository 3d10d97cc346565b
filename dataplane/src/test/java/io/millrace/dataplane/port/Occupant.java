package io.millrace.dataplane.port;

import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.linux.KernelException;
import io.millrace.dataplane.linux.KernelSilence;
import io.millrace.dataplane.linux.Native;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A process of its own that takes an interface and sits on it until it is killed; or says why it could not. */
final class Occupant {
    private Occupant() {}

    public static void main(String[] args) throws Exception {
        try {
            var port = PacketPort.open(args[0], new FramePool(64, 0));
            var silence = KernelSilence.on(new Native(), port.index(), args[0]);
            System.out.println("ready: " + port.describe() + "; " + silence.describe());
            Thread.sleep(60_000);
            silence.close();
            port.close();
        } catch (KernelException e) {
            System.out.println(e.getMessage());
        }
    }

    /** The command that starts it, behind what may stand in front of a command. */
    static String[] command(String device, String... before) {
        var command = new ArrayList<>(Arrays.asList(before));
        command.add(ProcessHandle.current().info().command().orElseThrow());
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(argument -> argument.startsWith("--"))
                .forEach(command::add);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Occupant.class.getName(), device));
        return command.toArray(String[]::new);
    }
}
