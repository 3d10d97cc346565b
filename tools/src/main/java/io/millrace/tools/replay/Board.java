package io.millrace.tools.replay;

import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.graph.Counters;
import io.millrace.dataplane.graph.Witness;
import io.millrace.dataplane.nat.Inventory;
import io.millrace.tools.replay.Sockets.Socket;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The switches that a capture is replayed through, and the sockets in them. One thread. */
interface Board extends AutoCloseable {
    /** One turn; returns how many frames came in. */
    int turn();

    /** Lets somebody watch what is decided; null: nobody. */
    void witness(@Nullable Witness witness);

    /** Where the frames are; another one after a turn in which more ports came than it has room for. */
    FramePool pool();

    Counters counters();

    /** The ports there are, in a stable order. */
    List<Socket> ports();

    /** Every station that is known at {@code now} (ns of the capture's clock), in order of network and address. */
    List<Station> stations(long now);

    /** How often a new station was not learned for want of room. */
    long refused();

    /** How many frames came in by a port that their stations share because there were too few. */
    long latecomers();

    /** Frames that wait for something when the capture is over. */
    default int held() {
        return 0;
    }

    /** What the gateways have come to know; null: there are none. */
    default @Nullable Inventory nat() {
        return null;
    }

    /** What tunnels the capture shows, where somebody looks through them; null otherwise. */
    default @Nullable Overheard overheard() {
        return null;
    }

    /** Closes what is behind the ports. */
    @Override
    void close();

    /**
     * Where a station is.
     *
     * @param vlan 0 when the network knows none
     */
    record Station(long mac, String port, String network, int vlan) {}
}
