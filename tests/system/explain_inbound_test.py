"""smimectl explain for mail from outside: what it is made of, what is asked of
its author and by whose rule, who can read it, what its header gets, and what
would be learned; nothing is."""

import messages
import openssl
import tap
from tap import absent, case, check, contains, equal
from testsite import Site

DONE, NO, AWAY = 0, 1, 3
ALICE, CAROL = "alice@example.org", "carol@example.org"
SHADOW = "alice@shadow.example.org"
BOB, EVE = "bob@example.net", "eve@example.com"
BANK, NEWS = "bank@bank.example.com", "news@bank.example.com"

RULES = """
domains = ( { name = "shadow.example.org"; mode = "shadow"; } );
recipient_domains = (
  { name = "bank.example.com"; inbound_level = "organisation";
    inbound_action = "refuse"; },
  { name = "*.example.net"; inbound_encryption = "required"; } );
recipients = (
  { name = "news@bank.example.com"; inbound_level = "any"; } );
"""
REINJECT = 'reinject = "smtp://127.0.0.1:1";\n'
# CA/B S/MIME BR: organization-validated, multipurpose.
ORGANISATION = "certificatePolicies = 2.23.140.1.5.2.2\n"


class Fixture(Site):
    """Without the daemon: explain does not need it."""

    def __init__(self):
        super().__init__(more=RULES + REINJECT)

    def start_milter(self):
        pass

    def prepare(self):
        self.partner = openssl.Authority(self.folder / "tmp" / "p", "Partner")
        self.other = openssl.Authority(self.folder / "tmp" / "o", "Other")
        self.trust(self.partner)
        self.trust(self.other)
        self.bob = self.partner.issue(BOB)
        self.ours = {}
        for address in (ALICE, CAROL, SHADOW):
            self.add_user(address)
            self.ours[address] = self.partner.issue(address)
            self.import_key(address, self.ours[address])

    def explain(self, message, *arguments, sender=BOB, status=DONE):
        return self.json("explain", "--from", sender, *arguments,
                         self.for_smimectl(message), status=status)


def header(sender=BOB, to=ALICE, more=""):
    return f"From: {sender}\r\nTo: {to}\r\nSubject: x\r\n{more}".encode()


def plain(sender=BOB, more=""):
    return header(sender, more=more) + messages.PLAIN


def row(rows, **wanted):
    found = [r for r in rows if all(r[k] == v for k, v in wanted.items())]
    check(found, f"no {wanted} in {rows}")
    return found[0]


def gets(result):
    return {r["address"]: (r["gets"], r["copy"], r["reason"])
            for r in result["recipients"]}


@case("unsigned, and nothing is asked: nothing happens")
def _(site):
    result = site.explain(plain(EVE), "--to", ALICE, sender=EVE)
    equal((result["direction"], result["outcome"], result["action"],
           result["reason"]), ("inbound", "accepted", "pass", "unsigned"))
    equal((result["layers"], result["asked"], result["rules"],
           result["fields"], result["learned"], result["marked"]),
          ([], [], [], [], [], False))
    equal(gets(result), {ALICE: ("what came", "in place", None)})
    equal(result["recipients"][0]["certificates"], None, "nobody looks")
    absent(result, "reply")


@case("a valid signature: every fact, a field, and what is learned")
def _(site):
    mail = site.bob.sign_detached(header(), messages.PLAIN)
    result = site.explain(mail, "--to", ALICE)
    equal((result["layers"], result["status"], result["detail"]),
          (["multipart-signed"], "valid", None))
    for fact in ("intact", "trusted", "owns_from", "usage_fits", "in_time"):
        check(result[fact], fact)
    equal(result["signer"]["addresses"], [BOB])
    names = [(f["change"], f["field"]) for f in result["fields"]]
    equal(sorted(names), [("added", "Authentication-Results"),
                          ("added", "X-SMIME-Status")], "fields")
    contains(row(result["fields"], field="X-SMIME-Status")["value"], "valid")
    learned, = result["learned"]
    equal((learned["id"], learned["lesson"], learned["reason"],
           learned["known"]),
          (site.bob.fingerprint()[:16], "harvested", "first", False))


@case("nothing is learned by that, and nothing changed")
def _(site):
    mail = site.bob.sign_detached(header(), messages.PLAIN)
    site.explain(mail, "--to", ALICE)
    equal(site.json("contact", "list"), [], "contacts")


@case("a certificate of another authority would wait, and why")
def _(site):
    site.smimectl("contact", "import", BOB, site.for_smimectl(
        site.bob.certificate.read_bytes()), "--trust")
    known = site.bob.sign_detached(header(), messages.PLAIN)
    learned, = site.explain(known, "--to", ALICE)["learned"]
    equal((learned["lesson"], learned["known"]), ("harvested", True))
    other = site.other.issue(BOB).sign_detached(header(), messages.PLAIN)
    learned, = site.explain(other, "--to", ALICE)["learned"]
    equal((learned["lesson"], learned["reason"]),
          ("pending", "other-authority"))
    stranger = openssl.Authority(site.folder / "tmp" / "s", "Stranger")
    mail = stranger.issue(BOB).sign_detached(header(), messages.PLAIN)
    result = site.explain(mail, "--to", ALICE)
    equal(result["status"], "untrusted")
    equal([r["lesson"] for r in result["learned"]], ["untrusted"])


