package io.millrace.codec;

/** What is known about a checksum; {@code ordinal} is the number that tshark has for it. */
public enum ChecksumState {
    BAD,
    GOOD,
    /** The frame was cut, the packet is a fragment, or nobody asked. */
    UNVERIFIED,
    /** The sender computed none: UDP over IPv4. */
    NONE,
    /** The sender computed none although it had to: UDP over IPv6. */
    FORBIDDEN;

    static ChecksumState of(int sum) {
        return InternetChecksum.isGood(sum) ? GOOD : BAD;
    }
}
