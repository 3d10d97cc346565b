package io.millrace.tools.api;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import java.io.IOException;
import java.io.OutputStream;
import java.util.concurrent.Semaphore;

/** The answer to one request; the route's thread speaks, Netty's sends. */
@SuppressWarnings("FutureReturnValueIgnored") // what cannot be sent or closed belongs to a connection that is gone
final class Reply implements Answer {
    private final ChannelHandlerContext context;
    private final Conversation conversation;
    private final boolean keep;
    private final Semaphore room = new Semaphore(0);
    private boolean begun;

    Reply(ChannelHandlerContext context, Conversation conversation, boolean keep) {
        this.context = context;
        this.conversation = conversation;
        this.keep = keep;
    }

    @Override
    public void json(String text) throws IOException {
        whole(HttpResponseStatus.OK, text + "\n");
    }

    @Override
    public void done() throws IOException {
        whole(HttpResponseStatus.NO_CONTENT, "");
    }

    @Override
    public void refuse(int status, String message) throws IOException {
        whole(HttpResponseStatus.valueOf(status), Conversation.message(message));
    }

    private void whole(HttpResponseStatus status, String text) throws IOException {
        begin();
        context.executor().execute(() -> {
            Conversation.send(context, status, text, keep);
            if (keep) {
                conversation.answered(context, true); // otherwise whoever sends closes it
            }
        });
    }

    /** The route gave up: says so, unless the answer is under way; then the connection ends in the middle of it. */
    void fail(int status, String message) {
        try {
            if (begun) {
                context.close();
            } else {
                refuse(status, message);
            }
        } catch (IOException gone) {
            context.close();
        }
    }

    /** A route that returned without a word has a mistake. */
    void expectBegun() {
        if (!begun) {
            fail(HttpResponseStatus.INTERNAL_SERVER_ERROR.code(), "there is no answer to this");
        }
    }

    private void begin() throws IOException {
        if (begun) {
            throw new IllegalStateException("a request is answered once");
        }
        begun = true;
        if (!isWanted()) {
            throw new IOException("the client is gone");
        }
    }

    @Override
    public boolean isWanted() {
        return context.channel().isActive();
    }

    @Override
    public OutputStream stream(String contentType) throws IOException {
        begin();
        var response = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
        response.headers().set(HttpHeaderNames.CONTENT_TYPE, contentType);
        HttpUtil.setTransferEncodingChunked(response, true);
        HttpUtil.setKeepAlive(response, keep);
        context.writeAndFlush(response);
        return new Chunks();
    }

    /** There is room to write, or nobody to write to; on Netty's thread. */
    void roomMayBe() {
        room.release();
    }

    /** A body in chunks. One thread. */
    private final class Chunks extends OutputStream {
        private boolean closed;

        @Override
        public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int from, int count) throws IOException {
            awaitRoom();
            if (count > 0) {
                context.writeAndFlush(new DefaultHttpContent(Unpooled.copiedBuffer(bytes, from, count)));
            }
        }

        private void awaitRoom() throws IOException {
            while (isWanted() && !context.channel().isWritable()) {
                room.acquireUninterruptibly();
            }
            if (!isWanted()) {
                throw new IOException("the client is gone");
            }
        }

        @Override
        public void close() {
            if (!closed) {
                closed = true;
                context.writeAndFlush(LastHttpContent.EMPTY_LAST_CONTENT)
                        .addListener(sent -> conversation.answered(context, keep));
            }
        }
    }
}
