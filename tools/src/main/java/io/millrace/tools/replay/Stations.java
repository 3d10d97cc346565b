package io.millrace.tools.replay;

import io.millrace.codec.EthernetHeader;
import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.graph.Drop;
import io.millrace.dataplane.graph.Graph;
import io.millrace.dataplane.graph.Link;
import io.millrace.dataplane.graph.Node;
import io.millrace.tools.replay.Sockets.Socket;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The way in of a replay: each frame of the capture enters the switch by the port that its source is plugged into, in
 * exactly the order it was captured in, whichever port that is.
 */
final class Stations extends Node {
    private final Sockets sockets;
    private final UnsafeBuffer bytes;
    private final EthernetHeader ethernet = new EthernetHeader();
    private @Nullable Socket entered; // what is being told to the witness

    Stations(String name, Graph graph, Sockets sockets) {
        super(name, graph);
        this.sockets = sockets;
        this.bytes = graph.pool().buffer();
    }

    @Override
    public void process(Link in) {
        for (int left = in.size(); left > 0; left--) {
            enter(in.poll());
        }
    }

    private void enter(long frame) {
        int length = Frame.length(frame);
        if (length == FramePool.LARGE_ROOM && Frame.isCut(frame)) {
            drop(frame, Drop.FRAME_TOO_LONG);
            return;
        }
        // Half an Ethernet header has no source: the switch has to say so, not we.
        long source = length < EthernetHeader.LENGTH
                ? Sockets.NOBODY
                : ethernet.wrap(bytes, Frame.head(frame)).source();
        var socket = sockets.of(source, bytes, Frame.head(frame), length);
        if (socket == null) {
            drop(frame, Drop.OWN_FRAME);
            return;
        }
        socket.received().received(1, length);
        var witness = graph().witness();
        if (witness != null) {
            entered = socket;
            witness.decided(this, frame, socket.number());
        }
        send(socket.toSwitch(), Frame.from(frame, socket.number()));
    }

    @Override
    public String explain(int decision, long frame) {
        return "enters by port " + (entered == null ? "" : entered.name());
    }
}
