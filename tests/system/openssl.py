"""The openssl command as the other side of the exchange, and as the judge.

Authority issues certificates, Identity is one of its subjects: signs, opens
what is encrypted to it.  verify() and decrypt() judge what smime-milter made.
"""

import base64
import hashlib
import os
import pathlib
import re
import secrets
import shutil
import subprocess

import der
import keys

PROFILE = """
[req]
distinguished_name = dn
prompt = no
[dn]
CN = unused
[root]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[intermediate]
basicConstraints = critical, CA:TRUE, pathlen:0
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid:always
"""

LEAF = """
[leaf]
basicConstraints = critical, CA:FALSE
keyUsage = critical, {usage}
extendedKeyUsage = {purpose}
subjectAltName = {names}
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid:always
"""

USAGE = {"rsa": "digitalSignature, keyEncipherment",
         "ec": "digitalSignature, keyAgreement"}


class Failed(Exception):
    """openssl said no; the text is what it said."""


def run(*arguments, data=None, check=True):
    done = subprocess.run(["openssl", *map(str, arguments)], input=data,
                          capture_output=True, check=False)
    if check and done.returncode != 0:
        raise Failed(f"openssl {' '.join(map(str, arguments))}:\n" +
                     done.stderr.decode("utf-8", "replace"))
    return done


def new_key(path, kind):
    """kind: rsa:2048, ec:P-256, ..., ed25519."""
    if kind.startswith("rsa:"):
        keys.take(kind, path, make_key)
    else:
        make_key(kind, path)


def make_key(kind, path):
    name, _, size = kind.partition(":")
    options = {"rsa": ["RSA", "-pkeyopt", f"rsa_keygen_bits:{size}"],
               "ec": ["EC", "-pkeyopt", f"ec_paramgen_curve:{size}"],
               "ed25519": ["ED25519"]}[name]
    run("genpkey", "-algorithm", *options, "-out", path)
    os.chmod(path, 0o600)


class Authority:
    """A root and, between it and the users, an intermediate."""

    def __init__(self, folder, name, kind="ec:P-256"):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.name = name
        self.root = self.folder / "root.pem"
        self.intermediate = self.folder / "intermediate.pem"
        (self.folder / "profile").write_text(PROFILE)
        new_key(self.folder / "root.key", kind)
        new_key(self.folder / "intermediate.key", kind)
        run("req", "-x509", "-new", "-config", self.folder / "profile",
            "-extensions", "root", "-key", self.folder / "root.key", "-subj",
            f"/O={name}/CN={name} Root", "-days", "3650", "-out", self.root)
        self._issue("intermediate", f"/O={name}/CN={name} Intermediate",
                    self.root, self.folder / "root.key",
                    self.folder / "profile", "intermediate",
                    self.intermediate)

    def _issue(self, stem, subject, issuer, issuer_key, profile, section, out,
               start=None, end=None):
        request = self.folder / f"{stem}.csr"
        run("req", "-new", "-config", self.folder / "profile", "-key",
            self.folder / f"{stem}.key", "-subj", subject, "-out", request)
        if start is None:
            run("x509", "-req", "-in", request, "-CA", issuer, "-CAkey",
                issuer_key, "-set_serial", f"0x{secrets.randbits(120):x}",
                "-days", "365", "-extfile", profile, "-extensions", section,
                "-out", out)
            return
        # Only "openssl ca" takes dates.
        database = self.folder / f"{stem}.db"
        database.write_text("")
        configuration = self.folder / f"{stem}.ca"
        configuration.write_text(
            "[ca]\ndefault_ca = d\n[d]\ndefault_md = sha256\npolicy = p\n"
            f"database = {database}\nnew_certs_dir = {self.folder}\n"
            "rand_serial = yes\n[p]\nCN = supplied\n")
        run("ca", "-batch", "-notext", "-config", configuration, "-cert",
            issuer, "-keyfile", issuer_key, "-in", request, "-startdate", start,
            "-enddate", end, "-extfile", profile, "-extensions", section,
            "-out", out)

    def issue(self, address, kind="rsa:2048", names=None, usage=None,
              purpose="emailProtection", start=None, end=None, stem=None,
              key=None, more=""):
        """A certificate for address.  start and end, as YYYYMMDDHHMMSSZ, for
        one that is expired or not yet valid.  key: the file of one that is
        there already.  more: lines for further extensions."""
        stem = stem or f"{address}-{secrets.token_hex(3)}"
        if key is None:
            new_key(self.folder / f"{stem}.key", kind)
        else:
            shutil.copy(key, self.folder / f"{stem}.key")
        profile = self.folder / f"{stem}.ext"
        profile.write_text(LEAF.format(
            usage=usage or USAGE.get(kind.split(":")[0], "digitalSignature"),
            purpose=purpose, names=names or f"email:{address}") + more)
        self._issue(stem, f"/CN={address}", self.intermediate,
                    self.folder / "intermediate.key", profile, "leaf",
                    self.folder / f"{stem}.pem", start, end)
        return Identity(self, address, self.folder / f"{stem}.pem",
                        self.folder / f"{stem}.key", kind)


