package io.millrace.dataplane.nat;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.SplittableRandom;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

class SealTest {
    private static final int RECORD = 64;
    private static final long SALT = 0x1234_5678_9ABC_DEF0L;
    private final SplittableRandom random = new SplittableRandom(5);

    private UnsafeBuffer some(int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return new UnsafeBuffer(bytes);
    }

    @Test
    void everyBitCountsAndSoDoTheSaltAndTheLength() {
        for (int length = 8; length <= 184; length += 8) {
            var record = some(length);
            var seals = new HashSet<Long>();
            seals.add(Seal.of(record, 0, length, SALT));
            seals.add(Seal.of(record, 0, length, SALT + 1));
            seals.add(Seal.of(record, 0, length - 8, SALT));
            for (int bit = 0; bit < 8 * length; bit++) {
                record.putByte(bit / 8, (byte) (record.getByte(bit / 8) ^ 1 << bit % 8));
                seals.add(Seal.of(record, 0, length, SALT));
                record.putByte(bit / 8, (byte) (record.getByte(bit / 8) ^ 1 << bit % 8));
            }
            assertThat(seals).as("of %s bytes", length).hasSize(3 + 8 * length);
        }
    }

    @Test
    void twoWordsExchangedAreSeen() {
        var record = some(32);
        long before = Seal.of(record, 0, 32, SALT);
        for (int i = 0; i < 32; i += 8) {
            for (int j = 0; j < i; j += 8) {
                long one = record.getLong(i);
                record.putLong(i, record.getLong(j));
                record.putLong(j, one);
                assertThat(Seal.of(record, 0, 32, SALT)).isNotEqualTo(before);
                record.putLong(j, record.getLong(i));
                record.putLong(i, one);
            }
        }
    }

    @Test
    void aRecordOfNothingHasASealAndAnotherOneInAnotherPlace() {
        var record = new UnsafeBuffer(new byte[RECORD]);
        assertThat(Seal.of(record, 8, 56, 0)).isNotZero();
        assertThat(Seal.of(record, 8, 56, Seal.salt(7, 1))).isNotEqualTo(Seal.of(record, 8, 56, Seal.salt(7, 2)));
    }

    @Test
    void bytesAtRandomHaveNoSealAtRandom() {
        var garbage = some(RECORD * 100_000);
        for (int at = 0; at < garbage.capacity(); at += RECORD) {
            assertThat(garbage.getLong(at)).isNotEqualTo(Seal.of(garbage, at + 8, RECORD - 8, Seal.salt(SALT, at)));
        }
    }

    @Test
    void openedItIsFreeClosedItIsSealed() {
        var record = some(RECORD);
        var aligned = new UnsafeBuffer(ByteBuffer.allocateDirect(RECORD));
        aligned.putBytes(0, record, 0, RECORD);
        Seal.open(aligned, 0);
        assertThat(aligned.getLong(0)).isZero();
        Seal.close(aligned, 0, Seal.of(aligned, 8, RECORD - 8, SALT));
        assertThat(aligned.getLong(0)).isEqualTo(Seal.of(record, 8, RECORD - 8, SALT));
    }
}
