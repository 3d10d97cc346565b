package io.millrace.vtep.network;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * What a switch port is plugged into: {@code attach: { veth: nginx0 }} in a file, {@code veth:nginx0} on the command line.
 *
 * @param name the device's, namespace's or file's; {@code {replica}} in it stands for the replica's number. That of a veth
 *     may be {@code NAME@NAMESPACE}: its far end is {@code eth0} in that namespace
 */
public record Attachment(Kind kind, String name) {
    /** Stands for the replica's number, from 1. */
    public static final String REPLICA = "{replica}";

    /** Between a veth's name and the namespace its far end is in. */
    private static final char AT = '@';

    /** What is put behind the name of a veth whose far end stays here, to name that. */
    private static final String FAR = "-p";

    /** Linux' IFNAMSIZ less the closing zero. */
    private static final int LONGEST_DEVICE = 15;

    public enum Kind {
        /** The fastest way that works. */
        INTERFACE,
        /** libpcap by pcap4j. */
        PCAP,
        /** AF_PACKET. */
        PACKET,
        /** AF_XDP. */
        XDP,
        TAP,
        VETH,
        /** A network namespace of that name is made and gets a TAP or veth. */
        NETNS,
        /** A capture. */
        FILE,
        /** Nothing outside this process: tests and replay. */
        MEMORY;

        public static Kind parse(String word) {
            for (Kind kind : values()) {
                if (kind.toString().equals(word)) {
                    return kind;
                }
            }
            throw new IllegalArgumentException(
                    Words.quote(word) + " is not a kind of attachment; the kinds are " + all());
        }

        /** The words a user may choose from. */
        public static String all() {
            return Arrays.stream(values()).map(Kind::toString).collect(Collectors.joining(", "));
        }

        /** The name is that of a network device, at most 15 bytes. */
        public boolean isDevice() {
            return this != NETNS && this != FILE && this != MEMORY;
        }

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    public Attachment {
        if (name.isEmpty()) {
            throw new IllegalArgumentException("the " + kind + " to attach to has no name");
        }
        if (!name.contains(REPLICA)) {
            check(kind, name);
        }
    }

    private static void check(Kind kind, String name) {
        switch (kind) {
            case VETH -> {
                int at = name.indexOf(AT);
                deviceName(at < 0 ? name : name.substring(0, at));
                if (at >= 0) {
                    namespaceName(name.substring(at + 1));
                }
            }
            case NETNS -> namespaceName(name);
            case FILE, MEMORY -> {}
            default -> deviceName(name);
        }
    }

    /** The network device in Millrace's own namespace; empty: none, or none whose name the user chose. */
    public String device() {
        int at = kind == Kind.VETH ? name.indexOf(AT) : -1;
        return !kind.isDevice() ? "" : at < 0 ? name : name.substring(0, at);
    }

    /** The network namespace that what is attached stands in; empty: Millrace's own. */
    public String namespace() {
        int at = kind == Kind.VETH ? name.indexOf(AT) : -1;
        return kind == Kind.NETNS ? name : at < 0 ? "" : name.substring(at + 1);
    }

    /** What a veth's far end is called: {@code eth0} in a namespace of its own, else beside the near end {@code NAME-p}. */
    public String farDevice() {
        var near = device();
        return namespace().isEmpty()
                ? near.substring(0, Math.min(near.length(), LONGEST_DEVICE - FAR.length())) + FAR
                : "eth0";
    }

    /** Reads {@code kind:name}, as on the command line. */
    public static Attachment parse(String text) {
        int colon = text.indexOf(':');
        if (colon < 0) {
            throw new IllegalArgumentException(
                    Words.quote(text) + " is not an attachment; one is written kind:name, the kinds are " + Kind.all());
        }
        return new Attachment(Kind.parse(text.substring(0, colon)), text.substring(colon + 1));
    }

    /** The attachment of one replica, its number written where {@code {replica}} stands. */
    public Attachment forReplica(int replica) {
        return new Attachment(kind, name.replace(REPLICA, Integer.toString(replica)));
    }

    private static void namespaceName(String name) {
        if (name.isEmpty() || name.indexOf('/') >= 0 || name.length() > 255 || name.startsWith(".")) {
            throw new IllegalArgumentException(Words.quote(name) + " cannot name a network namespace");
        }
    }

    /** Checks that Linux would take {@code name} for a network device. */
    static String deviceName(String name) {
        boolean odd = name.isEmpty() || name.equals(".") || name.equals("..");
        odd |= name.chars().anyMatch(c -> c <= ' ' || c == '/' || c == ':' || c > '~');
        if (odd || name.length() > LONGEST_DEVICE) {
            throw new IllegalArgumentException(Words.quote(name) + " cannot name an interface: Linux allows 1 to "
                    + LONGEST_DEVICE + " characters, no space, '/' or ':'");
        }
        return name;
    }

    @Override
    public String toString() {
        return kind + ":" + name;
    }
}
