package io.millrace.tools.api;

import java.util.logging.Level;
import java.util.logging.Logger;

/** The library behind this package, and what it says unasked: nothing that a user could act upon. */
final class Netty {
    /** Kept, since a logger that nobody holds forgets its level. */
    private static final Logger LOG = Logger.getLogger("io.netty");

    private Netty() {}

    /** Before its first class is used. A namespace whose loopback is off is one of the things it warns of. */
    static void hush() {
        LOG.setLevel(Level.OFF);
    }
}
