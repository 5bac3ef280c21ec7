"""Processes that a test starts, and their certain end.

A Process is ended by its own id, never by name.  It dies with the test
program even when that is killed (PR_SET_PDEATHSIG, by setpriv); what drops
its user itself escapes that, so stop() is called from a context manager.
"""

import contextlib
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

# For slow machines; nothing waits that long on a good day.
PATIENCE_SECONDS = 120


def is_root():
    return os.geteuid() == 0


def identity_of(user):
    """(uid, gid) of a user."""
    entry = pwd.getpwnam(user)
    return entry.pw_uid, entry.pw_gid


def command_as(user, command, last_signal="KILL"):
    """The command, as another user when we may, dying with us."""
    if shutil.which("setpriv") is None:
        return list(command)
    prefix = ["setpriv"]
    if user is not None and is_root():
        uid, gid = identity_of(user)
        prefix += [f"--reuid={uid}", f"--regid={gid}", "--clear-groups"]
    return [*prefix, "--pdeathsig", last_signal, "--", *map(str, command)]


def wait_until(condition, what, patience=PATIENCE_SECONDS):
    """Polls until condition() gives something true, and returns that."""
    deadline = time.monotonic() + patience
    pause = 0.005
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > deadline:
            raise AssertionError(f"waited in vain: {what}")
        time.sleep(pause)
        pause = min(pause * 1.5, 0.2)


def together(*jobs):
    """Runs functions at the same time, and raises what one of them did.  They
    start no Process: it would end with its thread."""
    raised = []

    def run(job):
        try:
            job()
        except BaseException as error:
            raised.append(error)

    threads = [threading.Thread(target=run, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if raised:
        raise raised[0]


def states_of(pid):
    """The letter of each thread of a process (proc(5)); a thread may end
    while we look."""
    for path in pathlib.Path(f"/proc/{pid}/task").glob("*/stat"):
        with contextlib.suppress(OSError):
            yield path.read_text().rpartition(") ")[2][0]


def has_ended(pid):
    """Is there at most a zombie, which waits for whoever is its parent?"""
    return all(state in "ZX" for state in states_of(pid))


def family_of(address):
    """The family of a path or (host, port)."""
    if isinstance(address, str):
        return socket.AF_UNIX
    return socket.AF_INET6 if ":" in address[0] else socket.AF_INET


def has_ipv6():
    """Is there an IPv6 loopback?"""
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
            return True
    except OSError:
        return False


def can_connect(address):
    """Does somebody listen there?  A path or (host, port)."""
    family = family_of(address)
    for kind in (socket.SOCK_STREAM, socket.SOCK_SEQPACKET):
        with socket.socket(family, kind) as probe:
            probe.settimeout(5)
            try:
                probe.connect(address)
                return True
            except OSError:
                if family != socket.AF_UNIX:
                    return False
    return False


class PeakMemory:
    """The most anonymous memory of a process while something happens.  Pages
    of files, such as a message's, do not count: the kernel takes them back
    at will."""

    def __init__(self, process):
        self._process = process
        self.start = self.peak = process.memory("RssAnon")
        self._done = threading.Event()
        self._error = None
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def _watch(self):
        try:
            while not self._done.wait(0.01):
                self.peak = max(self.peak, self._process.memory("RssAnon"))
        except Exception as error:
            self._error = error

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, kind, *_):
        self._done.set()
        self._thread.join()
        if kind is None and self._error:
            raise AssertionError(
                f"{self._process.name} ended") from self._error

    @property
    def growth(self):
        """kB"""
        return self.peak - self.start


class Process:
    """A running program; its output goes to a file."""

    def __init__(self, name, command, log, user=None, env=None,
                 last_signal="KILL"):
        self.name = name
        self.log = pathlib.Path(log)
        with open(self.log, "ab") as out:
            self._popen = subprocess.Popen(
                command_as(user, command, last_signal),
                stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=env,
                start_new_session=True)
        self.pid = self._popen.pid

    def alive(self):
        return self._popen.poll() is None

    def wait_ready(self, condition, what):
        """Until condition() is true; an early end is an error."""

        def ready():
            if not self.alive():
                raise AssertionError(
                    f"{self.name} ended with {self._popen.returncode}:\n" +
                    self.output())
            return condition()

        wait_until(ready, f"{self.name}: {what}\n" + self.output())

    def kill(self):
        """SIGKILL, and until it is gone."""
        self._popen.kill()
        self._popen.wait()

    def signal(self, number):
        self._popen.send_signal(number)

    def pause(self):
        """SIGSTOP, and until every thread has stopped."""
        self.signal(signal.SIGSTOP)

        def stopped():
            return all(state in "Tt" for state in states_of(self.pid))

        wait_until(stopped, f"{self.name} has stopped")

    def resume(self):
        self.signal(signal.SIGCONT)

    def wait(self, patience=PATIENCE_SECONDS):
        return self._popen.wait(patience)

    def stop(self):
        """SIGTERM, patience, then SIGKILL.  Returns the exit status."""
        if self.alive():
            self._popen.terminate()
            try:
                self._popen.wait(PATIENCE_SECONDS)
            except subprocess.TimeoutExpired:
                self.kill()
        return self._popen.returncode

    def output(self):
        return self.log.read_text("utf-8", "replace")

    def memory(self, field="VmHWM"):
        """kB of a field of /proc/PID/status: VmRSS now, VmHWM at most."""
        for line in pathlib.Path(f"/proc/{self.pid}/status").read_text(
        ).splitlines():
            if line.startswith(field + ":"):
                return int(line.split()[1])
        raise AssertionError(f"no {field}")

    def cpu_seconds(self):
        """Of all its threads so far; finer than /proc/PID/stat, by the clock
        of the process (clock_getcpuclockid(3))."""
        return time.clock_gettime(~self.pid << 3 | 2)


class Daemons:
    """Daemons of a kind, with a folder of their own."""

    kind = "daemons"

    def __init__(self):
        self.folder = pathlib.Path(
            tempfile.mkdtemp(prefix=f"smime-{self.kind}-"))
        self._processes = []

    def __enter__(self):
        try:
            self._start()
        except BaseException as error:
            self.__exit__(None, error)
            raise
        return self

    def _start(self):
        """Makes what they need in the folder, and calls start()."""
        raise NotImplementedError

    def start(self, name, command, path):
        """Returns when the daemon listens at that socket."""
        process = Process(name, command, self.folder / "log")
        self._processes.append(process)
        process.wait_ready(lambda: can_connect(str(path)), "socket")

    def __exit__(self, _kind=None, error=None, _trace=None):
        """What fails meanwhile leaves with the end of the log."""
        if error is not None:
            error.add_note(self.diagnose())
        for process in reversed(self._processes):
            process.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def log(self):
        path = self.folder / "log"
        return path.read_text("utf-8", "replace") if path.exists() else ""

    def diagnose(self):
        lines = [f"--- {self.kind}", *self.log().splitlines()[-25:]]
        lines += [f"{process.name} has ended" for process in self._processes
                  if not process.alive()]
        return "\n".join(lines) + "\n"
