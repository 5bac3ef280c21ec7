#!/usr/bin/python3
"""Disclaimers through the real daemon: in every copy that leaves, signed,
encrypted or in clear; and byte for byte nothing where they do not belong."""

import email
import re

import openssl
import tap
from disclaimer_corpus import REFUSED, added
from mailserver import Sink
from messages import FEARED, PLAIN, build, multipart
from processes import PeakMemory
from tap import absent, case, check, contains, equal, note
from testsite import Site, is_sanitized

SANITIZED = is_sanitized()
MEGABYTE = 1024 * 1024
GROWTH_KB = 32 * 1024

# anna signs, nick has no certificate, olga has signing switched off.
ANNA, NICK, OLGA = (f"{name}@example.org" for name in ("anna", "nick", "olga"))
PAUL = "paul@split.example.org"
RITA = "rita@refuse.example.org"
BOB, KIM, EVE = "bob@example.net", "kim@example.com", "eve@example.net"
REWRITES = "joe@rewrites.example"

# The first one takes another label where a text has none for it.
WORDS = b"Example Ltd, registered in Nowhere"
TEXTS = {"koeln": "Example Ltd, registered in Nowhere bei Köln.\n"
                  "Sent by %{name} <%{address}>.\n",
         "plain": "Example Ltd, registered in Nowhere.\n"
                  "Sent by %{name} <%{address}>.\n"}

SETTINGS = """
disclaimers = ( {{ name = "koeln"; text = "{folder}/koeln.txt"; }},
    {{ name = "plain"; text = "{folder}/plain.txt"; }} );
reinject = "smtp://127.0.0.1:{port}";
domains = (
  {{ name = "example.org"; disclaimer = "koeln"; }},
  {{ name = "split.example.org"; disclaimer = "plain";
     encrypt = "if-possible"; }},
  {{ name = "refuse.example.org"; disclaimer = "plain";
     disclaimer_protected = "refuse"; }}
);
recipient_domains = ( {{ name = "rewrites.example"; signature = "opaque"; }} );
"""


class Fixture(Site):
    """A site with a listener for copies, which keeps them."""

    def __init__(self):
        self.listener = Sink()
        super().__init__(domains=())
        for name, text in TEXTS.items():
            (self.folder / f"{name}.txt").write_text(text, encoding="utf-8")
        self.settings.update(more=SETTINGS.format(
            folder=self.folder, port=self.listener.port))

    def prepare(self):
        authority = openssl.Authority(self.folder / "tmp" / "p", "Partner")
        self.trust(authority)
        self.restart_milter()
        self.known = {}
        for address in BOB, EVE:
            self.known[address] = authority.issue(address)
            self.smimectl("contact", "import", address, self.for_smimectl(
                self.known[address].certificate.read_bytes()), "--trust")
        for address in ANNA, PAUL, RITA:
            self.add_user(address)
            self.issue(address, "--key", "p256")
        self.add_user(OLGA, "--sign", "off")
        self.client = authority.issue(RITA, "ec:P-256")

    def __exit__(self, *_):
        self.listener.close()
        super().__exit__()

    def sent(self, sender, content, queue_id, to=BOB, more=b"", **options):
        mail = build(f"A <{sender}>", [to], content, more=more)
        verdict = self.submit(sender, [to], mail, queue_id=queue_id, **options)
        return mail, verdict

    def check_signature(self, data):
        """Without openssl's own MIME parser, which some of it is too much
        for."""
        openssl.verify(data, self.root, self.folder / "tmp", mime=False)

    def became(self, queue_id):
        """What the log says of the disclaimer, and why if it was refused."""
        text = "\n".join(self.log_lines(queue_id))
        absent(text, "gate:", queue_id)
        words = set(re.findall(r" disclaimer=(\S+)", text))
        check(len(words) <= 1, text)
        reason = re.search(r"disclaimer=refused reason=(\S+)", text)
        return words.pop() if words else None, reason and reason.group(1)

    def check_untouched(self, verdict, mail, reply="250"):
        equal((verdict.accepted, verdict.changes), (True, []), verdict.reply)
        equal(verdict.data, mail)


