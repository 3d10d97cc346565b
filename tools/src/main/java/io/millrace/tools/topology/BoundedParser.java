package io.millrace.tools.topology;

import io.millrace.tools.topology.Yaml.Place;
import java.util.Optional;
import java.util.function.Function;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.parser.Parser;

/** Counts what comes out of the parser, because the composer behind it recurses as deep as the file asks. */
final class BoundedParser implements Parser {
    private final Parser parser;
    private final Function<Optional<Mark>, Place> at;
    private int depth;
    private int values;
    private int aliases;

    BoundedParser(Parser parser, Function<Optional<Mark>, Place> at) {
        this.parser = parser;
        this.at = at;
    }

    @Override
    public boolean checkEvent(Event.ID id) {
        return parser.checkEvent(id);
    }

    @Override
    public Event peekEvent() {
        return parser.peekEvent();
    }

    @Override
    public boolean hasNext() {
        return parser.hasNext();
    }

    @Override
    public Event next() {
        var event = parser.next();
        switch (event.getEventId()) {
            case SequenceStart, MappingStart -> {
                bound(++depth, YamlFile.DEEPEST, "values stand deeper in each other than " + YamlFile.DEEPEST, event);
                bound(++values, YamlFile.MOST_VALUES, "more than " + YamlFile.MOST_VALUES + " values", event);
            }
            case SequenceEnd, MappingEnd -> depth--;
            case Scalar ->
                bound(++values, YamlFile.MOST_VALUES, "more than " + YamlFile.MOST_VALUES + " values", event);
            case Alias ->
                bound(++aliases, YamlFile.MOST_ALIASES, "more than " + YamlFile.MOST_ALIASES + " aliases", event);
            default -> {}
        }
        return event;
    }

    private void bound(int count, int most, String sentence, Event event) {
        if (count > most) {
            throw at.apply(event.getStartMark()).error(sentence + "; no topology needs that");
        }
    }
}
