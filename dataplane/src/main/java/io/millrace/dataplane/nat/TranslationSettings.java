package io.millrace.dataplane.nat;

import java.util.function.IntFunction;
import java.util.function.LongSupplier;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * How connections are tracked.
 *
 * @param maxSessions how many there are at most
 * @param filtering who may write to a hidden host
 * @param hairpinByGateway whether neighbours see the gateway's address rather than the outside one, as Docker has it
 * @param loose whether a TCP connection is taken up whose beginning was not seen
 * @param firstPort the lowest outside port
 * @param lastPort the highest
 * @param parity whether an even port becomes an even one where there is one, and an odd one odd
 * @param portLimit how many outside ports one inside address has at most; 0: any number
 * @param sessionLimit how many connections one inside address begins at most; 0: any number
 * @param timeouts how long a session lives without a packet
 * @param random numbers that nobody outside can know
 * @param memory gives so many zero bytes, for tables
 */
public record TranslationSettings(
        int maxSessions,
        Filtering filtering,
        boolean hairpinByGateway,
        boolean loose,
        int firstPort,
        int lastPort,
        boolean parity,
        int portLimit,
        int sessionLimit,
        Timeouts timeouts,
        LongSupplier random,
        IntFunction<UnsafeBuffer> memory) {
    /** Who else than those that were written to may write to a hidden host: RFC 4787 section 5. */
    public enum Filtering {
        /** Nobody. */
        ADDRESS_AND_PORT,
        /** The same host from other ports. */
        ADDRESS,
        /** Everybody. */
        ENDPOINT
    }

    /** Without limits for each inside address, with the timeouts of the RFCs. */
    public TranslationSettings(
            int maxSessions,
            Filtering filtering,
            boolean hairpinByGateway,
            boolean loose,
            int firstPort,
            int lastPort,
            LongSupplier random,
            IntFunction<UnsafeBuffer> memory) {
        this(
                maxSessions,
                filtering,
                hairpinByGateway,
                loose,
                firstPort,
                lastPort,
                true,
                0,
                0,
                Timeouts.RFC,
                random,
                memory);
    }
}
