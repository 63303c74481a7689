"""The network of the VPC: a bridge in the enclosure, whose addresses are what AWS has in a network, and a cable to each machine."""
import ctypes
import os
import socket
import subprocess
import threading

BRIDGE = "vpc"
CLONE_NEWNET = 0x40000000


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout


def make():
    run("ip", "link", "set", "lo", "up")
    run("ip", "link", "add", BRIDGE, "type", "bridge")
    run("ip", "link", "set", BRIDGE, "up")
    with open("/proc/sys/net/ipv4/ip_forward", "w", encoding="ascii") as f:  # the router between subnets
        f.write("1")


def add_address(address):
    """An address at which the enclosure itself answers: a router, AWS, a balancer."""
    run("ip", "address", "replace", address, "dev", BRIDGE)


def plug(name, pid, mac, address, router):
    """A cable from the bridge to eth0 of the machine that `pid` is in."""
    run("ip", "link", "add", name, "type", "veth", "peer", "name", "eth0", "address", mac, "netns", str(pid))
    run("ip", "link", "set", name, "master", BRIDGE, "up")
    inside = ("nsenter", "-t", str(pid), "-n", "ip")
    run(*inside, "link", "set", "lo", "up")
    run(*inside, "address", "add", "169.254.169.254/32", "dev", "lo")
    run(*inside, "address", "add", address, "dev", "eth0")
    run(*inside, "link", "set", "eth0", "up")
    run(*inside, "route", "add", "default", "via", router)


def unplug(name):
    subprocess.run(["ip", "link", "delete", name], capture_output=True, check=False)


def listen_inside(pid, address):
    """A listening socket of this process in the machine's network: a thread goes there to open it, for namespaces are of threads."""
    made = []

    def open_it():
        with open(f"/proc/{pid}/ns/net", "rb") as space:
            if ctypes.CDLL(None, use_errno=True).setns(space.fileno(), CLONE_NEWNET):
                made.append(OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno())))
                return
        made.append(socket.create_server(address))

    thread = threading.Thread(target=open_it)
    thread.start()
    thread.join()
    if not made or isinstance(made[0], Exception):
        raise made[0] if made else RuntimeError(f"nothing can listen at {address} of {pid}")
    return made[0]
