#!/bin/sh
# What Linux answers who asks for its addresses: writes neighbors.pcap. Linux 6.18, as root.
set -e
B=neighborsB$$ C=neighborsC$$
trap 'ip netns del $B; ip netns del $C' EXIT
for n in $B $C; do
    ip netns add $n
    ip netns exec $n sysctl -qw net.ipv6.conf.default.addr_gen_mode=1
done
ip link add eth0 netns $B type veth peer name eth0 netns $C
ip -n $B link set eth0 address 02:00:00:00:00:01
ip -n $C link set eth0 address 02:00:00:00:00:02
ip -n $C addr add 10.1.0.2/24 dev eth0
ip -n $C addr add fd00::2/64 dev eth0 nodad
ip -n $B addr add 10.1.0.1/24 dev eth0
ip -n $B addr add fd00::1/64 dev eth0 nodad
ip -n $B link set eth0 up
ip -n $C link set eth0 up
sleep 2
ip netns exec $B tcpdump -i eth0 -U -w neighbors.pcap 'arp or icmp6 and (ip6[40] == 135 or ip6[40] == 136)' & P=$!
sleep 1
ip netns exec $B ping -c1 -W1 10.1.0.2
# A probe, RFC 5227 section 2.1.1.
ip netns exec $B python3 -c "
import socket
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind(('eth0', 0))
s.send(bytes.fromhex('ffffffffffff' '020000000001' '0806' '0001080006040001'
                     '020000000001' '00000000' '000000000000' '0a010002'))
"
ip netns exec $B ping -c1 -W1 fd00::2
ip -n $B addr add fd00::2/64 dev eth0
sleep 2
kill $P
