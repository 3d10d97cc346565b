package io.millrace.vtep.vxlan;

import io.millrace.dataplane.graph.Port;
import io.millrace.dataplane.port.PortAround;

/** A port with an MTU around one without. */
record Narrow(Port inner, int mtu) implements PortAround {}
