package io.millrace.tools.up;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * How it ends: somebody asks for it, by a signal or by a request, or the worker dies. After a signal the process lives on
 * until all has been taken back, and ends with exit code 0, since that is what it was asked to do.
 */
final class End {
    private static final long PATIENCE_S = 9;

    private final CountDownLatch asked = new CountDownLatch(1);
    private final CountDownLatch finished = new CountDownLatch(1);
    private final Thread hook = new Thread(this::signalled, "end");
    private volatile @Nullable Throwable failure;

    End() {
        Runtime.getRuntime().addShutdownHook(hook);
    }

    /** Asks for the end. Any thread. */
    void ask() {
        asked.countDown();
    }

    /** An impossible state brings the end. */
    void fail(@Nullable Throwable why) {
        failure = why;
        asked.countDown();
    }

    /** Waits until somebody asks for the end; false when it came by itself. */
    boolean await(Screen screen) {
        try {
            asked.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        var why = failure;
        if (why == null) {
            return true;
        }
        screen.say("the worker stopped: " + why);
        why.printStackTrace();
        return false;
    }

    /** Everything has been taken back. */
    void ended() {
        finished.countDown();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException signalled) {
            assert hook.isAlive() || finished.getCount() == 0;
        }
    }

    private void signalled() {
        asked.countDown();
        try {
            if (!finished.await(PATIENCE_S, TimeUnit.SECONDS)) {
                System.err.println("millrace: cannot end in order; something may be left behind");
                Runtime.getRuntime().halt(1);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        System.err.flush();
        Runtime.getRuntime().halt(failure == null ? 0 : 1);
    }
}
