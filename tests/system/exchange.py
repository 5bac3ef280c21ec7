"""The whole exchange through a real mail server: submission with a login, the
MX, and a sink that keeps exactly the bytes that leave.

Importing this declares the cases that every mail server has to pass;
main(module) runs them, and those that were declared since, with the mail
server of a module.
"""

import re
import smtplib

import mailserver
import messages
import openssl
import tap
from messages import FEARED, build, is_seven_bit, same_content
from tap import absent, case, check, contains, equal
from testsite import Site

ALICE = "alice@example.org"      # encrypt: off
CAROL = "carol@example.org"      # encrypt: if-possible
DAVE = "dave@example.org"        # encrypt: required
ERIN = "erin+a=b@example.org"    # encrypt: off
BOB = "bob@example.com"
NOBODY = "nokeys@example.net"


class Fixture(Site):
    """A site with a mail server in front of it.  module: postfix or
    sendmail."""

    def __init__(self, module, **options):
        super().__init__(**options)
        self.module = module
        self.server = None

    def __enter__(self):
        reason = self.module.unavailable()
        if reason:
            raise tap.Skip(reason)
        super().__enter__()
        try:
            self.com = openssl.Authority(self.folder / "tmp" / "com",
                                         "Example Com")
            self.bob = self.com.issue(BOB)
            self.trust(self.com)
            self.restart_milter()
            for user, encrypt in ((ALICE, "off"), (CAROL, "if-possible"),
                                  (DAVE, "required"),
                                  (ERIN, "off")):
                self.add_user(user, "--encrypt", encrypt)
                self.issue(user)
            self.server = self.module.Server(
                self.socket, [ALICE, CAROL, DAVE, ERIN])
            self.server.__enter__()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if self.server is not None:
            self.server.__exit__()
        super().__exit__()

    def diagnose(self):
        return super().diagnose() + self.server.diagnose()

    def sent(self, mail):
        """What the sink got of a message, by its Message-ID."""
        wanted = re.search(rb"(?im)^message-id:\s*(<[^>]+>)", mail).group(1)
        return self.server.sink.take(lambda m: wanted in m.data)

    def submit(self, user, recipients, mail, code=250):
        """Submits and returns (queue id, what left)."""
        got, text = self.server.submit(user, recipients, mail)
        equal(got, code, f"answer ({text})")
        return self.server.queue_id(text) or text


@case("a user's mail leaves signed, and the log has its queue id")
def _(site):
    mail = build(ALICE, [BOB])
    queue_id = site.submit(ALICE, [BOB], mail)
    left = site.sent(mail)
    equal((left.sender, left.recipients), (ALICE, [BOB]), "envelope")
    entity, signer = site.verify(left.data)
    equal(openssl.names_of(signer), [ALICE])
    same_content(mail, entity)
    check([l for l in site.log_lines(queue_id)
           if l.startswith(f"{queue_id}: signed ")], site.log_lines(queue_id))


@case("the signed answer comes in as it was sent, and teaches a certificate")
def _(site):
    site.smimectl("contact", "show", BOB, status=1)
    mail = site.bob.sign_detached(build(BOB, [ALICE], b""),
                                  messages.PLAIN[19:])
    code, text = site.server.deliver(BOB, [ALICE], mail)
    equal(code, 250, text)
    arrived = site.sent(mail)
    check(arrived.data.endswith(mail), "the mail was changed")
    site.wait_contact(BOB, site.bob.fingerprint())


@case("the next mail leaves encrypted; the recipient opens and verifies it")
def _(site):
    mail = build(CAROL, [BOB], FEARED["8-bit leaf below two levels"])
    queue_id = site.submit(CAROL, [BOB], mail)
    left = site.sent(mail)
    absent(left.data, b"plain")
    inside = site.bob.decrypt(left.data)
    entity, signer = site.verify(inside)
    equal(openssl.names_of(signer), [CAROL])
    same_content(mail, entity)
    contains(" ".join(site.log_lines(queue_id)), f"{queue_id}: encrypted ")


@case("required: one recipient without certificate, and nothing leaves")
def _(site):
    mail = build(DAVE, [BOB, NOBODY])
    text = site.submit(DAVE, [BOB, NOBODY], mail, code=550)
    contains(text, f"5.7.51 {NOBODY}: no certificate", "answer")
    site.server.wait_empty()
    equal([m for m in site.server.sink.all() if m.sender == DAVE], [])
    mail = build(DAVE, [BOB])
    site.submit(DAVE, [BOB], mail)
    site.verify(site.bob.decrypt(site.sent(mail).data))


