#!/usr/bin/python3
"""Readers that others wrote open what smime-milter encrypts: every cipher, for
every mixture of recipients, as the daemon makes it when policy asks for it.
And whom it encrypts to: exactly those that policy chooses.

A reader opens a kind with each recipient's key, with the RSA keys only, or
not at all, and then says so in the words below; and it opens nothing of AES-GCM
that was changed on the way.  smime-milter(8) has the same
matrix, and is compared with it.
"""

import concurrent.futures
import contextlib
import itertools
import pathlib
import tempfile

import manual
import messages
import opener_asn1
import openers
import openssl
import testsite
from openers import Letter
from tap import case, check, contains, equal, main

# By the names that the manual has for them: what the domains of the
# recipients want, and whose keys they have.
CIPHERS = {"AES-CBC": ("aes256-cbc", "aes128-cbc"),
           "AES-GCM": ("aes256-gcm", "aes128-gcm")}
ALL_CIPHERS = tuple(itertools.chain.from_iterable(CIPHERS.values()))
TRANSPORTS = ("pkcs1", "oaep")
KEYS = ("rsa:2048", "rsa:3072", "ec:P-256", "ec:P-384", "ec:P-521")
TO = {
    "RSA": ("pkcs1", KEYS[:1]),
    "RSA-OAEP": ("oaep", KEYS[:1]),
    "EC": ("pkcs1", KEYS[2:3]),
    "RSA and EC": ("pkcs1", (KEYS[0], KEYS[2])),
    "several": ("pkcs1", KEYS),
}
ROWS = list(itertools.product(CIPHERS, TO))
ALICE = "alice@example.org"
CARLA = "carla@example.org"
ZOE = "zoe@example.info"

OPENERS = (openers.BouncyCastle, openers.OpensslCms, openers.OpensslSmime,
           openers.Gpgsm, openers.Nss, opener_asn1.Asn1)

# What a reader says that cannot open a kind at all.
CANNOT = {
    # It decrypts OAEP as PKCS#1 v1.5, and takes no key agreement.
    ("openssl smime", "AES-CBC", "RSA-OAEP"): "bad decrypt",
    ("openssl smime", "AES-CBC", "EC"): "Error reading S/MIME message",
    ("openssl smime", "AES-CBC", "RSA and EC"): "Error reading S/MIME message",
    ("openssl smime", "AES-CBC", "several"): "Error reading S/MIME message",
    ("gpgsm", "AES-CBC", "RSA-OAEP"): "error getting encrypted session key",
    ("gpgsm", "AES-CBC", "EC"): "it cannot hold such a key",
    ("NSS", "AES-CBC", "RSA-OAEP"): "SEC_ERROR_UNSUPPORTED_KEYALG",
    # One key agreement, and it reads nothing of the message.
    ("NSS", "AES-CBC", "EC"): "SEC_ERROR_BAD_DER",
    ("NSS", "AES-CBC", "RSA and EC"): "SEC_ERROR_BAD_DER",
    ("NSS", "AES-CBC", "several"): "SEC_ERROR_BAD_DER",
}
for reader, words in (("openssl smime", "PKCS7_decrypt:wrong content type"),
                      ("gpgsm", "Buffer too short"),
                      ("NSS", "SEC_ERROR_UNRECOGNIZED_OID")):
    CANNOT.update({(reader, "AES-GCM", to): words for to in TO})

# Only with the RSA keys among the recipients': what it says of the others.
RSA_ONLY = {
    ("gpgsm", "AES-CBC", "RSA and EC"): "it cannot hold such a key",
    ("gpgsm", "AES-CBC", "several"): "it cannot hold such a key",
}

# It is not our fault: how openssl makes such messages.
FOREIGN = {
    ("AES-CBC", "RSA-OAEP"): ["-aes256", "-keyopt", "rsa_padding_mode:oaep"],
    ("AES-CBC", "EC"): ["-aes256"],
    ("AES-GCM", "RSA"): ["-aes-256-gcm"],
}

# A certificate says what its owner reads (RFC 4262): GCM before CBC, and OAEP
# with SHA-1.
ANNOUNCED = ("1.2.840.113549.1.9.15 = DER:3029"
             "300b060960864801650304012e" "300b060960864801650304012a"
             "300d06092a864886f70d0101073000\n")


