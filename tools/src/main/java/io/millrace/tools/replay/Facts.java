package io.millrace.tools.replay;

import io.millrace.codec.Classifier;
import io.millrace.codec.Malformed;
import io.millrace.codec.Protocol;
import io.millrace.codec.capture.CaptureReader;
import io.millrace.dataplane.port.CaptureFilePort;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/** What the captures hold, frame by frame as it is read: how much, when, and of what kind. */
final class Facts implements CaptureFilePort.Observer {
    /** A hostile capture can have as many interfaces as frames. */
    private static final int MOST_KINDS = 256;

    private final Classifier classifier = new Classifier();
    private final long[] protocols = new long[Protocol.values().length];
    private final List<File> files = new ArrayList<>();
    private long first = Long.MAX_VALUE;
    private long last = CaptureReader.NO_TIME;
    private long cut;
    private long malformed;

    /** @param vxlanPorts UDP ports that are VXLAN's */
    Facts(List<String> names, int... vxlanPorts) {
        for (int port : vxlanPorts) {
            classifier.alsoVxlan(port);
        }
        names.forEach(name -> files.add(new File(name)));
    }

    /** One capture. */
    static final class File {
        private final String name;
        private final TreeMap<Kind, long[]> kinds = new TreeMap<>();
        private long frames;
        private long bytes;
        private long capturedBytes;
        private Kind kind = Kind.NONE;
        private long[] ofKind = new long[1];

        File(String name) {
            this.name = name;
        }

        String name() {
            return name;
        }

        long frames() {
            return frames;
        }

        /** On the wire. */
        long bytes() {
            return bytes;
        }

        long capturedBytes() {
            return capturedBytes;
        }

        /** How many frames came by each interface with each link type. */
        List<KindCount> kinds() {
            return kinds.entrySet().stream()
                    .map(entry -> new KindCount(entry.getKey(), entry.getValue()[0]))
                    .toList();
        }

        private void add(CaptureReader at) {
            frames++;
            bytes += Math.max(at.original(), at.captured());
            capturedBytes += at.captured();
            if (at.interfaceId() != kind.interfaceId || at.linkTypeNumber() != kind.linkTypeNumber) {
                kind = new Kind(at.interfaceId(), at.interfaceName(), at.linkTypeNumber());
                if (kinds.size() >= MOST_KINDS && !kinds.containsKey(kind)) {
                    kind = Kind.OTHERS;
                }
                ofKind = kinds.computeIfAbsent(kind, k -> new long[1]);
            }
            ofKind[0]++;
        }
    }

    /** An interface and what its frames begin with. */
    record Kind(int interfaceId, String interfaceName, int linkTypeNumber) implements Comparable<Kind> {
        static final Kind NONE = new Kind(-1, "", -1);
        static final Kind OTHERS = new Kind(-2, "all other interfaces", -1);

        @Override
        public int compareTo(Kind other) {
            return this == other ? 0 : key() < other.key() ? -1 : key() > other.key() ? 1 : 0;
        }

        private long key() {
            return (long) interfaceId << 32 | linkTypeNumber;
        }
    }

    record KindCount(Kind kind, long frames) {}

    @Override
    public void frame(CaptureReader at, int file, long time) {
        files.get(file).add(at);
        if (time != CaptureReader.NO_TIME) {
            first = Math.min(first, time);
            last = Math.max(last, time);
        }
        if (at.original() > at.captured()) {
            cut++;
        }
        classify(at);
    }

    private void classify(CaptureReader at) {
        var protocol = classifier.classify(at.linkType(), at.buffer(), at.offset(), at.captured(), at.original());
        protocols[protocol.ordinal()]++;
        var fault = classifier.malformed();
        if (fault != Malformed.NONE && fault != Malformed.CUT) {
            malformed++;
        }
    }

    /** Frames by the innermost protocol that is known, the most frequent first. */
    SequencedMap<Protocol, Long> protocols() {
        var map = new LinkedHashMap<Protocol, Long>();
        Stream.of(Protocol.values())
                .filter(protocol -> protocols[protocol.ordinal()] > 0)
                .sorted(Comparator.comparingLong(protocol -> -protocols[protocol.ordinal()]))
                .forEach(protocol -> map.put(protocol, protocols[protocol.ordinal()]));
        return map;
    }

    /** Frames with a header that cannot be; what a capture cut off is not judged. */
    long malformed() {
        return malformed;
    }

    List<File> files() {
        return files;
    }

    long frames() {
        return files.stream().mapToLong(File::frames).sum();
    }

    /** On the wire. */
    long bytes() {
        return files.stream().mapToLong(File::bytes).sum();
    }

    long capturedBytes() {
        return files.stream().mapToLong(File::capturedBytes).sum();
    }

    /** Whether any frame has a time. */
    boolean hasTime() {
        return last != CaptureReader.NO_TIME;
    }

    /** The earliest time, in ns since 1970. */
    long first() {
        return first;
    }

    /** The latest time, in ns since 1970. */
    long last() {
        return last;
    }

    /** Frames of which less was captured than there was on the wire. */
    long cut() {
        return cut;
    }
}
