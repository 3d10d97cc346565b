package io.millrace.tools.up;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What an interface counts of frames that it lost itself, as {@code /proc/net/dev} tells it, which, other than sysfs, is
 * always about the network namespace one is in.
 *
 * @param missed there was no room for them, in the card (rx_missed_errors) or behind it (rx_dropped)
 * @param fifo the card's own buffer was full
 * @param frame they were damaged: length, check sum, alignment, overrun
 * @param unsent on the way out: we had handed them over, and whoever reads at the other side had no room (tx_dropped)
 */
record NicCounters(long missed, long fifo, long frame, long unsent) {
    static final NicCounters NONE = new NicCounters(0, 0, 0, 0);

    private static final Path TABLE = Path.of("/proc/net/dev");
    private static final int DROP = 3;
    private static final int FIFO = 4;
    private static final int FRAME = 5;
    private static final int TRANSMIT_DROP = 11;

    /** The counters of a device now; all zero where it is not there. */
    static NicCounters of(String device) {
        if (device.isEmpty()) {
            return NONE;
        }
        try {
            for (var line : Files.readAllLines(TABLE)) {
                var row = line.strip();
                if (row.startsWith(device + ":")) {
                    var words = row.substring(device.length() + 1).strip().split("\\s+");
                    return new NicCounters(
                            number(words, DROP),
                            number(words, FIFO),
                            number(words, FRAME),
                            number(words, TRANSMIT_DROP));
                }
            }
            return NONE;
        } catch (IOException e) {
            return NONE; // no /proc: nobody tells
        }
    }

    private static long number(String[] words, int at) {
        return at < words.length ? Long.parseLong(words[at]) : 0;
    }

    NicCounters since(NicCounters before) {
        return new NicCounters(
                Math.max(0, missed - before.missed),
                Math.max(0, fifo - before.fifo),
                Math.max(0, frame - before.frame),
                Math.max(0, unsent - before.unsent));
    }

    long all() {
        return missed + fifo + frame + unsent;
    }
}