def domain(cipher, transport):
    return f"{cipher}.{transport}.example.net"


SETTINGS = "recipient_domains = (\n" + ",\n".join(
    f'  {{ name = "{domain(cipher, transport)}"; '
    f'cipher = "{cipher}"; key_transport = "{transport}"; }}'
    for cipher, transport in itertools.product(ALL_CIPHERS,
                                               TRANSPORTS)) + """,
  { name = "*.example.com"; domain_certificate = "gate@example.com"; },
  { name = "newest.example.com"; certificates = "newest"; },
  { name = "checked.example.com"; unchecked = "refuse";
    domain_certificate = ""; }
);
recipients = ( { name = "carla@example.org"; encrypt = "required"; } );
domains = ( { name = "example.info"; escrow = [ "carla@example.org" ]; } );
"""


def address(key, cipher, transport):
    name = key.replace(":", "").replace("-", "").lower()
    return f"{name}@{domain(cipher, transport)}"


class Matrix:
    """All letters and, as soon as they are there, what became of them."""

    def __init__(self, folder, site, pool):
        self.folder = folder
        self.site = site
        self.pool = pool
        self.authority = openssl.Authority(folder / "ca", "Org")
        self.carla = None
        self.people = {}
        self.originals = {}
        self.letters = {}
        self.openers = {}
        self._opened = {}

    def diagnose(self):
        return self.site.diagnose()

    def make_letters(self):
        _, self.carla, _ = map(self._add_user, (ALICE, CARLA, ZOE))
        self.people = dict(zip(KEYS, self.pool.map(self._issue, KEYS)))
        wanted = {(key, cipher, transport)
                  for cipher, (transport, keys) in
                  itertools.product(ALL_CIPHERS, TO.values())
                  for key in keys}
        list(self.pool.map(self._import, sorted(wanted)))
        for (family, to) in ROWS:
            for cipher in CIPHERS[family]:
                self._make(family, to, cipher)
        for (family, to), options in FOREIGN.items():
            self._make_foreign(family, to, options)
        self._make_announced()

    def _add_user(self, name):
        who = self.authority.issue(name, "ec:P-256")
        self.site.add_user(name)
        self.site.import_key(name, who)
        return who

    def _issue(self, key):
        """One certificate for all addresses that somebody has."""
        names = [address(key, cipher, transport) for cipher, transport
                 in itertools.product(ALL_CIPHERS, TRANSPORTS)]
        return self.authority.issue(
            names[0], key, names=",".join(f"email:{name}" for name in names))

    def _import(self, who):
        self.add_contact(address(*who), self.people[who[0]], "--trust")

    def add_contact(self, name, identity, *options):
        file = self.site.for_smimectl(
            identity.certificate.read_bytes() +
            self.authority.intermediate.read_bytes())
        self.site.smimectl("contact", "import", name, file, *options)

    def _submit(self, recipients, people):
        original = messages.build(ALICE, recipients, messages.NESTED)
        verdict = self.site.submit(ALICE, recipients, original)
        check(verdict.accepted, verdict.reply)
        return original, Letter(verdict.data, people)

    def _make(self, family, to, cipher):
        transport, keys = TO[to]
        self.originals[family, to, cipher], self.letters[family, to, cipher] = \
            self._submit([address(key, cipher, transport) for key in keys],
                         [self.people[key] for key in keys])

    def _make_foreign(self, family, to, options):
        """As openssl makes it."""
        who = self.people[TO[to][1][0]]
        cms = openssl.run("cms", "-encrypt", "-binary", "-outform", "DER",
                          "-recip", who.certificate, *options,
                          data=messages.TEXT).stdout
        head = self.letters[family, to, CIPHERS[family][0]].head
        self.letters[family, to, "openssl"] = Letter(
            head + b"\r\n\r\n" + openssl.lines_of_base64(cms), [who])

    def _make_announced(self):
        who = self.authority.issue("new@example.com", "rsa:2048",
                                   more=ANNOUNCED)
        self.add_contact(who.address, who, "--trust")
        self.originals["announced"], self.letters["announced",] = \
            self._submit([who.address], [who])

    def start(self):
        for kind in OPENERS:
            self._opened[kind.name] = self.pool.submit(self._open, kind)

    def _open(self, kind):
        """What became of each letter, and of its copies with another end."""
        opener = kind(self.folder / kind.name, self.authority,
                      self.people.values())
        self.openers[kind.name] = opener
        letters = dict(self.letters)
        letters.update({(*names, "changed"): letter.with_other_end()
                        for names, letter in self.letters.items()
                        if names[0] == "AES-GCM"})
        return dict(zip(letters, opener.open(list(letters.values())),
                        strict=True))

    def opened(self, name, *letter):
        return self._opened[name].result()[letter]

    def reader(self, name):
        self._opened[name].result()
        return self.openers[name]

    def close(self):
        concurrent.futures.wait(self._opened.values())
        for opener in self.openers.values():
            opener.close()


    def inside(self, *letter):
        """What asn1crypto, the strictest, finds in the envelope."""
        opened = self.opened("asn1crypto", *letter)
        for part in opened.values():
            check(part.content is not None, part.text)
        same, = {part.content for part in opened.values()}
        return same


