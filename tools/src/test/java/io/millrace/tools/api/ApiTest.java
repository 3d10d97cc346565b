package io.millrace.tools.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.tools.words.Failure;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The server as strangers meet it: by bytes on a socket. */
class ApiTest {
    private static final int MEGA = 1 << 20;

    @TempDir
    private Path folder;

    private Path socket;
    private ApiServer server;
    private final CompletableFuture<Boolean> streamEnded = new CompletableFuture<>();

    @BeforeEach
    void start() {
        socket = folder.resolve("api.sock");
        server = ApiServer.start(
                socket,
                new Routes()
                        .get("/echo", (request, answer) -> answer.json("\"" + request.parameter("say") + "\""))
                        .post("/length", (request, answer) -> answer.json("" + request.body().length))
                        .get("/wrong", (request, answer) -> {
                            throw Failure.usage("say what you want");
                        })
                        .get("/silent", (request, answer) -> {})
                        .get("/bytes", this::bytes)
                        .get("/endless", this::endless));
    }

    @AfterEach
    void stop() {
        server.close();
        assertThat(socket).doesNotExist();
    }

    private void bytes(Request request, Answer answer) throws IOException {
        try (var out = answer.stream("application/octet-stream")) {
            var chunk = new byte[10_000];
            for (int i = 0; i < 1000; i++) {
                chunk[0] = (byte) i;
                out.write(chunk);
            }
        }
    }

