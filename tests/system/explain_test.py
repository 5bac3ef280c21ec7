"""smimectl explain: each rule, each copy and who could read whose name in it,
what the sender is told, and an exit status for scripts."""

import openssl
import tap
from messages import PLAIN, build
from tap import absent, case, check, contains, equal
from testsite import Site

DONE, NO, USAGE, AWAY = 0, 1, 2, 3
ALICE, MIA = "alice@example.org", "mia@example.org"
BOB, DAVE, EVE = "bob@example.com", "dave@mail.example.net", "eve@example.com"
CAROL = "carol@example.com"
AUDIT = "audit@example.com"

# One domain for each policy; nothing listens where copies would go, because
# explain sends none.
POLICIES = {
    "split.example.org": 'encrypt = "if-possible";',
    "text.example.org": 'disclaimer = "legal";',
    "text-refuse.example.org":
        'disclaimer = "legal"; disclaimer_protected = "refuse";',
    "rest.example.org": 'encrypt = "required"; mixed = "refuse-the-rest";',
    "must.example.org": 'encrypt = "required";',
    "defer.example.org": 'encrypt = "required"; escrow = [ "nobody@example.com" ];',
    "audit.example.org": f'encrypt = "if-possible"; escrow = [ "{AUDIT}" ];',
    "shadow.example.org": 'encrypt = "required"; mode = "shadow";',
    "waits.example.org":
        'encrypt = "required"; mode = "shadow"; escrow = [ "nobody@example.com" ];',
}


def alice(policy):
    return f"alice@{policy}.example.org"


class Fixture(Site):
    """Without the daemon: explain does not need it."""

    def __init__(self):
        groups = ", ".join(f'{{ name = "{name}"; {settings} }}'
                           for name, settings in POLICIES.items())
        super().__init__(domains=("example.org",))
        (self.folder / "legal.txt").write_text("Sent by %{name}.\n")
        self.settings.update(more=f"""
disclaimers = ( {{ name = "legal"; text = "{self.folder}/legal.txt"; }} );
reinject = "smtp://127.0.0.1:1";
triggers = ( {{ name = "secret"; subject = "[encrypt]";
    wishes = [ "encrypt" ]; }} );
domains = ( {groups} );
recipient_domains = ( {{ name = "*.example.net"; cipher = "aes256-gcm"; }} );
""")

    def start_milter(self):
        pass

    def prepare(self):
        self.partner = openssl.Authority(self.folder / "tmp" / "p", "Partner")
        self.known = {}
        for address in (BOB, DAVE, EVE, AUDIT):
            identity = self.partner.issue(address)
            self.known[address] = identity.fingerprint()[:16]
            self.smimectl("contact", "import", address, self.for_smimectl(
                identity.certificate.read_bytes()), "--trust")
        for address in (ALICE, MIA):
            self.add_user(address)
            self.issue(address, "--key", "p256")

    def explain(self, sender, *arguments, status=DONE):
        return self.json("explain", "--from", sender, *arguments,
                         status=status)

    def reader(self, address):
        """As explain names a reader."""
        return f"{address} {self.known[address]}"


def copies(result):
    return [(copy["copy"], copy["recipients"], copy["signature"],
             copy["cipher"]) for copy in result["messages"]]


def gets(result):
    return {row["address"]: (row["gets"], row["copy"], row["reason"])
            for row in result["recipients"]}


def rule(rows, address, setting):
    row, = [r for r in rows
            if (r["address"], r["setting"]) == (address, setting)]
    return row["value"], row["level"], row["instead_of"]


