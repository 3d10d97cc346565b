package io.millrace.vtep.control;

import java.util.List;

/** Is told who takes part. */
@FunctionalInterface
public interface Members {
    /**
     * These happened, in this order, and become true at once: no frame sees a part of them. Returns when they are.
     *
     * @throws IllegalArgumentException when one of them cannot be, by a sentence; then none was applied
     * @throws RuntimeException when they could not be applied at present: none was, tell them again
     */
    void changed(List<Change> changes);
}
