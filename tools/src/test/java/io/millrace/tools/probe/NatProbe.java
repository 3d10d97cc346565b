package io.millrace.tools.probe;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Rows against one device, which is there before the first of them. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class NatProbe implements NatRows {
    private NatSegments net;

    abstract NatDevice device();

    @BeforeAll
    void up(@TempDir Path directory) throws IOException {
        net = new NatSegments(device(), directory);
    }

    @AfterAll
    void down() {
        if (net != null) {
            net.close();
        }
    }

    @Override
    public NatSegments net() {
        return net;
    }
}
