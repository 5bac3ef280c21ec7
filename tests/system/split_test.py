#!/usr/bin/python3
"""Messages of which not everybody gets the same: which copy stays in place,
which ones are handed over to the reinjection listener, and what becomes of
all of them when something fails."""

import functools
import re
import socket

import openssl
import tap
from mailserver import Sink
from messages import build
from processes import PeakMemory, together
from tap import absent, case, check, contains, equal
from testsite import COMPLAINTS, Site, is_sanitized

CAROL = "carol@example.org"  # encrypts if possible
REST = "rita@rest.example.org"  # and refuses the rest
PAUL = "paul@must.example.org"  # encrypts always
BOB, DAVE, EVE = "bob@example.net", "dave@example.net", "eve@example.net"
KIM, LEO = "kim@example.com", "leo@example.com"  # have no certificate
SECRET = b"the launch code is 1234"
CONTENT = (b"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=us-ascii"
           b"\r\n\r\n" + SECRET + b"\r\n")
TOKEN = re.compile(rb"^X-SMIME-Milter-Copy: [ -~]+\r\n")

MORE = """
reinject = "smtp://127.0.0.1:{port}";
reinject_timeout = "{patience}";
domains = (
  {{ name = "example.org"; encrypt = "if-possible"; }},
  {{ name = "rest.example.org"; encrypt = "if-possible";
     mixed = "refuse-the-rest"; }},
  {{ name = "must.example.org"; encrypt = "required"; }}
);
triggers = (
  {{ name = "sign"; subject = "[sign]"; wishes = [ "sign" ]; }},
  {{ name = "field"; header = "X-Ask"; wishes = [ "sign" ]; }}
);
"""


class Fixture(Site):
    """A site with a listener for copies, which keeps them."""

    def __init__(self):
        self.listener = Sink()
        self.listener.extensions = ["DSN", "PIPELINING", "SMTPUTF8"]
        super().__init__(domains=("example.org",),
                         more=self.listening_at(self.listener.port))

    def __enter__(self):
        super().__enter__()
        authority = openssl.Authority(self.folder / "tmp" / "p", "Partner")
        self.trust(authority)
        self.restart_milter()
        self.readers = {
            address: authority.issue(address, kind)
            for address, kind in ((BOB, "rsa:2048"), (DAVE, "ec:P-256"),
                                  (EVE, "rsa:2048"))}
        for address, identity in self.readers.items():
            self.smimectl("contact", "import", address, self.for_smimectl(
                identity.certificate.read_bytes()), "--trust")
        for address in (CAROL, REST, PAUL):
            self.add_user(address)
            self.issue(address, "--key", "p256")
        return self

    def __exit__(self, *_):
        self.listener.close()
        super().__exit__()

    @staticmethod
    def listening_at(port, patience="30s"):
        return MORE.format(port=port, patience=patience)

    def point_to(self, port, *patience):
        """Copies go to that port from now on."""
        self.write_settings(more=self.listening_at(port, *patience))
        self.restart_milter()

    def take(self, recipient):
        """The copy for somebody, without its token."""
        copy = self.listener.take(lambda c: recipient in c.recipients)
        token = TOKEN.match(copy.data)
        check(token, "a copy without token")
        copy.token = token.group(0)
        copy.data = copy.data[token.end():]
        absent(copy.data, b"X-SMIME-Milter-Copy", "copy")
        return copy

    def nothing_left(self):
        equal([c.recipients for c in self.listener.all()], [], "copies")

    def reads(self, address, data):
        """What a reader finds, whoever signed it."""
        absent(data, SECRET, "ciphertext")
        inner = self.readers[address].decrypt(data)
        return self.verify(inner.replace(b"\r\n", b"\n").replace(
            b"\n", b"\r\n"))

    def check_reader(self, address, data, count=1):
        """He can open it, and count certificates are named in it."""
        contains(self.reads(address, data)[0], SECRET, "content")
        equal(openssl.recipient_count(data), count, "RecipientInfos")

    def check_signed(self, data):
        contains(self.verify(data)[0], SECRET, "content")


