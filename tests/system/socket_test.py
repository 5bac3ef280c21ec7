#!/usr/bin/python3
"""The socket of smime-milter: who can connect, over what, and what becomes of
it when daemons come and go."""

import ctypes
import errno
import os
import pathlib
import signal
import socket
import stat
import subprocess
import sys

import postfix
import sendmail
import tap
from messages import build
from mta_client import MilterGone
from ports import free_port
from processes import (Process, can_connect, has_ipv6, identity_of, is_root,
                       wait_until)
from tap import Skip, absent, case, check, contains, equal
from testsite import MILTER_USER, Site, program

ALICE = "alice@example.org"
BOB = "bob@example.com"
NETWORKS = ("198.51.100.0/24", "fd00::/8", "::1", "127.0.0.0/8")
STRANGER = "nobody"
GROUP = "mail"  # of every Debian; the daemon's user is not in it


class SocketSite(Site):
    """Every case leaves the site with a daemon on the usual socket."""

    def __init__(self):
        super().__init__(networks=NETWORKS)
        self.usual = self.socket

    def prepare(self):
        self.add_user(ALICE)
        self.issue(ALICE)

    def listen_at(self, host):
        super().listen_at(host)
        self.restart_milter()

    def listen_as_usual(self):
        self.socket = self.usual
        self.settings["more"] = ""
        self.write_settings(socket=f"unix:{self.usual}")
        self.configuration.write_text(self.with_mode("0666"))
        self.restart_milter()

    def with_mode(self, mode, more=""):
        """The settings as text, with another mode of the socket."""
        text = self.configuration.read_text()
        old = text[text.index("socket_mode"):].partition(";")[0]
        return text.replace(old, f"socket_mode = {mode}") + more

    def refusal(self, text):
        """What a daemon that cannot start with these settings says."""
        path = self.folder / "other.conf"
        path.write_text(text)
        path.chmod(0o644)
        done = self.run("smime-milter", "-f", "-c", path, user=MILTER_USER)
        equal(done.returncode, 1, f"status: {done.stderr.decode()}")
        return done.stderr.decode()

    def at(self, spec):
        """The settings as text, with another socket."""
        return self.configuration.read_text().replace(
            f'socket = "{self.settings["socket"]}"', f'socket = "{spec}"')

    def check_serves(self, **options):
        """One message gets its signature."""
        mail = build(ALICE, [BOB])
        verdict = self.submit(ALICE, [BOB], mail, **options)
        check(verdict.accepted, verdict.reply)
        self.verify(verdict.data)


def elsewhere(function):
    """For cases that leave the daemon on another socket, or none."""

    def run(site):
        try:
            function(site)
        finally:
            site.listen_as_usual()

    return run


def needs_ipv6():
    if not has_ipv6():
        raise Skip("no IPv6 loopback")


def loopbacks():
    return ["127.0.0.1"] + (["::1"] if has_ipv6() else [])


# -- unix sockets --

CONNECT = """
import socket, sys
with socket.socket(socket.AF_UNIX) as s:
    try:
        s.connect(sys.argv[1])
    except PermissionError:
        sys.exit(13)
"""


def may_connect(path, user, group=None):
    """May another user's process, in no or one more group, connect?"""
    uid, gid = identity_of(user)
    groups = f"--groups={group}" if group else "--clear-groups"
    done = subprocess.run(
        ["setpriv", f"--reuid={uid}", f"--regid={gid}", groups, "--",
         sys.executable, "-c", CONNECT, path], capture_output=True,
        check=False)
    check(done.returncode in (0, 13), done.stderr.decode())
    return done.returncode == 0


def start_as_root(site, text):
    """A daemon that starts as root and becomes its user."""
    path = site.folder / "other.conf"
    path.write_text(text + f'user = "{MILTER_USER}";\n')
    site.milter.stop()
    log = site.folder / "log" / "milter-root"
    before = log.read_text().count(" serves ") if log.exists() else 0
    site.milter = Process(
        "smime-milter", [program("smime-milter"), "-f", "-c", path], log)
    site.milter.wait_ready(
        lambda: site.milter.output().count(" serves ") > before, "start")


