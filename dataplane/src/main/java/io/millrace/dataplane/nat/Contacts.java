package io.millrace.dataplane.nat;

import java.util.function.IntFunction;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Whom each hidden host has written to by which outside port: who may then answer from other ports, too, where filtering
 * depends on the address alone (RFC 4787 section 5). Each session with a mapping is one entry. One thread.
 */
final class Contacts {
    private final Sessions sessions;
    private final Index index;
    private final Tuple reply = new Tuple();

    Contacts(Sessions sessions, IntFunction<UnsafeBuffer> memory) {
        this.sessions = sessions;
        this.index = new Index(sessions.most(), memory);
    }

    /** A session has begun, or is there again. */
    void add(int record) {
        int mapping = mapping(record);
        if (mapping >= 0) {
            sessions.read(record << 1 | 1, reply);
            index.add(tag(mapping, reply.sourceHigh, reply.sourceLow), record);
        }
    }

    /** It is about to end. */
    void remove(int record) {
        int mapping = mapping(record);
        if (mapping >= 0) {
            sessions.read(record << 1 | 1, reply);
            index.remove(tag(mapping, reply.sourceHigh, reply.sourceLow), record);
        }
    }

    /** Whether who has this mapping has written to this address. */
    boolean knows(int mapping, long high, long low) {
        int tag = tag(mapping, high, low);
        for (int place = index.seek(tag, index.home(tag));
                place != Index.NONE;
                place = index.seek(tag, index.after(place))) {
            int record = index.value(place);
            if (mapping(record) == mapping) {
                sessions.read(record << 1 | 1, reply);
                if (reply.sourceLow == low && reply.sourceHigh == high) {
                    return true;
                }
            }
        }
        return false;
    }

    private int mapping(int record) {
        return sessions.memory().getInt(Sessions.at(record) + Sessions.MAPPING) - 1;
    }

    private int tag(int mapping, long high, long low) {
        return Index.tag(sessions.hash(mapping, high, low));
    }
}
