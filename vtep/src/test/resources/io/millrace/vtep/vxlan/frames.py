"""Sends frames by a device: ARP, IPv4 and IPv6 of several kinds and lengths, with and without tag, and no IP at all."""
import socket, struct, sys

A, B, ALL = bytes.fromhex("02000000000a"), bytes.fromhex("02000000000b"), b"\xff" * 6
IP_A, IP_B = bytes([10, 0, 0, 1]), bytes([10, 0, 0, 2])
IP6_A, IP6_B = (bytes.fromhex("fd00" + "00" * 13 + end) for end in ("01", "02"))


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ipv4(protocol, payload, tos=0):
    start = struct.pack("!BBHHHBB", 0x45, tos, 20 + len(payload), 7, 0x4000, 64, protocol)
    return start + struct.pack("!H", checksum(start + b"\0\0" + IP_A + IP_B)) + IP_A + IP_B + payload


def udp(port, data):
    return struct.pack("!HHHH", port, 53, 8 + len(data), 0) + data


def echo(length):
    body = struct.pack("!HH", 1, length) + bytes(i & 0xFF for i in range(length))
    return b"\x08\0" + struct.pack("!H", checksum(b"\x08\0\0\0" + body)) + body


def ipv6(protocol, payload, traffic=0):
    return struct.pack("!IHBB", 6 << 28 | traffic << 20, len(payload), protocol, 64) + IP6_A + IP6_B + payload


def frame(to, kind, packet, tag=b""):
    return to + A + tag + struct.pack("!H", kind) + packet


frames = [
    frame(ALL, 0x0806, bytes.fromhex("0001080006040001") + A + IP_A + bytes(6) + IP_B),
    frame(B, 0x0800, ipv4(1, echo(0))),
    frame(B, 0x0800, ipv4(1, echo(56))),
    frame(B, 0x0800, ipv4(1, echo(1472))),
    frame(B, 0x0800, ipv4(17, udp(1000, b"x"), tos=0xB8)),
    frame(B, 0x0800, ipv4(17, udp(1001, b"xy"), tos=0x01)),
    frame(B, 0x0800, ipv4(17, udp(1002, b"xyz"), tos=0xFE)),
    frame(B, 0x86DD, ipv6(17, udp(1000, b"x" * 100))),
    frame(B, 0x86DD, ipv6(59, b"", traffic=0xB8)),
    frame(B, 0x86DD, ipv6(17, udp(7, b"q" * 1442), traffic=0x02)),
    frame(ALL, 0x88B5, bytes(range(46))),
    frame(B, 0x88B5, b""),
    frame(B, 0x88B5, b"\xff" * 1485),
    frame(B, 0x0800, ipv4(17, udp(1003, b"tagged")), tag=bytes.fromhex("8100a00a")),
]
out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
out.bind((sys.argv[1], 0))
for each in frames:
    out.send(each)
