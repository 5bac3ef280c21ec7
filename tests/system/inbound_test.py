#!/usr/bin/python3
"""Encrypted mail from outside, with both daemons and a mail server that says
and does exactly what it is told, by the rules of either."""

import messages
import openssl
import tap
from mailserver import Sink
from messages import build
from processes import PeakMemory
from tap import absent, case, check, contains, equal
from testsite import COMPLAINTS, Site, is_sanitized

ALICE, CAROL = "alice@example.org", "carol@example.org"
SHADY = "shady@looks.example.org"  # whose domain only looks
ZOE = "zoe@example.org"            # has no certificate
BOB = "bob@example.net"
ENTITY = b"Content-Type: text/plain\r\n\r\nHello.\r\n"
RULES = ("postfix", "sendmail")


class Fixture(Site):
    """Three users who can read, and the listener for copies."""

    def __init__(self):
        self.listener = Sink()
        self.listener.extensions = ["DSN", "PIPELINING"]
        super().__init__(domains=("example.org", "looks.example.org"),
                         more=self.listening())

    def listening(self, more=""):
        return f'reinject = "smtp://127.0.0.1:{self.listener.port}";{more}'

    def prepare(self):
        self.net = openssl.Authority(self.folder / "tmp" / "net", "Net")
        self.trust(self.net)
        self.bob = self.net.issue(BOB, "ec:P-256")
        self.readers = {}
        for address, kind in ((ALICE, "rsa:2048"), (CAROL, "ec:P-256"),
                              (SHADY, "ec:P-256")):
            self.readers[address] = self.net.issue(address, kind)
            self.add_user(address)
            self.import_key(address, self.readers[address])
        self.smimectl("domain", "set", "looks.example.org", "--mode", "shadow")
        self.restart_milter()

    def __exit__(self, *_):
        self.listener.close()
        super().__exit__()

    def letter(self, *readers, entity=ENTITY, more=b""):
        return messages.encrypted(
            build(BOB, [ALICE], b"", more=more), entity,
            [self.readers[r] for r in readers])

    def deliver(self, recipients, mail, **options):
        verdict = self.send(BOB, recipients, mail, **options)
        check(verdict.accepted, f"{verdict.outcome}: {verdict.reply}")
        return verdict

    def with_settings(self, more, function):
        self.write_settings(more=more)
        self.restart_milter()
        try:
            function()
        finally:
            self.write_settings(more=self.listening())
            self.restart_milter()


def check_opened(data, entity=ENTITY):
    """Its fields instead of the outer ones, its body, and our marks."""
    head, _, body = messages.unmarked(data).partition(b"\r\n\r\n")
    fields, _, text = entity.partition(b"\r\n\r\n")
    contains(head + b"\r\n", fields + b"\r\n", "header")
    absent(head, b"pkcs7-mime", "header")
    absent(head.lower(), b"content-transfer-encoding", "header")
    equal(head.count(b"MIME-Version:"), 1, "MIME-Version")
    check(body == text, "body")


def check_closed(data, mail):
    check(messages.unmarked(data) == mail, "as it came, but for the marks")


@case("in place, with the rules of either server")
def _(site):
    for rules in RULES:
        verdict = site.deliver([ALICE, CAROL], site.letter(ALICE, CAROL),
                               rules=rules)
        check_opened(verdict.data)
        equal(verdict.recipients, [f"<{ALICE}>", f"<{CAROL}>"], "recipients")


@case("nothing is inside: the body is empty, not the ciphertext")
def _(site):
    entity = b"Content-Type: text/html\r\n\r\n"
    for rules in RULES:
        verdict = site.deliver([ALICE], site.letter(ALICE, entity=entity),
                               rules=rules)
        check_opened(verdict.data, entity)


@case("split: who is removed gets the copy, with his parameters")
def _(site):
    for rules in RULES:
        mail = site.letter(ALICE, CAROL)
        verdict = site.deliver(
            ["Alice@example.org", ZOE, CAROL, "alice@EXAMPLE.ORG"], mail,
            rules=rules, rcpt_arguments={f"<{CAROL}>": ["NOTIFY=NEVER"]})
        equal(verdict.recipients, [f"<{ZOE}>"], "recipients in place")
        check_closed(verdict.data, mail)
        copy = site.listener.take(lambda m: True)
        equal(copy.recipients, ["Alice@example.org", CAROL], "the copy's")
        contains(copy.envelope[2], b"NOTIFY=NEVER", "RCPT of carol")
        equal(copy.sender, BOB, "sender of the copy")
        token, _, rest = copy.data.partition(b"\r\n")
        contains(token, b"X-SMIME-Milter-Copy: ", "the copy")
        check_opened(rest)
        equal(site.listener.all(), [], "more copies")