def bodies(entity):
    """What a reader sees of each part that is text, decoded."""
    message = email.message_from_bytes(entity)
    return [part.get_payload(decode=True) for part in message.walk()
            if part.get_content_maintype() == "text" and
            not part.get_filename()]


def carries(entity, who):
    text = b"".join(bodies(entity))
    return text.count(WORDS) and who.encode() in text.replace(b"\n", b" ")


# -- who gets it --

@case("signed, and not signed for whatever reason")
def _(site):
    for sender, queue_id, event in ((ANNA, "4A", "signed"),
                                    (NICK, "4N", "passed"),
                                    (OLGA, "4O", "passed")):
        _, verdict = site.sent(sender, PLAIN, queue_id)
        contains(site.log_lines(queue_id)[0], f"{queue_id}: {event} ")
        equal(site.became(queue_id), ("added", None), sender)
        check(carries(verdict.data, sender), verdict.data)
        if event == "signed":
            check(carries(site.verify(verdict.data)[0], sender), "content")
            check("Köln".encode() in b"".join(bodies(verdict.data)), "text")


def others(headers):
    """Fields that are none of the entity's."""
    return [(name, value) for name, value in headers if
            not name.lower().startswith(("content-", "mime-version"))]


@case("not signed: of the header only the labels that change")
def _(site):
    contents = {
        "ASCII": PLAIN, "nothing": b"\r\nHello.\r\n",
        "Latin 1": b"MIME-Version: 1.0\r\nContent-Type: text/plain;\r\n"
                   b" charset=iso-8859-1\r\nContent-Language: de\r\n"
                   b"Content-Transfer-Encoding: 8bit\r\n\r\nGr\xfc\xdfe\r\n",
        "UTF-8": b"MIME-Version: 1.0\r\nContent-Type: text/plain; "
                 b"charset=UTF-8\r\nContent-Transfer-Encoding: base64\r\n"
                 b"\r\nR3LDvMOfZQ0K\r\n",
        "Cyrillic": b"MIME-Version: 1.0\r\nContent-Type: text/plain; "
                    b"charset=koi8-r\r\nContent-Disposition: inline\r\n"
                    b"Content-Transfer-Encoding: quoted-printable\r\n"
                    b"\r\n=F3=DF\r\n"}
    for number, (name, content) in enumerate(contents.items()):
        for rules in "postfix", "sendmail":
            mail, verdict = site.sent(NICK, content, f"4H{number}", rules=rules)
            before = email.message_from_bytes(mail)
            after = email.message_from_bytes(verdict.data)
            equal(others(after.items()), others(before.items()), name)
            for field in "Content-Language", "Content-Disposition":
                equal(after[field], before[field], field)
            old = before.get_payload(decode=True).decode(
                before.get_content_charset() or "ascii")
            new = after.get_payload(decode=True).decode(
                after.get_content_charset())
            check(new.startswith(old), f"{name}: {new!r}")
            contains(new[len(old):], "bei Köln.")
            equal(len(after.get_all("MIME-Version")), 1, name)
            if name in ("Latin 1", "UTF-8"):
                equal(verdict.changes, ["replbody"], name)


@case("a user without one, by the store")
def _(site):
    site.smimectl("user", "set", OLGA, "--disclaimer", "none")
    mail, verdict = site.sent(OLGA, PLAIN, "4NONE")
    site.check_untouched(verdict, mail)
    equal(site.became("4NONE"), (None, None))
    site.smimectl("user", "set", OLGA, "--disclaimer", "inherit")


