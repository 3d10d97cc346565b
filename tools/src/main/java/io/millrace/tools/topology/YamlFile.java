package io.millrace.tools.topology;

import io.millrace.tools.topology.Yaml.Place;
import io.millrace.tools.words.Failure;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.composer.Composer;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.parser.ParserImpl;
import org.snakeyaml.engine.v2.scanner.StreamReader;
import org.snakeyaml.engine.v2.schema.FailsafeSchema;

/**
 * The one door to the YAML library. Nothing is ever made of a tag; what could eat memory or time (size, depth, aliases,
 * number of values) is refused before it is built.
 */
final class YamlFile {
    /** In bytes. */
    static final int LARGEST = 3 * 1024 * 1024;

    static final int DEEPEST = 50;
    static final int MOST_ALIASES = 50;
    static final int MOST_VALUES = 250_000;

    private static final Set<String> TAGS = Set.of("map", "seq", "str", "int", "float", "bool", "null", "merge");
    private static final String CORE = "tag:yaml.org,2002:";
    private static final String MERGE = "<<";

    private final String file;
    private final IdentityHashMap<Node, Yaml> done = new IdentityHashMap<>();
    private final IdentityHashMap<Node, Node> open = new IdentityHashMap<>();

    private YamlFile(String file) {
        this.file = file;
    }

    /** Reads one document; {@code file} is what sentences call it. Nothing but comments is an empty mapping. */
    static Yaml read(String file, byte[] content) {
        var reader = new YamlFile(file);
        var text = reader.decode(content);
        try {
            var settings = LoadSettings.builder()
                    .setLabel(file)
                    .setSchema(
                            new FailsafeSchema()) // a number is text here: no pattern is tried on megabytes of digits
                    .setBufferSize(text.length() + 1) // in smaller steps a long value is copied once for each
                    .setCodePointLimit(LARGEST)
                    .setMaxAliasesForCollections(MOST_ALIASES)
                    .build();
            var parser = new BoundedParser(new ParserImpl(settings, new StreamReader(settings, text)), reader::at);
            var root = new Composer(settings, parser).getSingleNode();
            return root.isEmpty() ? new Yaml.Fields(reader.at(1, 1), Map.of()) : reader.convert(root.get());
        } catch (MarkedYamlEngineException e) {
            throw reader.at(e.getProblemMark().or(e::getContextMark)).error(YamlMistake.sentence(e));
        } catch (YamlEngineException e) {
            throw reader.at(1, 1).error(YamlMistake.sentence(e));
        }
    }

    private String decode(byte[] content) {
        if (content.length > LARGEST) {
            throw Failure.usage(file + ": larger than 3 MB, which no topology is");
        }
        if (starts(content, 0xEF, 0xBB, 0xBF) || starts(content, 0xFE, 0xFF) || starts(content, 0xFF, 0xFE)) {
            throw at(1, 1).error("starts with a byte order mark; save the file as UTF-8 without one");
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(content))
                    .toString();
        } catch (CharacterCodingException e) {
            throw Failure.usage(file + ": not UTF-8 text");
        }
    }

    private static boolean starts(byte[] content, int... mark) {
        for (int i = 0; i < mark.length; i++) {
            if (i >= content.length || (content[i] & 0xFF) != mark[i]) {
                return false;
            }
        }
        return true;
    }

    private Place at(int line, int column) {
        return new Place(file, line, column);
    }

    private Place at(Optional<Mark> mark) {
        return mark.map(m -> at(m.getLine() + 1, m.getColumn() + 1)).orElseGet(() -> at(1, 1));
    }

    /** A node is converted once, however many aliases name it: the tree shares what the file shares. */
    private Yaml convert(Node node) {
        var known = done.get(node);
        if (known != null) {
            return known;
        }
        var at = at(node.getStartMark());
        var tag = node.getTag().getValue();
        if (!tag.startsWith(CORE) || !TAGS.contains(tag.substring(CORE.length()))) {
            throw at.error("the tag " + Keys.quote(tag) + " has no meaning here");
        }
        if (open.put(node, node) != null) {
            throw at.error("this value contains itself by its own anchor");
        }
        var made = switch (node) {
            case ScalarNode scalar -> new Yaml.Text(at, scalar.getValue(), scalar.isPlain());
            case SequenceNode sequence ->
                new Yaml.Items(
                        at, sequence.getValue().stream().map(this::convert).toList());
            case MappingNode mapping -> mapping(at, mapping);
            default -> throw at.error("this kind of YAML value has no meaning here");
        };
        open.remove(node);
        done.put(node, made);
        return made;
    }

    private Yaml.Fields mapping(Place at, MappingNode node) {
        var fields = new LinkedHashMap<String, Yaml.Field>();
        var merged = new ArrayList<Yaml.Fields>();
        Place mergeAt = null;
        for (var tuple : node.getValue()) {
            var keyAt = at(tuple.getKeyNode().getStartMark());
            if (!(tuple.getKeyNode() instanceof ScalarNode key)) {
                throw keyAt.error("a key is a single word, not a list or a mapping");
            }
            var value = convert(tuple.getValueNode());
            if (key.getValue().equals(MERGE) && key.isPlain()) {
                mergeAt = once(keyAt, mergeAt, MERGE);
                merge(keyAt, value, merged);
                continue;
            }
            var earlier = fields.put(key.getValue(), new Yaml.Field(keyAt, value));
            once(keyAt, earlier == null ? null : earlier.at(), key.getValue());
        }
        // What is written here wins over what is merged, an earlier merge over a later one.
        merged.forEach(from -> from.fields().forEach(fields::putIfAbsent));
        return new Yaml.Fields(at, fields);
    }

    private static Place once(Place at, @Nullable Place earlier, String key) {
        if (earlier != null) {
            throw at.error("the key " + Keys.quote(key) + " is written twice; first on line " + earlier.line());
        }
        return at;
    }

    private static void merge(Place at, Yaml value, List<Yaml.Fields> merged) {
        var sources = value instanceof Yaml.Items list ? list.items() : List.of(value);
        for (var source : sources) {
            if (!(source instanceof Yaml.Fields fields)) {
                throw at.error("'<<' merges mappings, and this is " + source.kind());
            }
            merged.add(fields);
        }
    }
}
