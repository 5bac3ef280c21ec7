#!/usr/bin/python3
"""What domains may set, over the milter protocol.

One site serves a domain for every setting that is tried, so that nothing has
to be reloaded; openssl judges what was signed.
"""

import contextlib
import email
import email.policy
import functools
import shutil
import sqlite3
import ssl

import messages
import openssl
import reader_asn1
import tap
from messages import build, same_content
from readers import Mail
from tap import case, check, contains, equal
from testsite import COMPLAINTS, Site

BOB = "bob@example.com"

EXEMPTIONS = ("null-sender", "dsn", "mdn", "acme", "auto-submitted", "list",
              "resent", "calendar", "partial")

# Own certificates that cannot sign: the reason, what the sender is told, what
# the operator is told, and how openssl makes such a certificate.
PROBLEMS = {
    "own-expired": ("has expired", " expired on 2021-01-01; ", {
        "start": "20200101000000Z", "end": "20210101000000Z"}),
    "own-not-yet-valid": ("is not valid yet",
                          " is not valid before 2098-01-01; ", {
        "start": "20980101000000Z", "end": "20990101000000Z"}),
    "own-mismatch": ("is of another address", " is for other@example.net; ",
                     {"names": "email:other@example.net"}),
    "own-usage": ("is not for signing mail", " is not for signing mail; ",
                  {"purpose": "serverAuth"}),
}

# Wanted by the domain: the key that "cert issue" makes for it, a newer one of
# another kind, how mail is signed, and what openssl calls that.
ALGORITHMS = {
    "any": ("rsa3072", "p256", "ecdsa-p256-sha256", "ecdsa-with-SHA256"),
    "rsa": ("rsa3072", "p256", "rsa-sha256", "rsaEncryption"),
    "rsa-pss": ("rsa3072", "p384", "rsa-pss-sha256", "rsassaPss"),
    "ecdsa-p256": ("p256", "p384", "ecdsa-p256-sha256", "ecdsa-with-SHA256"),
    "ecdsa-p384": ("p384", "p256", "ecdsa-p384-sha384", "ecdsa-with-SHA384"),
    "ecdsa-p521": ("p521", "p256", "ecdsa-p521-sha512", "ecdsa-with-SHA512"),
    "ed25519": ("ed25519", "p256", "ed25519", "ED25519"),
}
# As smimectl names keys.
KEYS = {"rsa3072": "rsa 3072", "p256": "ec 256", "p384": "ec 384",
        "p521": "ec 521", "ed25519": "ed25519 256"}

# Settings of the domains that are served, by their first label.
DOMAINS = {
    "plain": "",
    "spare-none": "exempt = [ ];",
    **{f"spare-{word}": f'exempt = [ "{word}" ];' for word in EXEMPTIONS},
    **{f"{word}-{problem}": f'own_cert_problem = "{word}";'
       for word in ("unsigned", "defer") for problem in PROBLEMS},
    **{f"alg-{word}": f'signature_algorithm = "{word}";'
       for word in ALGORITHMS},
    "alg-without": 'signature_algorithm = "rsa";',
    "shadow": 'mode = "shadow";',
    "shadow-must": 'mode = "shadow"; encrypt = "required";',
    "shadow-defer": 'mode = "shadow"; own_cert_problem = "defer";',
    "text": 'disclaimer = "legal";',
    "text-unsigned": 'disclaimer = "legal"; sign = false;',
    "text-always": 'disclaimer = "legal"; disclaimer_repeat = "always";',
    "text-refuse": 'disclaimer = "legal"; disclaimer_protected = "refuse";',
    "text-shadow": 'disclaimer = "legal"; mode = "shadow";',
}

DISCLAIMERS = ("legal", "sales")


def domain(label):
    return f"{label}.example.org"


def user(label):
    return f"user@{domain(label)}"


