#!/usr/bin/python3
"""Who may write as whom, and how often.

Logins and client certificates in the words of both mail servers, over the
milter protocol; then with a real Postfix and a real Sendmail that ask for TLS
certificates, one of which only looks like that of our application server.
"""

import openssl
import postfix
import sendmail
import tap
from messages import PLAIN, build
from tap import Skip, case, contains, equal
from testsite import Site

ALICE = "alice@example.org"
BOB = "bob@example.org"
INFO = "info@example.org"
ROBOT = "robot@example.org"
OUTSIDE = "carol@example.com"

SERVER = "Application Server"
ISSUER = "Example Net Intermediate"
LIMIT = 8

MORE = f"""
logins = ( {{ name = "alice"; addresses = [ "{INFO}" ]; }},
  {{ name = "desk@example.com"; addresses = [ "@example.org" ]; }},
  {{ name = "bulk@example.com"; addresses = [ "@example.org" ]; }} );
client_certificates = (
  {{ name = "{SERVER}"; issuer = "{ISSUER}"; addresses = [ "{ROBOT}" ]; }},
  {{ name = "{ALICE}"; addresses = [ "{ROBOT}" ]; }}
);
"""

# What each mail server says about a certificate that it has verified.
VERIFIED = {
    "postfix": {"{cert_subject}": SERVER, "{cert_issuer}": ISSUER},
    "sendmail": {"{verify}": "OK", "{cn_subject}": "Application+20Server",
                 "{cn_issuer}": "Example+20Net+20Intermediate",
                 "{cert_subject}": "/CN=Application+20Server",
                 "{cert_issuer}": "/O=Example+20Net"
                                  "/CN=Example+20Net+20Intermediate"},
}
VERSION = {"postfix": "Postfix 3.7.11", "sendmail": "8.17.1.9"}


class Fixture(Site):
    """A site whose users write as one another, and not."""

    def __init__(self):
        super().__init__(outbound=f"rate_limit = {LIMIT};", more=MORE)

    def prepare(self):
        self.net = openssl.Authority(self.folder / "tmp" / "net",
                                     "Example Net")
        # Whoever likes can make an authority of that name.
        self.false = openssl.Authority(self.folder / "tmp" / "false",
                                       "Example Net")
        for user in (ALICE, INFO, ROBOT):
            self.add_user(user)
            self.issue(user, "--key", "p256")

    def judged(self, author, more=b"", rules="postfix", connection=None,
               **how):
        """Sends a mail; what the log says of it, and the verdict.
        connection: macros of the connection; the others are the message's."""
        with self.mta(rules=rules) as mta:
            mta.connect(macros=connection)
            mta.helo()
            verdict = mta.message(
                f"<{author}>", [f"<{OUTSIDE}>"],
                build(author, [OUTSIDE], PLAIN, more=more),
                queue_id="AUTHORITY", **how)
        return self.log_lines("AUTHORITY")[-1], verdict

    def passes(self, author, reason, **how):
        line, verdict = self.judged(author, **how)
        contains(f"{line} ",
                 f"passed from={author} nrcpt=1 reason={reason} ", "log")
        equal(verdict.changes, [], "changes")

    def signs(self, author, **how):
        line, verdict = self.judged(author, **how)
        contains(line, f"signed from={author} ", "log")
        _, signer = self.verify(verdict.data)
        equal(openssl.names_of(signer), [author], "signer")


def said(server, **changes):
    """The macros of a verified certificate, but for changes; None: left
    out."""
    macros = {**VERIFIED[server],
              **{"{%s}" % name: value for name, value in changes.items()}}
    return {"rules": server, "connection": {"v": VERSION[server]},
            "macros": {name: value for name, value in macros.items()
                       if value is not None}}


@case("a login writes as itself, and as what is listed for it")
def _(site):
    site.signs(ALICE, login="alice")
    site.signs(ALICE, login=ALICE)
    site.signs(INFO, login="Alice")
    site.signs(INFO, login="desk@example.com")
    site.passes(INFO, "login-mismatch", login=ALICE)
    site.passes(ROBOT, "login-mismatch", login="alice")
    site.passes(INFO, "login-mismatch", login="bob")


@case("a verified certificate writes as what is listed for it, and no more")
def _(site):
    for server in VERIFIED:
        site.signs(ROBOT, **said(server))
        site.passes(ALICE, "login-mismatch", **said(server))


