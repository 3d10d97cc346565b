package io.millrace.dataplane.nat;

import io.millrace.dataplane.graph.Drop;
import io.millrace.dataplane.trials.Bytes;
import io.millrace.dataplane.trials.Lab;
import java.util.Arrays;
import java.util.Map;
import java.util.function.Consumer;

/** How ICMP errors end that cannot be translated: a story for each reason. */
public final class QuotedDrops {
    private static final String EXCEEDED = "0b 00 00 00 00 00 00 00";
    private static final String HEADER = "45 00 00 21 12 34 00 00 3f 11 7d 5c c0 00 02 01 c6 33 64 07";
    private static final String LATER = "45 00 00 21 12 34 00 01 3f 11 7d 5b c0 00 02 01 c6 33 64 07";
    private static final String PORTS = "13 88 00 35 00 0d ab cd";

    private QuotedDrops() {}

    /** Adds the stories to others. */
    public static void tell(Map<Drop, Consumer<Lab>> stories) {
        stories.put(Drop.QUOTE_SENSELESS, lab -> given(lab, "192.0.2.1", EXCEEDED, HEADER));
        stories.put(
                Drop.QUOTE_CHECKSUM, lab -> given(lab, "192.0.2.1", EXCEEDED, HEADER.replace("7d 5c", "7d 5d"), PORTS));
        stories.put(Drop.QUOTE_FRAGMENT, lab -> given(lab, "192.0.2.1", EXCEEDED, LATER, PORTS));
        stories.put(Drop.QUOTE_FOREIGN, lab -> given(lab, "192.0.2.2", EXCEEDED, HEADER, PORTS));
        stories.put(Drop.PATH_MTU_SENSELESS, lab -> given(lab, "192.0.2.1", "03 04 00 00 00 00 00 43", HEADER, PORTS));
        stories.put(Drop.REDIRECT, lab -> given(lab, "192.0.2.1", "05 01 00 00 c0 00 02 08", HEADER, PORTS));
    }

    private static void given(Lab lab, String to, String... message) {
        var router = new RouterLab(lab, 100);
        router.fromOutside(RouterLab.error(
                "192.0.2.9", to, message[0], Bytes.hex(Arrays.copyOfRange(message, 1, message.length))));
    }
}
