#!/usr/bin/python3
"""smime-milter as a mail server sees it, over the milter protocol.

Outbound signing and who may have it, what passes byte by byte, what is
learned from signed mail, encryption and refusals, messages that signers
fear, large ones, and everything that can interrupt a session.  openssl and
Python's email package judge the results.
"""

import email
import functools
import secrets
import time

import messages
import openssl
import tap
from messages import FEARED, build, is_seven_bit, same_content
from mta_client import MilterGone
from processes import wait_until
from tap import absent, case, check, contains, equal, note
from testsite import COMPLAINTS, Site

ALICE = "alice@example.org"      # encrypt: off
CAROL = "carol@example.org"      # encrypt: if-possible, key made by openssl
DAVE = "dave@example.org"        # encrypt: required
ERIN = "erin@example.org"        # P-256
FRANK = "frank@example.org"      # a user without certificate
GRACE = "grace@example.org"      # imported certificate, expired
HEIDI = "heidi@example.org"      # sign: off
BOB = "bob@example.com"          # RSA, certificate known from the start
BELLA = "bella@example.com"      # P-256, certificate known from the start
STRANGER = "mallory@example.net"


class Fixture(Site):
    """A site with users and correspondents for all cases."""

    def prepare(self):
        work = self.folder / "tmp"
        self.org = openssl.Authority(work / "org", "Example Org")
        self.com = openssl.Authority(work / "com", "Example Com", "rsa:2048")
        self.unknown = openssl.Authority(work / "net", "Unknown CA")
        self.trust(self.org)
        self.trust(self.com)
        self.restart_milter()
        for address, options in ((ALICE, ()), (ERIN, ()), (FRANK, ()),
                                 (GRACE, ()), (HEIDI, ("--sign", "off")),
                                 (CAROL, ("--encrypt", "if-possible")),
                                 (DAVE, ("--encrypt", "required"))):
            self.add_user(address, *options)
        for address in (ALICE, DAVE, HEIDI):
            self.issue(address)
        self.carol = self.org.issue(CAROL)
        self.import_key(CAROL, self.carol)
        self.erin = self.org.issue(ERIN, "ec:P-256")
        self.import_key(ERIN, self.erin)
        self.bob = self.com.issue(BOB)
        self.bella = self.com.issue(BELLA, "ec:P-256")
        for identity in (self.bob, self.bella):
            self.learn(identity)

    def learn(self, identity, opaque=False):
        """Lets the milter see a signed mail of somebody outside."""
        sign = identity.sign_opaque if opaque else identity.sign_detached
        mail = sign(build(identity.address, [ALICE], b""), messages.PLAIN[19:])
        verdict = self.send(identity.address, [ALICE], mail)
        equal(messages.unmarked(verdict.data), mail, "inbound mail")
        self.wait_contact(identity.address, identity.fingerprint())

    def root_of(self, address):
        return self.org.root if address in (CAROL, ERIN) else self.root

    # -- judging --

    def check_signed(self, verdict, original, address):
        """Signed by address, and otherwise what it was."""
        check(verdict.accepted, f"{verdict.outcome}: {verdict.reply}")
        entity, signer = self.verify(verdict.data, self.root_of(address))
        equal(openssl.names_of(signer), [address], "signer")
        body = verdict.data.partition(b"\r\n\r\n")[2]
        check(is_seven_bit(body), "the body is not 7-bit and short-lined")
        same_content(original, entity)
        self.check_header(verdict, original)
        return entity

    def check_header(self, verdict, original):
        """Only MIME fields were touched, and each stands there once."""

        def rest(data):
            fields = email.message_from_bytes(
                data.partition(b"\r\n\r\n")[0] + b"\r\n\r\n").items()
            return [(n, str(v)) for n, v in fields
                    if not n.lower().startswith("content-")
                    and n.lower() != "mime-version"]

        equal(rest(verdict.data), rest(original), "other header fields")
        equal(len(verdict.header("Content-Type")), 1, "Content-Type fields")
        check(len(verdict.header("Content-Transfer-Encoding")) <= 1,
              "several Content-Transfer-Encoding fields")
        equal(verdict.header("MIME-Version"), ["1.0"], "MIME-Version")

    def check_encrypted(self, verdict, original, address, identities):
        """For these identities only, signed inside by address."""
        check(verdict.accepted, f"{verdict.outcome}: {verdict.reply}")
        equal(openssl.recipient_count(verdict.data), len(identities),
              "RecipientInfos")
        self.check_header(verdict, original)
        for identity in identities:
            inside = identity.decrypt(verdict.data)
            entity, signer = self.verify(inside, self.root_of(address))
            equal(openssl.names_of(signer), [address], "signer")
            same_content(original, entity)
        check(is_seven_bit(verdict.data.partition(b"\r\n\r\n")[2]), "7-bit")

    def check_untouched(self, verdict, original, queue_id=None, reason=None):
        check(verdict.accepted, f"{verdict.outcome}: {verdict.reply}")
        equal(verdict.changes, [], "changes")
        equal(verdict.data, original, "message")
        if reason:
            self.check_log(queue_id, "passed", f"reason={reason}")

    def check_log(self, queue_id, event, *parts):
        lines = self.log_lines(queue_id)
        wanted = [l for l in lines if l.startswith(f"{queue_id}: {event} ")]
        check(wanted, f"no {event!r} for {queue_id}: {lines}")
        for part in parts:
            contains(wanted[-1] + " ", f" {part} ", "log line")