@case("groups: who gets what in which copy, and whom each copy names")
def _(site):
    sender = alice("split")
    result = site.explain(sender, "--to", f"{BOB},{CAROL},{MIA}",
                          "--cc", DAVE, "--bcc", EVE)
    equal(gets(result), {
        BOB: ("encrypted", "in place", None),
        DAVE: ("encrypted", "copy 2", None),
        EVE: ("encrypted", "copy 3", None),
        CAROL: ("clear text", "copy 4", "no-certificate"),
        MIA: ("clear text", "copy 4", "local-recipient")}, "recipients")
    equal(copies(result), [
        ("in place", [BOB], "none", "aes256-cbc"),
        ("copy 2", [DAVE], "none", "aes256-gcm"),
        ("copy 3", [EVE], "none", "aes256-cbc"),
        ("copy 4", [CAROL, MIA], "none", "none")], "copies")
    equal([copy["reveals"] for copy in result["messages"]],
          [[site.reader(BOB)], [site.reader(DAVE)], [site.reader(EVE)], []],
          "readers")
    equal([r["visible"] for r in result["recipients"]],
          [True, True, True, True, False], "in To or Cc")
    equal(result["copies"], 20, "copies possible")


@case("visible recipients share a ciphertext, which names both")
def _(site):
    result = site.explain(alice("split"), "--to", f"{BOB},{EVE}")
    equal(copies(result), [("in place", [BOB, EVE], "none", "aes256-cbc")])
    equal(sorted(result["messages"][0]["reveals"]),
          [site.reader(BOB), site.reader(EVE)], "readers")


@case("escrow: every ciphertext names it, and without it the mail waits")
def _(site):
    result = site.explain(alice("audit"), "--to", BOB, "--bcc", EVE)
    equal(result["escrow"], "ready")
    for copy, reader in zip(result["messages"], (BOB, EVE)):
        equal(sorted(copy["reveals"]),
              [f"{site.reader(AUDIT)} (escrow)", site.reader(reader)])
    equal(sorted((r["copy"], r["address"], r["escrow"])
                 for r in result["readers"]),
          [("copy 2", AUDIT, True), ("copy 2", EVE, False),
           ("in place", AUDIT, True), ("in place", BOB, False)], "readers")
    equal(result["escrow_missing"], [], "nobody is missing")
    equal([c["pick"] for c in result["certificates"]
           if c["address"] == AUDIT], ["taken"], "escrow's certificate")
    result = site.explain(alice("defer"), "--to", BOB, status=AWAY)
    equal((result["outcome"], result["reason"], result["escrow"]),
          ("waits", "escrow", "missing"))
    contains(result["reply"], "451 4.7.57 ")
    equal(result["escrow_missing"], ["nobody@example.com"], "who is missing")
    equal(result["messages"], [], "copies")


@case("how RSA keys are served is told only where there are any")
def _(site):
    ec = site.partner.issue("erin@example.com", "ec:P-256",
                             usage="keyAgreement")
    site.smimectl("contact", "import", "erin@example.com", site.for_smimectl(
        ec.certificate.read_bytes()), "--trust")
    for reader, how in ((BOB, "pkcs1"), ("erin@example.com", "none"),
                        (CAROL, "none")):
        copy, = site.explain(alice("split"), "--to", reader)["messages"]
        equal((copy["key_transport"], copy["recipient_count"]), (how, 1))


@case("refused: the whole mail, or the rest, each with its text")
def _(site):
    result = site.explain(alice("must"), "--to", f"{BOB},{CAROL}", status=NO)
    equal((result["outcome"], result["culprit"]), ("refused", CAROL))
    contains(result["reply"], f"550 5.7.51 {CAROL}: no certificate")
    equal(gets(result)[BOB][0], "nothing")
    result = site.explain(alice("rest"), "--to", f"{BOB},{CAROL}")
    equal((result["outcome"], "reply" in result), ("accepted", False))
    equal(gets(result), {BOB: ("encrypted", "in place", None),
                         CAROL: ("nothing", None, "no-certificate")})
    row, = result["refused"]
    equal((row["address"], row["reason"]), (CAROL, "no-certificate"))
    contains(row["text"], f"550 5.7.51 {CAROL}: no certificate")


