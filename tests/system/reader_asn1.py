"""asn1crypto as a strict reader of what milter/smime writes.

Other readers forgive much.  This one takes every message apart into values,
encodes them again, and wants the same octets; it holds the SignedData and
the MIME around it against the rules for what we write (D1 to D8, S11 to S15).
python3-cryptography does the arithmetic.
"""

import datetime
import email
import email.policy
import hashlib

from readers import Reader, Verdict
from tap import Skip

try:
    import asn1crypto
    # tsp is not named again: it teaches cms signingCertificateV2.
    from asn1crypto import cms, core, pem, tsp, x509
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec, padding
except ImportError as missing:
    asn1crypto = None
    MISSING = missing.name

MICALG = {"sha256": "sha-256", "sha384": "sha-384", "sha512": "sha-512"}

ATTRIBUTES = ["cms_algorithm_protection", "content_type", "message_digest",
              "signing_certificate_v2", "signing_time", "smime_capabilities"]

# Rule D7: what may be announced, and the octets that it is announced with.
CAPABILITIES = {
    "aes256_cbc": "300b060960864801650304012a",
    "aes128_cbc": "300b0609608648016503040102",
    "aes256_gcm": "300b060960864801650304012e",
    "aes128_gcm": "300b0609608648016503040106",
    "oaep_sha256": "303806092a864886f70d010107302b300d06096086480165030402"
                   "010500301a06092a864886f70d010108300d0609608648016503040"
                   "2010500",
    "oaep_sha1": "300d06092a864886f70d0101073000",
    "ecdh_aes256": "301506062b8104010b01300b060960864801650304012d",
    "ecdh_aes128": "301506062b8104010b01300b0609608648016503040105",
}


class Refused(Exception):
    """Why the message is not as it has to be."""


def need(condition, what):
    if not condition:
        raise Refused(what)


def same(got, wanted, what):
    need(got == wanted, f"{what} is {got!r}, not {wanted!r}")


class Asn1(Reader):
    """asn1crypto and python3-cryptography."""

    name = "asn1crypto"

    def __init__(self, folder, root):
        if asn1crypto is None:
            raise Skip(f"there is no Python module {MISSING}")
        super().__init__(folder, root)
        _, _, der = pem.unarmor(self.root.read_bytes())
        self.anchor = x509.Certificate.load(der, strict=True)

    @staticmethod
    def version():
        return asn1crypto.__version__

    def verify_one(self, mail):
        try:
            labels_check(mail)
            signed = SignedData(mail)
            signer = signed.check()
            path_check(signer, signed.certificates, self.anchor)
            sender_check(mail, signer)
        except (Refused, ValueError) as why:
            return Verdict(False, None, None, str(why))
        return Verdict(True, signer.sha256.hex(), signed.content, "")


# --- the MIME around it ---

def labels_check(mail):
    message = email.message_from_bytes(mail.data, policy=email.policy.SMTP)
    same(message.defects, [], "defects")
    same(message.get_all("MIME-Version"), ["1.0"], "MIME-Version")
    if mail.detached:
        detached_labels_check(message, mail)
    else:
        part_check(message, "application/pkcs7-mime", "smime.p7m")
        same(message["Content-Type"].params.get("smime-type"), "signed-data",
             "smime-type")
        need(not message.is_multipart(), "the message has parts")


def detached_labels_check(message, mail):
    parameters = message["Content-Type"].params
    same(message.get_content_type(), "multipart/signed", "Content-Type")
    same(sorted(parameters), ["boundary", "micalg", "protocol"], "parameters")
    same(parameters["protocol"], "application/pkcs7-signature", "protocol")
    need(f'protocol="{parameters["protocol"]}"'.encode() in mail.data,
         "protocol is not in quotes")
    need(1 <= len(parameters["boundary"]) <= 70, "boundary too long")
    same(mail.data.count(b"\r\n--" + parameters["boundary"].encode()), 3,
         "number of boundaries")
    same(len(message.get_payload()), 2, "number of parts")
    signature = message.get_payload(1)
    part_check(signature, "application/pkcs7-signature", "smime.p7s")
    same(signature.get_payload(decode=True), mail.cms, "signature part")
    seven_bit_check(mail.content)


def part_check(part, kind, name):
    """Rules S14 and S15."""
    for field in ("Content-Type", "Content-Transfer-Encoding",
                  "Content-Disposition"):
        same(len(part.get_all(field, [])), 1, f"number of {field}")
    same(part.get_content_type(), kind, "Content-Type")
    same(part["Content-Type"].params.get("name"), name, "name")
    same(part["Content-Transfer-Encoding"].cte, "base64", "encoding")
    same(part.get_content_disposition(), "attachment", "disposition")
    same(part.get_filename(), name, "filename")


