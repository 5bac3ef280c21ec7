#!/usr/bin/python3
"""The fingerprint and the marker on what leaves protected: on each copy, on
what clients have protected themselves, and nobody else's; and "smimectl
seal", which makes the key and tells what became of a message."""

import re
import secrets
import signal
import stat
import subprocess

import openssl
from mailserver import Sink
from messages import PLAIN, build, message_id, multipart
from processes import identity_of, is_root, wait_until
from tap import absent, case, check, contains, equal, main
from testsite import KEYD_USER, MILTER_USER, Guard, Site, program

CAROL = "carol@example.org"  # encrypts if possible
PAUL = "paul@must.example.org"  # encrypts always
NICK = "nick@example.org"  # has no certificate
BOB = "bob@example.net"
KIM, LEO = "kim@example.com", "leo@example.com"  # have no certificate
LIMIT = 500  # LIMIT_FORGED_FIELDS
BOTH = ("postfix", "sendmail")
TOKEN = re.compile(rb"\AX-SMIME-Milter-Copy: [ -~]+\r\n")
SEAL = re.compile(rb"\AX-SMIME-Seal:.*\r\n(?:[ \t].*\r\n)*")
MARKER = re.compile(rb"\AX-SMIME-Protected: (.*)\r\n")
FORGED = (b"x-smime-seal: v=1\r\nX-SMIME-PROTECTED:\r\n\tsigned\r\n"
          b"X-SMIME-Seal:\r\n\r\n"[:-2])
FOOTER = b"-- \r\n\x1b[2JThis mail may be \xe4 secret\t.\r\n"

MORE = """
reinject = "smtp://127.0.0.1:{port}";
domains = (
  {{ name = "example.org"; encrypt = "if-possible"; }},
  {{ name = "must.example.org"; encrypt = "required"; }}
);
seal = {{ key = "{key}"; marker = {marker}; }};
"""


class Fixture(Site):
    def __init__(self):
        self.sink = Sink()
        super().__init__(more=self.sealing("", "false"))
        self.key = self.folder / "seal.key"

    def sealing(self, key, marker):
        return MORE.format(port=self.sink.port, key=key, marker=marker)

    def prepare(self):
        self.com = openssl.Authority(self.folder / "tmp" / "com",
                                     "Example Com")
        self.trust(self.com)
        self.bob = self.com.issue(BOB, "ec:P-256")
        self.carol = self.com.issue(CAROL, "ec:P-256")
        for user in (CAROL, PAUL):
            self.add_user(user)
            self.issue(user, "--key", "p256")
        self.add_user(NICK)
        self.smimectl("contact", "import", BOB, self.for_smimectl(
            self.bob.certificate.read_bytes()), "--trust")
        made = self.folder / "run" / "seal.key"
        self.smimectl("seal", "key", made)
        made.rename(self.key)
        self.serve()

    def __exit__(self, *_):
        self.sink.close()
        super().__exit__()

    def serve(self, sealed=True, marker=True):
        self.write_settings(more=self.sealing(
            self.key if sealed else "", "true" if marker else "false"))
        self.restart_milter()

    def leave(self, user, recipients, mail, rules="postfix"):
        """All copies: recipients -> message, as the mail server will have
        it."""
        verdict = self.submit(user, recipients, mail, rules=rules)
        check(verdict.accepted, verdict.reply)
        copies = {tuple(r for r in recipients
                        if f"<{r}>" in verdict.recipients): verdict.data}
        for copy in self.sink.take_all(lambda m: True):
            check(TOKEN.match(copy.data), "no token")
            copies[tuple(copy.recipients)] = TOKEN.sub(b"", copy.data)
        return copies


def parts_of(data):
    """Whether there is a fingerprint on top, the marker behind it, and what
    follows, in which there must be none of both."""
    rest = SEAL.sub(b"", data)
    marker = MARKER.match(rest)
    rest = MARKER.sub(b"", rest)
    for name in (b"\nx-smime-seal", b"\nx-smime-protected"):
        absent(b"\n" + rest.lower(), name)
    return SEAL.match(data) is not None, marker and marker.group(1), rest


