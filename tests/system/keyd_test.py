#!/usr/bin/python3
"""smime-keyd as an operator meets it: command line, errors, lockdown.

What it signs and opens is judged by the unit tests; here it only says hello,
to an implementation of the messages of its own.
"""

import os
import pathlib
import re
import resource
import shutil
import signal
import socket
import stat
import struct
import subprocess
import sys
import tempfile

import tap
from processes import (PATIENCE_SECONDS, Process, has_ended, identity_of,
                       is_root, wait_until)
from tap import Skip, case, check, contains, equal
from testsite import program

MANUAL = (pathlib.Path(os.environ.get("top_srcdir", ".")) /
          "milter/keyd/smime-keyd.8")
DIGITS = "00112233445566778899aabbccddeeff" * 2
HELLO, BAD_MESSAGE = 1, 3
SERVING = ["-u", "nobody"] if is_root() else []


def message(operation, sequence=7):
    """A request without fields; key_message.h."""
    return struct.pack(">BBBBBBHIIII32x", 1, operation, 0, 0, 0, 0, 0,
                       sequence, 0, 0, 0)


def connect(path):
    peer = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    peer.settimeout(PATIENCE_SECONDS)
    try:
        peer.connect(str(path))
    except OSError:
        peer.close()
        raise
    return peer


def ask(path, packet):
    """(status, text) of the reply."""
    with connect(path) as peer:
        peer.send(packet)
        reply = peer.recv(65536)
    length = struct.unpack(">I", reply[12:16])[0]
    return reply[5], reply[56:56 + length].decode()


def says_hello(path):
    try:
        return ask(path, message(HELLO))[1].startswith("smime-keyd ")
    except OSError:
        return False


def pid_of(path):
    """Who listens there."""
    with connect(path) as peer:
        packed = peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
    return struct.unpack("iII", packed)[0]


def status_of(pid, thread=None):
    """/proc/PID/status as a dictionary."""
    where = f"/proc/{pid}/task/{thread}" if thread else f"/proc/{pid}"
    lines = pathlib.Path(where, "status").read_text().splitlines()
    return {name: value.strip() for name, _, value in
            (line.partition(":") for line in lines)}


class Workshop:
    """A folder, and what runs in it."""

    def __enter__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="smime-keyd-"))
        self.folder.chmod(0o711)
        self.socket = self.folder / "run" / "keyd.sock"
        self.key = self.folder / "key"
        self.running = []
        return self

    def __exit__(self, *_):
        for process in self.running:
            process.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def diagnose(self):
        return "\n".join(p.output() for p in self.running[-1:])

    def run(self, *arguments):
        """Runs it to its end; (exit status, standard error)."""
        done = subprocess.run(
            [program("smime-keyd"), *map(str, arguments)],
            stdin=subprocess.DEVNULL, capture_output=True, check=False,
            text=True, timeout=PATIENCE_SECONDS)
        self.printed = done.stdout
        return done.returncode, done.stderr

    def fresh(self):
        """A new wrapping key, and nothing else in the folder."""
        for process in self.running:
            process.kill()
        self.running.clear()
        shutil.rmtree(self.socket.parent, ignore_errors=True)
        self.key.unlink(missing_ok=True)
        equal(self.run("-k", f"new:{self.key}"), (0, ""), "new key")

    def options(self, *more):
        return ["-s", self.socket, "-k", self.key, *SERVING, *more]

    def start(self, *more):
        """In the foreground, until it answers."""
        process = Process(
            "smime-keyd", [program("smime-keyd"), "-f", *self.options(*more)],
            self.folder / "log")
        self.running.append(process)
        process.wait_ready(lambda: says_hello(self.socket), "answers")
        return process

    def must_fail(self, *arguments, text):
        """One line that says what to do, status 1, nothing left behind."""
        status, errors = self.run(*arguments)
        lines = [line for line in errors.splitlines()
                 if "memory is not locked" not in line]
        equal(status, 1, f"status; {errors}")
        equal(len(lines), 1, f"lines of {errors}")
        check(lines[0].startswith("smime-keyd: "), lines[0])
        contains(lines[0], text)