def to_all(sender=CAROL, **options):
    """Visible: bob and dave, who can read, and kim, who cannot."""
    return build(sender, [BOB, KIM], CONTENT, cc=[DAVE], **options)


@case("three groups: ciphertext in place, a blind one and clear text handed "
      "over")
def _(site):
    verdict = site.submit(CAROL, [BOB, KIM, DAVE, EVE], to_all(
        more=b"Bcc: nobody@example.com\r\n"))
    check(verdict.accepted, verdict.reply)
    equal(verdict.recipients, [f"<{BOB}>", f"<{DAVE}>"], "in place")
    for address in BOB, DAVE:
        site.check_reader(address, verdict.data, 2)
    equal(verdict.header("Bcc"), [], "Bcc")
    blind, clear = site.take(EVE), site.take(KIM)
    equal(blind.recipients, [EVE])
    site.check_reader(EVE, blind.data)
    for address in BOB, DAVE:
        try:
            site.readers[address].decrypt(blind.data)
        except openssl.Failed:
            continue
        raise AssertionError(f"{address} can read what is for {EVE}")
    equal(clear.recipients, [KIM])
    site.check_signed(clear.data)
    for copy in blind, clear:
        equal(copy.sender, CAROL)
        contains(copy.data, b"\r\nSubject: A test\r\n")
        absent(copy.data.partition(b"\r\n\r\n")[0], b"Bcc")
    site.nothing_left()


@case("explain tells beforehand who gets which copy")
def _(site):
    for sender, to in ((CAROL, [BOB, KIM, DAVE, EVE]), (CAROL, [EVE, KIM]),
                       (CAROL, [BOB, DAVE]), (REST, [BOB, DAVE, KIM]),
                       (PAUL, [DAVE, EVE]), (PAUL, [BOB, LEO])):
        mail = to_all(sender)
        told = site.json("explain", "--from", sender, "--to", ",".join(to),
                         site.for_smimectl(mail),
                         status=1 if LEO in to else 0)
        verdict = site.submit(sender, to, mail)
        equal(told["outcome"] == "accepted", verdict.accepted, "outcome")
        if not verdict.accepted:
            equal(told["reply"], verdict.reply, "reply")
            continue
        copies = [(verdict.recipients, verdict.data)]
        for copy in told["messages"][1:]:
            got = site.take(copy["recipients"][0])
            copies.append(([f"<{r}>" for r in got.recipients], got.data))
        for row in told["refused"]:
            contains(site.take(sender).data, row["address"].encode())
        site.nothing_left()
        for copy, (recipients, data) in zip(told["messages"], copies):
            equal([f"<{r}>" for r in copy["recipients"]], recipients)
            equal(copy["encrypted"], SECRET not in data, "encrypted")
            if copy["encrypted"]:
                equal(len(copy["reveals"]), openssl.recipient_count(data))


@case("the log tells of each copy")
def _(site):
    verdict = site.submit(CAROL, [BOB, KIM, EVE], to_all(),
                          queue_id="4SPLITLOG")
    check(verdict.accepted, verdict.reply)
    site.take(EVE), site.take(KIM)
    split, first, second, third = site.log_lines("4SPLITLOG")
    equal(split, f"4SPLITLOG: split from={CAROL} nrcpt=3 copies=3 "
          "encrypted=2 clear=1 refused=0")
    contains(first, f"encrypted from={CAROL} nrcpt=1 copy=1/3 certs=" +
             site.readers[BOB].fingerprint()[:16] + " cipher=aes256-cbc ")
    contains(second, f"encrypted from={CAROL} nrcpt=1 copy=2/3 certs=" +
             site.readers[EVE].fingerprint()[:16])
    contains(third, f"signed from={CAROL} nrcpt=1 copy=3/3 cert=")
    contains(third, f"encrypt-reason=no-certificate to={KIM}")


