package io.millrace.dataplane.nat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.millrace.dataplane.nat.StateFile.Region;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StateFileTest {
    private static final long SECOND = 1_000_000_000;

    /** {@code -Dkills=100} is the long form. */
    private static final int KILLS = Integer.getInteger("kills", 8);

    private static final Region SESSIONS = new Region("sessions", 640_000);
    private static final Region MAPPINGS = new Region("mappings", 10_000);
    private static final UUID BOOT = UUID.fromString("00000000-0000-0000-0000-00000000b001");

    @TempDir
    private Path directory;

    private Path path;

    @BeforeEach
    void name() {
        path = directory.resolve("state");
    }

    private static Moment at(long seconds) {
        return new Moment(BOOT, seconds * SECOND, 1_700_000_000_000L + seconds * 1000);
    }

    private StateFile open() throws IOException {
        return StateFile.open(path, 1, at(10), SESSIONS, MAPPINGS);
    }

    private void write(long value) throws IOException {
        try (var file = open()) {
            file.region("sessions").putLong(639_992, value);
            file.region("mappings").putLong(0, ~value);
        }
    }

    private void change(long offset, int bytes) throws IOException {
        try (var channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
            byte[] garbage = new byte[bytes];
            new SplittableRandom(offset).nextBytes(garbage);
            channel.write(ByteBuffer.wrap(garbage), offset);
        }
    }

    @Test
    void whatIsWrittenIsThereWhenTheFileIsOpenedAgain() throws IOException {
        write(42);
        try (var file = open()) {
            assertThat(file.region("sessions").getLong(639_992)).isEqualTo(42);
            assertThat(file.region("sessions").capacity()).isEqualTo(640_000);
            assertThat(file.region("mappings").getLong(0)).isEqualTo(~42L);
            assertThat(file.region("mappings").addressOffset() % 4096).isZero();
            assertThat(file.starts()).isEqualTo(2);
            assertThat(file.told()).isNull();
        }
    }

    @Test
    void anEmptyFileIsTakenAndANewOneIsForItsOwnerOnly() throws IOException {
        Files.createFile(path, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        write(1);
        assertThat(Files.getPosixFilePermissions(path)).isEqualTo(PosixFilePermissions.fromString("rw-------"));
        Files.delete(path);
        write(1);
        assertThat(Files.getPosixFilePermissions(path)).isEqualTo(PosixFilePermissions.fromString("rw-------"));
    }

    @Test
    void theWholeFileHasItsBlocksFromTheBeginning() throws Exception {
        try (var file = open()) {
            assertThat(file.told()).isNull();
            var stat = new ProcessBuilder("stat", "-c", "%b %B %s", path.toString()).start();
            var words = new String(stat.getInputStream().readAllBytes()).strip().split(" ");
            assertThat(Long.parseLong(words[0]) * Long.parseLong(words[1]))
                    .isGreaterThanOrEqualTo(Long.parseLong(words[2]));
        }
    }

    @Test
    void eachFileHasASeedOfItsOwnAndKeepsIt() throws IOException {
        long seed;
        try (var file = open()) {
            seed = file.seed();
        }
        try (var again = open();
                var other = StateFile.open(directory.resolve("other"), 1, at(0), SESSIONS)) {
            assertThat(again.seed()).isEqualTo(seed).isNotEqualTo(other.seed());
        }
    }

    private void isPutAside(String fault) throws IOException {
        byte[] before = Files.readAllBytes(path);
        try (var file = open()) {
            assertThat(file.told())
                    .isEqualTo(path + ": " + fault + "; it is now state.bad, and all sessions begin anew");
            assertThat(file.region("sessions").getLong(639_992)).isZero();
            assertThat(file.starts()).isEqualTo(1);
        }
        assertThat(directory.resolve("state.bad")).hasBinaryContent(before);
        try (var file = open()) {
            assertThat(file.told()).isNull();
        }
    }

    @Test
    void aForeignFileIsPutAsideWithEveryByte() throws IOException {
        var owner = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
        Files.createFile(path, owner);
        Files.writeString(path, "a letter to my aunt");
        isPutAside("is no state file of Millrace's");
        Files.delete(path);
        Files.createFile(path, owner);
        Files.write(path, new byte[10_000_000]);
        isPutAside("is no state file of Millrace's");
    }

    @Test
    void aFileOfAnotherVersionOrSizeIsPutAside() throws IOException {
        StateFile.open(path, 2, at(0), SESSIONS, MAPPINGS).close();
        isPutAside("was written by another version of Millrace");
        StateFile.open(path, 1, at(0), SESSIONS).close();
        try (var file = open()) {
            assertThat(file.told()).contains("was made for tables of other sizes");
        }
    }

    @Test
    void aFileCutShortIsPutAside() throws IOException {
        write(42);
        long size = Files.size(path);
        try (var channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
            channel.truncate(100_000);
        }
        isPutAside("should be " + size + " bytes long and is 100000");
        try (var channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
            channel.truncate(100);
        }
        isPutAside("is no state file of Millrace's");
    }

    @Test
    void aDamagedFirstPageIsSeenAndItsTwoLinesHelpEachOther() throws IOException {
        write(42);
        change(40, 4);
        isPutAside("has a damaged first page");
        write(42);
        change(1024 + 20, 4);
        try (var file = open()) {
            assertThat(file.told()).isNull();
            assertThat(file.region("sessions").getLong(639_992)).isEqualTo(42);
        }
        change(1024, 8);
        change(2048, 8);
        isPutAside("does not say when it was last used");
    }

    @Test
    void whatOthersMayHaveWrittenIsNotBelieved() throws IOException {
        write(42);
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-rw----"));
        isPutAside("can be written to by others");
    }

    @Test
    void anInterruptedBeginningIsBegunAgain() throws IOException {
        Files.createFile(path, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.write(path, new byte[300_000]);
        try (var file = open()) {
            assertThat(file.told()).isNull();
        }
        assertThat(directory.resolve("state.bad")).doesNotExist();
    }

    @Test
    void whatIsNoFileIsRefused() throws IOException {
        Files.createDirectory(path);
        assertThatThrownBy(this::open).hasMessage(path + ": is a directory; sessions are kept in a regular file");
        Files.delete(path);
        Files.createSymbolicLink(path, directory.resolve("elsewhere"));
        assertThatThrownBy(this::open).hasMessage(path + ": is a symbolic link; sessions are kept in a regular file");
        path = directory.resolve("no/state");
        assertThatThrownBy(this::open).hasMessage(path + ": cannot be opened: its directory is not there");
        path = Path.of("/proc/1/comm/state");
        assertThatThrownBy(this::open)
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith(path + ": cannot be opened: ");
        path = Path.of("/dev/null");
        assertThatThrownBy(this::open).hasMessage(path + ": is no file; sessions are kept in a regular file");
    }

    @Test
    void aSecondUserIsRefusedInThisProcessAndInAnother() throws Exception {
        var first = open();
        var sentence = path + ": another process keeps its sessions there; give each a file of its own";
        assertThatThrownBy(this::open).hasMessage(sentence);
        assertThat(new Child("open", path).ends()).contains(sentence);
        first.close();
        assertThat(new Child("open", path).ends()).contains("opened");
    }

    @Test
    void aFullDiskIsNoticedAtTheStart() throws Exception {
        var mounted = "mount -t tmpfs -o size=256k full " + directory + " && exec \"$@\"";
        assumeThat(new ProcessBuilder("unshare", "-m", "true").start().waitFor())
                .as("a tmpfs can be mounted (as root)")
                .isZero();
        assertThat(new Child(List.of("unshare", "-m", "sh", "-c", mounted, "sh"), "open", path).ends())
                .contains(path + ": no room for 659456 bytes: No space left on device");
    }

    @Test
    void itsTimeGoesOnOverARestartWhateverTheWallClockSays() throws IOException {
        long first = time(at(100), 0);
        assertThat(time(at(160), 0) - first).isEqualTo(60 * SECOND);
        var dayBack = new Moment(BOOT, 170 * SECOND, at(170).wall() - 86_400_000);
        assertThat(time(dayBack, 0) - first).isEqualTo(70 * SECOND);
    }

    @Test
    void itsTimeGoesOnOverARebootAsTheWallClockSays() throws IOException {
        long first = time(at(1000), 30);
        var rebooted = new Moment(UUID.randomUUID(), 5 * SECOND, at(1030).wall() + 20_000);
        assertThat(time(rebooted, 0) - first).isEqualTo(50 * SECOND);
        var clockSetBack = new Moment(UUID.randomUUID(), 7 * SECOND, at(3).wall());
        assertThat(time(clockSetBack, 0) - first).isEqualTo(50 * SECOND);
        var unknown = new UUID(0, 0);
        assertThat(time(new Moment(unknown, 1 * SECOND, at(10).wall()), 0) - first)
                .isEqualTo(57 * SECOND);
        assertThat(time(new Moment(unknown, 500 * SECOND, at(15).wall()), 0) - first)
                .isEqualTo(62 * SECOND);
    }

    /** The file's time when it was opened; it then beats for some seconds. */
    private long time(Moment now, int beats) throws IOException {
        try (var file = StateFile.open(path, 1, now, SESSIONS, MAPPINGS)) {
            for (int i = 1; i <= beats; i++) {
                file.beat(now.monotonic() + i * SECOND, now.wall() + i * 1000L);
            }
            return now.monotonic() + file.ahead();
        }
    }

    @Test
    void whenItIsReallyNowTheFileSaysSo() throws Exception {
        long before = real();
        Thread.sleep(20);
        assertThat(real() - before).isBetween(20_000_000L, 60 * SECOND);
    }

    private long real() throws IOException {
        var now = Moment.ofThisBoot(System.nanoTime(), System.currentTimeMillis());
        assertThat(now.boot().version()).isEqualTo(4);
        try (var file = StateFile.open(path, 1, now, SESSIONS, MAPPINGS)) {
            return now.monotonic() + file.ahead();
        }
    }

    @Test
    void recordsThatWereDamagedAreLostAndNoOthers() throws IOException {
        try (var file = open()) {
            for (int i = 0; i < Writer.RECORDS; i++) {
                Writer.write(file, i, i);
            }
        }
        var random = new SplittableRandom(9);
        var hit = new TreeSet<Integer>();
        for (int i = 0; i < 50; i++) {
            int record = random.nextInt(Writer.RECORDS);
            if (hit.add(record)) {
                change(4096 + record * Writer.RECORD + random.nextInt(Writer.SEALED - 4), 4);
            }
        }
        try (var file = open()) {
            for (int i = 0; i < Writer.RECORDS; i++) {
                assertThat(Writer.isWhole(file, i)).as("record %s", i).isEqualTo(!hit.contains(i));
            }
        }
    }

    @Test
    void aProcessKilledAtAnyMomentLeavesEveryRecordWholeOrFree() throws Exception {
        var random = new SplittableRandom(11);
        int whole = 0;
        for (int kill = 0; kill < KILLS; kill++) {
            if (kill % 10 == 0) {
                Files.deleteIfExists(path);
            }
            var child = new Child("write", path);
            child.saysThatItWrites();
            TimeUnit.MICROSECONDS.sleep(random.nextInt(5_000));
            child.kill();
            try (var file = StateFile.open(
                    path, 1, Moment.ofThisBoot(System.nanoTime(), System.currentTimeMillis()), SESSIONS, MAPPINGS)) {
                assertThat(file.told()).isNull();
                whole += Writer.check(file);
            }
        }
        assertThat(whole).isPositive();
    }
}
