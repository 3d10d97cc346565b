#!/bin/sh
# Records what the kernel's vxlan device makes of frames: NAME.inner.pcap is what was given to it, NAME.outer.pcap what left.
# Needs root, iproute2, tcpdump, python3. Everything happens in two network namespaces of its own.
set -eu
here=$(dirname "$0")
a=mrrec$$-a
b=mrrec$$-b
trap 'ip netns delete $a; ip netns delete $b' EXIT
ip netns add $a
ip netns add $b
ip link add u0 netns $a address 02:aa:00:00:00:0b type veth peer name u0 netns $b address 02:aa:00:00:00:0c
for n in $a $b; do
    ip netns exec $n ethtool -K u0 tx off rx off gso off tso off gro off > /dev/null
    ip -n $n link set u0 mtu 9000 up
done
ip -n $a address add 192.0.2.11/24 dev u0
ip -n $a address add 2001:db8::b/64 dev u0 nodad
ip -n $b address add 192.0.2.12/24 dev u0
ip -n $b address add 2001:db8::c/64 dev u0 nodad
for to in 192.0.2.12 2001:db8::c; do ip netns exec $a ping -qc1 $to > /dev/null; done

# record NAME PEER VNI OPTIONS…
record() {
    name=$1; peer=$2; vni=$3
    shift 3
    ip -n $a link add vx address 02:00:00:00:00:0a type vxlan id $vni remote $peer dev u0 dstport 4789 ttl 64 "$@"
    ip netns exec $a sysctl -qw net.ipv6.conf.vx.disable_ipv6=1
    ip -n $a link set vx mtu 1600 up
    ip netns exec $a tcpdump -qUni vx -Q out -w $here/$name.inner.pcap 2> /dev/null &
    inner=$!
    ip netns exec $a tcpdump -qUni u0 -Q out -w $here/$name.outer.pcap udp port 4789 2> /dev/null &
    outer=$!
    sleep 1.5
    ip netns exec $a python3 $here/frames.py vx
    sleep 1
    kill $inner $outer
    wait $inner $outer || true
    ip -n $a link delete vx
}

record v4 192.0.2.12 42 df set noudpcsum
record v4-checksum 192.0.2.12 16777215 df set udpcsum
record v4-inherit 192.0.2.12 4096 df set tos inherit noudpcsum
record v6 2001:db8::c 42
record v6-zero 2001:db8::c 1 udp6zerocsumtx
