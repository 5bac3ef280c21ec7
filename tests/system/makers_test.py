#!/usr/bin/python3
"""What others sign, encrypt, compress and wrap, as it comes out of the daemon:
every kind that six programs and libraries make, and no signature of it when
the content was changed on the way.

smime-milter(8) has the same matrix, and is compared with it.
"""

import concurrent.futures
import contextlib
import itertools
import pathlib
import tempfile

import makers
import manual
import messages
import openssl
import testsite
from makers import Compress, Encrypt, Order, Sign
from tap import case, check, contains, equal, main

BOB = "bob@example.com"
WORD = b"Original"
ENTITY = messages.multipart(
    "mixed", "outer", b"Content-Type: text/plain\r\n\r\n" + WORD + b" text.",
    messages.TEXT).replace(b"MIME-Version: 1.0\r\n", b"")

FORMS = ("detached", "opaque")

# By the names that the manual has for them: the signer's key, and how.
SIGNATURES = {
    "RSA": ("rsa:2048", "pkcs1"),
    "RSA-PSS": ("rsa:2048", "pss"),
    "ECDSA P-256": ("ec:P-256", ""),
    "ECDSA P-384": ("ec:P-384", ""),
    "Ed25519": ("ed25519", ""),
}

# The recipient's key, the cipher, and how its key gets there.
ENVELOPES = {
    "AES-128-CBC": ("rsa:2048", "AES-128-CBC", "pkcs1"),
    "AES-192-CBC": ("rsa:2048", "AES-192-CBC", "pkcs1"),
    "AES-256-CBC": ("rsa:2048", "AES-256-CBC", "pkcs1"),
    "3DES": ("rsa:2048", "3DES", "pkcs1"),
    "AES-128-GCM": ("rsa:2048", "AES-128-GCM", "pkcs1"),
    "AES-192-GCM": ("rsa:2048", "AES-192-GCM", "pkcs1"),
    "AES-256-GCM": ("rsa:2048", "AES-256-GCM", "pkcs1"),
    "OAEP, SHA-1": ("rsa:2048", "AES-256-CBC", "oaep-sha1"),
    "OAEP, SHA-256": ("rsa:2048", "AES-256-GCM", "oaep-sha256"),
    "P-256, KDF SHA-1": ("ec:P-256", "AES-256-CBC", "kdf-sha1"),
    "P-256, KDF SHA-256": ("ec:P-256", "AES-128-GCM", "kdf-sha256"),
    "P-384, KDF SHA-1": ("ec:P-384", "AES-128-CBC", "kdf-sha1"),
    "P-384, KDF SHA-256": ("ec:P-384", "AES-256-GCM", "kdf-sha256"),
}

# From the inside out.
LAYERS = {
    "signed, encrypted": "sign encrypt",
    "triple wrap": "sign encrypt sign",
    "compressed": "compress",
    "signed, compressed": "sign compress",
    "compressed, signed": "compress sign",
    "all of it": "sign compress encrypt sign",
}
ROWS = (*SIGNATURES, *ENVELOPES, *LAYERS)

MAKERS = (makers.OpensslCms, makers.OpensslSmime, makers.Gpgsm, makers.Nss,
          makers.BouncyCastle, makers.Cryptography)

CBC_TO_RSA = {"AES-128-CBC", "AES-192-CBC", "AES-256-CBC", "3DES"}
ECDSA = {"ECDSA P-256", "ECDSA P-384"}
WRAPPED = {"signed, encrypted", "triple wrap"}
# What each of them makes.
MAKES = {
    # Built without zlib; its CMS knows no signature without a digest.
    "openssl cms": {"RSA", "RSA-PSS"} | ECDSA | set(ENVELOPES) | WRAPPED,
    "openssl smime": {"RSA"} | ECDSA | CBC_TO_RSA | WRAPPED,
    # Its EC envelopes cannot be opened by anybody, and its agent signs with
    # P-384 only what has a longer digest than it makes.
    "gpgsm": {"RSA", "ECDSA P-256"} | CBC_TO_RSA | WRAPPED,
    "NSS": {"RSA", "AES-128-CBC"} | ECDSA | WRAPPED,
    "Bouncy Castle": set(ROWS),
    "cryptography": {"RSA"} | ECDSA,
}


def user(kind):
    return kind.replace(":", "").replace("-", "").lower() + "@example.org"


class Message:
    """As it was ordered, and as it was made."""

    def __init__(self, order, recipient):
        self.order = order
        self.recipient = recipient
        self.entity = None

    def data(self):
        entity = self.entity
        if not entity.startswith(b"MIME-Version:"):
            entity = b"MIME-Version: 1.0\r\n" + entity
        return messages.build(BOB, [self.recipient], entity)

    def steps(self, kind):
        return [step for step in self.order.steps if isinstance(step, kind)]


