#!/usr/bin/python3
"""kill -9 in the middle of a message that becomes several copies.

A client sends a message to six recipients: two share a ciphertext, two blind
ones get one each, two get clear text.  All carry a disclaimer, and leave by a
guard.  At a random moment something is killed and started again; the client
tries again until its message is accepted.  Afterwards everybody must have his
mail, whoever must get ciphertext nothing else, and whoever has something twice
must have it for a reason that nobody can do anything about: the answer to a
final dot was lost.  The guard must not have found anything changed.

KILLS says how many times, KILL_SEED repeats a run as far as chance allows.
"""

import collections
import contextlib
import itertools
import os
import pathlib
import random
import re
import secrets
import signal
import smtplib
import threading
import time

import mailserver
import openssl
import postfix
import sendmail
import tap
from messages import build, message_id
from processes import PATIENCE_SECONDS, has_ended, wait_until
from tap import absent, case, check, contains, equal, note
from testsite import Guard, Site

KILLS = int(os.environ.get("KILLS") or 12)
SEED = int(os.environ.get("KILL_SEED") or secrets.randbits(32))
# Many more than there are victims in one attempt.
ATTEMPTS = 40

ALICE = "alice@example.org"
SECRET = b"what nobody else may read"
CONTENT = (b"MIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\n" +
           (SECRET + b"\r\n") * 400)

# Those at example.net must get ciphertext.  name: (key, is he visible?)
PEOPLE = {
    "rsa@example.net": ("rsa:2048", True),
    "ec@example.net": ("ec:P-256", True),
    "blind-rsa@example.net": ("rsa:2048", False),
    "blind-ec@example.net": ("ec:P-256", False),
    "none@example.com": (None, True),
    "blind-none@example.com": (None, False),
}
REQUIRED = [name for name in PEOPLE if name.endswith("@example.net")]
SHARING = [name for name in REQUIRED if PEOPLE[name][1]]

LEGAL = b"Example Ltd, registered in Nowhere"

SETTINGS = """
disclaimers = ( {{ name = "legal"; text = "{folder}/legal.txt"; }} );
domains = ( {{ name = "example.org"; mixed = "split";
              encrypt = "if-possible"; disclaimer = "legal"; }} );
recipient_domains = ( {{ name = "example.net"; encrypt = "required"; }} );
{listener}"""


class Attempt:
    """One time that the client tried: code is what it was told at the end of
    its content, None when it did not hear; killed: what ended meanwhile."""

    def __init__(self):
        self.code = None
        self.sent_dot = False
        self.killed = []


class Sent:
    """A message and its attempts."""

    def __init__(self, mail):
        self.id = message_id(mail)
        self.mail = mail
        self.attempts = []


class Fixture(Site):
    """One site; each mail server in its turn."""

    def __init__(self):
        super().__init__()
        self.guard = None

    def prepare(self):
        self.chance = random.Random(SEED)
        (self.folder / "legal.txt").write_bytes(LEGAL)
        self.guard = Guard(self).__enter__()
        self.net = openssl.Authority(self.folder / "tmp" / "net",
                                     "Example Net")
        self.people = {}
        for name, (kind, _visible) in PEOPLE.items():
            if kind is not None:
                person = self.people[name] = self.net.issue(name, kind)
                self.smimectl(
                    "contact", "import", name, self.for_smimectl(
                        person.certificate.read_bytes()), "--trust")
        self.add_user(ALICE)
        self.issue(ALICE, "--key", "p256")

    def __exit__(self, *details):
        if self.guard is not None:
            self.guard.__exit__()
        super().__exit__(*details)

    def diagnose(self):
        return super().diagnose() + (
            self.guard.diagnose() if self.guard else "")

    @contextlib.contextmanager
    def serving(self, module):
        """With this mail server."""
        reason = module.unavailable()
        if reason:
            raise tap.Skip(reason)
        milters = [self.socket, self.guard.socket]
        server = module.Server(milters, [ALICE], reinject_milters=milters)
        self.write_settings(more=self.seal_setting() + SETTINGS.format(
            folder=self.folder,
            listener=mailserver.reinjection(server.reinject)))
        self.restart_milter()
        with server:
            try:
                yield server
            except BaseException:
                note(f"KILL_SEED={SEED}")
                note(server.diagnose())  # later it is gone
                raise


# -- who is killed --


