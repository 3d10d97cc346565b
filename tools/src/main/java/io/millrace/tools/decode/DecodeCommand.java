package io.millrace.tools.decode;

import io.millrace.codec.TextBuffer;
import io.millrace.codec.capture.CaptureException;
import io.millrace.codec.capture.CaptureReader;
import io.millrace.tools.words.Failure;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code millrace decode}: what the frames of a capture say, one line each. */
@Command(
        name = "decode",
        description = "Says what the frames of a capture hold, one line per frame.",
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "Example: millrace decode lan.pcap",
            "         millrace decode lan.pcapng -o jsonl | jq 'select(.layers[].p == \"vxlan\")'"
        })
public final class DecodeCommand implements Callable<Integer> {
    /** Lines are gathered to about this many bytes before they are written. */
    private static final int BLOCK = 1 << 18;

    enum Output {
        text,
        jsonl
    }

    @Parameters(paramLabel = "IN", description = "The capture, pcap or pcapng; - for standard input.")
    private Path in = Path.of("-");

    @Option(
            names = {"-o", "--output"},
            description = "What a line is: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).",
            defaultValue = "text")
    private Output output = Output.text;

    @Override
    public Integer call() {
        try (var reader = CaptureReader.open(in)) {
            // Written to past System.out, which would hide that nobody reads any more; not ours to close.
            decode(reader, new FileOutputStream(FileDescriptor.out));
            if (reader.damage() != null) {
                throw Failure.failed(reader.damage());
            }
            return 0;
        } catch (CaptureException refused) {
            throw Failure.failed(String.valueOf(refused.getMessage()));
        } catch (IOException e) {
            throw Failure.failed("standard output: the reader has gone");
        }
    }

    private void decode(CaptureReader reader, OutputStream out) throws IOException {
        FrameWriter writer = switch (output) {
            case text -> new TextLines();
            case jsonl -> new JsonLines();
        };
        var lines = new TextBuffer();
        while (reader.next()) {
            writer.write(reader, lines);
            lines.put('\n');
            if (lines.length() >= BLOCK) {
                lines.writeTo(out);
                lines.clear();
            }
        }
        lines.writeTo(out);
        out.flush();
    }
}
