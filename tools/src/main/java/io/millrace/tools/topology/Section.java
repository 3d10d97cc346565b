package io.millrace.tools.topology;

import io.millrace.tools.topology.Yaml.Place;
import io.millrace.tools.words.Failure;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** One mapping of the file under its table of {@link Keys}: unknown keys are refused at once, values are read by type. */
final class Section {
    private final Context context;
    private final Place at;
    private final Map<String, Yaml.Field> fields;

    /** Opens {@code value}; null and an empty value are an empty mapping, as Compose has it for {@code web:}. */
    Section(Context context, Keys keys, Yaml value) {
        this.context = context;
        this.at = value.at();
        this.fields = fields(value, keys.place);
        fields.forEach((key, field) -> check(keys, key, field.at()));
    }

    private void check(Keys keys, String key, Place keyAt) {
        if (keys.read.contains(key)) {
            return;
        }
        if (keys.unused.contains(key)) {
            context.unused(keys, key);
            return;
        }
        if (keys.refused.contains(key)) {
            throw keyAt.error(
                    "'" + key + "' is not read yet, and the networks would not be what the file says without it");
        }
        var near = keys.nearest(key);
        if (key.startsWith("x-") && !key.equals("x-millrace") && !"x-millrace".equals(near)) {
            return; // somebody else's extension
        }
        throw keyAt.error("unknown key " + Keys.quote(key)
                + (near == null ? " in " + keys.place : "; did you mean '" + near + "'?"));
    }

    private static Map<String, Yaml.Field> fields(Yaml value, String what) {
        return switch (value) {
            case Yaml.Fields mapping -> mapping.fields();
            case Yaml.Text text when text.isNull() -> Map.of();
            default -> throw value.at().error(what + " is a mapping of keys to values, and this is " + value.kind());
        };
    }

    Place at() {
        return at;
    }

    boolean has(String key) {
        return fields.containsKey(key);
    }

    /** Where the key is written; where the mapping begins if it is not. */
    Place at(String key) {
        var field = fields.get(key);
        return field == null ? at : field.at();
    }

    /** Where {@code name} is written in the mapping under {@code key}; where that begins if it is not. */
    Place keyAt(String key, String name) {
        var field = value(key) instanceof Yaml.Fields mapping ? mapping.fields().get(name) : null;
        return field == null ? at(key) : field.at();
    }

    @Nullable
    Yaml value(String key) {
        var field = fields.get(key);
        return field == null ? null : field.value();
    }

    /** The mapping under {@code key}; null: the key is not there. */
    @Nullable
    Section section(String key, Keys keys) {
        var value = value(key);
        return value == null ? null : new Section(context, keys, value);
    }

    /** The value of {@code key} by a parser whose complaint is an IllegalArgumentException; null: the key is not there. */
    <T> @Nullable T read(String key, Function<String, T> parser) {
        var value = value(key);
        return value == null ? null : context.parse(key, value, parser);
    }

    <T> T read(String key, Function<String, T> parser, T otherwise) {
        var value = read(key, parser);
        return value == null ? otherwise : value;
    }

    @Nullable
    String text(String key) {
        return this.<String>read(key, text -> text);
    }

    @Nullable
    Integer integer(String key, int least, int most) {
        return this.<Integer>read(key, text -> Values.integer(text, least, most));
    }

    boolean bool(String key, boolean otherwise) {
        return read(key, Values::bool, otherwise);
    }

    /** One of an enum's words, in lower case. */
    <E extends Enum<E>> E word(String key, E otherwise) {
        return read(key, text -> choose(otherwise.getDeclaringClass(), text), otherwise);
    }

    private static <E extends Enum<E>> E choose(Class<E> words, String text) {
        for (E word : words.getEnumConstants()) {
            if (word.name().toLowerCase(Locale.ROOT).equals(text)) {
                return word;
            }
        }
        var all = Arrays.stream(words.getEnumConstants())
                .map(word -> word.name().toLowerCase(Locale.ROOT))
                .collect(Collectors.joining(" or "));
        throw new IllegalArgumentException(Keys.quote(text) + " is not " + all);
    }

    /** The items under {@code key}; none if the key is not there. */
    List<Yaml> items(String key) {
        var value = value(key);
        return switch (value) {
            case null -> List.of();
            case Yaml.Items list -> list.items();
            case Yaml.Text text when text.isNull() -> List.of();
            default -> throw value.at().error(key + " is a list, and this is " + value.kind());
        };
    }

    /** A list of scalars. */
    <T> List<T> list(String key, Function<String, T> parser) {
        var list = new ArrayList<T>();
        for (var item : items(key)) {
            list.add(context.parse(key, item, parser));
        }
        return list;
    }

    /** A list of scalars, or one alone, as Compose allows for dns. */
    <T> List<T> listOrOne(String key, Function<String, T> parser) {
        if (value(key) instanceof Yaml.Text text && !text.isNull()) {
            return List.of(context.parse(key, text, parser));
        }
        return list(key, parser);
    }

    /** A mapping whose keys are data: each read by {@code keys}, each value by {@code values}. */
    <K, V> Map<K, V> map(String key, Function<String, K> keys, Function<String, V> values) {
        return entries(key, keys, (name, value) -> context.parse(name, value, values));
    }

    /** A mapping whose keys are data; {@code values} is given the key's text and its value. */
    <K, V> Map<K, V> entries(String key, Function<String, K> keys, BiFunction<String, Yaml, V> values) {
        var map = new LinkedHashMap<K, V>();
        var value = value(key);
        if (value != null) {
            fields(value, key).forEach((name, field) -> {
                var parsed = guarded(field.at(), () -> keys.apply(name));
                if (map.containsKey(parsed)) {
                    throw field.at().error(key + ": " + Keys.quote(name) + " is written twice");
                }
                map.put(parsed, values.apply(name, field.value()));
            });
        }
        return map;
    }

    /** Runs {@code make}, giving its complaint this place. */
    static <T> T guarded(Place at, Making<T> make) {
        try {
            return make.make();
        } catch (IllegalArgumentException e) {
            throw complaint(at, e);
        }
    }

    static Failure complaint(Place at, IllegalArgumentException e) {
        return at.error(Objects.requireNonNull(e.getMessage()));
    }

    /** Makes a value of the model, which checks itself. */
    @FunctionalInterface
    interface Making<T> {
        T make();
    }

    /** What all sections of one file share: the variables, and the notes about it. */
    record Context(Variables variables, Notes notes) {
        <T> T parse(String key, Yaml value, Function<String, T> parser) {
            if (!(value instanceof Yaml.Text text) || text.isNull()) {
                throw value.at().error(key + " is a single value, and this is " + value.kind());
            }
            var expanded = variables.expand(text.at(), text.text());
            try {
                return parser.apply(expanded);
            } catch (IllegalArgumentException e) {
                throw text.at().error(key + ": " + e.getMessage());
            }
        }

        void unused(Keys keys, String key) {
            notes.unused(keys, key);
        }
    }
}
