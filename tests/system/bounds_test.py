#!/usr/bin/python3
"""Messages as large, as long and as deep as there are, and some larger: the
right outcome, bounded memory, and the next message is served.

How the work grows with the message is for linear_test.py.
"""

import base64
import binascii
import re
import resource
import secrets

import openssl
import postfix
import tap
from messages import build, unmarked
from processes import PeakMemory, together
from tap import Skip, absent, case, check, contains, equal, note
from testsite import COMPLAINTS, Site, is_sanitized

ALICE = "alice@example.org"      # encrypt: off
CAROL = "carol@example.org"      # encrypt: if-possible
DAVE = "dave@example.org"        # encrypt: required
BOB = "bob@example.com"          # certificate known from the start
NOBODY = "nokeys@example.net"

MEGABYTE = 1000000
# Memory of the daemon over what it took at rest, two messages at a time.
GROWTH_KB = 32 * 1024
# All data that it may have: some 60 MB at rest (stacks of 8 MB), and less
# than 150 MB more.
DATA_BYTES = 192 << 20

SANITIZED = is_sanitized()


def size_of(megabytes):
    """Sanitizers are slow; what they find does not need that much."""
    return (1 if SANITIZED else megabytes) * MEGABYTE


class Fixture(Site):
    """A site with a user of each kind.  When the milter wants a message of
    150 MB in memory it does not get it, which is its end."""

    def start_milter(self):
        """The milter inherits our limit."""
        ours = resource.getrlimit(resource.RLIMIT_DATA)
        if not SANITIZED:
            resource.setrlimit(resource.RLIMIT_DATA, (DATA_BYTES, ours[1]))
        try:
            super().start_milter()
        finally:
            resource.setrlimit(resource.RLIMIT_DATA, ours)

    def prepare(self):
        self._people()
        self.check_serves()
        self.at_rest = self.milter.memory("RssAnon")

    def _people(self):
        com = openssl.Authority(self.folder / "tmp" / "com", "Example Com")
        self.trust(com)
        self.restart_milter()
        self.bob = com.issue(BOB)
        self.smimectl("contact", "import", BOB,
                      self.for_smimectl(self.bob.certificate.read_bytes()),
                      "--trust")
        for user, encrypt in ((ALICE, "off"), (CAROL, "if-possible"),
                              (DAVE, "required")):
            self.add_user(user, "--encrypt", encrypt)
            self.issue(user, "--key", "p256")

    def check_serves(self):
        """The next message, as small as most."""
        mail = build(ALICE, [BOB])
        check_signed(self, self.submit(ALICE, [BOB], mail), mail)

    def diagnose(self):
        return super().diagnose()[-4000:]


# -- what became of a message --

def entity_of(site, message):
    """The signed entity; openssl has verified the signature."""
    folder = site.folder / "tmp"
    if b"multipart/signed" not in message.partition(b"\r\n\r\n")[0]:
        return openssl.verify(message, site.root, folder)[0]
    entity, signature = openssl.signed_parts(message)
    content = folder / f"entity-{secrets.token_hex(4)}"
    content.write_bytes(entity)
    openssl.run("cms", "-verify", "-inform", "DER", "-binary", "-content",
                content, "-CAfile", site.root, "-out", "/dev/null",
                data=signature)
    content.unlink()
    return entity


def body_of(message):
    return message.partition(b"\r\n\r\n")[2]


def decoded(entity):
    """The body of an entity without its encoding; of a multipart with the
    boundary "b" those of its parts."""
    head, _, body = entity.partition(b"\r\n\r\n")
    if b"multipart/mixed" in head:
        parts = body.partition(b"\r\n--b--")[0].split(b"\r\n--b\r\n")
        return [decoded(part) for part in parts[1:] or parts]
    found = re.search(rb"(?im)^content-transfer-encoding: *([\w-]+)", head)
    encoding = found.group(1).lower() if found else b"7bit"
    if encoding == b"quoted-printable":
        return binascii.a2b_qp(body)
    return base64.b64decode(body) if encoding == b"base64" else body


