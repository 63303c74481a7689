#!/bin/sh
# What a machine does before its kubelet starts.
set -eu
modprobe br_netfilter
sysctl -q -w net.ipv4.ip_forward=1 net.bridge.bridge-nf-call-iptables=1
