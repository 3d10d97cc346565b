package io.millrace.bench.peers;

import org.pcap4j.core.NotOpenException;
import org.pcap4j.core.PcapHandle;
import org.pcap4j.core.PcapNativeException;
import org.pcap4j.core.PcapNetworkInterface.PromiscuousMode;
import org.pcap4j.core.RawPacketListener;

/**
 * Passes frames between two interfaces by pcap4j's {@code loop} and {@code sendPacket}. Two settings are not its
 * defaults: the buffer, without which it loses most of a burst, and the direction, without which it hears itself.
 */
public final class Pcap4jForwarder {
    private static final int SNAPSHOT = 65_536;
    private static final int BUFFER = 16 << 20;
    private static final int TIMEOUT = 10;

    private Pcap4jForwarder() {}

    public static void main(String[] args) throws PcapNativeException, NotOpenException {
        var one = open(args[0]);
        var other = open(args[1]);
        new Thread(() -> pass(other, one), "back").start();
        pass(one, other);
    }

    private static PcapHandle open(String interfaceName) throws PcapNativeException, NotOpenException {
        var handle = new PcapHandle.Builder(interfaceName)
                .snaplen(SNAPSHOT)
                .bufferSize(BUFFER)
                .timeoutMillis(TIMEOUT)
                .promiscuousMode(PromiscuousMode.PROMISCUOUS)
                .build();
        handle.setDirection(PcapHandle.PcapDirection.IN);
        return handle;
    }

    private static void pass(PcapHandle from, PcapHandle to) {
        try {
            from.loop(-1, (RawPacketListener) frame -> send(to, frame));
        } catch (PcapNativeException | NotOpenException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void send(PcapHandle to, byte[] frame) {
        try {
            to.sendPacket(frame);
        } catch (PcapNativeException | NotOpenException e) {
            // lost, as a switch loses what it has no room for
        }
    }
}
