package io.millrace.codec.capture;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** A file that is written through a buffer of our own; numbers are little endian. */
final class CaptureOutput implements AutoCloseable {
    private static final int SIZE = 1 << 16;

    /** What can be put without a look at how much room there is. */
    static final int SMALLEST = 1024;

    private final String name;
    private final WritableByteChannel channel;
    private final ByteBuffer memory;
    private final UnsafeBuffer buffer;
    private int length;

    private CaptureOutput(String name, FileChannel channel) {
        this(name, channel, SIZE);
    }

    /** @param size of the buffer in bytes, from {@link #SMALLEST} */
    CaptureOutput(String name, WritableByteChannel channel, int size) {
        this.name = name;
        this.channel = channel;
        this.memory = ByteBuffer.allocateDirect(size);
        this.buffer = new UnsafeBuffer(memory);
    }

    @SuppressWarnings("resource") // standard output stays open
    static CaptureOutput open(Path file) {
        String name = file.toString();
        if (name.equals("-")) {
            return new CaptureOutput("standard output", new FileOutputStream(FileDescriptor.out).getChannel());
        }
        try {
            if (Files.isDirectory(file)) {
                throw new CaptureException(name, "is a directory, not a file to write a capture to");
            }
            return new CaptureOutput(
                    name,
                    FileChannel.open(
                            file,
                            StandardOpenOption.CREATE,
                            StandardOpenOption.TRUNCATE_EXISTING,
                            StandardOpenOption.WRITE));
        } catch (NoSuchFileException missing) {
            throw new CaptureException(name, "cannot be written: there is no such directory");
        } catch (AccessDeniedException denied) {
            throw new CaptureException(name, "may not be written (permission denied)");
        } catch (IOException problem) {
            throw cannotBeWritten(name, problem);
        }
    }

    private static CaptureException cannotBeWritten(String name, IOException problem) {
        String message = problem.getMessage();
        boolean full = message != null && message.contains("No space left");
        return new CaptureException(name, full ? "no space is left on the device" : "cannot be written");
    }

    String name() {
        return name;
    }

    /** Makes sure that {@code bytes}, at most a few hundred, can be put without another look. */
    void reserve(int bytes) {
        if (length + bytes > memory.capacity()) {
            flush();
        }
    }

    void u8(int value) {
        buffer.putByte(length, (byte) value);
        length += 1;
    }

    void u16(int value) {
        buffer.putShort(length, (short) value, ByteOrder.LITTLE_ENDIAN);
        length += 2;
    }

    void u32(int value) {
        buffer.putInt(length, value, ByteOrder.LITTLE_ENDIAN);
        length += 4;
    }

    void i64(long value) {
        buffer.putLong(length, value, ByteOrder.LITTLE_ENDIAN);
        length += 8;
    }

    /** Any number of bytes, which need no reservation. */
    void bytes(DirectBuffer from, int offset, int count) {
        int done = 0;
        while (done < count) {
            if (length == memory.capacity()) {
                flush();
            }
            int piece = Math.min(count - done, memory.capacity() - length);
            buffer.putBytes(length, from, offset + done, piece);
            length += piece;
            done += piece;
        }
    }

    void zeros(int count) {
        for (int i = 0; i < count; i++) {
            u8(0);
        }
    }

    void flush() {
        memory.limit(length).position(0);
        try {
            while (memory.hasRemaining()) {
                channel.write(memory);
            }
        } catch (IOException problem) {
            throw cannotBeWritten(name, problem);
        } finally {
            length = 0;
            memory.clear();
        }
    }

    @Override
    public void close() {
        if (!channel.isOpen()) {
            return;
        }
        try (channel) {
            flush();
        } catch (IOException problem) {
            throw cannotBeWritten(name, problem);
        }
    }
}