@case("rules: what applies, which level set it, and what it overrides")
def _(site):
    sender = alice("rest")
    result = site.explain(sender, "--to", f"{BOB},{DAVE}")
    rows = result["rules"]
    equal(rule(rows, sender, "encrypt"),
          ("required", "rest.example.org (file)",
           "off (built-in), off (defaults)"))
    equal(rule(rows, sender, "bcc"), ("separate", "built-in", ""))
    equal(rule(rows, sender, "escrow"), ("none", "built-in", ""))
    rows = result["recipient_rules"]
    equal([r["address"] for r in rows], [DAVE], "only what somebody has set")
    equal(rule(rows, DAVE, "cipher"),
          ("aes256-gcm", "*.example.net (file)", "auto (built-in)"))
    everything = result["recipients"][0]["rules"]
    check({"encrypt", "signature", "certificates", "cipher", "key_transport",
           "unchecked", "inbound_signature", "inbound_encryption",
           "inbound_level", "inbound_action", "domain_certificate"} ==
          {r["setting"] for r in everything}, "all settings of a recipient")


@case("rules of each of our addresses in the mail")
def _(site):
    mail = (f"From: {ALICE}\r\nTo: {BOB}\r\n\r\nHello.\r\n").encode()
    result = site.explain(alice("must"), "--auth", ALICE,
                          site.for_smimectl(mail))
    equal(rule(result["rules"], ALICE, "sign")[0], "on")
    equal(rule(result["rules"], alice("must"), "encrypt")[0], "required")
    check(result["must_encrypt"], "the stricter of both counts")


@case("shadow mode: accepted, and what would have been replied")
def _(site):
    result = site.explain(alice("shadow"), "--to", CAROL)
    equal((result["shadow"], result["outcome"], result["action"]),
          (True, "accepted", "refuse"))
    contains(result["reply"], f"550 5.7.51 {CAROL}")
    result = site.explain(alice("waits"), "--to", BOB)
    equal((result["shadow"], result["outcome"], result["action"]),
          (True, "accepted", "defer"))
    contains(result["reply"], "451 4.7.57")
    # Somebody else's address in the mail is enforced.
    mail = (f"From: {alice('shadow')}\r\nTo: {CAROL}\r\n\r\nHello.\r\n")
    result = site.explain(alice("must"), "--auth", alice("shadow"),
                          site.for_smimectl(mail.encode()), status=NO)
    equal((result["shadow"], result["outcome"]), (False, "refused"))


@case("what the sender asks for, and by which keyword")
def _(site):
    result = site.explain(ALICE, "--to", BOB, "--subject", "[encrypt] hello")
    equal((result["asks"], result["triggers"]), (["encrypt"], ["secret"]))
    equal(gets(result)[BOB][0], "encrypted")
    result = site.explain(ALICE, "--to", CAROL, "--subject", "[encrypt] hi",
                          status=NO)
    contains(result["reply"], "550 5.7.51")
    result = site.explain(ALICE, "--to", BOB, "--subject", "hello")
    equal((result["asks"], result["triggers"]), ([], []))


