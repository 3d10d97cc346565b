/**
 * The kernel's interface, in the kernel's words: system calls, BPF programs, network namespaces, routing netlink. The only
 * place, with the ports, where native memory and addresses are spoken of.
 *
 * <p>In: what ports and tools ask of the kernel. Out: results, or the negative errno; where a user must know, a
 * {@link io.millrace.dataplane.linux.KernelException} with a sentence.
 *
 * <p>Read {@link io.millrace.dataplane.linux.Native} first.
 */
@NullMarked
package io.millrace.dataplane.linux;

import org.jspecify.annotations.NullMarked;
