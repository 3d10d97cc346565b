package io.millrace.vtep.network;

/** The address part of a published port: what Go's {@code net.SplitHostPort} makes of it, with that one's complaints. */
final class BracketedHost {
    private BracketedHost() {}

    /** The text without its brackets. */
    static String bare(String text) {
        int open = text.indexOf('[');
        int close = text.indexOf(']');
        if (open == 0) {
            if (close < 0) {
                throw not(text, "missing ']' in address");
            }
            if (close < text.length() - 1) {
                throw not(
                        text, text.charAt(close + 1) == ':' ? "too many colons in address" : "missing port in address");
            }
            return within(text, text.substring(1, close));
        }
        if (text.indexOf(':') >= 0 && !isAddress(text)) {
            throw not(text, "too many colons in address");
        }
        return within(text, text);
    }

    private static String within(String text, String bare) {
        if (bare.indexOf('[') >= 0) {
            throw not(text, "unexpected '[' in address");
        }
        if (bare.indexOf(']') >= 0) {
            throw not(text, "unexpected ']' in address");
        }
        return bare;
    }

    /** Newer Dockers take an IPv6 address without brackets, and docker-compose prints it so. */
    private static boolean isAddress(String text) {
        try {
            return IpAddress.parse(text).v6();
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static IllegalArgumentException not(String text, String why) {
        var shown = Words.shown(text);
        return new IllegalArgumentException("Invalid ip address " + shown + ": address " + shown + ":: " + why);
    }
}
