/**
 * Preflight: what the interfaces here are, what about them would hurt, and which attachments would work.
 * In: the name of an interface. Out: facts, as a table or JSON. Nothing is changed.
 * Read {@link io.millrace.tools.ports.Preflight} first.
 */
@NullMarked
package io.millrace.tools.ports;

import org.jspecify.annotations.NullMarked;
