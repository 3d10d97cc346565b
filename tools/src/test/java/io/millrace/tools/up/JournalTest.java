package io.millrace.tools.up;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Lines that outlive whatever happens to their file, each by itself. */
class JournalTest {
    private static final List<String> LINES =
            List.of("publish 0.0.0.0:8081:80/tcp web", "unpublish 0.0.0.0:53:53/udp dns", "drain 2 0 wéb");

    @TempDir
    private Path folder;

    private Path path;
    private Journal journal;

    @BeforeEach
    void name() {
        path = folder.resolve("sessions.changes");
        journal = new Journal(path);
    }

    @Test
    void whatWasWrittenIsReadAndIsItsOwnersOnly() throws IOException {
        assertThat(journal.read()).isEqualTo(new Journal.Content(List.of(), null));
        journal.write(List.of("before"));
        journal.write(LINES);
        assertThat(journal.read()).isEqualTo(new Journal.Content(LINES, null));
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
                .isEqualTo("rw-------");
        assertThat(folder).isDirectoryNotContaining(file -> !file.equals(path));
    }

    @Test
    void aDamagedLineIsLostAlone() throws IOException {
        journal.write(LINES);
        byte[] whole = Files.readAllBytes(path);
        int second = LINES.getFirst().length() + 10;
        for (int bit = 0; bit < 8; bit++) {
            byte[] damaged = whole.clone();
            damaged[second + 5] ^= (byte) (1 << bit);
            Files.write(path, damaged);
            var content = journal.read();
            assertThat(content.lines())
                    .contains(LINES.getFirst(), LINES.getLast())
                    .hasSize(2);
            assertThat(content.told()).startsWith(path + ": ").endsWith("forgotten");
        }
    }

    @Test
    void cutAnywhereItGivesTheLinesBefore() throws IOException {
        journal.write(LINES);
        byte[] whole = Files.readAllBytes(path);
        for (int length = 0; length < whole.length; length++) {
            Files.write(path, Arrays.copyOf(whole, length));
            var lines = journal.read().lines();
            assertThat(LINES.subList(0, lines.size())).isEqualTo(lines);
        }
    }

    @Test
    void noRandomBytesAreALine() throws IOException {
        byte[] garbage = new byte[100_000];
        new SplittableRandom(1).nextBytes(garbage);
        Files.write(path, garbage);
        assertThat(journal.read().lines()).isEmpty();
        assertThat(journal.read().told()).contains("damaged");
    }

    @Test
    void whatCannotBeReadIsToldAndWhatCannotBeWrittenIsRefused() throws IOException {
        Files.createDirectory(path);
        Files.createFile(path.resolve("something"));
        assertThat(journal.read().lines()).isEmpty();
        assertThat(journal.read().told()).startsWith(path + ": cannot be read");
        assertThatThrownBy(() -> journal.write(LINES)).isInstanceOf(IOException.class);
        assertThat(path).isDirectory();
    }

    @Test
    void aLinkIsNotFollowed() throws IOException {
        var elsewhere = Files.writeString(folder.resolve("elsewhere"), "theirs\n");
        Files.createSymbolicLink(path, elsewhere);
        Files.createSymbolicLink(folder.resolve("sessions.changes.new"), elsewhere);
        assertThat(journal.read().told()).contains("cannot be read");
        journal.write(LINES);
        assertThat(elsewhere).hasContent("theirs");
        assertThat(journal.read().lines()).isEqualTo(LINES);
    }
}