class Fixture(Site):
    """A site with one user in each domain, who has a certificate."""

    def __init__(self):
        groups = ", ".join(f'{{ name = "{domain(label)}"; {settings} }}'
                           for label, settings in DOMAINS.items())
        super().__init__(domains=())
        for name in DISCLAIMERS:
            (self.folder / f"{name}.txt").write_text(
                f"{name} of %{{name}}, %{{address}}\n")
        texts = ", ".join(
            f'{{ name = "{name}"; text = "{self.folder}/{name}.txt"; }}'
            for name in DISCLAIMERS)
        self.settings.update(more=f"""
disclaimers = ( {texts} );
domains = ( {groups} );
recipient_domains = ( {{ name = "rewrites.example"; signature = "opaque"; }},
    {{ name = "also.rewrites.example"; signature = "opaque"; }},
    {{ name = "example.edu"; signature = "detached"; }} );""")

    def prepare(self):
        self.authority = openssl.Authority(self.folder / "tmp" / "org",
                                           "Example Org")
        for label in DOMAINS:
            self.add_user(user(label))
            if not label.startswith("alg-") or label == "alg-without":
                self.issue(user(label), "--key", "p256")

    def encryption_partner(self):
        """Somebody outside whose certificate is known."""
        identity = self.authority.issue("carol@example.com")
        path = self.for_smimectl(identity.certificate.read_bytes())
        self.smimectl("contact", "import", identity.address, path, "--trust")
        return identity

    def spoil(self, address, identity):
        """Puts another certificate in the place of the user's own one, as
        nobody can with smimectl."""
        der = ssl.PEM_cert_to_DER_cert(identity.certificate.read_text())
        with contextlib.closing(sqlite3.connect(
                self.folder / "store" / "store.db")) as store, store:
            store.execute(
                "UPDATE own_certificates SET der = ?, fingerprint = ?"
                " WHERE address = ?",
                (der, bytes.fromhex(identity.fingerprint()), address))
            store.execute("UPDATE state SET generation = generation + 1")

    def log_line(self, queue_id, event):
        """The decision about a message."""
        lines = [line for line in self.log_lines(queue_id)
                 if line.startswith(f"{queue_id}: {event} ")]
        equal(len(lines), 1, f"{event!r} among {self.log_lines(queue_id)}")
        return lines[0] + " "

    def check_signer(self, mail, label):
        signer = self.verify(mail)[1]
        equal(openssl.names_of(signer), [user(label)], "signer")

    def check_signed(self, verdict, label):
        check(verdict.accepted, f"{verdict.outcome}: {verdict.reply}")
        self.check_signer(verdict.data, label)

    def check_shadow(self, label, recipients, logged, sender=None):
        """Whatever was decided: the mail passes as it came."""
        address, queue_id = user(label), f"S{len(logged)}{label}"
        mail = build(address, recipients)
        verdict = self.submit(address, recipients, mail, sender=sender,
                              queue_id=queue_id)
        self.check_untouched(verdict, mail)
        lines = self.log_lines(queue_id)
        equal([line for line in lines if "shadow=yes" not in line], [], "log")
        contains(lines[0] + " ", f"{queue_id}: {logged} ")

    def trust_ourselves(self):
        """smimectl then believes what the site's own authority issues."""
        shutil.copy(self.root, self.folder / "ca.d" / "ourselves.pem")

    def check_untouched(self, verdict, mail):
        check(verdict.accepted, f"{verdict.outcome}: {verdict.reply}")
        equal(verdict.changes, [], "changes")
        equal(verdict.data, mail, "message")


# -- what is left alone --

def _report(kind, part):
    return (f"MIME-Version: 1.0\r\nContent-Type: multipart/report; "
            f"report-type={kind}; boundary=r\r\n\r\n--r\r\n\r\ntext\r\n--r\r\n"
            f"Content-Type: message/{part}\r\n\r\nReporting-MTA: dns; x\r\n"
            f"\r\n--r--\r\n").encode()


# As Google writes it: the invitation is an alternative, and attached besides.
INVITATION = messages.multipart(
    "mixed", "o", messages.multipart(
        "alternative", "i", messages.TEXT,
        b"Content-Type: text/html\r\n\r\n<p>plain</p>",
        b'Content-Type: text/calendar; charset="UTF-8"; method=REQUEST\r\n'
        b"Content-Transfer-Encoding: 7bit\r\n\r\nBEGIN:VCALENDAR"
    ).replace(b"MIME-Version: 1.0\r\n", b""),
    b'Content-Type: application/ics; name="invite.ics"\r\n'
    b'Content-Disposition: attachment; filename="invite.ics"\r\n'
    b"Content-Transfer-Encoding: base64\r\n\r\nQkVHSU46VkNBTEVOREFS")