class Matrix:
    """All messages and, as soon as they are there, what we say of them."""

    def __init__(self, folder, site, pool):
        self.folder = folder
        self.site = site
        self.pool = pool
        self.authority = openssl.Authority(folder / "ca", "Org")
        self.bobs, self.users = {}, {}
        self.messages = {}
        self.makers = {}
        self._judged = {}

    def diagnose(self):
        return self.site.diagnose()

    def prepare(self):
        self.site.trust(self.authority)
        self.site.restart_milter()
        for kind in sorted({kind for kind, _ in SIGNATURES.values()}):
            self.bobs[kind] = self.authority.issue(BOB, kind)
        for kind in sorted({kind for kind, *_ in ENVELOPES.values()}):
            who = self.authority.issue(user(kind), kind)
            self.users[kind] = who
            self.site.add_user(who.address)
            self.site.import_key(who.address, who)
        for maker in MAKERS:
            self.messages[maker.name] = {
                (row, form): self._order(maker.name, row, form)
                for row, form in itertools.product(ROWS, FORMS)
                if row in MAKES[maker.name] and
                (form == FORMS[0] or row in SIGNATURES)}

    def _order(self, maker, row, form):
        recipient = self.users["rsa:2048"].address
        if row in SIGNATURES:
            kind, scheme = SIGNATURES[row]
            steps = [Sign(self.bobs[kind], form, scheme)]
        elif row in ENVELOPES:
            kind, cipher, transport = ENVELOPES[row]
            recipient = self.users[kind].address
            steps = [Encrypt(self.users[kind], cipher, transport)]
        else:
            steps = [self._step(maker, word) for word in LAYERS[row].split()]
        return Message(Order(ENTITY, steps), recipient)

    def _step(self, maker, word):
        if word == "sign":
            return Sign(self.bobs["rsa:2048"], "detached", "pkcs1")
        if word == "encrypt":
            # NSS chooses it when it knows nothing of the recipient.
            cipher = "AES-128-CBC" if maker == "NSS" else "AES-256-CBC"
            return Encrypt(self.users["rsa:2048"], cipher, "pkcs1")
        return Compress()

    def start(self):
        for maker in MAKERS:
            self._judged[maker.name] = self.pool.submit(self._make, maker)

    def _make(self, kind):
        maker = kind(self.folder / kind.name, self.authority,
                     [*self.bobs.values(), *self.users.values()])
        self.makers[kind.name] = maker
        made = self.messages[kind.name].values()
        for message, entity in zip(made, maker.make(
                [message.order for message in made]), strict=True):
            message.entity = entity

    def made(self, name, row, form):
        self._judged[name].result()
        return self.messages[name][row, form]

    def maker(self, name):
        self._judged[name].result()
        return self.makers[name]

    def close(self):
        concurrent.futures.wait(self._judged.values())
        for maker in self.makers.values():
            maker.close()

    def deliver(self, message, data):
        """As it comes out of the daemon that it was handed to from outside."""
        verdict = self.site.send(BOB, [message.recipient], data)
        check(verdict.accepted, verdict.reply)
        return verdict.data


# --- the matrix ---

def assert_read(matrix, message):
    data = message.data()
    delivered = matrix.deliver(message, data)
    word, facts = messages.status_of(delivered)
    if message.steps(Sign):
        equal((word, facts["signer"]), ("valid", BOB), "signature")
    else:
        equal(word, "unsigned")
    if message.steps(Encrypt):
        assert_opened(message, messages.unmarked(delivered), facts)
    elif message.steps(Sign):
        equal(messages.unmarked(delivered), data, "the message itself")
        if data.count(WORD):
            assert_altered(matrix, message, data)


def assert_altered(matrix, message, data):
    """One letter of what is signed is another: it is not valid by chance."""
    delivered = matrix.deliver(message, data.replace(WORD, WORD.swapcase()))
    equal(messages.status_of(delivered)[0], "altered")


def assert_opened(message, delivered, facts):
    step, = message.steps(Encrypt)
    name = "3des-cbc" if step.cipher == "3DES" else step.cipher
    equal((facts["encrypted"], facts["decrypted"]),
          (name.lower().replace("aes-", "aes"), "yes"))
    field, body = ENTITY.split(b"\r\n\r\n", 1)
    head, _, content = delivered.partition(b"\r\n\r\n")
    if message.steps(Sign):
        equal(facts["integrity"], "signed")
        contains(content, ENTITY)
    else:
        equal(facts["integrity"], "authenticated"
              if step.cipher.endswith("GCM") else "unknown")
        contains(head + b"\r\n", b"\r\n" + field + b"\r\n")
        equal(content, body)


def declare(name, row, form):
    what = f"{row}, {form}" if row in SIGNATURES else row

    @case(f"{name} makes what we read: {what}")
    def _(matrix):
        assert_read(matrix, matrix.made(name, row, form))


for maker_class, declared in itertools.product(MAKERS, ROWS):
    if declared in MAKES[maker_class.name]:
        for signed_form in FORMS if declared in SIGNATURES else FORMS[:1]:
            declare(maker_class.name, declared, signed_form)


# --- the manual ---

@case("smime-milter(8) has the same matrix")
def _(_matrix):
    rows = manual.rows("Made by")
    columns = rows.pop("Made by")
    equal(columns, [maker.name for maker in MAKERS], "makers")
    del rows["Version"]
    equal(list(rows), list(ROWS), "kinds")
    for row, cells in rows.items():
        equal(cells, ["yes" if row in MAKES[name] else "-"
                      for name in columns], row)


@case("smime-milter(8) names the makers' versions")
def _(matrix):
    rows = manual.rows("Made by")
    for name, version in zip(rows["Made by"], rows["Version"]):
        shown = matrix.maker(name).version().split(".")
        equal(shown[:version.count(".") + 1], version.split("."), name)


@contextlib.contextmanager
def fixture():
    with tempfile.TemporaryDirectory(prefix="smime-makers.") as folder, \
            testsite.Site() as site, \
            concurrent.futures.ThreadPoolExecutor() as pool:
        matrix = Matrix(pathlib.Path(folder), site, pool)
        try:
            matrix.prepare()
            matrix.start()
            yield matrix
        finally:
            matrix.close()


main(fixture)
