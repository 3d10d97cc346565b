package io.millrace.codec.capture;

import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.ZipException;
import org.jspecify.annotations.Nullable;

/** Where a capture's bytes come from: a mapped file, or a stream that may be compressed. */
final class Source implements AutoCloseable {
    private static final int GZIP = 0x8B1F, ZSTD = 0xFD2FB528;

    private final String name;
    private final Window window;
    private final long size;
    private final @Nullable Counting counting;

    private Source(String name, Window window, long size, @Nullable Counting counting) {
        this.name = name;
        this.window = window;
        this.size = size;
        this.counting = counting;
    }

    static Source open(Path file) {
        String name = file.toString();
        if (name.equals("-")) {
            return of(System.in, "standard input");
        }
        try {
            if (Files.isDirectory(file)) {
                throw new CaptureException(name, "is a directory, not a capture file");
            }
            if (!Files.isRegularFile(file)) {
                return stream(Files.newInputStream(file), name, -1);
            }
            return regular(file, name);
        } catch (NoSuchFileException missing) {
            throw new CaptureException(name, "no such file");
        } catch (AccessDeniedException denied) {
            throw new CaptureException(name, "may not be read (permission denied)");
        } catch (IOException problem) {
            throw new CaptureException(name, "cannot be read");
        }
    }

    static Source of(InputStream in, String name) {
        try {
            return stream(in, name, -1);
        } catch (IOException problem) {
            throw new CaptureException(name, "cannot be read");
        }
    }

    private static Source regular(Path file, String name) throws IOException {
        Arena arena = Arena.ofShared();
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            long size = channel.size();
            MemorySegment mapped = channel.map(FileChannel.MapMode.READ_ONLY, 0, size, arena);
            Window window = Window.over(arena, mapped);
            if (!isCompressed(window)) {
                return new Source(name, window, size, null);
            }
            window.close();
            return stream(Files.newInputStream(file), name, size);
        } catch (IOException problem) {
            if (arena.scope().isAlive()) {
                arena.close();
            }
            throw problem;
        }
    }

    private static boolean isCompressed(Window window) {
        return window.has(4) && (window.u16(0) == GZIP || window.i32(0) == ZSTD);
    }

    private static Source stream(InputStream in, String name, long size) throws IOException {
        Counting counting = new Counting(in);
        try {
            byte[] magic = counting.readNBytes(4);
            InputStream all = new SequenceInputStream(new ByteArrayInputStream(magic), counting);
            return new Source(name, Window.over(decompressed(all, littleEndian(magic))), size, counting);
        } catch (EOFException | ZipException broken) {
            in.close();
            throw new CaptureException(name, Decompression.sentence(broken));
        }
    }

    private static InputStream decompressed(InputStream all, int magic) throws IOException {
        if ((magic & 0xFFFF) == GZIP) {
            return Decompression.gzip(all);
        }
        return magic == ZSTD ? Decompression.zstd(all) : all;
    }

    private static int littleEndian(byte[] bytes) {
        int value = 0;
        for (int i = 0; i < bytes.length; i++) {
            value |= (bytes[i] & 0xFF) << (8 * i);
        }
        return value;
    }

    String name() {
        return name;
    }

    Window window() {
        return window;
    }

    long size() {
        return size;
    }

    long bytesRead() {
        return counting == null ? window.position() : counting.count;
    }

    /** Whether the file starts with a pcapng section header, which reads the same in both byte orders. */
    boolean isPcapng() {
        if (!window.has(1)) {
            throw new CaptureException(name, window.trouble() == null ? "the file is empty" : window.trouble());
        }
        if (!window.has(4)) {
            String trouble = window.trouble();
            throw new CaptureException(
                    name,
                    trouble == null ? "not a capture: the file is only " + window.left() + " bytes long" : trouble);
        }
        return window.i32(0) == PcapngReader.SECTION_HEADER;
    }

    @Override
    public void close() {
        CaptureReader.closeQuietly(window);
    }

    /** Counts what is taken from the file, for the progress bar. */
    private static final class Counting extends FilterInputStream {
        private long count;

        Counting(InputStream in) {
            super(in);
        }

        @Override
        public int read() throws IOException {
            int one = in.read();
            count += one < 0 ? 0 : 1;
            return one;
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            int got = in.read(into, offset, length);
            count += Math.max(got, 0);
            return got;
        }
    }
}
