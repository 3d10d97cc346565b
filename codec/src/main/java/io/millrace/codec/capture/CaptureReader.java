package io.millrace.codec.capture;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The frames of a capture file, one after the other, in the file's order and without copying.
 *
 * <pre>{@code
 * try (CaptureReader in = CaptureReader.open(Path.of("lan.pcap"))) {
 *     while (in.next()) {
 *         ethernet.wrap(in.buffer(), in.offset());
 *     }
 *     if (in.damage() != null) { ... }
 * }
 * }</pre>
 *
 * <p>A damaged file is no exception: the frames before the damage are given, then {@link #next} answers {@code false}
 * and {@link #damage} says in one sentence what is wrong and where. Memory is bounded whatever the file claims. What a
 * whole file is, and how many frames it holds, is judged as Wireshark 4.0 judges it.
 *
 * <p>A reader belongs to one thread at a time.
 */
public abstract sealed class CaptureReader implements AutoCloseable permits PcapReader, PcapngReader {
    /** The time of a frame whose record has none (pcapng's Simple Packet Block). */
    public static final long NO_TIME = Long.MIN_VALUE;

    private static final long NANOS = 1_000_000_000L;

    final Window window;
    final String name;
    final UnsafeBuffer view = new UnsafeBuffer(0, 0);
    private final Source source;
    private final Warnings warnings = new Warnings();

    long number;
    long position;
    long time = NO_TIME;
    int captured;
    int original;
    int linkTypeNumber = -1;
    LinkType linkType = LinkType.OTHER;
    int interfaceId;
    boolean ended;
    private @Nullable String damage;

    CaptureReader(Source source) {
        this.source = source;
        this.window = source.window();
        this.name = source.name();
    }

    /**
     * Opens a capture file, plain (then it is memory-mapped, of any size) or compressed with gzip or zstd; {@code -} is
     * standard input, read once.
     *
     * @throws CaptureException if there is no such file, or it is no capture that this reader knows
     */
    public static CaptureReader open(Path file) {
        return of(Source.open(file));
    }

    /** Reads a capture from a stream, plain or compressed; closing the reader closes it. The name is for sentences. */
    public static CaptureReader of(InputStream in, String name) {
        return of(Source.of(in, name));
    }

    private static CaptureReader of(Source source) {
        try {
            return source.isPcapng() ? new PcapngReader(source) : new PcapReader(source);
        } catch (CaptureException refused) {
            source.close();
            throw refused;
        }
    }

    /** Moves to the next frame; {@code false} at the end, and {@link #damage} then says whether it ended well. */
    public abstract boolean next();

    /** The number of the current frame, from 1 over the whole file; after the end, how many frames there were. */
    public final long number() {
        return number;
    }

    /** The captured bytes of the current frame, to be read only and until {@link #next} is called again. */
    public final UnsafeBuffer buffer() {
        return view;
    }

    /** Where the frame starts in {@link #buffer}, in bytes. */
    public final int offset() {
        return 0;
    }

    /** How many bytes of the current frame the file holds. */
    public final int captured() {
        return captured;
    }

    /**
     * How many bytes the current frame had on the wire, as its record says: normally not less than {@link #captured}
     * (a warning counts the records that say otherwise), at most 2^31 - 1.
     */
    public final int original() {
        return original;
    }

    /** When the current frame was captured, in nanoseconds since 1970 (UTC), or {@link #NO_TIME}. */
    public final long time() {
        return time;
    }

    /** The seconds since 1970 of {@link #time}, as the record has them: without a fraction that is a second or more. */
    public long recordedSeconds() {
        return Math.floorDiv(time, NANOS);
    }

    /**
     * What is behind {@link #recordedSeconds}, in nanoseconds: below a second unless the record is odd. It has the 32
     * bits that Wireshark gives it, so that an absurd fraction may come out negative as it does there.
     */
    public int recordedNanoseconds() {
        return (int) Math.floorMod(time, NANOS);
    }

    /** What the first bytes of the current frame are. */
    public final LinkType linkType() {
        return linkType;
    }

    /** The same as the number in the file, from 0 to 65535. */
    public final int linkTypeNumber() {
        return linkTypeNumber;
    }

    /** The interface of the current frame, from 0 within its section; 0 in a pcap file. */
    public final int interfaceId() {
        return interfaceId;
    }

    /** The name of that interface where the file tells it, otherwise empty. */
    public String interfaceName() {
        return "";
    }

    /** Where the record of the current frame starts in the (uncompressed) file, in bytes. */
    public final long position() {
        return position;
    }

    /** The file's name as it was given. */
    public final String name() {
        return name;
    }

    /** The file's format in a few words. */
    public abstract String format();

    /** What is wrong with the file, in one sentence with its name, frame number and byte offset; null while it is whole. */
    public final @Nullable String damage() {
        return damage;
    }

    /** What is odd about the file although it can be read: a few sentences at most, each with how many frames it concerns. */
    public final List<String> warnings() {
        return warnings.sentences(name);
    }

    /** How much of the file has been read, in the bytes of {@link #size}. */
    public final long bytesRead() {
        return source.bytesRead();
    }

    /** The file's size in bytes as it lies on the disk, or -1 when it is not known. */
    public final long size() {
        return source.size();
    }

    /** Gives the file back. The current frame's bytes are gone. */
    @Override
    public void close() {
        ended = true;
        view.wrap(0, 0);
        source.close();
    }

    final void warn(Warnings.Kind kind) {
        warnings.add(kind);
    }

    /** Lays the view over the frame's bytes, {@code from} bytes on from here. */
    final void show(long from, int captured, long original) {
        window.show(view, from, captured);
        this.captured = captured;
        if (original < captured || original > Integer.MAX_VALUE) {
            this.original = oddLength(original);
        } else {
            this.original = (int) original;
        }
    }

    private int oddLength(long original) {
        warn(original > Integer.MAX_VALUE ? Warnings.Kind.HUGE_ORIGINAL : Warnings.Kind.ORIGINAL_BELOW_CAPTURED);
        return (int) Math.min(original, Integer.MAX_VALUE);
    }

    /** The end of the file where one may be. */
    final boolean ends() {
        String trouble = window.trouble();
        return trouble == null ? over() : damaged(trouble);
    }

    /** The file ends where it must not; {@code what} it ends in. */
    final boolean cut(String what) {
        String trouble = window.trouble();
        return damaged(trouble == null ? "the file ends inside " + what : trouble + ", inside " + what);
    }

    final boolean damaged(String why) {
        damage = name + ": frame " + (number + 1) + " at byte " + window.position() + ": " + why;
        return over();
    }

    static String tooFew(long captured, int least) {
        return "the packet's length of " + captured + " bytes is less than the " + least
                + " that stand before its frame";
    }

    private boolean over() {
        ended = true;
        captured = 0;
        original = 0;
        view.wrap(0, 0);
        return false;
    }

    static void closeQuietly(AutoCloseable what) {
        try {
            what.close();
        } catch (IOException nothingIsLostByReading) {
            return;
        } catch (Exception impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
