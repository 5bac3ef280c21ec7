#!/usr/bin/python3
"""Five readers that others wrote read what smime-milter signs: every kind of
signature, detached and opaque, made by the daemon for users who have such
keys.

A reader either accepts a kind, and then refuses it as soon as one bit of
content or signature is another; or it cannot read that kind, and says so in
the words below.  smime-milter(8) has the same matrix, and is compared with it.
"""

import concurrent.futures
import contextlib
import itertools
import pathlib
import tempfile

import der
import manual
import messages
import openssl
import reader_asn1
import readers
import testsite
from readers import Mail
from tap import case, check, contains, equal, main

# By the names that the manual has for them: the user's key, and what the
# user's domain wants.
KINDS = {
    "RSA 2048": ("rsa:2048", "any"),
    "RSA 3072": ("rsa:3072", "any"),
    "RSA 4096": ("rsa:4096", "any"),
    "RSA-PSS 2048": ("rsa:2048", "rsa-pss"),
    "RSA-PSS 3072": ("rsa:3072", "rsa-pss"),
    "RSA-PSS 4096": ("rsa:4096", "rsa-pss"),
    "ECDSA P-256": ("ec:P-256", "any"),
    "ECDSA P-384": ("ec:P-384", "any"),
    "ECDSA P-521": ("ec:P-521", "any"),
    "Ed25519": ("ed25519", "any"),
}
DOMAINS = {"any": "example.org", "rsa-pss": "example.com"}

# And how the domains of recipients want it.
FORMS = {"detached": "example.net", "opaque": "opaque.example.net"}

SETTINGS = f"""
domains = ( {{ name = "{DOMAINS['rsa-pss']}";
               signature_algorithm = "rsa-pss"; }} );
recipient_domains = ( {{ name = "{FORMS['opaque']}"; signature = "opaque"; }} );
"""

READERS = (readers.BouncyCastle, readers.OpensslCms, readers.OpensslSmime,
           readers.Gpgsm, readers.Nss, reader_asn1.Asn1)

# What a reader says of other content, of another signature, and of a
# signer whose authority it does not know.
REFUSALS = {
    "openssl cms": ("CMS_SignerInfo_verify_content:verification failure",
                    "CMS_SignerInfo_verify:verification failure",
                    "unable to get local issuer certificate"),
    "openssl smime": ("PKCS7_signatureVerify:digest failure",
                      "PKCS7_signatureVerify:signature failure",
                      "unable to get local issuer certificate"),
    "gpgsm": ("message digest attribute does not match",
              "invalid signature: Bad signature",
              "invalid certification chain: Missing issuer certificate"),
    "NSS": ("status=DigestMismatch", "status=BadSignature",
            "status=SigningCertNotTrusted"),
    "Bouncy Castle": ("message-digest attribute value does not match",
                      "does not correspond to the signature",
                      "not in the the trusted-root-certificate-store"),
    "asn1crypto": ("messageDigest is", "the signature is wrong",
                   "number of issuers is 0"),
}

# What it says of a kind that it cannot read.
CANNOT = {
    ("openssl cms", "Ed25519"): "eddsa_digest_signverify_init:invalid digest",
    # It takes all signatures of RSA keys for PKCS#1 v1.5.
    ("openssl smime", "RSA-PSS 2048"): "RSA_padding_check_PKCS1_type_1",
    ("openssl smime", "RSA-PSS 3072"): "RSA_padding_check_PKCS1_type_1",
    ("openssl smime", "RSA-PSS 4096"): "RSA_padding_check_PKCS1_type_1",
    ("openssl smime", "Ed25519"): "operation not supported for this keytype",
    # Its check of the digest's length fails for both.
    ("gpgsm", "ECDSA P-521"): "hash length to be a multiple of 8 bits",
    ("gpgsm", "Ed25519"): "hash length to be a multiple of 8 bits",
    ("NSS", "Ed25519"): "status=ProcessingError",
}

# It is not our fault: how openssl makes such a signature, which the reader
# cannot read either.
NOT_OURS = {
    ("openssl smime", "RSA-PSS 2048"): ["-keyopt", "rsa_padding_mode:pss"],
    ("gpgsm", "ECDSA P-521"): ["-md", "sha512"],
}

# Every leaf survives the way to the reader; WORD is what is tampered with.
WORD = b"Original"
CONTENT = messages.multipart(
    "mixed", "outer",
    messages.multipart("alternative", "inner",
                       b"Content-Type: text/plain\r\n\r\n" + WORD + b" text.",
                       messages.UTF8).replace(b"MIME-Version: 1.0\r\n", b""),
    messages.NESTED,
    b"Content-Type: application/octet-stream; name=bytes\r\n"
    b"Content-Transfer-Encoding: binary\r\n\r\n" + bytes(range(14, 256)))