def children(pid):
    """(pid, command line) of the children of a process."""
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if int(path.read_text().rpartition(")")[2].split()[1]) == pid:
                command = (path.parent / "cmdline").read_bytes()
                found.append((int(path.parent.name),
                              command.decode().split("\0")))
    return found


class KilledPostfix(postfix.Postfix):
    """One that recovers quickly."""

    def _configure(self):
        super()._configure()
        path = self.folder / "etc" / "main.cf"
        # Each name once: postlogd, which cannot log what it complains about
        # itself while others fill its queue, would wait for ever.
        path.write_text(re.sub(
            r"(minimal_backoff_time|queue_run_delay) = 5s", r"\1 = 1s",
            path.read_text()) + "maximal_backoff_time = 1s\n"
            # What is killed is not started again for a while otherwise.
            "service_throttle_time = 1s\n")

    def kill_master(self):
        """The whole of it at once."""
        self._master.pause()
        victims = children(self._master.pid)
        self._master.kill()
        for pid, _command in victims:
            _kill(pid)
        # They share its sockets and its lock until they are gone.
        wait_until(lambda: all(has_ended(pid) for pid, _ in victims),
                   "all processes of Postfix are gone")
        self._master = None
        return True

    def kill_child(self, is_victim):
        """Those of its processes."""
        victims = [pid for pid, command in children(self._master.pid)
                   if is_victim(command)]
        return any([_kill(pid) for pid in victims])

    def victims(self):
        """As victims_of()."""

        def serves(port):
            def is_victim(command):
                return command[0] == "smtpd" and \
                    command[command.index("-n") + 1].endswith(f":{port}")
            return is_victim

        return {
            "mail server": (self.kill_master, self.start),
            "listener": (lambda: self.kill_child(serves(self.reinject)), None),
            "submission": (lambda: self.kill_child(serves(self.submission)),
                           None),
            "cleanup": (lambda: self.kill_child(
                lambda command: command[0] == "cleanup"), None),
        }

    def waiting(self):
        """Messages that have been accepted and not been delivered.  Files of
        others are not executable, and nobody will ever look at them."""
        return [path for path in self.queue() if _is_executable(path)]


def _kill(pid):
    try:
        os.kill(pid, signal.SIGKILL)
        return True
    except ProcessLookupError:
        return False


def _size(path):
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _is_executable(path):
    try:
        return bool(path.stat().st_mode & 0o100)
    except FileNotFoundError:
        return False


class KilledSendmail(sendmail.Sendmail):
    safe_queue = True

    def kill_all(self):
        self.stop()
        return True

    def victims(self):
        return {"mail server": (self.kill_all, self.start)}

    def waiting(self):
        """A message is accepted when it has a file qf, with something in
        it: an empty one is what was left when it was made, and ignored."""
        return [path for path in self.queue()
                if path.name.startswith("qf") and _size(path) > 0]


def victims_of(site, server):
    """name: (what kills it, and is False when there was nobody; what starts
    it again, None when its master does)."""

    def kill(process):
        process.kill()
        return True

    return {"smime-milter": (lambda: kill(site.milter), site.start_milter),
            "smime-keyd": (lambda: kill(site.keyd), site.start_keyd),
            "guard": (lambda: kill(site.guard.milter),
                      site.guard.start_milter),
            **server.victims()}


# -- the client --


def attempt(server, sent, on_dot):
    """One time: MAIL to the answer, whatever happens."""
    this = Attempt()
    sent.attempts.append(this)
    try:
        with contextlib.closing(server.session(server.submission)) as smtp:
            smtp.ehlo()
            smtp.login(ALICE, mailserver.PASSWORD)
            if smtp.mail(ALICE)[0] >= 300:
                return this
            for name in PEOPLE:
                if smtp.rcpt(name)[0] >= 300:
                    return this
            smtp.putcmd("data")
            if smtp.getreply()[0] != 354:
                return this
            smtp.send(sent.mail)
            this.sent_dot = True
            on_dot()
            smtp.send(b".\r\n")
            this.code = smtp.getreply()[0]
            smtp.close()
    except (OSError, smtplib.SMTPException):
        pass
    return this


def send(server, sent, on_dot=lambda: None, on_failure=lambda: None):
    """Tries until the message is accepted."""
    for number in range(ATTEMPTS):
        if attempt(server, sent, on_dot).code == 250:
            return
        on_failure()
        time.sleep(min(0.05 * 2 ** number, 1))
    raise AssertionError(f"not accepted after {ATTEMPTS} attempts: "
                         f"{[a.code for a in sent.attempts]}")