# More header fields, and the content.
MAILS = {
    "null-sender": (b"", messages.PLAIN),
    "dsn": (b"", _report("delivery-status", "delivery-status")),
    "mdn": (b"", _report('"Disposition-Notification"',
                         "disposition-notification")),
    "acme": (b"", messages.PLAIN),
    "auto-submitted": (b"Auto-Submitted: auto-replied (vacation)\r\n",
                       messages.PLAIN),
    "list": (b"List-Id: <l.example.org>\r\n", messages.PLAIN),
    "resent": (b"Resent-From: carol@example.org\r\n", messages.PLAIN),
    "calendar": (b"", INVITATION),
    "partial": (b"", b"MIME-Version: 1.0\r\nContent-Type: message/partial; "
                b'id="x"; number=1; total=2\r\n\r\nFrom: x\r\n\r\nhalf\r\n'),
}


def _submit(site, exemption, label, queue_id):
    more, content = MAILS[exemption]
    mail = build(user(label), [BOB], content, more=more)
    if exemption == "acme":
        mail = mail.replace(b"Subject: A test", b"Subject: ACME: token")
    sender = "" if exemption == "null-sender" else None
    return mail, site.submit(user(label), [BOB], mail, sender=sender,
                             queue_id=queue_id)


def _spared(exemption, site):
    mail, verdict = _submit(site, exemption, f"spare-{exemption}",
                            f"ON{exemption}")
    site.check_untouched(verdict, mail)
    contains(site.log_line(f"ON{exemption}", "passed"),
             f" reason={exemption} ")


def _not_spared(exemption, site):
    mail, verdict = _submit(site, exemption, "spare-none", f"OFF{exemption}")
    if exemption == "partial":  # always
        site.check_untouched(verdict, mail)
        return
    site.check_signed(verdict, "spare-none")
    site.log_line(f"OFF{exemption}", "signed")


for _exemption in EXEMPTIONS:
    case(f"exempt where the domain's list has nothing but {_exemption}")(
        functools.partial(_spared, _exemption))
    case(f"{_exemption} where the domain's list is empty")(
        functools.partial(_not_spared, _exemption))


@case("an exemption that is not in the list spares nothing")
def _(site):
    for number, exemption in enumerate(EXEMPTIONS[:-1]):
        other = f"spare-{EXEMPTIONS[number + 1]}"
        _, verdict = _submit(site, exemption, other, f"OTHER{number}")
        site.check_signed(verdict, other)


@case("what smimectl sets for a domain counts before the file, at once")
def _(site):
    for setting, spared in (("list", True), ("none", False), ("all", True),
                            ("inherit", False)):
        site.smimectl("domain", "set", domain("spare-none"), "--exempt",
                      setting)
        mail, verdict = _submit(site, "list", "spare-none", f"SET{setting}")
        if spared:
            site.check_untouched(verdict, mail)
        else:
            site.check_signed(verdict, "spare-none")


# -- own certificates that cannot sign --

def _problem(word, problem, site):
    told, warned, options = PROBLEMS[problem]
    label = f"{word}-{problem}"
    address = user(label)
    identity = site.authority.issue(address, "ec:P-256", **options)
    site.spoil(address, identity)
    mail = build(address, [BOB])
    for number in range(3):
        queue_id = f"{number}{label}"
        verdict = site.submit(address, [BOB], mail, queue_id=queue_id)
        if word == "unsigned":
            site.check_untouched(verdict, mail)
            line = site.log_line(queue_id, "passed")
        else:
            equal(verdict.outcome, "tempfail", verdict.reply)
            check(verdict.reply.startswith(f"451 4.7.54 {address}: the "
                                           f"sender's certificate {told}"),
                  verdict.reply)
            line = site.log_line(queue_id, "deferred")
        contains(line, f" reason={problem} ")
    warnings = [line for line in site.milter.output().splitlines()
                if f" {address}: certificate " in line]
    equal(len(warnings), 1, "warnings")
    contains(warnings[0], identity.fingerprint()[:16] + warned)
    contains(warnings[0], "smimectl cert issue")
    # A good one, and the mail goes out.
    site.issue(address, "--key", "p256")
    site.check_signed(site.submit(address, [BOB], mail), label)


