package io.millrace.tools.up;

import io.millrace.tools.api.ApiClient;
import io.millrace.tools.words.Failure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code millrace down}: ends one that runs. */
@Command(
        name = "down",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {"Ends a topology that runs, and waits until it has taken everything back.", ""},
        footer = {
            "",
            "Examples:",
            "  millrace down",
            "  millrace down lab",
            "  millrace down -f topology.yaml",
            "",
            "Exit code: 0 it has ended, 1 nothing runs or it does not end, 2 usage."
        })
public final class DownCommand implements Callable<Integer> {
    private static final int PATIENCE_MS = 12_000;
    private static final int LOOK_MS = 20;

    @Spec
    private @Nullable CommandSpec spec;

    @Parameters(
            arity = "0..1",
            paramLabel = "NAME",
            description = "as 'millrace ps' names it; not needed when one runs")
    private @Nullable String named;

    @Option(
            names = {"-f", "--file"},
            paramLabel = "FILE",
            description = "the one that runs this topology")
    private @Nullable Path file;

    @Mixin
    private Target target = new Target();

    @Override
    public Integer call() throws InterruptedException {
        var one = file == null ? target.found(named) : Target.running(file);
        try {
            ApiClient.post(one.socket(), "/millrace/down");
        } catch (IOException e) {
            throw Failure.failed(one.info().text("name") + " does not answer: " + e.getMessage());
        }
        await(one);
        Objects.requireNonNull(spec)
                .commandLine()
                .getErr()
                .println("millrace: " + one.info().text("name") + " is down");
        return 0;
    }

    /** Its lock goes last. */
    private static void await(Target.Found one) throws InterruptedException {
        var lock = one.socket().resolveSibling(one.socket().getFileName() + Claim.LOCK);
        for (int waited = 0; waited < PATIENCE_MS; waited += LOOK_MS) {
            if (!Files.exists(one.socket()) && !Files.exists(lock)) {
                return;
            }
            Thread.sleep(LOOK_MS);
        }
        throw Failure.failed(one.info().text("name") + " (pid " + one.info().text("pid") + ") does not end");
    }
}