# Contents at whose edges readers could differ, each signed by this kind.
EDGE_KIND = "ECDSA P-256"
EDGES = {name: messages.FEARED[name] for name in (
    "8-bit text", "message/rfc822 with 8-bit", "empty body", "only newlines",
    "no final newline", "From and trailing blanks", "preamble and epilogue",
    "a line of 5000")}
EDGES["10 MB"] = messages.multipart(
    "mixed", "large", messages.TEXT,
    b"Content-Type: application/octet-stream\r\n"
    b"Content-Transfer-Encoding: base64\r\n\r\n" +
    openssl.lines_of_base64(bytes(range(256)) * 30000))


class Sample:
    """One message as it was submitted, and as the daemon made it."""

    def __init__(self, who, original, signed):
        self.who = who
        self.original = original
        self.mail = Mail(signed)
        self.content = self.mail.content
        if not self.mail.detached:
            self.content = der.SignedData(self.mail.cms).content
        self.mails = [self.mail]
        if WORD in original:
            self.mails += [self.mail.with_other_content(WORD),
                           self.mail.with_other_signature()]
        self._checked = set()

    def content_check(self, content):
        """Is it what was submitted?  Looked at once: readers agree."""
        if content not in self._checked:
            messages.same_content(self.original, content)
            self._checked.add(content)


class Matrix:
    """All messages and, as soon as they are there, all verdicts."""

    def __init__(self, folder, site, pool):
        self.folder = folder
        self.site = site
        self.pool = pool
        self.authority = openssl.Authority(folder / "ca", "Org")
        self.stranger = openssl.Authority(folder / "stranger", "Other")
        self.users = {}
        self.samples = {}
        self.readers = {}
        self._added = set()
        self._verdicts = {}

    def diagnose(self):
        return self.site.diagnose()

    def make_samples(self):
        keys = sorted({key for key, _ in KINDS.values()})
        list(self.pool.map(self._new_key, keys))
        self.users = dict(zip(KINDS, self.pool.map(self._issue,
                                                   KINDS.values())))
        stranger = self.stranger.issue(f"stranger@{DOMAINS['any']}",
                                       "ec:P-256")
        for who in (*self.users.values(), stranger):
            self.site.add_user(who.address)
            self.site.import_key(who.address, who)
        for kind, form in itertools.product(KINDS, FORMS):
            self.samples[kind, form] = self._sample(self.users[kind], form)
        for name, form in itertools.product(EDGES, FORMS):
            self.samples[name, form] = self._sample(self.users[EDGE_KIND],
                                                    form, EDGES[name])
        self.samples["stranger"] = self._sample(stranger, "detached")

    def _new_key(self, key):
        openssl.new_key(self.folder / key, key)

    def _issue(self, kind):
        key, wish = kind
        name = key.replace(":", "-").lower()
        return self.authority.issue(f"{name}@{DOMAINS[wish]}", key,
                                    key=self.folder / key)

    def _sample(self, who, form, content=CONTENT):
        recipient = f"bob@{FORMS[form]}"
        original = messages.build(who.address, [recipient], content)
        verdict = self.site.submit(who.address, [recipient], original)
        check(verdict.accepted, verdict.reply)
        sample = Sample(who, original, verdict.data)
        equal(sample.mail.detached, form == "detached", "form")
        return sample

    def start_readers(self):
        for kind in READERS:
            self._verdicts[kind.name] = self.pool.submit(self._read, kind)

    def _read(self, kind):
        """Verdicts by mail."""
        mails = list(itertools.chain.from_iterable(
            sample.mails for sample in self.samples.values()))
        reader = kind(self.folder / kind.name, self.authority.root)
        self.readers[kind.name] = reader
        return dict(zip(mails, reader.verify(mails), strict=True))

    def verdicts(self, name, sample):
        """Of a reader on a message and its two tampered copies."""
        found = self._verdicts[name].result()
        return [found[mail] for mail in sample.mails]

    def reader(self, name):
        self._verdicts[name].result()
        return self.readers[name]

    def close(self):
        concurrent.futures.wait(self._verdicts.values())
        for reader in self.readers.values():
            reader.close()


def declare_cells():
    for reader, kind, form in itertools.product(READERS, KINDS, FORMS):
        words = CANNOT.get((reader.name, kind))
        if words is None:
            declare_accepts(reader.name, kind, form)
        else:
            declare_cannot(reader.name, kind, form, words)