@case("mode and group of a unix socket let in and keep out whom they should")
@elsewhere
def _(site):
    if not is_root():
        raise Skip("needs root")
    own = str(identity_of(MILTER_USER)[1])
    for mode, group, stranger, member, ours in (
            ("0600", "", False, False, False),
            ("0660", "", False, False, True),
            ("0660", GROUP, False, True, False),
            ("0640", GROUP, False, False, False),
            ("0666", GROUP, True, True, True)):
        start_as_root(site, site.with_mode(mode, f'socket_group = "{group}";'))
        what = f"mode {mode}, group {group!r}"
        equal(may_connect(site.socket, STRANGER), stranger, what)
        equal(may_connect(site.socket, STRANGER, GROUP), member, what)
        equal(may_connect(site.socket, STRANGER, own), ours, what)
        equal(may_connect(site.socket, MILTER_USER), True, what)
        site.check_serves()


@case("a folder that is made for the socket lets in its group, and no others")
@elsewhere
def _(site):
    if not is_root():
        raise Skip("needs root")
    site.socket = str(site.folder / "made" / "milter.sock")
    text = site.at(f"unix:{site.socket}").replace("0666", "0660")
    start_as_root(site, text + f'socket_group = "{GROUP}";')
    st = os.stat(site.folder / "made")
    equal((stat.S_IMODE(st.st_mode), st.st_uid),
          (0o710, identity_of(MILTER_USER)[0]), "mode and owner of the folder")
    equal(may_connect(site.socket, STRANGER), False, "a stranger")
    equal(may_connect(site.socket, STRANGER, GROUP), True, "a member")
    site.milter.stop()
    check(not os.path.exists(site.socket), "the socket is gone")


@case("what is in the way of a unix socket is told, and left alone")
def _(site):
    run = site.folder / "run"
    target = site.folder / "target"
    target.write_text("kept")
    paths = {}
    for name in ("file", "link", "dangling", "folder"):
        paths[name] = run / name
    paths["file"].write_text("kept")
    paths["link"].symlink_to(target)
    paths["dangling"].symlink_to(site.folder / "nothing")
    paths["folder"].mkdir()
    for name, path in paths.items():
        contains(site.refusal(site.at(f"unix:{path}")),
                 f"{path}: exists and is not a socket; remove it", name)
        check(os.path.lexists(path), f"{name} is still there")
    equal(target.read_text(), "kept")
    equal(paths["file"].read_text(), "kept")


@case("a link to another daemon's socket is not followed")
def _(site):
    link = site.folder / "run" / "live"
    link.symlink_to(site.usual)
    contains(site.refusal(site.at(f"unix:{link}")), "is not a socket")
    check(link.is_symlink(), "the link is still there")
    site.check_serves()


@case("folders that cannot hold the socket are told")
def _(site):
    deep = site.folder / "none" / "none" / "sock"
    contains(site.refusal(site.at(f"unix:{deep}")),
             f"{deep.parent}: cannot make the folder of the socket")
    contains(site.refusal(site.at(f"unix:{site.configuration}/sock")),
             "not a folder")
    for mode in (0o770, 0o777, 0o1777):
        shared = site.folder / f"shared{mode:o}"
        shared.mkdir()
        shared.chmod(mode)
        site._give(shared, MILTER_USER)
        text = site.refusal(site.at(f"unix:{shared}/sock"))
        contains(text, f"mode {mode:04o} lets others replace the socket")
        contains(text, f"chmod go-w {shared}")
    if is_root():
        closed = site.folder / "closed"
        closed.mkdir(mode=0o700)
        contains(site.refusal(site.at(f"unix:{closed}/sock")),
                 "Permission denied")


@case("a socket that nobody answers on is no obstacle, of whatever kind")
@elsewhere
def _(site):
    site.milter.stop()
    for kind in (socket.SOCK_STREAM, socket.SOCK_SEQPACKET, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_UNIX, kind) as left:
            left.bind(site.socket)
        os.chown(site.socket, *(identity_of(MILTER_USER) if is_root()
                                else (-1, -1)))
        site.start_milter()
        site.check_serves()
        site.milter.stop()
        check(not os.path.exists(site.socket), "removed at the end")


