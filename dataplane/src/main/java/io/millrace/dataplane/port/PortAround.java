package io.millrace.dataplane.port;

import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.graph.Link;
import io.millrace.dataplane.graph.Port;

/** A port around a port: what it does not do itself, the inner one does. */
public interface PortAround extends Port {
    /** The port it lies around. */
    Port inner();

    @Override
    default String name() {
        return inner().name();
    }

    @Override
    default int receive(Link into, FramePool pool, int atMost) {
        return inner().receive(into, pool, atMost);
    }

    @Override
    default int transmit(Link from, FramePool pool) {
        return inner().transmit(from, pool);
    }

    @Override
    default int mtu() {
        return inner().mtu();
    }

    @Override
    default boolean isUp() {
        return inner().isUp();
    }

    @Override
    default boolean takesOffloads() {
        return inner().takesOffloads();
    }

    @Override
    default boolean takesTrains() {
        return inner().takesTrains();
    }

    @Override
    default int[] descriptors() {
        return inner().descriptors();
    }

    @Override
    default String describe() {
        return inner().describe();
    }

    @Override
    default Losses losses() {
        return inner().losses();
    }

    @Override
    default int held() {
        return inner().held();
    }

    @Override
    default void close() {
        inner().close();
    }
}