@case("a stranger at the MX under a user's name gets no signature")
def _(site):
    mail = build(ALICE, [CAROL])
    code, text = site.server.deliver(ALICE, [CAROL], mail)
    equal(code, 250, text)
    check(site.sent(mail).data.endswith(mail), "the mail was changed")


@case("who has logged in as somebody else gets no signature")
def _(site):
    mail = build(ALICE, [BOB])
    code, text = site.server.submit(ERIN, [BOB], mail, sender=ALICE)
    equal(code, 250, text)
    check(site.sent(mail).data.endswith(mail), "the mail was changed")


def _survive(site):
    for name, content in FEARED.items():
        mail = build(ALICE, [BOB], content)
        if not mail.endswith(b"\r\n"):
            mail += b"\r\n"  # SMTP cannot say otherwise
        if len(mail.partition(b"\r\n\r\n")[0]) > site.server.header_max:
            continue
        site.submit(ALICE, [BOB], mail)
        left = site.sent(mail)
        check(is_seven_bit(left.data.partition(b"\r\n\r\n")[2]), name)
        try:
            entity, signer = site.verify(left.data)
        except Exception as error:
            raise AssertionError(f"{name}: {error}") from error
        equal(openssl.names_of(signer), [ALICE], name)
        if name not in site.server.repairs:
            same_content(mail, entity)


@case("a login of odd characters")
def _(site):
    mail = build(ERIN, [BOB])
    site.submit(ERIN, [BOB], mail)
    equal(openssl.names_of(site.verify(site.sent(mail).data)[1]), [ERIN])


@case("signatures survive a next hop with 8BITMIME")
def _(site):
    _survive(site)


@case("signatures survive a next hop without 8BITMIME")
def _(site):
    site.server.sink.eight_bit = False
    try:
        _survive(site)
    finally:
        site.server.sink.eight_bit = True


@case("several messages in one session, RSET between them")
def _(site):
    with site.server.session(site.server.submission) as smtp:
        smtp.ehlo()
        smtp.login(ALICE, mailserver.PASSWORD)
        for _number in range(3):
            smtp.mail(ALICE)
            smtp.rcpt(NOBODY)
            smtp.rset()
            mail = build(ALICE, [BOB])
            smtp.mail(ALICE)
            smtp.rcpt(BOB)
            code, text = smtp.data(mail)
            equal(code, 250, text)
            left = site.sent(mail)
            equal(left.recipients, [BOB])
            site.verify(left.data)


@case("ten recipients: one signed message to each of them")
def _(site):
    recipients = [f"r{n}@example.net" for n in range(10)]
    mail = build(ALICE, recipients[:5], cc=recipients[5:])
    site.submit(ALICE, recipients, mail)
    left = site.sent(mail)
    equal(sorted(left.recipients), sorted(recipients))
    site.verify(left.data)


@case("a bounce passes untouched")
def _(site):
    mail = build("MAILER-DAEMON@example.net", [ALICE])
    code, text = site.server.deliver("", [ALICE], mail)
    equal(code, 250, text)
    check(site.sent(mail).data.endswith(mail), "the mail was changed")


@case("30 MB", limit=900)
def _(site):
    text = b"A line that is neither short nor long, but there are many.\r\n"
    content = (b"MIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\n" +
               text * (30000000 // len(text)))
    mail = build(CAROL, [BOB], content)
    site.submit(CAROL, [BOB], mail)
    entity = site.verify(site.bob.decrypt(site.sent(mail).data))[0]
    check(entity.endswith(content.partition(b"\r\n\r\n")[2]), "the text")


@case("without the milter: 451; with it again: signed")
def _(site):
    site.milter.kill()
    mail = build(ALICE, [BOB])
    try:
        code, _text = site.server.submit(ALICE, [BOB], mail)
    except smtplib.SMTPResponseException as error:
        code = error.smtp_code
    check(400 <= code < 500, f"answer {code}")
    site.start_milter()
    site.submit(ALICE, [BOB], mail)
    site.verify(site.sent(mail).data)
    site.server.wait_empty()


def main(module):
    tap.main(lambda: Fixture(module))
