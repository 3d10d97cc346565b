package io.millrace.tools.api;

import io.millrace.tools.words.Failure;
import io.millrace.tools.words.Json;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.netty.util.concurrent.ScheduledFuture;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One connection: a request, its answer, the next request. What a client sends ahead waits; nothing is read on while an
 * answer is being made, but for the end of the connection. On Netty's thread, except for the routes themselves.
 */
@SuppressWarnings("FutureReturnValueIgnored") // what cannot be sent or closed belongs to a connection that is gone
final class Conversation extends SimpleChannelInboundHandler<FullHttpRequest> {
    private static final int HEADER_SECONDS = 10;
    private static final int MOST_WAITING = 64;

    private final Routes routes;
    private final ArrayDeque<Runnable> waiting = new ArrayDeque<>();
    private @Nullable ScheduledFuture<?> deadline;
    private @Nullable Reply current;

    Conversation(Routes routes) {
        this.routes = routes;
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
        expectRequest(context);
    }

    /** Whoever has connected says what he wants, soon and completely, or is sent away. */
    private void expectRequest(ChannelHandlerContext context) {
        deadline = context.executor().schedule((Runnable) context::close, HEADER_SECONDS, TimeUnit.SECONDS);
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, FullHttpRequest message) {
        if (deadline != null) {
            deadline.cancel(false);
        }
        boolean keep = HttpUtil.isKeepAlive(message);
        var cause = message.decoderResult().cause();
        if (cause != null) {
            refuse(context, cause);
            return;
        }
        if (waiting.size() >= MOST_WAITING) {
            context.close();
            return;
        }
        var request = request(message);
        waiting.add(() -> begin(context, request, keep));
        if (current == null) {
            next(context);
        }
    }

    private static void refuse(ChannelHandlerContext context, Throwable cause) {
        var status = switch (cause) {
            case TooLongHttpLineException line -> HttpResponseStatus.REQUEST_URI_TOO_LONG;
            case TooLongHttpHeaderException header -> HttpResponseStatus.REQUEST_HEADER_FIELDS_TOO_LARGE;
            default -> HttpResponseStatus.BAD_REQUEST;
        };
        send(context, status, "{\"message\":\"" + status.reasonPhrase() + "\"}", false);
    }

    private static Request request(FullHttpRequest message) {
        var query = new QueryStringDecoder(message.uri());
        var parameters = new HashMap<String, String>();
        String path;
        try {
            path = query.path();
            query.parameters().forEach((name, values) -> parameters.put(name, values.getFirst()));
        } catch (IllegalArgumentException e) {
            path = ""; // a '%' that means nothing: no such page
        }
        return new Request(message.method().name(), path, parameters, ByteBufUtil.getBytes(message.content()));
    }

    private void begin(ChannelHandlerContext context, Request request, boolean keep) {
        var reply = new Reply(context, this, keep);
        current = reply;
        Thread.ofVirtual().name("api").start(() -> answer(request, reply));
    }

    private void answer(Request request, Reply reply) {
        try {
            routes.answer(request, reply);
            reply.expectBegun();
        } catch (Failure e) {
            reply.fail(HttpResponseStatus.BAD_REQUEST.code(), String.valueOf(e.getMessage()));
        } catch (IOException e) {
            reply.fail(HttpResponseStatus.SERVICE_UNAVAILABLE.code(), String.valueOf(e.getMessage()));
        } catch (RuntimeException e) {
            e.printStackTrace(); // an impossible state: loudly, though the network goes on
            reply.fail(HttpResponseStatus.INTERNAL_SERVER_ERROR.code(), e.toString());
        }
    }

    /** An answer is complete: the next request, if the connection lasts. */
    void answered(ChannelHandlerContext context, boolean keep) {
        current = null;
        if (!keep) {
            context.close();
        } else if (waiting.isEmpty()) {
            expectRequest(context);
        } else {
            next(context);
        }
    }

    private void next(ChannelHandlerContext context) {
        if (context.channel().isActive()) {
            waiting.remove().run();
        }
    }

    /** Sends a whole answer; {@code json} empty: none. */
    static void send(ChannelHandlerContext context, HttpResponseStatus status, String json, boolean keep) {
        var response = new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1, status, Unpooled.copiedBuffer(json, StandardCharsets.UTF_8));
        if (!json.isEmpty()) {
            response.headers().set(HttpHeaderNames.CONTENT_TYPE, HttpHeaderValues.APPLICATION_JSON);
        }
        if (status.code() != HttpResponseStatus.NO_CONTENT.code()) {
            HttpUtil.setContentLength(response, response.content().readableBytes());
        }
        HttpUtil.setKeepAlive(response, keep);
        var sent = context.writeAndFlush(response);
        if (!keep) {
            sent.addListener(f -> context.close());
        }
    }

    /** An error as Docker's API words it. */
    static String message(String text) {
        return new Json().object().name("message").value(text).endObject().toString();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        if (current != null) {
            current.roomMayBe();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        if (deadline != null) {
            deadline.cancel(false);
        }
        waiting.clear();
        if (current != null) {
            current.roomMayBe();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        context.close(); // the client went away, or speaks no HTTP
    }
}