# -- who gets a signature --

@case("a user who has logged in gets a signature")
def _(site):
    mail = build(ALICE, [BOB])
    verdict = site.submit(ALICE, [BOB], mail, queue_id="SASL1")
    site.check_signed(verdict, mail, ALICE)
    contains(verdict.data.decode(), 'micalg="sha-256"'
             if b'micalg="' in verdict.data else "micalg=sha-256")
    site.check_log("SASL1", "signed", f"from={ALICE}")


@case("the key may be RSA made by openssl, or P-256")
def _(site):
    for user in (CAROL, ERIN):
        mail = build(user, ["nobody@example.net"])
        verdict = site.submit(user, ["nobody@example.net"], mail)
        site.check_signed(verdict, mail, user)


@case("a client in a trusted network gets one without login, IPv4 and mapped")
def _(site):
    mail = build(ALICE, [BOB])
    for address in ("198.51.100.7", "::ffff:198.51.100.7"):
        site.check_signed(site.send(ALICE, [BOB], mail, address=address), mail,
                          ALICE)


@case("a listener named in submission_daemons is enough")
def _(site):
    mail = build(ALICE, [BOB])
    site.check_signed(site.send(ALICE, [BOB], mail, daemon_name="SUBMISSION"),
                      mail, ALICE)


@case("a stranger under a user's name gets none")
def _(site):
    mail = build(ALICE, [BOB])
    verdict = site.send(ALICE, [BOB, BELLA], mail, queue_id="STRANGER")
    site.check_untouched(verdict, mail, "STRANGER", "not-submitted")
    site.check_log("STRANGER", "passed", "nrcpt=2")


@case("who has logged in as somebody else gets none, wherever he sits")
def _(site):
    mail = build(ALICE, [BOB])
    for number, address in enumerate(("192.0.2.1", "198.51.100.7")):
        queue_id = f"MISMATCH{number}"
        verdict = site.submit(ERIN, [BOB], mail, sender=ALICE, address=address,
                              queue_id=queue_id)
        site.check_untouched(verdict, mail, queue_id, "login-mismatch")


@case("login and address are compared without regard to case")
def _(site):
    mail = build("Alice@Example.ORG", [BOB])
    verdict = site.submit("ALICE@example.org", [BOB], mail,
                          sender="aLICE@EXAMPLE.org")
    site.check_signed(verdict, mail, ALICE)


@case("From may have a display name, a comment, a fold")
def _(site):
    for sender in ('"Alice, of Example" <alice@example.org>',
                   "=?utf-8?q?Al=C3=AFce?=\r\n <alice@example.org>",
                   "alice@example.org (mallory@example.net)",
                   '"mallory@example.net" <alice@example.org>'):
        mail = build(sender, [BOB])
        site.check_signed(site.submit(ALICE, [BOB], mail), mail, ALICE)


@case("several mailboxes or several fields From: no signature")
def _(site):
    cases = {
        "TWOBOX": build(f"{ALICE}, {ERIN}", [BOB]),
        "TWOFIELDS": f"From: {ALICE}\r\n".encode() + build(ALICE, [BOB]),
        "OTHERFIELD": build(ALICE, [BOB], more=b"from: erin@example.org\r\n"),
        "MIXEDBOX": build(f"{ALICE}, {STRANGER}", [BOB])}
    for queue_id, mail in cases.items():
        verdict = site.submit(ALICE, [BOB], mail, queue_id=queue_id)
        site.check_untouched(verdict, mail, queue_id, "several-from")


@case("a foreign or unreadable From, or none: no signature")
def _(site):
    for queue_id, sender, reason in (
            ("FOREIGN", "mallory@example.net", "foreign-from"),
            ("SUBDOMAIN", "alice@sub.example.org", "foreign-from"),
            ("SUFFIX", "alice@notexample.org", "foreign-from")):
        mail = build(sender, [BOB])
        verdict = site.submit(ALICE, [BOB], mail, queue_id=queue_id)
        site.check_untouched(verdict, mail, queue_id)
        contains(" ".join(site.log_lines(queue_id)), f"reason={reason}")
    for mail in (b"To: bob@example.com\r\n\r\nno From\r\n",
                 b"From: alice@example.org@example.net\r\n\r\nodd\r\n",
                 b"From: \r\n\r\nempty\r\n", b"From: <>\r\n\r\nnull\r\n"):
        site.check_untouched(site.submit(ALICE, [BOB], mail), mail)


