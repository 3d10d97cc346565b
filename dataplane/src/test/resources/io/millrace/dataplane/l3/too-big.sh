#!/bin/sh
# What Linux's bridge and vxlan device tell a sender whose packet does not fit: writes too-big.pcap. Linux 6.18, as root.
set -e
A=tooBigA$$ B=tooBigB$$ C=tooBigC$$
trap 'ip netns del $A; ip netns del $B; ip netns del $C' EXIT
for n in $A $B $C; do ip netns add $n; done
ip link add u0 netns $A type veth peer name u0 netns $C
ip link add p0 netns $A type veth peer name eth0 netns $B
ip -n $A addr add 10.9.0.1/24 dev u0
ip -n $C addr add 10.9.0.2/24 dev u0
ip -n $A link set u0 up
ip -n $C link set u0 up
ip -n $A link add br0 type bridge
ip -n $A link set br0 up
ip -n $A link set p0 master br0 up
ip -n $A link add vx type vxlan id 5 local 10.9.0.1 remote 10.9.0.2 dstport 4789
ip -n $A link set vx mtu 1500 master br0 up
ip -n $C link add vx address 02:00:00:00:00:02 type vxlan id 5 local 10.9.0.2 remote 10.9.0.1 dstport 4789
ip -n $C link set vx mtu 1500 up
ip -n $C addr add 10.1.0.2/24 dev vx
ip -n $C addr add fd00::2/64 dev vx nodad
ip -n $B link set eth0 address 02:00:00:00:00:01 up
ip -n $B addr add 10.1.0.1/24 dev eth0
ip -n $B addr add fd00::1/64 dev eth0 nodad
sleep 1
ip netns exec $B ping -c1 -W1 10.1.0.2
ip netns exec $B ping -c1 -W1 fd00::2
ip netns exec $B tcpdump -i eth0 -U -w too-big.pcap \
    'icmp or icmp6 and (ip6[40] == 2 or ip6[40] == 128)' & P=$!
sleep 1
ip netns exec $B ping -c1 -W1 -M do -s 1472 10.1.0.2 || true
ip netns exec $B ping -c1 -W1 -M do -s 1452 fd00::2 || true
sleep 0.5
kill $P
