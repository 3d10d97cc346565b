package io.millrace.bench;
/** x */
final class Placeholder {
    private Placeholder() {}
}