def same_bytes(got, wanted):
    """Not shown when they differ: they may be large."""
    check(got == wanted, f"{len(got)} bytes are not the {len(wanted)}")


def check_signed(site, verdict, mail):
    """Signed; what is inside is what it was, encoded or not."""
    check(verdict.accepted, f"{verdict.outcome}: {verdict.reply}")
    entity = entity_of(site, verdict.data)
    if not entity.endswith(body_of(mail)):
        same_bytes(decoded(entity), decoded(mail))
    return entity


def check_untouched(verdict, mail):
    check(verdict.accepted, f"{verdict.outcome}: {verdict.reply}")
    equal(verdict.changes, [], "changes")
    same_bytes(verdict.data, mail)


def check_log(site, queue_id, *parts):
    lines = site.log_lines(queue_id)
    check(lines, f"nothing in the log about {queue_id}")
    for part in parts:
        contains(lines[-1] + " ", f" {part} ")


def check_refused(site, verdict, code, queue_id, reason):
    equal(verdict.outcome, "reject", f"outcome ({verdict.reply})")
    check(verdict.reply.startswith(code), verdict.reply[:200])
    check(len(verdict.reply) < 600, "a reply of some lines at most")
    check_log(site, queue_id, f"reason={reason}")


class bounded:
    """Whatever happens inside takes little memory, and the next message is
    served."""

    def __init__(self, site, what):
        self._site = site
        self._what = what
        self._memory = PeakMemory(site.milter)

    def __enter__(self):
        self._memory.__enter__()

    def __exit__(self, kind, *details):
        self._memory.__exit__(kind, *details)
        if kind is not None:
            return
        # What an earlier message left behind does not count as there before.
        growth = self._memory.peak - self._site.at_rest
        note(f"{self._what}: {growth} kB more than at rest")
        check(self._site.milter.alive(), "the milter died")
        self._site.check_serves()
        if not SANITIZED:
            check(growth < GROWTH_KB, f"memory grew by {growth} kB")


# -- 50 MB of everything --

TEXT = b"MIME-Version: 1.0\r\nContent-Type: text/plain\r\n"
UTF8 = (b"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
        b"Content-Transfer-Encoding: 8bit\r\n")
BINARY = (b"MIME-Version: 1.0\r\nContent-Type: application/octet-stream\r\n"
          b"Content-Transfer-Encoding: binary\r\n")
ATTACHMENT = (b"MIME-Version: 1.0\r\nContent-Type: application/pdf\r\n"
              b"Content-Transfer-Encoding: base64\r\n")


