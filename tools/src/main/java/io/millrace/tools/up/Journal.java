package io.millrace.tools.up;

import io.millrace.tools.words.Figures;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * A file of lines that is always whole: whenever this process or the machine ends, it is either as it was or as it was to
 * become. Each line ends with its own checksum, so that a damaged one is lost alone.
 *
 * <pre>publish 0.0.0.0:8081:80/tcp web 5f3a90c1</pre>
 */
final class Journal {
    private static final int LARGEST = 16 << 20;
    private static final int CHECKSUM = 8;

    private final Path path;

    Journal(Path path) {
        this.path = path;
    }

    /** What was read, and what is to be said about it; null: nothing. */
    record Content(List<String> lines, @Nullable String told) {}

    /** Never fails: what cannot be read is told. */
    Content read() {
        if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            return new Content(List.of(), null);
        }
        try {
            return read(bytes());
        } catch (IOException e) {
            return new Content(List.of(), path + ": cannot be read (" + e + "): what was changed before is forgotten");
        }
    }

    private byte[] bytes() throws IOException {
        try (var in = Files.newInputStream(path, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)) {
            return in.readNBytes(LARGEST);
        }
    }

    private Content read(byte[] bytes) {
        var lines = new ArrayList<String>();
        int damaged = 0;
        for (var line : new String(bytes, StandardCharsets.ISO_8859_1).split("\n", -1)) {
            var whole = line.isEmpty() ? null : unsealed(line);
            if (whole != null) {
                lines.add(whole);
            } else if (!line.isEmpty()) {
                damaged++;
            }
        }
        var told = damaged == 0 ? null : path + ": " + Figures.count(damaged, "damaged line") + " forgotten";
        return new Content(lines, told);
    }

    private static @Nullable String unsealed(String line) {
        int end = line.length() - CHECKSUM - 1;
        if (end < 0) {
            return null;
        }
        var utf8 = line.substring(0, end).getBytes(StandardCharsets.ISO_8859_1);
        return line.equals(line.substring(0, end) + " " + checksum(utf8))
                ? new String(utf8, StandardCharsets.UTF_8)
                : null;
    }

    private static String checksum(byte[] bytes) {
        var sum = new CRC32C();
        sum.update(bytes);
        return HexFormat.of().toHexDigits((int) sum.getValue());
    }

    /**
     * Has it consist of these lines; when this returns, it does, come what may.
     *
     * @throws IOException it is what it was before
     */
    void write(List<String> lines) throws IOException {
        var text = new StringBuilder();
        for (var line : lines) {
            text.append(line)
                    .append(' ')
                    .append(checksum(line.getBytes(StandardCharsets.UTF_8)))
                    .append('\n');
        }
        var absolute = path.toAbsolutePath();
        var next = absolute.resolveSibling(absolute.getFileName() + ".new");
        Files.deleteIfExists(next); // of a process that was killed, or put there by somebody
        try {
            fill(next, text.toString());
            Files.move(next, absolute, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(next);
        }
        try (var directory = FileChannel.open(absolute.getParent(), StandardOpenOption.READ)) {
            directory.force(true); // the name, too
        }
    }

    private static void fill(Path file, String text) throws IOException {
        var ownersOnly = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
        var options = Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        try (var out = FileChannel.open(file, options, ownersOnly)) {
            var bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
            while (bytes.hasRemaining()) {
                out.write(bytes);
            }
            out.force(true);
        }
    }
}
