package io.millrace.tools.capture;

import io.millrace.codec.TextBuffer;
import io.millrace.codec.capture.CaptureException;
import io.millrace.codec.capture.CaptureReader;
import io.millrace.tools.decode.TextLines;
import io.millrace.tools.words.Failure;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Writes a capture down as it comes, to a file or as lines, until it ends, is long enough, or Ctrl-C is pressed. */
final class Recording implements AutoCloseable {
    private static final int BLOCK = 1 << 18;
    private static final long PATIENCE_S = 5;

    private final Origin origin;
    private final PcapngBlocks blocks;
    private final @Nullable Path file;
    private final Consumer<String> news;
    private final CountDownLatch done = new CountDownLatch(1);
    private final Thread ending = new Thread(this::end);
    private volatile boolean wanted = true;
    private long unwritten;

    /**
     * Ready to record.
     *
     * @param count frames after which it is long enough
     * @param file null: lines on standard output; {@code -}: pcapng there
     */
    Recording(Origin origin, long count, @Nullable Path file, Consumer<String> news) {
        this.origin = origin;
        this.blocks = new PcapngBlocks(origin.stream(), count);
        this.file = file;
        this.news = news;
        Runtime.getRuntime().addShutdownHook(ending);
    }

    /** Ctrl-C or SIGTERM: what has come is written to the end, then the process ends, having done what it was asked. */
    private void end() {
        wanted = false;
        origin.stop();
        try {
            if (done.await(PATIENCE_S, TimeUnit.SECONDS)) {
                Runtime.getRuntime().halt(0);
            }
        } catch (InterruptedException hurry) {
            Thread.currentThread().interrupt();
        }
    }

    void run() {
        // Written to past System.out, which would hide that nobody reads any more; not ours to close.
        var out = new FileOutputStream(FileDescriptor.out);
        try {
            if (file == null) {
                lines(out);
            } else if (file.toString().equals("-")) {
                raw(out);
            } else {
                file(file);
            }
        } catch (IOException e) {
            throw Failure.failed("standard output: the reader has gone");
        }
    }

    private void raw(OutputStream out) throws IOException {
        var channel = Channels.newChannel(out);
        for (var piece = blocks.next(); piece.hasRemaining(); piece = blocks.next()) {
            while (piece.hasRemaining()) {
                channel.write(piece);
            }
        }
    }

    private void file(Path file) throws IOException {
        try (var capture = new CaptureFile(file, news, () -> wanted)) {
            for (var piece = blocks.next(); piece.hasRemaining(); piece = blocks.next()) {
                capture.write(piece);
            }
            unwritten = capture.unwritten();
        }
    }

    private void lines(OutputStream out) throws IOException {
        try (var reader = CaptureReader.of(blocks.stream(), "capture")) {
            var writer = new TextLines();
            var lines = new TextBuffer();
            while (reader.next()) {
                writer.write(reader, lines);
                lines.put('\n');
                if (reader.number() == blocks.frames() || lines.length() >= BLOCK) { // nothing more is here at present
                    lines.writeTo(out);
                    lines.clear();
                }
            }
        } catch (CaptureException e) {
            if (wanted) {
                throw Failure.failed(String.valueOf(e.getMessage()));
            }
        }
    }

    /** What was captured, and what was not, in a sentence. */
    String summary() {
        long frames = blocks.frames() - unwritten;
        var sentence = frames + (frames == 1 ? " frame captured, " : " frames captured, ") + blocks.lost()
                + " lost because the reader was slow";
        return unwritten == 0 ? sentence : sentence + ", " + unwritten + " lost because the disk was full";
    }

    /** Nothing more is to be done. */
    @Override
    public void close() {
        done.countDown();
        try {
            Runtime.getRuntime().removeShutdownHook(ending);
        } catch (IllegalStateException ends) {
            return; // the hook ends the process
        }
    }
}
