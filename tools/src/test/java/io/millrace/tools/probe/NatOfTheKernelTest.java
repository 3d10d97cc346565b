package io.millrace.tools.probe;

import org.junit.jupiter.api.extension.ExtendWith;

/**
 * The probe itself is probed: Linux with nftables does what the rows ask, but for those it is known to do otherwise; and
 * there the probe must see it.
 */
@ExtendWith(KernelDiffers.class)
class NatOfTheKernelTest extends NatProbe implements AllRows {
    @Override
    NatDevice device() {
        return new KernelNat();
    }
}