@case("a foreign envelope sender: no signature")
def _(site):
    mail = build(ALICE, [BOB])
    verdict = site.submit(ALICE, [BOB], mail, sender="list@example.net",
                          queue_id="ENVELOPE")
    site.check_untouched(verdict, mail, "ENVELOPE", "foreign-sender")


@case("signing switched off, no certificate, nobody of ours: the log says so")
def _(site):
    for user, reason in ((HEIDI, "signing-off"), (FRANK, "no-own-certificate"),
                         ("ivan@example.org", "no-user")):
        queue_id = f"NOT{reason}"
        mail = build(user, [BOB])
        verdict = site.submit(user, [BOB], mail, queue_id=queue_id)
        site.check_untouched(verdict, mail, queue_id, reason)


@case("an expired certificate of ours never signs")
def _(site):
    grace = site.org.issue(GRACE, start="20200101000000Z",
                           end="20210101000000Z")
    bundle = site.for_smimectl(grace.pkcs12("pass").read_bytes())
    word = site.for_smimectl(b"pass\n")
    done = site.run("smimectl", "-c", site.configuration, "key", "import",
                    GRACE, bundle, "--passphrase-file", word,
                    user="daemon")
    # An old key is still good for reading old mail (F6): imported or not, it
    # must not sign.
    note(done.stderr.decode() or done.stdout.decode())
    mail = build(GRACE, [BOB])
    verdict = site.submit(GRACE, [BOB], mail, queue_id="EXPIRED")
    site.check_untouched(verdict, mail)
    if done.returncode == 0:
        site.check_log("EXPIRED", "passed", "reason=own-expired")


# -- what mail servers do --

@case("Sendmail's rules: raw header, other index rules, early queue id")
def _(site):
    mail = build(ALICE, [BOB], FEARED["8-bit leaf below two levels"])
    verdict = site.submit(ALICE, [BOB], mail, rules="sendmail")
    site.check_signed(verdict, mail, ALICE)


@case("duplicate MIME fields do not survive, with both servers")
def _(site):
    content = (b"MIME-Version: 1.0\r\nContent-Type: text/plain\r\n"
               b"MIME-Version: 1.0\r\nContent-Type: text/html\r\n"
               b"Content-Transfer-Encoding: 7bit\r\n"
               b"Content-Transfer-Encoding: 8bit\r\n"
               b"Content-Disposition: inline\r\n\r\nwhich one?\r\n")
    mail = build(ALICE, [BOB], content)
    for rules in ("postfix", "sendmail"):
        verdict = site.submit(ALICE, [BOB], mail, rules=rules)
        if verdict.changes:
            site.verify(verdict.data)
            site.check_header(verdict, mail)
        else:
            site.check_untouched(verdict, mail)


@case("a client without address, unknown daemon, unix socket: no crash")
def _(site):
    mail = build(ALICE, [BOB])
    site.check_untouched(
        site.send(ALICE, [BOB], mail, address=None, daemon_name=None), mail)
    site.check_signed(
        site.send(ALICE, [BOB], mail, address=None, login=ALICE), mail, ALICE)
    site.check_untouched(
        site.send(ALICE, [BOB], mail, address="unix:/run/x"), mail)
    site.check_untouched(
        site.send(ALICE, [BOB], mail, address="2001:db8::1"), mail)


@case("a queue id that never comes: signed, and logged as NOQUEUE")
def _(site):
    mail = build(ALICE, [BOB])
    site.check_signed(site.submit(ALICE, [BOB], mail, queue_id=None), mail,
                      ALICE)
    site.wait_log("NOQUEUE: signed")


@case("no Date, no Message-ID, no Subject, no To")
def _(site):
    mail = b"From: alice@example.org\r\n\r\nbare\r\n"
    site.check_signed(site.submit(ALICE, [BOB], mail), mail, ALICE)


@case("paths without <>, as sendmail -t hands them in")
def _(site):
    mail = build(ALICE, [BOB])
    with site.mta() as mta:
        mta.connect("localhost", "198.51.100.1", "mx.example.org")
        verdict = mta.message(ALICE, [BOB], mail)
        site.check_signed(verdict, mail, ALICE)
        verdict = mta.message("", [BOB], mail)
        site.check_untouched(verdict, mail)


