package io.millrace.codec.capture;

/**
 * pcap (draft-ietf-opsawg-pcap): a file header of 24 bytes, then records, each a header and the captured bytes, all in
 * the byte order of the machine that captured.
 *
 * <pre>
 *  file    magic u32 | major u16 | minor u16 | (zone, accuracy: unused) 8 | snap length u32 | FCS, link type u32
 *  record  seconds u32 | fraction u32 | captured u32 | original u32 | (what the variant adds) | bytes
 * </pre>
 */
final class PcapReader extends CaptureReader {
    private static final int FILE_HEADER = 24, MAJOR = 4, MINOR = 6, SNAP_LENGTH = 16, LINK_TYPE = 20;
    private static final int RESERVED = 0x03FF_0000;
    /** Where two numbers each begin: seconds and their fraction; captured and original length. */
    private static final int TIME = 0, LENGTHS = 8;

    private static final long SECOND = 1_000_000_000L;

    private final PcapVariant variant;
    private final int recordHeader;
    private final int fractionLimit; // fractions in a second
    private final int nanoseconds; // of one fraction
    private final int mostBytes;
    private final int leastBytes;
    private final long snapLength;
    private final LengthOrder lengthOrder;
    private final boolean bigEndian;
    private long seconds;
    private int wrappedFraction; // nanoseconds, in 32 bits

    /** Files older than version 2.3 hold the original length first; some that say 2.3 do so too. */
    private enum LengthOrder {
        CAPTURED_FIRST,
        ORIGINAL_FIRST,
        SMALLER_IS_CAPTURED
    }

    PcapReader(Source source) {
        super(source);
        int magic = window.i32(0);
        PcapVariant found = PcapVariant.byMagic(magic);
        bigEndian = found == null;
        if (bigEndian) {
            found = PcapVariant.byMagic(Integer.reverseBytes(magic));
        }
        if (found == null) {
            throw new CaptureException(name, PcapVariant.unknown(magic));
        }
        window.bigEndian(bigEndian);
        int fileHeader = FILE_HEADER + found.moreFileHeader();
        if (!window.has(fileHeader)) {
            variant = found;
            recordHeader = fractionLimit = nanoseconds = mostBytes = leastBytes = 0;
            snapLength = 0;
            lengthOrder = LengthOrder.CAPTURED_FIRST;
            cut("the file header: " + window.left() + " of " + fileHeader + " bytes are there");
            return;
        }
        int major = window.u16(MAJOR), minor = window.u16(MINOR);
        if (major < 2) {
            throw new CaptureException(name, "pcap version " + major + "." + minor + " is not known");
        }
        lengthOrder = lengthOrder(major, minor);
        long limit = window.u32(SNAP_LENGTH);
        snapLength = limit == 0 ? Long.MAX_VALUE : limit;
        int link = window.i32(LINK_TYPE);
        if ((link & RESERVED) != 0) {
            throw new CaptureException(name, "reserved bits of the link type are set: " + PcapVariant.hex(link));
        }
        linkTypeNumber = link & 0xFFFF; // what is above tells the length of the FCS
        if (found == PcapVariant.MICROSECONDS && major == 2 && minor == 2) {
            found = PcapVariant.aix(linkTypeNumber);
            linkTypeNumber = found == PcapVariant.AIX ? PcapVariant.aixLinkType(linkTypeNumber) : linkTypeNumber;
        }
        linkType = LinkType.of(linkTypeNumber);
        mostBytes = LinkType.mostBytes(linkTypeNumber);
        leastBytes = LinkType.pseudoHeader(linkTypeNumber);
        window.skip(fileHeader);
        boolean guess = major == 2 && minor >= 4 && source.size() >= 0; // not in a pipe: its frames may come slowly
        variant = guess ? found.likeliest(window, limit, mostBytes) : found;
        recordHeader = variant.recordHeader();
        fractionLimit = variant.nanoseconds() ? 1_000_000_000 : 1_000_000;
        nanoseconds = variant.nanoseconds() ? 1 : 1000;
    }

    private static LengthOrder lengthOrder(int major, int minor) {
        if ((major == 2 && minor < 3) || major == 543) { // DG/UX wrote version 543
            return LengthOrder.ORIGINAL_FIRST;
        }
        return major == 2 && minor == 3 ? LengthOrder.SMALLER_IS_CAPTURED : LengthOrder.CAPTURED_FIRST;
    }

    @Override
    public boolean next() {
        if (ended) {
            return false;
        }
        window.skip(this.captured); // of the frame before
        if (!window.has(recordHeader)) {
            return window.left() == 0 ? ends() : cut("a record's header");
        }
        long lengths = window.pair(LENGTHS);
        long captured = lengths >>> Integer.SIZE;
        long original = lengths & 0xFFFF_FFFFL;
        if (lengthOrder != LengthOrder.CAPTURED_FIRST
                && (lengthOrder == LengthOrder.ORIGINAL_FIRST || captured > original)) {
            long first = captured;
            captured = original;
            original = first;
        }
        if (captured > mostBytes) {
            return damaged("the record's length of " + captured + " bytes is more than any frame has");
        }
        if (!window.has(recordHeader + captured)) {
            return cut("a record: " + (window.left() - recordHeader) + " of " + captured + " bytes are there");
        }
        if (captured < leastBytes) {
            return damaged(tooFew(captured, leastBytes));
        }
        number++;
        position = window.position();
        long stamp = window.pair(TIME);
        long fraction = stamp & 0xFFFF_FFFFL;
        seconds = stamp >>> Integer.SIZE;
        wrappedFraction = (int) fraction * nanoseconds;
        time = seconds * SECOND + fraction * nanoseconds;
        if (fraction >= fractionLimit) {
            warn(Warnings.Kind.FRACTION);
        }
        if (captured > snapLength) {
            warn(Warnings.Kind.OVER_SNAPLEN);
        }
        window.skip(recordHeader);
        show(0, (int) captured, original);
        return true;
    }

    @Override
    public long recordedSeconds() {
        return seconds;
    }

    @Override
    public int recordedNanoseconds() {
        return wrappedFraction;
    }

    @Override
    public String format() {
        return variant.words() + (bigEndian ? ", big endian" : ", little endian");
    }
}