@case("-V prints the version")
def _(shop):
    equal(shop.run("-V"), (0, ""))
    check(re.fullmatch(r"smime-keyd \d+\.\d+\.\d+\n", shop.printed),
          shop.printed)


@case("-h prints the usage")
def _(shop):
    for option in "-h", "--help":
        equal(shop.run(option), (0, ""))
        check(shop.printed.startswith("usage: smime-keyd -s socket"),
              shop.printed)


@case("wrong usage: status 2 and the usage")
def _(shop):
    for arguments in ([], ["-s", "x"], ["-x"], ["-k"],
                      ["-s", "x", "-k", "y", "-w", "0"],
                      ["-s", "x", "-k", "y", "z"]):
        status, errors = shop.run(*arguments)
        equal(status, 2, f"status of {arguments}")
        contains(errors, "usage: smime-keyd -s socket -k keyfile")


@case("the manual and the usage name the same options")
def _(shop):
    _, usage = shop.run()
    manual = MANUAL.read_text()
    synopsis, _, description = manual.partition(".Sh DESCRIPTION")
    in_usage = set(re.findall(r"-(\w)\b", usage))
    in_synopsis = set(re.findall(r"Fl (\w)\b", synopsis))
    in_list = set(re.findall(r"^\.It Fl (\w)\b", description, re.M))
    equal(in_synopsis, in_usage, "synopsis")
    equal(in_list, in_usage, "list")


@case("the manual has no mistakes of form")
def _(_shop):
    mandoc = os.environ.get("MANDOC", "mandoc")
    if shutil.which(mandoc) is None:
        raise Skip("no mandoc")
    done = subprocess.run([mandoc, "-Tlint", "-Wwarning", str(MANUAL)],
                          capture_output=True, check=False, text=True)
    equal((done.returncode, done.stdout), (0, ""))


@case("a new wrapping key: 64 digits, mode 0400, never twice the same")
def _(shop):
    keys = set()
    for _ in range(3):
        shop.fresh()
        text = shop.key.read_text()
        check(re.fullmatch(r"[0-9a-f]{64}\n", text), text)
        equal(stat.S_IMODE(shop.key.stat().st_mode), 0o400, "mode")
        keys.add(text)
    equal(len(keys), 3, "different keys")


@case("a wrapping key is never overwritten")
def _(shop):
    shop.fresh()
    before = shop.key.read_bytes()
    shop.must_fail("-k", f"new:{shop.key}", text="never overwritten")
    equal(shop.key.read_bytes(), before)
    shop.must_fail("-k", f"new:{shop.folder}/no/such/key",
                   text="cannot create")


@case("a missing key file: says how to make one")
def _(shop):
    shop.fresh()
    shop.key.unlink()
    shop.must_fail("-f", *shop.options(),
                   text=f"made by: smime-keyd -k new:{shop.key}")


@case("a key file that others can read: says chmod")
def _(shop):
    for mode in (0o440, 0o404, 0o644, 0o660):
        shop.fresh()
        shop.key.chmod(mode)
        shop.must_fail("-f", *shop.options(),
                       text=f"chmod 0400 {shop.key}")


@case("a key file of somebody else: says chown")
def _(shop):
    if not is_root():
        raise Skip("not root")
    shop.fresh()
    os.chown(shop.key, *identity_of("nobody"))
    shop.must_fail("-f", *shop.options(), text="chown")


@case("a key file with something else in it")
def _(shop):
    for text in ("", "secret", DIGITS + "00", DIGITS[:-1] + "x",
                 DIGITS + "\n\n", "0" * 100000):
        shop.fresh()
        shop.key.chmod(0o600)
        shop.key.write_text(text)
        status, errors = shop.run("-f", *shop.options())
        equal(status, 1, errors)
        check(text == "" or text not in errors, "the key is in the message")


@case("unknown users and groups")
def _(shop):
    shop.fresh()
    base = ["-f", "-s", shop.socket, "-k", shop.key]
    shop.must_fail(*base, "-u", "no-such-user",
                   text="-u: no such user: no-such-user")
    shop.must_fail(*base, "-g", "no-such-group",
                   text="-g: no such group: no-such-group")


