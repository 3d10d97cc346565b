package io.millrace.tools.decode;

import io.millrace.codec.ChecksumState;
import io.millrace.codec.Malformed;
import io.millrace.codec.TextBuffer;
import java.nio.ByteOrder;
import org.agrona.DirectBuffer;

/**
 * The list of layers in a {@link JsonLines} line: objects behind and, for packets quoted in ICMP errors, inside each
 * other.
 */
class JsonObjects {
    /** Where everything is written. */
    TextBuffer out = new TextBuffer();
    /** How many bytes of the current header are at hand. */
    int captured;
    /** Whether a layer's brace is open. */
    private boolean open;
    /** Whether the list of layers is still empty. */
    private boolean first;
    /** How many packets quoted in ICMP errors are open. */
    private int quotes;

    void begin(TextBuffer line) {
        out = line;
        out.put(",\"layers\":[");
        open = false;
        first = true;
        quotes = 0;
    }

    void finish(Malformed malformed) {
        if (open) {
            out.put('}');
        }
        for (; quotes > 0; quotes--) {
            out.put("]}");
        }
        out.put(']');
        if (malformed == Malformed.CUT) {
            out.put(",\"cut\":true");
        } else if (malformed != Malformed.NONE) {
            out.put(",\"malformed\":\"").put(malformed.sentence()).put('"');
        }
    }

    void quote() {
        out.put(",\"quoted\":[");
        open = false;
        first = true;
        quotes++;
    }

    void layer(String protocol, int atHand) {
        captured = atHand;
        if (open) {
            out.put('}');
        }
        out.put(first ? "{\"p\":\"" : ",{\"p\":\"").put(protocol).put('"');
        open = true;
        first = false;
    }

    /** Begins a key whose field ends {@code end} bytes into the header, if those are at hand. */
    boolean key(String key, int end) {
        if (captured < end) {
            return false;
        }
        out.put(",\"").put(key).put("\":");
        return true;
    }

    void state(ChecksumState checksum) {
        out.put(",\"ckst\":").decimal(checksum.ordinal());
    }

    void hexadecimal(long value, int digits) {
        out.put("\"0x").hex(value, digits).put('"');
    }

    void number(boolean value) {
        out.put(value ? '1' : '0');
    }

    /** Source and destination port, as far as they are at hand. */
    void ports(DirectBuffer buffer, int offset) {
        if (key("sp", 2)) {
            out.decimal(buffer.getShort(offset, ByteOrder.BIG_ENDIAN) & 0xFFFF);
        }
        if (key("dp", 4)) {
            out.decimal(buffer.getShort(offset + 2, ByteOrder.BIG_ENDIAN) & 0xFFFF);
        }
    }

    /** A MAC address of which nothing but its six bytes may be at hand. */
    static long mac(DirectBuffer buffer, int offset) {
        return (buffer.getShort(offset, ByteOrder.BIG_ENDIAN) & 0xFFFFL) << 32
                | (buffer.getInt(offset + 2, ByteOrder.BIG_ENDIAN) & 0xFFFF_FFFFL);
    }
}