class Identity:
    """A certificate with its private key, in files."""

    def __init__(self, authority, address, certificate, key, kind=None):
        self.authority = authority
        self.address = address
        self.certificate = certificate
        self.key = key
        self.kind = kind  # "rsa:2048" ...

    def pkcs12(self, passphrase):
        """Path of a PKCS#12 file with key, certificate and chain."""
        out = self.key.with_suffix(".p12")
        run("pkcs12", "-export", "-inkey", self.key, "-in", self.certificate,
            "-certfile", self.authority.intermediate, "-passout",
            f"pass:{passphrase}", "-out", out)
        return out

    def cms_sign(self, content, *options):
        """DER of a SignedData over content as it is."""
        return run("cms", "-sign", "-binary", "-outform", "DER", "-md",
                   "sha256", "-signer", self.certificate, "-inkey", self.key,
                   "-certfile", self.authority.intermediate, *options,
                   data=content).stdout

    def sign_detached(self, header, entity, *options):
        """A message: multipart/signed around entity (CRLF lines)."""
        boundary = secrets.token_hex(16)
        signature = self.cms_sign(entity, *options)
        head = header + (
            "MIME-Version: 1.0\r\nContent-Type: multipart/signed; "
            'protocol="application/pkcs7-signature";\r\n\tmicalg=sha-256; '
            f'boundary="{boundary}"\r\n\r\n').encode()
        return head + b"".join([
            b"--", boundary.encode(), b"\r\n", entity, b"\r\n--",
            boundary.encode(), b"\r\nContent-Type: application/pkcs7-signature;"
            b' name="smime.p7s"\r\nContent-Transfer-Encoding: base64\r\n\r\n',
            lines_of_base64(signature), b"--", boundary.encode(), b"--\r\n"])

    def sign_opaque(self, header, entity):
        """A message: application/pkcs7-mime; smime-type=signed-data."""
        return header + (
            b"MIME-Version: 1.0\r\nContent-Type: application/pkcs7-mime; "
            b'smime-type=signed-data;\r\n\tname="smime.p7m"\r\n'
            b"Content-Transfer-Encoding: base64\r\n\r\n" +
            lines_of_base64(self.cms_sign(entity, "-nodetach")))

    def encrypt(self, header, entity):
        """A message that only this identity can read."""
        return header + (
            b"MIME-Version: 1.0\r\nContent-Type: application/pkcs7-mime; "
            b'smime-type=enveloped-data;\r\n\tname="smime.p7m"\r\n'
            b"Content-Transfer-Encoding: base64\r\n\r\n" +
            lines_of_base64(run("cms", "-encrypt", "-binary", "-outform",
                                "DER", "-aes-256-cbc", self.certificate,
                                data=entity).stdout))

    def decrypt(self, message):
        """The entity inside; raises Failed when it cannot be opened."""
        return run("cms", "-decrypt", "-recip", self.certificate, "-inkey",
                   self.key, data=message).stdout

    def fingerprint(self):
        return hashlib.sha256(certificate(self.certificate)).hexdigest()

    def serial(self):
        return certificate_serial(self.certificate)


