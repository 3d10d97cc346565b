#!/usr/bin/env python3
"""What Linux's NAT makes of ICMP errors: writes kernel-nat.txt. Linux 6.18, as root, with nftables.

A router between an inside link and an outside link gets a frame and what comes out is noted, frame by frame. Lines of
the file: "= story", "> link frame" (put in), "< link frame" (came out). Addresses: inside 10.1.0.0/24 and fd00:1::/64,
the router .1 there; outside 192.0.2.1 and 2001:db8::1, all beyond behind .9. Port 8080 is 10.1.0.2:80, udp and tcp.
"""
import ctypes
import os
import select
import socket
import struct
import subprocess
import sys

ROUTER, ENDS = f"natR{os.getpid()}", f"natE{os.getpid()}"
IN, OUT, HOST, NEIGHBOR, FAR = (bytes.fromhex(f"02000000{n}") for n in ("0001", "0101", "0002", "0003", "0109"))
RULES = """
table ip n {
  chain pre { type nat hook prerouting priority -100;
    ip daddr 192.0.2.1 udp dport 8080 dnat to 10.1.0.2:80; ip daddr 192.0.2.1 tcp dport 8080 dnat to 10.1.0.2:80
  }
  chain post { type nat hook postrouting priority 100;
    oifname "out" masquerade; oifname "in" ip saddr 10.1.0.0/24 ct status dnat snat to 192.0.2.1
  }
}
table ip6 n {
  chain out { type filter hook output priority 0;
    icmpv6 type nd-redirect drop
  }
  chain pre { type nat hook prerouting priority -100;
    ip6 daddr 2001:db8::1 udp dport 8080 dnat to [fd00:1::2]:80;
    ip6 daddr 2001:db8::1 tcp dport 8080 dnat to [fd00:1::2]:80
  }
  chain post { type nat hook postrouting priority 100;
    oifname "out" masquerade; oifname "in" ip6 saddr fd00:1::/64 ct status dnat snat to 2001:db8::1
  }
}
"""


def sh(line):
    subprocess.run(line, shell=True, check=True)


def lay():
    sh(f"ip netns add {ROUTER}; ip netns add {ENDS}")
    r = f"ip netns exec {ROUTER}"
    sh(f"ip netns exec {ENDS} sysctl -qw net.ipv6.conf.default.disable_ipv6=1")
    sh(f"{r} sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 net.ipv6.conf.default.accept_dad=0"
       " net.ipv4.conf.all.send_redirects=0 net.ipv4.conf.default.send_redirects=0 net.ipv4.conf.all.rp_filter=0"
       " net.ipv4.conf.default.rp_filter=0 net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0"
       " net.ipv6.conf.default.router_solicitations=0")
    for link, mac in ("in", IN), ("out", OUT):
        sh(f"ip link add {link} netns {ROUTER} address {mac.hex(':')} type veth peer name {link} netns {ENDS}")
        sh(f"ip -n {ENDS} link set {link} arp off up; ip -n {ROUTER} link set {link} up")
        sh(f"{r} ethtool -K {link} tx off gro off >/dev/null")
    n = f"ip -n {ROUTER}"
    sh(f"{n} addr add 10.1.0.1/24 dev in; {n} addr add fd00:1::1/64 dev in nodad")
    sh(f"{n} addr add 192.0.2.1/24 dev out; {n} addr add 2001:db8::1/64 dev out nodad")
    for net, v6, host, link, mac in (("10.1.0.", "fd00:1::", 2, "in", HOST), ("10.1.0.", "fd00:1::", 3, "in", NEIGHBOR),
                                     ("192.0.2.", "2001:db8::", 9, "out", FAR)):
        sh(f"{n} neigh add {net}{host} lladdr {mac.hex(':')} dev {link}")
        sh(f"{n} neigh add {v6}{host} lladdr {mac.hex(':')} dev {link}")
    sh(f"{n} route add default via 192.0.2.9; {n} route add default via 2001:db8::9")
    subprocess.run([*r.split(), "nft", "-f", "-"], input=RULES, text=True, check=True)


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def packed(address):
    return socket.inet_pton(socket.AF_INET6 if ":" in address else socket.AF_INET, address)


def ip(source, to, protocol, payload, options=b"", fragment=0, identification=0x1234, hops=64):
    s, d = packed(source), packed(to)
    if len(s) == 16:
        return struct.pack(">IHBB", 6 << 28, len(payload), protocol, hops) + s + d + payload
    header = struct.pack(">BBHHHBBH", 0x45 + len(options) // 4, 0, 20 + len(options) + len(payload), identification,
                         fragment, hops, protocol, 0) + s + d + options
    return header[:10] + struct.pack(">H", checksum(header)) + header[12:] + payload


def pseudo(source, to, protocol, length):
    s, d = packed(source), packed(to)
    return s + d + (struct.pack(">IHBB", length, 0, 0, protocol) if len(s) == 16 else
                    struct.pack(">BBH", 0, protocol, length))


