"""Traffic between all hosts of a switch, each in a namespace of its own, judged by who sent it.

mixed.py MTU MEGABYTES STEP NAMESPACE...: datagrams of every STEP-th length are sent; host n has 10.7.0.n/24 and fd07::n/64 on its eth0. One process with sockets in all
namespaces, so that nobody waits for anybody's start. Prints one line for each kind of traffic; anything odd is an
exception.
"""
import ctypes, hashlib, os, random, socket, struct, sys, threading, time

MTU, MEGABYTES, STEP = map(int, sys.argv[1:4])
NAMES = sys.argv[4:]
HOSTS = range(len(NAMES))
libc = ctypes.CDLL(None, use_errno=True)


def v4(n):
    return f"10.7.0.{n + 1}"


def v6(n):
    return f"fd07::{n + 1}"


def enter(n):
    namespace = os.open(f"/run/netns/{NAMES[n]}", os.O_RDONLY)
    assert libc.setns(namespace, 0x40000000) == 0, os.strerror(ctypes.get_errno())
    os.close(namespace)


def in_host(n, family, kind, protocol=0):
    """A socket that belongs to host n, whatever thread uses it later."""
    enter(n)
    s = socket.socket(family, kind, protocol)
    s.settimeout(15)
    return s


def pairs():
    return [(a, b) for a in HOSTS for b in HOSTS if a != b]


def all_at_once(tasks):
    """Runs each in a thread; raises what any of them raised."""
    failed = []

    def guarded(task):
        try:
            task()
        except BaseException as e:
            failed.append(e)

    threads = [threading.Thread(target=guarded, args=(t,)) for t in tasks]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    if failed:
        raise failed[0]


def tcp(family, address, a, b, megabytes):
    """Both ways at once over one connection."""
    listener = in_host(b, family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((address(b), 0))
    listener.listen()
    there = in_host(a, family, socket.SOCK_STREAM)
    there.connect((address(b), listener.getsockname()[1]))
    back, _ = listener.accept()
    back.settimeout(15)
    listener.close()
    sent, came = {}, {}

    def send(s, who):
        block, h = random.Random(who).randbytes(1 << 20), hashlib.sha256()
        for i in range(megabytes):
            part = block[i:] + block[:i]
            h.update(part)
            s.sendall(part)
        s.shutdown(socket.SHUT_WR)
        sent[who] = h.hexdigest()

    def receive(s, who):
        h, n = hashlib.sha256(), 0
        while data := s.recv(1 << 20):
            h.update(data)
            n += len(data)
        assert n == megabytes << 20, f"{n} bytes came from host {who}"
        came[who] = h.hexdigest()

    all_at_once([lambda: send(there, a), lambda: receive(back, a), lambda: send(back, b), lambda: receive(there, b)])
    assert sent == came and len(came) == 2, (sent, came)
    there.close()
    back.close()


def udp(family, address, overhead):
    """Datagrams of lengths around every edge, also longer than the MTU, and many in one call (UDP_SEGMENT)."""
    edge = MTU - overhead
    lengths = [0, 1, 2, 17, 18, 19, 600, edge - 1, edge, edge + 1, 2 * edge, 20000, 65507 - overhead % 28]
    lengths += range(3, 9217, STEP)
    r, n = random.Random(1), 0
    for a, b in pairs():
        receiver = in_host(b, family, socket.SOCK_DGRAM)
        receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        receiver.bind((address(b), 0))
        sender = in_host(a, family, socket.SOCK_DGRAM)
        sender.connect((address(b), receiver.getsockname()[1]))
        for length in lengths:
            data = r.randbytes(length)
            sender.send(data)
            got = receiver.recv(65536)
            assert got == data, f"{a} to {b}: {len(got)} of {length} bytes, or others"
            n += 1
        # libpcap shows many datagrams sent in one call as one frame and does not tell how long each is.
        batches = () if NAMES[a].endswith("-pcap") else ((1000, 20000), (edge, 3 * edge + 1), (100, 100), (1, 60))
        for size, whole in batches:
            data = r.randbytes(whole)
            sender.setsockopt(socket.IPPROTO_UDP, 103, size)  # UDP_SEGMENT
            sender.send(data)
            for at in range(0, whole, size):
                assert receiver.recv(65536) == data[at : at + size], f"{a} to {b}: {whole} by {size}, at {at}"
                n += 1
        sender.close()
        receiver.close()
    return n


def multicast():
    """What one sends to a group, all others get, once."""
    n = 0
    for a in HOSTS:
        members = []
        for b in HOSTS:
            if b != a:
                s = in_host(b, socket.AF_INET, socket.SOCK_DGRAM)
                s.bind(("239.7.7.7", 7007))
                s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton("239.7.7.7") + socket.inet_aton(v4(b)))
                members.append(s)
        sender = in_host(a, socket.AF_INET, socket.SOCK_DGRAM)
        sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(v4(a)))
        for length in (1, 1000, MTU - 28, 5000):
            data = random.Random(length).randbytes(length)
            sender.sendto(data, ("239.7.7.7", 7007))
            for s in members:
                assert s.recv(65536) == data, length
                n += 1
        for s in members:
            s.setblocking(False)
            try:
                raise AssertionError(f"{len(s.recv(65536))} bytes too many")
            except BlockingIOError:
                s.close()
        sender.close()
    return n


