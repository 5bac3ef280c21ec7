"""Messages that no well-behaved program sends: ciphertexts and signatures
with everything open to choice.

Ciphertext writes (Auth)EnvelopedData octet by octet; its parts can be
changed before and after.  root(), part(), opaque(), detached() and
compressed() put DER into MIME, as the root of a message or as an entity.
"""

import base64
import functools
import os
import pathlib
import secrets
import zlib

try:
    from asn1crypto import pem, x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives import padding as block_padding
    from cryptography.hazmat.primitives.asymmetric import padding
    from cryptography.hazmat.primitives.ciphers import (Cipher, algorithms,
                                                        modes)
    MISSING = None
except ImportError as error:
    MISSING = str(error)

DATA = "2a864886f70d010701"
SIGNED_DATA = "2a864886f70d010702"
ENVELOPED_DATA = "2a864886f70d010703"
AUTH_ENVELOPED_DATA = "2a864886f70d0109100117"
COMPRESSED_DATA = "2a864886f70d0109100109"
ZLIB = "2a864886f70d0109100308"
RSA = "2a864886f70d010101"
OAEP = "2a864886f70d010107"
SHA256 = "608648016503040201"
CIPHERS = {"aes128-cbc": "608648016503040102",
           "aes256-cbc": "60864801650304012a",
           "aes128-gcm": "608648016503040106",
           "aes256-gcm": "60864801650304012e",
           "nobody's": "608648016503040163"}

ENVELOPED = ("application/pkcs7-mime; smime-type=enveloped-data; "
             'name="smime.p7m"')
AUTH_ENVELOPED = ("application/pkcs7-mime; smime-type=authEnveloped-data; "
                  'name="smime.p7m"')
OPAQUE = 'application/pkcs7-mime; smime-type=signed-data; name="smime.p7m"'
COMPRESSED = ('application/pkcs7-mime; smime-type=compressed-data; '
              'name="smime.p7z"')


# --- DER ---

def tlv(tag, *parts):
    content = b"".join(parts)
    if len(content) < 0x80:
        return bytes([tag, len(content)]) + content
    size = (len(content).bit_length() + 7) // 8
    return bytes([tag, 0x80 | size]) + len(content).to_bytes(size, "big") + \
        content


def sequence(*parts):
    return tlv(0x30, *parts)


def octets(data):
    return tlv(0x04, data)


def oid(text):
    return tlv(0x06, bytes.fromhex(text))


