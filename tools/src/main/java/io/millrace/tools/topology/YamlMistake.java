package io.millrace.tools.topology;

import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/** Says in our words what the YAML library found wrong. */
final class YamlMistake {
    /** A fragment of the library's problem, and what it means to the person who wrote the file. */
    private static final String[][] SENTENCES = {
        {"\\t", "a tab; YAML is indented with spaces"},
        {"TAB", "a tab; YAML is indented with spaces"},
        {"mapping values are not allowed", "a ':' that does not fit here; is the indentation right, or a quote missing?"
        },
        {"expected <block end>", "this does not line up with what stands above it; is the indentation right?"},
        {"could not find expected ':'", "a ':' is missing after this key"},
        {"expected ',' or ']'", "a list opened with '[' is not closed"},
        {"expected ',' or '}'", "a mapping opened with '{' is not closed"},
        {"found unexpected end of stream", "the file ends inside a quoted text"},
        {"undefined alias", "an alias without its anchor"},
        {"found another document", "a second document; one topology is one document"},
        {"cannot start any token", "a character that cannot start a value; put the value in quotes"},
        {"unacceptable code point", "a control character"},
        {"special characters are not allowed", "a control character"},
        {"Number of aliases", "more than " + YamlFile.MOST_ALIASES + " aliases; no topology needs that"},
        {"exceeded", "larger than 3 MB, which no topology is"},
        {"undefined tag handle", "a tag that has no meaning here"},
        {"unknown escape character", "a '\\' that means nothing here; put the text in single quotes"},
        {"document start", "a line that YAML does not understand; is the indentation right?"},
    };

    private YamlMistake() {}

    static String sentence(YamlEngineException e) {
        var problem =
                e instanceof MarkedYamlEngineException marked ? marked.getProblem() : String.valueOf(e.getMessage());
        for (var known : SENTENCES) {
            if (problem != null && problem.contains(known[0])) {
                return known[1];
            }
        }
        return "not YAML: the text cannot be understood from here on";
    }
}