@case("every structure, charset and encoding passes the gate")
def _(site):
    for number, (name, entity) in enumerate(added().items()):
        for sender in ANNA, NICK:
            queue_id = f"4C{number}{sender[0]}"
            _, verdict = site.sent(sender, entity, queue_id)
            check(verdict.accepted, f"{name}: {verdict.reply}")
            # An invitation is exempt, whatever stands beside it.
            if b"text/calendar" in entity:
                equal(site.became(queue_id), (None, None), name)
                continue
            equal(site.became(queue_id), ("added", None), name)
            if sender == ANNA:
                site.check_signature(verdict.data)


@case("what cannot be changed is signed as it is, or passes")
def _(site):
    for number, (name, (entity, why)) in enumerate(REFUSED.items()):
        for sender in ANNA, NICK:
            queue_id = f"4R{number}{sender[0]}"
            mail, verdict = site.sent(sender, entity, queue_id)
            check(verdict.accepted, f"{name}: {verdict.reply}")
            found, reason = site.became(queue_id)
            # At the root of a message some are protected.
            expected = {"inline-pgp": "already-signed"}.get(why, why)
            if why == "no-body":
                check(found in ("no-body", None), f"{name}: {found}")
            else:
                equal(found, "refused", name)
                check(reason in (why, expected, "already-encrypted"),
                      f"{name}: {reason}")
            if sender == NICK:
                site.check_untouched(verdict, mail)


@case("feared messages: a signature that verifies, and nothing lost")
def _(site):
    for number, (name, content) in enumerate(FEARED.items()):
        for sender in ANNA, NICK:
            queue_id = f"4F{number}{sender[0]}"
            _, verdict = site.sent(sender, content, queue_id)
            check(verdict.accepted, f"{name}: {verdict.reply}")
            absent("\n".join(site.log_lines(queue_id)), "gate:")
            line = site.log_lines(queue_id)[0]
            if f"{queue_id}: signed" in line:
                site.check_signature(verdict.data)


@case("exempt mail and bounces: byte for byte as it came")
def _(site):
    for number, more in enumerate((
            b"Auto-Submitted: auto-replied\r\n",
            b"List-Id: <l.example.org>\r\n",
            b"Resent-From: <nick@example.org>\r\n")):
        mail, verdict = site.sent(NICK, PLAIN, f"4E{number}", more=more)
        site.check_untouched(verdict, mail)
        equal(site.became(f"4E{number}"), (None, None))
    mail = build(ANNA, [BOB])
    verdict = site.submit(ANNA, [BOB], mail, sender="", queue_id="4NULL")
    site.check_untouched(verdict, mail)
    invitation = multipart(
        "alternative", "b", b"Content-Type: text/plain\r\n\r\ncome",
        b"Content-Type: text/calendar; method=REQUEST\r\n\r\nBEGIN:VCALENDAR")
    mail, verdict = site.sent(ANNA, invitation, "4CAL")
    site.check_untouched(verdict, mail)


# -- what is protected already (D2) --

