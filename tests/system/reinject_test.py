#!/usr/bin/python3
"""A slow listener for copies, and a daemon that starts anew in between: who
waits for it, and who does not.  The mail server's side is the milter protocol;
the listener is the sink."""

import contextlib
import threading
import time

import mailserver
import openssl
import tap
from messages import build, message_id
from mta_client import MilterGone
from processes import PATIENCE_SECONDS
from tap import case, check, contains, equal
from testsite import Site

ALICE = "alice@example.org"
BOB = "bob@example.com"
BLIND = "blind@example.com"
NOBODY = "nobody@example.net"
ALL = [BOB, BLIND, NOBODY]

SETTINGS = """
reinject = "smtp://127.0.0.1:{port}";
reinject_timeout = "1m";
"""


class Fixture(Site):
    """Bob shares no ciphertext with the blind one; nobody has no certificate:
    two copies leave."""

    def __init__(self):
        super().__init__()
        self.sink = mailserver.Sink()
        self.sink.extensions = ["PIPELINING", "DSN"]

    def prepare(self):
        self.com = openssl.Authority(self.folder / "tmp" / "com",
                                     "Example Com")
        self.people = {}
        for name in (BOB, BLIND):
            person = self.people[name] = self.com.issue(name, "ec:P-256")
            self.smimectl("contact", "import", name, self.for_smimectl(
                person.certificate.read_bytes()), "--trust")
        self.add_user(ALICE)
        self.issue(ALICE, "--key", "p256")
        self.write_settings(encrypt="if-possible",
                            more=SETTINGS.format(port=self.sink.port))
        self.restart_milter()

    def __exit__(self, *_):
        self.sink.close()
        super().__exit__()

    @contextlib.contextmanager
    def silent(self, step):
        """A sink that falls silent there."""
        self.sink.silent_at = step
        try:
            yield
        finally:
            self.sink.silent_at = None

    def mail(self, **options):
        return build(ALICE, [BOB, NOBODY], **options)

    def submit_to_all(self, mail):
        return self.submit(ALICE, ALL, mail)

    def copies(self, mail):
        """(recipients, bytes) of the copies in the sink, taken out."""
        return [(m.recipients, m.data) for m in
                self.sink.take_all(lambda m: message_id(mail) in m.data)]

    def check_split(self, mail, without=()):
        """Accepted now, with a copy for everybody but these."""
        verdict = self.submit_to_all(mail)
        check(verdict.accepted, verdict.reply)
        equal(verdict.recipients, [f"<{BOB}>"], "who stays")
        self.people[BOB].decrypt(verdict.data)
        wanted = [[n] for n in (BLIND, NOBODY) if n not in without]
        copies = self.copies(mail)
        equal(sorted(recipients for recipients, _ in copies), wanted,
              "who got a copy")
        for recipients, data in copies:
            if recipients == [BLIND]:
                self.people[BLIND].decrypt(data)
        return verdict


class Later(threading.Thread):
    """A message to all that is submitted meanwhile."""

    def __init__(self, site):
        super().__init__(daemon=True)
        self.site = site
        self.mail = site.mail()
        self.verdict = None  # None, too, when the milter died
        self.start()

    def run(self):
        with contextlib.suppress(MilterGone):
            self.verdict = self.site.submit_to_all(self.mail)


@case("while it says nothing other messages pass")
def _(site):
    for step in ("greeting", "dot"):
        with site.silent(step):
            waiting = Later(site)
            check(site.sink.silent.acquire(timeout=PATIENCE_SECONDS),
                  "nobody came")
            for _number in range(5):
                mail = build(ALICE, [BOB])
                verdict = site.submit(ALICE, [BOB], mail)
                check(verdict.accepted, verdict.reply)
                site.people[BOB].decrypt(verdict.data)
            check(waiting.is_alive(), f"it did not wait at the {step}")
            site.milter.kill()  # its patience is longer than ours
            waiting.join(PATIENCE_SECONDS)
        site.start_milter()


@case("it says nothing: the message waits with its sender when time is over")
def _(site):
    site.write_settings(
        encrypt="if-possible", more=SETTINGS.format(port=site.sink.port) +
        'answer_timeout = "5s";\n')
    site.restart_milter()
    for step in ("greeting", "dot"):
        mail = site.mail()
        with site.silent(step):
            before = time.monotonic()
            verdict = site.submit_to_all(mail)
            took = time.monotonic() - before
        equal(verdict.outcome, "tempfail")
        contains(verdict.reply, "451 4.7.56 ", step)
        check(3 < took < 5 + PATIENCE_SECONDS, f"{took:.1f} s")
        equal(site.copies(mail), [], "copies")
        site.check_split(mail)
    site.write_settings(encrypt="if-possible",
                        more=SETTINGS.format(port=site.sink.port))
    site.restart_milter()


@case("a daemon that is started again knows who has his copy")
def _(site):
    mail = site.mail()
    site.sink.refusals = [None, "451 4.3.0 not this one"]
    equal(site.submit_to_all(mail).outcome, "tempfail")
    (had, _data), = site.copies(mail)
    site.restart_milter()
    site.check_split(mail, without=had)


@case("at the end the daemons are alive and have said nothing of errors")
def _(site):
    site.check_quiet()


if __name__ == "__main__":
    tap.main(Fixture)
