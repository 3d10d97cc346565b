/** The switch as a black box: {@code millrace up} on real cables, crafted frames, and what comes out. */
package io.millrace.tools.probe;