def seven_bit_check(data):
    need(max(data) < 128 and 0 not in data, "not 7-bit")
    need(data.count(b"\r") == data.count(b"\n") == data.count(b"\r\n"),
         "stray CR or LF")
    need(max(map(len, data.split(b"\r\n"))) <= 998, "a line is too long")


# --- the SignedData ---

class SignedData:
    """One signer, and everything that has to be there exactly once."""

    def __init__(self, mail):
        info = cms.ContentInfo.load(mail.cms, strict=True)
        same(info["content_type"].native, "signed_data", "content type")
        self.mail = mail
        self.data = info["content"]
        same(len(self.data["signer_infos"]), 1, "number of signers")
        self.info = self.data["signer_infos"][0]
        self.digest = self.info["digest_algorithm"]["algorithm"].native
        self.certificates = [choice.chosen
                             for choice in self.data["certificates"]]
        self.content = self._content()
        self.attributes = {}

    def _content(self):
        """Rules S14 and S16: outside or inside, never both."""
        inside = self.data["encap_content_info"]
        same(inside["content_type"].native, "data", "eContentType")
        same(inside["content"].native is None, self.mail.detached,
             "absence of eContent")
        return self.mail.content if self.mail.detached else \
            inside["content"].native

    def check(self):
        """Returns the signer's certificate."""
        self._head_check()
        signer = self._signer()
        self._attributes_check(signer)
        signature_check(self.info, signer)
        need(encoded_anew(self.data) == self.mail.cms, "this is not DER")
        return signer

    def _head_check(self):
        same(self.data["version"].native, "v1", "version")
        need(self.digest in MICALG, f"digest {self.digest}")
        same([d.dump() for d in self.data["digest_algorithms"]],
             [self.info["digest_algorithm"].dump()], "digestAlgorithms")
        absent_check(self.info["digest_algorithm"]["parameters"], "digest")
        need(not self.data["crls"], "there are CRLs")
        if self.mail.detached:
            need(f"micalg={MICALG[self.digest]};".encode() in self.mail.data,
                 f"micalg is not {MICALG[self.digest]}")

    def _signer(self):
        """Rules D6 and D8: by issuer and serial number; no root, nothing
        twice."""
        same(self.info["version"].native, "v1", "version of the SignerInfo")
        same(self.info["sid"].name, "issuer_and_serial_number", "sid")
        name = self.info["sid"].chosen
        found = [c for c in self.certificates
                 if c.serial_number == name["serial_number"].native and
                 c.issuer.dump() == name["issuer"].dump()]
        same(len(found), 1, "number of signer's certificates")
        for certificate in self.certificates:
            same(certificate.self_issued, False, "a root among them")
        same(len({c.sha256 for c in self.certificates}),
             len(self.certificates), "number of different certificates")
        return found[0]

    def _attributes_check(self, signer):
        """Rule D2."""
        need(not self.info["unsigned_attrs"], "there are unsigned attributes")
        names = []
        for attribute in self.info["signed_attrs"]:
            names.append(attribute["type"].native)
            same(len(attribute["values"]), 1, f"values of {names[-1]}")
            self.attributes[names[-1]] = attribute["values"][0]
        same(sorted(names), ATTRIBUTES, "signed attributes")
        same(self.attributes["content_type"].native, "data", "contentType")
        same(self.attributes["message_digest"].native,
             hashlib.new(self.digest, self.content).digest(), "messageDigest")
        self._time_check(self.attributes["signing_time"])
        self._certificate_check(signer)
        self._protection_check()
        self._capabilities_check(signer)

    @staticmethod
    def _time_check(time):
        """Rule D3."""
        now = datetime.datetime.now(datetime.timezone.utc)
        same(time.name, "utc_time", "kind of signingTime")
        same(len(time.chosen.contents), len(b"YYMMDDHHMMSSZ"), "signingTime")
        need(abs(now - time.native) < datetime.timedelta(days=1),
             f"signingTime is {time.native}")

    def _certificate_check(self, signer):
        """RFC 5035: SHA-256 is the default and left out."""
        value = self.attributes["signing_certificate_v2"]
        need(not value["policies"], "there are policies")
        same(len(value["certs"]), 1, "certificates in signingCertificateV2")
        same(value["certs"][0]["cert_hash"].native, signer.sha256,
             "signingCertificateV2")
        same(value["certs"][0]["hash_algorithm"]["algorithm"].native,
             "sha256", "hash of signingCertificateV2")

    def _protection_check(self):
        """RFC 6211: the same octets as outside."""
        value = self.attributes["cms_algorithm_protection"]
        same(value["digest_algorithm"].dump(),
             self.info["digest_algorithm"].dump(), "protected digest")
        same(value["signature_algorithm"].untag().dump(),
             self.info["signature_algorithm"].dump(), "protected signature")
        need(not value["mac_algorithm"], "there is a protected MAC")

    def _capabilities_check(self, signer):
        """Rule D7, in our order of preference."""
        kinds = ["aes256_cbc", "aes128_cbc", "aes256_gcm", "aes128_gcm"]
        usage = signer.key_usage_value.native
        if "key_encipherment" in usage:
            kinds += ["oaep_sha256", "oaep_sha1"]
        if "key_agreement" in usage:
            kinds += ["ecdh_aes256", "ecdh_aes128"]
        wanted = "".join(CAPABILITIES[kind] for kind in kinds)
        same(self.attributes["smime_capabilities"].contents.hex(), wanted,
             "SMIMECapabilities")


