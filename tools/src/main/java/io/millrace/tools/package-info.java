/**
 * How people drive Millrace: the command line.
 * In: words. Out: data on standard output, words about it on standard error, an exit code.
 * Read {@link io.millrace.tools.Main} first; each command is a class named after it.
 */
@NullMarked
package io.millrace.tools;

import org.jspecify.annotations.NullMarked;
