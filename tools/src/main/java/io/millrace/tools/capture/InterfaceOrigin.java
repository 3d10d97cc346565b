package io.millrace.tools.capture;

import io.millrace.codec.capture.CaptureException;
import io.millrace.codec.filter.BpfFilter;
import io.millrace.dataplane.linux.KernelException;
import io.millrace.dataplane.port.CaptureRing;
import io.millrace.dataplane.port.InterfaceWatch;
import io.millrace.tools.tap.CaptureSession;
import io.millrace.tools.words.Failure;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.channels.Pipe;
import java.util.function.Consumer;

/**
 * Captures from an interface of the kernel's, without a dataplane: one thread takes the frames from the kernel, one writes
 * them to a pipe.
 */
final class InterfaceOrigin implements Origin {
    private static final int PATIENCE_MS = 100;
    private static final int LOOKS = 100;

    private final InterfaceWatch watch;
    private final Pipe pipe;
    private final Thread looking;
    private final Thread writing;
    private volatile boolean wanted = true;

    /** @param news is told, in a sentence, when the interface is gone */
    InterfaceOrigin(String device, BpfFilter filter, int snapLength, boolean promiscuous, Consumer<String> news) {
        var ring = new CaptureRing(filter, snapLength, CaptureRing.DEFAULT_SIZE);
        try {
            pipe = Pipe.open();
            watch = InterfaceWatch.open(device, promiscuous, ring);
        } catch (KernelException refused) {
            throw Failure.failed(String.valueOf(refused.getMessage()));
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        var session = new CaptureSession(device, ring, Channels.newOutputStream(pipe.sink()));
        looking = Thread.ofPlatform().name("look").daemon().start(() -> look(device, news));
        writing = Thread.ofPlatform().name("capture").daemon().start(() -> write(session));
    }

    private void look(String device, Consumer<String> news) {
        for (int i = 0; wanted; i++) {
            if (!watch.look(PATIENCE_MS)) {
                news.accept(device + ": the interface is gone");
                wanted = false;
            }
            if (i % LOOKS == 0) {
                watch.countLosses();
            }
        }
        watch.countLosses();
    }

    private void write(CaptureSession session) {
        try {
            session.run(() -> wanted || looking.isAlive());
        } catch (CaptureException nobodyReads) {
            wanted = false;
        }
    }

    @Override
    public InputStream stream() {
        return Channels.newInputStream(pipe.source());
    }

    @Override
    public void stop() {
        wanted = false;
    }

    @Override
    public void close() {
        stop();
        try {
            pipe.source().close();
            looking.join();
            writing.join();
            watch.close();
        } catch (IOException | InterruptedException givenUp) {
            Thread.currentThread().interrupt();
        }
    }
}
