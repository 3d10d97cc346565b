package io.millrace.tools.topology;

import io.millrace.tools.words.Failure;
import java.util.List;
import java.util.Map;

/** What a YAML file holds, anchors followed and merges done, each value knowing where it was written. */
sealed interface Yaml {
    Place at();

    /** What a sentence calls it. */
    String kind();

    /** A file, line and column; lines and columns count from 1. */
    record Place(String file, int line, int column) {
        Failure error(String sentence) {
            return Failure.usage(file + ":" + line + ":" + column + ": " + sentence);
        }
    }

    /**
     * A scalar, whatever it looks like: types are the reader's business.
     *
     * @param plain written without quotes
     */
    record Text(Place at, String text, boolean plain) implements Yaml {
        boolean isNull() {
            return plain
                    && switch (text) {
                        case "", "~", "null", "Null", "NULL" -> true;
                        default -> false;
                    };
        }

        @Override
        public String kind() {
            return isNull() ? "nothing" : "a single value";
        }
    }

    /** A sequence. */
    record Items(Place at, List<Yaml> items) implements Yaml {
        @Override
        public String kind() {
            return "a list";
        }
    }

    /** A mapping in the order written; keys are unique. */
    record Fields(Place at, Map<String, Field> fields) implements Yaml {
        @Override
        public String kind() {
            return "a mapping";
        }
    }

    /** A key's own place, and its value. */
    record Field(Place at, Yaml value) {}
}