@case("of daemons that start at the same time one serves, the others say why")
@elsewhere
def _(site):
    site.milter.stop()
    for _round in range(5):
        logs = [site.folder / "log" / f"race{n}" for n in range(4)]
        for log in logs:
            log.write_text("")
        racers = [Process(f"racer {n}", [program("smime-milter"), "-f", "-c",
                                         site.configuration],
                          log, user=MILTER_USER)
                  for n, log in enumerate(logs)]
        try:
            wait_until(lambda r=racers: sum(p.alive() for p in r) == 1,
                       "the end of all but one")
            winner = next(p for p in racers if p.alive())
            winner.wait_ready(lambda w=winner: " serves " in w.output(), "it")
            for loser in racers:
                if loser is not winner:
                    contains(loser.output(), "another process answers")
            site.check_serves()
        finally:
            for racer in racers:
                racer.kill()


# -- TCP --

def accepted_by(pid, client):
    """The daemon's end of a connection, as a socket of ours."""
    libc = ctypes.CDLL(None, use_errno=True)
    pidfd = os.pidfd_open(pid)
    try:
        for link in pathlib.Path(f"/proc/{pid}/fd").iterdir():
            fd = libc.syscall(438, pidfd, int(link.name), 0)  # pidfd_getfd
            if fd < 0:
                if ctypes.get_errno() == errno.EBADF:
                    continue  # of a connection that has just ended
                raise OSError(ctypes.get_errno(), "pidfd_getfd")
            if not stat.S_ISSOCK(os.fstat(fd).st_mode):
                os.close(fd)
                continue
            ours = socket.socket(fileno=fd)
            try:
                if ours.getpeername() == client.getsockname():
                    return ours
            except OSError:
                pass  # it listens
            ours.close()
    finally:
        os.close(pidfd)
    raise AssertionError("the daemon has no such connection")


@case("TCP, IPv4 and IPv6: served, without Nagle's delay, there only")
@elsewhere
def _(site):
    for host in loopbacks():
        site.listen_at(host)
        site.check_serves()
        if is_root():
            with site.mta() as mta:
                with accepted_by(site.milter.pid, mta.socket) as theirs:
                    check(theirs.getsockopt(socket.IPPROTO_TCP,
                                            socket.TCP_NODELAY),
                          f"TCP_NODELAY on {host}")
                mta.connect()
        check(not can_connect(("127.0.0.2", site.socket[1])),
              "other addresses")
        line = site.wait_log(f"can connect to {site.settings['socket']}")
        contains(line, "every user of this host can connect")


@case("brackets around an IPv6 address are understood")
@elsewhere
def _(site):
    needs_ipv6()
    site.socket = ("::1", free_port("::1"))
    site.write_settings(socket=f"inet6:{site.socket[1]}@[::1]")
    site.restart_milter()
    site.check_serves()


@case("a host by name")
@elsewhere
def _(site):
    site.socket = ("127.0.0.1", free_port())
    site.write_settings(socket=f"inet:{site.socket[1]}@localhost")
    site.restart_milter()
    site.check_serves()


@case("TCP addresses that cannot be served: what is wrong, at -n too")
def _(site):
    port = free_port()
    for spec, text in (
            (f"inet:{port}@::1", "::1 is an IPv6 address, which needs"),
            (f"inet6:{port}@127.0.0.1", "127.0.0.1 is an IPv4 address, which"),
            (f"inet:{port}@no..where", "no..where has no IPv4 address: "),
            (f"inet6:{port}@no..where", "no..where has no IPv6 address: "),
            (f"inet:{port}", "socket: expected "),
            ("inet:0@127.0.0.1", "socket: expected "),
            ("inet:65536@127.0.0.1", "socket: expected "),
            ("inet:smtp@127.0.0.1", "socket: expected "),
            (f"inet:{port}@", "socket: expected "),
            (f"tcp:{port}@127.0.0.1", "socket: expected ")):
        contains(site.refusal(site.at(spec)), text, spec)
        done = site.run("smime-milter", "-n", "-c", site.folder / "other.conf",
                        user=MILTER_USER)
        equal(done.returncode, 1, f"status of -n for {spec}")
        contains(done.stderr.decode(), text, spec)
    contains(site.refusal(site.at(f"inet:{port}@192.0.2.1")),
             "cannot listen: Cannot assign requested address; it is none of "
             "the addresses of this host")