for _problem_word in PROBLEMS:
    for _word in ("unsigned", "defer"):
        case(f"{_problem_word}, own_cert_problem = {_word}")(
            functools.partial(_problem, _word, _problem_word))


# -- algorithms --

def _check_algorithm(site, mail, word):
    """Is it signed in that way, as somebody else sees it?"""
    told = openssl.run("cms", "-cmsout", "-print", "-noout",
                       data=mail).stdout.decode()
    contains(told.replace(" ", ""), "signatureAlgorithm:\n"
             f"algorithm:{ALGORITHMS[word][3]}", "openssl's view")
    if word == "rsa-pss":  # RFC 4055 3.1: [2] saltLength 32
        contains(told.replace(" ", ""), "cons:cont[2]")
        contains(told, "INTEGER           :20")
    if word != "ed25519":  # openssl cannot (rule D5)
        site.check_signer(mail, f"alg-{word}")
        return
    site.trust_ourselves()
    verified = site.json("message", "verify", data=mail)
    equal(verified["status"], "valid")
    equal(verified["signer"]["addresses"], [user(f"alg-{word}")])
    verdict = reader_asn1.Asn1(site.folder / "asn1", site.root).verify(
        [Mail(mail)])[0]
    check(verdict.accepted, verdict.text)


def _algorithm(word, site):
    made, newer, algorithm, _ = ALGORITHMS[word]
    address = user(f"alg-{word}")
    site.issue(address)
    equal(site.json("cert", "list", address)[0]["key"], KEYS[made], "key")
    site.issue(address, "--key", newer)
    mail = build(address, [BOB])
    verdict = site.submit(address, [BOB], mail, queue_id=f"ALG{word}")
    check(verdict.accepted, f"{verdict.outcome}: {verdict.reply}")
    contains(site.log_line(f"ALG{word}", "signed"), f" alg={algorithm} ")
    _check_algorithm(site, verdict.data, word)


for _algorithm_word in ALGORITHMS:
    case(f"signature_algorithm = {_algorithm_word}, and a newer key of "
         "another kind")(functools.partial(_algorithm, _algorithm_word))


@case("no key of the kind that is asked for: signed all the same")
def _(site):
    mail = build(user("alg-without"), [BOB])
    verdict = site.submit(user("alg-without"), [BOB], mail, queue_id="NOKIND")
    site.check_signed(verdict, "alg-without")
    contains(site.log_line("NOKIND", "signed"), " alg=ecdsa-p256-sha256 ")


@case("the algorithm inside an envelope is chosen and logged as well")
def _(site):
    carol = site.encryption_partner()
    site.smimectl("user", "set", user("alg-rsa-pss"), "--encrypt", "required")
    mail = build(user("alg-rsa-pss"), [carol.address])
    verdict = site.submit(user("alg-rsa-pss"), [carol.address], mail,
                          queue_id="INSIDE")
    check(verdict.accepted, f"{verdict.outcome}: {verdict.reply}")
    line = site.log_line("INSIDE", "encrypted")
    contains(line, " sign=yes ")
    contains(line, " alg=rsa-pss-sha256 ")
    _check_algorithm(site, carol.decrypt(verdict.data), "rsa-pss")


# -- opaque for some recipients --

def _form(site, recipients, opaque, queue_id):
    mail = build(user("plain"), recipients, messages.FEARED["8-bit text"])
    verdict = site.submit(user("plain"), recipients, mail, queue_id=queue_id)
    site.check_signed(verdict, "plain")
    kind = verdict.header("Content-Type")[0]
    contains(kind, "signed-data" if opaque else "multipart/signed")
    line = site.log_line(queue_id, "signed")
    equal(" opaque=policy " in line, opaque, line)
    same_content(mail, site.verify(verdict.data)[0])


@case("opaque for a recipient whose domain wants it, in any spelling")
def _(site):
    _form(site, ["bob@rewrites.example"], True, "OPAQUE1")
    _form(site, ["bob@REWRITES.example"], True, "OPAQUE2")


