package io.millrace.dataplane.nat;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.dataplane.nat.StateFile.Region;
import java.io.IOException;
import java.nio.file.Path;
import java.util.SplittableRandom;

/** A process that writes records, or sessions, into a state file like mad, until it is killed. */
final class Writer {
    static final int RECORD = 64;
    static final int SEALED = 56;
    static final int RECORDS = 10_000;

    private Writer() {}

    /** What is in a record follows from one number: whoever reads it can tell whether it is all of one. */
    static void write(StateFile file, int record, long number) {
        var memory = file.region("sessions");
        int at = record * RECORD;
        Seal.open(memory, at);
        for (int i = 8; i < SEALED; i += 8) {
            memory.putLong(at + i, number * i);
        }
        Seal.close(memory, at, seal(file, record));
        memory.putLong(at + SEALED, number);
    }

    private static long seal(StateFile file, int record) {
        return Seal.of(file.region("sessions"), record * RECORD + 8, SEALED - 8, Seal.salt(file.seed(), record));
    }

    static boolean isWhole(StateFile file, int record) {
        return file.region("sessions").getLong(record * RECORD) == seal(file, record);
    }

    /** How many records are whole; that each is what one call wrote. */
    static int check(StateFile file) {
        var memory = file.region("sessions");
        int whole = 0;
        for (int record = 0; record < RECORDS; record++) {
            if (memory.getLong(record * RECORD) != 0 && isWhole(file, record)) {
                whole++;
                long number = memory.getLong(record * RECORD + 8) / 8;
                for (int i = 8; i < SEALED; i += 8) {
                    assertThat(memory.getLong(record * RECORD + i)).isEqualTo(number * i);
                }
            }
        }
        return whole;
    }

    /** Opens and ends sessions for ever. */
    private static void sessions(Path path) throws IOException {
        try (var file = KeptSessionsTest.open(path)) {
            var sessions = KeptSessionsTest.over(file);
            new KeptSessions(sessions).recover(_ -> {}, record -> false, 1);
            System.out.println("opened");
            for (int n = 0; ; n = n + 1 & 0xFFFF) {
                if (sessions.size() > KeptSessionsTest.MOST / 2) {
                    sessions.sweep(1 + KeptSessionsTest.LIFE + 1, 500);
                }
                var known = KeptSessionsTest.original(n);
                if (sessions.find(known, sessions.hash(known), 1) == Sessions.NONE) {
                    KeptSessionsTest.open(sessions, n, 1);
                }
            }
        }
    }

    public static void main(String[] words) throws IOException {
        if (words[0].equals("sessions")) {
            sessions(Path.of(words[1]));
            return;
        }
        try (var file = StateFile.open(
                Path.of(words[1]),
                1,
                Moment.ofThisBoot(System.nanoTime(), System.currentTimeMillis()),
                new Region("sessions", 640_000),
                new Region("mappings", 10_000))) {
            System.out.println("opened");
            var random = new SplittableRandom();
            for (long number = 1; words[0].equals("write"); number++) {
                int record = random.nextInt(RECORDS);
                write(file, record, number);
                if (number % 3 == 0) {
                    Seal.open(file.region("sessions"), random.nextInt(RECORDS) * RECORD);
                }
                file.beat(System.nanoTime(), System.currentTimeMillis());
            }
        } catch (IOException e) {
            System.out.println(e.getMessage());
        }
    }
}
