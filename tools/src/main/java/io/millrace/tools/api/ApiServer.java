package io.millrace.tools.api;

import io.millrace.tools.words.Failure;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.TimeUnit;

/**
 * Answers HTTP/1.1 on a Unix socket that only its owner may open (mode 0600). One thread of Netty's reads and writes;
 * each request is answered on a virtual thread of its own.
 */
@SuppressWarnings("FutureReturnValueIgnored") // nobody waits for a connection to be closed
public final class ApiServer implements AutoCloseable {
    /** The longest body of a request, in bytes. */
    public static final int LONGEST_BODY = 1 << 20;

    private static final int LONGEST_LINE = 8192;
    private static final int LONGEST_HEADERS = 16_384;
    private static final int MOST_CONNECTIONS = 256;
    private static final int UNSENT = 256 * 1024;
    private static final long PATIENCE_MS = 2_000;

    static {
        Netty.hush();
    }

    private final EventLoopGroup threads;
    private final ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
    private final Path socket;
    private final Routes routes;

    private ApiServer(Path socket, Routes routes) {
        this.socket = socket;
        this.routes = routes;
        this.threads =
                new MultiThreadIoEventLoopGroup(1, new DefaultThreadFactory("api", true), NioIoHandler.newFactory());
    }

    /** Has the classes loaded that answering takes, on a thread of its own, while others do something else. */
    public static void prepare() {
        Thread.ofPlatform().daemon().name("prepare").start(() -> {
            var channel = new EmbeddedChannel(new HttpServerCodec(), new HttpObjectAggregator(1));
            channel.close();
            assert new ServerBootstrap()
                            .channel(NioServerDomainSocketChannel.class)
                            .config()
                    != null;
        });
    }

    /** Begins to answer; a socket that was left at {@code socket} is replaced. */
    public static ApiServer start(Path socket, Routes routes) {
        var server = new ApiServer(socket, routes);
        try {
            server.listen();
            return server;
        } catch (IOException e) {
            server.close();
            throw Failure.failed(socket + ": the socket cannot be made: " + e.getMessage());
        }
    }

    /** The socket appears under its name only when it is ready, with its mode: nobody else can slip in before. */
    private void listen() throws IOException {
        var fresh = socket.resolveSibling("." + socket.getFileName() + "~");
        Files.deleteIfExists(fresh);
        var listening = new ServerBootstrap()
                .group(threads)
                .channel(NioServerDomainSocketChannel.class)
                .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, new WriteBufferWaterMark(UNSENT / 2, UNSENT))
                .childHandler(new Connection())
                .bind(UnixDomainSocketAddress.of(fresh))
                .awaitUninterruptibly();
        if (!listening.isSuccess()) {
            throw new IOException(String.valueOf(listening.cause().getMessage()), listening.cause());
        }
        Files.setPosixFilePermissions(fresh, PosixFilePermissions.fromString("rw-------"));
        Files.move(fresh, socket, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /** What one connection goes through. */
    private final class Connection extends ChannelInitializer<Channel> {
        @Override
        protected void initChannel(Channel channel) {
            if (connections.size() >= MOST_CONNECTIONS) {
                channel.close();
                return;
            }
            connections.add(channel);
            channel.pipeline()
                    .addLast(new HttpServerCodec(new HttpDecoderConfig()
                            .setMaxInitialLineLength(LONGEST_LINE)
                            .setMaxHeaderSize(LONGEST_HEADERS)))
                    .addLast(new HttpObjectAggregator(LONGEST_BODY))
                    .addLast(new Conversation(routes));
        }
    }

    /** Answers nobody any more and removes the socket. */
    @Override
    public void close() {
        try {
            Files.deleteIfExists(socket);
        } catch (IOException e) {
            System.err.println("millrace: " + socket + ": cannot be removed: " + e.getMessage());
        }
        connections.close().awaitUninterruptibly(PATIENCE_MS);
        threads.shutdownGracefully(0, PATIENCE_MS, TimeUnit.MILLISECONDS).awaitUninterruptibly(PATIENCE_MS);
    }
}