@case("a certificate is no login, even if it is called like one")
def _(site):
    site.passes(ALICE, "login-mismatch", **said("postfix", cert_subject=ALICE))
    site.signs(ROBOT, **said("postfix", cert_subject=ALICE))
    site.passes(ALICE, "login-mismatch", **said(
        "sendmail", cn_subject=ALICE))


@case("a login counts more than a certificate")
def _(site):
    site.passes(ROBOT, "login-mismatch", login="bob", **said("postfix"))
    site.signs(ALICE, login="alice", **said("sendmail"))


@case("another certificate, and one of another issuer, say nothing")
def _(site):
    for changes in ({"cert_subject": "Other"}, {"cert_issuer": "Other"},
                    {"cert_issuer": None}, {"cert_subject": None},
                    {"cert_subject": SERVER.lower()}):
        site.passes(ROBOT, "not-submitted", **said("postfix", **changes))
    for changes in ({"cn_subject": "Other"}, {"cn_issuer": "Other"},
                    {"cn_issuer": None}, {"cn_subject": None}):
        site.passes(ROBOT, "not-submitted", **said("sendmail", **changes))


@case("what Sendmail did not verify is not believed")
def _(site):
    for word in ("FAIL", "NO", "NOT", "NONE", "TEMP", "PROTOCOL", "SOFTWARE",
                 "ok", "", None):
        site.passes(ROBOT, "not-submitted", **said("sendmail", verify=word))
    # Nobody can know whether this one tells about others, too.
    site.passes(ROBOT, "not-submitted", **{
        **said("postfix"), "connection": {"v": "Otherfix 1.0"}})


@case("a certificate counts from its handshake on")
def _(site):
    with site.mta() as mta:
        mta.connect()
        for macros, word in (({}, "passed"), (VERIFIED["postfix"], "signed"),
                             ({"{cert_subject}": "Other"}, "passed")):
            mta.message(f"<{ROBOT}>", [f"<{OUTSIDE}>"],
                        build(ROBOT, [OUTSIDE], PLAIN), queue_id="HANDSHAKE",
                        macros=macros)
            contains(site.log_lines("HANDSHAKE")[-1], f": {word} ", "log")


@case("more than the rate limit waits, and only what would be signed counts")
def _(site):
    for _ in range(LIMIT):
        site.signs(ALICE, login="bulk@example.com")
        site.passes(ALICE, "list", login="bulk@example.com",
                    more=b"List-Id: <l.example.org>\r\n")
    line, verdict = site.judged(INFO, login="bulk@example.com")
    contains(line, f"deferred from={INFO} nrcpt=1 reason=rate-limit", "log")
    contains(verdict.reply, "451 4.7.55", "reply")
    equal(verdict.changes, [], "changes")
    site.passes(ALICE, "list", login="bulk@example.com",
                more=b"List-Id: <l.example.org>\r\n")
    site.signs(ALICE, login=ALICE)


# -- with real mail servers --

def deliver(site, server, identity, author):
    """Hands a mail to the server's own port, with a client certificate; what
    the log says about it."""
    code, text = server.deliver(author, [BOB], build(author, [BOB], PLAIN),
                                certificate=identity)
    equal(code, 250, f"answer ({text})")
    lines = site.log_lines(server.queue_id(text))
    equal(len(lines), 1, "decisions")
    return lines[0]


def check_server(site, module):
    """A client with no certificate, its own, another one, and a false one."""
    reason = module.unavailable()
    if reason:
        raise Skip(reason)
    own = site.net.issue("mx.example.org", "ec:P-256", purpose="serverAuth",
                         names="DNS:mx.example.org")
    client = {"kind": "ec:P-256", "purpose": "clientAuth",
              "names": "DNS:app.example.org"}
    ours = site.net.issue(SERVER, stem="ours", **client)
    other = site.net.issue("Other Server", stem="other", **client)
    false = site.false.issue(SERVER, stem="false", **client)
    with module.Server(site.socket, [], tls=(own, site.net)) as server:
        try:
            contains(deliver(site, server, ours, ROBOT), "signed from", "log")
            contains(deliver(site, server, ours, ALICE),
                     "reason=login-mismatch", "log")
            for identity in (None, other, false):
                contains(deliver(site, server, identity, ROBOT),
                         "reason=not-submitted", "log")
        except BaseException:
            tap.note(server.diagnose())
            raise


@case("Postfix tells whose certificate it has verified")
def _(site):
    check_server(site, postfix)


@case("Sendmail tells whose certificate it has verified")
def _(site):
    check_server(site, sendmail)


tap.main(Fixture)
