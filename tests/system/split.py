"""One message to ten recipients: the cases that every mail server has to pass.

Three recipients have RSA certificates, two EC, two none; of three blind ones
two have a certificate.  Each sender lives in a domain of its own, with one
value of `mixed` and one of `encrypt`.  The server asks smime-milter and then
opendkim, for what users send and for the copies that come back; the sink
keeps who got which bytes.  What comes out is opened and verified by openssl,
DKIM by dkimpy, reports are read by Python.
"""

import contextlib
import email
import email.policy
import itertools
import re

import mailserver
import opendkim
import openssl
import ports
import tap
from messages import (FEARED, NESTED, PLAIN, build, is_seven_bit, message_id,
                      multipart, same_content)
from tap import absent, case, check, contains, equal
from testsite import Site, is_sanitized

MIXED = ("split", "all-or-none", "all-or-refuse", "refuse-the-rest")
ENCRYPT = ("if-possible", "required")

# name: (kind of key, or None; the field that names them)
PEOPLE = {
    "rsa1": ("rsa:2048", "To"), "rsa2": ("rsa:2048", "To"),
    "ec1": ("ec:P-256", "To"), "none1": (None, "To"),
    "rsa3": ("rsa:3072", "Cc"), "ec2": ("ec:P-384", "Cc"),
    "none2": (None, "Cc"),
    "blind-rsa": ("rsa:2048", None), "blind-ec": ("ec:P-256", None),
    "blind-none": (None, None),
}
VISIBLE = [name for name, (_, field) in PEOPLE.items() if field]
CERTIFIED = [name for name, (kind, _) in PEOPLE.items() if kind]
WITHOUT = [name for name, (kind, _) in PEOPLE.items() if not kind]
SHARING = [name for name in CERTIFIED if name in VISIBLE]
BLIND = [name for name in PEOPLE if name not in VISIBLE]

# What they have in RCPT, in turn; those without certificate all differ.
NOTIFY = ("NOTIFY=SUCCESS,DELAY", "NOTIFY=SUCCESS,FAILURE", "")
ENVELOPE = "RET=HDRS ENVID=QQ+2B314159"

TOKEN = re.compile(rb"(?i)x-smime-milter-copy")


def address(name):
    return f"{name}@example.net"


def domain(mixed, encrypt):
    return f"{mixed}.{encrypt}.example.org"


def sender(mixed, encrypt):
    return f"alice@{domain(mixed, encrypt)}"


