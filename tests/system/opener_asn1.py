"""asn1crypto as a strict reader of what milter/smime encrypts.

Others forgive much.  This one holds the envelope and the MIME around it
against the rules for what we write (E3 to E5, E7, E9, S15), wants exactly the
recipients that it is told of and DER; python3-cryptography does the
arithmetic.
"""

import email
import email.policy
import functools

import reader_asn1
from openers import Opened, Opener
from reader_asn1 import Refused, absent_check, need, part_check, same

try:
    from asn1crypto import cms, core, pem, x509
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives import (hashes, keywrap, padding,
                                                serialization)
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.asymmetric import padding as rsa_padding
    from cryptography.hazmat.primitives.ciphers import (Cipher, aead,
                                                        algorithms, modes)
    from cryptography.hazmat.primitives.kdf.x963kdf import X963KDF
except ImportError:
    pass  # reader_asn1 says which one

STD_DH_SHA256 = "1.3.132.1.11.1"
# ECC-CMS-SharedInfo (RFC 5753 7.2) by the size of the key that wraps:
# keyInfo without parameters, suppPubInfo.
SHARED_INFO = {
    16: "3015300b0609608648016503040105a206040400000080",
    32: "3015300b060960864801650304012da206040400000100",
}


class Asn1(Opener, reader_asn1.Asn1):
    """asn1crypto and python3-cryptography."""

    def __init__(self, folder, authority, _people):
        super().__init__(folder, authority.root)

    @staticmethod
    def open_one(letter, who):
        try:
            return Opened(Envelope(letter).open(who), "")
        except (Refused, ValueError) as why:
            return Opened(None, str(why))


def certificate_of(who):
    _, _, der = pem.unarmor(who.certificate.read_bytes())
    return x509.Certificate.load(der, strict=True)


def key_of(who):
    return read_key(who.key)


@functools.cache  # the primes of an RSA key are tried, which takes long
def read_key(path):
    return serialization.load_pem_private_key(path.read_bytes(), None)


class Envelope:
    """EnvelopedData or AuthEnvelopedData with all that has to be in it."""

    def __init__(self, letter):
        info = cms.ContentInfo.load(letter.cms, strict=True)
        kind = info["content_type"].native
        self.letter = letter
        self.aead = kind == "authenticated_enveloped_data"
        need(self.aead or kind == "enveloped_data", f"content type {kind}")
        self.data = info["content"]
        self.content = self.data["auth_encrypted_content_info" if self.aead
                                 else "encrypted_content_info"]
        self.cipher = self.content["content_encryption_algorithm"]
        name = self.cipher["algorithm"].native
        need(name in ("aes256_cbc", "aes128_cbc", "aes256_gcm", "aes128_gcm"),
             f"cipher {name}")
        same(name.endswith("gcm"), self.aead, "AEAD of the cipher")
        self.key_size = int(name[3:6]) // 8

    def open(self, who):
        self._labels_check()
        self._head_check()
        need(self.data.dump(force=True) == self._bytes(), "this is not DER")
        infos = self._recipient_infos()
        return self._decrypt(self._content_key(who, infos))

    def _bytes(self):
        """The octets of the structure as they came."""
        return cms.ContentInfo.load(self.letter.cms)["content"].dump()

    def _labels_check(self):
        """Rule S15."""
        message = email.message_from_bytes(self.letter.data,
                                           policy=email.policy.SMTP)
        same(message.defects, [], "defects")
        part_check(message, "application/pkcs7-mime", "smime.p7m")
        same(message["Content-Type"].params.get("smime-type"),
             "authEnveloped-data" if self.aead else "enveloped-data",
             "smime-type")

    def _head_check(self):
        """Rules E3 and E9."""
        agreement = any(choice.name == "kari"
                        for choice in self.data["recipient_infos"])
        same(int(self.data["version"]), 2 if agreement and not self.aead else 0,
             "version")
        same(self.content["content_type"].native, "data", "content")
        need(not self.data["originator_info"], "there is an originator")
        for name in ("auth_attrs", "unauth_attrs") if self.aead else \
                ("unprotected_attrs",):
            need(not self.data[name], f"there are {name}")

    def _recipient_infos(self):
        """{SHA-256 of the certificate: RecipientInfo}, one for each."""
        people = {certificate_of(who).sha256: certificate_of(who)
                  for who in self.letter.recipients}
        found = {}
        for choice in self.data["recipient_infos"]:
            name = identifier_of(choice)
            same(name.name, "issuer_and_serial_number", "identifier")  # E7
            owners = [digest for digest, c in people.items()
                      if c.serial_number ==
                      name.chosen["serial_number"].native and
                      c.issuer.dump() == name.chosen["issuer"].dump()]
            same(len(owners), 1, "owners of a RecipientInfo")
            need(owners[0] not in found, "somebody is there twice")
            found[owners[0]] = choice
        same(len(found), len(people), "number of recipients")
        return found

    def _content_key(self, who, infos):
        choice = infos[certificate_of(who).sha256]
        unwrap = transported if choice.name == "ktri" else agreed
        key = unwrap(choice.chosen, key_of(who), self.key_size)
        same(len(key), self.key_size, "size of the content key")
        return key

    def _decrypt(self, key):
        octets = self.content["encrypted_content"].native
        parameters = self.cipher["parameters"]
        if not self.aead:
            cipher = Cipher(algorithms.AES(key),
                            modes.CBC(parameters.native)).decryptor()
            unpadder = padding.PKCS7(128).unpadder()
            return unpadder.update(cipher.update(octets) +
                                   cipher.finalize()) + unpadder.finalize()
        nonce, size = gcm_parameters(parameters)
        same((len(nonce), size, len(self.data["mac"].native)), (12, 16, 16),
             "nonce and tag")
        try:
            return aead.AESGCM(key).decrypt(
                nonce, octets + self.data["mac"].native, None)
        except InvalidTag:
            raise Refused("the tag is wrong") from None