@case("detached for every other domain, and for subdomains")
def _(site):
    _form(site, ["bob@example.edu"], False, "DETACHED1")
    _form(site, ["bob@sub.rewrites.example"], False, "DETACHED2")


@case("opaque when all recipients want it, detached when they are mixed")
def _(site):
    wants = ["bob@rewrites.example", "eve@also.rewrites.example"]
    _form(site, wants, True, "TWO")
    _form(site, [*wants, BOB], False, "MIXED")
    _form(site, [BOB, *wants], False, "MIXED2")


@case("a recipient in neither To nor Cc counts as well")
def _(site):
    mail = build(user("plain"), ["bob@rewrites.example"])
    verdict = site.submit(user("plain"), ["bob@rewrites.example", BOB], mail)
    site.check_signed(verdict, "plain")
    contains(verdict.header("Content-Type")[0], "multipart/signed")


# -- more than is looked at --

def _deep(text):
    return b"MIME-Version: 1.0\r\n" + \
        b"Content-Type: message/rfc822\r\n\r\n" * 200 + text


def _many(text):
    return messages.multipart("mixed", "many", *([text] * 10001))


@case("too many levels or parts, but clean: signed whole, and said so")
def _(site):
    for queue_id, content in (("DEEP", _deep(b"clean\r\n")),
                              ("MANY", _many(messages.TEXT))):
        mail = build(user("plain"), [BOB], content)
        verdict = site.submit(user("plain"), [BOB], mail, queue_id=queue_id)
        site.check_signed(verdict, "plain")
        contains(site.log_line(queue_id, "signed"), " opaque=too-complex ")
        contains(site.verify(verdict.data)[0],
                 content.partition(b"\r\n\r\n")[2], "content")


@case("too many levels or parts, and 8-bit: passes, and said so")
def _(site):
    for queue_id, content in (("DEEP8", _deep("Grüße\r\n".encode())),
                              ("MANY8", _many(messages.UTF8))):
        mail = build(user("plain"), [BOB], content)
        verdict = site.submit(user("plain"), [BOB], mail, queue_id=queue_id)
        site.check_untouched(verdict, mail)
        contains(site.log_line(queue_id, "passed"), " reason=too-complex ")


@case("shadow mode: what would be signed, encrypted or refused passes")
def _(site):
    address = user("shadow")
    site.check_shadow("shadow", [BOB],
                      f"signed from={address} nrcpt=1 shadow=yes")
    address = user("shadow-must")
    site.check_shadow("shadow-must", [BOB], f"refused from={address} nrcpt=1 "
                      f"shadow=yes reason=no-certificate to={BOB}")
    known = site.encryption_partner().address
    site.check_shadow("shadow-must", [known],
                      f"encrypted from={address} nrcpt=1 shadow=yes")


@case("shadow mode: what would have to wait passes")
def _(site):
    address = user("shadow-defer")
    site.spoil(address, site.authority.issue(
        address, "ec:P-256", **PROBLEMS["own-expired"][2]))
    site.check_shadow("shadow-defer", [BOB], f"deferred from={address} "
                      "nrcpt=1 shadow=yes reason=own-expired")


@case("shadow mode: not when another of our addresses is enforced")
def _(site):
    address = user("shadow-must")
    for sender, accepted in ((user("shadow"), True), (user("plain"), False)):
        mail = build(address, [BOB])
        verdict = site.submit(address, [BOB], mail, sender=sender)
        equal((verdict.accepted, verdict.changes), (accepted, []), sender)
    contains(verdict.reply, "550 5.7.51")


# -- disclaimers --

def _text_of(verdict):
    """What the reader of a message sees, without its line ends."""
    check(verdict.accepted, f"{verdict.outcome}: {verdict.reply}")
    entity = email.message_from_bytes(verdict.data, policy=email.policy.SMTP)
    return entity.get_body().get_content()


def _send(site, label, queue_id, **options):
    mail = build(f"Alice <{user(label)}>", [BOB], **options)
    return mail, site.submit(user(label), [BOB], mail, queue_id=queue_id)


def _legal(label, name="legal"):
    return f"{name} of Alice, {user(label)}\n"


PLAIN_TEXT = "Hello,\n\nthis is a plain text.\n"