def udp(source, to, ports, data=b"hello", sum_it=True, **kind):
    d = struct.pack(">HHHH", *ports, 8 + len(data), 0) + data
    if sum_it:
        d = d[:6] + struct.pack(">H", checksum(pseudo(source, to, 17, len(d)) + d) or 0xFFFF) + d[8:]
    return ip(source, to, 17, d, **kind)


def tcp(source, to, ports, flags=2, **kind):
    s = struct.pack(">HHIIBBHHH", *ports, 1000, 0, 0x60, flags, 8192, 0, 0) + bytes.fromhex("020405b4")
    return ip(source, to, 6, s[:16] + struct.pack(">H", checksum(pseudo(source, to, 6, len(s)) + s)) + s[18:], **kind)


def icmp(source, to, kind, code, word, data, break_it=0, **more):
    v6 = ":" in source
    m = struct.pack(">BBHI", kind, code, 0, word) + data
    c = checksum((pseudo(source, to, 58, len(m)) if v6 else b"") + m)
    return ip(source, to, 58 if v6 else 1, m[:2] + struct.pack(">H", c ^ break_it) + m[4:], **more)


class Links:
    def __init__(self):
        self.out = open("kernel-nat.txt", "w")
        ctypes.CDLL(None, use_errno=True).setns(os.open(f"/run/netns/{ENDS}", os.O_RDONLY), 0x40000000)
        self.sockets = {}
        for link in ("in", "out"):
            s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
            s.bind((link, 0))
            self.sockets[link] = s

    def put(self, story, link, mac, packet):
        """Puts a packet in and gives back the last that came out, from its IP header on; nothing: none came."""
        frame = (IN if link == "in" else OUT) + mac + (b"\x86\xdd" if packet[0] >> 4 == 6 else b"\x08\x00") + packet
        self.out.write(f"= {story}\n> {link} {frame.hex()}\n")
        self.sockets[link].send(frame)
        came = b""
        while True:
            ready, _, _ = select.select(list(self.sockets.values()), [], [], 0.04)
            if not ready:
                return came
            for s in ready:
                frame, where = s.recvfrom(65536)
                if where[2] == socket.PACKET_OUTGOING or frame[12:14] not in (b"\x08\x00", b"\x86\xdd"):
                    continue
                self.out.write(f"< {where[0]} {frame.hex()}\n")
                came = frame[14:]


UNREACHABLE, EXCEEDED, PROBLEM, TOO_BIG = {4: (3, 3), 6: (1, 4)}, {4: (11, 0), 6: (3, 0)}, {4: (12, 0), 6: (4, 0)}, \
    {4: (3, 4), 6: (2, 0)}


