package io.millrace.codec;

import org.agrona.concurrent.UnsafeBuffer;

/**
 * A domain name in a DNS message, RFC 1035 section 4.1.4: labels, compression by pointers. However it is made up,
 * reading looks at no more than {@link #LONGEST} bytes of labels and {@link #MOST_POINTERS} pointers.
 */
public final class DnsName {
    /** In bytes, written with dots and without the last one. */
    public static final int LONGEST = 253;

    /** No name needs more: every pointer has to bring at least one label. */
    public static final int MOST_POINTERS = 127;

    private static final int POINTER = 0xC0;

    /** Labels of RFC 6891's predecessor, of which only the bit string ever existed. */
    private static final int EXTENDED = 0x40;

    private static final int BIT_STRING = 0x41;

    private final byte[] bytes = new byte[LONGEST];
    private int length;
    private boolean tooLong;
    private boolean endless;
    private boolean unknown;

    /**
     * Reads a name.
     *
     * @param message where the DNS message begins, which pointers count from
     * @param at where the name begins
     * @param end where the captured bytes of the message end
     * @return where the name ends (its first pointer ends it), or -1 when it runs past the end or has a label of
     *     unknown kind
     */
    public int read(UnsafeBuffer buffer, int message, int at, int end) {
        length = 0;
        tooLong = false;
        endless = false;
        unknown = false;
        int after = -1;
        int pointers = 0;
        int here = at;
        while (here < end) {
            int label = buffer.getByte(here++) & 0xFF;
            if (label == 0) {
                return after < 0 ? here : after;
            } else if ((label & POINTER) == POINTER) {
                if (here >= end) {
                    return -1;
                }
                after = after < 0 ? here + 1 : after;
                here = message + ((label & 0x3F) << 8 | (buffer.getByte(here) & 0xFF));
                if (++pointers > MOST_POINTERS) {
                    endless = true;
                    return after;
                }
            } else if ((label & POINTER) == EXTENDED && label != BIT_STRING) {
                unknown = true;
                return after < 0 ? here : after;
            } else if ((label & POINTER) != 0 || here + label > end) {
                return -1;
            } else {
                append(buffer, here, label);
                here += label;
            }
        }
        return -1;
    }

    private void append(UnsafeBuffer buffer, int at, int label) {
        int dot = length > 0 ? 1 : 0;
        if (tooLong || length + dot + label > LONGEST) {
            tooLong = true;
            return;
        }
        if (dot > 0) {
            bytes[length++] = '.';
        }
        buffer.getBytes(at, bytes, length, label);
        length += label;
    }

    /** Writes the name as people read it, with everything odd in it made harmless. */
    public void writeTo(TextBuffer text) {
        if (unknown) {
            text.put("<Unknown extended label>");
        } else if (endless) {
            text.put("<Name contains a pointer that loops>");
        } else if (tooLong) {
            text.put("<Name too long>");
        } else if (length == 0) {
            text.put("<Root>");
        } else {
            text.escaped(bytes, 0, length);
        }
    }
}
