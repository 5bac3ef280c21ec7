#!/usr/bin/python3
"""Opendkim and smime-milter at the same real mail server: at the end of the
road DKIM and S/MIME both verify, in the order that the manual gives."""

import contextlib

import messages
import opendkim
import openssl
import postfix
import sendmail
import tap
from messages import FEARED, IRREGULAR, build, same_content
from tap import absent, case, check, contains, equal
from testsite import Guard, Site

ALICE = "alice@example.org"
CAROL = "carol@example.org"      # encrypts whenever she can
BOB = "bob@example.com"

HTML = ("MIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n"
        "Content-Transfer-Encoding: 8bit\r\n\r\n"
        "<html><body><p>Grüße </p>\r\n</body></html>\r\n").encode()
OPAQUE = "a part's header without an empty line"
KINDS = {
    "a plain text": messages.PLAIN,
    "8-bit text": FEARED["8-bit text"],
    "blanks and dots": FEARED["From and trailing blanks"],
    "an empty body": FEARED["empty body"],
    "a multipart": FEARED["alternative and attachment"],
    "8-bit text deep inside": FEARED["8-bit leaf below two levels"],
    "html": HTML,
    "what is signed opaquely": IRREGULAR[OPAQUE],
}


class Fixture(Site):
    """A site whose mail is signed and verified with DKIM as well."""

    def __enter__(self):
        reason = opendkim.unavailable()
        if reason:
            raise tap.Skip(reason)
        self.running = contextlib.ExitStack()
        return super().__enter__()

    def prepare(self):
        self.ours = opendkim.Key("example.org")
        self.running.callback(self.ours.close)
        self.theirs = opendkim.Key("example.com")
        self.running.callback(self.theirs.close)
        self.signer = self.running.enter_context(
            opendkim.Opendkim(self.ours, opendkim.SIGN))
        self.verifier = self.running.enter_context(
            opendkim.Opendkim(self.theirs, opendkim.VERIFY))
        self.add_user(ALICE)
        self.issue(ALICE, "--key", "rsa2048")
        self.add_user(CAROL, "--encrypt", "if-possible")
        self.issue(CAROL, "--key", "p256")
        self.com = openssl.Authority(self.folder / "tmp" / "com",
                                     "Example Com")
        self.trust(self.com)
        self.restart_milter()

    def __exit__(self, *_):
        self.running.close()
        super().__exit__()

    def diagnose(self):
        return (super().diagnose() + self.signer.diagnose() +
                self.verifier.diagnose())

    @contextlib.contextmanager
    def server(self, module, *milters):
        """A mail server that asks milters in this order when users send, and
        a verifier and us when strangers do."""
        reason = module.unavailable()
        if reason:
            raise tap.Skip(reason)
        with module.Server(list(milters), [ALICE, CAROL], mx_milters=[
                self.verifier.socket, self.socket]) as server:
            yield server

    def through(self, server, sender, content, name):
        """(what was sent, what left)"""
        mail = build(sender, [BOB], content)
        code, text = server.submit(sender, [BOB], mail)
        equal(code, 250, f"{name}: {text}")
        return mail, server.sink.take(lambda m: True).data


def _outbound(site, server):
    for server.sink.eight_bit in (True, False):
        for name, content in KINDS.items():
            mail, left = site.through(server, ALICE, content, name)
            check(site.ours.verifies(left), f"DKIM: {name}")
            entity, signer = site.verify(left)
            equal(openssl.names_of(signer), [ALICE], name)
            same_content(mail, entity)
            is_opaque = b"smime-type=signed-data" in left
            equal(is_opaque, content == IRREGULAR[OPAQUE], name)
    # A message that is altered must be noticed.
    left = left.replace(b"A test", b"B test")
    check(not site.ours.verifies(left), "an altered subject")


def _inbound(site, server, bob):
    mail = site.theirs.sign(bob.sign_detached(
        build(BOB, [ALICE], b""), messages.PLAIN[19:]))
    code, text = server.deliver(BOB, [ALICE], mail)
    equal(code, 250, text)
    left = server.sink.take(lambda m: True).data
    contains(left, b"dkim=pass", "the verifier's field")
    check(left.endswith(mail), "the mail was changed")
    site.wait_contact(BOB, bob.fingerprint())
    code, text = server.deliver(BOB, [ALICE],
                                mail.replace(b"A test", b"B test"))
    equal(code, 250, text)
    absent(server.sink.take(lambda m: True).data, b"dkim=pass",
           "the verifier's field")


def _encrypted(site, server, bob):
    mail, left = site.through(server, CAROL, HTML, "encrypted")
    contains(left, b"enveloped-data")
    check(site.ours.verifies(left), "DKIM")
    same_content(mail, site.verify(bob.decrypt(left))[0])


def _wrong_order(site, server):
    for name, content in KINDS.items():
        left = site.through(server, ALICE, content, name)[1]
        site.verify(left)
        check(not site.ours.verifies(left), f"DKIM before us: {name}")


def _declare(module):
    name = module.Server.__name__

    @case(f"{name}: opendkim behind us; DKIM and S/MIME verify, in and out")
    def _(site):
        bob = site.com.issue(BOB)
        with site.server(module, site.socket, site.signer.socket) as server:
            _outbound(site, server)
            _inbound(site, server, bob)
            _encrypted(site, server, bob)

    @case(f"{name}: a guard behind both; both verify without its field")
    def _(site):
        site.reconfigure(more=site.seal_setting())
        with Guard(site) as guard, site.server(
                module, site.socket, site.signer.socket,
                guard.socket) as server:
            before = guard.milter.output().count("seal-intact")
            for kind in list(KINDS)[:3]:
                mail, left = site.through(server, ALICE, KINDS[kind], kind)
                absent(left, b"X-SMIME-Seal", kind)
                check(site.ours.verifies(left), f"DKIM: {kind}")
                same_content(mail, site.verify(left)[0])
            equal(guard.milter.output().count("seal-intact"), before + 3)
        site.reconfigure(more="")

    @case(f"{name}: opendkim before us; its signature is lost")
    def _(site):
        with site.server(module, site.signer.socket, site.socket) as server:
            _wrong_order(site, server)


for _module in (postfix, sendmail):
    _declare(_module)

if __name__ == "__main__":
    tap.main(Fixture)
