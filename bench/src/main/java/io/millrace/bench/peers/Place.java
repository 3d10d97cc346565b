package io.millrace.bench.peers;

import io.millrace.dataplane.linux.KernelException;
import io.millrace.dataplane.linux.Memory;
import io.millrace.dataplane.linux.Native;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A network namespace with a thread of ours in it. */
final class Place implements AutoCloseable {
    private static final int CLONE_NEWNET = 0x40000000;

    private final String name;
    private final ExecutorService thread = Executors.newSingleThreadExecutor(task -> {
        var inside = new Thread(task, "inside");
        inside.setDaemon(true);
        return inside;
    });

    /** Enters a namespace that {@code ip netns} knows by this name. */
    Place(String name) {
        this.name = name;
        in(() -> {
            var calls = new Native();
            var path = Memory.string("/run/netns/" + name);
            int fd = calls.open(path.addressOffset(), 0, 0);
            KernelException.check("opening the namespace " + name, fd, "CAP_SYS_ADMIN");
            KernelException.check("entering the namespace " + name, calls.setns(fd, CLONE_NEWNET), "CAP_SYS_ADMIN");
            return calls.close(fd);
        });
    }

    String name() {
        return name;
    }

    /** Does something inside and waits for it. */
    <T> T in(Callable<T> task) {
        try {
            return thread.submit(task).get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException told) {
                throw new UncheckedIOException(told);
            }
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new NotMeasured("interrupted");
        }
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}
