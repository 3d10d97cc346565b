package io.millrace.vtep;
/** x */
final class Placeholder {
    private Placeholder() {}
}