@case("a mail server that is too old is turned away, and the log says why")
def _(site):
    for offer, actions in ((0x7f, 0x1ff), (0x1fffff, 0x0f), (0, 0)):
        try:
            with site.mta(offer=offer, actions=actions):
                raise AssertionError(f"{offer:#x} {actions:#x} was accepted")
        except MilterGone:
            pass
    site.wait_log("too old")
    mail = build(ALICE, [BOB])
    with site.mta(actions=0xff) as mta:  # no lists of macros
        mta.connect(address="198.51.100.1")
        mta.helo()
        verdict = mta.message(f"<{ALICE}>", [f"<{BOB}>"], mail, login=ALICE)
    site.check_signed(verdict, mail, ALICE)


@case("several messages on one connection, each with its own user")
def _(site):
    with site.mta() as mta:
        mta.connect(address="198.51.100.1")
        mta.helo()
        for user in (ALICE, ERIN, STRANGER, CAROL, ALICE, FRANK, ERIN):
            mail = build(user, ["nobody@example.net"])
            verdict = mta.message(f"<{user}>", ["<nobody@example.net>"], mail)
            if user in (STRANGER, FRANK):
                site.check_untouched(verdict, mail)
            else:
                site.check_signed(verdict, mail, user)


@case("a login signs for its own address only, message by message")
def _(site):
    with site.mta() as mta:
        mta.connect(daemon_name="SUBMISSION")
        mta.helo()
        for user in (ALICE, ERIN, ALICE, CAROL):
            mail = build(user, ["nobody@example.net"])
            verdict = mta.message(f"<{user}>", ["<nobody@example.net>"], mail,
                                  login=ALICE)
            if user == ALICE:
                site.check_signed(verdict, mail, ALICE)
            else:
                site.check_untouched(verdict, mail)


@case("RSET behind every step, then a good message on the same connection")
def _(site):
    other = build(ERIN, [BELLA], FEARED["8-bit text"])
    mail = build(ALICE, [BOB])
    with site.mta() as mta:
        mta.connect(address="198.51.100.1")
        mta.helo()
        for stage in ("mail", "rcpt", "data", "header", "eoh", "body"):
            ended = mta.message(f"<{ERIN}>", [f"<{BELLA}>"], other, stop=stage)
            equal(ended, None, stage)
            mta.abort()
            verdict = mta.message(f"<{ALICE}>", [f"<{BOB}>"], mail)
            site.check_signed(verdict, mail, ALICE)
            equal(verdict.recipients, [f"<{BOB}>"], "recipients")
        mta.helo("again.example")
        verdict = mta.message(f"<{ALICE}>", [f"<{BOB}>"], mail)
        site.check_signed(verdict, mail, ALICE)


@case("a connection that breaks behind every step harms nobody")
def _(site):
    mail = build(ALICE, [BOB], FEARED["8-bit text"])
    for stage in ("mail", "rcpt", "data", "header", "eoh", "body"):
        mta = site.mta()
        mta.connect(address="198.51.100.1")
        mta.message(f"<{ALICE}>", [f"<{BOB}>"], mail, stop=stage)
        mta.socket.close()
    mta = site.mta()
    mta.connect()
    mta.socket.close()
    site.check_signed(site.submit(ALICE, [BOB], mail), mail, ALICE)
    check(site.milter.alive(), "the milter died")


@case("a session that ends and a connection that is used again (QUIT_NC)")
def _(site):
    mail = build(ALICE, [BOB])
    with site.mta() as mta:
        mta.connect(address="198.51.100.1")
        mta.helo()
        verdict = mta.message(f"<{ALICE}>", [f"<{BOB}>"], mail)
        site.check_signed(verdict, mail, ALICE)
        mta.quit_and_reuse()
        mta.connect(address="192.0.2.9")
        mta.helo()
        verdict = mta.message(f"<{ALICE}>", [f"<{BOB}>"], mail)
        site.check_untouched(verdict, mail)


@case("garbage instead of the protocol harms nobody")
def _(site):
    for garbage in (b"", b"\0", b"GET / HTTP/1.0\r\n\r\n", b"\xff" * 64,
                    b"\0\0\0\x0dO\0\0\0\6\0\0\0\0\0\0\0\0\0\0\0\1L",
                    secrets.token_bytes(4096)):
        mta = site.mta()
        try:
            mta.socket.sendall(garbage)
        except OSError:
            pass
        mta.socket.close()
    mail = build(ALICE, [BOB])
    site.check_signed(site.submit(ALICE, [BOB], mail), mail, ALICE)


# -- what passes byte by byte --

REPORT = (b"MIME-Version: 1.0\r\nContent-Type: multipart/report; "
          b"report-type=%s; boundary=r\r\n\r\n--r\r\n\r\ntext\r\n--r\r\n"
          b"Content-Type: message/%s\r\n\r\nReporting-MTA: dns; x\r\n"
          b"\r\n--r--\r\n")

