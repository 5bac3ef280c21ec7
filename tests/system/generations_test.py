#!/usr/bin/python3
"""A user with three generations of certificates reads mail encrypted to each
of them, as does one who has retired: through the daemon, as it decrypts mail
from outside."""

import itertools

import messages
import openssl
from tap import case, check, contains, equal, main
from testsite import Site

ALICE = "alice@example.org"
ROSE = "rose@example.org"        # has retired
CAROL = "carol@example.org"      # her mail stays encrypted
BOB = "bob@example.com"
SECRET = b"Only for old keys."
ENTITY = b"Content-Type: text/plain\r\n\r\n" + SECRET + b"\r\n"

# Name, key, and days: of an expired certificate, one that a renewal has
# replaced with the same key, and the current one.
EXPIRED = {"start": "20190101000000Z", "end": "20210101000000Z"}
RENEWED = {"start": "20210101000000Z", "end": "20990101000000Z"}


class Fixture(Site):
    """Users whose keys have a history."""

    def prepare(self):
        self.org = openssl.Authority(self.folder / "tmp" / "org", "Org")
        self.trust(self.org)
        self.restart_milter()
        self.bob = self.org.issue(BOB, "ec:P-256")
        expired = self.org.issue(ALICE, "rsa:2048", **EXPIRED)
        first = self.org.issue(ALICE, "ec:P-256", **RENEWED)
        self.alice = {
            "expired": expired,
            "renewed": first,
            "the same key once more": self.org.issue(
                ALICE, "ec:P-256", key=first.key),
            "current": self.org.issue(ALICE, "rsa:2048"),
        }
        self.add_user(ALICE)
        for who in self.alice.values():
            self.keep(ALICE, who)
        self.rose = [self.org.issue(ROSE, "rsa:2048", **EXPIRED),
                     self.org.issue(ROSE, "ec:P-256")]
        self.add_user(ROSE)
        for who in self.rose:
            self.keep(ROSE, who)
        self.smimectl("user", "retire", ROSE)
        self.carol = self.org.issue(CAROL, "ec:P-256")
        self.add_user(CAROL, "--decrypt", "off")
        self.keep(CAROL, self.carol)

    def keep(self, address, who):
        """Imports a key, also one whose certificate has expired."""
        bundle = self.for_smimectl(who.pkcs12("x").read_bytes())
        word = self.for_smimectl(b"x\n")
        self.smimectl("key", "import", address, bundle, "--passphrase-file",
                      word, "--archive")

    def deliver(self, data, *recipients):
        verdict = self.send(BOB, recipients, data)
        check(verdict.accepted, verdict.reply)
        return verdict.data

    def letter(self, recipients, *people, entity=ENTITY):
        """A message that those certificates can read."""
        certificates = [who.certificate for who in people]
        cms = openssl.run("cms", "-encrypt", "-binary", "-outform", "DER",
                          "-aes-256-cbc", *certificates, data=entity).stdout
        return messages.build(BOB, recipients, b"".join([
            b"MIME-Version: 1.0\r\nContent-Type: application/pkcs7-mime; "
            b'smime-type=enveloped-data; name="smime.p7m"\r\n'
            b"Content-Transfer-Encoding: base64\r\n\r\n",
            openssl.lines_of_base64(cms)]))


def assert_read(site, data, *recipients):
    delivered = site.deliver(data, *recipients)
    contains(delivered, SECRET)
    word, facts = messages.status_of(delivered)
    equal((word, facts["decrypted"], facts["integrity"]),
          ("unsigned", "yes", "unknown"))


def assert_closed(site, data, *recipients):
    delivered = site.deliver(data, *recipients)
    equal(messages.unmarked(delivered), data)
    equal(messages.status_of(delivered), (
        "unsigned", {"encrypted": "yes", "decrypted": "no"}))


@case("every certificate that a user ever had, one at a time")
def _(site):
    for who in site.alice.values():
        assert_read(site, site.letter([ALICE], who), ALICE)


@case("any two of them in one message")
def _(site):
    for pair in itertools.permutations(site.alice.values(), 2):
        assert_read(site, site.letter([ALICE], *pair), ALICE)


@case("one of them beside strangers")
def _(site):
    for who in site.alice.values():
        assert_read(site, site.letter([ALICE, BOB], site.bob, who), ALICE)


@case("the log names the certificate that opened it")
def _(site):
    for who in site.alice.values():
        assert_read(site, site.letter([ALICE], who), ALICE)
        line = site.wait_log(f" cert={who.fingerprint()[:16]}")
        contains(line, ": decrypted ")


@case("who has retired reads what was encrypted to him")
def _(site):
    for who in site.rose:
        assert_read(site, site.letter([ROSE], who), ROSE)


@case("a retired user and one in office, each by an old certificate")
def _(site):
    data = site.letter([ALICE, ROSE], site.rose[0], site.alice["expired"])
    assert_read(site, data, ALICE, ROSE)


@case("signed inside: valid, though the certificate outside has expired")
def _(site):
    inside = site.bob.sign_detached(b"", ENTITY).partition(
        b"MIME-Version: 1.0\r\n")[2]
    delivered = site.deliver(site.letter([ALICE], site.alice["expired"],
                                         entity=inside), ALICE)
    word, facts = messages.status_of(delivered)
    equal((word, facts["signer"], facts["integrity"]),
          ("valid", BOB, "signed"))
    contains(delivered, SECRET)


@case("ciphertext stays: of a stranger's key, and where decrypt is off")
def _(site):
    assert_closed(site, site.letter([ALICE], site.bob), ALICE)
    assert_closed(site, site.letter([ALICE], site.rose[1]), ALICE)
    assert_closed(site, site.letter([CAROL], site.carol), CAROL)


@case("without a listener for copies all can read it, or nobody does")
def _(site):
    data = site.letter([ALICE, ROSE], site.alice["current"])
    assert_closed(site, data, ALICE, ROSE)


@case("at the end the daemons are alive and have said nothing of errors")
def _(site):
    site.check_quiet()


main(Fixture)