def declare_accepts(name, kind, form):

    @case(f"{name} accepts {kind}, {form}")
    def _(matrix):
        sample = matrix.samples[kind, form]
        good, *changed = matrix.verdicts(name, sample)
        check(good.accepted, good.text)
        contains(names_of(sample.who), good.signer, "signer")
        equal(good.content, sample.content, "content")
        sample.content_check(good.content)
        for verdict, words in zip(changed, REFUSALS[name]):
            check(not verdict.accepted, "a changed message is accepted")
            contains(verdict.text, words)


def names_of(who):
    """All that a reader may call a signer."""
    return [who.address] + [
        readers.certificate_fingerprint(who.certificate, digest)
        for digest in ("sha1", "sha256")]


def declare_cannot(name, kind, form, words):

    @case(f"{name} cannot read {kind}, {form}")
    def _(matrix):
        verdict = matrix.verdicts(name, matrix.samples[kind, form])[0]
        check(not verdict.accepted, f"{name} has learned {kind}: the manual "
              "has to say so")
        contains(verdict.text, words)


def declare_not_ours(name, kind, options):

    @case(f"{name} cannot read {kind} of openssl's making, either")
    def _(matrix):
        message = matrix.users[kind].sign_detached(
            messages.build("a@example.org", ["b@example.net"], b""),
            messages.TEXT, *options)
        openssl.verify(message, matrix.authority.root, matrix.folder)
        verdict, = matrix.reader(name).verify([Mail(message)])
        check(not verdict.accepted, f"{name} reads that of openssl")
        contains(verdict.text, CANNOT[name, kind])


def declare_stranger(name):

    @case(f"{name} refuses a signer of an authority that it does not know")
    def _(matrix):
        verdict = matrix.verdicts(name, matrix.samples["stranger"])[0]
        check(not verdict.accepted, "a stranger is accepted")
        contains(verdict.text, REFUSALS[name][2])


def declare_edge(name, edge):

    @case(f"{name} reads all of: {edge}")
    def _(matrix):
        for form in FORMS:
            sample = matrix.samples[edge, form]
            verdict = matrix.verdicts(name, sample)[0]
            check(verdict.accepted, verdict.text)
            equal(verdict.content == sample.content, True, f"{form} content")
            sample.content_check(verdict.content)


declare_cells()
for class_and_edge in itertools.product(READERS, EDGES):
    declare_edge(class_and_edge[0].name, class_and_edge[1])
for name_and_kind, how in NOT_OURS.items():
    declare_not_ours(*name_and_kind, how)
for reader_class in READERS:
    declare_stranger(reader_class.name)


@case("JavaMail finds the signature's part labelled as it has to be")
def _(matrix):
    for form, labels in (
            ("detached", "application/pkcs7-signature attachment smime.p7s"),
            ("opaque", "application/pkcs7-mime attachment smime.p7m")):
        verdict = matrix.verdicts("Bouncy Castle",
                                  matrix.samples["RSA 2048", form])[0]
        equal(verdict.text, labels, form)


@case("asn1crypto refuses what is not DER")
def _(matrix):
    mail = matrix.samples["RSA 2048", "detached"].mail
    check(mail.cms.startswith(b"\x30\x82"), "the length is of two octets")
    indefinite = mail.with_cms(b"\x30\x80" + mail.cms[4:] + bytes(2))
    longer = mail.with_cms(b"\x30\x83\0" + mail.cms[2:])
    for verdict in matrix.reader("asn1crypto").verify([indefinite, longer]):
        equal((verdict.accepted, verdict.text), (False, "this is not DER"))


# --- the manual ---

@case("smime-milter(8) has the same matrix")
def _(_matrix):
    rows = manual.rows("Signature")
    columns = rows.pop("Signature")
    del rows["Version"]
    equal(sorted(columns), sorted(r.name for r in READERS), "readers")
    equal(list(rows), list(KINDS), "kinds")
    for kind, cells in rows.items():
        equal(cells, ["no" if (name, kind) in CANNOT else "yes"
                      for name in columns], kind)


@case("smime-milter(8) names the readers' versions")
def _(matrix):
    rows = manual.rows("Signature")
    for name, version in zip(rows["Signature"], rows["Version"]):
        equal(matrix.reader(name).version().split(".")[:2],
              version.split("."), name)


@contextlib.contextmanager
def fixture():
    with tempfile.TemporaryDirectory(prefix="smime-readers.") as folder, \
            testsite.Site(more=SETTINGS) as site, \
            concurrent.futures.ThreadPoolExecutor() as pool:
        matrix = Matrix(pathlib.Path(folder), site, pool)
        try:
            matrix.make_samples()
            matrix.start_readers()
            yield matrix
        finally:
            matrix.close()


main(fixture)