@case("disclaimers: which, from where, and what becomes of it")
def _(site):
    def becomes(content, sender=alice("text"), status=DONE):
        path = site.for_smimectl(build(f"Alice <{sender}>", [BOB], content))
        result = site.explain(sender, "--to", BOB, path, status=status)
        return result, tuple(result.get(key) for key in (
            "disclaimer", "disclaimer_result", "disclaimer_reason"))

    result, found = becomes(PLAIN)
    equal(found, ("legal", "added", None))
    equal(rule(result["rules"], alice("text"), "disclaimer")[0], "legal")
    equal(result["action"], "protect")
    equal(becomes(PLAIN + b"\r\n> Sent by Alice.\r\n")[1],
          ("legal", "present", None))
    equal(becomes(b"Content-Type: image/png\r\n\r\nx\r\n")[1],
          ("legal", "no-body", None))
    equal(becomes(b"List-Id: <l.example.org>\r\n" + PLAIN)[1],
          ("legal", "none", None))
    signed = (b"Content-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n"
              b"\r\nHi\r\n--b\r\n\r\nx\r\n--b--\r\n")
    equal(becomes(signed)[1], ("legal", "refused", "already-signed"))
    result, found = becomes(signed, alice("text-refuse"), NO)
    equal(found, ("legal", "refused", "already-signed"))
    contains(result["reply"], "550 5.7.64")
    equal(becomes(PLAIN, ALICE)[1], (None, None, None))
    # Without a message: the least that a client would write.
    equal(site.explain(alice("text"), "--to", BOB)["disclaimer_result"],
          "added")


@case("a message names its sender and recipients itself")
def _(site):
    mail = (f"From: Alice <{ALICE}>\r\nTo: {BOB}\r\nCc: {MIA}\r\n\r\n"
            "Hello.\r\n").encode()
    result = site.json("explain", site.for_smimectl(mail))
    equal((result["from"], result["sender"], result["login"]),
          (ALICE, ALICE, ALICE))
    equal([r["address"] for r in result["recipients"]], [BOB, MIA])
    result = site.json("explain", "--bcc", EVE, site.for_smimectl(mail))
    equal([(r["address"], r["visible"]) for r in result["recipients"]],
          [(BOB, True), (MIA, True), (EVE, False)])


@case("who is none of ours has not logged in, unless it is said")
def _(site):
    result = site.explain(BOB, "--to", ALICE)
    equal((result["direction"], result["submitter"], result["login"]),
          ("inbound", "stranger", None))
    result = site.explain(BOB, "--to", ALICE, "--auth", ALICE)
    equal((result["direction"], result["submitter"]), ("inbound", "login"))
    result = site.explain(ALICE, "--to", BOB)
    equal((result["direction"], result["login"]), ("outbound", ALICE))
    report = b"From: MAILER-DAEMON@example.com\r\n\r\nIt is gone.\r\n"
    result = site.explain("<>", "--to", ALICE, site.for_smimectl(report))
    equal((result["direction"], result["submitter"], result["sender"]),
          ("inbound", "stranger", "<>"))


@case("the command line: what is missing, and what makes no sense")
def _(site):
    for arguments, word in (
            (["--from", ALICE], "--to is missing"),
            (["--to", BOB], "--from is missing"),
            (["--from", ALICE, "--to", "nobody"], "not a list"),
            (["--from", "<>", "--to", ALICE], "needs a FILE"),
            (["--from", ALICE, "--to", BOB, "--subject", "a\nb: c"],
             "more than one line")):
        done = site.run("smimectl", "-c", site.configuration, "explain",
                        *arguments)
        equal(done.returncode, USAGE, f"status of {arguments}")
        contains(done.stderr.decode(), word)


@case("for people: tables of rules, recipients, copies and certificates")
def _(site):
    text = site.smimectl("explain", "--from", alice("rest"),
                         "--to", f"{BOB},{CAROL}")
    for title in ("Rules for the sender", "Recipients", "Copies", "Refused",
                  "Certificates"):
        contains(text, f"\n\n{title}\n")
    contains(text, site.known[BOB])
    wide = site.smimectl("explain", "--from", alice("split"), "--to",
                         f"{BOB},{CAROL},{EVE},{DAVE}", "--bcc", MIA)
    parts = wide.split("\n\n")
    for title in ("Recipients", "Copies", "Whom each ciphertext names"):
        part, = [p for p in parts if p.startswith(title)]
        check(max(map(len, part.splitlines())) <= 80, f"{title}: too wide")
    contains(text, "Outcome:            accepted\n")
    absent(text, "null")


if __name__ == "__main__":
    tap.main(Fixture)
