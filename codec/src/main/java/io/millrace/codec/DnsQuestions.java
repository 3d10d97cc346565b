package io.millrace.codec;

import java.nio.ByteOrder;

/** The questions of a DNS message, one after the other, RFC 1035 section 4.1.2. */
public final class DnsQuestions {
    private static final int BYTES_BEHIND_NAME = 4;

    private final DnsName name = new DnsName();
    private DnsHeader header = new DnsHeader();
    private int left;
    private int at;
    private int end;
    private int type;
    private boolean whole;

    /** Begins with a message of which {@code captured} bytes, its header among them, are at hand. */
    public DnsQuestions wrap(DnsHeader header, int captured) {
        this.header = header;
        left = header.questions();
        at = header.offset() + DnsHeader.LENGTH;
        end = header.offset() + captured;
        whole = true;
        return this;
    }

    /** Moves to the next question; {@code false} after the last one that can be read. */
    public boolean next() {
        if (left == 0) {
            return false;
        }
        left--;
        int behind = name.read(header.buffer(), header.offset(), at, end);
        if (behind < 0 || behind + BYTES_BEHIND_NAME > end) {
            whole = false;
            left = 0;
            return false;
        }
        type = header.buffer().getShort(behind, ByteOrder.BIG_ENDIAN) & 0xFFFF;
        at = behind + BYTES_BEHIND_NAME;
        return true;
    }

    /** What the question asks about. */
    public DnsName name() {
        return name;
    }

    /** The type of records it wants. */
    public int type() {
        return type;
    }

    /** Whether every question so far could be read. */
    public boolean whole() {
        return whole;
    }
}
