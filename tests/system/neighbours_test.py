#!/usr/bin/python3
"""Mail from outside, with opendkim and a virus scanner before and behind us at
the same real mail server: in the order that the manual gives each sees what it
has to see, in the other one it does not."""

import contextlib
import time

import clamav
import mailserver
import messages
import opendkim
import openssl
import postfix
import sendmail
import tap
from messages import build
from tap import absent, case, check, contains, equal
from testsite import Site

ALICE = "alice@example.org"
FRANK = "frank@example.org"      # has no key
BOB = "bob@example.com"
CLEAN = b"Content-Type: text/plain\r\n\r\nHello.\r\n"
INFECTED = b"Content-Type: text/plain\r\n\r\n" + clamav.EICAR + b"\r\n"
TRIES = 5


class Fixture(Site):
    """A site, and milters to be its neighbours."""

    def __enter__(self):
        reason = opendkim.unavailable() or clamav.unavailable()
        if reason:
            raise tap.Skip(reason)
        self.running = contextlib.ExitStack()
        return super().__enter__()

    def prepare(self):
        self.key = opendkim.Key("example.com")
        self.running.callback(self.key.close)
        self.dkim = self.running.enter_context(
            opendkim.Opendkim(self.key, opendkim.VERIFY))
        self.scanner = self.running.enter_context(clamav.Clamav())
        com = openssl.Authority(self.folder / "tmp" / "com", "Example Com")
        self.trust(com)
        self.restart_milter()
        self.bob = com.issue(BOB, "ec:P-256")
        self.alice = com.issue(ALICE, "rsa:2048")
        self.add_user(ALICE)
        self.import_key(ALICE, self.alice)

    def __exit__(self, *_):
        self.running.close()
        super().__exit__()

    def diagnose(self):
        return (super().diagnose() + self.dkim.diagnose() +
                self.scanner.diagnose())

    @contextlib.contextmanager
    def server(self, module, *milters):
        """A mail server that asks these milters about mail from outside, and
        of copies, behind us, those that stand behind us there."""
        reason = module.unavailable()
        if reason:
            raise tap.Skip(reason)
        behind = list(milters[milters.index(self.socket):])
        server = module.Server([self.socket], [ALICE],
                               mx_milters=list(milters),
                               reinject_milters=behind)
        self.write_settings(more=mailserver.reinjection(server.reinject))
        self.restart_milter()
        with server:
            yield server

    def signed(self, entity=CLEAN):
        """With S/MIME by Bob, and with DKIM by his mail server."""
        return self.key.sign(self.bob.sign_detached(
            build(BOB, [ALICE], b""), entity))

    def encrypted(self, entity):
        """To Alice, and with DKIM by Bob's mail server."""
        return self.key.sign(self.alice.encrypt(
            build(BOB, [ALICE], b""), entity))


def hand_in(server, recipients, mail):
    """As any mail server does: what is refused for now comes again.  On a slow
    machine one of four daemons may have waited too long for another."""
    for _ in range(TRIES):
        code, text = server.deliver(BOB, recipients, mail)
        if not 400 <= code < 500:
            break
        tap.note(f"to be tried again: {code} {text}\n{server.diagnose()}")
        time.sleep(1)
    equal(code, 250, text)


def through(server, mail, *others):
    """What Alice gets of it."""
    hand_in(server, [ALICE, *others], mail)
    return arrived(server, mail, ALICE)


def arrived(server, mail, name):
    wanted = messages.message_id(mail)
    return server.sink.take(
        lambda m: wanted in m.data and name in m.recipients).data


def head_of(message):
    return message.partition(b"\r\n\r\n")[0]


def _documented(site, server):
    """opendkim, then we, then the scanner."""
    mail = site.signed()
    left = through(server, mail)
    contains(head_of(left), b"dkim=pass", "opendkim's results in our name")
    contains(head_of(left), b"smime=pass", "our results")
    equal(messages.status_of(left)[0], "valid")
    check(left.endswith(mail), "the message itself")

    left = through(server, site.encrypted(CLEAN))
    contains(head_of(left), b"dkim=pass", "of what was encrypted")
    contains(left, b"Hello.")
    contains(left, b"X-Virus-Status: Clean")

    left = through(server, site.encrypted(INFECTED))
    equal(messages.status_of(left)[1]["decrypted"], "yes")
    contains(left, clamav.EICAR)
    contains(left, b"X-Virus-Status: Infected")


def _split(site, server):
    """Frank cannot read it: Alice's copy comes by another way."""
    mail = site.encrypted(INFECTED)
    left = through(server, mail, FRANK)
    contains(left, clamav.EICAR)
    contains(left, b"X-Virus-Status: Infected")
    left = arrived(server, mail, FRANK)
    absent(left, clamav.EICAR)
    contains(left, b"X-Virus-Status: Clean")


def _forged(site, server):
    """Fields in our name from outside: ours go, opendkim's stay true."""
    mail = b"".join([
        b"Authentication-Results: mx.example.org; smime=pass\r\n",
        b"X-SMIME-Status: valid; signer=ceo@example.org\r\n",
        site.encrypted(CLEAN)])
    left = through(server, mail)
    absent(left, b"ceo@example.org")
    equal(head_of(left).count(b"smime="), 1, "results in our name")
    contains(head_of(left), b"dkim=pass")


def _reversed(site, server):
    """The scanner, then we, then opendkim."""
    left = through(server, site.encrypted(INFECTED))
    contains(left, clamav.EICAR)
    contains(left, b"X-Virus-Status: Clean", "it has seen ciphertext")
    absent(head_of(left), b"dkim=pass", "it has seen another body")

    mail = site.signed()
    left = through(server, mail)
    contains(head_of(left), b"dkim=pass", "nothing signed was changed")
    equal(messages.status_of(left)[0], "valid")


def _declare(module):
    name = module.Server.__name__

    @case(f"{name}: opendkim before us, a virus scanner behind us")
    def _(site):
        with site.server(module, site.dkim.socket, site.socket,
                         site.scanner.socket) as server:
            _documented(site, server)
            _split(site, server)
            _forged(site, server)

    @case(f"{name}: the other way round neither sees what it should")
    def _(site):
        with site.server(module, site.scanner.socket, site.socket,
                         site.dkim.socket) as server:
            _reversed(site, server)


for _module in (postfix, sendmail):
    _declare(_module)

if __name__ == "__main__":
    tap.main(Fixture)