EXEMPT = {
    "dsn": (b"", REPORT % (b"delivery-status", b"delivery-status")),
    "mdn": (b"", REPORT % (b"disposition-notification",
                           b"disposition-notification")),
    "auto-submitted": (b"Auto-Submitted: auto-replied (vacation)\r\n",
                       messages.PLAIN),
    "list": (b"List-Id: <l.example.org>\r\n", messages.PLAIN),
    "calendar": (b"", b"MIME-Version: 1.0\r\nContent-Type: text/calendar; "
                 b"method=REQUEST\r\n\r\nBEGIN:VCALENDAR\r\n"),
    "partial": (b"", b"MIME-Version: 1.0\r\nContent-Type: message/partial; "
                b'id="x"; number=1; total=2\r\n\r\nFrom: x\r\n\r\nhalf\r\n'),
}


def _exempt(reason, more, content, site):
    mail = build(ALICE, [BOB], content, more=more)
    verdict = site.submit(ALICE, [BOB], mail, queue_id=f"EX{reason}")
    site.check_untouched(verdict, mail, f"EX{reason}", reason)


for _reason, (_more, _content) in EXEMPT.items():
    case(f"exempt, byte by byte: {_reason}")(
        functools.partial(_exempt, _reason, _more, _content))


@case("exempt, byte by byte: null sender and ACME; Auto-Submitted: no is not")
def _(site):
    mail = build(ALICE, [BOB])
    verdict = site.submit(ALICE, [BOB], mail, sender="", queue_id="NULLSENDER")
    site.check_untouched(verdict, mail, "NULLSENDER", "null-sender")
    acme = mail.replace(b"Subject: A test", b"Subject: ACME: token")
    verdict = site.submit(ALICE, [BOB], acme, queue_id="ACME")
    site.check_untouched(verdict, acme, "ACME", "acme")
    mail = build(ALICE, [BOB], more=b"Auto-Submitted: no\r\n")
    site.check_signed(site.submit(ALICE, [BOB], mail), mail, ALICE)


def _protected(site):
    """Mail that its author has protected already.  Whether an armoured PGP
    message is encrypted cannot be seen: it counts as signed, so that
    "required" still encrypts it."""
    header = build(ALICE, [BOB], b"")
    entity = messages.PLAIN[19:]
    armour = (b"\r\n-----BEGIN PGP %s-----\r\n\r\nabc\r\n"
              b"-----END PGP %s-----\r\n")
    pgp = (b"MIME-Version: 1.0\r\nContent-Type: multipart/%s; protocol=\""
           b"application/pgp-%s\"; boundary=p\r\n\r\n--p\r\n\r\nx\r\n--p--\r\n")
    return {
        "already-signed": [
            site.carol.sign_detached(header, entity),
            site.carol.sign_opaque(header, entity),
            header + pgp % (b"signed", b"signature"),
            header + armour.replace(b"PGP %s", b"PGP SIGNED MESSAGE", 1) %
            b"SIGNATURE",
            header + armour % (b"MESSAGE", b"MESSAGE")],
        "already-encrypted": [
            site.bob.encrypt(header, entity),
            header + pgp % (b"encrypted", b"encrypted")]}


@case("what is signed or encrypted already passes byte by byte")
def _(site):
    for reason, mails in _protected(site).items():
        for number, mail in enumerate(mails):
            queue_id = f"{reason}{number}"
            verdict = site.submit(ALICE, [BOB], mail, queue_id=queue_id)
            site.check_untouched(verdict, mail, queue_id, reason)


@case("inbound mail passes byte by byte, whatever it is")
def _(site):
    for name, content in FEARED.items():
        mail = build(STRANGER, [ALICE], content)
        verdict = site.send(STRANGER, [ALICE], mail)
        check(verdict.accepted and verdict.data == mail, name)


# -- messages that signers fear --

def _feared(name, content, site):
    for user in (ALICE, ERIN):
        mail = build(user, ["nobody@example.net"], content)
        verdict = site.submit(user, ["nobody@example.net"], mail)
        site.check_signed(verdict, mail, user)


for _name, _content in FEARED.items():
    case(f"signed: {_name}")(functools.partial(_feared, _name, _content))


@case("feared messages, encrypted: what comes out is what went in")
def _(site):
    for name, content in FEARED.items():
        mail = build(CAROL, [BOB], content)
        verdict = site.submit(CAROL, [BOB], mail)
        try:
            site.check_encrypted(verdict, mail, CAROL, [site.bob])
        except AssertionError as error:
            raise AssertionError(f"{name}: {error}") from error