    private void endless(Request request, Answer answer) throws IOException {
        try (var out = answer.stream("text/plain")) {
            out.write('a');
            while (answer.isWanted()) {
                Thread.sleep(5);
            }
            streamEnded.complete(true);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Sends bytes and reads all that comes until the server ends the conversation. */
    private String talk(String request) throws IOException {
        try (var channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            var bytes = ByteBuffer.wrap(request.getBytes(StandardCharsets.ISO_8859_1));
            try {
                while (bytes.hasRemaining()) {
                    channel.write(bytes);
                }
            } catch (IOException refused) {
                assertThat(bytes.position()).isPositive();
            }
            return read(channel);
        }
    }

    /** Sends bytes, goes, and does not listen. */
    private void babble(String bytes) throws IOException {
        try (var channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            channel.write(ByteBuffer.wrap(bytes.getBytes(StandardCharsets.ISO_8859_1)));
            channel.shutdownOutput();
            read(channel);
        }
    }

    private static String read(SocketChannel channel) {
        var answer = new StringBuilder();
        var buffer = ByteBuffer.allocate(1 << 16);
        try {
            while (channel.read(buffer) >= 0) {
                answer.append(StandardCharsets.ISO_8859_1.decode(buffer.flip()));
                buffer.clear();
            }
        } catch (IOException reset) {
            answer.append("(reset)");
        }
        return answer.toString();
    }

    @Test
    void curlIsAnsweredAndOnlyTheOwnerMayAsk() throws Exception {
        assertThat(Files.getPosixFilePermissions(socket)).hasToString("[OWNER_READ, OWNER_WRITE]");
        var curl = new ProcessBuilder(
                        "curl", "-s", "--unix-socket", socket.toString(), "http://x/echo?say=a%20b", "http://x/echo")
                .start();
        assertThat(new String(curl.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                .isEqualTo("\"a b\"\n\"null\"\n");
        assertThat(ApiClient.get(socket, "/echo?say=x").body()).isEqualTo("\"x\"\n");
    }

    @Test
    void whatIsNotThereOrNotUnderstoodIsSaidAsDockerSaysIt() throws Exception {
        assertThat(ApiClient.get(socket, "/nothing"))
                .isEqualTo(new ApiClient.Response(404, "{\"message\":\"page not found\"}"));
        assertThat(ApiClient.post(socket, "/echo").status()).isEqualTo(405);
        assertThat(ApiClient.get(socket, "/wrong"))
                .isEqualTo(new ApiClient.Response(400, "{\"message\":\"say what you want\"}"));
        assertThat(ApiClient.get(socket, "/silent").status()).isEqualTo(500);
        assertThat(talk("GET /echo%zz?say=%zz HTTP/1.0\r\n\r\n")).startsWith("HTTP/1.1 404");
        assertThat(talk("GET /echo?say=" + "x".repeat(9_000) + " HTTP/1.1\r\n\r\n"))
                .startsWith("HTTP/1.1 414");
        assertThat(talk("GET /echo HTTP/1.1\r\nA: " + "x".repeat(17_000) + "\r\n\r\n"))
                .startsWith("HTTP/1.1 431");
        assertThat(talk("nonsense\r\n\r\n")).startsWith("HTTP/1.1 400");
    }

    @Test
    void bodiesAreTakenUpToAMegabyte() throws Exception {
        var head = "POST /length HTTP/1.1\r\nConnection: close\r\nContent-Length: ";
        assertThat(talk(head + MEGA + "\r\n\r\n" + "x".repeat(MEGA))).endsWith("\r\n\r\n" + MEGA + "\n");
        assertThat(talk(head + (MEGA + 1) + "\r\n\r\n" + "x".repeat(MEGA + 1))).startsWith("HTTP/1.1 413");
    }

    @Test
    void requestsSentAheadAreAnsweredInOrder() throws Exception {
        var all = new StringBuilder();
        for (int i = 0; i < 40; i++) {
            all.append("GET /echo?say=").append(i).append(i == 39 ? " HTTP/1.0\r\n\r\n" : " HTTP/1.1\r\n\r\n");
        }
        try (var channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            channel.write(ByteBuffer.wrap(all.toString().getBytes(StandardCharsets.US_ASCII)));
            var answers = read(channel);
            int at = 0;
            for (int i = 0; i < 40; i++) {
                at = answers.indexOf("\"" + i + "\"", at);
                assertThat(at).as("answer " + i).isNotNegative();
            }
        }
    }

    @Test
    void aStreamComesWholeToAReaderThatIsSlowAndEndsWhenNobodyReads() throws Exception {
        try (var body = ApiClient.stream(socket, "/bytes")) {
            assertThat(body.status()).isEqualTo(200);
            Thread.sleep(100);
            for (int i = 0; i < 1000; i++) {
                assertThat(body.readNBytes(10_000)[0]).isEqualTo((byte) i);
            }
            assertThat(body.read()).isNegative();
        }
        try (var body = ApiClient.stream(socket, "/endless")) {
            assertThat(body.read()).isEqualTo('a');
        }
        assertThat(streamEnded.get(30, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void moreConnectionsThanThereMayBeAreClosedAndTheOthersServed() throws Exception {
        var open = new ArrayList<SocketChannel>();
        try {
            for (int i = 0; i < 300; i++) {
                open.add(SocketChannel.open(UnixDomainSocketAddress.of(socket)));
            }
            assertThatThrownBy(() -> ApiClient.get(socket, "/echo")).isInstanceOf(IOException.class);
            open.getFirst().write(ByteBuffer.wrap("GET /echo?say=first HTTP/1.0\r\n\r\n".getBytes()));
            assertThat(read(open.getFirst())).contains("first");
        } finally {
            for (var channel : open) {
                channel.close();
            }
        }
    }

    @Test
    void noBytesBringItDown() throws Exception {
        var random = new Random(1);
        var words = new String[] {
            "GET ",
            "POST /length ",
            "HTTP/1.1\r\n",
            "\r\n",
            "Content-Length: 5\r\n",
            "Transfer-Encoding: chunked\r\n",
            "fffffff\r\n",
            "-1\r\n",
            "/echo ",
            "Expect: 100-continue\r\n",
            "\0\0",
            "é",
            ":",
            "Host: x\r\n"
        };
        for (int i = 0; i < 300; i++) {
            var text = new StringBuilder();
            for (int j = random.nextInt(12); j >= 0; j--) {
                text.append(words[random.nextInt(words.length)]);
            }
            babble(text.toString());
        }
        assertThat(ApiClient.get(socket, "/echo?say=well").body()).isEqualTo("\"well\"\n");
    }
}
