package io.millrace.tools.up;

import io.millrace.tools.words.Failure;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Where those that run have their sockets: {@code /run/millrace}, for others than root a directory of their own. */
final class Home {
    private static final String SOCKET = ".sock";

    private Home() {}

    /** The directory; it need not exist. */
    static Path directory() {
        if (isRoot()) {
            return Path.of("/run/millrace");
        }
        var own = System.getenv("XDG_RUNTIME_DIR");
        if (own == null || own.isEmpty()) {
            throw Failure.failed("XDG_RUNTIME_DIR is not set: say with --socket where the socket is to be");
        }
        return Path.of(own, "millrace");
    }

    /** The directory, made if need be; nobody else may look into it. */
    static Path made() {
        var directory = directory();
        try {
            Files.createDirectories(
                    directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            return directory;
        } catch (IOException e) {
            throw Failure.failed(directory + ": the directory for the socket cannot be made: " + e.getMessage());
        }
    }

    static Path socket(String name) {
        return directory().resolve(name + SOCKET);
    }

    /** Every socket there is, by name; some may be of those that were killed. */
    static List<Path> sockets() {
        var all = new ArrayList<Path>();
        try (var found = Files.newDirectoryStream(directory(), "[!.]*" + SOCKET)) {
            found.forEach(all::add);
        } catch (NoSuchFileException | NotDirectoryException e) {
            return all; // nothing ever ran
        } catch (IOException | DirectoryIteratorException e) {
            throw Failure.failed(directory() + ": cannot be read: " + e.getMessage());
        }
        Collections.sort(all);
        return all;
    }

    private static boolean isRoot() {
        try {
            return (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid") == 0;
        } catch (IOException | UnsupportedOperationException e) {
            return false;
        }
    }
}
