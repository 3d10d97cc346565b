package io.millrace.codec;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.agrona.DirectBuffer;

/**
 * Bytes of text under construction, reused from line to line: after it has grown to the longest line, writing numbers,
 * addresses and ASCII words allocates nothing.
 */
public final class TextBuffer {
    private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

    private byte[] bytes = new byte[1024];
    private int length;

    /** In bytes. */
    public int length() {
        return length;
    }

    /** Forgets everything written. */
    public TextBuffer clear() {
        length = 0;
        return this;
    }

    /** Goes back to an earlier {@link #length}. */
    public TextBuffer truncate(int earlier) {
        length = earlier;
        return this;
    }

    public void writeTo(OutputStream out) throws IOException {
        out.write(bytes, 0, length);
    }

    /** One ASCII character. */
    public TextBuffer put(char character) {
        room(1);
        bytes[length++] = (byte) character;
        return this;
    }

    /** ASCII words of our own; nothing is escaped. */
    public TextBuffer put(String words) {
        int count = words.length();
        room(count);
        for (int i = 0; i < count; i++) {
            bytes[length++] = (byte) words.charAt(i);
        }
        return this;
    }

    /** Everything in another buffer. */
    public TextBuffer add(TextBuffer other) {
        room(other.length);
        System.arraycopy(other.bytes, 0, bytes, length, other.length);
        length += other.length;
        return this;
    }

    /** Any words, as UTF-8. */
    public TextBuffer utf8(String words) {
        byte[] more = words.getBytes(StandardCharsets.UTF_8);
        room(more.length);
        System.arraycopy(more, 0, bytes, length, more.length);
        length += more.length;
        return this;
    }

    /** A number in decimal. */
    public TextBuffer decimal(long value) {
        room(20);
        if (value < 0) {
            bytes[length++] = '-';
            // Long.MIN_VALUE never occurs in a frame: 32-bit fields are the widest that are written.
            value = -value;
        }
        int digits = 1;
        for (long rest = value; rest >= 10; rest /= 10) {
            digits++;
        }
        return fixed(value, digits);
    }

    /** The last {@code digits} decimal digits of a number that is not negative, with leading zeros. */
    public TextBuffer fixed(long value, int digits) {
        room(digits);
        for (int i = length + digits - 1; i >= length; i--) {
            bytes[i] = (byte) ('0' + value % 10);
            value /= 10;
        }
        length += digits;
        return this;
    }

