#!/usr/bin/python3
"""What senders ask for by keywords and header fields.

Over the milter protocol, in the manner of both mail servers, and through a
real Postfix and a real Sendmail; openssl judges what is protected, Python's
email package what readers see of the subject.
"""

import email
import email.header
import email.policy
import re

import openssl
import postfix
import sendmail
import tap
from messages import PLAIN, build, same_content
from tap import Skip, absent, case, check, contains, equal
from testsite import Site

CAROL = "carol@example.com"  # has a certificate
OUTSIDE = "bob@example.com"  # has none

# Settings of the domains that are served, by their first label.
DOMAINS = {
    "all": 'triggers = "all";',
    "protect": 'triggers = "protect";',
    "off": 'triggers = "off";',
    "quiet": 'sign = false; triggers = "protect";',
    "must": 'encrypt = "required";',
    "shadow": 'mode = "shadow";',
}

MORE = """
domains = ( %s );
triggers = (
  { name = "sign"; subject = "[sign]"; wishes = [ "sign" ]; },
  { name = "encrypt"; subject = "[verschl\u00fcsseln]"; position = "anywhere";
    wishes = [ "sign", "encrypt" ]; },
  { name = "plain"; subject = "plain"; position = "end";
    wishes = [ "no-sign", "no-encrypt" ]; },
  { name = "confidential"; header = "Sensitivity";
    value = "Company-Confidential"; keep = true; wishes = [ "encrypt" ]; },
  { name = "field"; header = "X-Protect"; value = "yes";
    wishes = [ "encrypt" ]; }
);
"""

# What is written into Subject, and what readers see of it when [sign] and the
# other words are gone.
SUBJECTS = {
    "[sign] Hello": "Hello",
    "Re: AW: [SIGN] Hello": "Re: AW: Hello",
    "[sign]": "",
    "[sign] =?iso-8859-1?q?Gr=FC=DFe?= an alle": "Gr\u00fc\u00dfe an alle",
    "=?iso-8859-1?q?[sign]_Gr=FC=DFe?= an alle": "Gr\u00fc\u00dfe an alle",
    "=?utf-8?b?W3NpZ25dIEdyw7zDn2U=?=": "Gr\u00fc\u00dfe",
    "=?utf-8?q?[si?= =?utf-8?q?gn]_Gr=C3=BC=C3=9Fe?=": "Gr\u00fc\u00dfe",
    "=?iso-2022-jp?b?W3NpZ25dIBskQjdXMmgbKEI=?=": "\u8a08\u753b",
    "Re:\r\n\t[sign]\r\n\ta subject\r\n in four lines":
        "Re:\ta subject in four lines",
    "[sign]" + 40 * "\r\n more and more": (40 * " more and more")[1:],
    "=?utf-8?q?[sign]_?=" + 40 * "\r\n =?utf-8?q?=C3=BC=C3=B6=C3=A4?=":
        40 * "\u00fc\u00f6\u00e4",
}
# Those that mail servers could misunderstand.
HARD = [s for s in SUBJECTS if "\r\n" in s or s in (
    "[sign]", "=?utf-8?q?[si?= =?utf-8?q?gn]_Gr=C3=BC=C3=9Fe?=")]


def domain(label):
    return f"{label}.example.org"


def user(label):
    return f"user@{domain(label)}"


def mail(label, subject, more=b"", content=PLAIN):
    """A message of the user in that domain."""
    text = build(user(label), [CAROL], content, more=more)
    return text.replace(b"Subject: A test",
                        f"Subject: {subject}".encode("utf-8"))


def subject_of(message):
    """What readers see, exactly; nothing but this one field."""
    fields = email.message_from_bytes(
        message, policy=email.policy.compat32).get_all("Subject", [])
    equal(len(fields), 1, "subjects")
    unfolded = re.sub(r"\r?\n(?=[ \t])", "", fields[0])
    return str(email.header.make_header(email.header.decode_header(unfolded)))