def parameters(name):
    """What a recipient has behind his path in RCPT."""
    words = [NOTIFY[list(PEOPLE).index(name) // 3 % len(NOTIFY)],
             f"ORCPT=rfc822;Was+2B{name}@Example.NET"]
    return [word for word in words if word]


class Fixture(Site):
    """The site, the mail server and the ten recipients."""

    def __init__(self, module):
        self.module = module
        self.server = None
        self.inside = None  # of the ciphertext that was checked last
        self.running = contextlib.ExitStack()
        super().__init__(domains=())

    def __enter__(self):
        reason = self.module.unavailable()
        if reason:
            raise tap.Skip(reason)
        return super().__enter__()

    def prepare(self):
        self.dkim = self._start_opendkim()
        milters = [self.socket] + ([self.dkim.socket] if self.dkim else [])
        senders = [sender(*kind) for kind in itertools.product(MIXED, ENCRYPT)]
        self.server = self.module.Server(
            milters, senders, reinject_milters=milters)
        self.server.sink.extensions = ["DSN", "SMTPUTF8"]
        self.configure()
        self._make_people()
        for user in senders:
            self.add_user(user)
            self.issue(user, "--key", "p256")
        self.restart_milter()
        self.server.__enter__()

    def _start_opendkim(self):
        """Behind us, when there is one."""
        if opendkim.unavailable():
            return None
        key = opendkim.Key("example.org")
        self.running.callback(key.close)
        return self.running.enter_context(
            opendkim.Opendkim(key, opendkim.SIGN + "SubDomains yes\n"))

    def _make_people(self):
        self.net = openssl.Authority(self.folder / "tmp" / "net",
                                     "Example Net")
        self.people = {}
        for name, (kind, _field) in PEOPLE.items():
            if kind is None:
                continue
            person = self.people[name] = self.net.issue(address(name), kind)
            self.smimectl("contact", "import", person.address,
                          self.for_smimectl(person.certificate.read_bytes()),
                          "--trust")

    def configure(self, reinject=True, more=""):
        """Writes the settings, with the listener for copies or without."""
        groups = ", ".join(
            f'{{ name = "{domain(*kind)}"; mixed = "{kind[0]}"; '
            f'encrypt = "{kind[1]}"; }}'
            for kind in itertools.product(MIXED, ENCRYPT))
        listener = mailserver.reinjection(self.server.reinject) if reinject \
            else 'reinject = "";'
        self.write_settings(more=f"""
domains = ( {groups} );
{listener}
{more}""")

    def __exit__(self, *_):
        if self.server is not None:
            self.server.__exit__()
        self.running.close()
        super().__exit__()

    def diagnose(self):
        return super().diagnose() + self.server.diagnose()

    # -- sending --

    def mail(self, user, content=PLAIN, names=PEOPLE):
        """A message to these people, the blind ones unnamed."""
        fields = {field: [address(n) for n in names if PEOPLE[n][1] == field]
                  for field in ("To", "Cc")}
        return build(user, fields["To"], content, cc=fields["Cc"])

    def submit(self, user, mail, names=PEOPLE, envelope=ENVELOPE, code=250,
               path=None):
        """Submits it for these people; the answer's text."""
        path = f"<{user}>" if path is None else path
        got, text = self.server.submit_as_said(
            user, f"{path} {envelope}".strip(),
            [" ".join([f"<{address(name)}>", *parameters(name)])
             for name in names], mail)
        equal(got, code, f"answer ({text})")
        return text

    # -- what arrived --

    def arrived(self, mail):
        """name -> Delivered of a message, which nobody may get twice, once
        all have been delivered."""
        self.server.wait_empty()
        copies = self.server.sink.take_all(
            lambda m: message_id(mail) in m.data and not is_report(m))
        found = {}
        for copy in copies:
            for recipient in copy.recipients:
                name = recipient.lower().partition("@")[0]
                equal(recipient.lower(), address(name), "recipient")
                check(name not in found, f"two copies for {name}")
                found[name] = copy
            self._check_copy(mail, copy)
        return found

    def _check_copy(self, mail, copy):
        """What holds for every copy, whoever gets it."""
        readers = {r.lower().partition("@")[0] for r in copy.recipients}
        head = copy.data.partition(b"\r\n\r\n")[0]
        check(not TOKEN.search(copy.data), "the mark of a copy was left")
        if self.dkim:
            check(self.dkim.key.verifies(copy.data), "DKIM")
        for name in set(BLIND) - readers:
            absent(copy.data, address(name).encode(), "a copy for others")
        for field in (rb"To", rb"Cc", rb"Subject", rb"From"):
            equal(field_of(head, field), field_of(mail, field), field.decode())

    def check_ciphertext(self, mail, user, copies, name, shared_with):
        """Is what this person got a ciphertext for exactly these, which he
        can open, and signed?"""
        equal(openssl.recipient_serials(copies[name].data),
              sorted(self.people[n].serial() for n in shared_with),
              f"recipients of {name}'s ciphertext")
        inside = self.people[name].decrypt(copies[name].data)
        if name in SHARING and inside == self.inside:
            return  # somebody else's, which was seen already
        self.inside = inside
        check(not TOKEN.search(inside), "the mark of a copy inside")
        self.check_signed(mail, user, inside)

    def check_signed(self, mail, user, data):
        entity, signer = self.verify(data)
        equal(openssl.names_of(signer), [user], "signer")
        same_content(mail, entity)

    def check_clear(self, mail, user, copies, names):
        for copy in {id(copies[n]): copies[n] for n in names}.values():
            absent(copy.data, b"enveloped-data", "clear text")
            self.check_signed(mail, user, copy.data)

    def check_protected(self, mail, user, copies, names=PEOPLE):
        """Everybody with a certificate got his ciphertext: one together, and
        each blind one his own."""
        sharing = [n for n in SHARING if n in names]
        for name in CERTIFIED:
            if name in names:
                self.check_ciphertext(
                    mail, user, copies, name,
                    sharing if name in sharing else [name])

    def nothing_left(self, mail):
        self.server.wait_empty()
        equal(self.server.sink.take_all(
            lambda m: message_id(mail) in m.data), [], "sink")

    def report(self, user):
        """The report that the user got."""
        return self.server.sink.take(
            lambda m: m.recipients == [user] and is_report(m))


def is_report(message):
    return b"report-type=delivery-status" in re.sub(
        rb"[\s\"]", b"", message.data.partition(b"\r\n\r\n")[0])


def field_of(data, name):
    """Values of the fields of this name, unfolded."""
    head = data.partition(b"\r\n\r\n")[0] + b"\r\n"
    found = re.findall(rb"(?im)^" + name + rb":((?:[^\r]|\r\n[ \t])*)\r\n", head)
    return [b" ".join(value.split()) for value in found]


def check_parameters(copies):
    """Each recipient's parameters, and those of the message, at the next
    server."""
    for name, copy in copies.items():
        mail, *recipients = copy.envelope
        for word in ENVELOPE.encode().split():
            contains(mail.split(), word, f"MAIL of {name}'s copy")
        line, = [r for r in recipients
                 if address(name).encode() in r.lower().split(b">")[0]]
        words = line.split(b">", 1)[1].split()
        for word in parameters(name):
            contains(words, word.encode(), f"RCPT of {name}")
        equal(len([w for w in words if w.startswith(b"NOTIFY=")]),
              len([w for w in parameters(name) if w.startswith("NOTIFY=")]),
              f"NOTIFY of {name}: {line}")


# -- who gets what: smime-milter.conf(5), the table of mixed --


@case("split, if-possible: everybody gets what is possible for him")
def _(site):
    user = sender("split", "if-possible")
    mail = site.mail(user, FEARED["8-bit leaf below two levels"])
    site.submit(user, mail)
    copies = site.arrived(mail)
    equal(sorted(copies), sorted(PEOPLE), "who got a copy")
    site.check_protected(mail, user, copies)
    site.check_clear(mail, user, copies, WITHOUT)
    check_parameters(copies)


@case("split, required: refused as a whole")
def _(site):
    _refused(site, "split", "required")


@case("all-or-none, if-possible: clear text for all, signed")
def _(site):
    user = sender("all-or-none", "if-possible")
    mail = site.mail(user)
    site.submit(user, mail)
    copies = site.arrived(mail)
    equal(sorted(copies), sorted(PEOPLE), "who got a copy")
    site.check_clear(mail, user, copies, PEOPLE)
    check_parameters(copies)


@case("all-or-none, required: refused as a whole")
def _(site):
    _refused(site, "all-or-none", "required")


@case("all-or-refuse, if-possible and required: refused as a whole")
def _(site):
    for encrypt in ENCRYPT:
        _refused(site, "all-or-refuse", encrypt)


def _refused(site, mixed, encrypt):
    user = sender(mixed, encrypt)
    mail = site.mail(user)
    text = site.submit(user, mail, code=550)
    contains(text, f"5.7.51 {address(WITHOUT[0])}", "answer")
    site.nothing_left(mail)


@case("refuse-the-rest: ciphertext for whom it is possible, and a report")
def _(site):
    for encrypt in ENCRYPT:
        user = sender("refuse-the-rest", encrypt)
        mail = site.mail(user)
        site.submit(user, mail)
        copies = site.arrived(mail)
        equal(sorted(copies), sorted(CERTIFIED), "who got a copy")
        site.check_protected(mail, user, copies)
        check_parameters(copies)
        _check_report(site.report(user), user, mail)


def _check_report(report, user, mail):
    """As Python's email package reads it (RFC 3464)."""
    equal(report.sender, "", "sender of the report")
    check(not TOKEN.search(report.data), "the mark of a copy was left")
    absent(report.data, b"this is a plain text", "the report")
    parsed = email.message_from_bytes(report.data, policy=email.policy.default)
    equal(parsed.get_content_type(), "multipart/report")
    equal(parsed.get_param("report-type"), "delivery-status")
    equal([a.addr_spec for a in parsed["To"].addresses], [user])
    words, status, header = parsed.iter_parts()
    equal((words.get_content_type(), status.get_content_type()),
          ("text/plain", "message/delivery-status"))
    for part in parsed.walk():
        equal(list(part.defects), [], "defects")
    message, *recipients = status.get_payload()
    equal(message["Original-Envelope-Id"], "QQ+314159")
    told = {r["Final-Recipient"].partition(";")[2].strip(): r
            for r in recipients}
    wanted = [n for n in WITHOUT if "NOTIFY=SUCCESS,DELAY" not in parameters(n)]
    equal(sorted(told), sorted(map(address, wanted)), "who is reported")
    for name in wanted:
        recipient = told[address(name)]
        equal(recipient["Action"], "failed")
        contains(recipient["Status"], "5.7.51")
        equal(recipient["Original-Recipient"].replace(" ", ""),
              f"rfc822;Was+{name}@Example.NET")
        contains(words.get_content(), address(name), "the report's words")
    contains(header.as_bytes(), message_id(mail), "the header it is about")


# -- the envelope --


@case("recipients in odd spellings each get what is theirs, once")
def _(site):
    user = sender("split", "if-possible")
    mail = site.mail(user)
    paths = ["<rsa1@example.net>", "<RSA1@Example.NET>", "<rsa1@example.net>",
             "<@relay.example.org:none1@example.net>", "<none1@example.net>",
             "<None1@EXAMPLE.net>", "<none1@example.net>",
             "<@a.example.org,@b.example.org:ec1@example.net>",
             "<blind-rsa@EXAMPLE.NET>", "<Blind-RSA@example.net>",
             "<blind-none@example.NET>"]
    code, text = site.server.submit_as_said(user, f"<{user}>", paths, mail)
    equal(code, 250, text)
    site.server.wait_empty()
    copies = site.server.sink.take_all(lambda m: message_id(mail) in m.data)
    got = set()
    for copy in copies:
        names = {r.lower().partition("@")[0] for r in copy.recipients}
        got |= names
        if b"enveloped-data" not in copy.data:
            check(names <= {"none1", "blind-none"}, f"clear text: {names}")
            site.check_signed(mail, user, copy.data)
        elif "blind-rsa" in names:
            equal(names, {"blind-rsa"})
            equal(openssl.recipient_serials(copy.data),
                  [site.people["blind-rsa"].serial()])
        else:
            check(names <= {"rsa1", "ec1"}, f"ciphertext: {names}")
            equal(openssl.recipient_serials(copy.data), sorted(
                site.people[n].serial() for n in ("rsa1", "ec1")))
    equal(got, {"rsa1", "ec1", "none1", "blind-rsa", "blind-none"}, "who")


@case("8BITMIME of every copy is what the message had")
def _(site):
    user = sender("split", "if-possible")
    content = FEARED["8-bit text"]
    mail = site.mail(user, content)
    site.submit(user, mail, envelope=ENVELOPE + " BODY=8BITMIME")
    copies = site.arrived(mail)
    for name, copy in copies.items():
        words = copy.envelope[0].split()
        # Sendmail looks at the content, which we have made 7-bit.
        check(b"BODY=8BITMIME" in words or b"BODY=7BIT" in words and
              is_seven_bit(copy.data), f"MAIL for {name}: {words}")
    site.check_protected(mail, user, copies)
    site.check_clear(mail, user, copies, WITHOUT)


@case("SMTPUTF8 of every copy is what the message had")
def _(site):
    user = sender("split", "if-possible")
    mail = site.mail(user, names=["rsa1", "blind-ec"])
    names = ["rsa1@example.net", "blind-ec@example.net", "jürgen@example.net"]
    code, text = site.server.submit_as_said(
        user, f"<{user}> SMTPUTF8", [f"<{name}>" for name in names], mail)
    if site.server.kind == "sendmail":
        # Debian's has no SMTPUTF8: there is nothing that could get lost.
        check(code >= 500, f"{code} {text}")
        return
    equal(code, 250, text)
    site.server.wait_empty()
    copies = site.server.sink.take_all(lambda m: message_id(mail) in m.data)
    equal(sorted(copy.envelope[1].decode().partition("<")[2].partition(">")[0]
                 for copy in copies), sorted(names), "who got a copy")
    for copy in copies:
        contains(copy.envelope[0].split(), b"SMTPUTF8", f"{copy.envelope}")


@case("the null sender: every copy has it, too")
def _(site):
    # What has it is left alone unless it must be encrypted.
    user = sender("refuse-the-rest", "required")
    mail = site.mail(user, names=CERTIFIED)
    site.submit(user, mail, names=CERTIFIED, envelope="", path="<>")
    copies = site.arrived(mail)
    equal(sorted(copies), sorted(CERTIFIED), "who got a copy")
    for name, copy in copies.items():
        equal(copy.sender, "", f"sender of {name}'s copy")
        equal(openssl.recipient_serials(copy.data), sorted(
            site.people[n].serial()
            for n in (SHARING if name in SHARING else [name])), name)
        same_content(mail, site.people[name].decrypt(copy.data))
    # There is nobody whom a report could be sent to.
    mail = site.mail(user)
    site.submit(user, mail, envelope="", path="<>", code=550)
    site.nothing_left(mail)


# -- content --


@case("a forwarded message, and parts of 8 bits in each copy")
def _(site):
    user = sender("split", "if-possible")
    names = ["rsa1", "ec2", "blind-rsa", "none1"]
    for content in (multipart("mixed", "b", NESTED, NESTED),
                    b"MIME-Version: 1.0\r\n" + NESTED):
        mail = site.mail(user, content, names)
        site.submit(user, mail, names)
        copies = site.arrived(mail)
        equal(sorted(copies), sorted(names), "who got a copy")
        site.check_protected(mail, user, copies, names)
        site.check_clear(mail, user, copies, ["none1"])


@case("a large message", limit=900)
def _(site):
    user = sender("split", "if-possible")
    names = ["rsa1", "blind-ec", "none1"]
    # Sendmail is not faster.
    size = 50000000 if site.server.kind == "postfix" else 20000000
    if is_sanitized():
        size = 5000000
    line = b"A line that is neither short nor long, but there are many.\r\n"
    body = line * (size // len(line))
    mail = site.mail(user, b"MIME-Version: 1.0\r\nContent-Type: text/plain\r\n"
                     b"\r\n" + body, names)
    site.submit(user, mail, names)
    site.server.wait_empty()
    copies = {c.recipients[0].partition("@")[0]: c.data for c in
              site.server.sink.take_all(lambda m: message_id(mail) in m.data)}
    equal(sorted(copies), sorted(names), "who got a copy")
    for name in ("rsa1", "blind-ec"):
        copies[name] = site.people[name].decrypt(copies[name])
    for name in names:
        entity, _signer = openssl.verify(copies[name], site.root,
                                         site.folder / "tmp", mime=False)
        check(entity.endswith(body), f"the text of {name}'s copy")


# -- without a listener --


def without_listener(function):
    """For cases without `reinject`; it is back afterwards."""

    def run(site):
        site.configure(reinject=False)
        site.restart_milter()
        try:
            function(site)
        finally:
            site.configure()
            site.restart_milter()

    return run


@case("no listener: the same for everybody, and never a leak")
@without_listener
def _(site):
    for mixed in MIXED:
        for encrypt in ENCRYPT:
            user = sender(mixed, encrypt)
            # Everybody can have the same ciphertext.
            mail = site.mail(user, names=SHARING)
            site.submit(user, mail, SHARING)
            copies = site.arrived(mail)
            equal(sorted(copies), sorted(SHARING), f"{mixed}, {encrypt}")
            site.check_protected(mail, user, copies, SHARING)
            # Blind recipients cannot, some have no certificate.
            for names in (SHARING + ["blind-rsa"], list(PEOPLE)):
                _check_joint(site, user, names, (mixed, encrypt))


def _check_joint(site, user, names, kind):
    mail = site.mail(user, names=names)
    refused = kind[1] == "required" or (len(names) == len(PEOPLE) and
                                        kind[0] in MIXED[2:])
    if refused:
        site.submit(user, mail, names, code=550)
        site.nothing_left(mail)
        return
    site.submit(user, mail, names)
    copies = site.arrived(mail)
    equal(sorted(copies), sorted(names), f"who got a copy: {kind}")
    site.check_clear(mail, user, copies, names)


@case("a listener that is away: 451, and nothing leaves; then all of it")
def _(site):
    user = sender("split", "if-possible")
    mail = site.mail(user)
    port = site.server.reinject
    site.server.reinject = ports.free_port()
    site.configure()
    site.restart_milter()
    try:
        contains(site.submit(user, mail, code=451), "4.7.56", "answer")
        site.nothing_left(mail)
    finally:
        site.server.reinject = port
        site.configure()
        site.restart_milter()
    site.submit(user, mail)
    equal(sorted(site.arrived(mail)), sorted(PEOPLE), "who got a copy")


def main(module):
    tap.main(lambda: Fixture(module))