@case("one changed byte: altered, and nothing is learned")
def _(site):
    mail = site.bob.sign_detached(header(), messages.PLAIN)
    result = site.explain(mail.replace(b"Hello", b"Hallo"), "--to", ALICE)
    equal((result["status"], result["intact"], result["trusted"],
           result["outcome"], result["learned"]),
          ("altered", False, None, "accepted", []))


@case("what is asked: by which rule, and what the author is told")
def _(site):
    result = site.explain(plain(BANK), "--to", ALICE, sender=BANK, status=NO)
    equal((result["outcome"], result["action"], result["unmet"]),
          ("refused", "refuse", "must-be-signed"))
    contains(result["reply"], f"550 5.7.61 {BANK}: ")
    equal((result["asked"], result["otherwise"]), (["level"], "refuse"))
    level = row(result["rules"], setting="inbound_level")
    equal((level["address"], level["value"], level["level"],
           level["instead_of"]),
          (BANK, "organisation", "bank.example.com (file)",
           "any (built-in)"))
    equal(gets(result)[ALICE][0], "nothing")
    equal(result["fields"], [])
    low = site.partner.issue(BANK).sign_detached(header(BANK), messages.PLAIN)
    result = site.explain(low, "--to", ALICE, sender=BANK, status=NO)
    equal((result["status"], result["unmet"]), ("valid", "level-too-low"))
    contains(result["reply"], "550 5.7.63 ")
    good = site.partner.issue(BANK, more=ORGANISATION)
    result = site.explain(good.sign_detached(header(BANK), messages.PLAIN),
                          "--to", ALICE, sender=BANK)
    equal((result["unmet"], result["outcome"]), (None, "accepted"))


@case("the address is more special than its domain; a name beside it helps not")
def _(site):
    result = site.explain(plain(NEWS), "--to", ALICE, sender=NEWS)
    equal((result["asked"], result["otherwise"], result["unmet"]),
          ([], None, None))
    value = row(result["rules"], setting="inbound_level", address=NEWS)
    equal((value["value"], value["level"]), ("any", f"{NEWS} (file)"))
    result = site.explain(plain(f"{NEWS}, {BANK}"), "--to", ALICE,
                          sender=NEWS, status=NO)
    equal({r["address"] for r in result["rules"]}, {NEWS, BANK})
    result = site.explain(plain(f"Bank <{BANK}> (x"), "--to", ALICE,
                          sender=EVE, status=NO)
    equal((result["from"], result["rules"][0]["address"]), (None, BANK))


@case("without a message: what is asked of an ordinary one")
def _(site):
    result = site.json("explain", "--from", BANK, "--to", ALICE, status=NO)
    equal((result["unmet"], result["outcome"]), ("must-be-signed", "refused"))
    result = site.json("explain", "--from", "x@mail.example.net", "--to",
                       ALICE)
    equal((result["unmet"], result["asked"], result["otherwise"],
           result["outcome"], result["marked"]),
          ("must-be-encrypted", ["encryption"], "mark", "accepted", True))
    contains(row(result["fields"], field="X-SMIME-Status")["value"],
             "must-be-encrypted")


@case("a report is marked, never refused")
def _(site):
    mail = plain("MAILER-DAEMON@bank.example.com")
    result = site.explain(mail, "--to", ALICE, sender="<>")
    equal((result["unmet"], result["outcome"], result["marked"]),
          ("must-be-signed", "accepted", True))


@case("encrypted for one of two: each gets what is his")
def _(site):
    mail = site.ours[ALICE].encrypt(header(), messages.PLAIN)
    result = site.explain(mail, "--to", f"{ALICE},{CAROL},{EVE}")
    equal((result["layers"], result["decryption"], result["cipher"],
           result["action"]),
          (["enveloped-data"], "opened", "aes256-cbc", "decrypt"))
    equal(result["opened_with"], site.ours[ALICE].fingerprint())
    equal(gets(result), {ALICE: ("plaintext", "copy", None),
                         CAROL: ("ciphertext", "in place", "no-key"),
                         EVE: ("ciphertext", "in place", "no-key")})
    equal({r["address"]: (r["local"], r["certificates"], r["reads"])
           for r in result["recipients"]},
          {ALICE: (True, 1, True), CAROL: (True, 1, False),
           EVE: (False, 0, False)})
    equal({f["copy"] for f in result["fields"]}, {"in place", "copy"})
    equal({f["field"] for f in result["fields"] if f["copy"] == "in place"},
          {"Authentication-Results", "X-SMIME-Status"}, "ciphertext")
    contains(row(result["fields"], copy="copy",
                 field="X-SMIME-Status")["value"], "decrypted=yes")
    contains(row(result["fields"], copy="in place",
                 field="X-SMIME-Status")["value"], "decrypted=no")
    result = site.explain(mail, "--to", ALICE)
    equal(gets(result), {ALICE: ("plaintext", "in place", None)})
    site.smimectl("user", "retire", ALICE)
    result = site.explain(mail, "--to", f"{ALICE},{CAROL},{EVE}")
    equal({r["address"]: r["user"] for r in result["recipients"]},
          {ALICE: "retired", CAROL: "active", EVE: None})
    equal(gets(result)[ALICE][0], "plaintext", "retired, he still reads")
    site.smimectl("user", "reinstate", ALICE)


