/**
 * HTTP over a Unix socket: how a running Millrace is asked, and how one asks it.
 * In: routes. Out: answers, JSON or a stream.
 * Read {@link io.millrace.tools.api.Routes} first, then {@link io.millrace.tools.api.ApiServer}.
 */
@NullMarked
package io.millrace.tools.api;

import org.jspecify.annotations.NullMarked;