def new_message():
    visible = [name for name, (_, is_visible) in PEOPLE.items() if is_visible]
    return Sent(build(ALICE, visible, CONTENT))


class Killer(threading.Thread):
    """Kills somebody once, some time after go().  Whoever starts a process
    must live on, so the main thread does."""

    def __init__(self, sent, victim, delay):
        super().__init__(daemon=True)
        self.sent = sent
        self.victim, (self.kill, self.start_again) = victim
        self.delay = delay
        self.went = False
        self.done = False
        self.where = "before the dot"
        self.error = None

    def go(self):
        if not self.went:
            self.went = True
            self.start()

    def run(self):
        time.sleep(self.delay)
        number = len(self.sent.attempts) - 1
        during = self.sent.attempts[number]
        during.killed.append(self.victim)
        if during.code is not None:
            self.where = "after the answer"
        elif during.sent_dot:
            self.where = "after the dot"
        try:
            self.done = self.kill()
        except Exception as error:  # for the main thread to judge
            self.error = error
        # To find somebody takes time, in which the client may have begun anew.
        for later in self.sent.attempts[number + 1:]:
            later.killed.append(self.victim)

    def repair(self):
        """Once somebody was killed, what was killed runs again."""
        if not self.went:
            return
        self.join(PATIENCE_SECONDS)
        if self.error:
            raise self.error
        if self.done and self.start_again:
            self.start_again()
            self.start_again = None


def round_of(site, server, seconds):
    """One message and one kill: (message, killer).  seconds: from the dot to
    the answer when nobody disturbs."""
    victim = site.chance.choice(list(victims_of(site, server).items()))
    sent = new_message()
    early = site.chance.random() < 0.15
    killer = Killer(sent, victim, site.chance.uniform(
        0, seconds * (0.3 if early else 1.1)))
    # Who is killed before there is a connection finds an attempt, too.
    sent.attempts.append(Attempt())
    if early:
        killer.go()
    send(server, sent, killer.go, killer.repair)
    killer.repair()
    return sent, killer


def usual_seconds(server, messages):
    """How long the server takes from dot to answer."""
    times = []
    for _ in range(3):
        sent = new_message()
        start = []
        send(server, sent, lambda: start.append(time.monotonic()))
        times.append(time.monotonic() - start[-1])
        messages.append(sent)
    return sorted(times)[1]


# -- what came out --


def queue_ids(copy):
    """The server's own names for what it delivered, the newest first."""
    head = re.sub(rb"\r\n[ \t]+", b" ", copy.data.partition(b"\r\n\r\n")[0])
    return re.findall(rb"(?m)^Received: .*? by mx\.example\.org .*? id (\w+)",
                      head)


class Count(collections.Counter):
    def table(self):
        return "\n".join(f"{what:<58}{self[what]:>6}" for what in self)


def judge(site, sent, copies, count):
    """Everybody has it, nobody has what he must not, and why twice."""
    by_name = collections.defaultdict(list)
    for copy in copies:
        for name in copy.recipients:
            by_name[name].append(copy)
    for name in PEOPLE:
        count["stumps of mail that Sendmail had delivered when killed"] += \
            take_stumps(by_name[name])
        check(by_name[name], f"{name} has no mail: {story(sent)}")
        for copy in by_name[name]:
            try:
                judge_copy(site, name, copy)
            except (AssertionError, openssl.Failed):
                note(f"{story(sent)}\n{copy.envelope}, {len(copy.data)} "
                     f"octets:\n{copy.data[:1500].decode('latin-1')}")
                raise
        explain(sent, name, by_name[name], count)
    count["copies"] += sum(map(len, by_name.values()))


def take_stumps(copies):
    """Takes out what Sendmail makes of a message whose content it has removed,
    because everybody had it, but not yet the list of recipients: a header and
    this line.  How many there were."""
    stumps = [c for c in copies if c.data.partition(b"\r\n\r\n")[2].strip() ==
              b"<<< No Message Collected >>>"]
    for stump in stumps:
        copies.remove(stump)
        check(queue_ids(stump)[0] in {queue_ids(c)[0] for c in copies},
              "a stump of what was never delivered")
    return len(stumps)


