package io.millrace.tools.probe;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.PortUnreachableException;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.zip.CRC32C;

/**
 * A program in a host's namespace, one end of a flow.
 *
 * <pre>
 *  serve PORT BYTES RATE    to everybody who connects BYTES bytes, RATE a second
 *  fetch ADDRESS PORT       gets them; prints how many there were and their checksum
 *  echo PORT                answers each datagram with its bytes and who sent it
 *  talk ADDRESS PORT        sends a datagram every 20 ms until SIGTERM; prints how many were sent and answered,
 *                           the answers' longest absence in ms, and under which addresses it was seen
 * </pre>
 */
final class Peer {
    private static final int BLOCK = 64 * 1024;
    private static final int BEAT_MS = 20;
    private static final int PATIENCE_MS = 60_000;

    private Peer() {}

    public static void main(String[] words) throws Exception {
        switch (words[0]) {
            case "serve" -> serve(Integer.parseInt(words[1]), Long.parseLong(words[2]), Long.parseLong(words[3]));
            case "fetch" -> fetch(words[1], Integer.parseInt(words[2]));
            case "echo" -> echo(Integer.parseInt(words[1]));
            default -> talk(words[1], Integer.parseInt(words[2]));
        }
    }

    /** The checksum of what is served. */
    static long checksum(long bytes) {
        var sum = new CRC32C();
        var block = new byte[BLOCK];
        var random = new SplittableRandom(bytes);
        for (long at = 0; at < bytes; at += BLOCK) {
            random.nextBytes(block);
            sum.update(block, 0, (int) Math.min(BLOCK, bytes - at));
        }
        return sum.getValue();
    }

    private static void serve(int port, long bytes, long rate) throws IOException {
        try (var listening = new ServerSocket(port)) {
            System.out.println("ready");
            while (true) {
                var client = listening.accept();
                Thread.startVirtualThread(() -> send(client, bytes, rate));
            }
        }
    }

    private static void send(Socket client, long bytes, long rate) {
        var block = new byte[BLOCK];
        var random = new SplittableRandom(bytes);
        long gap = BLOCK * TimeUnit.SECONDS.toNanos(1) / rate;
        long next = System.nanoTime();
        try (client;
                var out = client.getOutputStream()) {
            for (long at = 0; at < bytes; at += BLOCK) {
                random.nextBytes(block);
                out.write(block, 0, (int) Math.min(BLOCK, bytes - at));
                next = Math.max(next + gap, System.nanoTime()); // what was not sent in time is not made up for
                LockSupport.parkNanos(next - System.nanoTime());
            }
        } catch (IOException e) {
            System.err.println(e.getMessage());
        }
    }

    private static void fetch(String address, int port) throws IOException {
        var sum = new CRC32C();
        long bytes = 0;
        try (var socket = new Socket()) {
            socket.connect(new InetSocketAddress(address, port), PATIENCE_MS);
            socket.setSoTimeout(PATIENCE_MS);
            System.out.println("ready");
            var in = socket.getInputStream();
            var block = new byte[BLOCK];
            for (int read = in.read(block); read >= 0; read = in.read(block)) {
                sum.update(block, 0, read);
                bytes += read;
            }
        } catch (IOException e) {
            System.out.println(e.getMessage());
        }
        System.out.println(bytes + " " + sum.getValue());
    }

    private static void echo(int port) throws IOException {
        try (var socket = new DatagramSocket(port)) {
            System.out.println("ready");
            var packet = new DatagramPacket(new byte[BLOCK], BLOCK);
            while (true) {
                packet.setLength(BLOCK);
                socket.receive(packet);
                var from = packet.getAddress().getHostAddress() + ":" + packet.getPort();
                var answer = ByteBuffer.allocate(8 + from.length())
                        .put(packet.getData(), 0, 8)
                        .put(from.getBytes(StandardCharsets.US_ASCII));
                socket.send(new DatagramPacket(answer.array(), answer.position(), packet.getSocketAddress()));
            }
        }
    }

    private static void talk(String address, int port) throws IOException {
        var talk = new Talk();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> System.out.println(talk)));
        try (var socket = new DatagramSocket()) {
            socket.connect(InetAddress.getByName(address), port);
            socket.setSoTimeout(BEAT_MS);
            System.out.println("ready");
            while (true) {
                send(socket, ++talk.sent);
                talk.hear(socket);
            }
        }
    }

    /** How a conversation goes. */
    private static final class Talk {
        private final Set<String> seenAs = new ConcurrentSkipListSet<>();
        private volatile long sent;
        private volatile long answered;
        private volatile long longest;
        private long last = System.nanoTime();

        void hear(DatagramSocket socket) throws IOException {
            try {
                var packet = new DatagramPacket(new byte[BLOCK], BLOCK);
                socket.receive(packet);
                answered++;
                seenAs.add(new String(packet.getData(), 8, packet.getLength() - 8, StandardCharsets.US_ASCII));
                longest = Math.max(longest, System.nanoTime() - last);
                last = System.nanoTime();
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(BEAT_MS));
            } catch (SocketTimeoutException | PortUnreachableException e) {
                return; // lost
            }
        }

        @Override
        public String toString() {
            return sent + " " + answered + " " + longest / 1_000_000 + " " + String.join(",", seenAs);
        }
    }

    private static void send(DatagramSocket socket, long number) {
        try {
            var bytes = ByteBuffer.allocate(8).putLong(number).array();
            socket.send(new DatagramPacket(bytes, bytes.length));
        } catch (IOException e) {
            System.err.println(e.getMessage()); // an ICMP error for the one before: the next is sent all the same
        }
    }
}