INNER_SIGNED = messages.multipart(
    "mixed", "o",
    b"Content-Type: multipart/signed; micalg=sha-256; boundary=i; "
    b'protocol="application/pkcs7-signature"\r\n\r\n--i\r\n' + messages.UTF8 +
    b"\r\n--i\r\nContent-Type: application/pkcs7-signature\r\n\r\nAAAA\r\n"
    b"--i--\r\n")
NESTED_HEADER = messages.multipart(
    "mixed", "o", b"Content-Type: message/rfc822\r\n\r\nFrom: x@example.net"
    b"\r\nSubject: Gr\xc3\xbc\xc3\x9fe\r\n\r\ntext")


@case("8-bit bytes that cannot be encoded: opaque, or unsigned and said (S5)")
def _(site):
    for name, content in (("INNER8", INNER_SIGNED), ("HEADER8", NESTED_HEADER)):
        mail = build(ALICE, [BOB], content)
        verdict = site.submit(ALICE, [BOB], mail, queue_id=name)
        if verdict.changes:
            signed = site.verify(verdict.data)[0]
            contains(signed, content.partition(b"\r\n\r\n")[2], name)
            check(is_seven_bit(verdict.data.partition(b"\r\n\r\n")[2]), name)
        else:
            site.check_untouched(verdict, mail, name, "not-signable")


# -- learning --

@case("learned from detached and from opaque signatures, RSA and EC")
def _(site):
    for kind in ("rsa:2048", "ec:P-256"):
        for opaque in (False, True):
            name = f"{kind[:2]}{'opaque' if opaque else 'detached'}"
            site.learn(site.com.issue(f"{name}@example.com", kind), opaque)


@case("a renewed certificate is taken up, the older one stays")
def _(site):
    first = site.com.issue("renewed@example.com")
    second = site.com.issue("renewed@example.com", "ec:P-256")
    site.learn(first)
    site.learn(second)
    shown = site.smimectl("--json", "contact", "show", "renewed@example.com")
    shown = shown.replace(":", "").lower()
    contains(shown, first.fingerprint())
    contains(shown, second.fingerprint())


@case("smimectl forgets a contact, and the next signed mail starts afresh")
def _(site):
    identity = site.com.issue("forgotten@example.com")
    site.learn(identity)
    site.smimectl("contact", "forget", "forgotten@example.com")
    site.smimectl("contact", "show", "forgotten@example.com", status=1)
    site.learn(identity)


@case("nothing is learned from broken, foreign or nested signatures")
def _(site):
    entity = messages.PLAIN[19:]

    def signed(identity, sender, change=None):
        mail = identity.sign_detached(build(sender, [ALICE], b""), entity)
        return mail.replace(*change) if change else mail

    tampered = site.com.issue("tampered@example.com")
    other = site.com.issue("other@example.com")
    nested = site.com.issue("nested@example.com")
    website = site.com.issue("website@example.com", purpose="serverAuth")
    old = site.com.issue("old@example.com", start="20200101000000Z",
                         end="20210101000000Z")
    unknown = site.unknown.issue("unknown@example.com")
    inner = nested.sign_detached(b"", entity).replace(
        b"MIME-Version: 1.0\r\n", b"")
    mails = {
        "tampered@example.com":
            signed(tampered, "tampered@example.com", (b"plain text", b"p1ain")),
        "victim@example.com": signed(other, "victim@example.com"),
        "nested@example.com":
            build("nested@example.com", [ALICE],
                  messages.multipart("mixed", "list", inner)),
        "website@example.com": signed(website, "website@example.com"),
        "old@example.com": signed(old, "old@example.com"),
        "unknown@example.com": signed(unknown, "unknown@example.com"),
        "twofrom@example.com":
            b"From: twofrom@example.com\r\n" + signed(other,
                                                      "other@example.com"),
    }
    for address, mail in mails.items():
        data = site.send(address, [ALICE], mail).data
        marked = not address.startswith("nested")
        equal(messages.unmarked(data) if marked else data, mail, address)
    # Written in order: what comes last is the proof that the others are done.
    site.learn(site.com.issue("last@example.com"))
    # Kept, in case its authority is trusted one day; used it is not.
    contains(site.smimectl("contact", "show", "unknown@example.com"),
             "Usable now:    0")
    mails.pop("unknown@example.com")
    for address in [*mails, "other@example.com"]:
        site.smimectl("contact", "show", address, status=1)


@case("half a signature, or none at all, is survived")
def _(site):
    mail = site.bob.sign_detached(build(BOB, [ALICE], b""),
                                  messages.PLAIN[19:])
    for cut in (0, 30, 300, 700):
        short = mail[:-cut] if cut else mail.replace(b"MII", b"AAA")
        equal(messages.unmarked(site.send(BOB, [ALICE], short).data), short,
              f"cut by {cut}")
    empty = build(BOB, [ALICE], b"MIME-Version: 1.0\r\nContent-Type: "
                  b"application/pkcs7-mime; smime-type=signed-data\r\n\r\n")
    equal(messages.unmarked(site.send(BOB, [ALICE], empty).data), empty)


