package io.millrace.dataplane.linux;

import java.nio.charset.StandardCharsets;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * What a network card and its driver say of themselves: the questions of ethtool(8), as in the kernel's
 * {@code include/uapi/linux/ethtool.h}. Asking needs no capability. Of the namespace the thread was in when this was opened.
 * One thread.
 */
public final class Ethtool implements AutoCloseable {
    private static final int AF_INET = 2, SOCK_DGRAM_CLOEXEC = 2 | 0x80000;
    private static final int SIOCETHTOOL = 0x8946;
    private static final int DRIVER = 0x03,
            RINGS = 0x10,
            PAUSE = 0x12,
            CHANNELS = 0x3C,
            TIMESTAMPS = 0x41,
            FLAGS = 0x25,
            GET_STRINGS = 0x1B,
            GET_SET_INFO = 0x37,
            GET_FEATURES = 0x3A,
            SET_FEATURES = 0x3B;
    private static final int FEATURE_NAMES = 4; // ETH_SS_FEATURES
    private static final int MOST_FEATURES = 128;
    private static final int NAME = 16, WORD = 32, ANSWER = 64 + MOST_FEATURES * WORD;

    /** What is asked for with {@link #isOn}. */
    public enum Offload {
        RX_CHECKSUM(0x14, 1),
        TX_CHECKSUM(0x16, 1),
        TSO(0x1E, 1),
        GSO(0x23, 1),
        GRO(0x2B, 1),
        LRO(FLAGS, 1 << 15),
        RX_VLAN(FLAGS, 1 << 8),
        TX_VLAN(FLAGS, 1 << 7);

        private final int command;
        private final int bit;

        Offload(int command, int bit) {
            this.command = command;
            this.bit = bit;
        }
    }

    /** A driver; {@code bus} is its card's place, such as a PCI address, empty where there is none. */
    public record Driver(String name, String version, String firmware, String bus) {}

    /** How many queues there are for each direction, and for both; −1 where the driver does not tell. */
    public record Queues(int receive, int transmit, int combined) {}

    /** How many frames the card's rings hold; −1 where the driver does not tell. */
    public record Rings(int receive, int transmit) {}

    /** Whether pause frames are negotiated, heeded and sent; {@code isTold}: whether the driver tells. */
    public record Pause(boolean isTold, boolean negotiated, boolean receive, boolean transmit) {}

    /** Whether the card stamps frames with their time, and the number of its clock ({@code /dev/ptp0}), or −1. */
    public record Timestamps(boolean hardwareReceive, boolean hardwareTransmit, int clock) {}

    private final Native calls = new Native();
    private final UnsafeBuffer request = Memory.of(NAME + 24);
    private final UnsafeBuffer answer = Memory.of(ANSWER);
    private final int fd;
    private int features;

    private Ethtool() throws KernelException {
        fd = (int) KernelException.check("opening a socket", calls.socket(AF_INET, SOCK_DGRAM_CLOEXEC, 0), "");
    }

    /** Ready to ask. */
    public static Ethtool open() throws KernelException {
        return new Ethtool();
    }

    /** 0, or the negative errno: EOPNOTSUPP when the driver does not tell. */
    private int ask(int command, String device) {
        answer.setMemory(0, ANSWER, (byte) 0);
        return call(command, device);
    }

    /** The same with the rest of the question in {@code answer} already. */
    private int call(int command, String device) {
        request.setMemory(0, request.capacity(), (byte) 0);
        var name = device.getBytes(StandardCharsets.UTF_8);
        request.putBytes(0, name, 0, Math.min(name.length, NAME - 1));
        answer.putInt(0, command);
        request.putLong(NAME, answer.addressOffset());
        return calls.ioctl(fd, SIOCETHTOOL, request.addressOffset());
    }

    /** The driver; all is empty where there is none. */
    public Driver driver(String device) {
        return ask(DRIVER, device) < 0
                ? new Driver("", "", "", "")
                : new Driver(text(4), text(4 + WORD), text(4 + 2 * WORD), text(4 + 3 * WORD));
    }

    private String text(int at) {
        int end = at;
        while (end < at + WORD && answer.getByte(end) != 0) {
            end++;
        }
        var bytes = new byte[end - at];
        answer.getBytes(at, bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    /** Whether an offload is on; false also where there is no such thing. */
    public boolean isOn(String device, Offload offload) {
        return ask(offload.command, device) >= 0 && (answer.getInt(4) & offload.bit) != 0;
    }

    /** A feature under the name that {@code ethtool -k} shows: {@code tx-udp-segmentation}; false also where there is none. */
    public boolean isOn(String device, String feature) {
        int number = number(device, feature);
        if (number < 0) {
            return false;
        }
        askForBlocks();
        int active = 8 + number / Integer.SIZE * 16 + 8;
        return call(GET_FEATURES, device) >= 0 && (answer.getInt(active) & 1 << number % Integer.SIZE) != 0;
    }

    /** Switches such a feature on or off; needs CAP_NET_ADMIN. Says whether it could be done. */
    public boolean set(String device, String feature, boolean on) {
        int number = number(device, feature);
        if (number < 0) {
            return false;
        }
        askForBlocks();
        int block = 8 + number / Integer.SIZE * 8;
        int bit = 1 << number % Integer.SIZE;
        answer.putInt(block, bit);
        answer.putInt(block + 4, on ? bit : 0);
        return call(SET_FEATURES, device) >= 0;
    }

    /** As many blocks of 32 features as this kernel has. */
    private void askForBlocks() {
        answer.setMemory(0, ANSWER, (byte) 0);
        answer.putInt(4, Math.ceilDiv(features, Integer.SIZE));
    }

    /** A feature's place among all that this kernel knows, or −1. */
    private int number(String device, String feature) {
        answer.setMemory(0, ANSWER, (byte) 0);
        answer.putLong(8, 1L << FEATURE_NAMES);
        features = call(GET_SET_INFO, device) < 0 ? 0 : answer.getInt(16);
        answer.putInt(4, FEATURE_NAMES);
        answer.putInt(8, features);
        if (features == 0 || features > MOST_FEATURES || call(GET_STRINGS, device) < 0) {
            return -1;
        }
        for (int i = 0; i < features; i++) {
            if (text(12 + i * WORD).equals(feature)) {
                return i;
            }
        }
        return -1;
    }

    /** The queues of the card. */
    public Queues queues(String device) {
        return ask(CHANNELS, device) < 0
                ? new Queues(-1, -1, -1)
                : new Queues(answer.getInt(20), answer.getInt(24), answer.getInt(32));
    }

    /** The rings of the card. */
    public Rings rings(String device) {
        return ask(RINGS, device) < 0 ? new Rings(-1, -1) : new Rings(answer.getInt(20), answer.getInt(32));
    }

    /** What the card does about pause frames. */
    public Pause pause(String device) {
        return ask(PAUSE, device) < 0
                ? new Pause(false, false, false, false)
                : new Pause(true, answer.getInt(4) != 0, answer.getInt(8) != 0, answer.getInt(12) != 0);
    }

    /** What the card does about time stamps. */
    public Timestamps timestamps(String device) {
        return ask(TIMESTAMPS, device) < 0
                ? new Timestamps(false, false, -1)
                : new Timestamps((answer.getInt(4) & 1 << 2) != 0, (answer.getInt(4) & 1) != 0, answer.getInt(8));
    }

    @Override
    public void close() {
        calls.close(fd);
    }
}
