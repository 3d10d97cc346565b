package io.millrace.dataplane.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** Large pages, by the kernel's own account of this process. */
class HugePagesTest {
    private static final int BYTES = 32 << 20;

    @Test
    void theMemoryIsZeroAndBeginsAtAPage() {
        var memory = HugePages.take(10_000);
        assertThat(memory.capacity()).isEqualTo(10_000);
        assertThat(memory.addressOffset() % 4096).isZero();
        for (int i = 0; i < memory.capacity(); i++) {
            assertThat(memory.getByte(i)).isZero();
        }
        memory.putByte(9_999, (byte) 1);
    }

    @Test
    void theKernelGivesHugePagesForIt() throws IOException {
        var setting = Path.of("/sys/kernel/mm/transparent_hugepage/enabled");
        assumeTrue(
                Files.exists(setting) && !Files.readString(setting).contains("[never]"),
                "not run: this kernel gives no huge pages");
        long before = huge();
        var memory = HugePages.take(BYTES);
        assertThat(huge() - before).as("kB in huge pages").isGreaterThan(BYTES / 2 / 1024);
        assertThat(memory.getByte(BYTES - 1)).isZero();
    }

    /** kB of this process that are in huge pages. */
    private static long huge() throws IOException {
        return Files.readAllLines(Path.of("/proc/self/smaps_rollup")).stream()
                .filter(line -> line.startsWith("AnonHugePages:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .sum();
    }
}