def lines_of_base64(data):
    return base64.encodebytes(data).replace(b"\n", b"\r\n")


def certificate(path):
    """DER of the first certificate in a PEM file."""
    text = re.search(rb"-----BEGIN CERTIFICATE-----(.*?)-----END",
                     pathlib.Path(path).read_bytes(), re.DOTALL).group(1)
    return base64.b64decode(text)


def certificate_serial(path):
    return der.Certificate(certificate(path)).serial


def rsa_modulus(path):
    """Modulus of the public key of a certificate."""
    return der.Certificate(certificate(path)).rsa_modulus()


def rsa_primes(path):
    """(p, q) of a private RSA key in a file."""
    text = run("rsa", "-in", path, "-noout", "-text").stdout.decode()
    primes = []
    for name in ("prime1", "prime2"):
        digits = re.search(name + r":\n((?:\s+[0-9a-f:]+\n)+)", text).group(1)
        primes.append(int(re.sub(r"[\s:]", "", digits), 16))
    return tuple(primes)


def signed_parts(message):
    """(signed entity, DER of the signature) of a multipart/signed message,
    cut out byte by byte: no parser that could be forgiving."""
    head, _, body = message.partition(b"\r\n\r\n")
    head = re.sub(rb"\r\n[ \t]+", b" ", head)
    field = re.search(rb"(?im)^content-type:[ ]*multipart/signed;(.*)$", head)
    if not field:
        raise AssertionError("not a multipart/signed message")
    boundary = re.search(rb'boundary="?([^";\r\n]+)"?', field.group(1)).group(1)
    parts = body.split(b"\r\n--" + boundary)
    if body.startswith(b"--" + boundary):
        parts.insert(0, b"")
        parts[1] = parts[1][len(b"--" + boundary):]
    if len(parts) != 4 or not parts[3].startswith(b"--"):
        raise AssertionError(f"{len(parts)} pieces in multipart/signed")
    entity = parts[1].split(b"\r\n", 1)[1]
    encoded = parts[2].partition(b"\r\n\r\n")[2]
    return entity, base64.b64decode(encoded, validate=False)


def verify(message, root, folder, binary=True, mime=True):
    """Verifies a signed message against the root and returns (content,
    path of the signer's certificate).  Detached signatures are checked over
    the exact bytes, and once more by openssl's own MIME parser."""
    folder = pathlib.Path(folder)
    stem = folder / f"verify-{secrets.token_hex(6)}"
    signer = stem.with_suffix(".signer")
    options = ["-CAfile", root, "-signer", signer]
    if re.search(rb"(?im)^content-type:\s*multipart/signed", message):
        entity, signature = signed_parts(message)
        content = stem.with_suffix(".entity")
        content.write_bytes(entity)
        run("cms", "-verify", "-inform", "DER", "-binary", "-content", content,
            *options, data=signature)
        if mime:
            run("cms", "-verify", *options, data=message)
        content.unlink()
        return entity, signer
    done = run("cms", "-verify", *(["-binary"] if binary else []), *options,
               data=message)
    return done.stdout, signer


def names_of(path):
    """Mail addresses in the subjectAltName of a certificate."""
    return der.Certificate(certificate(path)).addresses()


def recipient_count(message):
    """RecipientInfos of an encrypted message."""
    out = run("cms", "-cmsout", "-print", "-noout", data=message).stdout
    return len(re.findall(rb"d\.(?:ktri|kari|kekri|pwri|ori)\b", out))


def recipient_serials(message):
    """Serial numbers of the certificates that an encrypted message names."""
    out = run("cms", "-cmsout", "-print", "-noout", data=message).stdout
    serials = [int(word, 0) for word in
               re.findall(rb"\bserialNumber: (\d+|0x[0-9A-F]+)\n", out)]
    if len(serials) != recipient_count(message):
        raise AssertionError("recipients that are named in another way")
    return sorted(serials)