@case("what asked for something is gone from every copy")
def _(site):
    mail = to_all(more=b"X-Ask: please\r\nX-Next: stays\r\n").replace(
        b"Subject: A test", b"Subject: Re: =?utf-8?q?[sign]_A_test?=")
    verdict = site.submit(CAROL, [BOB, KIM, EVE], mail, queue_id="4ASKED")
    check(verdict.accepted, verdict.reply)
    blind, clear = site.take(EVE), site.take(KIM)
    for data in verdict.data, blind.data, clear.data:
        contains(data, b"\r\nSubject: Re: A test\r\n")
        contains(data, b"\r\nX-Next: stays\r\n")
        absent(data, b"X-Ask")
    site.check_reader(BOB, verdict.data)
    site.check_reader(EVE, blind.data)
    site.check_signed(clear.data)
    contains(site.log_lines("4ASKED")[0] + "\n",
             " refused=0 triggers=sign,field\n")


@case("whoever has another copy is removed by every name")
def _(site):
    for rules in "postfix", "sendmail":
        with site.mta(rules=rules) as mta:
            mta.connect(daemon_name="SUBMISSION")
            mta.helo()
            verdict = mta.message(
                f"<{CAROL}>",
                [f"<{BOB}>", f"<{KIM}>", "<KIM@example.com>",
                 f"<@relay.example:{KIM}>", f"<@relay.example:{LEO}>",
                 f"<{KIM}>", '<"kim"@Example.COM>'],
                build(CAROL, [BOB, KIM], CONTENT), login=CAROL)
        check(verdict.accepted, verdict.reply)
        equal(verdict.recipients, [f"<{BOB}>"], f"in place, {rules}")
        equal(site.take(KIM).recipients, [KIM, f"@relay.example:{LEO}"])
        site.nothing_left()


@case("parameters for delivery reports go with the copies")
def _(site):
    with site.mta() as mta:
        mta.connect(daemon_name="SUBMISSION")
        mta.helo()
        verdict = mta.message(
            f"<{CAROL}>", [f"<{BOB}>", f"<{KIM}>", f"<{EVE}>"], to_all(),
            login=CAROL, arguments=("SIZE=700", "RET=HDRS", "ENVID=QQ+2B3",
                                    "BODY=8BITMIME"),
            rcpt_arguments={
                f"<{KIM}>": ("NOTIFY=SUCCESS,DELAY",
                             "ORCPT=rfc822;Kim+2B@example.com"),
                f"<{EVE}>": ("NOTIFY=NEVER",)})
    check(verdict.accepted, verdict.reply)
    clear, blind = site.take(KIM).envelope, site.take(EVE).envelope
    for mail in clear[0], blind[0]:
        for parameter in b"RET=HDRS", b"ENVID=QQ+2B3", b"BODY=8BITMIME":
            contains(mail.split(), parameter, "MAIL")
        absent(mail, b"SIZE=700", "MAIL")
    equal(clear[1], b"RCPT TO:<kim@example.com> NOTIFY=SUCCESS,DELAY "
          b"ORCPT=rfc822;Kim+2B@example.com")
    equal(blind[1], b"RCPT TO:<eve@example.net> NOTIFY=NEVER")


@case("refuse-the-rest: they get nothing, and the sender a report")
def _(site):
    verdict = site.submit(REST, [BOB, KIM, LEO], build(
        REST, [BOB, KIM, LEO], CONTENT))
    check(verdict.accepted, verdict.reply)
    equal(verdict.recipients, [f"<{BOB}>"])
    site.check_reader(BOB, verdict.data)
    report = site.take(REST)
    equal(report.envelope[0].split()[1], b"FROM:<>")
    contains(report.data, b"multipart/report")
    for address in KIM, LEO:
        contains(report.data, b"Final-Recipient: rfc822; " + address.encode())
    absent(report.data, BOB.encode() + b"\r\nAction")
    absent(report.data, SECRET)
    site.nothing_left()


