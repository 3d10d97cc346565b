#!/bin/bash
# Records docs/samples/lan.pcap: four hosts on a Linux bridge, real programs talking, tcpdump listening on the bridge.
#
#     alpha 10.77.0.1 ──┐
#     beta  10.77.0.2 ──┤ br0  <- tcpdump      alpha and beta also have a VXLAN tunnel (VNI 42) between them,
#     gamma 10.77.0.3 ──┤                      10.99.0.1 and 10.99.0.2
#     delta 10.77.0.4 ──┘
#
# Needs root, iproute2, tcpdump, ping, curl and python3. Everything happens in network namespaces of its own, which
# are removed at the end, also after a failure; no interface of this machine is touched.
#
#     sudo docs/samples/record.sh [OUTPUT]        by default lan.pcap beside this script
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
output=${1:-$here/lan.pcap}
id=mr$$
work=$(mktemp -d)
hosts="alpha beta gamma delta"
pids=()

finish() {
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
    wait 2>/dev/null || true
    for host in switch $hosts; do ip netns del "$id-$host" 2>/dev/null || true; done
    rm -rf "$work"
}
trap finish EXIT

on() { # HOST COMMAND...
    local host=$1
    shift
    ip netns exec "$id-$host" "$@"
}

# --- the wiring -----------------------------------------------------------------------------------------------------
ip netns add "$id-switch"
# The bridge hands every frame it forwards to who listens on br0, and forwards LLDP (bit 14) for once.
on switch ip link add br0 type bridge stp_state 0 group_fwd_mask 0x4000
on switch sysctl -qw net.ipv6.conf.all.disable_ipv6=1
on switch ip link set br0 up
n=0
for host in $hosts; do
    n=$((n + 1))
    ip netns add "$id-$host"
    on "$host" ip link set lo up
    on "$host" ip link add eth0 address "02:00:00:00:00:0$n" type veth peer name "$host" netns "$id-switch"
    on switch ip link set "$host" master br0 up
done

# Without offloads the frames look as they would on a cable: no segments of 64 KB, every checksum finished.
for host in $hosts; do
    on "$host" ethtool -K eth0 tx off tso off gso off gro off >/dev/null 2>&1 || true
done

ip netns exec "$id-switch" tcpdump -q --immediate-mode -i br0 -j host --time-stamp-precision=nano -s 0 -U -w "$work/lan.pcap" 2>"$work/tcpdump" &
pids+=($!)
for _ in $(seq 50); do
    grep -q listening "$work/tcpdump" && break
    sleep 0.1
done

# --- the hosts come up: IPv6 duplicate address detection, router solicitations, multicast reports -------------------
n=0
for host in $hosts; do
    n=$((n + 1))
    on "$host" ip link set eth0 up
    on "$host" ip address add "10.77.0.$n/24" dev eth0
    on "$host" ip address add "fd77::$n/64" dev eth0
    sleep 0.3
done
sleep 2

# --- ping, small, large enough to be fragmented, and over IPv6 ------------------------------------------------------
on alpha ping -q -c 3 -i 0.2 10.77.0.2 >/dev/null
on gamma ping -q -c 2 -i 0.2 10.77.0.4 >/dev/null
on beta ping -q -c 2 -i 0.2 -s 3000 10.77.0.3 >/dev/null
on alpha ping -q -6 -c 3 -i 0.2 fd77::2 >/dev/null
on delta ping -q -6 -c 2 -i 0.2 -s 2500 fd77::3 >/dev/null
on delta ping -q -c 1 -W 1 10.77.0.99 >/dev/null || true # nobody is there: ARP asks three times
on gamma ping -q -b -c 1 -W 1 10.77.0.255 >/dev/null 2>&1 || true

# --- HTTP over TCP, IPv4 and IPv6, and a port where nobody listens --------------------------------------------------
mkdir "$work/www"
head -c 20000 /dev/zero | tr '\0' 'm' >"$work/www/mill.txt"
echo 'a race is the channel that brings the water to the mill' >"$work/www/index.html"
ip netns exec "$id-beta" python3 -m http.server --bind :: --directory "$work/www" 8080 >/dev/null 2>&1 &
pids+=($!)
for _ in $(seq 50); do
    on beta python3 -c 'import socket; socket.create_connection(("::1", 8080), 1)' 2>/dev/null && break
    sleep 0.1
done
on alpha curl -sS -o /dev/null http://10.77.0.2:8080/index.html
on gamma curl -sS -o /dev/null http://10.77.0.2:8080/mill.txt
on delta curl -gsS -o /dev/null 'http://[fd77::2]:8080/mill.txt'
on alpha curl -sS -o /dev/null http://10.77.0.2:8080/missing || true
on alpha curl -sS -o /dev/null http://10.77.0.4:8081/ 2>/dev/null || true

