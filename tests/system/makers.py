"""Programs that others wrote as makers of S/MIME mail, all in one shape.

Maker(folder, authority, people).make([Order, ...]) gives a MIME entity for
each order.  people are all who sign or read; the makers get the private keys
of those who sign, all of them certificates of the authority.  An order that a
maker has no words for is a mistake of the test: the tests know who makes what.
"""

import collections
import pathlib

import openers
import openssl
import readers
from readers import need, run
from tap import Skip

try:
    from cryptography import __version__ as CRYPTOGRAPHY
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.serialization import pkcs7
except ImportError:
    CRYPTOGRAPHY = None

BOUNCY_SOURCE = readers.BOUNCY_SOURCE.with_name("BouncyMaker.java")

# entity: what to begin with, CRLF, with its Content-* fields.  steps: what to
# do with it, from the inside out.
Order = collections.namedtuple("Order", "entity steps")

# form: "detached" or "opaque".  scheme: "pkcs1", "pss"; "" where the key
# leaves no choice.
Sign = collections.namedtuple("Sign", "who form scheme", defaults=[""])
# cipher: "AES-256-GCM" ..., "3DES".  transport: "pkcs1", "oaep-sha1",
# "oaep-sha256"; "kdf-sha1" and "kdf-sha256" agree on a key.
Encrypt = collections.namedtuple("Encrypt", "who cipher transport")
Compress = collections.namedtuple("Compress", "")


def lines_as_crlf(data):
    return data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def multipart_signed(entity, cms, micalg):
    """What a mail program writes around a detached signature."""
    line = b"--=_made_elsewhere_" + str(len(entity)).encode()
    return b"".join([
        b'Content-Type: multipart/signed; protocol="application/pkcs7-'
        b'signature";\r\n micalg="', micalg.encode(), b'"; boundary="',
        line[2:], b'"\r\n\r\nThis is a cryptographically signed message.\r\n',
        line, b"\r\n", entity, b"\r\n", line,
        b'\r\nContent-Type: application/pkcs7-signature; name="smime.p7s"\r\n'
        b'Content-Transfer-Encoding: base64\r\nContent-Disposition: '
        b'attachment; filename="smime.p7s"\r\n\r\n',
        openssl.lines_of_base64(cms), line, b"--\r\n"])


def pkcs7_mime(cms, kind):
    """What a mail program writes around any other CMS."""
    return b"".join([
        b'Content-Type: application/pkcs7-mime; name="smime.p7m";\r\n '
        b"smime-type=", kind.encode(),
        b'\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: '
        b'attachment; filename="smime.p7m"\r\n\r\n',
        openssl.lines_of_base64(cms)])


class Maker:
    """For makers that take one step at a time."""

    def make(self, orders):
        return [self._make(order) for order in orders]

    def _make(self, order):
        entity = order.entity
        for step in order.steps:
            make = self.sign if isinstance(step, Sign) else self.encrypt
            entity = make(entity, step)
        return entity


class OpensslCms(Maker, readers.Reader):
    """The openssl command, which writes the MIME around it as well."""

    name = "openssl cms"
    version = staticmethod(readers.OpensslCms.version)
    ciphers = {"3DES": "-des3"}

    def __init__(self, folder, authority, _people):
        super().__init__(folder, authority.root)
        self.intermediate = authority.intermediate

    def _run(self, entity, *options):
        return openssl.run(self.name.split()[1], "-binary", "-crlfeol",
                           *options, data=entity).stdout

    def sign(self, entity, step):
        options = ["-nodetach"] if step.form == "opaque" else []
        if step.scheme == "pss":
            options += ["-keyopt", "rsa_padding_mode:pss"]
        return self._run(entity, "-sign", "-signer", step.who.certificate,
                         "-inkey", step.who.key, "-certfile",
                         self.intermediate, "-md", "sha256", *options)

    def encrypt(self, entity, step):
        cipher = self.ciphers.get(step.cipher, "-" + step.cipher.lower())
        way, _, digest = step.transport.partition("-")
        options = []
        if way == "oaep":
            options = ["-keyopt", "rsa_padding_mode:oaep", "-keyopt",
                       f"rsa_oaep_md:{digest}"]
        if way == "kdf":
            options = ["-keyopt", f"ecdh_kdf_md:{digest}"]
        if step.transport == "pkcs1":
            return self._run(entity, "-encrypt", cipher, step.who.certificate)
        return self._run(entity, "-encrypt", cipher, "-recip",
                         step.who.certificate, *options)