# -- encryption --

@case("if-possible: encrypted for one recipient, signed inside")
def _(site):
    mail = build(CAROL, [BOB])
    verdict = site.submit(CAROL, [BOB], mail, queue_id="ENC1")
    site.check_encrypted(verdict, mail, CAROL, [site.bob])
    contains(verdict.header("Content-Type")[0], "enveloped-data")
    absent(verdict.data, b"plain text")
    site.check_log("ENC1", "encrypted")


@case("if-possible: RSA and EC recipients together, To and Cc")
def _(site):
    mail = build(CAROL, [BOB], cc=[BELLA])
    verdict = site.submit(CAROL, [BOB, BELLA], mail)
    site.check_encrypted(verdict, mail, CAROL, [site.bob, site.bella])


@case("if-possible: one recipient without certificate: signed clear text")
def _(site):
    recipients = [BOB, "nokeys@example.net"]
    mail = build(CAROL, recipients)
    verdict = site.submit(CAROL, recipients, mail, queue_id="MIXED1")
    site.check_signed(verdict, mail, CAROL)
    contains(" ".join(site.log_lines("MIXED1")), "reason=no-certificate")


@case("if-possible: a recipient outside To and Cc: signed, not encrypted")
def _(site):
    mail = build(CAROL, [BOB])
    verdict = site.submit(CAROL, [BOB, BELLA], mail, queue_id="BCC1")
    site.check_signed(verdict, mail, CAROL)
    contains(" ".join(site.log_lines("BCC1")), "reason=bcc")


@case("all certificates of a recipient are used")
def _(site):
    two = [site.com.issue("devices@example.com"),
           site.com.issue("devices@example.com", "ec:P-256")]
    for identity in two:
        site.learn(identity)
    mail = build(CAROL, ["devices@example.com"])
    verdict = site.submit(CAROL, ["devices@example.com"], mail)
    site.check_encrypted(verdict, mail, CAROL, two)


@case("addresses are compared without regard to case, quoted or not")
def _(site):
    mail = build(CAROL, ["Bob <BOB@Example.com>"])
    verdict = site.submit(CAROL, ["bOb@EXAMPLE.COM"], mail)
    site.check_encrypted(verdict, mail, CAROL, [site.bob])


@case("required: encrypted when it can be")
def _(site):
    mail = build(DAVE, [BOB], FEARED["8-bit text"])
    site.check_encrypted(site.submit(DAVE, [BOB], mail), mail, DAVE,
                         [site.bob])


def _refused(verdict, code, *parts):
    equal(verdict.outcome, "reject", f"outcome ({verdict.reply})")
    check(verdict.reply.startswith(code), verdict.reply)
    for part in parts:
        contains(verdict.reply, part, "reply")


@case("required: refused with recipient, reason and remedy")
def _(site):
    recipients = [BOB, "nokeys@example.net"]
    mail = build(DAVE, recipients)
    verdict = site.submit(DAVE, recipients, mail, queue_id="REFUSED1")
    _refused(verdict, "550 5.7.51 ", "nokeys@example.net: no certificate",
             "ask for a signed mail")
    site.check_log("REFUSED1", "refused", "reason=no-certificate")


@case("required: refused for a blind copy, saying why")
def _(site):
    mail = build(DAVE, [BOB])
    verdict = site.submit(DAVE, [BOB, BELLA], mail, queue_id="REFUSED2")
    _refused(verdict, "550 5.7.54 ", "bella@example.com", "blind copy")
    site.check_log("REFUSED2", "refused", "reason=bcc")


@case("required holds for exempt and for unsigned mail too")
def _(site):
    for more in (b"Auto-Submitted: auto-generated\r\n",
                 b"List-Id: <l.example.org>\r\n"):
        mail = build(DAVE, ["nokeys@example.net"], more=more)
        verdict = site.submit(DAVE, ["nokeys@example.net"], mail)
        equal(verdict.outcome, "reject", more.decode())
    mail = build(f"{DAVE}, {ALICE}", ["nokeys@example.net"])
    equal(site.submit(DAVE, ["nokeys@example.net"], mail).outcome, "reject",
          "two From mailboxes")


@case("an authority that the operator trusts counts at once, and no longer "
      "when he distrusts it")
