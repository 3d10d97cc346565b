package io.millrace.tools.probe;

/** Requirements on what translates addresses. The name of each row begins with its number in the table that it is from. */
interface NatRows {
    /** The two segments, in the hands of the test. */
    NatSegments net();
}
