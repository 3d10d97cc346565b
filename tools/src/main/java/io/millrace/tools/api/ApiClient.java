package io.millrace.tools.api;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;

/**
 * Asks a running Millrace. As much of HTTP/1.1 (RFC 9112) as {@link ApiServer} speaks, and nothing to load: a command
 * that asks one question starts as fast as it can.
 */
public final class ApiClient {
    private static final int LONGEST_LINE = 16_384;
    private static final long PATIENCE_MS = 10_000;

    private ApiClient() {}

    /** An answer, whole. */
    public record Response(int status, String body) {
        public boolean isFine() {
            return status / 100 == 2;
        }
    }

    /** Asks and waits for the whole answer, ten seconds at most. */
    public static Response get(Path socket, String path) throws IOException {
        return call("GET", socket, path);
    }

    /** As {@link #get}, with method POST and no body. */
    public static Response post(Path socket, String path) throws IOException {
        return call("POST", socket, path);
    }

    private static Response call(String method, Path socket, String path) throws IOException {
        try (var stream = open(method, socket, path)) {
            var impatience = Thread.ofVirtual().start(() -> {
                try {
                    Thread.sleep(PATIENCE_MS);
                    stream.giveUp();
                } catch (InterruptedException | IOException answered) {
                    Thread.currentThread().interrupt();
                }
            });
            try {
                return new Response(stream.status(), new String(stream.readAllBytes(), StandardCharsets.UTF_8));
            } finally {
                impatience.interrupt();
            }
        }
    }

    /** Asks for a body that is read as it comes, for as long as one likes. */
    public static Body stream(Path socket, String path) throws IOException {
        return open("GET", socket, path);
    }

    private static Body open(String method, Path socket, String path) throws IOException {
        var channel = SocketChannel.open(UnixDomainSocketAddress.of(socket));
        try {
            var request = method + " " + path + " HTTP/1.1\r\nHost: millrace\r\nConnection: close\r\n"
                    + (method.equals("POST") ? "Content-Length: 0\r\n\r\n" : "\r\n");
            var bytes = ByteBuffer.wrap(request.getBytes(StandardCharsets.UTF_8));
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            return new Body(channel, Channels.newInputStream(channel));
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    /** The body of an answer. Closing it tells the other side that no more is wanted. */
    public static final class Body extends InputStream {
        private final SocketChannel channel;
        private final InputStream in;
        private int status = -1;
        private boolean chunked;
        private long left = Long.MAX_VALUE;

        private Body(SocketChannel channel, InputStream in) {
            this.channel = channel;
            this.in = new BufferedInputStream(in, 1 << 16);
        }

        /** The answer's status; waits for it. */
        public int status() throws IOException {
            if (status < 0) {
                readHead();
            }
            return status;
        }

        private void readHead() throws IOException {
            var words = line().split(" ", 3);
            if (words.length < 2 || !words[0].startsWith("HTTP/1.") || !words[1].matches("[1-5][0-9][0-9]")) {
                throw new IOException("no HTTP answer");
            }
            for (var header = line(); !header.isEmpty(); header = line()) {
                var lower = header.toLowerCase(Locale.ROOT);
                if (lower.startsWith("transfer-encoding:") && lower.contains("chunked")) {
                    chunked = true;
                    left = 0;
                } else if (lower.startsWith("content-length:")) {
                    left = number(lower.substring("content-length:".length()).strip(), 10);
                }
            }
            status = Integer.parseInt(words[1]);
        }

        private static long number(String text, int radix) throws IOException {
            try {
                return Long.parseLong(text, radix);
            } catch (NumberFormatException e) {
                throw new IOException("no HTTP answer", e);
            }
        }

        private String line() throws IOException {
            var line = new ByteArrayOutputStream();
            for (int b = in.read(); b != '\n'; b = in.read()) {
                if (b < 0 || line.size() > LONGEST_LINE) {
                    throw new IOException("the answer ends in the middle");
                }
                line.write(b);
            }
            return line.toString(StandardCharsets.UTF_8).stripTrailing();
        }

        @Override
        public int read() throws IOException {
            var one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
        }

        @Override
        public int read(byte[] bytes, int from, int most) throws IOException {
            status();
            if (chunked && left == 0 && !nextChunk()) {
                return -1;
            }
            if (left == 0 || most == 0) {
                return left == 0 ? -1 : 0;
            }
            int read = in.read(bytes, from, (int) Math.min(most, left));
            if (read < 0) {
                if (left != Long.MAX_VALUE) {
                    throw new IOException("the answer ends in the middle");
                }
                return -1;
            }
            left -= read;
            if (chunked && left == 0) {
                line(); // what ends a chunk
            }
            return read;
        }

        private boolean nextChunk() throws IOException {
            left = number(line().split(";", 2)[0].strip(), 16);
            if (left == 0) {
                chunked = false; // the last one; nothing is to be read any more
                return false;
            }
            return true;
        }

        /** Ends the waiting of whoever reads. Any thread. */
        void giveUp() throws IOException {
            channel.close();
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }
}
