"""TCP ports on loopback for servers of the tests.

Between the choice of a port and the server's bind(2) nobody else may take it.
Outgoing connections cannot: the ports are none of those that the kernel gives
to them.  Another test cannot: a port is reserved until this process ends, by
the name of a unix socket.  An abstract name is free again when its process is
gone, however it ended, and belongs to a network namespace, as ports do.
"""

import functools
import pathlib
import random
import socket

RANGE = pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range")
FIRST, END = 10000, 65536

_reserved = {}  # the socket that holds each port's name


@functools.cache
def candidates():
    """Ports that no outgoing connection gets by chance."""
    low, high = map(int, RANGE.read_text().split())
    found = [port for port in range(FIRST, END) if not low <= port <= high]
    if not found:
        raise AssertionError(f"outgoing connections use all ports: {RANGE}")
    return found


def reserve(port):
    """Is the port ours alone, among all tests, from now on?"""
    holder = socket.socket(socket.AF_UNIX)
    try:
        holder.bind(f"\0smime-milter-test-port-{port}")
    except OSError:
        holder.close()
        return False
    _reserved[port] = holder
    return True


def is_free(port, host="127.0.0.1"):
    """Could a server listen there?"""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def free_port(host="127.0.0.1"):
    """A TCP port that nobody uses, and that is ours until we end."""
    ports = candidates()
    start = random.randrange(len(ports))
    for port in ports[start:] + ports[:start]:
        if reserve(port) and is_free(port, host):
            return port
    raise AssertionError(f"no port is free on {host}")
