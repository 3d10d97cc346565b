package io.millrace.tools.up;

import com.sun.management.OperatingSystemMXBean;
import com.sun.management.ThreadMXBean;
import io.millrace.dataplane.frame.FramePool;
import io.millrace.tools.words.Json;
import java.lang.management.ManagementFactory;
import java.util.Locale;

/** What the process itself is doing: memory, collections, frames under way. */
final class RuntimeAnswer {
    private final Running running;
    private final About about;
    private final Rates rates;

    RuntimeAnswer(Running running, About about, Rates rates) {
        this.running = running;
        this.about = about;
        this.rates = rates;
    }

    static String version() {
        var version = RuntimeAnswer.class.getPackage().getImplementationVersion();
        return version == null ? "(not packaged)" : version;
    }

    String json() {
        var json = new Json().object();
        json.name("name").value(about.name());
        json.name("pid").value(ProcessHandle.current().pid());
        json.name("version").value(version());
        json.name("java").value(Runtime.version().toString());
        json.name("uptime_s").value(Answers.uptime(about));
        json.name("topology").value(about.topology());
        json.name("idle").value(running.topology().idle().name().toLowerCase(Locale.ROOT));
        json.name("workers").value(1);
        frames(json);
        pool(json);
        stations(json);
        memory(json);
        collections(json);
        return json.endObject().toString();
    }

    private void frames(Json json) {
        double rx = 0;
        double tx = 0;
        for (int i = 0; i < running.outlets().size(); i++) {
            rx += rates.of(i).rxFrames();
            tx += rates.of(i).txFrames();
        }
        json.name("rx_pps").number(String.format(Locale.ROOT, "%.1f", rx));
        json.name("tx_pps").number(String.format(Locale.ROOT, "%.1f", tx));
        var account = running.ask(() -> running.counters()
                .account(running.outlets().stream()
                                .mapToLong(outlet -> outlet.inner().held())
                                .sum()
                        + running.graph().held()));
        json.name("balance").object();
        json.name("received").value(account.received());
        json.name("originated").value(account.originated());
        json.name("copied").value(account.copied());
        json.name("transmitted").value(account.transmitted());
        json.name("consumed").value(account.consumed());
        json.name("dropped").value(account.dropped());
        json.endObject();
    }

    private void pool(Json json) {
        var memory = running.memory();
        json.name("pool").object();
        json.name("frames").value(memory.frames());
        json.name("segments").value(memory.segments());
        json.name("in_use").value(running.ask(() -> running.pool().inUse()));
        json.name("bytes").value(running.pool().buffer().capacity());
        json.name("frame_bytes").value(FramePool.CHUNK);
        json.endObject();
    }

    private void stations(Json json) {
        json.name("stations").object();
        json.name("known").value(running.ask(() -> running.stations().size()));
        json.name("refused")
                .value(running.ask(() -> running.switches().values().stream()
                        .mapToLong(wired -> wired.refused())
                        .sum()));
        json.name("moves")
                .value(running.ask(() -> running.switches().values().stream()
                        .mapToLong(wired -> wired.moves())
                        .sum()));
        json.endObject();
    }

    private static void memory(Json json) {
        var runtime = Runtime.getRuntime();
        json.name("heap").object();
        json.name("used").value(runtime.totalMemory() - runtime.freeMemory());
        json.name("committed").value(runtime.totalMemory());
        json.name("max").value(runtime.maxMemory());
        json.endObject();
        if (ManagementFactory.getThreadMXBean() instanceof ThreadMXBean threads) {
            json.name("allocated_bytes").value(threads.getTotalThreadAllocatedBytes());
        }
        if (ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean system) {
            json.name("cpu_s").number(String.format(Locale.ROOT, "%.3f", system.getProcessCpuTime() / 1e9));
        }
    }

    private static void collections(Json json) {
        json.name("gc").array();
        for (var collector : ManagementFactory.getGarbageCollectorMXBeans()) {
            json.object().name("name").value(collector.getName());
            json.name("count").value(collector.getCollectionCount());
            json.name("time_ms").value(collector.getCollectionTime());
            json.endObject();
        }
        json.endArray();
    }
}