@case("required: no copy in clear, for nobody")
def _(site):
    verdict = site.submit(PAUL, [BOB, KIM], build(PAUL, [BOB, KIM], CONTENT))
    equal(verdict.outcome, "reject")
    contains(verdict.reply, "550 5.7.51 " + KIM)
    verdict = site.submit(PAUL, [BOB, EVE], build(PAUL, [BOB], CONTENT))
    check(verdict.accepted, verdict.reply)
    site.check_reader(BOB, verdict.data)
    site.check_reader(EVE, site.take(EVE).data)
    site.nothing_left()


@case("what is signed already stays so in the copy in clear")
def _(site):
    data = openssl.Authority(site.folder / "tmp" / "s", "Signer").issue(
        PAUL).sign_detached(
            f"From: {PAUL}\r\nTo: {BOB}\r\nMessage-ID: <signed@x>\r\n"
            .encode(), b"Content-Type: text/plain\r\n\r\n" + SECRET + b"\r\n")
    site.smimectl("user", "set", PAUL, "--mixed", "split")
    verdict = site.submit(PAUL, [BOB, EVE], data)
    check(verdict.accepted, verdict.reply)
    for address, copy in ((BOB, verdict.data), (EVE, site.take(EVE).data)):
        inner = site.readers[address].decrypt(copy)
        equal(inner.replace(b"\r\n", b"\n").partition(b"\n\n")[2],
              data.replace(b"\r\n", b"\n").partition(b"\n\n")[2])


def deferred(verdict):
    equal(verdict.outcome, "tempfail", verdict.reply)
    contains(verdict.reply, "451 4.7.56")


@case("a refused dot: who has had his copy does not get another one")
def _(site):
    data = to_all()
    site.listener.refusals = [None, "451 4.3.0 disk full"]
    deferred(site.submit(CAROL, [BOB, KIM, EVE], data))
    site.check_reader(EVE, site.take(EVE).data)
    site.nothing_left()
    verdict = site.submit(CAROL, [BOB, KIM, EVE], data, queue_id="4AGAIN")
    check(verdict.accepted, verdict.reply)
    equal(verdict.recipients, [f"<{BOB}>"])
    site.check_signed(site.take(KIM).data)
    site.nothing_left()
    contains(site.log_lines("4AGAIN")[0], " again=1")


@case("a mail server that dies while it is told the changes: no copy leaves")
def _(site):
    # So much that it cannot be on its way before somebody reads it.
    data = to_all() + b"x" * 70 + b"\r\n" + (b"y" * 70 + b"\r\n") * 200000
    with site.mta() as mta:
        mta.connect(daemon_name="SUBMISSION")
        mta.helo()
        mta.message(f"<{CAROL}>", [f"<{r}>" for r in (BOB, KIM, EVE)], data,
                    login=CAROL, queue_id="4DIES", stop="body")
        mta.send_packet(b"E")
        while mta.read_packet()[0] != b"-":
            pass
    site.wait_log("4DIES: deferred reason=internal")
    site.nothing_left()
    check(site.submit(CAROL, [BOB, KIM, EVE], data).accepted, "at last")
    site.take(EVE), site.take(KIM)


@case("a listener that is busy, and one that has no room")
def _(site):
    data = to_all()
    site.listener.busy = 1
    deferred(site.submit(CAROL, [BOB, KIM, EVE], data))
    site.nothing_left()
    site.listener.refusals = ["552 5.3.4 too big"]
    verdict = site.submit(CAROL, [BOB, KIM, EVE], data)
    equal(verdict.outcome, "reject")
    contains(verdict.reply, "552 5.3.4")
    site.nothing_left()


@case("a listener that is away, and one that says nothing")
def _(site):
    data = to_all()
    try:
        with socket.create_server(("127.0.0.1", 0)) as silent:
            site.point_to(silent.getsockname()[1], "200ms")
            deferred(site.submit(CAROL, [BOB, KIM], data))
            # It is nobody else's time.
            check(site.submit(CAROL, [BOB], build(
                CAROL, [BOB], CONTENT)).accepted, "one copy")
        deferred(site.submit(CAROL, [BOB, KIM], data))
    finally:
        site.point_to(site.listener.port)
    check(site.submit(CAROL, [BOB, KIM], data).accepted, "at last")
    site.check_signed(site.take(KIM).data)


