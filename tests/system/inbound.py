"""Encrypted mail from outside: the cases that every mail server has to pass.

alice and carol have certificates, zoe has none.  The server asks smime-milter
for what strangers send and for the copies that come back; the sink keeps who
got which bytes.
"""

import email
import re

import mailserver
import messages
import openssl
import tap
from messages import build, message_id
from tap import absent, case, check, contains, equal
from testsite import Site

ALICE, CAROL = "alice@example.org", "carol@example.org"
ZOE = "zoe@example.org"
BOB = "bob@example.net"
ENTITY = b"Content-Type: text/plain; charset=us-ascii\r\n\r\nHello.\r\n"
UMLAUTS = ("Content-Type: text/plain; charset=iso-8859-1\r\n"
           "Content-Transfer-Encoding: 8bit\r\n\r\n"
           "Grüße\r\n").encode("latin-1")
FORGED = (b"Authentication-Results: MX.Example.ORG; smime=pass\r\n"
          b"X-Smime-Status: valid\r\n")
TOKEN = re.compile(rb"(?i)x-smime-milter-copy")


class Fixture(Site):
    """The site, the mail server, two readers and one who is none."""

    def __init__(self, module):
        self.module = module
        self.server = None
        super().__init__()

    def __enter__(self):
        reason = self.module.unavailable()
        if reason:
            raise tap.Skip(reason)
        return super().__enter__()

    def prepare(self):
        self.server = self.module.Server(
            [self.socket], [ALICE], reinject_milters=[self.socket])
        self.server.sink.extensions = ["DSN"]
        self.net = openssl.Authority(self.folder / "tmp" / "net", "Net")
        self.trust(self.net)
        self.configure(self.server.reinject)
        self.bob = self.net.issue(BOB, "ec:P-256")
        self.readers = {ALICE: self.net.issue(ALICE, "rsa:2048"),
                        CAROL: self.net.issue(CAROL, "ec:P-256")}
        for address, identity in self.readers.items():
            self.add_user(address)
            self.import_key(address, identity)
        self.restart_milter()
        self.server.__enter__()

    def configure(self, port):
        self.write_settings(more=mailserver.reinjection(port))

    def __exit__(self, *_):
        if self.server is not None:
            self.server.__exit__()
        super().__exit__()

    def diagnose(self):
        return super().diagnose() + self.server.diagnose()

    # -- mail --

    def letter(self, more=b"", message=None, entity=None):
        """From bob, signed, and encrypted to both readers.  entity: what is
        encrypted instead."""
        signed = self.bob.sign_detached(b"", ENTITY)
        return messages.encrypted(
            build(BOB, [ALICE, CAROL, ZOE], b"", more=more,
                  message_id=message), signed if entity is None else entity,
            self.readers.values())

    def deliver(self, recipients, mail, code=250):
        got, text = self.server.deliver(BOB, recipients, mail)
        equal(got, code, f"answer ({text})")
        return text

    def arrived(self, mail):
        """address -> Delivered, once all have been delivered; nobody may get
        it twice."""
        self.server.wait_empty()
        found = {}
        for copy in self.server.sink.take_all(
                lambda m: message_id(mail) in m.data):
            for recipient in copy.recipients:
                check(recipient.lower() not in found,
                      f"two copies for {recipient}")
                found[recipient.lower()] = copy
            check(not TOKEN.search(copy.data), "the mark of a copy was left")
        return found

    def check_plaintext(self, copy, again=False):
        """Signed as it was inside, and marked; again: it came back through
        the listener, which says so above the marks."""
        head, _, _body = copy.data.partition(b"\r\n\r\n")
        absent(head, b"pkcs7-mime", "header of the plaintext")
        contains(head, b"Content-Type: multipart/signed;", "header")
        entity, signer = openssl.verify(copy.data, self.net.root,
                                        self.folder / "tmp")
        equal(entity, ENTITY, "what was signed")
        equal(openssl.names_of(signer), [BOB], "signer")
        data = copy.data
        if again:
            received = re.match(rb"Received:(?:[^\r]|\r\n[ \t])*\r\n", data)
            data = data[received.end():]
        check_marks(data, b"valid", b"decrypted=yes")

    def letter_of(self, entity):
        """What bob signs in an encrypted mail as it stands."""
        return self.letter(entity=self.bob.sign_detached(b"", entity))

    def check_ciphertext(self, copy, mail):
        equal(body_of(copy.data).rstrip(b"\r\n"), body_of(mail).rstrip(b"\r\n"),
              "body")
        contains(copy.data, b"smime-type=enveloped-data", "header")
        check_marks(copy.data, b"unsigned", b"decrypted=no")


def body_of(message):
    return message.partition(b"\r\n\r\n")[2]


def check_marks(data, word, fact):
    """One of each of our fields, the results above everything else, also
    above what the server adds; none of the forged ones."""
    head = data.partition(b"\r\n\r\n")[0] + b"\r\n"
    results = re.findall(rb"(?im)^authentication-results:", head)
    status = re.findall(
        rb"(?im)^x-smime-status:((?:[^\r]|\r\n[ \t])*)\r\n", head)
    equal((len(results), len(status)), (1, 1), "result fields")
    check(head.startswith(b"Authentication-Results: mx.example.org;"),
          f"on top: {head[:100]}")
    check(status[0].strip().startswith(word + b";"), f"status {status[0]}")
    contains(status[0], fact, "status")


