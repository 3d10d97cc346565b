package io.millrace.dataplane.nat;

/** By what a service gives its new connections to its backends. */
public enum Balance {
    /** One after the other, whatever their weights unless 0, as IPVS's {@code rr}. */
    ROUND_ROBIN,
    /** One after the other, each as often as its weight says, as IPVS's {@code wrr}. */
    WEIGHTED,
    /** By addresses and ports, with a table that changes little when backends come and go, as IPVS's {@code mh}. */
    MAGLEV,
    /** The same by the client's address only: a client always comes to the same backend. */
    SOURCE;

    /** Whether it depends on who comes, and needs a {@link Maglev} table. */
    public boolean hasTable() {
        return this == MAGLEV || this == SOURCE;
    }
}