class Fixture(Site):
    """A site with one user in each domain, who has a certificate."""

    def __init__(self):
        groups = ", ".join(f'{{ name = "{domain(label)}"; {settings} }}'
                           for label, settings in DOMAINS.items())
        super().__init__(domains=(), more=MORE % groups)

    def prepare(self):
        for label in DOMAINS:
            self.add_user(user(label))
            self.issue(user(label), "--key", "p256")
        self.add_user("bare@all.example.org")
        authority = openssl.Authority(self.folder / "tmp" / "com",
                                      "Example Com")
        self.carol = authority.issue(CAROL)
        self.smimectl("contact", "import", CAROL, self.for_smimectl(
            self.carol.certificate.read_bytes()), "--trust")

    def sends(self, label, data, recipients=(CAROL,), **options):
        """(the verdict, the last line of the log)."""
        verdict = self.submit(user(label), list(recipients), data,
                              queue_id="TRIGGER", **options)
        return verdict, self.log_lines("TRIGGER")[-1]

    def signed(self, label, data, **options):
        """The message as it leaves, which must be signed and in clear."""
        verdict, line = self.sends(label, data, **options)
        contains(line, f": signed from={user(label)}", "log")
        entity, _ = self.verify(verdict.data)
        same_content(data, entity)
        return verdict.data, line

    def encrypted(self, label, data, signed=True, **options):
        verdict, line = self.sends(label, data, **options)
        contains(line, f": encrypted from={user(label)}", "log")
        inside = self.carol.decrypt(verdict.data)
        if signed:
            inside, _ = self.verify(inside)
        same_content(data, inside)
        return verdict.data, line


@case("a keyword anywhere in the subject, and readers see the rest of it")
def _(site):
    for rules in ("postfix", "sendmail"):
        for subject, wanted in SUBJECTS.items():
            left, line = site.signed("quiet", mail("quiet", subject),
                                     rules=rules)
            equal(subject_of(left), wanted, f"rest of {subject!r}")
            contains(f"{line}\n", " triggers=sign\n", "log")


@case("what the sender wrote keeps its bytes, where it stands as it is")
def _(site):
    for subject, wanted in (
            ("[sign] Hello  you", b"Subject: Hello  you\r\n"),
            ("[sign] =?x-klingon?q?abc?=", b"Subject: =?x-klingon?q?abc?=\r\n"),
            ("[sign] Gr\u00fc\u00dfe", "Subject: Gr\u00fc\u00dfe\r\n".encode()),
            ("[sign]\r\n a\r\n\tb", b"Subject: a\r\n\tb\r\n"),
            ("[sign] " + 59000 * "x", b"Subject: " + 59000 * b"x" + b"\r\n"),
            ("[sign]", b"Subject: \r\n")):
        left, _ = site.signed("quiet", mail("quiet", subject))
        contains(left, wanted, "message")


@case("encrypted when asked, as it is not otherwise, and nothing tells of it")
def _(site):
    for subject in ("[Verschl\u00fcsseln] Hello", "Hello [VERSCHL\u00dcSSELN]",
                    "=?iso-8859-1?q?Hello_[verschl=FCsseln]?="):
        data = mail("protect", subject)
        left, line = site.encrypted("protect", data)
        equal(subject_of(left), "Hello")
        contains(f"{line}\n", " triggers=encrypt\n", "log")
    site.signed("protect", mail("protect", "Hello"))


@case("fields: all that say it go, the others stay in their places")
def _(site):
    more = (b"X-Protect: no\r\nx-protect: yes\r\nX-Other: a\r\n"
            b"X-PROTECT:\r\n YES\r\nX-Protect: maybe\r\nX-Protect: Yes\r\n")
    for rules in ("postfix", "sendmail"):
        left, line = site.encrypted(
            "quiet", mail("quiet", "Hello", more), signed=False, rules=rules)
        contains(left, b"X-Protect: no\r\nX-Other: a\r\nX-Protect: maybe\r\n",
                 "message")
        absent(left.lower().partition(b"\r\n\r\n")[0], b"yes", "message")
        contains(f"{line}\n", " triggers=field\n", "log")
    left, line = site.encrypted("quiet", mail(
        "quiet", "Hello", b"Sensitivity: company-confidential\r\n"),
        signed=False)
    contains(left, b"Sensitivity: company-confidential\r\n", "message")
    contains(f"{line}\n", " triggers=confidential\n", "log")


