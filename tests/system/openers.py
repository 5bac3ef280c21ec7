"""Programs that others wrote as readers of encrypted mail, all in one shape.

Opener(folder, authority, people).open([Letter, ...]) tells for each letter
what became of it, as {kind of key: Opened} for the kinds of keys that its
recipients have, "rsa" or "ec".  people are all whose keys the reader gets, as
far as it can hold such keys.
"""

import base64
import collections

import openssl
import readers
from readers import need, run, words_of

BOUNCY_SOURCE = readers.BOUNCY_SOURCE.with_name("BouncyOpener.java")

# content: what is inside, None when not every recipient with such a key can
# open it.  text: what the reader says.
Opened = collections.namedtuple("Opened", "content text")


class Letter:
    """An encrypted message, and the identities that it is for."""

    def __init__(self, data, recipients):
        self.data = data
        self.recipients = recipients
        self.head, _, body = data.partition(b"\r\n\r\n")
        self.cms = base64.b64decode(body)

    def of_kind(self, kind):
        return [who for who in self.recipients if kind_of(who) == kind]

    def kinds(self):
        return sorted({kind_of(who) for who in self.recipients})

    def with_other_end(self):
        """A copy with another last octet."""
        cms = self.cms[:-1] + bytes([self.cms[-1] ^ 1])
        return Letter(self.head + b"\r\n\r\n" +
                      openssl.lines_of_base64(cms), self.recipients)


def kind_of(who):
    return who.kind.partition(":")[0]


def joined(parts):
    """Of several recipients: the first failure, or what all of them read."""
    for part in parts:
        if part.content is None:
            return part
    if len({part.content for part in parts}) != 1:
        return Opened(None, "recipients read different things")
    return parts[0]


def pkcs12(who, out, name="key"):
    """Old algorithms: gpgsm 2.2 reads no others."""
    openssl.run("pkcs12", "-export", "-name", name, "-keypbe",
                "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES", "-macalg",
                "sha1", "-inkey", who.key, "-in", who.certificate, "-passout",
                "pass:x", "-out", out)
    return out


class Opener:
    """For readers that take one letter and one recipient at a time."""

    def open(self, letters):
        return [{kind: joined([self.open_one(letter, who)
                               for who in letter.of_kind(kind)])
                 for kind in letter.kinds()} for letter in letters]


class OpensslCms(Opener, readers.OpensslCms):
    """The openssl command, with the message by its own MIME parser."""

    def __init__(self, folder, authority, _people):
        super().__init__(folder, authority.root)

    def open_one(self, letter, who):
        done = openssl.run(self.name.split()[1], "-decrypt", "-recip",
                           who.certificate, "-inkey", who.key,
                           data=letter.data, check=False)
        return Opened(done.stdout if done.returncode == 0 else None,
                      done.stderr.decode("utf-8", "replace"))


class OpensslSmime(OpensslCms):
    """What mutt calls unless it is told otherwise."""

    name = "openssl smime"


class Gpgsm(readers.Gpgsm):
    """GnuPG's S/MIME program: with RSA keys, for version 2.2 dies of an EC key
    in PKCS#12."""

    def __init__(self, folder, authority, people):
        super().__init__(folder, authority.root)
        self.run("--import", authority.intermediate,
                 *[who.certificate for who in people])
        for who in people:
            if kind_of(who) == "rsa":
                self._import_key(who)

    def _import_key(self, who):
        # It misreads one PKCS#12 file in 25, by the salt that is in it.
        for _ in range(10):
            done = self.run("--import", pkcs12(who, self.folder / "p12"),
                            check_status=False)
            if done.returncode == 0:
                return
        raise AssertionError("gpgsm takes no key:\n" + done.stderr.decode())

    def open(self, letters):
        return [self._open(letter) for letter in letters]

    def _open(self, letter):
        """By whichever of the keys fits."""
        done = self.run("--decrypt", self.file("cms", letter.cms),
                        check_status=False)
        found = Opened(done.stdout if done.returncode == 0 else None,
                       done.stderr.decode("utf-8", "replace"))
        return {kind: found if kind == "rsa" else
                Opened(None, "it cannot hold such a key: " + found.text)
                for kind in letter.kinds()}


class Nss(readers.Nss):
    """Mozilla's library, by its cmsutil."""

    def __init__(self, folder, authority, people):
        need("pk12util")
        super().__init__(folder, authority.root)
        self.add_certificate("intermediate", authority.intermediate)
        for number, who in enumerate(people):
            run(["pk12util", "-i",
                 pkcs12(who, self.folder / "p12", f"key{number}"), "-d",
                 self.database, "-W", "x"])

    def open(self, letters):
        return [dict.fromkeys(letter.kinds(), self._open(letter))
                for letter in letters]

    def _open(self, letter):
        """By whichever of the keys fits."""
        done = super().run("-D", "-i", self.file("cms", letter.cms),
                           check_status=False)
        return Opened(done.stdout if done.returncode == 0 else None,
                      words_of(done))


class BouncyCastle(readers.BouncyCastle):
    """Bouncy Castle and JavaMail, all letters in one run."""

    source = BOUNCY_SOURCE

    def __init__(self, folder, authority, _people):
        super().__init__(folder, authority.root)

    def open(self, letters):
        jobs = [(number, kind, who) for number, letter in enumerate(letters)
                for kind in letter.kinds() for who in letter.of_kind(kind)]
        paths = [self.file(f"letter{number}", letter.data)
                 for number, letter in enumerate(letters)]
        rows = "".join(f"{paths[number]}\t{who.certificate}\t{who.key}\n"
                       for number, _, who in jobs)
        lines = self.run(self.file("list", rows.encode()))
        found = [collections.defaultdict(list) for _ in letters]
        for row, (number, kind, _) in enumerate(jobs):
            word, _, text = lines[row].partition("\t")
            content = None
            if word == "opened":
                content = paths[number].with_name(
                    f"letter{number}.{row}").read_bytes()
            found[number][kind].append(Opened(content, text))
        return [{kind: joined(parts) for kind, parts in of_letter.items()}
                for of_letter in found]