def judge_copy(site, name, copy):
    for field in (b"x-smime-milter-copy", b"x-smime-seal"):
        absent(copy.data.lower(), field, f"what {name} got")
    for other in PEOPLE:
        if not PEOPLE[other][1] and other not in copy.recipients:
            absent(copy.data, other.encode(), f"what {name} got")
    if name not in REQUIRED:
        equal(copy.data.count(LEGAL), 1, f"disclaimers for {name}")
        return
    absent(copy.data, SECRET, f"what {name} got")
    contains(copy.data, b"enveloped-data", f"what {name} got")
    readers = SHARING if name in SHARING else [name]
    equal(openssl.recipient_serials(copy.data),
          sorted(site.people[n].serial() for n in readers), name)
    entity, _signer = site.verify(site.people[name].decrypt(copy.data))
    check(SECRET in entity, f"the text of {name}'s copy")
    equal(entity.count(LEGAL), 1, f"disclaimers for {name}")


def story(sent):
    return [(a.code, a.sent_dot, a.killed) for a in sent.attempts]


def explain(sent, name, copies, count):
    """Why does somebody have a mail more than once?  Either the server has
    accepted it once and delivered it twice, having died before it could write
    that down; or it has accepted it in several attempts, and then somebody
    was killed in each of them but the last, after the dot."""
    accepted = {queue_ids(copy)[0] for copy in copies}
    count["twice by the mail server, killed while it delivered"] += \
        len(copies) - len(accepted)
    if len(accepted) == 1:
        return
    dotted = [a for a in sent.attempts if a.sent_dot]
    check(len(accepted) <= len(dotted),
          f"{name}: accepted {len(accepted)} times in {len(dotted)} attempts")
    excused = [a for a in dotted[:-1]
               if [v for v in a.killed if v != "smime-keyd"]]
    check(len(accepted) - 1 <= len(excused),
          f"{name} has it {len(accepted)} times, and nobody knows why: "
          f"{story(sent)}")
    victim = [v for v in excused[0].killed if v != "smime-keyd"][0]
    kind = "what stayed" if name in SHARING else "a copy"
    answer = "no answer" if excused[0].code is None else "451"
    count[f"twice, {kind}: {victim} killed, client heard {answer}"] += \
        len(accepted) - 1


def deliver(site, server, messages, count):
    """Waits for what is queued, and judges it."""
    # What was moved to where we had looked already is found the second time.
    wait_until(lambda: not server.waiting() and not server.waiting(),
               "the queue is empty")
    copies = server.sink.take_all(lambda m: True)
    for sent in messages:
        judge(site, sent, [c for c in copies if sent.id in c.data], count)
    count["messages"] += len(messages)
    count["attempts of the client"] += sum(
        1 for sent in messages for a in sent.attempts if a.sent_dot)
    messages.clear()


def kill_and_count(site, module, kills):
    with site.serving(module) as server:
        count = Count({"messages": 0, "attempts of the client": 0,
                       "copies": 0})
        killed = Count()
        messages = []
        seconds = usual_seconds(server, messages)
        while sum(killed.values()) < kills:
            sent, killer = round_of(site, server, seconds)
            messages.append(sent)
            if killer.done:
                killed[f"{killer.victim} {killer.where}"] += 1
            if len(messages) >= 20:
                deliver(site, server, messages, count)
        deliver(site, server, messages, count)
        note(f"{server.kind}, {kills} kills, KILL_SEED={SEED}, "
             f"{seconds:.3f} s from dot to answer")
        note(Count(dict(sorted(killed.items()))).table())
        note(count.table())


class _Postfix:
    """The module with a server that can be killed."""

    unavailable = staticmethod(postfix.unavailable)
    Server = KilledPostfix


class _Sendmail:
    unavailable = staticmethod(sendmail.unavailable)
    Server = KilledSendmail


@case("Postfix", limit=60 + 20 * KILLS)
def _(site):
    kill_and_count(site, _Postfix, KILLS - KILLS // 4)


@case("Sendmail", limit=60 + 20 * KILLS)
def _(site):
    kill_and_count(site, _Sendmail, KILLS // 4)


@case("at the end the daemons are alive and have said nothing of errors")
def _(site):
    site.check_quiet()
    site.guard.check_quiet()
    said = site.guard.milter.output()
    contains(said, ": seal-intact ")
    absent(said, ": seal-broken ")


if __name__ == "__main__":
    tap.main(Fixture)