# --- the matrix ---

def assert_opens(matrix, name, row, kinds):
    """With the keys of those kinds, and nothing that was changed."""
    for cipher in CIPHERS[row[0]]:
        found = matrix.opened(name, *row, cipher)
        inside = matrix.inside(*row, cipher)
        for kind in kinds & found.keys():
            equal(found[kind].content == inside, True,
                  f"{cipher} by {kind}: {found[kind].text}")
        if row[0] == "AES-GCM":
            changed = matrix.opened(name, *row, cipher, "changed")
            for kind in kinds & found.keys():
                equal(changed[kind].content, None, f"changed, by {kind}")


def assert_cannot(matrix, name, row, words, kinds):
    for cipher in CIPHERS[row[0]]:
        found = matrix.opened(name, *row, cipher)
        for kind in kinds & found.keys():
            assert_refuses(found[kind], words, matrix.inside(*row, cipher))


def assert_refuses(opened, words, inside):
    """With a random key for the content, which is how a wrong one is hidden
    from who asks, one in 256 ends as if it were right."""
    check(opened.content != inside,
          "it has learned that: the manual has to say so")
    if opened.content is None:
        contains(opened.text, words)


ANY = {"rsa", "ec"}


def declare(name, row):
    kind = ", ".join(row)
    if (name, *row) in CANNOT:

        @case(f"{name} cannot open {kind}")
        def _(matrix):
            assert_cannot(matrix, name, row, CANNOT[name, *row], ANY)
    elif (name, *row) in RSA_ONLY:

        @case(f"{name} opens {kind}, with the RSA keys")
        def _(matrix):
            assert_opens(matrix, name, row, {"rsa"})
            assert_cannot(matrix, name, row, RSA_ONLY[name, *row], {"ec"})
    else:

        @case(f"{name} opens {kind}")
        def _(matrix):
            assert_opens(matrix, name, row, ANY)


def declare_foreign(name, row):

    @case(f"{name} cannot open {', '.join(row)} of openssl's making, either")
    def _(matrix):
        for opened in matrix.opened(name, *row, "openssl").values():
            assert_refuses(opened, CANNOT[name, *row], messages.TEXT)


for reader_class, declared in itertools.product(OPENERS, ROWS):
    declare(reader_class.name, declared)
    if declared in FOREIGN and (reader_class.name, *declared) in CANNOT:
        declare_foreign(reader_class.name, declared)


@case("what is inside is signed, and what was submitted")
def _(matrix):
    for names, original in matrix.originals.items():
        names = names if isinstance(names, tuple) else (names,)
        entity, _ = openssl.verify(matrix.inside(*names),
                                   matrix.authority.root, matrix.folder)
        messages.same_content(original, entity)


@case("each gets the cipher that policy wants")
def _(matrix):
    for (*_, cipher), letter in matrix.letters.items():
        if cipher in ALL_CIPHERS:
            equal(opener_asn1.cipher_of(letter), cipher.replace("-", "_"))


@case("what a certificate announces is used")
def _(matrix):
    letter = matrix.letters["announced",]
    equal(opener_asn1.cipher_of(letter), "aes256_gcm")
    equal(opener_asn1.transport_of(letter), "OAEP with sha1")
    for name in ("openssl cms", "Bouncy Castle"):
        found = matrix.opened(name, "announced")["rsa"]
        equal(found.content == matrix.inside("announced"), True, found.text)


