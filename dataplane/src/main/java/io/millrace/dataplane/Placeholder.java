package io.millrace.dataplane;
/** x */
final class Placeholder {
    private Placeholder() {}
}