@case("policy grants all, only protection, or nothing; keywords go or are text")
def _(site):
    verdict, line = site.sends("all", mail("all", "Hello plain"))
    contains(line, " reason=asked-not-to ", "log")
    equal(set(verdict.changes), {"chgheader"}, "changes")
    equal(subject_of(verdict.data), "Hello")
    left, _ = site.signed("protect", mail("protect", "Hello plain"))
    equal(subject_of(left), "Hello")
    for subject in ("Hello plain", "[sign] Hello",
                    "[verschl\u00fcsseln] Hello"):
        left, line = site.signed("off", mail("off", subject))
        contains(left, f"Subject: {subject}\r\n".encode(), "message")
        absent(line, "triggers", "log")
    left, line = site.encrypted("must", mail("must", "Hello plain"),
                                signed=False)
    equal(subject_of(left), "Hello")
    contains(line, " sign=no sign-reason=asked-not-to ", "log")
    verdict, line = site.sends("shadow", mail("shadow", "[sign] Hello"))
    equal(verdict.changes, [], "changes")
    contains(line, " shadow=yes ", "log")


@case("who asks for what cannot be done is told, and nothing leaves")
def _(site):
    data = mail("quiet", "[verschl\u00fcsseln] Hello")
    verdict, line = site.sends("quiet", data, [OUTSIDE])
    contains(verdict.reply, f"550 5.7.51 {OUTSIDE}", "reply")
    contains(line, " reason=no-certificate ", "log")
    contains(f"{line}\n", " triggers=encrypt\n", "log")
    data = mail("all", "[sign] Hello").replace(b"user@all", b"bare@all")
    verdict = site.submit("bare@all.example.org", [CAROL], data)
    contains(verdict.reply, "550 5.7.60", "reply")


@case("mail that passes loses what asked, and not a byte more")
def _(site):
    for rules in ("postfix", "sendmail"):
        data = mail("all", "Re: Hello plain", b"X-Protect: no\r\n"
                    b"List-Id: <l.example.org>\r\nSensitivity: Private\r\n")
        verdict, line = site.sends("all", data, rules=rules)
        contains(line, " reason=list ", "log")
        equal(verdict.data, data.replace(b" plain\r\n", b"\r\n", 1), "message")
        equal(verdict.changes, ["chgheader"], "changes")


@case("mail from outside is never touched, whoever it says it is from")
def _(site):
    data = mail("all", "[sign] Hello plain", b"X-Protect: yes\r\n")
    for sender in (CAROL, user("all")):
        verdict = site.send(sender, [user("all")], data)
        equal(verdict.changes, [], "changes")


# -- with real mail servers --

def arrived(site, server, label, data):
    """What the sink got of a message that was submitted."""
    code, text = server.deliver(user(label), [CAROL], data, server.inside)
    equal(code, 250, f"answer ({text})")
    wanted = re.search(rb"(?im)^message-id:\s*(<[^>]+>)", data).group(1)
    left = server.sink.take(lambda m: wanted in m.data).data
    return left, site.log_lines(server.queue_id(text))[-1]


def through(site, module):
    reason = module.unavailable()
    if reason:
        raise Skip(reason)
    with module.Server(site.socket, []) as server:
        try:
            for subject in HARD:
                data = mail("quiet", subject)
                left, line = arrived(site, server, "quiet", data)
                entity, _ = site.verify(left)
                same_content(data, entity)
                equal(subject_of(left), SUBJECTS[subject], "rest")
                contains(f"{line}\n", " triggers=sign\n", "log")
            data = mail("quiet", "[sign]", b"X-Protect: no\r\n"
                        b"X-Protect: yes\r\nX-Protect: maybe\r\n"
                        b"X-Protect: YES\r\n")
            left, _ = arrived(site, server, "quiet", data)
            equal(re.findall(rb"(?im)^x-protect:\s*(.*?)\r$", left),
                  [b"no", b"maybe"], "fields")
            check(site.carol.decrypt(left), "cannot be opened")
            # Nothing but its keyword.
            data = mail("all", "plain", b"X-Mark: a \r\n  b\r\n")
            left, line = arrived(site, server, "all", data)
            contains(line, " reason=asked-not-to ", "log")
            equal(subject_of(left), "")
            check(left.endswith(data[data.index(b"\r\n\r\n"):]), "another body")
            contains(left, b"X-Mark: a \r\n  b\r\n", "message")
        except BaseException:
            tap.note(server.diagnose())
            raise


@case("through Postfix")
def _(site):
    through(site, postfix)


@case("through Sendmail")
def _(site):
    through(site, sendmail)


tap.main(Fixture)