def tagged():
    """Frames with one tag and with two, up to the MTU, as they were."""
    n = 0
    eth = {}
    for b in HOSTS:
        s = in_host(b, socket.AF_PACKET, socket.SOCK_RAW, 0)
        s.setsockopt(263, 8, 1)  # PACKET_AUXDATA: the kernel strips the outer tag
        s.setsockopt(263, 23, 1)  # PACKET_IGNORE_OUTGOING
        s.bind(("eth0", 3))
        eth[b] = s
    for a in HOSTS:
        me = bytes([2, 7, 7, 7, 7, a])
        for tags in (b"\x81\x00\xe0\x0a", b"\x88\xa8\x00\x14\x81\x00\x00\x0a"):
            for length in (46, 700, MTU - len(tags)):
                data = random.Random(length).randbytes(length)
                eth[a].send(b"\xff" * 6 + me + tags + b"\x88\xb5" + data)
                for b in HOSTS:
                    if b != a:
                        assert next_tagged(eth[b], me) == tags + b"\x88\xb5" + data, (a, b, tags, length)
                        n += 1
    for s in eth.values():
        s.close()
    return n


def next_tagged(s, source):
    while True:
        data, extra, _, _ = s.recvmsg(65536, 100)
        if data[6:12] != source:
            continue
        status, = struct.unpack_from("I", extra[0][2])
        tci, tpid = struct.unpack_from("HH", extra[0][2], 16)
        return (struct.pack("!HH", tpid, tci) if status & 0x10 else b"") + data[12:]


def timed(what, task):
    start = time.monotonic()
    n = task()
    print(f"{what}: {n} in {time.monotonic() - start:.1f} s", flush=True)


def resent(n):
    """Segments that host n sent once more; ours to explain, no mistake."""
    enter(n)
    with open("/proc/thread-self/net/snmp") as snmp:
        names, values = [line.split() for line in snmp if line.startswith("Tcp:")]
    return int(values[names.index("RetransSegs")])


def tcp_all():
    for a, b in pairs():
        if a < b:
            start = time.monotonic()
            tcp(socket.AF_INET, v4, a, b, MEGABYTES)
            took = time.monotonic() - start
            print(f"  {NAMES[a]} and {NAMES[b]}: {MEGABYTES} MB both ways, {MEGABYTES * 16 / 1000 / took:.1f} Gbit/s", flush=True)
            tcp(socket.AF_INET6, v6, b, a, 2)
    return len(pairs())


timed("udp4", lambda: udp(socket.AF_INET, v4, 28))
timed("udp6", lambda: udp(socket.AF_INET6, v6, 48))
timed("multicast", multicast)
timed("tagged", tagged)
timed("tcp", tcp_all)
print("segments sent again:", *(f"{NAMES[n]} {resent(n)}" for n in HOSTS))
