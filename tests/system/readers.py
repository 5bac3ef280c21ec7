"""Programs that others wrote as readers of signed mail, all in one shape.

Reader(folder, root).verify([Mail, ...]) gives a Verdict for each; root is the
only authority that is believed.  A reader keeps what it needs in its folder,
and touches nothing of the account's.
"""

import base64
import collections
import ctypes
import hashlib
import os
import pathlib
import re
import shutil
import subprocess

import openssl
from tap import Skip

BOUNCY_SOURCE = (pathlib.Path(__file__).resolve().parent.parent / "tools" /
                 "BouncyReader.java")
JAVA_FOLDER = pathlib.Path("/usr/share/java")
BOUNCY_JARS = ("bcmail", "bcpkix", "bcprov", "bcutil", "javax.mail",
               "javax.activation")

# signer: how the reader names the certificate, by address or fingerprint
# (SHA-1 or SHA-256 in small hex).  content: what it shows as signed.  text:
# what it said.
Verdict = collections.namedtuple("Verdict", "accepted signer content text")


class Mail:
    """A signed message, taken apart byte by byte.

    content is None when it is inside cms, the DER."""

    def __init__(self, data):
        self.data = data
        self.detached = re.search(rb"(?im)^content-type:\s*multipart/signed",
                                  data) is not None
        if self.detached:
            self.content, self.cms = openssl.signed_parts(data)
        else:
            self.content = None
            self.cms = base64.b64decode(data.partition(b"\r\n\r\n")[2])

    def with_other_content(self, word):
        """A copy with another first letter in word, which is signed."""
        other = bytes([word[0] ^ 1]) + word[1:]
        if self.detached:
            return Mail(_replace(self.data, word, other))
        return self.with_cms(_replace(self.cms, word, other))

    def with_other_signature(self):
        """A copy with another last octet, which is the signature's."""
        return self.with_cms(self.cms[:-1] + bytes([self.cms[-1] ^ 1]))

    def with_cms(self, cms):
        """A copy with another CMS."""
        return Mail(_replace(self.data,
                             openssl.lines_of_base64(self.cms).rstrip(),
                             openssl.lines_of_base64(cms).rstrip()))


def _replace(data, old, new):
    if data.count(old) != 1:
        raise AssertionError(f"{old[:60]!r} is there {data.count(old)} times")
    return data.replace(old, new)


def need(*programs):
    for program in programs:
        if shutil.which(program) is None:
            raise Skip(f"{program} is not installed")


def run(command, data=None, env=None, check_status=True):
    done = subprocess.run([str(word) for word in command], input=data,
                          capture_output=True, env=env, check=False)
    if check_status and done.returncode != 0:
        raise AssertionError(f"{command}: ended with {done.returncode}\n" +
                             done.stderr.decode("utf-8", "replace"))
    return done


def words_of(done):
    return (done.stdout + done.stderr).decode("utf-8", "replace")


class Reader:
    """What readers have in common: mails in files, one after the other."""

    def __init__(self, folder, root):
        self.folder = pathlib.Path(folder)
        self.root = pathlib.Path(root)
        self.folder.mkdir(mode=0o700)

    def close(self):
        """Ends what was started."""

    def verify(self, mails):
        return [self.verify_one(mail) for mail in mails]

    def file(self, name, data):
        path = self.folder / name
        path.write_bytes(data)
        return path


class OpensslCms(Reader):
    """The openssl command: the message by its own MIME parser, and detached
    signatures once more over the exact octets."""

    name = "openssl cms"

    @staticmethod
    def version():
        return openssl.run("version").stdout.decode().split()[1]

    def verify_one(self, mail):
        signer, out = self.folder / "signer", self.folder / "out"
        command = self.name.split()[1]
        options = [command, "-verify", "-purpose", "smimesign", "-CAfile",
                   self.root, "-no-CApath", "-no-CAstore"]
        exact = None
        if mail.detached:
            exact = openssl.run(*options, "-binary", "-inform", "DER",
                                "-content", self.file("in", mail.content),
                                data=mail.cms, check=False)
            if exact.returncode != 0:
                return Verdict(False, None, None, words_of(exact))
        done = openssl.run(*options, *([] if mail.detached else ["-binary"]),
                           "-signer", signer, "-out", out, data=mail.data,
                           check=False)
        if done.returncode != 0:
            return Verdict(False, None, None, words_of(done))
        return Verdict(True, certificate_fingerprint(signer, "sha256"),
                       out.read_bytes(), words_of(done))


class OpensslSmime(OpensslCms):
    """What mutt calls unless it is told otherwise."""

    name = "openssl smime"


def certificate_fingerprint(path, digest):
    """In small hex, of the first certificate of a PEM file."""
    return hashlib.new(digest, openssl.certificate(path)).hexdigest()


