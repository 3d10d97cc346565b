package io.millrace.vtep.control;

/**
 * Somebody who knows which hosts take part in the overlays, and which stations are on them: a file, a database that all
 * hosts share.
 *
 * <p>What it told stays when it ends or falls silent: a control plane that is lost must not take the network with it. Who
 * comes back tells all anew; what is told twice changes nothing.
 */
public interface ControlPlane extends AutoCloseable {
    /** Begins to tell, from whatever thread: first all that is known, then what changes. Called once. */
    void follow(Members members);

    /** Tells nothing more, from when this returns. */
    @Override
    void close();
}