# --- UDP: an echo, a port where nobody listens (ICMP says so), DNS, multicast ---------------------------------------
ip netns exec "$id-gamma" python3 - <<'PYTHON' &
import socket
echo = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
echo.bind(("10.77.0.3", 7))
dns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
dns.bind(("10.77.0.3", 53))
import select
for _ in range(13):
    for ready in select.select([echo, dns], [], [], 20)[0]:
        data, who = ready.recvfrom(2048)
        if ready is echo:
            echo.sendto(data, who)
        else:  # one A record, 10.77.0.2, for whatever was asked
            question = data[12:data.index(b"\0", 12) + 5]
            answer = b"\xc0\x0c" + data[data.index(b"\0", 12) + 1:][:4] + b"\0\0\0\x3c\0\x04\x0a\x4d\0\x02"
            dns.sendto(data[:2] + b"\x85\x80\0\1\0\1\0\0\0\0" + question + answer, who)
PYTHON
pids+=($!)
sleep 1
on alpha python3 - <<'PYTHON'
import socket, struct, time
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.settimeout(2)
for i in range(10):
    udp.sendto(b"x" * (1 + i * 140), ("10.77.0.3", 7))
    udp.recvfrom(2048)
for i, name in enumerate([b"beta.mill.test", b"inner-net.mill.test", b"a.b.c.mill.test"]):
    labels = b"".join(bytes([len(l)]) + l for l in name.split(b".")) + b"\0"
    udp.sendto(struct.pack(">HHHHHH", 0x4d00 + i, 0x0100, 1, 0, 0, 0) + labels + b"\0\1\0\1", ("10.77.0.3", 53))
    udp.recvfrom(2048)
udp.sendto(b"is anybody there?", ("10.77.0.4", 9))
group = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
group.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("10.77.0.1"))
group.sendto(b"to whom it may concern", ("239.7.7.7", 7777))
time.sleep(0.3)
PYTHON

# --- a VXLAN tunnel of the kernel's, with a ping inside -------------------------------------------------------------
on alpha ip link add vx42 address 02:00:00:00:42:01 type vxlan id 42 dstport 4789 remote 10.77.0.2 dev eth0
on beta ip link add vx42 address 02:00:00:00:42:02 type vxlan id 42 dstport 4789 remote 10.77.0.1 dev eth0
for host in alpha beta; do
    on "$host" sysctl -qw net.ipv6.conf.vx42.disable_ipv6=1
    on "$host" ip link set vx42 up
done
on alpha ip address add 10.99.0.1/24 dev vx42
on beta ip address add 10.99.0.2/24 dev vx42
on alpha ping -q -c 3 -i 0.2 10.99.0.2 >/dev/null
on alpha curl -sS -o /dev/null http://10.99.0.2:8080/index.html

# --- frames no program here sends by itself: VLAN tags, QinQ, LLDP, a spanning tree's hello -------------------------
on delta python3 - <<'PYTHON'
import socket, time
wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
wire.bind(("eth0", 0))
me, alpha = bytes.fromhex("020000000004"), bytes.fromhex("020000000001")
everybody = b"\xff" * 6
arp = bytes.fromhex("0806 0001 0800 0604 0001 020000000004 0a4d0104 000000000000 0a4d0101") + bytes(18)
def send(frame):
    wire.send(frame + bytes(max(0, 60 - len(frame))))
    time.sleep(0.05)
send(everybody + me + bytes.fromhex("8100 000a") + arp)                    # VLAN 10
send(everybody + me + bytes.fromhex("8100 a014") + arp)                    # VLAN 20, priority 5
send(everybody + me + bytes.fromhex("8100 6000") + arp)                    # priority only
send(everybody + me + bytes.fromhex("88a8 0064 8100 000a") + arp)          # QinQ: 100, 10
send(bytes.fromhex("0180c200000e") + me + bytes.fromhex("88cc 0207 04 020000000004 0405 05 65746830 0602 0078 0a05") + b"delta" + b"\0\0")
send(bytes.fromhex("0180c2000000") + me + bytes.fromhex("0026 424203 0000 00 00 00 8000 020000000004 00000000 8000 020000000004 8001 0000 1400 0200 0f00"))
send(alpha + me + bytes.fromhex("88b5") + b"an experiment")                # IEEE's type for local experiments
PYTHON
sleep 0.5

kill "${pids[0]}"
wait "${pids[0]}" || true
cp "$work/lan.pcap" "$output"
echo "$output: $(tcpdump -r "$output" --count 2>/dev/null), $(stat -c %s "$output") bytes"