def come_back(site, copy, **options):
    """The listener asks its first milter about a copy."""
    return site.send(copy.sender, copy.recipients, copy.token + copy.data,
                     address="127.0.0.1", daemon_name="REINJECT", **options)


@case("many at once: each copy arrives once")
def _(site):
    count, each = 8, 5

    def submit(number):
        for turn in range(each):
            data = build(CAROL, [BOB, KIM], CONTENT,
                         message_id=f"<{number}-{turn}@example.org>")
            answers.append(site.submit(CAROL, [BOB, KIM, EVE], data))

    answers = []
    together(*(functools.partial(submit, number) for number in range(count)))
    equal([a.reply for a in answers if not a.accepted], [], "not accepted")
    equal(len(answers), count * each)
    ids = {}
    for _ in range(2 * len(answers)):
        copy = site.listener.take(lambda _: True)
        key = (copy.recipients[0],
               re.search(rb"Message-ID: (<\d+-\d+@)", copy.data).group(1))
        ids[key] = ids.get(key, 0) + 1
    equal(len(ids), 2 * count * each)
    equal(set(ids.values()), {1})
    site.nothing_left()


@case("the copies of a large message are not in memory")
def _(site):
    if is_sanitized():
        raise tap.Skip("a sanitizer's memory is in the way")
    data = to_all() + (b"z" * 70 + b"\r\n") * 400000
    with PeakMemory(site.milter) as memory:
        verdict = site.submit(CAROL, [BOB, KIM, EVE], data)
    check(verdict.accepted, verdict.reply)
    site.take(EVE), site.take(KIM)
    check(memory.growth < 10 * 1024, f"{memory.growth} kB more")


@case("a copy that comes back is passed, once")
def _(site):
    check(site.submit(CAROL, [BOB, KIM, EVE], to_all()).accepted, "sent")
    for copy in site.take(KIM), site.take(EVE):
        verdict = come_back(site, copy, queue_id="4BACK")
        check(verdict.accepted, verdict.reply)
        equal(verdict.data, copy.data)
        equal(verdict.changes, ["chgheader"])
        contains(site.log_lines("4BACK")[-1],
                 f"passed from={CAROL} nrcpt=1 reason=own-copy")
        come_back(site, copy, queue_id="4TWICE")
        absent("".join(site.log_lines("4TWICE")), "own-copy")
    site.nothing_left()


@case("a token that is not ours is removed, and proves nothing")
def _(site):
    data = build(CAROL, [BOB], CONTENT,
                 more=b"X-SMIME-Milter-Copy: 1 2 3\r\n")
    verdict = site.submit(CAROL, [BOB], data)
    check(verdict.accepted, verdict.reply)
    equal(verdict.header("X-SMIME-Milter-Copy"), [])
    site.check_reader(BOB, verdict.data)
    verdict = site.send(BOB, [CAROL], build(
        BOB, [CAROL], CONTENT, more=b"x-smime-milter-COPY: 1 2 3\r\n"))
    check(verdict.accepted, verdict.reply)
    equal(verdict.changes, ["chgheader"])
    equal(verdict.header("X-SMIME-Milter-Copy"), [])


@case("a copy made before a reload is known after it")
def _(site):
    check(site.submit(CAROL, [BOB, KIM], to_all()).accepted, "sent")
    copy = site.take(KIM)
    site.milter.signal(1)
    site.wait_log("reloaded ")
    come_back(site, copy, queue_id="4RELOAD")
    contains(site.log_lines("4RELOAD")[-1], "reason=own-copy")


@case("nobody complained")
def _(site):
    check(site.milter.alive() and site.keyd.alive(), "the daemons live")
    for word in COMPLAINTS:
        absent(site.milter.output() + site.keyd.output(), word, "log")


tap.main(Fixture)
