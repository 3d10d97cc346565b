package io.millrace.tools.probe;

import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.ExtendWith;

/** The same with all ports taken. */
@ExtendWith(KernelDiffers.class)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class FullNatOfTheKernelTest extends NatProbe implements ExhaustionRows {
    @Override
    NatDevice device() {
        return new KernelNat();
    }
}