@case("a disclaimer goes in before the signature, and without one, too")
def _(site):
    for label, event in (("text", "signed"), ("text-unsigned", "passed")):
        mail, verdict = _send(site, label, f"D{label}")
        equal(_text_of(verdict).replace("\r", ""),
              f"{PLAIN_TEXT}\n{_legal(label)}", label)
        contains(site.log_line(f"D{label}", event), " disclaimer=added ")
        if event == "signed":
            site.check_signer(verdict.data, label)


@case("what carries the disclaimer gets none, unless it always does")
def _(site):
    for label, times in (("text", 1), ("text-always", 2)):
        quoted = f"> {_legal(label)}".encode().replace(b"\n", b"\r\n")
        _, verdict = _send(site, label, f"R{label}",
                           content=messages.PLAIN + quoted)
        equal(_text_of(verdict).count(_legal(label).strip()), times, label)
        contains(site.log_line(f"R{label}", "signed"),
                 f" disclaimer={'present' if times == 1 else 'added'} ")


@case("signed already: passes as it is, or is refused")
def _(site):
    for label, event, said in (
            ("text", "passed", "disclaimer=refused"),
            ("text-refuse", "refused", "reason=disclaimer-refused")):
        identity = site.authority.issue(user(label), "ec:P-256")
        mail = identity.sign_detached(build(user(label), [BOB], b""),
                                      messages.TEXT)
        verdict = site.submit(user(label), [BOB], mail, queue_id=f"S{label}")
        contains(site.log_line(f"S{label}", event), f" {said} ")
        if event == "passed":
            site.check_untouched(verdict, mail)
        else:
            equal((verdict.accepted, verdict.changes), (False, []), label)
            contains(verdict.reply, "550 5.7.64")


@case("no disclaimer in exempt mail, in shadow mode, or in mail from outside")
def _(site):
    mail, verdict = _send(site, "text", "DEXEMPT",
                          more=b"List-Id: <l.example.org>\r\n")
    site.check_untouched(verdict, mail)
    mail, verdict = _send(site, "text-shadow", "DSHADOW")
    site.check_untouched(verdict, mail)
    mail = build(user("text"), [BOB])
    site.check_untouched(site.send(user("text"), [BOB], mail), mail)


@case("a user's disclaimer counts before the domain's, of store and file")
def _(site):
    label = "text"

    def reads(expected):
        equal(_text_of(_send(site, label, None)[1]).replace("\r", ""),
              PLAIN_TEXT + expected)

    site.smimectl("domain", "set", domain(label), "--disclaimer", "sales")
    reads("\n" + _legal(label, "sales"))
    site.smimectl("user", "set", user(label), "--disclaimer", "none")
    reads("")
    site.smimectl("domain", "set", domain(label), "--disclaimer", "none")
    site.smimectl("user", "set", user(label), "--disclaimer", "legal")
    reads("\n" + _legal(label))
    site.smimectl("user", "set", user(label), "--disclaimer", "inherit")
    reads("")
    site.smimectl("domain", "set", domain(label), "--disclaimer", "inherit")
    reads("\n" + _legal(label))


@case("a disclaimer that only the store knows: the mail waits")
def _(site):
    label = "plain"
    with contextlib.closing(sqlite3.connect(
            site.folder / "store" / "store.db")) as store, store:
        for name, waits in (("lost", True), ("", False)):
            store.execute("UPDATE users SET disclaimer = ? WHERE address = ?",
                          (name, user(label)))
            store.execute("UPDATE state SET generation = generation + 1")
            store.commit()
            mail = build(user(label), [BOB])
            verdict = site.submit(user(label), [BOB], mail,
                                  queue_id=f"L{name}")
            equal(verdict.accepted, not waits, verdict.reply)
            if waits:
                contains(verdict.reply, "451 4.7.59")
                contains(site.log_line("Llost", "deferred"),
                         " reason=disclaimer-unknown ")


@case("at the end the daemons are alive and have said nothing of errors")
def _(site):
    for process in (site.milter, site.keyd):
        check(process.alive(), f"{process.name} died")
        for word in COMPLAINTS:
            check(word not in process.output(), f"{process.name}: {word}")


if __name__ == "__main__":
    tap.main(Fixture)