@case("JavaMail finds the message labelled as it has to be")
def _(matrix):
    for cipher, label in (("aes256-cbc", "enveloped-data"),
                          ("aes256-gcm", "authEnveloped-data")):
        family = f"AES-{cipher[-3:].upper()}"
        equal(matrix.opened("Bouncy Castle", family, "RSA", cipher)["rsa"].text,
              f"application/pkcs7-mime {label} attachment smime.p7m")


# --- whom it is for ---

def submit(matrix, recipient, sender=ALICE):
    return matrix.site.submit(
        sender, [recipient],
        messages.build(sender, [recipient], messages.TEXT))


def assert_only_for(verdict, *people):
    check(verdict.accepted, verdict.reply)
    equal(openssl.recipient_count(verdict.data), len(people), "recipients")
    for who in people:
        contains(who.decrypt(verdict.data), b"multipart/signed")


def correspondent(matrix, name, *options, **issued):
    """Somebody whose certificate the site knows."""
    who = matrix.authority.issue(name, "ec:P-256", **issued)
    matrix.add_contact(name, who, *options)
    return who


@case("a certificate of the domain stands in, and only there")
def _(matrix):
    gate = correspondent(matrix, "gate@example.com", "--trust")
    own = correspondent(matrix, "own@mail.example.com", "--trust")
    assert_only_for(submit(matrix, "none@mail.example.com"), gate)
    assert_only_for(submit(matrix, "own@mail.example.com"), own)
    # The pattern is for the domains below.
    verdict = submit(matrix, "none@example.com")
    contains(verdict.reply, "5.7.51 none@example.com: no certificate")


@case("all certificates, or the newest")
def _(matrix):
    dates = {"start": "20250101000000Z", "end": "20990101000000Z"}
    for name, wanted in (("two@mail.example.com", 2),
                         ("two@newest.example.com", 1)):
        old = correspondent(matrix, name, "--trust", **dates)
        new = correspondent(matrix, name, "--trust")
        assert_only_for(submit(matrix, name), *[new, old][:wanted])


@case("what nobody has checked for revocation can be refused")
def _(matrix):
    for name in ("bob@mail.example.com", "bob@checked.example.com"):
        correspondent(matrix, name)
    check(submit(matrix, "bob@mail.example.com").accepted, "it is usual")
    verdict = submit(matrix, "bob@checked.example.com")
    contains(verdict.reply, "5.7.53 bob@checked.example.com: nobody knows "
             "whether the certificate is revoked")
    who = correspondent(matrix, "carol@checked.example.com", "--trust")
    assert_only_for(submit(matrix, who.address), who)


@case("our own user with a rule gets ciphertext by his own certificate")
def _(matrix):
    assert_only_for(submit(matrix, CARLA), matrix.carla)
    check(b"multipart/signed" in submit(matrix, ALICE).data,
          "without a rule it is clear text")


@case("escrow can read what the domain's users encrypt, and no other's")
def _(matrix):
    bob = correspondent(matrix, "bob@example.net", "--trust")
    assert_only_for(submit(matrix, bob.address, ZOE), bob, matrix.carla)
    assert_only_for(submit(matrix, bob.address), bob)


# --- the manual ---

def cell(name, row):
    if (name, *row) in CANNOT:
        return "no"
    return "RSA" if (name, *row) in RSA_ONLY else "yes"


@case("smime-milter(8) has the same matrix")
def _(_matrix):
    rows = manual.rows("Envelope")
    columns = rows.pop("Envelope")
    equal(sorted(columns), sorted(o.name for o in OPENERS), "readers")
    equal(list(rows), [" to ".join(row) for row in ROWS], "kinds")
    for row in ROWS:
        equal(rows[" to ".join(row)], [cell(name, row) for name in columns],
              row)


@contextlib.contextmanager
def fixture():
    with tempfile.TemporaryDirectory(prefix="smime-openers.") as folder, \
            testsite.Site(encrypt="required", more=SETTINGS) as site, \
            concurrent.futures.ThreadPoolExecutor() as pool:
        matrix = Matrix(pathlib.Path(folder), site, pool)
        try:
            site.trust(matrix.authority)
            site.restart_milter()
            matrix.make_letters()
            matrix.start()
            yield matrix
        finally:
            matrix.close()


main(fixture)
