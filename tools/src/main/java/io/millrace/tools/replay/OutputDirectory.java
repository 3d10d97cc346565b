package io.millrace.tools.replay;

import io.millrace.codec.capture.CaptureWriter;
import io.millrace.codec.capture.PcapngWriter;
import io.millrace.dataplane.port.CaptureWriterPort;
import io.millrace.tools.words.Failure;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Where a replay writes what left by each port: a pcapng for each, and {@code drops.pcapng}. The first files are kept
 * open; later ones, of which there may be thousands, have a small buffer and are opened only to append it.
 */
final class OutputDirectory {
    private static final int KEPT_OPEN = 64;
    private static final int BUFFER = 1 << 16;
    private static final int SMALL_BUFFER = 1 << 12;
    private static final int LONGEST_NAME = 100;
    private static final String DROPS = "drops";

    private final Path directory;
    private final List<String> captures;
    private final Set<String> taken = new HashSet<>(Set.of(DROPS));
    private int files;

    /** @param captures the files that are read, which must not be overwritten */
    OutputDirectory(Path directory, List<String> captures) {
        this.directory = directory;
        this.captures = captures;
        try {
            Files.createDirectories(directory);
        } catch (IOException problem) {
            throw Failure.failed(directory + ": is no directory and cannot be made one");
        }
    }

    /** The port of that name, behind which there is its file. */
    CaptureWriterPort port(String name) {
        String file = fileName(name);
        return new CaptureWriterPort(name, () -> create(file), Replay.shortNames(captures));
    }

    CaptureWriter drops() {
        return create(DROPS);
    }

    /** A name that every file system takes: {@code 02:00:0a:09:00:01} becomes {@code 02-00-0a-09-00-01}. */
    private String fileName(String port) {
        String safe = port.replaceAll("[^A-Za-z0-9._-]", "-").replaceFirst("^[.]", "-");
        String shortened = safe.substring(0, Math.min(safe.length(), LONGEST_NAME));
        String name = shortened;
        for (int i = 2; !taken.add(name.toLowerCase(Locale.ROOT)); i++) {
            name = shortened + "-" + i;
        }
        return name;
    }

    private CaptureWriter create(String name) {
        var file = directory.resolve(name + ".pcapng");
        for (var capture : captures) {
            if (isSame(file, Path.of(capture))) {
                throw Failure.failed(file + ": is the capture that is read, and would be overwritten");
            }
        }
        boolean kept = files++ < KEPT_OPEN;
        return PcapngWriter.to(new Appending(file, kept), file.toString(), kept ? BUFFER : SMALL_BUFFER);
    }

    static boolean isSame(Path file, Path other) {
        try {
            return Files.exists(file) && Files.exists(other) && Files.isSameFile(file, other);
        } catch (IOException unreadable) {
            return false;
        }
    }

    /** A file that is emptied, then appended to; open all the time or only while it is. */
    private static final class Appending implements WritableByteChannel {
        private final Path file;
        private final boolean kept;
        private @Nullable FileChannel channel;
        private boolean closed;

        Appending(Path file, boolean kept) {
            this.file = file;
            this.kept = kept;
            try {
                Files.write(file, new byte[0]);
            } catch (IOException problem) {
                throw Failure.failed(file + ": cannot be written");
            }
        }

        @Override
        public int write(ByteBuffer bytes) throws IOException {
            var open = channel;
            if (open == null) {
                open = FileChannel.open(file, StandardOpenOption.APPEND);
                channel = kept ? open : null;
            }
            try {
                return open.write(bytes);
            } finally {
                if (!kept) {
                    open.close();
                }
            }
        }

        @Override
        public boolean isOpen() {
            return !closed;
        }

        @Override
        public void close() throws IOException {
            closed = true;
            if (channel != null) {
                channel.close();
            }
        }
    }
}
