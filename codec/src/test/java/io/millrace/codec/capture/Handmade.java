package io.millrace.codec.capture;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Capture files put together field by field from the format's drafts, in either byte order, and nothing of our own code. */
record Handmade(ByteOrder order) {
    static final Handmade LITTLE = new Handmade(ByteOrder.LITTLE_ENDIAN), BIG = new Handmade(ByteOrder.BIG_ENDIAN);

    /** A broadcast of 60 bytes. */
    static final byte[] FRAME = frame(60);

    static final int SECONDS = 1_700_000_000;
    static final long MICROSECONDS = 1_700_000_000_000_123L;

    static byte[] frame(int length) {
        byte[] bytes = new byte[length];
        Arrays.fill(bytes, 0, Math.min(6, length), (byte) 0xFF);
        for (int i = 14; i < length; i++) {
            bytes[i] = (byte) i;
        }
        return bytes;
    }

    static byte[] all(byte[]... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }

    byte[] u32(int... values) {
        byte[] out = new byte[4 * values.length];
        ByteBuffer.wrap(out).order(order).asIntBuffer().put(values);
        return out;
    }

    byte[] u16(int value) {
        byte[] out = new byte[2];
        ByteBuffer.wrap(out).order(order).putShort((short) value);
        return out;
    }

    byte[] i64(long value) {
        byte[] out = new byte[8];
        ByteBuffer.wrap(out).order(order).putLong(value);
        return out;
    }

    byte[] pcap(int magic, int major, int minor, int snapLength, int linkType) {
        return all(u32(magic), u16(major), u16(minor), u32(0, 0, snapLength, linkType));
    }

    byte[] pcap() {
        return pcap(0xA1B2C3D4, 2, 4, 262_144, 1);
    }

    byte[] record(int seconds, int fraction, int captured, int original, byte[] more) {
        return all(u32(seconds, fraction, captured, original), more);
    }

    byte[] record(byte[] frame) {
        return record(SECONDS, 123, frame.length, frame.length, frame);
    }

    byte[] block(int type, byte[]... body) {
        byte[] inside = padded(all(body));
        int length = 12 + inside.length;
        return all(u32(type, length), inside, u32(length));
    }

    static byte[] padded(byte[] bytes) {
        return Arrays.copyOf(bytes, (bytes.length + 3) / 4 * 4);
    }

    byte[] section(int major, int minor, long length) {
        return block(0x0A0D0D0A, u32(0x1A2B3C4D), u16(major), u16(minor), i64(length));
    }

    byte[] section() {
        return section(1, 0, -1);
    }

    byte[] iface(int linkType, int snapLength, byte[]... options) {
        return block(1, u16(linkType), u16(0), u32(snapLength), all(options));
    }

    byte[] iface() {
        return iface(1, 0);
    }

    byte[] option(int code, byte... value) {
        return all(u16(code), u16(value.length), padded(value));
    }

    byte[] option(int code, String value) {
        return option(code, value.getBytes(StandardCharsets.UTF_8));
    }

    byte[] endOfOptions() {
        return u32(0);
    }

    byte[] packet(int on, long ticks, int captured, int original, byte[] frame, byte[]... options) {
        return block(6, u32(on, (int) (ticks >>> 32), (int) ticks, captured, original), padded(frame), all(options));
    }

    byte[] packet(int on, byte[] frame, byte[]... options) {
        return packet(on, MICROSECONDS, frame.length, frame.length, frame, options);
    }

    byte[] simple(int original, byte[] frame) {
        return block(3, u32(original), frame);
    }
}
