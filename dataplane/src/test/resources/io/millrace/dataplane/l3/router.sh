#!/bin/sh
# What a Linux router tells a sender whose packet it does not forward: writes router.pcap, question and error in turn.
# Linux 6.18, as root.
set -e
A=routerA$$ B=routerB$$
trap 'ip netns del $A; ip netns del $B' EXIT
for n in $A $B; do ip netns add $n; done
ip link add eth0 netns $A type veth peer name in netns $B
ip link add out netns $B type veth peer name end netns $B
ip netns exec $B sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 \
    net.ipv4.neigh.out.ucast_solicit=0 net.ipv4.neigh.out.mcast_solicit=1 net.ipv4.neigh.out.retrans_time_ms=50 \
    net.ipv6.neigh.out.mcast_solicit=1 net.ipv6.neigh.out.retrans_time_ms=50 net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0
for d in A:eth0 B:in; do
  eval "n=\$${d%:*}"; ip netns exec $n ethtool -K ${d#*:} tx off >/dev/null
done
ip -n $A link set eth0 address 02:00:00:00:00:02 up
ip -n $A addr add 10.1.0.2/24 dev eth0
ip -n $A addr add fd00:1::2/64 dev eth0 nodad
ip -n $B link set in address 02:00:00:00:00:01 up
ip -n $B addr add 10.1.0.1/24 dev in
ip -n $B addr add fd00:1::1/64 dev in nodad
ip -n $B link set out mtu 1400 up
ip -n $B link set end up
ip -n $B addr add 192.0.2.1/24 dev out
ip -n $B addr add 2001:db8::1/64 dev out nodad
ip -n $A route add default via 10.1.0.1
ip -n $A route add default via fd00:1::1
ip -n $B neigh add 192.0.2.9 lladdr 02:00:00:00:00:09 dev out
ip -n $B neigh add 2001:db8::9 lladdr 02:00:00:00:00:09 dev out
ip netns exec $B nft 'add table inet t; add chain inet t f { type filter hook forward priority 0; }
    add rule inet t f udp dport 13 reject with icmpx admin-prohibited
    add rule inet t f udp dport 3 reject with icmpx port-unreachable'
sleep 2
ip netns exec $A tcpdump -i eth0 -U -w router.pcap 'udp or icmp or (icmp6 and ip6[40] < 128)' & P=$!
sleep 1
ip netns exec $A python3 - <<'PY'
import socket, time
def say(family, to, port, length=40, hops=64):
    s = socket.socket(family, socket.SOCK_DGRAM)
    s.bind(("", 5000))
    if family == socket.AF_INET:
        s.setsockopt(socket.IPPROTO_IP, 10, 3)  # IP_MTU_DISCOVER, IP_PMTUDISC_PROBE
        s.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, hops)
    else:
        s.setsockopt(socket.IPPROTO_IPV6, 23, 3)
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, hops)
    s.sendto(bytes(range(length % 256)) + bytes(length - length % 256), (to, port))
    s.close()
    time.sleep(0.5)
for family, there, silent, nowhere in (
        (socket.AF_INET, "192.0.2.9", "192.0.2.7", "198.51.100.1"),
        (socket.AF_INET6, "2001:db8::9", "2001:db8::7", "2001:db8:5::1")):
    say(family, nowhere, 53)            # no route
    say(family, there, 53, hops=1)      # time exceeded
    say(family, silent, 53)             # no neighbour
    say(family, there, 3)               # port
    say(family, there, 13)              # prohibited
    say(family, there, 53, length=1420) # too big
PY
sleep 0.5
kill $P
