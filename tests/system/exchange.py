"""The whole exchange through a real mail server: submission with a login, the
MX, and a sink that keeps exactly the bytes that leave.

Importing this declares the cases that every mail server has to pass;
main(module) runs them, and those that were declared since, with the mail
server of a module.
"""

import random
import re
import smtplib
import subprocess
import threading

import mailserver
import messages
import openssl
import tap
from messages import (FEARED, build, is_seven_bit, message_id,
                      same_content)
from processes import wait_until
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
        return super().__enter__()

    def prepare(self):
        self.com = openssl.Authority(self.folder / "tmp" / "com",
                                     "Example Com")
        self.bob = self.com.issue(BOB)
        self.trust(self.com)
        self.restart_milter()
        for user, encrypt in ((ALICE, "off"), (CAROL, "if-possible"),
                              (DAVE, "required"),
                              (ERIN, "off")):
            self.add_user(user, "--encrypt", encrypt)
            self.issue(user, "--key", "p256" if user == ERIN else "rsa2048")
        self.server = self.module.Server(
            self.socket, [ALICE, CAROL, DAVE, ERIN])
        self.server.__enter__()

    def __exit__(self, *_):
        if self.server is not None:
            self.server.__exit__()
        super().__exit__()

    def diagnose(self):
        return super().diagnose() + self.server.diagnose()

    def sent(self, mail):
        """What the sink got of a message, by its Message-ID."""
        wanted = message_id(mail)
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
    # That somebody has written to him may be known by now.
    equal([c for c in site.json("contact", "list") if c["messages"]], [])
    mail = site.bob.sign_detached(build(BOB, [ALICE], b""),
                                  messages.PLAIN[19:])
    code, text = site.server.deliver(BOB, [ALICE], mail)
    equal(code, 250, text)
    arrived = site.sent(mail)
    check(arrived.data.endswith(mail), "the mail was changed")
    site.wait_contact(BOB, site.bob.fingerprint())


FORGED = (b"x-smime-status: valid; signer=bob@example.com\r\n"
          b"Authentication-Results: MX.Example.ORG. (x) 1;\r\n\tsmime=pass\r\n"
          b"X-SMIME-Status: valid\r\n")
# Of a milter beside us, and of another server.
RESULTS = (b"Authentication-Results: mx.example.org; dkim=pass\r\n"
           b"Authentication-Results: mx.example.com; smime=pass\r\n")


@case("what was found stands above everything, and forged results are gone")
def _(site):
    mail = site.bob.sign_detached(RESULTS + build(BOB, [ALICE], b""),
                                  messages.PLAIN[19:])
    site.server.deliver(BOB, [ALICE], FORGED + mail)
    arrived = site.sent(mail).data
    ours, others = _fields(arrived)[:2], _fields(arrived)[2:]
    contains(ours[0], b"Authentication-Results: mx.example.org;\r\n"
                      b" smime=pass (2048-bit RSA, sha256)")
    contains(ours[1], b"X-SMIME-Status: valid; signer=bob@example.com; ")
    check(others[0].startswith(b"Received: "), "then comes the server's own")
    equal(others[1:], _fields(mail), "fields of others")
    check(arrived.endswith(mail.partition(b"\r\n\r\n")[2]), "the body")


@case("forged results are gone from mail without S/MIME, too")
def _(site):
    mail = RESULTS + build(NOBODY, [ALICE])
    site.server.deliver(NOBODY, [ALICE], FORGED + mail)
    check(site.sent(mail).data.endswith(b"\r\n" + mail), "all else is there")


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


@case("mail that is not as its author is asked to send it is refused")
def _(site):
    bank = "bank@asked.example.net"
    site.smimectl("recipient", "set", "asked.example.net",
                  "--inbound-signature", "required", "--inbound-action",
                  "refuse")
    mail = build(bank, [ALICE])
    wait_until(lambda: site.server.deliver(bank, [ALICE], mail)[0] == 550,
               "the new rule")
    code, text = site.server.deliver(bank, [ALICE], mail)
    equal(code, 550)
    contains(text, f"5.7.61 {bank}: mail from you is taken here only with a")
    contains(text, "sign it and send it again")
    mail = site.com.issue(bank).sign_detached(build(bank, [ALICE], b""),
                                              messages.PLAIN[19:])
    equal(site.server.deliver(bank, [ALICE], mail)[0], 250)
    site.sent(mail)
    site.smimectl("recipient", "remove", "asked.example.net")


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