def protected(site):
    """name -> (message, reason) of what a client has protected."""
    header = build(f"R <{RITA}>", [BOB], b"")
    entity = b"Content-Type: text/plain\r\n\r\nplain\r\n"
    pgp = (b'Content-Type: multipart/signed; boundary=b; micalg=pgp-sha256;\r\n'
           b' protocol="application/pgp-signature"\r\n\r\n'
           b"--b\r\n" + entity + b"\r\n--b\r\n"
           b"Content-Type: application/pgp-signature\r\n\r\nx\r\n--b--\r\n")
    inline = (b"-----BEGIN PGP SIGNED MESSAGE-----\r\nHash: SHA256\r\n\r\n"
              b"plain\r\n-----BEGIN PGP SIGNATURE-----\r\n\r\nx\r\n"
              b"-----END PGP SIGNATURE-----\r\n")
    armor = (b"-----BEGIN PGP MESSAGE-----\r\n\r\nx\r\n"
             b"-----END PGP MESSAGE-----\r\n")
    return {
        "S/MIME, detached": (site.client.sign_detached(header, entity),
                             "already-signed"),
        "S/MIME, opaque": (site.client.sign_opaque(header, entity),
                           "already-signed"),
        "S/MIME, encrypted": (site.known[BOB].encrypt(header, entity),
                              "already-encrypted"),
        "PGP/MIME, signed": (header + pgp, "already-signed"),
        "PGP/MIME, encrypted": (
            header + b'Content-Type: multipart/encrypted; boundary=b;\r\n'
            b' protocol="application/pgp-encrypted"\r\n\r\n--b\r\n'
            b"Content-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n"
            b"--b\r\nContent-Type: application/octet-stream\r\n\r\n" + armor +
            b"--b--\r\n", "already-encrypted"),
        "inline PGP, signed": (header + b"\r\n" + inline, "already-signed"),
        "inline PGP, encrypted": (header + b"\r\n" + armor,
                                  "already-signed"),
        "inline PGP in a part": (header + multipart(
            "mixed", "m", b"Content-Type: text/plain\r\n\r\n" + inline,
            entity), "inline-pgp"),
        "PGP/MIME below the root": (header + multipart("mixed", "m", pgp),
                                    "inner-signed"),
        "S/MIME below the root": (header + multipart(
            "mixed", "m", site.client.sign_detached(b"", entity)),
            "inner-signed"),
    }


@case("protected by the client: byte for byte as it came")
def _(site):
    site.smimectl("user", "set", RITA, "--sign", "off")
    site.reconfigure(more=site.settings["more"].replace(
        'disclaimer_protected = "refuse"', 'disclaimer_protected = "pass"'))
    for number, (name, (mail, reason)) in enumerate(protected(site).items()):
        queue_id = f"4P{number}"
        verdict = site.submit(RITA, [BOB], mail, queue_id=queue_id)
        site.check_untouched(verdict, mail)
        equal(site.became(queue_id), ("refused", reason), name)


@case("protected by the client, and refused where policy wants it so")
def _(site):
    site.reconfigure(more=site.settings["more"].replace(
        'disclaimer_protected = "pass"', 'disclaimer_protected = "refuse"'))
    for number, (name, (mail, reason)) in enumerate(protected(site).items()):
        queue_id = f"4Q{number}"
        verdict = site.submit(RITA, [BOB], mail, queue_id=queue_id)
        check(not verdict.accepted, name)
        contains(verdict.reply, "550 5.7.64", name)
        contains(verdict.reply, "put it into your own text", name)
        contains(site.log_lines(queue_id)[0], "reason=disclaimer-refused")
        equal(site.became(queue_id), ("refused", reason), name)
    # Who does as he is told is not refused again.
    entity = b"Content-Type: text/plain\r\n\r\nplain\r\n\r\n" + \
        TEXTS["plain"].replace("%{name} <%{address}>",
                               f"R <{RITA}>").replace("\n", "\r\n").encode()
    header = build(f"R <{RITA}>", [BOB], b"")
    for number, sign in enumerate((site.client.sign_detached,
                                   site.client.sign_opaque)):
        mail = sign(header, entity)
        verdict = site.submit(RITA, [BOB], mail, queue_id=f"4DONE{number}")
        site.check_untouched(verdict, mail)
        equal(site.became(f"4DONE{number}"), ("present", None))
    mail = (header + b"\r\n-----BEGIN PGP SIGNED MESSAGE-----\r\n"
            b"Hash: SHA256\r\n\r\n" + entity.partition(b"\r\n\r\n")[2] +
            b"-----BEGIN PGP SIGNATURE-----\r\n\r\nx\r\n"
            b"-----END PGP SIGNATURE-----\r\n")
    site.check_untouched(site.submit(RITA, [BOB], mail, queue_id="4INLINE"),
                         mail)
    equal(site.became("4INLINE"), ("present", None))
    site.smimectl("user", "set", RITA, "--sign", "inherit")


