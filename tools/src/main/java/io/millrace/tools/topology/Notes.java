package io.millrace.tools.topology;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** What a reader of the file should know although nothing is wrong. */
final class Notes {
    final Set<String> sentences = new LinkedHashSet<>();
    private final Set<String> unused = new LinkedHashSet<>();

    /** A key that Compose knows and Millrace has no use for; named once however often it is written. */
    void unused(Keys keys, String key) {
        unused.add(
                switch (keys) {
                    case TOP, SERVICE -> key;
                    case NETWORK -> "networks." + key;
                    case CONNECTION -> "services.networks." + key;
                    case PORT -> "ports." + key;
                    default -> keys.place + "." + key;
                });
    }

    /** An option of a driver. */
    void unused(String key) {
        unused.add(key);
    }

    List<String> all() {
        var all = new ArrayList<String>();
        if (!unused.isEmpty()) {
            all.add(String.join(", ", unused) + ": not used");
        }
        all.addAll(sentences);
        return List.copyOf(all);
    }
}