    /** The last {@code digits} hexadecimal digits of a number, with leading zeros and without 0x. */
    public TextBuffer hex(long value, int digits) {
        room(digits);
        for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) {
            bytes[length++] = HEX[(int) (value >>> shift) & 0xF];
        }
        return this;
    }

    /** {@code 02:42:ac:11:00:02}. */
    public TextBuffer mac(long address) {
        hex(address >>> 40, 2);
        for (int shift = 32; shift >= 0; shift -= 8) {
            put(':').hex(address >>> shift, 2);
        }
        return this;
    }

    /** {@code 172.17.0.2}. */
    public TextBuffer ipv4(int address) {
        decimal(address >>> 24);
        put('.').decimal(address >>> 16 & 0xFF);
        put('.').decimal(address >>> 8 & 0xFF);
        return put('.').decimal(address & 0xFF);
    }

    /** {@code 2001:db8::2}, by RFC 5952; addresses that embed an IPv4 address show it dotted (its section 5). */
    public TextBuffer ipv6(long high, long low) {
        int best = 0;
        int run = 0;
        for (int i = 0; i < 8; i++) {
            int zeros = 0;
            while (i + zeros < 8 && group(high, low, i + zeros) == 0) {
                zeros++;
            }
            if (zeros > run) {
                best = i;
                run = zeros;
            }
            i += zeros;
        }
        if (run < 2) {
            run = 0;
        }
        boolean dotted = best == 0 && (run == 6 || (run == 5 && group(high, low, 5) == 0xFFFF));
        int groups = dotted ? 6 : 8;
        for (int i = 0; i < groups; i++) {
            if (run > 0 && i == best) {
                put(':');
                if (i + run >= groups) {
                    put(':');
                }
                i += run - 1;
                continue;
            }
            if (i > 0) {
                put(':');
            }
            shortHex(group(high, low, i));
        }
        if (dotted) {
            if (run < 6) {
                put(':');
            }
            ipv4((int) low);
        }
        return this;
    }

    private static int group(long high, long low, int index) {
        return (int) ((index < 4 ? high : low) >>> (48 - 16 * (index & 3))) & 0xFFFF;
    }

    private void shortHex(int value) {
        hex(value, value > 0xFFF ? 4 : value > 0xFF ? 3 : value > 0xF ? 2 : 1);
    }

    /** Bytes as hexadecimal digits. */
    public TextBuffer hex(DirectBuffer buffer, int offset, int count) {
        for (int i = 0; i < count; i++) {
            hex(buffer.getByte(offset + i), 2);
        }
        return this;
    }

    /** Other text as the inside of a JSON string: quotes, backslashes and control characters escaped. */
    public TextBuffer json(TextBuffer text) {
        for (int i = 0; i < text.length; i++) {
            byte character = text.bytes[i];
            if (character == '"' || character == '\\') {
                put('\\').put((char) character);
            } else if (character >= 0 && character < ' ') {
                put("\\u00").hex(character, 2);
            } else {
                put((char) character);
            }
        }
        return this;
    }

    /**
     * Bytes from the wire as text for people: UTF-8 as it is, and everything that a terminal could obey, or that is no
     * UTF-8, made harmless as {@code \n}, {@code \033} or U+FFFD. As generous as Wireshark: a character written in more
     * bytes than it needs is read, and one U+FFFD stands for a character that is broken off, however long it was to be.
     */
    public TextBuffer escaped(byte[] wire, int from, int to) {
        for (int at = from; at < to; ) {
            int first = wire[at++] & 0xFF;
            if (first < 0x80) {
                ascii(first);
                continue;
            }
            int more = Integer.numberOfLeadingZeros(~first << 24) - 1;
            int character = more >= 1 && more <= 5 ? first & (0x3F >>> more) : -1;
            for (; character >= 0 && more > 0; more--) {
                boolean goesOn = at < to && (wire[at] & 0xC0) == 0x80;
                character = goesOn ? character << 6 | (wire[at++] & 0x3F) : -1;
            }
            unicode(character);
        }
        return this;
    }

    private void ascii(int character) {
        int control = "\007\b\t\n\013\f\r".indexOf(character);
        if (control >= 0) {
            put('\\').put("abtnvfr".charAt(control));
        } else if (character < ' ' || character == 0x7F) {
            put('\\').put((char) ('0' + (character >>> 6)));
            put((char) ('0' + (character >>> 3 & 7))).put((char) ('0' + (character & 7)));
        } else {
            put((char) character);
        }
    }

    private void unicode(int character) {
        boolean valid = Character.isValidCodePoint(character) && !(character >= 0xD800 && character <= 0xDFFF);
        if (!valid) {
            utf8("\uFFFD");
        } else if (isPrintable(character)) {
            utf8(Character.toString(character));
        } else if (character <= 0xFFFF) {
            put('\\').put('u').put(upperHex(character, 4));
        } else {
            put('\\').put('U').put(upperHex(character, 8));
        }
    }

    private static String upperHex(int value, int digits) {
        return String.format("%0" + digits + "X", value);
    }

    private static boolean isPrintable(int character) {
        return switch (Character.getType(character)) {
            case Character.CONTROL, Character.FORMAT, Character.SURROGATE, Character.UNASSIGNED -> false;
            default -> true;
        };
    }

    @Override
    public String toString() {
        return new String(bytes, 0, length, StandardCharsets.UTF_8);
    }

    private void room(int more) {
        if (length + more > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(length + more, 2 * bytes.length));
        }
    }
}