@case("what we have signed comes again, through another filter: as it is")
def _(site):
    for reader in BOB, REWRITES:
        _, verdict = site.sent(RITA, PLAIN, "4ONCE", reader)
        opaque = b"pkcs7-mime" in verdict.data
        equal(opaque, reader == REWRITES, reader)
        again = site.submit(RITA, [reader], verdict.data, queue_id="4AGAIN")
        site.check_untouched(again, verdict.data)
        equal(site.became("4AGAIN"), ("present", None))


# -- several copies --

@case("ciphertext, a blind one and clear text: all copies carry it")
def _(site):
    mail = build(f"P <{PAUL}>", [BOB, KIM], PLAIN)
    verdict = site.submit(PAUL, [BOB, KIM, EVE], mail, queue_id="4SPLIT")
    check(verdict.accepted, verdict.reply)
    equal(site.became("4SPLIT"), ("added", None))
    contains(site.log_lines("4SPLIT")[0], "4SPLIT: split ")
    for address, data in ((BOB, verdict.data), (EVE, None), (KIM, None)):
        copy = data
        if data is None:
            taken = site.listener.take(
                lambda c, a=address: a in c.recipients)
            copy = taken.data.partition(b"\r\n")[2]
        if address in site.known:
            absent(copy, WORDS, "ciphertext")
            copy = site.known[address].decrypt(copy).replace(
                b"\r\n", b"\n").replace(b"\n", b"\r\n")
        check(carries(site.verify(copy)[0], PAUL), address)
    # One of ours that comes back in is not touched again.
    back = site.send(PAUL, [KIM], taken.data, address="127.0.0.1",
                     daemon_name="REINJECT", queue_id="4BACK")
    check(back.accepted, back.reply)
    equal(back.data, taken.data.partition(b"\r\n")[2])
    contains(site.log_lines("4BACK")[0], "reason=own-copy")
    equal(site.became("4BACK"), (None, None))


@case("ciphertext and clear text, neither signed")
def _(site):
    site.smimectl("user", "set", PAUL, "--sign", "off")
    verdict = site.submit(PAUL, [BOB, KIM], build(f"P <{PAUL}>", [BOB, KIM]),
                          queue_id="4BARE")
    clear = site.listener.take(lambda c: KIM in c.recipients)
    check(carries(clear.data.partition(b"\r\n")[2], PAUL), "clear")
    check(carries(site.known[BOB].decrypt(verdict.data), PAUL), "ciphertext")
    equal(site.became("4BARE"), ("added", None))
    site.smimectl("user", "set", PAUL, "--sign", "inherit")


@case("smimectl signs and encrypts as the gateway would: with it")
def _(site):
    path = site.for_smimectl(build(f"A <{ANNA}>", [BOB], PLAIN))
    for verb in "sign", "encrypt":
        data = site.smimectl("message", verb, "--from", ANNA, path).encode()
        data = data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        if verb == "encrypt":
            data = site.known[BOB].decrypt(data)
        check(carries(data, ANNA), verb)


# -- large --

@case("50 MB in one text, and beside one: no more memory than for a small one")
def _(site):
    size = (1 if SANITIZED else 50) * MEGABYTE
    text = (b"x" * 70 + b"\r\n") * (size // 72)
    large = (b"MIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\n" + text,
             multipart("mixed", "b", b"Content-Type: text/plain\r\n\r\nHi",
                       b"Content-Type: application/octet-stream\r\n\r\n" +
                       text))
    for number, content in enumerate(large):
        for sender in ANNA, NICK:
            queue_id = f"4L{number}{sender[0]}"
            with PeakMemory(site.milter) as memory:
                _, verdict = site.sent(sender, content, queue_id)
            check(verdict.accepted, verdict.reply)
            equal(site.became(queue_id), ("added", None))
            note(f"{queue_id}: {memory.growth} kB")
            if not SANITIZED:
                check(memory.growth < GROWTH_KB,
                      f"memory grew by {memory.growth} kB")


@case("the daemons run, and have said nothing alarming")
def _(site):
    site.check_quiet()


if __name__ == "__main__":
    tap.main(Fixture)
