package io.millrace.tools.replay;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A nanosecond pcap written by hand, frame by frame: RFC draft-ietf-opsawg-pcap, little endian. */
final class Pcap {
    static final String BROADCAST = "ff:ff:ff:ff:ff:ff";

    private final int linkType;
    private final List<byte[]> records = new ArrayList<>();

    private Pcap(int linkType) {
        this.linkType = linkType;
    }

    static Pcap ethernet() {
        return new Pcap(1);
    }

    static Pcap ofLinkType(int number) {
        return new Pcap(number);
    }

    /** An Ethernet frame of 60 bytes. */
    Pcap frame(double seconds, String source, String destination) {
        return frame(seconds, source, destination, 60, 60);
    }

    /** An Ethernet frame of which {@code captured} bytes were kept. */
    Pcap frame(double seconds, String source, String destination, int captured, int original) {
        var bytes = ByteBuffer.allocate(Math.max(14, captured));
        bytes.put(mac(destination)).put(mac(source)).putShort((short) 0x88B5);
        var kept = new byte[captured];
        bytes.get(0, kept);
        return bytes(seconds, kept, original);
    }

    Pcap bytes(double seconds, byte[] bytes, int original) {
        long nanos = Math.round(seconds * 1e9);
        var record = ByteBuffer.allocate(16 + bytes.length).order(ByteOrder.LITTLE_ENDIAN);
        record.putInt((int) (nanos / 1_000_000_000)).putInt((int) (nanos % 1_000_000_000));
        record.putInt(bytes.length).putInt(original).put(bytes);
        records.add(record.array());
        return this;
    }

    /** The {@code i}-th of many stations. */
    static String station(int i) {
        return "02:00:00:%02x:%02x:%02x".formatted(i >> 16 & 0xFF, i >> 8 & 0xFF, i & 0xFF);
    }

    private static byte[] mac(String text) {
        var bytes = new byte[6];
        for (int i = 0; i < 6; i++) {
            bytes[i] = (byte) Integer.parseInt(text.substring(3 * i, 3 * i + 2), 16);
        }
        return bytes;
    }

    /** Writes the file and returns its name. */
    String to(Path file) throws IOException {
        try (var out = Files.newOutputStream(file)) {
            out.write(ByteBuffer.allocate(24)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putInt(0xA1B23C4D)
                    .putShort((short) 2)
                    .putShort((short) 4)
                    .putLong(0)
                    .putInt(1 << 18)
                    .putInt(linkType)
                    .array());
            for (var record : records) {
                out.write(record);
            }
        }
        return file.toString();
    }
}
