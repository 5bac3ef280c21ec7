#!/usr/bin/python3
"""The openssl command, gpgsm and NSS open what milter/smime encrypts, and it
reads what they make.  They were written by others, and each of them by
different ones.  What none of them can do (AES-GCM in part) is judged by
OpenSSL's library in the unit tests; signatures have a test of their own,
readers_test.py.
"""

import base64
import contextlib
import os
import pathlib
import tempfile

import openers
import openssl
from processes import Process, can_connect
from readers import run
from tap import case, check, contains, equal, main

BUILD = pathlib.Path(os.environ.get("top_builddir", "."))
TOOL = BUILD / "tests/tools/smime_tool"
KEYD = BUILD / "smime-keyd"

ENTITY = b"Content-Type: text/plain\r\n\r\nHello,\r\n\r\nthis is it.\r\n"
LARGE = b"Content-Type: text/plain\r\n\r\n" + b"0123456789abcdef\r\n" * 60000

OPAQUE = (b"Content-Type: application/pkcs7-mime; name=smime.p7m\r\n"
          b"Content-Transfer-Encoding: base64\r\n\r\n")


class Site:
    """An authority, three people, and an smime-keyd."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.authority = openssl.Authority(self.folder / "ca", "Org")
        self.root = self.authority.root
        self.alice = self.authority.issue("alice@example.org", "rsa:2048")
        self.bob = self.authority.issue("bob@example.net", "rsa:3072")
        self.carol = self.authority.issue("carol@example.com", "ec:P-256")
        self.socket = self.folder / "run" / "keyd.sock"
        self.socket.parent.mkdir(mode=0o700)
        self._keyd = None
        self._gpgsm = None
        self._nss = None

    def __enter__(self):
        key = self.folder / "key"
        run([KEYD, "-k", f"new:{key}"])
        self._keyd = Process("smime-keyd",
                             [KEYD, "-f", "-s", self.socket, "-k", key],
                             self.folder / "keyd.log")
        try:
            self._keyd.wait_ready(lambda: can_connect(str(self.socket)),
                                  "its socket")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self._keyd.stop()
        if self._gpgsm:
            self._gpgsm.close()

    def diagnose(self):
        return self._keyd.output()

    def tool(self, *words, data, status=0):
        done = run([TOOL, *words], data=data, check_status=False)
        equal(done.returncode, status, done.stderr.decode())
        return done.stdout

    def sign(self, who, how="sign", data=ENTITY):
        return self.tool(how, self.socket, who.certificate, who.key,
                         self.authority.intermediate, data=data)

    def encrypt(self, *recipients, cipher="aes256-cbc", how="encrypt",
                data=ENTITY):
        return self.tool(how, cipher, *[r.certificate for r in recipients],
                         data=data)

    def decrypt(self, message, *people, status=0):
        files = [f for p in people for f in (p.certificate, p.key)]
        return self.tool("decrypt", self.socket, *files, data=message,
                         status=status)

    def verify(self, message, address):
        """The facts as a dictionary, and the opaque content."""
        out = self.tool("verify", self.root, address, 0, data=message)
        head, _, content = out.partition(b"\n\n")
        return dict(line.partition("=")[::2]
                    for line in head.decode().splitlines()), content

    def gpgsm(self):
        self._gpgsm = self._gpgsm or openers.Gpgsm(
            self.folder / "gnupg", self.authority, self.people())
        return self._gpgsm

    def nss(self):
        self._nss = self._nss or openers.Nss(
            self.folder / "nss", self.authority, self.people())
        return self._nss

    def people(self):
        return [self.alice, self.bob, self.carol]


def file_of(site, name, data):
    path = site.folder / name
    path.write_bytes(data)
    return path


def der_of(message):
    """The CMS of an application/pkcs7-mime message."""
    return base64.b64decode(message.partition(b"\r\n\r\n")[2], validate=False)


def opaque_message(der):
    return OPAQUE + openssl.lines_of_base64(der)


def detached_message(entity, der):
    return (b'Content-Type: multipart/signed; boundary="b"; micalg=sha-256;\r\n'
            b'\tprotocol="application/pkcs7-signature"\r\n\r\n--b\r\n' +
            entity + b"\r\n--b\r\nContent-Type: application/pkcs7-signature"
            b"\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
            openssl.lines_of_base64(der) + b"--b--\r\n")


def assert_valid(site, message, who):
    facts, content = site.verify(message, who.address)
    equal((facts["status"], facts["detail"]), ("valid", ""), "verdict")
    return facts, content


# --- openssl ---

@case("openssl verifies our detached signatures")
def _(site):
    for how in ("sign", "sign-pss"):
        message = site.sign(site.alice, how)
        entity, signer = openssl.verify(message, site.root, site.folder)
        equal(entity, ENTITY)
        equal(openssl.certificate_serial(signer), site.alice.serial())
    for curve in ("P-256", "P-384", "P-521"):
        who = site.authority.issue("dave@example.org", f"ec:{curve}")
        message = site.sign(who)
        openssl.verify(message, site.root, site.folder)
        contains(message, {"P-256": b"micalg=sha-256",
                           "P-384": b"micalg=sha-384",
                           "P-521": b"micalg=sha-512"}[curve])


@case("openssl verifies our opaque signatures")
def _(site):
    for data in (ENTITY, LARGE):
        message = site.sign(site.alice, "sign-opaque", data)
        content, _ = openssl.verify(message, site.root, site.folder)
        equal(content == data, True, "content")


@case("openssl sees every change to what we signed")
def _(site):
    for how in ("sign", "sign-opaque"):
        message = site.sign(site.alice, how)
        at = len(message) // 2
        if how == "sign":
            at = message.index(b"Hello")
        changed = bytearray(message)
        changed[at] = ord("x") if changed[at] != ord("x") else ord("y")
        with contextlib.suppress(openssl.Failed):
            openssl.verify(bytes(changed), site.root, site.folder)
            raise AssertionError("openssl verifies a changed message")
        facts, _ = site.verify(bytes(changed), site.alice.address)
        check(facts["status"] != "valid", "so do we")


@case("openssl opens what we encrypt")
def _(site):
    for cipher in ("aes256-cbc", "aes128-cbc", "aes256-gcm", "aes128-gcm"):
        for how in ("encrypt", "encrypt-oaep"):
            message = site.encrypt(site.alice, site.carol, site.bob,
                                   cipher=cipher, how=how)
            equal(openssl.recipient_count(message), 3)
            for who in (site.alice, site.bob, site.carol):
                equal(who.decrypt(message), ENTITY, f"{cipher} {how}")
    equal(site.bob.decrypt(site.encrypt(site.bob, data=LARGE)) == LARGE, True)


@case("what openssl signs is valid")
def _(site):
    options = [[], ["-keyid"], ["-noattr"], ["-md", "sha512"],
               ["-keyopt", "rsa_padding_mode:pss"]]
    for option in options:
        for who in (site.alice, site.carol):
            if who is site.carol and "-keyopt" in option:
                continue
            der = who.cms_sign(ENTITY, *option)
            assert_valid(site, detached_message(ENTITY, der), who)
            # OpenSSL 3.0 cannot stream with options of the key.
            stream = [] if "-keyopt" in option else ["-stream"]
            der = who.cms_sign(ENTITY, "-nodetach", *stream, *option)
            _, content = assert_valid(site, opaque_message(der), who)
            equal(content, ENTITY)


@case("what openssl encrypts is opened")
def _(site):
    rsa = [[], ["-keyid"], ["-keyopt", "rsa_padding_mode:oaep"],
           ["-keyopt", "rsa_padding_mode:oaep", "-keyopt",
            "rsa_oaep_md:sha256"]]
    ec = [[], ["-keyid"], ["-keyopt", "ecdh_kdf_md:sha256"],
          ["-keyopt", "ecdh_kdf_md:sha512"]]
    for cipher in ("-aes128", "-aes192", "-aes256", "-aes-256-gcm"):
        for who, options in ((site.alice, rsa), (site.carol, ec)):
            for option in options:
                der = openssl.run(
                    "cms", "-encrypt", "-binary", "-stream", "-outform",
                    "DER", cipher, "-recip", who.certificate, *option,
                    data=LARGE).stdout
                equal(site.decrypt(opaque_message(der), who) == LARGE, True,
                      f"{cipher} {option}")


@case("who is no recipient is told so, and only that")
def _(site):
    message = site.encrypt(site.alice)
    equal(site.decrypt(message, site.bob, site.carol, status=3), b"")


# --- gpgsm ---

@case("gpgsm opens what we encrypt")
def _(site):
    gpgsm = site.gpgsm()
    for cipher in ("aes256-cbc", "aes128-cbc"):
        message = site.encrypt(site.bob, site.carol, site.alice,
                               cipher=cipher)
        done = gpgsm.run("--decrypt", file_of(site, "m", der_of(message)))
        equal(done.stdout, ENTITY)


@case("what gpgsm signs is valid")
def _(site):
    gpgsm = site.gpgsm()
    content = file_of(site, "content", ENTITY)
    out = site.folder / "signed"
    gpgsm.run("-u", site.alice.address, "-o", out, "--detach-sign", content)
    assert_valid(site, detached_message(ENTITY, out.read_bytes()), site.alice)
    gpgsm.run("-u", site.alice.address, "-o", out, "--sign", content)
    _, got = assert_valid(site, opaque_message(out.read_bytes()), site.alice)
    equal(got, ENTITY)


@case("what gpgsm encrypts is opened")
def _(site):
    gpgsm = site.gpgsm()
    content = file_of(site, "content", LARGE)
    out = site.folder / "encrypted"
    for cipher in ("AES128", "AES256", "3DES"):
        gpgsm.run("--cipher-algo", cipher, "-r", site.bob.address, "-r",
                  site.alice.address, "-o", out, "--encrypt", content)
        for who in (site.alice, site.bob):
            got = site.decrypt(opaque_message(out.read_bytes()), who)
            equal(got == LARGE, True, cipher)


# --- NSS ---

@case("NSS opens what we encrypt")
def _(site):
    # Not with carol among them: NSS 3.87 cannot even read a message that
    # has a key agreement, by whomever it was written.
    nss = site.nss()
    for cipher in ("aes256-cbc", "aes128-cbc"):
        message = site.encrypt(site.bob, site.alice, cipher=cipher)
        done = nss.run("-D", "-i", file_of(site, "m", der_of(message)))
        equal(done.stdout, ENTITY)


@case("what NSS signs is valid, and its key preference is understood")
def _(site):
    nss = site.nss()
    content = file_of(site, "content", ENTITY)
    out = site.folder / "signed"
    for who, name in ((site.alice, "key0"), (site.carol, "key2")):
        nss.run("-S", "-N", name, "-T", "-G", "-H", "SHA256", "-Y", name,
                "-i", content, "-o", out)
        facts, _ = assert_valid(
            site, detached_message(ENTITY, out.read_bytes()), who)
        equal(int(facts["preferred"], 16), who.serial(), "preference")
        nss.run("-S", "-N", name, "-G", "-H", "SHA512", "-i", content, "-o",
                out)
        _, got = assert_valid(site, opaque_message(out.read_bytes()), who)
        equal(got, ENTITY)


@case("what NSS encrypts is opened")
def _(site):
    nss = site.nss()
    out = site.folder / "encrypted"
    nss.run("-E", "-r", f"{site.bob.address},{site.alice.address}", "-i",
            file_of(site, "content", LARGE), "-o", out)
    for who in (site.alice, site.bob):
        got = site.decrypt(opaque_message(out.read_bytes()), who)
        equal(got == LARGE, True)


@contextlib.contextmanager
def fixture():
    with tempfile.TemporaryDirectory(prefix="smime-judge.") as folder:
        with Site(folder) as site:
            yield site


main(fixture)