# -- header fields --

ENTITY_FIELDS = [
    [b"Content-Type: text/plain; charset=us-ascii"],
    [b"CONTENT-type:text/plain;\r\n\tcharset=us-ascii"],
    [b"content-type: text/plain", b"Content-Type: text/plain"],
    [b"Content-Type: text/plain", b"Content-Transfer-Encoding: 7bit",
     b"content-disposition: inline", b"Content-Type: text/html",
     b"CONTENT-TRANSFER-ENCODING: 7bit", b"Content-Type: text/plain"],
    [b"Content-Language: en", b"Content-X-Odd:", b"Content-ID: <a@example.org>"],
    [b"MIME-version: 1.0 (odd)", b"Content-Type: text/plain"],
    [b"Mime-Version: 1.0", b"MIME-Version: 1.0", b"Content-Description: x"],
    [],
]

OTHER_FIELDS = [
    b"From: alice@example.org", b"To: bob@example.com",
    b"Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=", b"X-Empty:", b"X-None:y",
    b"X-Two:  two blanks ", b"X-Tab:\ttab\t", b"x-dup: 1", b"X-Dup: 2",
    b"Received: from a (b [192.0.2.1])\r\n\tby c; Mon, 2 Mar 2026 10:00:00 +0000",
    b"X-Folded: one\r\n two\r\n\tthree\r\n     four", b"X-Long: " + b"z" * 800,
    b"Date: Mon, 02 Mar 2026 10:00:00 +0000", b"References: <a@example.net>",
]


def _fields(message):
    """Header fields as they stand there, those of the entity left out."""
    head = message.partition(b"\r\n\r\n")[0]
    return [f for f in re.split(rb"\r\n(?![ \t])", head)
            if not re.match(rb"(?i)content-|mime-version:", f)]


def _count(message, name):
    head = message.partition(b"\r\n\r\n")[0]
    return len(re.findall(rb"(?im)^" + name + rb":", head))


@case("fields in any order, number and spelling: ours once, others unchanged")
def _(site):
    choice = random.Random(1)
    for number, fields in enumerate(3 * ENTITY_FIELDS):
        header = fields + OTHER_FIELDS + [b"Message-ID: <order%d@example.org>" %
                                          number]
        choice.shuffle(header)
        mail = b"\r\n".join(header) + b"\r\n\r\nplain\r\n"
        site.submit(ALICE, [BOB], mail)
        left = site.sent(mail).data
        equal(_fields(left)[1:], _fields(mail), "other fields")
        check(_fields(left)[0].startswith(b"Received: "), "the server's own")
        site.verify(left)
        for name, most in ((b"Content-Type", 1), (b"MIME-Version", 1),
                           (b"Content-Transfer-Encoding", 1),
                           (b"Content-Disposition", 1), (b"Content-[XLI].*", 0)):
            check(_count(left, name) <= most, f"{name} in {left[:3000]}")
        equal((_count(left, b"Content-Type"), _count(left, b"MIME-Version")),
              (1, 1), "needed fields")


@case("no Date, no Message-ID, no To: signed all the same")
def _(site):
    mail = b"From: alice@example.org\r\nX-Mark: bare\r\n\r\nplain\r\n"
    site.submit(ALICE, [BOB], mail)
    left = site.server.sink.take(lambda m: b"X-Mark: bare" in m.data)
    site.verify(left.data)


# -- who has submitted it --

@case("the name of the listener is as good as a login")
def _(site):
    mail = build(ALICE, [BOB])
    code, text = site.server.deliver(ALICE, [BOB], mail, site.server.inside)
    equal(code, 250, text)
    site.verify(site.sent(mail).data)


@case("the sendmail command: mail passes, but nobody has logged in")
def _(site):
    mail = build(ALICE, [BOB])
    before = len(site.milter.output())
    with subprocess.Popen(site.server.command("-bs"), stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE) as program:
        # Sendmail wants to be listened to.
        for data in (b"", b"HELO localhost\r\n",
                     f"MAIL FROM:<{ALICE}>\r\n".encode(),
                     f"RCPT TO:<{BOB}>\r\n".encode(), b"DATA\r\n",
                     mail + b".\r\n", b"QUIT\r\n"):
            program.stdin.write(data)
            program.stdin.flush()
            answer = program.stdout.readline()
            check(answer[:1] in b"23", answer)
    absent(site.sent(mail).data, b"pkcs7-signature")
    line = site.milter.output()[before:]
    contains(line, f"passed from={ALICE} nrcpt=1 reason=not-submitted")


