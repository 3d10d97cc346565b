package io.millrace.tools.probe;

import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.TestMethodOrder;

/** When all ports are taken. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class FullNatTest extends NatProbe implements ExhaustionRows {
    @Override
    NatDevice device() {
        return new MillraceNat("interface", "");
    }
}
