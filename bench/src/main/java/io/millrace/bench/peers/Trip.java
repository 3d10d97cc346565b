package io.millrace.bench.peers;

/**
 * What a flood's frames are addressed to and what they have to say when they come out. Addresses of networks are those
 * that RFC 2544, appendix C.2.2 sets apart for benchmarks, and Docker's first.
 *
 * <p>Integers are IPv4 addresses and UDP ports as they are read, in host order.
 */
enum Trip {
    /** A switch's: from one host to another, unchanged. */
    SWITCHED(true, 0xC612_0001, 0xC613_0002, 9, 0, 0xC613_0002, 9, 64),
    /** To the published port of a host, which has a container behind it: 198.18.255.1:8080 becomes 172.17.0.2:80. */
    PUBLISHED(false, 0xC612_0001, Trip.HOST, 8080, 0, 0xAC11_0002, 80, 63),
    /** From containers to a host outside: whoever they are, outside they are 198.18.255.1. */
    MASQUERADED(false, 0xAC11_0100, 0xC612_FF02, 9, Trip.HOST, 0xC612_FF02, 9, 63);

    /** The device's own address outside. */
    private static final int HOST = 0xC612_FF01;

    /** The device's own address, on the side that frames come in by. */
    static final byte[] GATEWAY = {2, 0, 0, 0, (byte) 0xff, 1};

    private final boolean toStation;
    private final int source;
    private final int destination;
    private final int port;
    private final int newSource;
    private final int newDestination;
    private final int newPort;
    private final int newTtl;

    Trip(
            boolean toStation,
            int source,
            int destination,
            int port,
            int newSource,
            int newDestination,
            int newPort,
            int newTtl) {
        this.toStation = toStation;
        this.source = source;
        this.destination = destination;
        this.port = port;
        this.newSource = newSource;
        this.newDestination = newDestination;
        this.newPort = newPort;
        this.newTtl = newTtl;
    }

    /** The MAC address that frames are for. */
    byte[] mac() {
        return toStation ? TestFrame.STATION : GATEWAY;
    }

    /** Flow 0's address; the others follow. */
    int source() {
        return source;
    }

    int destination() {
        return destination;
    }

    /** The destination's UDP port. */
    int port() {
        return port;
    }

    /** Whether the device is to change anything; if not, nobody looks at what comes out. */
    boolean translates() {
        return newTtl != 64;
    }

    /** What a frame that came out has in it that it should not have, or an empty string. */
    String fault(Packet came, int flows) {
        int flow = newSource == 0 ? came.source() - source : 0;
        if (newSource != 0 ? came.source() != newSource : flow < 0 || flow >= flows) {
            return "the source " + came.words();
        }
        if (came.destination() != newDestination || came.destinationPort() != newPort) {
            return "the destination " + came.words();
        }
        if (newSource == 0 && came.sourcePort() != TestFrame.FIRST_PORT + flow) {
            return "the source's port " + came.words();
        }
        if (came.ttl() != newTtl) {
            return "the time to live " + came.ttl();
        }
        return came.checksums() ? "" : "a wrong checksum";
    }
}
