package io.millrace.codec.capture;

/**
 * The options at the end of a pcapng block (draft-ietf-opsawg-pcapng section 3.5): code u16, length u16, value, padding
 * to four bytes. They end with opt_endofopt or with the block.
 */
final class PcapngOptions {
    private static final int HEADER = 4, END = 0;

    private PcapngOptions() {}

    /** Is told of an option: where its value starts in the block, and its length in bytes. */
    interface Visitor {
        void option(Window block, int code, long at, int length);
    }

    /** Shows the options between two places of the block; {@code false} if one of them runs past the end. */
    static boolean each(Window block, long from, long end, Visitor visitor) {
        long at = from;
        while (end - at >= HEADER) {
            int code = block.u16(at), length = block.u16(at + 2);
            if (code == END) {
                return true;
            }
            at += HEADER;
            if (length > end - at) {
                return false;
            }
            visitor.option(block, code, at, length);
            at += (length + 3L) & ~3L;
        }
        return at == end;
    }

    /** Text from a file, safe for a terminal: no control characters, no end marks. */
    static String printable(String text) {
        StringBuilder clean = new StringBuilder(text.length());
        text.codePoints().filter(c -> !Character.isISOControl(c)).forEach(clean::appendCodePoint);
        return clean.toString();
    }
}
