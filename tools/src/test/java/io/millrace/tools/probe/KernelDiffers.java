package io.millrace.tools.probe;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Method;
import java.util.Map;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.InvocationInterceptor;
import org.junit.jupiter.api.extension.ReflectiveInvocationContext;

/** Turns the rows round that Linux is known not to do: there the probe must see that it does not. */
final class KernelDiffers implements InvocationInterceptor {
    /** What Linux 6 with nftables does instead. */
    private static final Map<String, String> OTHERWISE = Map.of(
            "x02", "a published port is given to who sends by it",
            "n07", "parity is not kept",
            "n08", "a port is shared when the peers differ",
            "n15", "who comes back in shows the gateway's inside address",
            "n16", "a mapping is for its peer only, so nobody inside gets back in by it",
            "n23", "the checksum of a quoted IP header is not looked at",
            "n44", "a reset at once",
            "n61", "nobody is told that there is no port left",
            "x39", "the memory for pieces is full for 30 s");

    @Override
    public void interceptTestMethod(
            Invocation<Void> row, ReflectiveInvocationContext<Method> context, ExtensionContext extension)
            throws Throwable {
        var why = OTHERWISE.get(context.getExecutable().getName().substring(0, 3));
        if (why == null) {
            row.proceed();
            return;
        }
        AssertionError seen = null;
        try {
            row.proceed();
        } catch (AssertionError e) {
            seen = e;
        }
        assertThat(seen).as("what the probe sees of this: %s", why).isNotNull();
    }
}
