"""Just enough DER to look into a SignedData or a certificate without any
library, and without starting a program.

For tests that check thousands of signatures: RSA PKCS#1 v1.5 with SHA-256,
verified with nothing but integers and hashlib.
"""

import hashlib

SHA256_PREFIX = bytes.fromhex("3031300d060960864801650304020105000420")
SUBJECT_ALT_NAME = bytes.fromhex("0603551d11")
EXTENSIONS, RFC822_NAME = 0xa3, 0x81
MESSAGE_DIGEST = bytes.fromhex("06092a864886f70d010904")


class Node:
    """One TLV: tag, content, and the whole of it."""

    def __init__(self, data, at=0):
        self.tag = data[at]
        length, start = data[at + 1], at + 2
        if length & 0x80:
            count = length & 0x7f
            length = int.from_bytes(data[start:start + count], "big")
            start += count
        self.end = start + length
        if self.end > len(data):
            raise ValueError("DER: cut short")
        self.content = data[start:self.end]
        self.whole = data[at:self.end]

    def children(self):
        at, found = 0, []
        while at < len(self.content):
            node = Node(self.content, at)
            found.append(node)
            at = node.end
        return found

    def integer(self):
        return int.from_bytes(self.content, "big", signed=True)


class SignedData:
    """The content of a CMS SignedData, None when it is outside, and its only
    signer."""

    def __init__(self, data):
        content = Node(data).children()[1].children()[0]
        parts = content.children()
        inside = parts[2].children()[1:]
        self.content = inside[0].children()[0].content if inside else None
        signers = parts[-1].children()
        if len(signers) != 1:
            raise ValueError(f"{len(signers)} signers")
        fields = signers[0].children()
        self.serial = fields[1].children()[1].integer()
        if fields[3].tag != 0xa0:
            raise ValueError("no signed attributes")
        # RFC 5652 5.4: signed is the SET OF, not its IMPLICIT tag.
        self.attributes = b"\x31" + fields[3].whole[1:]
        self.digest = None
        for attribute in fields[3].children():
            oid, values = attribute.children()
            if oid.whole == MESSAGE_DIGEST:
                self.digest = values.children()[0].content
        self.signature = fields[5].content

    def verify_rsa(self, content, modulus, exponent=65537):
        """Is content signed, with SHA-256, by this RSA key?"""
        if self.digest != hashlib.sha256(content).digest():
            return False
        size = (modulus.bit_length() + 7) // 8
        block = pow(int.from_bytes(self.signature, "big"), exponent, modulus)
        wanted = SHA256_PREFIX + hashlib.sha256(self.attributes).digest()
        filling = b"\xff" * (size - len(wanted) - 3)
        return block.to_bytes(size, "big") == (b"\0\1" + filling + b"\0" +
                                               wanted)


class Certificate:
    """What tests want to know of a certificate that openssl has made or
    accepted."""

    def __init__(self, data):
        parts = Node(data).children()[0].children()
        if parts[0].tag == 0xa0:  # the version, which v1 leaves out
            del parts[0]
        self.serial = parts[0].integer()
        self._key = parts[5]
        self._extensions = [extension.children() for part in parts[6:]
                            if part.tag == EXTENSIONS
                            for extension in part.children()[0].children()]

    def addresses(self):
        """Mail addresses in the subjectAltName, in order."""
        return [name.content.decode() for oid, *_, value in self._extensions
                if oid.whole == SUBJECT_ALT_NAME
                for name in Node(value.content).children()
                if name.tag == RFC822_NAME]

    def rsa_modulus(self):
        # A BIT STRING begins with the number of unused bits.
        key = Node(self._key.children()[1].content[1:])
        return key.children()[0].integer()