@case("who does not want it decrypted, and who is in shadow mode")
def _(site):
    mail = site.ours[CAROL].encrypt(header(), messages.PLAIN)
    site.smimectl("user", "set", CAROL, "--decrypt", "off")
    result = site.explain(mail, "--to", CAROL)
    equal(gets(result)[CAROL][2], "decryption-off")
    equal(result["recipients"][0]["certificates"], None, "nobody looks")
    rule = row(result["recipient_rules"], address=CAROL, setting="decrypt")
    equal((rule["value"], rule["level"]), ("off", f"{CAROL} (store)"))
    site.smimectl("user", "set", CAROL, "--decrypt", "inherit")
    mail = site.ours[SHADOW].encrypt(header(), messages.PLAIN)
    result = site.explain(mail, "--to", SHADOW)
    equal((result["shadow"], result["action"], result["fields"]),
          (True, "decrypt", []))
    equal(gets(result)[SHADOW], ("ciphertext", "in place", "shadow"))
    result = site.explain(plain(BANK), "--to", SHADOW, sender=BANK)
    equal((result["outcome"], result["action"]), ("accepted", "refuse"))
    contains(result["reply"], "550 5.7.61 ")


@case("without a listener nobody gets what not all can get")
def _(site):
    mail = site.ours[ALICE].encrypt(header(), messages.PLAIN)
    site.write_settings(more=RULES)
    result = site.explain(mail, "--to", f"{ALICE},{CAROL}")
    site.write_settings(more=RULES + REINJECT)
    equal((result["copies"], result["reason"]), (0, "no-listener"))
    equal(gets(result)[ALICE], ("ciphertext", "in place", "no-listener"))


@case("encrypted to nobody here: whom it names")
def _(site):
    mail = site.bob.encrypt(header(), messages.PLAIN)
    result = site.explain(mail, "--to", ALICE)
    equal((result["decryption"], result["reason"], result["outcome"]),
          ("closed", "not-opened", "accepted"))
    contains(result["encrypted_to"], f"{site.bob.serial():X}")


@case("the key process is away: what can be opened waits, the rest does not")
def _(site):
    ours = site.ours[ALICE].encrypt(header(), messages.PLAIN)
    others = site.bob.encrypt(header(), messages.PLAIN)
    site.keyd.kill()
    result = site.explain(ours, "--to", ALICE, status=AWAY)
    equal((result["outcome"], result["fields"]), ("waits", []))
    contains(result["reply"], "451 4.7.51 ")
    equal(site.explain(others, "--to", ALICE)["outcome"], "accepted")
    site.start_keyd()


@case("forged fields are removed")
def _(site):
    forged = "X-SMIME-Status: valid\r\n" \
             "Authentication-Results: MX.example.ORG; smime=pass\r\n"
    result = site.explain(plain(more=forged), "--to", ALICE)
    check(result["forged"], "forged")
    equal({(f["change"], f["field"]) for f in result["fields"]},
          {("removed", "X-SMIME-Status"),
           ("removed", "Authentication-Results")})


@case("more forged fields than can be taken out: refused, and said so")
def _(site):
    forged = "X-SMIME-Status: valid\r\n" * 5000
    result = site.explain(plain(more=forged), "--to", ALICE, status=NO)
    contains(result["reply"], "552 5.3.4 ")
    equal(result["fields"], [])


@case("for people: tables that fit")
def _(site):
    inner = site.bob.sign_detached(b"", messages.PLAIN)
    mail = site.ours[ALICE].encrypt(header(), inner)
    text = site.smimectl("explain", "--from", BOB, "--to",
                         f"{ALICE},{CAROL}", site.for_smimectl(mail))
    for line in ("Made of:", "Signature:", "Outcome:"):
        contains(text, line)
    for title in ("Header fields", "What is learned", "Recipients"):
        contains(text, f"\n\n{title}\n")
    part, = [p for p in text.split("\n\n") if p.startswith("Recipients")]
    check(max(map(len, part.splitlines())) <= 80, "too wide")
    absent(text, "null")


if __name__ == "__main__":
    tap.main(Fixture)