@case("each copy has its own fingerprint, which the guard knows, and a marker")
def _(site):
    for rules in BOTH:
        mail = build(CAROL, [BOB, KIM])
        copies = site.leave(CAROL, [BOB, KIM, LEO], mail, rules)
        equal(sorted(copies), [(BOB,), (KIM, LEO)], "copies")
        with Guard(site) as guard:
            for people, marker in (((BOB,), b"signed, encrypted"),
                                   ((KIM, LEO), b"signed")):
                data = copies[people]
                sealed, said, rest = parts_of(data)
                equal((sealed, said), (True, marker), "fields")
                verdict = guard.filter(data, rules=rules)
                contains(guard.log_lines(verdict.queue_id)[-1],
                         "seal-intact ")
                equal(MARKER.sub(b"", verdict.data), rest)
        equal(openssl.names_of(site.verify(copies[(KIM, LEO)])[1]), [CAROL])


@case("what clients have protected passes, with a fingerprint and no change")
def _(site):
    signed = site.carol.sign_detached(build(CAROL, [KIM], b""), PLAIN[19:])
    pgp = build(CAROL, [KIM], b"MIME-Version: 1.0\r\n" + multipart(
        'signed; protocol="application/pgp-signature"', "pgp",
        b"\r\nHello\r\n", b"\r\nsignature\r\n"))
    for mail, rules in ((signed, "postfix"), (signed, "sendmail"),
                        (pgp, "postfix"), (pgp, "sendmail")):
        for user in (CAROL, NICK):
            own = mail.replace(CAROL.encode(), user.encode(), 1)
            (data,) = site.leave(user, [KIM], own, rules).values()
            equal(parts_of(data), (True, None, own), "message")
    equal(site.verify(site.leave(CAROL, [KIM], signed)[(KIM,)],
                      site.com.root)[0], PLAIN[19:])
    # What policy says about it is the same as ever.
    own = signed.replace(CAROL.encode(), PAUL.encode(), 1)
    verdict = site.submit(PAUL, [KIM], own)
    check(verdict.reply.startswith("550 5.7."), verdict.reply)
    sealed, said, _ = parts_of(site.leave(PAUL, [BOB], own)[(BOB,)])
    equal((sealed, said), (True, b"encrypted"), "for a reader")


@case("clear text has nothing to seal")
def _(site):
    mail = build(NICK, [KIM])
    verdict = site.submit(NICK, [KIM], mail)
    equal((verdict.data, verdict.changes), (mail, []))


@case("nobody else's fields get through, whatever is configured")
def _(site):
    signed = site.carol.sign_detached(build(CAROL, [KIM], b""), PLAIN[19:])
    inbound = site.bob.sign_detached(build(BOB, [CAROL], b""), PLAIN[19:])
    for sealed in (True, False):
        site.serve(sealed, marker=sealed)
        for rules in BOTH:
            (data,) = site.leave(CAROL, [KIM], FORGED + build(CAROL, [KIM]),
                                 rules).values()
            equal(parts_of(data)[:2],
                  (sealed, b"signed" if sealed else None))
            (data,) = site.leave(CAROL, [KIM], FORGED + signed,
                                 rules).values()
            equal(parts_of(data), (sealed, None, signed))
            mail = build(NICK, [KIM])
            (data,) = site.leave(NICK, [KIM], FORGED + mail, rules).values()
            equal(data, mail)
            for mail in (build(BOB, [CAROL]), inbound):
                verdict = site.send(BOB, [CAROL], FORGED + mail, rules=rules)
                equal(parts_of(verdict.data)[:2], (False, None))


