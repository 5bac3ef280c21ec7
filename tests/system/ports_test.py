#!/usr/bin/python3
"""The ports of the tests' servers: nobody else gets them."""

import socket
import subprocess
import sys

import ports
import tap
from tap import case, check, equal

HOLD = """
import sys, ports
print(*[ports.free_port() for _ in range(int(sys.argv[1]))], flush=True)
sys.stdin.read()
"""


def holder(count):
    """A process that holds so many ports; it and they."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(count)], stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, text=True,
        cwd=sys.path[0])
    return process, list(map(int, process.stdout.readline().split()))


@case("no outgoing connection gets one")
def _(_fixture):
    low, high = map(int, ports.RANGE.read_text().split())
    for _ in range(100):
        port = ports.free_port()
        check(not low <= port <= high, f"{port} is in {low} to {high}")


@case("no two programs get the same one")
def _(_fixture):
    holders = [holder(300) for _ in range(3)]
    try:
        taken = [port for _, own in holders for port in own]
        equal(len(taken), 900, "ports")
        equal(len(set(taken)), 900, "different ports")
        check(not any(map(ports.reserve, taken)), "they are reserved")
    finally:
        for process, _ in holders:
            process.communicate("")


@case("a program that was killed leaves its ports to others")
def _(_fixture):
    process, (port,) = holder(1)
    check(not ports.reserve(port), f"{port} is reserved")
    process.kill()
    process.communicate()
    check(ports.reserve(port), f"{port} is free again")


@case("none where somebody listens")
def _(_fixture):
    with socket.create_server(("127.0.0.1", 0)) as server:
        check(not ports.is_free(server.getsockname()[1]), "IPv4")


if __name__ == "__main__":
    tap.main()