@case("all recipients read it: plaintext in place")
def _(site):
    mail = site.letter(FORGED)
    site.deliver([ALICE, CAROL], mail)
    copies = site.arrived(mail)
    equal(sorted(copies), [ALICE, CAROL], "who got a copy")
    check(copies[ALICE] is copies[CAROL], "one copy for both")
    site.check_plaintext(copies[ALICE])


@case("two readers and another: a copy for the readers, ciphertext for him")
def _(site):
    mail = site.letter(FORGED)
    site.deliver(["alice@EXAMPLE.org", ZOE, CAROL, "Alice@example.org"], mail)
    copies = site.arrived(mail)
    equal(sorted(copies), [ALICE, CAROL, ZOE], "who got a copy")
    site.check_plaintext(copies[ALICE], again=True)
    site.check_plaintext(copies[CAROL], again=True)
    site.check_ciphertext(copies[ZOE], mail)


@case("nothing is inside: an empty body, and not what stood there")
def _(site):
    for recipients in ([ALICE], [ALICE, ZOE]):
        mail = site.letter(entity=b"Content-Type: text/html\r\n\r\n")
        site.deliver(recipients, mail)
        data = site.arrived(mail)[ALICE].data
        contains(data, b"\r\nContent-Type: text/html\r\n", "header")
        equal(body_of(data).strip(), b"", "body")


@case("8-bit text, signed and encrypted: signed as it was inside")
def _(site):
    for recipients in ([ALICE], [ALICE, ZOE]):
        mail = site.letter_of(UMLAUTS)
        site.deliver(recipients, mail)
        data = site.arrived(mail)[ALICE].data
        entity, _signer = openssl.verify(data, site.net.root,
                                         site.folder / "tmp")
        equal(entity, UMLAUTS, "what was signed")
        contains(data, b"X-SMIME-Status: valid;", "header")


@case("the same for a next hop without 8BITMIME: it can be read")
def _(site):
    mail = site.letter_of(UMLAUTS)
    site.server.sink.eight_bit = False
    try:
        site.deliver([ALICE], mail)
        data = site.arrived(mail)[ALICE].data
    finally:
        site.server.sink.eight_bit = True
    contains(data, b"X-SMIME-Status: valid;", "header")
    part = email.message_from_bytes(data).get_payload(0)
    equal(part.get_payload(decode=True).rstrip(), "Grüße".encode("latin-1"),
          "text")


@case("long lines, signed and encrypted: the text, and what was signed")
def _(site):
    text = b"x" * 1500
    for recipients in ([ALICE], [ALICE, ZOE]):
        mail = site.letter_of(b"Content-Type: text/plain\r\n\r\n" + text
                              + b"\r\n")
        site.deliver(recipients, mail)
        data = site.arrived(mail)[ALICE].data
        message = email.message_from_bytes(data)
        equal(message.get_content_type(), "text/plain", "type")
        equal(message.get_payload(decode=True).rstrip(), text, "text")
        status = " ".join(message["X-SMIME-Status"].split())
        check(status.startswith("valid;"), status)
        contains(status, "signature=removed", "status")


@case("nobody reads it: as it came, and marked")
def _(site):
    mail = site.letter(FORGED)
    site.deliver([ZOE], mail)
    site.check_ciphertext(site.arrived(mail)[ZOE], mail)


@case("the listener is away: 451, and nothing leaves; then all of it")
def _(site):
    mail = site.letter()
    site.configure(1)
    site.restart_milter()
    try:
        contains(site.deliver([ALICE, ZOE], mail, code=451), "4.7.56")
        equal(site.arrived(mail), {}, "sink")
    finally:
        site.configure(site.server.reinject)
        site.restart_milter()
    site.deliver([ALICE, ZOE], mail)
    copies = site.arrived(mail)
    site.check_plaintext(copies[ALICE], again=True)
    site.check_ciphertext(copies[ZOE], mail)


@case("the listener never takes the copy: all get what came, at once")
def _(site):
    sink = mailserver.Sink()
    site.configure(sink.port)
    site.restart_milter()
    try:
        for refusal in ("554 5.7.1 a virus", "552 5.3.4 too large"):
            sink.refusals = [refusal]
            mail = site.letter(FORGED)
            site.deliver([ALICE, ZOE, "Carol@example.org"], mail)
            copies = site.arrived(mail)
            equal(sorted(copies), [ALICE, CAROL, ZOE], "who got a copy")
            for copy in copies.values():
                site.check_ciphertext(copy, mail)
        site.wait_log("the listener takes no copy")
    finally:
        site.configure(site.server.reinject)
        site.restart_milter()
        sink.close()


@case("smime-keyd is away: 451, and nothing leaves")
def _(site):
    mail = site.letter()
    site.keyd.kill()
    try:
        contains(site.deliver([ALICE], mail, code=451), "4.7.51")
        equal(site.arrived(mail), {}, "sink")
    finally:
        site.start_keyd()
    site.deliver([ALICE], mail)
    site.check_plaintext(site.arrived(mail)[ALICE])


@case("unsigned mail loses what was written in our name, and nothing else")
def _(site):
    mail = build(BOB, [ALICE], messages.PLAIN, more=FORGED)
    site.deliver([ALICE], mail)
    data = site.arrived(mail)[ALICE].data
    absent(data.lower(), b"x-smime-status", "header")
    absent(data.lower(), b"authentication-results", "header")
    equal(body_of(data), body_of(mail), "body")


@case("nobody complained")
def _(site):
    site.check_quiet()


def main(module):
    tap.main(lambda: Fixture(module))
