#!/usr/bin/python3
"""What domains may set, over the milter protocol.

One site serves a domain for every setting that is tried, so that nothing has
to be reloaded; openssl judges what was signed.
"""

import contextlib
import functools
import sqlite3
import ssl

import messages
import openssl
import tap
from messages import build
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

# Settings of the domains that are served, by their first label.
DOMAINS = {
    "spare-none": "exempt = [ ];",
    **{f"spare-{word}": f'exempt = [ "{word}" ];' for word in EXEMPTIONS},
    **{f"{word}-{problem}": f'own_cert_problem = "{word}";'
       for word in ("unsigned", "defer") for problem in PROBLEMS},
}


def domain(label):
    return f"{label}.example.org"


def user(label):
    return f"user@{domain(label)}"


class Fixture(Site):
    """A site with one user in each domain, who has a certificate."""

    def __init__(self):
        groups = ", ".join(f'{{ name = "{domain(label)}"; {settings} }}'
                           for label, settings in DOMAINS.items())
        super().__init__(domains=(), more=f"domains = ( {groups} );")

    def __enter__(self):
        super().__enter__()
        try:
            self.authority = openssl.Authority(self.folder / "tmp" / "org",
                                               "Example Org")
            for label in DOMAINS:
                self.add_user(user(label))
                self.issue(user(label), "--key", "p256")
        except BaseException:
            self.__exit__()
            raise
        return self

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

    def check_signed(self, verdict, label):
        check(verdict.accepted, f"{verdict.outcome}: {verdict.reply}")
        signer = self.verify(verdict.data)[1]
        equal(openssl.names_of(signer), [user(label)], "signer")

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


@case("at the end the daemons are alive and have said nothing of errors")
def _(site):
    for process in (site.milter, site.keyd):
        check(process.alive(), f"{process.name} died")
        for word in COMPLAINTS:
            check(word not in process.output(), f"{process.name}: {word}")


if __name__ == "__main__":
    tap.main(Fixture)