@case("a TCP port that is taken is told")
@elsewhere
def _(site):
    site.listen_at("127.0.0.1")
    text = site.configuration.read_text()
    contains(site.refusal(text), "cannot listen: Address already in use; "
             '"ss -ltnp" tells which program is there')
    site.check_serves()


@case("after kill -9 in the middle of connections the port is served again")
@elsewhere
def _(site):
    for host in loopbacks():
        site.listen_at(host)
        with site.mta() as old:
            old.connect(daemon_name="SUBMISSION")
            site.milter.kill()
            site.start_milter()
            site.check_serves()
            try:
                old.message(f"<{ALICE}>", [f"<{BOB}>"], build(ALICE, [BOB]),
                            login=ALICE)
                raise AssertionError("the old connection still answers")
            except MilterGone:
                pass


@case("a restart while connections are open: they end, new ones are served")
@elsewhere
def _(site):
    for host in [None, *loopbacks()]:
        if host:
            site.listen_at(host)
        connections = [site.mta() for _number in range(5)]
        for mta in connections:
            mta.connect(daemon_name="SUBMISSION")
        site.milter.signal(signal.SIGTERM)
        equal(site.milter.wait(), 0, "status")
        site.start_milter()
        site.check_serves()
        for mta in connections:
            mta.socket.close()


# -- who the client is --

@case("trusted networks: IPv6, mapped IPv4, and what is no address")
def _(site):
    mail = build(ALICE, [BOB])
    for address, trusted in (
            ("fd00::1", True), ("fdff:1:2:3:4:5:6:7", True), ("::1", True),
            ("127.0.0.1", True), ("::ffff:127.0.0.1", True),
            ("::ffff:198.51.100.7", True),
            ("fc00::1", False), ("2001:db8::1", False), ("::2", False),
            ("::127.0.0.1", False), ("::ffff:192.0.2.1", False),
            ("unix:/run/x", False), (None, False)):
        verdict = site.send(ALICE, [BOB], mail, address=address)
        check(verdict.accepted, verdict.reply)
        equal(b"multipart/signed" in verdict.data, trusted, f"{address}")


# -- real mail servers --

def through(site, module, host):
    """A mail server on that address, its milter too: a login, and a client
    in a trusted network, get their signatures."""
    reason = module.unavailable()
    if reason:
        raise Skip(reason)
    site.listen_at(host)
    with module.Server(site.socket, [ALICE], host=host,
                       domains=("example.org", "example.com")) as server:
        for send in (server.submit, server.deliver):
            mail = build(ALICE, [BOB])
            code, text = send(ALICE, [BOB], mail)
            equal(code, 250, f"{text}\n{server.diagnose()}")
            left = server.sink.take(lambda m: m.sender == ALICE)
            site.verify(left.data)
        absent(server.log(), "milter-reject")


@case("Postfix and the milter over IPv4")
@elsewhere
def _(site):
    through(site, postfix, "127.0.0.1")


@case("Postfix and the milter over IPv6")
@elsewhere
def _(site):
    needs_ipv6()
    through(site, postfix, "::1")


@case("Sendmail and the milter over IPv4")
@elsewhere
def _(site):
    through(site, sendmail, "127.0.0.1")


@case("Sendmail and the milter over IPv6")
@elsewhere
def _(site):
    needs_ipv6()
    through(site, sendmail, "::1")


@case("at the end the daemon leaves nothing behind")
def _(site):
    site.check_serves()
    equal(site.milter.stop(), 0, "status")
    check(not os.path.exists(site.socket), "no socket")


tap.main(SocketSite)