class Gpgsm(Reader):
    """GnuPG's S/MIME program."""

    name = "gpgsm"

    def __init__(self, folder, root):
        need("gpgsm", "gpgconf")
        super().__init__(folder, root)
        self.env = {**os.environ, "GNUPGHOME": str(self.folder)}
        self.file("gpgsm.conf", b"disable-crl-checks\ndisable-dirmngr\n"
                  b"disable-policy-checks\n")
        self.file("gpg-agent.conf", b"allow-loopback-pinentry\n")
        fingerprint = certificate_fingerprint(self.root, "sha1").upper()
        self.file("trustlist.txt", f"{fingerprint} S relax\n".encode())
        self.run("--import", self.root)

    def close(self):
        # Its agent would wait for ever.
        run(["gpgconf", "--kill", "all"], env=self.env, check_status=False)

    def version(self):
        return self.run("--version").stdout.decode().split()[2]

    def run(self, *words, check_status=True):
        """With "x" as the passphrase, for those who import keys."""
        return run(["gpgsm", "--batch", "--yes", "--pinentry-mode",
                    "loopback", "--passphrase-fd", "0", *words], data=b"x\n",
                   env=self.env, check_status=check_status)

    def verify_one(self, mail):
        out = self.folder / "out"
        files = [self.file("cms", mail.cms)]
        if mail.detached:
            files.append(self.file("in", mail.content))
        done = self.run("--status-fd", "2", "-o", out, "--verify", *files,
                        check_status=False)
        valid = re.search(rb"(?m)^\[GNUPG:\] VALIDSIG (\S+)", done.stderr)
        trusted = re.search(rb"(?m)^\[GNUPG:\] TRUST_FULLY", done.stderr)
        if done.returncode != 0 or not valid or not trusted:
            return Verdict(False, None, None, words_of(done))
        return Verdict(True, valid.group(1).decode().lower(),
                       mail.content if mail.detached else out.read_bytes(),
                       words_of(done))


class Nss(Reader):
    """Mozilla's library, by its cmsutil."""

    name = "NSS"

    def __init__(self, folder, root):
        need("certutil", "cmsutil")
        super().__init__(folder, root)
        self.database = f"sql:{self.folder}"
        run(["certutil", "-N", "-d", self.database, "--empty-password"])
        self.add_certificate("root", root, "CT,C,C")

    def add_certificate(self, name, path, trust=",,"):
        run(["certutil", "-A", "-d", self.database, "-n", name, "-t", trust,
             "-i", path])

    @staticmethod
    def version():
        library = ctypes.CDLL("libnss3.so")
        library.NSS_GetVersion.restype = ctypes.c_char_p
        return library.NSS_GetVersion().decode()

    def run(self, *words, check_status=True):
        return run(["cmsutil", *words, "-d", self.database],
                   check_status=check_status)

    def verify_one(self, mail):
        out = self.folder / "out"
        files = ["-i", self.file("cms", mail.cms)]
        if mail.detached:
            files += ["-c", self.file("in", mail.content)]
        done = self.run("-D", "-h", "0", "-o", out, *files,
                        check_status=False)
        # -h 0 puts a description of the message above the content.
        head, _, content = out.read_bytes().partition(b"type=data; \n")
        text = words_of(done) + head.decode("latin-1")
        signers = re.findall(r'signer\d+\.id="(.*)"; '
                             r"signer\d+\.status=(\w+)", text)
        if done.returncode != 0 or len(signers) != 1 or \
                signers[0][1] != "GoodSignature":
            return Verdict(False, None, None, text)
        return Verdict(True, signers[0][0], content, text)


class BouncyCastle(Reader):
    """Bouncy Castle and JavaMail."""

    name = "Bouncy Castle"
    source = BOUNCY_SOURCE

    def __init__(self, folder, root):
        need("java")
        super().__init__(folder, root)
        jars = [JAVA_FOLDER / f"{name}.jar" for name in BOUNCY_JARS]
        for jar in jars:
            if not jar.exists():
                raise Skip(f"{jar} is not installed")
        # One short run: a quick start counts, not the best code.
        self.command = ["java", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
                        "-Xshare:auto", "-cp", ":".join(map(str, jars)),
                        self.source]
        self._version = None

    def version(self):
        return self._version

    def run(self, *words):
        """Lines of its output but the first."""
        lines = run([*self.command, *words]).stdout.decode().splitlines()
        self._version = lines.pop(0)
        return lines

    def verify(self, mails):
        paths = [self.file(f"mail{n}", mail.data)
                 for n, mail in enumerate(mails)]
        lines = self.run(self.root, *paths)
        verdicts = []
        for path, line in zip(paths, lines, strict=True):
            word, signer, text = line.split("\t")
            content = path.with_suffix(".content")
            verdicts.append(
                Verdict(word == "accepted", signer,
                        content.read_bytes() if content.exists() else None,
                        text))
        return verdicts