def cipher_of(letter):
    return Envelope(letter).cipher["algorithm"].native


def transport_of(letter):
    """How the first recipient, who has an RSA key, gets the content key."""
    info = Envelope(letter).data["recipient_infos"][0].chosen
    algorithm = info["key_encryption_algorithm"]
    if algorithm["algorithm"].native == "rsaes_pkcs1v15":
        return "PKCS#1 v1.5"
    digest = algorithm["parameters"]["hash_algorithm"]["algorithm"].native
    return f"OAEP with {digest}"


def identifier_of(choice):
    if choice.name == "ktri":
        return choice.chosen["rid"]
    need(choice.name == "kari", f"a RecipientInfo {choice.name}")
    keys = choice.chosen["recipient_encrypted_keys"]
    same(len(keys), 1, "number of encrypted keys")
    return keys[0]["rid"]


def gcm_parameters(parameters):
    """(nonce, length of the tag), both there."""
    values = core.SequenceOf.load(parameters.dump(), spec=core.Any)
    same(len(values), 2, "number of parameters of GCM")
    return (values[0].parse(core.OctetString).native,
            values[1].parse(core.Integer).native)


def transported(info, key, _size):
    """Rule E4."""
    algorithm = info["key_encryption_algorithm"]
    same(info["version"].native, "v0", "version of key transport")
    if algorithm["algorithm"].native == "rsaes_pkcs1v15":
        need(isinstance(algorithm["parameters"], core.Null),
             "parameters are not NULL")
        how = rsa_padding.PKCS1v15()
    else:
        how = oaep_padding(algorithm["parameters"])
    return key.decrypt(info["encrypted_key"].native, how)


def oaep_padding(parameters):
    """One hash, and what is at its default left out."""
    need(not isinstance(parameters, core.Void), "OAEP without parameters")
    name = parameters["hash_algorithm"]["algorithm"].native
    mask = parameters["mask_gen_algorithm"]
    same(mask["algorithm"].native, "mgf1", "mask of OAEP")
    same(mask["parameters"]["algorithm"].native, name, "hash of MGF1")
    need(name in ("sha256", "sha1"), f"OAEP with {name}")
    same(len(parameters.contents) == 0, name == "sha1", "empty parameters")
    digest = hashes.SHA256() if name == "sha256" else hashes.SHA1()
    return rsa_padding.OAEP(rsa_padding.MGF1(digest), digest, None)


def agreed(info, key, size):
    """Rule E5."""
    same(info["version"].native, "v3", "version of key agreement")
    need(info["ukm"].native is None, "there is a ukm")
    algorithm = info["key_encryption_algorithm"]
    same(algorithm["algorithm"].dotted, STD_DH_SHA256, "key agreement")
    wrap = cms.KeyEncryptionAlgorithm.load(algorithm["parameters"].dump())
    same(wrap["algorithm"].native, f"aes{size * 8}_wrap", "key wrap")
    absent_check(wrap["parameters"], "key wrap")
    same(info["originator"].name, "originator_key", "originator")
    point = info["originator"].chosen["public_key"].native
    same(point[0], 4, "form of the point")
    public = ec.EllipticCurvePublicKey.from_encoded_point(key.curve, point)
    secret = key.exchange(ec.ECDH(), public)
    kek = X963KDF(hashes.SHA256(), size,
                  bytes.fromhex(SHARED_INFO[size])).derive(secret)
    return keywrap.aes_key_unwrap(
        kek, info["recipient_encrypted_keys"][0]["encrypted_key"].native)