def integer(number):
    return tlv(0x02, number.to_bytes(number.bit_length() // 8 + 1, "big"))


NULL = b"\x05\0"


def content_info(kind, content):
    return sequence(oid(kind), tlv(0xa0, content))


# --- ciphertexts ---

def issuer_and_serial(identity):
    parsed = x509.Certificate.load(certificate(identity.certificate))
    return sequence(parsed.issuer.dump(), integer(parsed.serial_number))


def certificate(path):
    """DER of a PEM file."""
    _, _, der = pem.unarmor(pathlib.Path(path).read_bytes())
    return der


def private_key(identity):
    return read_private_key(pathlib.Path(identity.key))


@functools.cache  # the primes of an RSA key are tried, which takes long
def read_private_key(path):
    return serialization.load_pem_private_key(path.read_bytes(), None)


def public_key(identity):
    return private_key(identity).public_key()


def signature(identity, data):
    """RSA with SHA-256, PKCS#1 v1.5."""
    return private_key(identity).sign(data, padding.PKCS1v15(),
                                      hashes.SHA256())


def key_transport(identity, encrypted, algorithm=None):
    """A KeyTransRecipientInfo with this encryptedKey."""
    return sequence(integer(0), issuer_and_serial(identity),
                    algorithm or sequence(oid(RSA), NULL), octets(encrypted))


def oaep_algorithm(digest=SHA256):
    """RSAES-OAEP-params with this hash and mask."""
    algorithm = sequence(oid(digest), NULL)
    mask = sequence(oid("2a864886f70d010108"), algorithm)
    return sequence(oid(OAEP), sequence(tlv(0xa0, algorithm),
                                        tlv(0xa1, mask)))


def wrapped(identity, key):
    """PKCS#1 v1.5, whatever key is."""
    return public_key(identity).encrypt(key, padding.PKCS1v15())


def wrapped_oaep(identity, key):
    return public_key(identity).encrypt(key, padding.OAEP(
        padding.MGF1(hashes.SHA256()), hashes.SHA256(), None))


class Ciphertext:
    """entity encrypted with a key of its own.  What is changed in it before
    der() is called gets into the message."""

    def __init__(self, entity, cipher="aes256-cbc", pad=True):
        self.cipher = cipher
        self.key = secrets.token_bytes(16 if "128" in cipher else 32)
        self.recipients = []
        self.aead = cipher.endswith("gcm")
        self.tag = b""
        self.nonce = secrets.token_bytes(12 if self.aead else 16)
        if self.aead:
            sealing = Cipher(algorithms.AES(self.key),
                             modes.GCM(self.nonce)).encryptor()
            self.data = sealing.update(entity) + sealing.finalize()
            self.tag = sealing.tag
            return
        if pad:
            padder = block_padding.PKCS7(128).padder()
            entity = padder.update(entity) + padder.finalize()
        sealing = Cipher(algorithms.AES(self.key),
                         modes.CBC(self.nonce)).encryptor()
        self.data = sealing.update(entity) + sealing.finalize()

    def to(self, *identities):
        for identity in identities:
            self.recipients.append(
                key_transport(identity, wrapped(identity, self.key)))
        return self

    def to_oaep(self, identity, algorithm=None):
        self.recipients.append(key_transport(
            identity, wrapped_oaep(identity, self.key),
            algorithm or oaep_algorithm()))
        return self

    def with_recipient(self, info):
        """One more RecipientInfo, as it is."""
        self.recipients.append(info)
        return self

    # -- tampering --

    def flip(self, at, mask=1):
        """One octet of the ciphertext, from the end when at is negative."""
        data = bytearray(self.data)
        data[at] ^= mask
        self.data = bytes(data)
        return self

    def flip_nonce(self, at, mask):
        nonce = bytearray(self.nonce)
        nonce[at] ^= mask
        self.nonce = bytes(nonce)
        return self

    def gadget(self, block, known, chosen):
        """EFAIL: two blocks in front of that one, of which the second says
        chosen when the first block of the plaintext is known."""
        previous = bytes(a ^ b ^ c for a, b, c in
                         zip(self.nonce, known, chosen))
        self.data = (self.data[:16 * block] + previous + self.data[:16] +
                     self.data[16 * block:])
        return self

    def der(self, algorithm=None):
        info = sequence(oid(DATA), algorithm or self._algorithm(),
                        tlv(0x80, self.data))
        parts = [integer(0), tlv(0x31, *sorted(self.recipients)), info]
        if not self.aead:
            return content_info(ENVELOPED_DATA, sequence(*parts))
        return content_info(AUTH_ENVELOPED_DATA,
                            sequence(*parts, octets(self.tag)))

    def _algorithm(self):
        parameters = octets(self.nonce)
        if self.aead:
            parameters = sequence(octets(self.nonce), integer(16))
        return sequence(oid(CIPHERS[self.cipher]), parameters)

    def type(self):
        return AUTH_ENVELOPED if self.aead else ENVELOPED


# --- MIME ---

def lines(data):
    return base64.encodebytes(data).replace(b"\n", b"\r\n")


def entity(kind, der):
    """The DER as an entity of that Content-Type."""
    return (f"Content-Type: {kind}\r\nContent-Transfer-Encoding: base64"
            "\r\n\r\n").encode() + lines(der)


def encrypted(ciphertext):
    return entity(ciphertext.type(), ciphertext.der())


def opaque(identity, content):
    return entity(OPAQUE, identity.cms_sign(content, "-nodetach"))


def detached(identity, content):
    """The same as Identity.sign_detached, as an entity."""
    return identity.sign_detached(b"", content).replace(
        b"MIME-Version: 1.0\r\n", b"", 1)


def compressed(content):
    return entity(COMPRESSED, content_info(COMPRESSED_DATA, sequence(
        integer(0), sequence(oid(ZLIB)),
        sequence(oid(DATA), tlv(0xa0, octets(zlib.compress(content, 9)))))))


def multipart(kind, *parts, boundary="outer", more=""):
    text = (f"Content-Type: multipart/{kind}; boundary={boundary}{more}"
            "\r\n\r\n").encode()
    for part in parts:
        text += f"--{boundary}\r\n".encode() + part + b"\r\n"
    return text + f"--{boundary}--\r\n".encode()


def text(words, kind="text/plain"):
    return f"Content-Type: {kind}\r\n\r\n{words}\r\n".encode()


def message(sender, recipient, content, more=""):
    """content, an entity, as the root of a message."""
    return (f"{more}From: {sender}\r\nTo: {recipient}\r\nSubject: A test\r\n"
            f"Date: Mon, 02 Mar 2026 10:00:00 +0000\r\nMessage-ID: "
            f"<{secrets.token_hex(8)}@example.com>\r\n"
            "MIME-Version: 1.0\r\n").encode() + content


def garbage(size):
    return os.urandom(size)
