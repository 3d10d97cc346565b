/**
 * A topology as a value: which networks there are, which services stand on them, where their ports are.
 * In: what a YAML file, the Docker API or etcd says. Out: one immutable, checked {@link io.millrace.vtep.network.Topology}.
 * Read {@link io.millrace.vtep.network.Topology} first, then {@link io.millrace.vtep.network.Network}.
 */
@NullMarked
package io.millrace.vtep.network;

import org.jspecify.annotations.NullMarked;
