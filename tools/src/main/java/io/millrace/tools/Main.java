package io.millrace.tools;

import io.millrace.tools.capture.CaptureCommand;
import io.millrace.tools.decode.DecodeCommand;
import io.millrace.tools.ports.PortsCommand;
import io.millrace.tools.replay.ReplayCommand;
import io.millrace.tools.replay.TraceCommand;
import io.millrace.tools.up.DownCommand;
import io.millrace.tools.up.PortCommand;
import io.millrace.tools.up.PsCommand;
import io.millrace.tools.up.PublishCommand;
import io.millrace.tools.up.ServiceCommand;
import io.millrace.tools.up.ShowCommand;
import io.millrace.tools.up.TrainCommand;
import io.millrace.tools.up.UnpublishCommand;
import io.millrace.tools.up.UpCommand;
import io.millrace.tools.words.Failure;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;

/**
 * The command line: finds the command, runs it, turns a {@link Failure} into one sentence and an exit code (0 fine, 1
 * failed, 2 usage).
 */
@Command(
        name = "millrace",
        description = "The container network, in userspace, on the JVM.",
        versionProvider = Main.Version.class,
        mixinStandardHelpOptions = true,
        footerHeading = "%n",
        footer = {
            "Also: millrace test (every suite), millrace bench [NAME] (the JMH suite), millrace trial NAME (experiments).",
            "Example: millrace replay docs/samples/lan.pcap",
            "Each command has --help with examples of its own."
        },
        subcommands = {
            CaptureCommand.class,
            DecodeCommand.class,
            PortsCommand.class,
            ReplayCommand.class,
            TraceCommand.class,
            UpCommand.class,
            DownCommand.class,
            PsCommand.class,
            ShowCommand.class,
            PortCommand.class,
            PublishCommand.class,
            UnpublishCommand.class,
            ServiceCommand.class,
            TrainCommand.class
        })
public final class Main {
    Main() {}

    public static void main(String[] args) {
        System.exit(run(args));
    }

    /** Runs one command line in this process and returns its exit code. */
    public static int run(String... args) {
        var err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
        var line = new CommandLine(new Main())
                .setErr(err)
                .setOut(new PrintWriter(System.out, true, StandardCharsets.UTF_8))
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setExecutionExceptionHandler((e, command, parsed) -> explain(e, err))
                .setParameterExceptionHandler((e, words) -> {
                    err.println("millrace: " + e.getMessage());
                    err.println("Try '" + e.getCommandLine().getCommandSpec().qualifiedName() + " --help'.");
                    return Failure.USAGE;
                });
        if (args.length == 0) {
            line.usage(System.out);
            return Failure.USAGE;
        }
        try {
            return line.execute(args);
        } catch (InternalError fault) {
            if (!String.valueOf(fault.getMessage()).contains("unsafe memory access")) {
                throw fault;
            }
            // What the JVM makes of SIGBUS: the page of a mapped file is behind the file's new end.
            err.println("millrace: a capture became shorter while it was being read; nothing more can be said of it");
            return Failure.FAILED;
        }
    }

    private static int explain(Exception e, PrintWriter err) throws Exception {
        if (e instanceof Failure failure) {
            err.println("millrace: " + failure.getMessage());
            return failure.exitCode();
        }
        throw e; // an impossible state dies loudly
    }

    /** The version that the build wrote into the jar's manifest. */
    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            var version = Main.class.getPackage().getImplementationVersion();
            return new String[] {"millrace " + (version == null ? "(not packaged)" : version)};
        }
    }
}