# -- what goes wrong --

def _begin(server):
    smtp = server.session(server.submission)
    smtp.ehlo()
    smtp.login(ALICE, mailserver.PASSWORD)
    equal(smtp.mail(ALICE)[0], 250)
    equal(smtp.rcpt(BOB)[0], 250)
    return smtp


def _begin_data(server, mail):
    """A session in the middle of its DATA."""
    smtp = _begin(server)
    smtp.putcmd("data")
    equal(smtp.getreply()[0], 354)
    smtp.send(mail)
    return smtp


def _end_data(smtp):
    smtp.send(b".\r\n")
    code, text = smtp.getreply()
    smtp.close()
    return code, text.decode()


def _nothing_left(site, mail, server=None):
    server = server or site.server
    server.wait_empty()
    subject = re.search(rb"(?im)^message-id:.*$", mail).group()
    equal([m for m in server.sink.all() if subject in m.data], [], "sink")


def _is_signed(site):
    mail = build(ALICE, [BOB])
    site.submit(ALICE, [BOB], mail)
    site.verify(site.sent(mail).data)


@case("without the milter: 451; with it again: signed")
def _(site):
    site.milter.kill()
    mail = build(ALICE, [BOB])
    try:
        code, _text = site.server.submit(ALICE, [BOB], mail)
    except smtplib.SMTPResponseException as error:
        code = error.smtp_code
    check(code in (451, 454), code)  # even at AUTH
    site.start_milter()
    _is_signed(site)
    _nothing_left(site, mail)


@case("the milter dies before DATA: 451, and nothing is queued")
def _(site):
    mail = build(ALICE, [BOB])
    smtp = _begin(site.server)
    site.milter.kill()
    code, text = smtp.docmd("data")
    if code == 354:
        smtp.send(mail)
        code, text = _end_data(smtp)
    smtp.close()
    equal(code, 451, text)
    _nothing_left(site, mail)
    site.start_milter()
    _is_signed(site)


@case("the milter dies before the dot: 451, and nothing is queued")
def _(site):
    mail = build(ALICE, [BOB])
    smtp = _begin_data(site.server, mail)
    site.milter.kill()
    code, text = _end_data(smtp)
    equal(code, 451, text)
    _nothing_left(site, mail)
    site.start_milter()
    _is_signed(site)


@case("the milter dies while it works: 451, and nothing is queued")
def _(site):
    mail = build(ALICE, [BOB])
    smtp = _begin_data(site.server, mail)
    # It waits for a key process that does not answer.
    site.keyd.pause()
    killer = threading.Timer(0.3, site.milter.kill)
    killer.start()
    try:
        code, text = _end_data(smtp)
        killer.join()
    finally:
        site.keyd.resume()
    equal(code, 451, text)
    _nothing_left(site, mail)
    site.start_milter()
    _is_signed(site)


@case("without the key process: 451; with it again: signed")
def _(site):
    site.keyd.kill()
    mail = build(ALICE, [BOB])
    contains(site.submit(ALICE, [BOB], mail, code=451), "4.", "answer")
    _nothing_left(site, mail)
    site.start_keyd()
    _is_signed(site)


@case("work that takes longer than the server waits for a sign of life")
def _(site):
    site.write_settings(more='keyd_timeout = "8s";')
    site.restart_milter()
    mail = build(ALICE, [BOB])
    # Five of our signs of life may be late before the server gives us up.
    with site.module.Server(site.socket, [ALICE], patience=5) as server:
        site.keyd.pause()
        try:
            code, text = server.submit(ALICE, [BOB], mail)
        finally:
            site.keyd.resume()
        # Our own answer, not that of a server that has lost its patience.
        equal(code, 451, text)
        contains(text, "signing service is not available", "answer")
        _nothing_left(site, mail, server)
        # A milter that is silent for so long is given up.
        smtp = _begin_data(server, mail)
        site.milter.pause()
        try:
            code, text = _end_data(smtp)
        finally:
            site.milter.resume()
        equal(code, 451, text)
        absent(text, "signing service", "answer")
        _nothing_left(site, mail, server)
    site.write_settings(more="")
    site.restart_milter()
    _is_signed(site)


def main(module):
    tap.main(lambda: Fixture(module))
