package io.millrace.dataplane.nat;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The first page of a {@link StateFile}: what it is, and when somebody last used it.
 *
 * <pre>
 *     0  magic (8) | version (4) | regions (4) | bytes of the file (8) | seed (8) |
 *        for each region: name (16), offset (8), bytes (8) | … | 504 seal of all this (8)       never changes
 *  1024  turn (8) | boot (16) | file time − monotonic clock (8) | file time (8) | wall clock (8) |
 *        starts (8) | seal (8)
 *  2048  the same
 * </pre>
 *
 * <p>The two lines at the bottom are written by turns, so that whenever the process is killed one of them is whole. Byte
 * order is the machine's; the magic tells. The file's time, in ns, goes on over restarts, and over reboots as the wall
 * clock says: times in records need never be rewritten.
 */
final class StateHeader {
    /** Bytes, a page. */
    static final int BYTES = 4096;

    static final int MOST_REGIONS = 12;

    private static final long MAGIC = 0x3145_5441_5453_524DL; // "MRSTATE1"
    private static final int VERSION = 8;
    private static final int COUNT = 12;
    private static final int FILE_BYTES = 16;
    private static final int SEED = 24;
    private static final int REGIONS = 32;
    private static final int REGION = 32;
    private static final int NAME = 16;
    private static final int SEALED = 504;

    private static final int LINES = 1024;
    private static final int BOOT = 8;
    private static final int AHEAD = 24;
    private static final int TIME = 32;
    private static final int WALL = 40;
    private static final int STARTS = 48;
    private static final int LINE_SEALED = 56;

    private final UnsafeBuffer page;

    StateHeader(UnsafeBuffer page) {
        this.page = page;
    }

    /** Whether nobody ever finished writing it. */
    boolean isBlank() {
        long any = 0;
        for (int at = 0; at < BYTES; at += 8) {
            any |= page.getLong(at);
        }
        return any == 0;
    }

    /** Writes a new file's. */
    void create(int version, List<StateFile.Region> regions, long bytes, long seed, Moment now) {
        page.setMemory(0, BYTES, (byte) 0);
        page.putInt(VERSION, version);
        page.putInt(COUNT, regions.size());
        page.putLong(FILE_BYTES, bytes);
        page.putLong(SEED, seed);
        long offset = BYTES;
        for (int i = 0; i < regions.size(); i++) {
            int at = REGIONS + i * REGION;
            page.putBytes(at, name(regions.get(i)));
            page.putLong(at + NAME, offset);
            page.putLong(at + NAME + 8, regions.get(i).bytes());
            offset += StateFile.pages(regions.get(i).bytes());
        }
        write(LINES, 1, now, 0, 0);
        page.putLong(SEALED, Seal.of(page, VERSION, SEALED - VERSION, MAGIC));
        Seal.close(page, 0, MAGIC);
    }

    private static byte[] name(StateFile.Region region) {
        return Arrays.copyOf(region.name().getBytes(StandardCharsets.US_ASCII), NAME);
    }

    /** Why a file with this page is not ours, as the end of a sentence; null when it is. */
    @Nullable
    String fault(int version, List<StateFile.Region> regions, long bytes) {
        long magic = page.getLong(0);
        if (magic == Long.reverseBytes(MAGIC)) {
            return "was written by a machine of the other byte order";
        }
        if (magic != MAGIC) {
            return "is no state file of Millrace's";
        }
        if (page.getLong(SEALED) != Seal.of(page, VERSION, SEALED - VERSION, MAGIC)) {
            return "has a damaged first page";
        }
        if (page.getInt(VERSION) != version) {
            return "was written by another version of Millrace";
        }
        if (!describes(regions)) {
            return "was made for tables of other sizes";
        }
        if (page.getLong(FILE_BYTES) != bytes) {
            return "should be " + page.getLong(FILE_BYTES) + " bytes long and is " + bytes;
        }
        return newest() == 0 ? "does not say when it was last used" : null;
    }

    private boolean describes(List<StateFile.Region> regions) {
        boolean same = page.getInt(COUNT) == regions.size();
        byte[] name = new byte[NAME];
        for (int i = 0; same && i < regions.size(); i++) {
            int at = REGIONS + i * REGION;
            page.getBytes(at, name);
            same = Arrays.equals(name, name(regions.get(i)))
                    && page.getLong(at + NAME + 8) == regions.get(i).bytes();
        }
        return same;
    }

    long seed() {
        return page.getLong(SEED);
    }

    /** How often the file was opened. */
    long starts() {
        return page.getLong(newest() + STARTS);
    }

    /** ns by which the file's time is ahead of the monotonic clock of this boot. */
    long ahead() {
        return page.getLong(newest() + AHEAD);
    }

    /** A process begins to use the file: its time goes on from where it was, plus what has passed since. */
    void start(Moment now) {
        int line = newest();
        var last = new Moment(
                new UUID(page.getLong(line + BOOT), page.getLong(line + BOOT + 8)),
                page.getLong(line + TIME) - page.getLong(line + AHEAD),
                page.getLong(line + WALL));
        long passed = last.isSameBoot(now) && now.monotonic() >= last.monotonic()
                ? now.monotonic() - last.monotonic()
                : Math.max(0, now.wall() - last.wall()) * 1_000_000;
        write(other(line), page.getLong(line) + 1, now, page.getLong(line + TIME) + passed, starts() + 1);
    }

    /** Notes the time. */
    void beat(long monotonic, long wall) {
        int from = newest();
        int to = other(from);
        Seal.open(page, to + LINE_SEALED);
        for (int at = BOOT; at < LINE_SEALED; at += 8) {
            page.putLong(to + at, page.getLong(from + at));
        }
        page.putLong(to, page.getLong(from) + 1);
        page.putLong(to + TIME, monotonic + page.getLong(from + AHEAD));
        page.putLong(to + WALL, wall);
        seal(to);
    }

    private void write(int line, long turn, Moment now, long time, long starts) {
        Seal.open(page, line + LINE_SEALED);
        page.putLong(line, turn);
        page.putLong(line + BOOT, now.boot().getMostSignificantBits());
        page.putLong(line + BOOT + 8, now.boot().getLeastSignificantBits());
        page.putLong(line + AHEAD, time - now.monotonic());
        page.putLong(line + TIME, time);
        page.putLong(line + WALL, now.wall());
        page.putLong(line + STARTS, starts);
        seal(line);
    }

    private void seal(int line) {
        Seal.close(page, line + LINE_SEALED, Seal.of(page, line, LINE_SEALED, MAGIC));
    }

    /** The line written last of those that are whole; 0: neither is. */
    private int newest() {
        boolean one = isWhole(LINES);
        boolean two = isWhole(2 * LINES);
        if (one && two) {
            return page.getLong(LINES) > page.getLong(2 * LINES) ? LINES : 2 * LINES;
        }
        return one ? LINES : two ? 2 * LINES : 0;
    }

    private boolean isWhole(int line) {
        return page.getLong(line + LINE_SEALED) == Seal.of(page, line, LINE_SEALED, MAGIC);
    }

    private static int other(int line) {
        return 3 * LINES - line;
    }
}