class OpensslSmime(OpensslCms):
    """What mutt calls unless it is told otherwise."""

    name = "openssl smime"
    ciphers = {"3DES": "-des3", "AES-128-CBC": "-aes128",
               "AES-192-CBC": "-aes192", "AES-256-CBC": "-aes256"}


class Gpgsm(Maker, openers.Gpgsm):
    """GnuPG's S/MIME program, in the MIME that KMail writes."""

    ciphers = {"AES-128-CBC": "AES128", "AES-192-CBC": "AES192",
               "AES-256-CBC": "AES256", "3DES": "3DES"}
    curves = {"ec:P-256": b"NIST P-256"}

    def __init__(self, folder, authority, people):
        super().__init__(folder, authority, people)
        for who in people:
            if who.kind in self.curves:
                self._plant_key(who)

    def _id(self, who):
        return "0x" + readers.certificate_fingerprint(who.certificate, "sha1")

    def _plant_key(self, who):
        """Where its agent looks: it imports no EC keys."""
        shown = self.run("--with-keygrip", "--list-keys", self._id(who))
        grip = shown.stdout.decode().split("keygrip: ")[1].split()[0]
        key = serialization.load_pem_private_key(who.key.read_bytes(), None)
        point = key.public_key().public_bytes(
            serialization.Encoding.X962,
            serialization.PublicFormat.UncompressedPoint)
        secret = key.private_numbers().private_value.to_bytes(
            (key.key_size + 7) // 8, "big")
        folder = self.folder / "private-keys-v1.d"
        folder.mkdir(mode=0o700, exist_ok=True)
        (folder / f"{grip}.key").write_bytes(expression(
            b"private-key", [b"ecc", [b"curve", self.curves[who.kind]],
                             [b"q", point], [b"d", secret]]))

    def _run(self, entity, *options):
        out = self.folder / "made"
        self.run("-o", out, *options, self.file("entity", entity))
        return out.read_bytes()

    def sign(self, entity, step):
        way = "--sign" if step.form == "opaque" else "--detach-sign"
        cms = self._run(entity, "-u", self._id(step.who), way)
        if step.form == "opaque":
            return pkcs7_mime(cms, "signed-data")
        return multipart_signed(entity, cms, "sha256")

    def encrypt(self, entity, step):
        return pkcs7_mime(
            self._run(entity, "--cipher-algo", self.ciphers[step.cipher],
                      "-r", self._id(step.who), "--encrypt"),
            "enveloped-data")


def expression(*words):
    """A canonical S-expression."""
    return b"(" + b"".join(
        expression(*word) if isinstance(word, list)
        else str(len(word)).encode() + b":" + word for word in words) + b")"


class Nss(Maker, readers.Nss):
    """Mozilla's library, by its cmsutil, in the MIME that Thunderbird
    writes.  It chooses the cipher itself."""

    def __init__(self, folder, authority, people):
        need("pk12util")
        super().__init__(folder, authority.root)
        self.add_certificate("intermediate", authority.intermediate)
        for who in people:
            if who.kind != "ed25519":
                self._import_key(who)

    def _import_key(self, who):
        run(["pk12util", "-i",
             openers.pkcs12(who, self.folder / "p12", who.address), "-d",
             self.database, "-W", "x"])

    def _run(self, entity, *options):
        out = self.folder / "made"
        self.run(*options, "-i", self.file("entity", entity), "-o", out)
        return out.read_bytes()

    def sign(self, entity, step):
        digest = "SHA384" if step.who.kind == "ec:P-384" else "SHA256"
        detached = ["-T"] if step.form == "detached" else []
        cms = self._run(entity, "-S", "-N", step.who.address, "-G", "-P",
                        "-H", digest, *detached)
        if detached:
            return multipart_signed(entity, cms, digest.replace("A", "A-"))
        return pkcs7_mime(cms, "signed-data")

    def encrypt(self, entity, step):
        return pkcs7_mime(self._run(entity, "-E", "-r", step.who.address),
                          "enveloped-data")


class Cryptography(Maker, readers.Reader):
    """python3-cryptography, which only signs."""

    name = "cryptography"

    def __init__(self, folder, authority, _people):
        if CRYPTOGRAPHY is None:
            raise Skip("python3-cryptography is not installed")
        super().__init__(folder, authority.root)
        self.intermediate = x509.load_pem_x509_certificate(
            pathlib.Path(authority.intermediate).read_bytes())

    @staticmethod
    def version():
        return CRYPTOGRAPHY

    def sign(self, entity, step):
        digest = hashes.SHA384() if step.who.kind == "ec:P-384" \
            else hashes.SHA256()
        builder = pkcs7.PKCS7SignatureBuilder().set_data(entity).add_signer(
            x509.load_pem_x509_certificate(step.who.certificate.read_bytes()),
            serialization.load_pem_private_key(step.who.key.read_bytes(),
                                               None), digest)
        builder = builder.add_certificate(self.intermediate)
        if step.form == "detached":
            return lines_as_crlf(builder.sign(
                serialization.Encoding.SMIME,
                [pkcs7.PKCS7Options.DetachedSignature]))
        # What it writes as SMIME is multipart/signed even then.
        return pkcs7_mime(builder.sign(serialization.Encoding.DER,
                                       [pkcs7.PKCS7Options.Binary]),
                          "signed-data")


class BouncyCastle(readers.BouncyCastle):
    """Bouncy Castle, all messages in one run."""

    source = BOUNCY_SOURCE
    signatures = {"rsa:2048": "SHA256withRSA", "ec:P-256": "SHA256withECDSA",
                  "ec:P-384": "SHA384withECDSA", "ed25519": "Ed25519"}
    transports = {"pkcs1": "pkcs1", "oaep-sha1": "oaep-SHA-1",
                  "oaep-sha256": "oaep-SHA-256", "kdf-sha1": "ECDH_SHA1KDF",
                  "kdf-sha256": "ECDH_SHA256KDF"}
    ciphers = {"3DES": "DES_EDE3_CBC"}

    def __init__(self, folder, authority, _people):
        super().__init__(folder, authority.root)
        self.intermediate = authority.intermediate

    def make(self, orders):
        made = [self.folder / f"made{n}" for n in range(len(orders))]
        rows = ["\t".join([str(path),
                           str(self.file(path.name + ".in", order.entity)),
                           *map(self._words, order.steps)])
                for path, order in zip(made, orders)]
        for line, row in zip(self.run(self.file(
                "list", "".join(f"{row}\n" for row in rows).encode())), rows,
                             strict=True):
            if not line.startswith("made\t"):
                raise AssertionError(f"{row}: {line}")
        return [path.read_bytes() for path in made]

    def _words(self, step):
        if isinstance(step, Compress):
            return "compress"
        if isinstance(step, Encrypt):
            cipher = self.ciphers.get(
                step.cipher, step.cipher.replace("-", "", 1).replace("-", "_"))
            return (f"encrypt {cipher} {self.transports[step.transport]} "
                    f"{step.who.certificate}")
        algorithm = self.signatures[step.who.kind]
        if step.scheme == "pss":
            algorithm += "andMGF1"
        return (f"sign {step.form} {algorithm} {step.who.certificate} "
                f"{step.who.key} {self.intermediate}")
