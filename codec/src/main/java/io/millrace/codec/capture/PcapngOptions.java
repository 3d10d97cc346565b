package io.millrace.codec.capture;

/**
 * The options at the end of a pcapng block (draft-ietf-opsawg-pcapng section 3.5): code u16, length u16, value, padding
 * to four bytes. They end with opt_endofopt or with the block.
 */
final class PcapngOptions {
    static final int HEADER = 4;
    private static final int END = 0;

    private PcapngOptions() {}

    /** Is told of an option: where its value starts in the block, and its length in bytes. */
    interface Visitor {
        void option(Window block, int code, long at, int length);
    }

    /** Shows the options between two places of the block, up to the first that runs past the end. */
    static void each(Window block, long from, long end, Visitor visitor) {
        for (long at = from; isOption(block, at, end); at = after(block, at)) {
            int length = block.u16(at + 2);
            if (length <= end - at - HEADER) {
                visitor.option(block, block.u16(at), at + HEADER, length);
            }
        }
    }

    /** Whether no option between two places of the block runs past the end. */
    static boolean areWhole(Window block, long from, long end) {
        long at = from;
        while (isOption(block, at, end)) {
            at = after(block, at);
        }
        return (end - at >= HEADER ? at + HEADER + block.u16(at + 2) : at) <= end;
    }

    private static boolean isOption(Window block, long at, long end) {
        return end - at >= HEADER && block.u16(at) != END;
    }

    private static long after(Window block, long at) {
        return at + HEADER + padded(block.u16(at + 2));
    }

    static long padded(long length) {
        return (length + 3) & ~3L;
    }

    /** Text from a file, safe for a terminal: no control characters, no end marks. */
    static String printable(String text) {
        StringBuilder clean = new StringBuilder(text.length());
        text.codePoints().filter(c -> !Character.isISOControl(c)).forEach(clean::appendCodePoint);
        return clean.toString();
    }
}
