package io.millrace.dataplane.nat;

/** Hashes that two hosts have to agree on, and that nobody gains by steering: which backend a client comes to. */
final class Hash {
    private Hash() {}

    /** The 64 good bits of two words. */
    static long of(long one, long other) {
        long a = mix(one + 0x9E37_79B9_7F4A_7C15L);
        return mix(a ^ other * 0xD6E8_FEB8_6659_FD93L);
    }

    /** The finalizer of SplitMix64: one to one, every bit depends on all. */
    private static long mix(long word) {
        long a = (word ^ word >>> 30) * 0xBF58_476D_1CE4_E5B9L;
        long b = (a ^ a >>> 27) * 0x94D0_49BB_1331_11EBL;
        return b ^ b >>> 31;
    }
}