@case("the copy comes back: its token goes, and nothing else happens")
def _(site):
    mail = site.letter(ALICE)
    site.deliver([ALICE, ZOE], mail)
    copy = site.listener.take(lambda m: True).data
    verdict = site.deliver([ALICE], copy, address="127.0.0.1",
                           daemon_name="REINJECT")
    equal(verdict.data, copy.partition(b"\r\n")[2], "what is left")
    # Once; then it is a stranger's, and so are its marks.
    verdict = site.deliver([ALICE], copy, address="127.0.0.1",
                           daemon_name="REINJECT")
    absent(verdict.data, b"X-SMIME", "a copy that is sent again")


@case("a domain that only looks: logged, and left alone")
def _(site):
    mail = site.letter(SHADY, more=b"X-SMIME-Status: valid\r\n")
    verdict = site.deliver([SHADY], mail, queue_id="LOOKS")
    equal((verdict.changes, verdict.data == mail), ([], True))
    contains(site.log_lines("LOOKS")[0],
             "decrypted from=bob@example.net nrcpt=1 shadow=yes", "log")
    # Beside others he still gets what came.
    mail = site.letter(ALICE, SHADY)
    verdict = site.deliver([ALICE, SHADY], mail)
    equal(verdict.recipients, [f"<{SHADY}>"], "recipients in place")
    check_closed(verdict.data, mail)
    check_opened(site.listener.take(lambda m: True).data.partition(
        b"\r\n")[2])


@case("no listener: nobody gets plaintext, unless all do")
def _(site):

    def look():
        mail = site.letter(ALICE)
        verdict = site.deliver([ALICE, ZOE], mail, queue_id="NOLISTENER")
        check_closed(verdict.data, mail)
        equal(len(verdict.recipients), 2, "recipients")
        contains(site.log_lines("NOLISTENER")[0], "reason=no-listener", "log")
        check_opened(site.deliver([ALICE], mail).data)

    site.with_settings("", look)


@case("smime-keyd away, on_error = pass: as it came, without lies")
def _(site):

    def look():
        mail = site.letter(ALICE)
        forged = mail.replace(b"Subject:", b"X-SMIME-Status: valid\r\n"
                              b"Subject:")
        verdict = site.deliver([ALICE], forged, queue_id="AWAY")
        equal(verdict.data, mail, "what passed")
        contains(site.log_lines("AWAY")[0], "passed from=bob@example.net "
                 "nrcpt=1 reason=keyd error=", "log")

    site.write_settings(defaults='on_error = "pass";')
    site.keyd.kill()
    try:
        site.with_settings(site.listening(), look)
    finally:
        site.write_settings(defaults="")
        site.start_keyd()
        site.restart_milter()


@case("a large message is read and split, and is not in memory", limit=300)
def _(site):
    line = b"A line that is neither short nor long, but there are many.\r\n"
    size = 2000000 if is_sanitized() else 20000000
    entity = (b"Content-Type: text/plain\r\n\r\n" +
              line * (size // len(line)))
    mail = site.letter(ALICE, entity=entity)
    with PeakMemory(site.milter) as memory:
        check_opened(site.deliver([ALICE], mail).data, entity)
        verdict = site.deliver([ALICE, ZOE], mail)
    check_closed(verdict.data, mail)
    copy = site.listener.take(lambda m: True).data
    check_opened(copy.partition(b"\r\n")[2], entity)
    if not is_sanitized():
        # A few times spool_memory, which is 1 MB.
        check(memory.growth < 8 * 1024, f"{memory.growth} kB more")


@case("nobody complained")
def _(site):
    site.check_quiet()
    for word in COMPLAINTS:
        absent(site.milter.output(), word, "log")


if __name__ == "__main__":
    tap.main(Fixture)
