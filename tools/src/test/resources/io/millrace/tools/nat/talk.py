"""Both ends of conversations through a NAT.

serve ADDRESS PORT            TCP and UDP; TCP answers each line: "GET /N ..." as HTTP with who asked and N bytes more,
                              "PUT N" when N bytes have come, anything else with itself; UDP with who asked
many ADDRESS PORT COUNT       so many connections at once: all are made, then each says its number and hears it
datagrams ADDRESS PORT COUNT  so many datagrams, each of a socket of its own; prints who was seen asking
put ADDRESS PORT COUNT        sends so many bytes
knock tcp|udp ADDRESS PORT    prints what a stranger hears within a second: answer, refused or silence
steady ADDRESS PORT RATE SECONDS HELD
                              RATE new connections a second, each says a line and ends, beside HELD ones that stay and
                              speak once a second; prints tried, failed, held, lost
"""

import asyncio
import resource
import socket
import sys
import time

PATIENCE = 20


async def answer(reader, writer):
    peer = "%s:%d" % writer.get_extra_info("peername")[:2]
    try:
        while line := await reader.readline():
            words = line.split()
            if words and words[0] == b"GET":
                while (await reader.readline()).strip():
                    pass
                body = ("peer " + peer + "\n").encode() + b"x" * int(words[1][1:] or b"0")
                writer.write(b"HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
                await writer.drain()
                break
            if words and words[0] == b"PUT":
                await reader.readexactly(int(words[1]))
                line = b"got " + words[1] + b"\n"
            writer.write(line)
            await writer.drain()
    except OSError:
        pass  # the other side went away
    writer.close()


class Echo(asyncio.DatagramProtocol):
    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, peer):
        self.transport.sendto(("%s:%d " % peer[:2]).encode() + data, peer)


async def serve(address, port):
    datagrams = socket.socket(family(address), socket.SOCK_DGRAM)
    if datagrams.family == socket.AF_INET6:
        datagrams.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)  # as start_server does
    datagrams.bind((address, int(port)))
    await asyncio.get_running_loop().create_datagram_endpoint(Echo, sock=datagrams)
    server = await asyncio.start_server(answer, address, int(port), backlog=4096)
    print("serving", flush=True)
    await server.serve_forever()


async def dial(address, port):
    return await asyncio.wait_for(asyncio.open_connection(address, int(port)), PATIENCE)


async def say(connection, line):
    reader, writer = connection
    writer.write(line)
    return await asyncio.wait_for(reader.readline(), PATIENCE)


def family(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


async def many(address, port, count):
    sockets = []
    for n in range(int(count)):
        each = socket.socket(family(address), socket.SOCK_STREAM)
        each.setblocking(False)
        each.connect_ex((address, int(port)))
        sockets.append(each)
        if len(sockets) % 250 == 0:
            established(sockets[-250:])
    established(sockets)
    for n, each in enumerate(sockets):
        each.send(b"%d\n" % n)
    right = 0
    for n, each in enumerate(sockets):
        right += each.recv(100) == b"%d\n" % n
    print(right, "of", count)


def established(sockets):
    for each in sockets:
        each.settimeout(PATIENCE)
        each.send(b"")  # waits for the handshake


async def datagrams(address, port, count):
    sockets = [socket.socket(family(address), socket.SOCK_DGRAM) for _ in range(int(count))]
    seen = set()
    answered = 0
    for n, each in enumerate(sockets):
        each.settimeout(5)
        each.connect((address, int(port)))
        each.send(b"%d" % n)
    for n, each in enumerate(sockets):
        try:
            peer, number = each.recv(2048).split()
            answered += number == b"%d" % n
            seen.add(peer.rsplit(b":", 1)[0].decode())
        except OSError:
            pass
    print(answered, "answered, seen", " ".join(sorted(seen)))


async def put(address, port, count):
    connection = await dial(address, port)
    connection[1].write(b"PUT " + count.encode() + b"\n" + b"x" * int(count))
    print((await asyncio.wait_for(connection[0].readline(), PATIENCE)).decode().strip())


async def knock(kind, address, port):
    with socket.socket(family(address), socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM) as each:
        each.settimeout(1)
        try:
            each.connect((address, int(port)))
            if kind == "udp":
                each.send(b"knock")
                each.recv(100)
            print("answer")
        except TimeoutError:
            print("silence")
        except ConnectionRefusedError:
            print("refused")
        except OSError as e:
            print(e.strerror)


async def steady(address, port, rate, seconds, held):
    lost = failed = tried = 0
    kept = [await dial(address, port) for _ in range(int(held))]
    print("held", flush=True)
    end = time.monotonic() + float(seconds)

    async def hold(connection):
        nonlocal lost
        try:
            while time.monotonic() < end:
                if await say(connection, b"still\n") != b"still\n":
                    raise OSError("closed")
                await asyncio.sleep(1)
        except (OSError, TimeoutError):
            lost += 1

    async def visit():
        nonlocal failed
        try:
            connection = await dial(address, port)
            if await say(connection, b"hello\n") != b"hello\n":
                failed += 1
            connection[1].close()
        except (OSError, TimeoutError):
            failed += 1

    tasks = [asyncio.create_task(hold(c)) for c in kept]
    following = time.monotonic()
    while following < end:
        tasks.append(asyncio.create_task(visit()))
        tried += 1
        following += 1 / float(rate)
        await asyncio.sleep(max(0, following - time.monotonic()))
    await asyncio.gather(*tasks)
    print("tried", tried, "failed", failed, "held", len(kept), "lost", lost)


hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
asyncio.run(globals()[sys.argv[1]](*sys.argv[2:]))
