package io.millrace.tools.up;

import io.millrace.tools.api.ApiClient;
import io.millrace.tools.words.Failure;
import io.millrace.tools.words.JsonReader;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code millrace service}: changes which replicas get new connections. */
@Command(
        name = "service",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Changes which replicas of a service get new connections, by its published ports and its virtual address.",
            "What is changed holds until 'millrace down', or where the topology keeps its connections (nat: state) beyond;",
            "the file says how it begins.",
            ""
        },
        footer = {
            "",
            "Examples:",
            "  millrace service drain web 2",
            "  millrace service undrain web 2",
            "  millrace service weigh web 1 --weight 3",
            "  millrace service remove web 2 --end",
            "",
            "Exit code: 0 done, 1 there is no such replica or nothing runs, 2 usage."
        })
public final class ServiceCommand implements Callable<Integer> {
    /** What can be done. */
    enum Deed {
        DRAIN,
        UNDRAIN,
        WEIGH,
        REMOVE
    }

    @Parameters(
            index = "0",
            paramLabel = "WHAT",
            description = {
                "drain: it keeps its connections and gets no new ones; undrain: it gets new ones again;",
                "weigh: with --weight; remove: it gets no new ones ever again"
            })
    private Deed deed = Deed.DRAIN;

    @Parameters(index = "1", paramLabel = "SERVICE", description = "as the file names it")
    private String service = "";

    @Parameters(index = "2", paramLabel = "REPLICA", description = "its number, from 1")
    private int replica;

    @Option(names = "--weight", paramLabel = "N", description = "weigh: 0 to 65535")
    private @Nullable Integer weight;

    @Option(names = "--end", description = "remove: its connections end, too")
    private boolean end;

    @Mixin
    private Target target = new Target();

    @Override
    public Integer call() {
        if ((deed == Deed.WEIGH) != (weight != null)) {
            throw Failure.usage("'weigh' and '--weight' go together");
        }
        if (end && deed != Deed.REMOVE) {
            throw Failure.usage("'--end' goes with 'remove'");
        }
        var word = end ? "end" : deed.name().toLowerCase(Locale.ROOT);
        var path = ReplicaRoute.PATH + "?service=" + URLEncoder.encode(service, StandardCharsets.UTF_8) + "&replica="
                + replica + "&do=" + word + (weight == null ? "" : "&weight=" + weight);
        try {
            var answer = ApiClient.post(target.find(), path);
            if (!answer.isFine()) {
                throw Failure.failed(message(answer.body()));
            }
        } catch (IOException e) {
            throw Failure.failed("no answer: " + e.getMessage());
        }
        return 0;
    }

    private static String message(String body) {
        return JsonReader.read(body) instanceof Map<?, ?> error ? String.valueOf(error.get("message")) : body;
    }
}