@case("sockets that cannot be")
def _(shop):
    shop.fresh()
    shop.must_fail("-f", "-s", f"{shop.folder}/no/such/socket", "-k",
                   shop.key, *SERVING, text="cannot make the folder")
    shop.must_fail("-f", "-s", f"{shop.folder}/run/{'x' * 100}", "-k",
                   shop.key, *SERVING, text="at most 107 characters")
    shop.socket.parent.mkdir(exist_ok=True)
    shop.socket.parent.chmod(0o777)
    shop.must_fail("-f", *shop.options(), text="chmod go-w")
    shop.socket.parent.chmod(0o755)
    if is_root():
        os.chown(shop.socket.parent, *identity_of("nobody"))
    shop.socket.write_text("a file")
    shop.must_fail("-f", *shop.options(), text="is not a socket")
    equal(shop.socket.read_text(), "a file")


@case("a second one on the same socket is refused, the first serves on")
def _(shop):
    shop.fresh()
    first = shop.start()
    shop.must_fail("-f", *shop.options(), text="another process answers")
    check(first.alive() and says_hello(shop.socket), "the first one")


@case("a socket left behind by a crash is no obstacle")
def _(shop):
    shop.fresh()
    shop.start().kill()
    check(shop.socket.exists(), "the socket stays")
    check(not says_hello(shop.socket), "nobody answers")
    shop.start()


@case("SIGTERM and SIGINT end it, SIGHUP and SIGUSR1 do not")
def _(shop):
    for number in (signal.SIGTERM, signal.SIGINT):
        shop.fresh()
        keyd = shop.start()
        keyd.signal(signal.SIGHUP)
        keyd.signal(signal.SIGUSR1)
        check(says_hello(shop.socket), "serves on")
        keyd.signal(number)
        equal(keyd.wait(), 0, "status")
        check(not shop.socket.exists(), "the socket is removed")
        contains(keyd.output(), "ended")


@case("what is no request gets an answer that says so, and no second one")
def _(shop):
    shop.fresh()
    shop.start()
    for packet in (b"x", b"\0" * 56, message(HELLO)[:-1],
                   message(HELLO) + b"x", b"\2" + message(HELLO)[1:]):
        with connect(shop.socket) as peer:
            peer.send(packet)
            equal(peer.recv(65536)[5], BAD_MESSAGE, "status")
            equal(peer.recv(65536), b"", "end")
    check(says_hello(shop.socket), "serves on")


@case("lockdown: every thread is filtered, without privileges or dumps")
def _(shop):
    shop.fresh()
    keyd = shop.start("-w", "3")
    if "built with sanitizers" in keyd.output():
        raise Skip("built with sanitizers")
    threads = os.listdir(f"/proc/{keyd.pid}/task")
    equal(len(threads), 3 + 2, "threads")
    for thread in threads:
        status = status_of(keyd.pid, thread)
        equal(status["Seccomp"], "2", "filter")
        equal(status["NoNewPrivs"], "1", "NoNewPrivs")
        for name in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
            equal(int(status[name], 16), 0, name)
    limits = pathlib.Path(f"/proc/{keyd.pid}/limits").read_text()
    check(re.search(r"^Max core file size +0 +0 ", limits, re.M), limits)
    # Of a process that may not be dumped, /proc belongs to root.
    equal(os.stat(f"/proc/{keyd.pid}/mem").st_uid, 0, "owner")


@case("as root: another user, no groups, nothing in the bounding set")
def _(shop):
    if not is_root():
        raise Skip("not root")
    shop.fresh()
    keyd = shop.start("-g", "daemon")
    uid, gid = identity_of("nobody")
    status = status_of(keyd.pid)
    equal(status["Uid"].split(), [str(uid)] * 4, "users")
    equal(status["Gid"].split(), [str(gid)] * 4, "groups")
    equal(status["Groups"].split(), [str(identity_of("daemon")[1])])
    equal(int(status["CapBnd"], 16), 0, "bounding set")