@case("as many forged fields as can be removed, and one more")
def _(site):
    site.serve(sealed=False, marker=False)
    half = b"X-SMIME-Seal: v=1\r\nX-SMIME-Protected: signed\r\n" * (LIMIT // 2)
    mail = build(CAROL, [KIM])
    absent(site.leave(CAROL, [KIM], half + mail)[(KIM,)], b"X-SMIME")
    for verdict in (site.submit(CAROL, [KIM], b"x-SMIME-seal: 1\r\n" + half +
                                mail),
                    site.send(BOB, [CAROL], b"x-SMIME-seal: 1\r\n" + half +
                              build(BOB, [CAROL]))):
        equal(verdict.outcome, "reject")
        check(verdict.reply.startswith("552 5.3.4 "), verdict.reply)
    site.serve()


@case("shadow mode seals nothing")
def _(site):
    site.write_settings(defaults='mode = "shadow";')
    site.restart_milter()
    signed = site.carol.sign_detached(build(CAROL, [KIM], b""), PLAIN[19:])
    for mail in (signed, FORGED + build(CAROL, [KIM])):
        equal(site.submit(CAROL, [KIM], mail).data, mail)
    site.write_settings(defaults="")
    site.serve()


@case("seal key: a file for the daemon alone, never overwritten")
def _(site):
    about = site.key.stat()
    equal(stat.S_IMODE(about.st_mode), 0o400, "mode")
    digits = site.key.read_text()
    check(re.fullmatch("[0-9a-f]{64}\n", digits), digits)
    contains(site.run("smimectl", "seal", "key", site.key,
                      user=MILTER_USER).stderr.decode(), "never overwritten")
    equal(site.key.read_text(), digits, "key")
    if not is_root():
        return
    # For root it is the daemon's, whoever that is.
    settings = site.folder / "tmp" / "user.conf"
    other = site.folder / "tmp" / "other.key"
    for name, status in (("nobody-of-that-name", 1), (KEYD_USER, 0)):
        settings.write_text(
            site.configuration.read_text() + f'user = "{name}";\n')
        done = site.run("smimectl", "-c", settings, "seal", "key", other)
        equal(done.returncode, status, done.stderr.decode())
        equal(other.exists(), status == 0, "a file")
    about = other.stat()
    equal((about.st_uid, stat.S_IMODE(about.st_mode)),
          (identity_of(KEYD_USER)[0], 0o400), "owner and mode")


@case("a key that others can read, and none: the signer does not start")
def _(site):
    for key, why in ((site.folder / "root.pem", "chmod 0400"),
                     (site.folder / "run" / "none.key", "No such file")):
        site.write_settings(more=site.sealing(key, "false"))
        done = site.run("smime-milter", "-n", "-c", site.configuration,
                        user=MILTER_USER)
        check(done.returncode != 0, "it takes the key")
        contains(done.stderr.decode(), "seal.key: ")
        contains(done.stderr.decode(), why)
    site.serve()


@case("a reload reads the key anew, and keeps the old one if it cannot")
def _(site):
    def known():
        (data,) = site.leave(CAROL, [KIM], build(CAROL, [KIM])).values()
        verdict = guard.filter(data)
        return "seal-intact " in "".join(guard.log_lines(verdict.queue_id))

    def reload(milter, text):
        before = milter.milter.output().count(text)
        milter.milter.signal(signal.SIGHUP)
        wait_until(lambda: milter.milter.output().count(text) > before, text)

    with Guard(site) as guard:
        check(known(), "the first key")
        site.key.chmod(0o440)
        reload(site, "not reloaded: the settings before stay in force: seal.")
        check(known(), "the key before")
        about = site.key.stat()
        site.key.chmod(0o600)
        site.key.write_text(secrets.token_hex(32) + "\n")
        site.key.chmod(0o400)
        equal(site.key.stat().st_uid, about.st_uid, "owner")
        reload(site, " reloaded")
        check(not known(), "another key")
        reload(guard, " reloaded")
        check(known(), "the same key")


# -- smimectl seal diff --


def diff(site, signed, delivered, status=1, options=("--json",), data=None):
    """What it says about two messages; None: standard input."""
    files = [site.for_smimectl(m) if m is not None else "-"
             for m in (signed, delivered)]
    return site.smimectl(*options, "seal", "diff", *files, data=data,
                         status=status)


def told(site, signed, delivered, status=1):
    return site.json("seal", "diff", site.for_smimectl(signed),
                     site.for_smimectl(delivered), status=status)


def boundary_of(data):
    return re.search(rb'boundary="?([^";\r]+)', data).group(1)


def wrapped(data):
    """As a mailing list with a footer does it."""
    head, _, body = data.partition(b"\r\n\r\n")
    entity = b"".join(re.findall(rb"(?im)^Content-.*\r?\n(?:[ \t].*\r?\n)*",
                                 head + b"\r\n")) + b"\r\n" + body
    return build("list@example.com", [KIM], multipart(
        "mixed", "list", entity, b"Content-Type: text/plain\r\n\r\nfooter"))


@case("seal diff: what was done, to which part, what it looks like, what helps")
def _(site):
    (sent,) = site.leave(CAROL, [KIM], build(CAROL, [KIM])).values()
    rows = [
        (lambda m: m.replace(b"plain text.\r\n", b"plain text.\r\n" + FOOTER),
         "text-appended", "1", "broken", "disclaimer",
         "-- \\n\\x1B[2JThis mail may be \\xE4 secret\\t.\\n"),
        (lambda m: m.replace(b"this is a plain", b"this is no plain"),
         "text-changed", "1", "broken", "rewrites", "no"),
        (lambda m: m.replace(b"charset=us-ascii", b"charset=utf-8", 1),
         "header-changed", "1", "broken", "header of a part",
         "Content-Type: text/plain; charset=utf-8\\n"),
        (lambda m: m + FOOTER, "after-end", "0", "intact",
         "outside of what is signed", None),
        (wrapped, "wrapped", "1", "none", "mailing list", None),
        (lambda m: build(CAROL, [KIM]), "unprotected", None, "none",
         "S/MIME layer", None)]
    for change, word, part, integrity, advice, after in rows:
        answer = told(site, sent, change(sent))
        first = answer["findings"][0]
        equal((answer["result"], first["change"], first["harmless"],
               answer["signed"]["integrity"],
               answer["delivered"]["integrity"]),
              ("changed", word, False, "intact", integrity), word)
        if part is not None:
            equal(first["part"], part, word)
        contains(" ".join(answer["advice"]), advice, word)
        if after is not None:
            equal(first["after"], after, word)
    equal(told(site, sent, wrapped(sent))["inside"], "intact")
    # To its right-hand side it is a ciphertext.
    (sealed,) = site.leave(CAROL, [BOB], build(CAROL, [BOB])).values()
    answer = told(site, sealed, sealed, 0)
    contains(answer["signed"]["verification"], "only a recipient")


@case("seal diff: for people, from standard input, in files of all kinds")
def _(site):
    (sent,) = site.leave(CAROL, [KIM], build(CAROL, [KIM])).values()
    mbox = b"From carol Mon Mar  2 10:00:00 2026\n" + \
        sent.replace(b"\r\n", b"\n")
    bare = SEAL.sub(b"", sent)
    for one, other in ((sent, mbox), (mbox, bare), (bare, b"X: y\r\n" + sent)):
        equal(told(site, one, other, 0)["result"], "same")
    contains(diff(site, None, mbox, 0, (), sent), "still the same")
    text = diff(site, sent, None, 1, (),
                sent.replace(b"text.\r\n", b"text.\r\n" + FOOTER))
    check(re.search(r"\ntext appended to part 1 \(\d+ bytes\)\n"
                    r"  is:   -- \\n\\x1B\[2JThis mail may be \\xE4 secret"
                    r"\\t\.\\n\n", text), text)
    contains(text, "the signature does not verify")
    contains(" ".join(text.split()), "Put it before smime-milter in the order")
    check(text.isascii() and "\x1b" not in text, "bytes of the message")
    harmless = sent.replace(b"smime.p7s", b"smime.bin")
    equal(told(site, sent, harmless, 0)["result"], "harmless")


@case("seal diff: what cannot be compared")
def _(site):
    (sent,) = site.leave(CAROL, [KIM], build(CAROL, [KIM])).values()
    done = subprocess.run(
        [program("smimectl"), "seal", "diff", "-", "-"], input=sent,
        capture_output=True, check=False)
    equal(done.returncode, 2, done.stderr.decode())
    one = site.for_smimectl(build(CAROL, [KIM]))
    other = site.for_smimectl(sent)
    nothing = site.for_smimectl(b"\x00\x01no message")
    for files, status, why in (((one, other), 2, "neither signed nor"),
                               ((nothing, other), 1, "not a message"),
                               ((other, nothing), 1, "not a message"),
                               ((other, "/nowhere"), 1, "/nowhere: "),
                               ((other,), 2, "usage: ")):
        # No configuration is asked for.
        done = site.run("smimectl", "-c", "/nowhere/conf", "seal", "diff",
                        *files, user=MILTER_USER)
        equal(done.returncode, status, str(files))
        contains(done.stderr.decode(), why)


main(Fixture)
