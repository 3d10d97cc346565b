package io.millrace.codec;

import org.agrona.concurrent.UnsafeBuffer;

/**
 * The way from an IPv6 header to its upper layer. {@link #walk} looks at every extension header once and at no more than
 * {@link #MOST}; afterwards the accessors tell what stands at the end.
 */
public final class Ipv6Extensions {
    /** Each kind of extension header occurs once, destination options twice (RFC 8200 section 4.1): 16 is generous. */
    public static final int MOST = 16;

    private final Ipv6Extension extension = new Ipv6Extension();
    private int upperLayer;
    private int length;
    private boolean fragment;
    private int fragmentHeader;
    private int fragmentOffset;
    private boolean moreFragments;
    private long identification;

    /**
     * Walks from the first byte behind the IPv6 header. It ends at the upper layer, at the authentication header's
     * content (which is an extension too), at ESP, or behind the header of a fragment that is not the first one, since
     * there are no headers behind that.
     *
     * @param nextHeader what the IPv6 header announced
     * @param captured bytes at hand behind the IPv6 header
     * @param original bytes there were behind it on the wire, at most the payload length
     */
    public Malformed walk(UnsafeBuffer buffer, int offset, int nextHeader, int captured, int original) {
        upperLayer = nextHeader;
        length = 0;
        fragment = false;
        fragmentOffset = 0;
        moreFragments = false;
        for (int seen = 0; isExtension(upperLayer); seen++) {
            if (seen == MOST) {
                return Malformed.IPV6_EXTENSIONS_ENDLESS;
            }
            extension.wrap(buffer, offset + length);
            var malformed = extension.check(upperLayer, captured - length, original - length);
            if (malformed != Malformed.NONE) {
                return malformed;
            }
            if (upperLayer == IpProtocol.FRAGMENT) {
                fragment = true;
                fragmentHeader = length;
                fragmentOffset = extension.fragmentOffset();
                moreFragments = extension.moreFragments();
                identification = extension.identification();
            }
            length += extension.length(upperLayer);
            upperLayer = extension.nextHeader();
            if (fragmentOffset > 0) {
                break;
            }
        }
        return Malformed.NONE;
    }

    private static boolean isExtension(int nextHeader) {
        return IpProtocol.isIpv6Extension(nextHeader) || nextHeader == IpProtocol.AUTHENTICATION;
    }

    /** The protocol behind the extension headers. */
    public int upperLayer() {
        return upperLayer;
    }

    /** All extension headers together, in bytes. */
    public int length() {
        return length;
    }

    /** Whether a fragment header was among them, also one that says "whole" (RFC 6946). */
    public boolean hasFragmentHeader() {
        return fragment;
    }

    /** Where the fragment header begins, in bytes from behind the IPv6 header; meaningless without one. */
    public int fragmentHeader() {
        return fragmentHeader;
    }

    /** Whether the packet is a part only. */
    public boolean isFragment() {
        return fragment && (moreFragments || fragmentOffset > 0);
    }

    /** In bytes, 0 without a fragment header. */
    public int fragmentOffset() {
        return fragmentOffset;
    }

    public boolean moreFragments() {
        return moreFragments;
    }

    /** The fragment header's identification, 32 bits; meaningless without one. */
    public long identification() {
        return identification;
    }
}