@case("memory is locked when the limit allows it, else it says so")
def _(shop):
    shop.fresh()
    try:
        resource.setrlimit(resource.RLIMIT_MEMLOCK,
                           (resource.RLIM_INFINITY,) * 2)
    except (OSError, ValueError):
        pass
    unlimited = (resource.getrlimit(resource.RLIMIT_MEMLOCK)[0] ==
                 resource.RLIM_INFINITY)
    keyd = shop.start()
    if "built with sanitizers" in keyd.output():
        raise Skip("built with sanitizers")
    locked = int(status_of(keyd.pid)["VmLck"].split()[0])
    if unlimited:
        check(locked > 500, f"{locked} kB locked")
    else:
        contains(keyd.output(), "LimitMEMLOCK=infinity")


@case("in the background: status 0 means that it serves")
def _(shop):
    shop.fresh()
    # A relative path still means what it meant.
    done = subprocess.run(
        [program("smime-keyd"), "-s", "run/keyd.sock", "-k", "key", *SERVING],
        cwd=shop.folder, stdin=subprocess.DEVNULL, capture_output=True,
        check=False, text=True, timeout=PATIENCE_SECONDS)
    equal(done.returncode, 0, done.stderr)
    pid = pid_of(shop.socket)
    try:
        check(says_hello(shop.socket), "answers")
        equal(os.getsid(pid), pid, "session")
    finally:
        os.kill(pid, signal.SIGTERM)
        wait_until(lambda: has_ended(pid), "the end")
    check(not shop.socket.exists(), "the socket is removed")


@case("in the background: what fails is said and is the status")
def _(shop):
    shop.fresh()
    shop.start()
    shop.must_fail(*shop.options(), text="another process answers")
    shop.key.chmod(0o444)
    shop.must_fail(*shop.options(), text="chmod 0400")


# Runs in a mount namespace of its own with a system log that is ours.
IN_PRIVATE_DEV = r"""
import os, socket, subprocess, sys
folder, command = sys.argv[1], sys.argv[2:]
dev = folder + "/dev"
os.mkdir(dev)
for name in ("null", "urandom"):
    open(f"{dev}/{name}", "w").close()
    subprocess.run(["mount", "--bind", f"/dev/{name}", f"{dev}/{name}"],
                   check=True)
def listen():
    log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    log.settimeout(120)
    log.bind(dev + "/log")
    os.chmod(dev + "/log", 0o666)
    return log
log = listen()
subprocess.run(["mount", "--rbind", dev, "/dev"], check=True)
subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
def lines_until(text):
    while True:
        line = log.recv(8192).decode()
        print(line, flush=True)
        if text in line:
            return
lines_until("serves")
log.close()
os.unlink(dev + "/log")
log = listen()
peer = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
peer.connect(command[command.index("-s") + 1])
peer.send(b"garbage")
lines_until("cut short")
"""


@case("in the background: the system log, which may be restarted")
def _(shop):
    unshare = ["unshare", "--mount", "--propagation", "private"]
    if not is_root() or subprocess.run(
            [*unshare, "true"], check=False, capture_output=True).returncode:
        raise Skip("no mount namespaces")
    shop.fresh()
    done = subprocess.run(
        [*unshare, sys.executable, "-c", IN_PRIVATE_DEV, str(shop.folder),
         program("smime-keyd"), *map(str, shop.options())],
        check=False, capture_output=True, text=True,
        timeout=2 * PATIENCE_SECONDS)
    pid = pid_of(shop.socket)
    try:
        equal(done.returncode, 0, done.stdout + done.stderr)
        # Facility mail (2), level info (6) and warning (4).
        check(re.search(rf"^<22>smime-keyd\[{pid}\]: version \S+ serves ",
                        done.stdout, re.M), done.stdout)
        check(re.search(rf"^<20>smime-keyd\[{pid}\]: key message cut short",
                        done.stdout, re.M), done.stdout)
        check(says_hello(shop.socket), "serves on")
    finally:
        os.kill(pid, signal.SIGTERM)
        wait_until(lambda: has_ended(pid), "the end")


if __name__ == "__main__":
    tap.main(Workshop)
