package io.millrace.codec;

import io.millrace.codec.capture.LinkType;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A frame as text, one line per layer:
 *
 * <pre>
 * Ethernet  02:42:ac:11:00:02 &gt; ff:ff:ff:ff:ff:ff  ARP (0x0806)
 * ARP  who has 172.17.0.1? tell 172.17.0.2 (02:42:ac:11:00:02)
 * </pre>
 *
 * Whatever comes from the wire is escaped; a header that was cut is named without its fields.
 */
public final class FrameText {
    private final TextBuffer out = new TextBuffer();
    private final FrameWalk walk = new FrameWalk(new LayerLines(out), true);

    /** Takes what is behind another UDP port for VXLAN, too; before the first frame. */
    public void alsoVxlan(int udpPort) {
        walk.alsoVxlan(udpPort);
    }

    /** The text of one frame; each line ends with a newline. */
    public String of(LinkType linkType, UnsafeBuffer buffer, int offset, int captured, int original) {
        write(linkType, buffer, offset, captured, original);
        return out.toString();
    }

    /** The same, in a buffer that is good until the next call. */
    public TextBuffer write(LinkType linkType, UnsafeBuffer buffer, int offset, int captured, int original) {
        out.clear();
        walk.walk(linkType, buffer, offset, captured, original);
        return out;
    }
}
