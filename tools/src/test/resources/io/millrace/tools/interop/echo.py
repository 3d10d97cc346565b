"""Sends datagrams, or a stream, and compares what comes back, byte by byte.

echo.py serve ADDRESS PORT
echo.py ask ADDRESS PORT HOW:FIRST-LAST[,FIRST-LAST...]...

HOW is sizes (datagrams of these sizes), segments (several of a size in one call, for the network card to cut) or stream
(TCP of that many bytes).
"""

import random
import socket
import sys
import threading
import time

WINDOW = 16
ATTEMPTS = 8
UDP_SEGMENT = 103


def open_socket(address):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    s = socket.socket(family, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    return s


def serve(address, port):
    listener = socket.create_server((address, port), family=socket.AF_INET6 if ":" in address else socket.AF_INET)
    threading.Thread(target=serve_streams, args=[listener], daemon=True).start()
    s = open_socket(address)
    s.bind((address, port))
    while True:
        data, sender = s.recvfrom(65535)
        s.sendto(data, sender)


def serve_streams(listener):
    while True:
        s, _ = listener.accept()
        while data := s.recv(1 << 16):
            s.sendall(data)
        s.close()


def stream(address, port, ranges):
    for size, _ in ranges:
        out = pattern(size)
        s = connected(address, port)
        sender = threading.Thread(target=lambda: (s.sendall(out), s.shutdown(socket.SHUT_WR)), daemon=True)
        sender.start()
        back = bytearray()
        while data := s.recv(1 << 16):
            back += data
        if back != out:
            sys.exit(f"of {size} bytes {len(back)} came back, or others")


def connected(address, port):
    for attempt in range(50):
        try:
            return socket.create_connection((address, port), timeout=20)
        except ConnectionRefusedError:
            time.sleep(0.05)
    sys.exit("nobody listens")


def pattern(size):
    return random.Random(size).randbytes(size)


def collect(s, missing, seconds):
    """Takes what comes back off the set `missing`."""
    end = time.monotonic() + seconds
    while missing and time.monotonic() < end:
        s.settimeout(max(0.001, end - time.monotonic()))
        try:
            data = s.recv(65535)
        except (TimeoutError, ConnectionRefusedError):
            continue
        if data in missing:
            missing.discard(data)
        elif data not in sent:
            sys.exit(f"a datagram of {len(data)} bytes came back that was never sent")


sent = set()


def sizes(address, port, ranges):
    s = open_socket(address)
    s.connect((address, port))
    todo = [size for first, last in ranges for size in range(first, last + 1)]
    for i in range(0, len(todo), WINDOW):
        missing = {pattern(size) for size in todo[i:i + WINDOW]}
        sent.update(missing)
        for attempt in range(ATTEMPTS):
            for data in sorted(missing, key=len):
                try:
                    s.send(data)
                except ConnectionRefusedError:
                    time.sleep(0.05)
            collect(s, missing, 0.2 * (attempt + 1))
            if not missing:
                break
        if missing:
            sys.exit(f"did not come back, in {ATTEMPTS} attempts: {sorted(map(len, missing))} bytes")


def segments(address, port, ranges):
    s = open_socket(address)
    s.connect((address, port))
    for size, _ in ranges:
        count = min(40, 60000 // size)
        pieces = [pattern(size) if size < 4 else n.to_bytes(4, "big") + pattern(size - 4) for n in range(count)]
        missing = set(pieces)
        sent.update(missing)
        s.setsockopt(socket.SOL_UDP, UDP_SEGMENT, size)
        for attempt in range(ATTEMPTS):
            try:
                s.send(b"".join(pieces))
            except ConnectionRefusedError:
                time.sleep(0.05)
            collect(s, missing, 0.2 * (attempt + 1))
            if not missing:
                break
        if missing:
            sys.exit(f"{len(missing)} of {count} segments of {size} bytes did not come back")


def main():
    what, address, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
    if what == "serve":
        serve(address, port)
    for task in sys.argv[4:]:
        how, ranges = task.split(":")
        how = {"sizes": sizes, "segments": segments, "stream": stream}[how]
        how(address, port, [tuple(map(int, r.split("-"))) for r in ranges.split(",")])


main()