def family(links, v, host, neighbor, outside, near, peer):
    inside_router = {4: "10.1.0.3", 6: "fd00:1::3"}[v]
    echo, answer = {4: (8, 0), 6: (128, 129)}[v]
    to_host = lambda story, packet: links.put(f"IPv{v}: {story}", "out", FAR, packet)
    to_peer = lambda story, packet, mac=HOST: links.put(f"IPv{v}: {story}", "in", mac, packet)

    out = to_peer("UDP goes out", udp(host, peer, (5000, 53)))
    to_host("the peer has no such port", icmp(peer, outside, *UNREACHABLE[v], 0, out))
    to_host("a router's clock ran out", icmp(near, outside, *EXCEEDED[v], 0, out))
    to_host("a router says too big", icmp(near, outside, *TOO_BIG[v], 1400, out))
    to_host("a router has a problem with byte 8", icmp(near, outside, *PROBLEM[v], {4: 8 << 24, 6: 8}[v], out))
    to_host("only eight bytes are quoted", icmp(near, outside, *UNREACHABLE[v], 0, out[:{4: 28, 6: 48}[v]]))
    to_host("an odd number of bytes is quoted", icmp(near, outside, *UNREACHABLE[v], 0, out[:-2]))
    to_host("the error is padded and has extensions", icmp(near, outside, *EXCEEDED[v], 32 << {4: 16, 6: 24}[v],
            out + bytes(128 - len(out)) + bytes.fromhex("2000fda00008010100010101")))
    to_host("a wrong ICMP checksum", icmp(near, outside, *UNREACHABLE[v], 0, out, break_it=0x101))
    to_host("the quote ends in its IP header", icmp(near, outside, *UNREACHABLE[v], 0, out[:16]))
    to_host("the quote ends before its ports", icmp(near, outside, *UNREACHABLE[v], 0, out[:{4: 22, 6: 42}[v]]))
    other = bytearray(out)
    other[{4: 20, 6: 40}[v]] ^= 1
    to_host("a quote of no connection", icmp(near, outside, *UNREACHABLE[v], 0, bytes(other)))
    to_host("an error about an error", icmp(near, outside, *UNREACHABLE[v], 0,
            icmp(outside, peer, *UNREACHABLE[v], 0, out)))

    out = to_peer("UDP without checksum goes out", udp(host, peer, (5001, 53), sum_it=False))
    to_host("and no checksum is quoted", icmp(near, outside, *UNREACHABLE[v], 0, out)) if out else None
    out = to_peer("UDP again", udp(host, peer, (5002, 53)))
    answered = to_host("the peer answers", udp(peer, outside, (53, 5002), b"world"))
    to_peer("nobody waits for the answer", icmp(host, peer, *UNREACHABLE[v], 0, answered))
    to_peer("a router inside cannot deliver the answer",
            icmp(inside_router, peer, *EXCEEDED[v], 0, answered), NEIGHBOR)

    out = to_peer("TCP goes out", tcp(host, peer, (5003, 80)))
    to_host("TCP: prohibited", icmp(near, outside, *{4: (3, 13), 6: (1, 1)}[v], 0, out))
    to_host("TCP: only eight bytes", icmp(near, outside, *EXCEEDED[v], 0, out[:{4: 28, 6: 48}[v]]))
    to_host("TCP: up to the checksum's first byte", icmp(near, outside, *EXCEEDED[v], 0, out[:{4: 37, 6: 57}[v]]))
    to_host("TCP: too big", icmp(near, outside, *TOO_BIG[v], 1300, out))

    out = to_peer("an echo goes out", icmp(host, peer, echo, 0, 0x4321_0001, b"ping"))
    to_host("echo: time exceeded", icmp(near, outside, *EXCEEDED[v], 0, out))
    out = to_peer("an echo of a neighbour's with the same identifier",
                  icmp(neighbor, peer, echo, 0, 0x4321_0001, b"ping"), NEIGHBOR)
    to_host("the neighbour's echo: time exceeded", icmp(near, outside, *EXCEEDED[v], 0, out))
    answered = to_host("an echo is answered", icmp(peer, outside, answer, 0, 0x4321_0001, b"ping"))
    to_peer("the echo's answer is too late", icmp(host, peer, *UNREACHABLE[v], 0, answered))
    out = to_peer("a neighbour's UDP from a port that is taken", udp(neighbor, peer, (5000, 53)), NEIGHBOR)
    to_host("the neighbour's port is put back", icmp(near, outside, *EXCEEDED[v], 0, out))

    came = to_host("UDP comes to a published port", udp(peer, outside, (7000, 8080)))
    to_peer("nobody listens behind it", icmp(host, peer, *UNREACHABLE[v], 0, came))
    to_peer("a router inside does not reach it", icmp(inside_router, peer, *EXCEEDED[v], 0, came), NEIGHBOR)
    back = to_peer("the published port answers", udp(host, peer, (80, 7000), b"page"))
    to_host("the client is gone", icmp(peer, outside, *UNREACHABLE[v], 0, back))
    came = to_host("TCP comes to a published port", tcp(peer, outside, (7001, 8080)))
    to_peer("TCP: too big behind it", icmp(inside_router, peer, *TOO_BIG[v], 1400, came), NEIGHBOR)

    came = to_peer("hairpin: a neighbour to the published port", udp(neighbor, outside, (6000, 8080)), NEIGHBOR)
    to_peer("hairpin: nobody listens", icmp(host, outside, *UNREACHABLE[v], 0, came))
    back = to_peer("hairpin: the answer", udp(host, outside, (80, 6000), b"page"))
    to_peer("hairpin: nobody waits", icmp(neighbor, outside, *UNREACHABLE[v], 0, back), NEIGHBOR)


def main():
    try:
        lay()
        subprocess.run(["sleep", "1"])
        links = Links()
        family(links, 4, "10.1.0.2", "10.1.0.3", "192.0.2.1", "192.0.2.9", "198.51.100.7")
        out = links.put("IPv4: UDP with options", "in", HOST,
                        udp("10.1.0.2", "198.51.100.7", (5010, 53), options=bytes.fromhex("01010100")))
        links.put("IPv4: options in the quote", "out", FAR, icmp("192.0.2.9", "192.0.2.1", 11, 0, 0, out))
        links.put("IPv4: options in the error", "out", FAR,
                  icmp("192.0.2.9", "192.0.2.1", 11, 0, 0, out, options=bytes.fromhex("01010100")))
        links.put("IPv4: source quench", "out", FAR, icmp("192.0.2.9", "192.0.2.1", 4, 0, 0, out))
        links.put("IPv4: a redirect", "out", FAR,
                  icmp("192.0.2.9", "192.0.2.1", 5, 1, 0xC0000208, out))
        links.put("IPv4: the quoted IP checksum is wrong", "out", FAR,
                  icmp("192.0.2.9", "192.0.2.1", 11, 0, 0, out[:10] + b"\x55\x55" + out[12:]))
        links.put("IPv4: a later fragment is quoted", "out", FAR, icmp("192.0.2.9", "192.0.2.1", 11, 0, 0,
                  ip("192.0.2.1", "198.51.100.7", 17, b"x" * 16, fragment=100)))
        links.put("IPv4: the error is for another than the quoted sender", "out", FAR,
                  icmp("192.0.2.9", "10.1.0.2", 11, 0, 0, out))
        family(links, 6, "fd00:1::2", "fd00:1::3", "2001:db8::1", "2001:db8::9", "2001:db8:7::7")
        links.out.close()
    finally:
        sh(f"ip netns del {ROUTER}; ip netns del {ENDS}")


main()