def _(site):
    late = "late@example.net"
    authority = openssl.Authority(site.folder / "tmp" / "late", "Late CA")
    identity = authority.issue(late, "ec:P-256")
    root = site.for_smimectl(authority.root.read_bytes())
    mail = build(DAVE, [late])

    def refused():
        _refused(site.submit(DAVE, [late], mail), "550 5.7.53 ", late,
                 "no trusted authority")

    site.learn(identity)
    refused()
    contains(site.smimectl("ca", "trust", root), "1 certificate may be used")
    site.check_encrypted(site.submit(DAVE, [late], mail), mail, DAVE,
                         [identity])
    site.smimectl("ca", "distrust", root)
    refused()


@case("a certificate from another authority waits, and the one before is used")
def _(site):
    moved = "moved@example.com"
    before = site.com.issue(moved, "ec:P-256")
    after = site.org.issue(moved, "ec:P-256")
    mail = build(DAVE, [moved])
    site.learn(before)
    for _ in range(2):
        site.learn(after)
    contains(site.wait_log(f" pending from={moved} "),
             f"cert={after.fingerprint()[:16]} reason=other-authority")
    site.check_encrypted(site.submit(DAVE, [moved], mail), mail, DAVE,
                         [before])
    site.smimectl("contact", "approve", moved, after.fingerprint())
    site.check_encrypted(site.submit(DAVE, [moved], mail), mail, DAVE,
                         [before, after])
    equal(site.milter.output().count(f" pending from={moved} "), 1)
    wait_until(lambda: site.json("contact", "show", moved)["first_sent"],
               "it is known that mail went there")
    site.smimectl("contact", "suspend", moved, "2d")
    _refused(site.submit(DAVE, [moved], mail), "550 5.7.53 ", moved,
             "suspended")


@case("an expired certificate of a recipient: refused, saying so")
def _(site):
    soon = site.com.issue("soon@example.com", start="20200101000000Z",
                          end="20210101000000Z")
    path = site.for_smimectl(soon.certificate.read_bytes())
    done = site.run("smimectl", "-c", site.configuration, "contact", "import",
                    "soon@example.com", path, "--trust", user="daemon")
    mail = build(DAVE, ["soon@example.com"])
    verdict = site.submit(DAVE, ["soon@example.com"], mail)
    if done.returncode == 0:
        _refused(verdict, "550 5.7.52 ", "soon@example.com", "expired")
    else:
        _refused(verdict, "550 5.7.51 ", "soon@example.com")


@case("ten recipients, three of them blind copies: never jointly encrypted")
def _(site):
    people = [site.com.issue(f"p{n}@example.com", "ec:P-256")
              for n in range(10)]
    for identity in people:
        site.learn(identity)
    everybody = [identity.address for identity in people]
    mail = build(CAROL, everybody[:4], cc=everybody[4:7])
    site.check_signed(site.submit(CAROL, everybody, mail), mail, CAROL)
    site.check_encrypted(site.submit(CAROL, everybody[:7], mail), mail, CAROL,
                         people[:7])
    mail = build(DAVE, everybody[:4], cc=everybody[4:7])
    _refused(site.submit(DAVE, everybody, mail), "550 5.7.54 ")


@case("local recipients: signed; together with remote ones as the rules say")
def _(site):
    mail = build(CAROL, [ALICE])
    site.check_signed(site.submit(CAROL, [ALICE], mail), mail, CAROL)
    mail = build(CAROL, [ALICE, BOB])
    verdict = site.submit(CAROL, [ALICE, BOB], mail, queue_id="LOCAL1")
    site.check_signed(verdict, mail, CAROL)
    contains(" ".join(site.log_lines("LOCAL1")), "reason=local-recipient")
    mail = build(DAVE, [ALICE, BOB])
    verdict = site.submit(DAVE, [ALICE, BOB], mail)
    _refused(verdict, "550 5.7.55 ", ALICE)


@case("signed by the author, and encrypted as it is where it must be")
def _(site):
    dave = site.org.issue(DAVE)
    mail = dave.sign_detached(build(DAVE, [BOB], b""), messages.PLAIN[19:])
    verdict = site.submit(DAVE, [BOB], mail, queue_id="PAYLOAD")
    check(verdict.accepted, f"{verdict.outcome}: {verdict.reply}")
    inside = site.bob.decrypt(verdict.data)
    entity, signer = openssl.verify(inside, site.org.root,
                                    site.folder / "tmp")
    equal(entity, messages.PLAIN[19:], "the author's entity")
    equal(openssl.names_of(signer), [DAVE])


# -- the end --

@case("at the end the milter is alive and has said nothing of errors")
def _(site):
    check(site.milter.alive(), "the milter died")
    for process in (site.milter, site.keyd):
        for word in COMPLAINTS:
            absent(process.output(), word, process.name)
    start = time.monotonic()
    status = site.milter.stop()
    note(f"the milter ended {time.monotonic() - start:.1f} s after SIGTERM")
    equal(status, 0, "exit status")


if __name__ == "__main__":
    tap.main(Fixture)