def encoded_anew(data):
    """DER of a ContentInfo with this SignedData, made from its values."""
    fields = {}
    for name in data:
        # Not at the top: each level takes twice as long as the one below.
        if not isinstance(data[name], core.Void):
            data[name].dump(force=True)
            fields[name] = data[name]
    return cms.ContentInfo({"content_type": "signed_data",
                            "content": cms.SignedData(fields)}).dump()


def absent_check(parameters, what):
    need(isinstance(parameters, core.Void), f"{what} has parameters")


def signature_check(info, signer):
    """The signature over the DER of the attributes as a SET OF."""
    algorithm = info["signature_algorithm"]
    kind = algorithm.signature_algo
    key = serialization.load_der_public_key(signer.public_key.dump())
    digest = hashes_of(info["digest_algorithm"]["algorithm"].native)
    parameters = algorithm["parameters"]
    if kind == "rsassa_pkcs1v15":
        need(isinstance(parameters, core.Null), "parameters are not NULL")
        how = (padding.PKCS1v15(), digest)
    elif kind == "rsassa_pss":
        how = (pss_padding(parameters, digest), digest)
    elif kind == "ecdsa":
        absent_check(parameters, kind)
        same(algorithm.hash_algo, digest.name, "hash of ECDSA")
        how = (ec.ECDSA(digest),)
    else:
        same(kind, "ed25519", "signature algorithm")
        absent_check(parameters, kind)
        same(digest.name, "sha512", "digest beside Ed25519")
        how = ()
    signed = info["signed_attrs"].untag().dump()
    same(signed[0], 0x31, "tag of what is signed")
    try:
        key.verify(info["signature"].native, signed, *how)
    except InvalidSignature:
        raise Refused("the signature is wrong") from None


def hashes_of(name):
    return {"sha256": hashes.SHA256, "sha384": hashes.SHA384,
            "sha512": hashes.SHA512}[name]()


def pss_padding(parameters, digest):
    """Rule D4: one hash everywhere, and a salt as long as it."""
    mgf = parameters["mask_gen_algorithm"]
    same(parameters["hash_algorithm"]["algorithm"].native, digest.name,
         "hash of PSS")
    same(mgf["algorithm"].native, "mgf1", "mask of PSS")
    same(mgf["parameters"]["algorithm"].native, digest.name, "hash of MGF1")
    same(parameters["salt_length"].native, digest.digest_size, "salt length")
    same(parameters["trailer_field"].native, "trailer_field_bc", "trailer")
    return padding.PSS(padding.MGF1(digest), digest.digest_size)


# --- the certificates ---

def path_check(signer, certificates, anchor):
    """From the signer to the anchor, one issuer after the other."""
    now = datetime.datetime.now(datetime.timezone.utc)
    certificate = signer
    for _ in range(len(certificates)):
        need(certificate.not_valid_before <= now and
             now <= certificate.not_valid_after,
             "a certificate is not valid now")
        issuers = [c for c in [anchor, *certificates]
                   if c.subject == certificate.issuer]
        same(len(issuers), 1, "number of issuers")
        issued_check(certificate, issuers[0])
        if issuers[0] is anchor:
            return
        certificate = issuers[0]
    raise Refused("no way to the root")


def issued_check(certificate, issuer):
    need(issuer.ca, "the issuer is no authority")
    need("key_cert_sign" in issuer.key_usage_value.native,
         "the issuer may not issue")
    key = serialization.load_der_public_key(issuer.public_key.dump())
    digest = hashes_of(certificate.hash_algo)
    how = (ec.ECDSA(digest),) if issuer.public_key.algorithm == "ec" else \
        (padding.PKCS1v15(), digest)
    try:
        key.verify(certificate.signature,
                   certificate["tbs_certificate"].dump(), *how)
    except InvalidSignature:
        raise Refused("a certificate's signature is wrong") from None


def sender_check(mail, signer):
    """Rules V9 and V10."""
    message = email.message_from_bytes(mail.data, policy=email.policy.SMTP)
    sender = message["From"].addresses[0].addr_spec
    need(sender in signer.subject_alt_name_value.native,
         "From is not in the certificate")
    need("digital_signature" in signer.key_usage_value.native,
         "the key is not for signing")
    need("email_protection" in signer.extended_key_usage_value.native,
         "the certificate is not for mail")
