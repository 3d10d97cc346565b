package io.millrace.tools.api;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a client asks.
 *
 * @param parameters of the query, decoded; of several with one name the first
 * @param body empty when there is none; at most {@link ApiServer#LONGEST_BODY} bytes
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record Request(String method, String path, Map<String, String> parameters, byte[] body) {
    /** The parameter of that name, or null. */
    public @Nullable String parameter(String name) {
        return parameters.get(name);
    }
}
