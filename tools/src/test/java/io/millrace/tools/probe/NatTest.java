package io.millrace.tools.probe;

/** Every row, on the ports that {@code interface} stands for. */
class NatTest extends NatProbe implements AllRows {
    String kind() {
        return "interface";
    }

    @Override
    final NatDevice device() {
        return new MillraceNat(kind(), "");
    }
}
