package io.millrace.dataplane.port;

import java.util.List;

/** Whether bytes arrive as they were sent: Python programs that hosts of a lab run, and frames in short. */
final class Transfer {
    private Transfer() {}

    /** Frames as hexadecimal digits, in short: length, what they begin with, and a sum over all. */
    static List<String> brief(List<String> frames) {
        return frames.stream()
                .map(f -> f.length() / 2 + " " + f.substring(24, Math.min(40, f.length())) + " " + f.hashCode())
                .toList();
    }

    /** Takes one connection at the address given; answers the SHA-256 of what came. */
    static final String TCP_RECEIVER = """
            import socket, hashlib, sys
            family = socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET
            s = socket.create_server((sys.argv[1], 5000), family=family)
            c, _ = s.accept()
            h = hashlib.sha256()
            while d := c.recv(1 << 20):
                h.update(d)
            c.sendall(h.digest())
            """;

    /** Sends as many MB as said; prints whether they arrived whole. */
    static final String TCP_SENDER = """
            import socket, hashlib, random, sys, time
            block = random.Random(1).randbytes((1 << 20) + 1)
            for i in range(200):
                try:
                    c = socket.create_connection((sys.argv[1], 5000), 10)
                    break
                except ConnectionRefusedError:
                    time.sleep(0.05)
            h = hashlib.sha256()
            for i in range(int(sys.argv[2])):
                c.sendall(block)
                h.update(block)
            c.shutdown(socket.SHUT_WR)
            print(c.recv(32, socket.MSG_WAITALL) == h.digest())
            """;

    /** Sends every datagram back. */
    static final String UDP_ECHO = """
            import socket, sys
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            s.bind((sys.argv[1], 5001))
            while True:
                d, a = s.recvfrom(65536)
                s.sendto(d, a)
            """;

    /** Sends datagrams of many lengths, also such as IP must cut; prints whether each came back as it was. */
    static final String UDP_CLIENT = """
            import socket, random, sys, time
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            s.settimeout(5)
            s.connect((sys.argv[1], 5001))
            good = True
            for n in list(range(1, 1473, 37)) + [1471, 1472, 1473, 9000, 40000]:
                d = random.Random(n).randbytes(n)
                for i in range(40):
                    try:
                        s.send(d)
                        if s.recv(65536) != d:
                            good = print("altered:", n)
                        break
                    except ConnectionRefusedError:
                        time.sleep(0.05)
                    except TimeoutError:
                        good = print("lost:", n)
                        break
            print(good)
            """;
}
