package io.millrace.tools.capture;

import io.millrace.tools.words.Failure;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * A capture on a disk that may be full. Then the file ends with its last whole packet, whoever wants to know is told once,
 * and when there is space again the capture goes on where it stopped.
 */
final class CaptureFile implements AutoCloseable {
    private static final long PATIENCE_MS = 100;

    private final Path file;
    private final FileChannel channel;
    private final Consumer<String> news;
    private final BooleanSupplier wanted;
    private long unwritten;

    /**
     * Creates the file, or empties it.
     *
     * @param news is told what happens, a sentence at a time
     * @param wanted whether to go on waiting for space
     */
    CaptureFile(Path file, Consumer<String> news, BooleanSupplier wanted) {
        this.file = file;
        this.news = news;
        this.wanted = wanted;
        this.channel = create(file);
    }

    private static FileChannel create(Path file) {
        try {
            if (Files.isDirectory(file)) {
                throw Failure.failed(file + ": is a directory, not a file to write a capture to");
            }
            return FileChannel.open(
                    file, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE);
        } catch (NoSuchFileException missing) {
            throw Failure.failed(file + ": cannot be written: there is no such directory");
        } catch (AccessDeniedException denied) {
            throw Failure.failed(file + ": may not be written (permission denied)");
        } catch (IOException problem) {
            throw Failure.failed(file + ": cannot be written");
        }
    }

    /** Frames that found no space until nobody wanted them any more. */
    long unwritten() {
        return unwritten;
    }

    /** Writes whole blocks; waits while there is no space for them, and then gives up if nobody wants them any more. */
    void write(ByteBuffer blocks) {
        boolean told = false;
        while (!((!told || hasRoom(blocks)) && fits(blocks))) {
            if (!told) {
                news.accept(
                        file + ": the disk is full; the file is whole, and the capture goes on when there is space");
                told = true;
            }
            if (!wanted.getAsBoolean()) {
                unwritten += PcapngBlocks.framesFrom(blocks, blocks.position());
                return;
            }
            rest();
        }
        if (told) {
            news.accept(file + ": there is space again, the capture goes on");
        }
    }

    /** Asked before trying anew, so that a reader does not meet the piece of a block that would be taken back. */
    private boolean hasRoom(ByteBuffer blocks) {
        try {
            return Files.getFileStore(file).getUsableSpace() >= blocks.remaining();
        } catch (IOException nobodyTells) {
            return true;
        }
    }

    private static void rest() {
        try {
            Thread.sleep(PATIENCE_MS);
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
    }

    /** Writes as many whole blocks as there is space for; whether that was all. */
    private boolean fits(ByteBuffer blocks) {
        try {
            while (blocks.hasRemaining()) {
                channel.write(blocks);
            }
            return true;
        } catch (IOException problem) {
            var why = String.valueOf(problem.getMessage());
            if (!why.contains("No space left") && !why.contains("quota exceeded")) {
                throw Failure.failed(file + ": cannot be written: " + why);
            }
            cutBack(blocks);
            return false;
        }
    }

    /** Takes back what was written of a block that has no space as a whole. */
    private void cutBack(ByteBuffer blocks) {
        int whole = PcapngBlocks.wholeBefore(blocks, blocks.position());
        try {
            channel.truncate(channel.position() - (blocks.position() - whole));
        } catch (IOException problem) {
            throw Failure.failed(file + ": cannot be cut back to its last whole packet: " + problem.getMessage());
        }
        blocks.position(whole);
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException problem) {
            throw Failure.failed(file + ": cannot be written to the end: " + problem.getMessage());
        }
    }
}