def filled(unit, megabytes=50):
    return unit * int(size_of(megabytes) // len(unit))


def multipart(boundary, parts):
    """An entity with parts that end with CRLF, which is the delimiter's."""
    return (b'Content-Type: multipart/mixed; boundary="%s"\r\n\r\n' % boundary +
            b"".join(b"--%s\r\n%s" % (boundary, part) for part in parts) +
            b"--%s--\r\n" % boundary)


def base64_lines():
    return base64.encodebytes(secrets.token_bytes(57 * 1000)).replace(
        b"\n", b"\r\n")


def lines_of_all_kinds():
    """Parts that are full of what has a meaning somewhere."""
    units = (b"\r\n", b"From me\r\n", b"=\r\n", b".\r\n..\r\n",
             b" " * 70 + b"\r\n", b"--bb\r\n--\r\n-- b\r\n",
             b"-----BEGIN PGP \r\n")
    return b"MIME-Version: 1.0\r\n" + multipart(
        b"b", [b"\r\n" + filled(unit, 50 / len(units)) for unit in units])


LARGE = {
    "7-bit attachment": lambda: ATTACHMENT + b"\r\n" + filled(base64_lines()),
    "8-bit text": lambda: UTF8 + b"\r\n" + filled(
        "Grüße aus dem großen Anhang\r\n".encode()),
    "8-bit text without a line end": lambda: UTF8 + b"\r\n" + filled(
        "Größe".encode()),
    "binary part": lambda: BINARY + b"\r\n" + filled(
        secrets.token_bytes(65536)),
    "one line": lambda: TEXT + b"\r\n" + filled(b"x"),
    "lines of all kinds": lines_of_all_kinds,
}


def send_large(site, name):
    mail = build(ALICE, [BOB], LARGE[name]())
    verdict = site.submit(ALICE, [BOB], mail)
    check(is_robust(verdict.data), f"{name}: not 7-bit")
    check_signed(site, verdict, mail)


def is_robust(message):
    """is_seven_bit() of the body, quickly."""
    if not message.isascii() or b"\0" in message:
        return False
    at = message.index(b"\r\n\r\n")
    while at < len(message):
        end = message.rfind(b"\r\n", at, at + 1000)
        if end < 0:
            return False
        at = end + 2
    return True


def large_case(names):
    @case(f"50 MB: {', '.join(names)}")
    def _(site):
        with bounded(site, ", ".join(names)):
            together(*(lambda n=name: send_large(site, n) for name in names))


for _number in range(0, len(LARGE), 2):
    large_case(list(LARGE)[_number:_number + 2])


@case("50 MB, encrypted")
def _(site):
    mail = build(CAROL, [BOB], LARGE["8-bit text"]())
    with bounded(site, "encrypted"):
        verdict = site.submit(CAROL, [BOB], mail)
    check(verdict.accepted, verdict.reply)
    contains(verdict.header("Content-Type")[0], "enveloped-data")
    inside = site.bob.decrypt(verdict.data)
    same_bytes(decoded(entity_of(site, inside)), decoded(mail))


# -- 150 MB, and over limits.max_message --

def send_150(site, user, content, outcome):
    """outcome: a function of verdict, mail and queue id."""
    mail = build(user, [BOB], content)
    queue_id = "L" + secrets.token_hex(4).upper()
    outcome(site.submit(user, [BOB], mail, queue_id=queue_id), mail, queue_id)


@case("150 MB: signed where it lies; what grows over the limit passes")
def _(site):
    if SANITIZED:
        site.write_settings(more='limits = { max_message = "1500K"; };')
        site.restart_milter()
    unit = base64_lines()
    limit = 1500 * 1024 if SANITIZED else 150 << 20

    def signed(verdict, mail, queue_id):
        check_signed(site, verdict, mail)
        check_log(site, queue_id, "encrypt-reason=too-large")

    def passed(verdict, mail, queue_id):
        check_untouched(verdict, mail)
        check_log(site, queue_id, "passed", "reason=too-large")

    def refused(verdict, _mail, queue_id):
        check_refused(site, verdict, "552 5.3.4 ", queue_id, "too-large")

    below = ATTACHMENT + b"\r\n" + unit * ((limit - 100000) // len(unit))
    eight = UTF8 + b"\r\n" + b"\xc3\xbc" * (limit // 2 - 1000)
    over = ATTACHMENT + b"\r\n" + unit * (limit // len(unit) + 1)
    with bounded(site, "150 MB"):
        together(lambda: send_150(site, CAROL, below, signed),
                 lambda: send_150(site, DAVE, below, refused))
        together(lambda: send_150(site, ALICE, eight, passed),
                 lambda: send_150(site, ALICE, over, passed))
    if SANITIZED:
        site.write_settings(more="")
        site.restart_milter()


# -- header fields --

@case("fields of 60 kB")
def _(site):
    line = b" " + b"word" * 15 + b"\r\n"
    mail = build(ALICE, [BOB], more=b"X-Long:" + line * 980 + b"X-Flat: " +
                 b"y" * 59000 + b"\r\nComments:" + b"\r\n " + b"(" * 59000 +
                 b"\r\n")
    with bounded(site, "60 kB"):
        check_signed(site, site.submit(ALICE, [BOB], mail), mail)


@case("5,000 and 20,000 fields are signed, 20,001 are refused")
def _(site):
    for count, signed in ((5000, True), (20000, True), (20001, False)):
        mail = build(ALICE, [BOB])
        there = len(mail.partition(b"\r\n\r\n")[0].split(b"\r\n"))
        more = b"".join(b"X-%d: value\r\n" % n for n in range(count - there))
        mail = build(ALICE, [BOB], more=more)
        with bounded(site, f"{count} fields"):
            verdict = site.submit(ALICE, [BOB], mail, queue_id=f"H{count}")
        if signed:
            check_signed(site, verdict, mail)
        else:
            check_refused(site, verdict, "552 5.3.4 ", f"H{count}",
                          "too-large")


@case("500 Content-* fields are taken inside, 5,000 left alone")
def _(site):
    for count in (499, 5000):  # and Content-Type
        for more in (b"Content-X: value\r\n" * count,
                     b"".join(b"Content-%d: value\r\n" % n
                              for n in range(count))):
            mail = build(ALICE, [BOB], more=more)
            with bounded(site, f"{count} Content-* fields"):
                verdict = site.submit(ALICE, [BOB], mail, queue_id=f"C{count}")
            if count == 5000:
                check_untouched(verdict, mail)
                check_log(site, f"C{count}", "reason=too-large")
                continue
            entity = check_signed(site, verdict, mail)
            equal(entity.count(b": value\r\n"), count, "fields inside")
            absent(verdict.data.partition(b"\r\n\r\n")[0], b": value")


@case("a Content-Type with 10,000 parameters")
def _(site):
    # libmilter takes no more than 64 kB at a time.
    content = (b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed" +
               b"".join(b";%03x=v" % (n % 4096) for n in range(10000)) +
               b";boundary=b\r\n\r\n--b\r\n\r\ntext\r\n--b--\r\n")
    mail = build(ALICE, [BOB], content)
    with bounded(site, "10000 parameters"):
        verdict = site.submit(ALICE, [BOB], mail, rules="sendmail")
    contains(check_signed(site, verdict, mail), b";70f=v;boundary=b")


@case("10,000 mailboxes in From, all of them ours")
def _(site):
    everybody = [f"u{n}@example.org" for n in range(10000)]
    mail = b"".join(
        b"From: " + ",\r\n ".join(everybody[n:n + 2500]).encode() + b"\r\n"
        for n in range(0, 10000, 2500)) + build(ALICE, [BOB])
    with bounded(site, "10000 authors"):
        verdict = site.submit(ALICE, [BOB], mail, queue_id="AUTHORS",
                              rules="sendmail")
    check_untouched(verdict, mail)
    check_log(site, "AUTHORS", "reason=several-from")
    with bounded(site, "10000 authors from outside"):
        verdict = site.send(ALICE, [BOB], mail, rules="sendmail")
    check_untouched(verdict, mail)


# -- the envelope --

@case("1,000 recipients in To, and one of them without a certificate")
def _(site):
    people = [f"r{n}@example.net" for n in range(1000)]
    mail = build(ALICE, people)
    with bounded(site, "1000 recipients"):
        verdict = site.submit(ALICE, people, mail, queue_id="RCPT1")
        check_signed(site, verdict, mail)
        check_log(site, "RCPT1", "nrcpt=1000")
        mail = build(DAVE, people)
        verdict = site.submit(DAVE, people, mail, queue_id="RCPT2")
        check_refused(site, verdict, "550 5.7.51 ", "RCPT2", "no-certificate")


@case("20,000 recipients are signed for, 20,001 refused")
def _(site):
    for count, signed in ((20000, True), (20001, False)):
        people = [f"r{n}@example.net" for n in range(count)]
        mail = build(ALICE, [BOB])
        with bounded(site, f"{count} recipients"):
            verdict = site.submit(ALICE, people, mail, queue_id=f"R{count}")
        if signed:
            check_signed(site, verdict, mail)
        else:
            check_refused(site, verdict, "552 5.3.4 ", f"R{count}",
                          "too-large")


@case("addresses of 60 kB")
def _(site):
    for n, long in enumerate(("x" * 60000 + "@example.com",
                              "x@" + "y." * 30000 + "com",
                              '"' + "\\\\" * 30000 + '"@example.com')):
        mail = build(ALICE, [BOB])
        with bounded(site, "60 kB"):
            verdict = site.submit(ALICE, [BOB, long], mail)
            check_signed(site, verdict, mail)
            verdict = site.submit(DAVE, [BOB, long], build(DAVE, [BOB]),
                                  queue_id=f"LONG{n}")
            check_refused(site, verdict, "550 5.7.56 ", f"LONG{n}",
                          "bad-recipient")
            verdict = site.submit(ALICE, [BOB], mail, sender=long,
                                  queue_id=f"FROM{n}")
            check_untouched(verdict, mail)
            check_log(site, f"FROM{n}", "reason=foreign-sender")


# -- parts --

EIGHT = ("Content-Type: text/plain; charset=utf-8\r\n"
         "Content-Transfer-Encoding: 8bit\r\n\r\nGrüße\r\n").encode()


def check_complex(site, verdict, mail, queue_id):
    """Over a cap of the scanner: signed as one run of bytes, or left alone,
    and the log says why."""
    check(verdict.accepted, verdict.reply)
    line = site.log_lines(queue_id)[-1]
    if verdict.changes:
        contains(line, "opaque=too-complex")
        contains(entity_of(site, verdict.data), body_of(mail))
    else:
        contains(line, "passed")
        contains(line, "reason=too-complex")
        check_untouched(verdict, mail)


@case("10,000 parts are encoded one by one, 10,001 are too many")
def _(site):
    for count in (10000, 10001):
        content = b"MIME-Version: 1.0\r\n" + multipart(
            b"b", [EIGHT] * (count - 1))  # the multipart counts, too
        mail = build(ALICE, [BOB], content)
        with bounded(site, f"{count} parts"):
            verdict = site.submit(ALICE, [BOB], mail, queue_id=f"P{count}")
        if count > 10000:
            check_complex(site, verdict, mail, "P10001")
            continue
        check(verdict.accepted, verdict.reply)
        entity = entity_of(site, verdict.data)
        equal(entity.count(b"--b\r\n"), count - 1, "parts")
        equal(entity.count(b"Gr=C3=BC=C3=9Fe") + entity.count(b"R3LDvMOfZQ=="),
              count - 1, "encoded parts")


@case("10,001 parts that need no encoding are signed as they are")
def _(site):
    content = b"MIME-Version: 1.0\r\n" + multipart(b"b", [b"\r\nx\r\n"] * 10001)
    mail = build(ALICE, [BOB], content)
    with bounded(site, "10001 clean parts"):
        verdict = site.submit(ALICE, [BOB], mail)
    check(check_signed(site, verdict, mail).endswith(body_of(mail)), "changed")


def deep(depth, inside):
    """Multiparts and messages in one another, in turn."""
    for level in range(depth, 0, -1):
        inside = b"Content-Type: message/rfc822\r\n\r\n" + inside \
            if level % 2 else multipart(b"b%d" % level, [inside])
    return b"MIME-Version: 1.0\r\n" + inside


@case("1,000 deep, multiparts and messages in turn")
def _(site):
    for name, content in (("DEEP8", deep(1000, EIGHT)),
                          ("DEEPMULTI", deep(1001, EIGHT)[19:])):
        mail = build(ALICE, [BOB], content)
        with bounded(site, "1000 deep"):
            verdict = site.submit(ALICE, [BOB], mail, queue_id=name)
        check_complex(site, verdict, mail, name)
    mail = build(ALICE, [BOB], deep(1000, b"\r\nclean\r\n"))
    with bounded(site, "1000 deep, clean"):
        check_signed(site, site.submit(ALICE, [BOB], mail), mail)


@case("1,000 open boundaries that begin like one another")
def _(site):
    boundaries = [bytes([letter]) * length for letter in b"abcdefghijklmno"
                  for length in range(1, 71)][:1000]
    inside = EIGHT + b"".join(b"--%s\r\n" % b[:-1] for b in boundaries)
    for boundary in reversed(boundaries):
        inside = (b"Content-Type: multipart/mixed; boundary=%s\r\n\r\n--%s\r\n"
                  % (boundary, boundary)) + inside
    mail = build(ALICE, [BOB], b"MIME-Version: 1.0\r\n" + inside)
    with bounded(site, "1000 boundaries"):
        verdict = site.submit(ALICE, [BOB], mail, queue_id="BOUNDARIES")
    check_complex(site, verdict, mail, "BOUNDARIES")


@case("a header inside that is larger than any header may be")
def _(site):
    part = b"X: " + b"y" * (5 << 20) + b"\r\n" + EIGHT
    content = b"MIME-Version: 1.0\r\n" + multipart(b"b", [part])
    mail = build(ALICE, [BOB], content)
    with bounded(site, "an inner header of 5 MB"):
        verdict = site.submit(ALICE, [BOB], mail, queue_id="INNER")
    check_complex(site, verdict, mail, "INNER")


@case("inbound: none of it is worth more than a look")
def _(site):
    signed = (b"MIME-Version: 1.0\r\nContent-Type: multipart/signed; boundary="
              b"b; protocol=\"application/pkcs7-signature\"\r\n\r\n")
    for content in (signed + b"--b\r\n\r\nx\r\n" * 10001,
                    signed + deep(1000, EIGHT)[19:],
                    signed + b"--b\r\n" + filled(b"--b--b\r\n", 20),
                    ATTACHMENT.replace(b"pdf", b"pkcs7-mime") + b"\r\n" +
                    filled(b"MIIA\r\n", 20)):
        mail = build(BOB, [ALICE], content)
        with bounded(site, f"inbound, {len(mail)} bytes"):
            verdict = site.send(BOB, [ALICE], mail)
        check(verdict.accepted, f"{verdict.outcome}: {verdict.reply}")
        same_bytes(unmarked(verdict.data), mail)


@case("inbound: of more fields than are looked at, one may be in our name")
def _(site):
    mail = build(BOB, [ALICE], b"X: y\r\n" * 20001 + b"\r\n")
    with bounded(site, f"inbound, {len(mail)} bytes"):
        verdict = site.send(BOB, [ALICE], mail)
    contains(verdict.reply, "552 5.3.4")


# -- through Postfix --

@case("Postfix: 50 MB, 60 kB, 5,000 fields, 10,000 parts", limit=900)
def _(site):
    if postfix.unavailable():
        raise Skip(postfix.unavailable())
    contents = {
        "50 MB": LARGE["8-bit text"](),
        "60 kB": b"X-Long:" + (b" " + b"word" * 15 + b"\r\n") * 900 + TEXT +
                 b"\r\nx\r\n",
        "5000 fields": b"".join(b"X-%d: value\r\n" % n
                                for n in range(5000)) + TEXT + b"\r\nx\r\n",
        "500 Content-* fields": b"".join(
            b"Content-%d: value\r\n" % n for n in range(499)) + TEXT +
            b"\r\nx\r\n",
        "10000 parts": b"MIME-Version: 1.0\r\n" + multipart(
            b"b", [b"\r\nx\r\n"] * 9999),
    }
    with postfix.Postfix(site.socket, [ALICE]) as server:
        for name, content in contents.items():
            mail = build(ALICE, [BOB], content)
            with bounded(site, f"Postfix: {name}"):
                code, text = server.submit(ALICE, [BOB], mail)
            equal(code, 250, f"{name}: {text}")
            left = server.sink.take(lambda m: m.sender == ALICE).data
            entity = entity_of(site, left)
            if not entity.endswith(body_of(mail)):
                same_bytes(decoded(entity), decoded(mail))


@case("at the end the milter is alive and has said nothing of errors")
def _(site):
    for process in (site.milter, site.keyd):
        for word in COMPLAINTS:
            absent(process.output(), word, process.name)
    equal(site.milter.stop(), 0, "exit status")


tap.main(Fixture)
