#!/usr/bin/python3
"""What is asked of correspondents' mail, through the daemon: refused with a
text that helps, or marked, or neither; and "smimectl explain" says the same of
each of these messages beforehand."""

import openssl
import tap
from messages import PLAIN, build, status_of
from tap import absent, case, check, contains, equal
from processes import wait_until
from testsite import Site

ALICE, SHADOW = "alice@example.org", "alice@shadow.example.org"
BANK, NEWS = "bank@example.com", "news@example.com"
ENCODED = BANK.replace("@", "=40").replace(".", "=2E")
BOB, EVE = "bob@example.net", "eve@example.info"
NO = 1

RULES = """
domains = ( { name = "shadow.example.org"; mode = "shadow"; } );
recipient_domains = (
  { name = "example.com"; inbound_signature = "required";
    inbound_action = "refuse"; },
  { name = "example.net"; inbound_encryption = "required"; } );
recipients = (
  { name = "news@example.com"; inbound_signature = "any"; } );
"""


class Fixture(Site):
    def __init__(self):
        super().__init__(more=RULES)

    def prepare(self):
        self.partner = openssl.Authority(self.folder / "tmp" / "p", "Partner")
        self.trust(self.partner)
        self.bank = self.partner.issue(BANK)
        self.bob = self.partner.issue(BOB)
        self.alice = self.partner.issue(ALICE)
        for address in (ALICE, SHADOW):
            self.add_user(address)
        self.import_key(ALICE, self.alice)
        self.restart_milter()

    def both(self, mail, sender=BANK, to=ALICE, **options):
        """The daemon's verdict, which explain has foreseen."""
        file = self.for_smimectl(mail)
        verdict = self.send(sender, [to], mail, **options)
        told = self.json("explain", "--from", sender or "<>", "--to", to, file,
                         status=0 if verdict.accepted else NO)
        equal(told["outcome"] == "accepted", verdict.accepted, "foreseen")
        if not verdict.accepted:
            equal(told["reply"], verdict.reply, "foreseen")
            return verdict
        added = [(f["field"], f["value"]) for f in told["fields"]
                 if f["change"] == "added"]
        there = [(name, "".join(value.split("\n")))
                 for name, value in verdict.headers[:len(added)]]
        equal(added, there, "fields as foreseen")
        return verdict


    def wait_rule(self, mail, accepted):
        """The daemon looks once in a second for what has changed."""
        wait_until(lambda: self.send(EVE, [ALICE], mail).accepted == accepted,
                   "the new rule")


def signed(identity, address, to=ALICE):
    return identity.sign_detached(build(address, [to], b""), PLAIN[19:])


@case("unsigned: refused, saying what helps")
def _(site):
    verdict = site.both(build(BANK, [ALICE]), queue_id="4UNSIGNED")
    equal(verdict.outcome, "reject")
    equal(verdict.reply, f"550 5.7.61 {BANK}: mail from you is taken here only "
          "with a valid S/MIME signature of the address in From; sign it and "
          "send it again")
    line, = site.log_lines("4UNSIGNED")
    equal(line, f"4UNSIGNED: refused from={BANK} nrcpt=1 reason=must-be-signed")


@case("signed: taken; changed on the way: refused, saying so")
def _(site):
    mail = signed(site.bank, BANK)
    verdict = site.both(mail)
    word, facts = status_of(verdict.data)
    equal((word, "unmet" in facts), ("valid", False))
    verdict = site.both(mail.replace(b"Hello", b"Hallo"), queue_id="4ALTERED")
    contains(verdict.reply, "550 5.7.61 ")
    contains(verdict.reply, "(this one: altered")
    contains(site.log_lines("4ALTERED")[-1], "reason=must-be-signed")
    other = signed(site.bob, BANK)
    contains(site.both(other).reply, "(this one: mismatch")


@case("From is read as a mail program would: whoever stands in it counts")
def _(site):
    for sender in (f"The Bank <{BANK}>", "BANK@Example.COM", f"{EVE}, {BANK}",
                   f"{BANK}, {EVE}", f"us: {BANK};", f"{EVE}\r\nFrom: {BANK}",
                   f"{NEWS}, {BANK}", f"a (comment) <{BANK}>",
                   # Not by the grammar, and read all the same.
                   f"{BANK} <{EVE}>", f"Bank <{BANK}> (x"):
        verdict = site.both(build(sender, [ALICE]), sender=EVE)
        check(verdict.reply.startswith("550 5.7.61 "), sender)
    # Nobody's name but in words, and who is named himself.
    for sender in (f'"{BANK}" <{EVE}>', f"=?utf-8?q?{ENCODED}?= <{EVE}>",
                   f"{EVE} ({BANK})", NEWS, "bank@mail.example.com"):
        verdict = site.both(build(sender, [ALICE]), sender=BANK)
        equal((verdict.accepted, verdict.changes), (True, []), sender)


@case("a signature of one author does not speak for two")
def _(site):
    mail = signed(site.bank, f"{BANK}, {EVE}")
    contains(site.both(mail).reply, "550 5.7.61 ")


@case("marked, where that is what was asked")
def _(site):
    verdict = site.both(build(BOB, [ALICE]), sender=BOB, queue_id="4MARKED")
    equal(status_of(verdict.data),
          ("unsigned", {"unmet": "must-be-encrypted"}))
    contains(site.log_lines("4MARKED")[-1], "unmet=must-be-encrypted")
    word, facts = status_of(site.both(signed(site.bob, BOB), sender=BOB).data)
    equal((word, facts["unmet"]), ("valid", "must-be-encrypted"))
    mail = site.alice.encrypt(build(BOB, [ALICE], b""), PLAIN[19:])
    word, facts = status_of(site.both(mail, sender=BOB).data)
    equal(("unmet" in facts, facts["decrypted"]), (False, "yes"))


@case("encrypted mail is taken, whatever is inside, and marked")
def _(site):
    head = build(BANK, [ALICE], b"")
    inner = site.bank.sign_detached(b"", PLAIN[19:])
    mails = {"unsigned": site.alice.encrypt(head, PLAIN[19:]),
             "altered": site.alice.encrypt(
                 head, inner.replace(b"Hello", b"Hallo")),
             "valid": site.alice.encrypt(head, inner),
             "closed": site.bob.encrypt(head, inner)}
    for name, mail in mails.items():
        verdict = site.both(mail)
        equal(verdict.reply, "250", name)
        facts = status_of(verdict.data)[1]
        equal(facts.get("unmet"),
              None if name == "valid" else "must-be-signed", name)


@case("a report is marked, but not what only has no envelope sender")
def _(site):
    for sender in ("MAILER-DAEMON@example.com", "postmaster@example.com"):
        verdict = site.both(build(sender, [ALICE]), sender="")
        equal(status_of(verdict.data)[1]["unmet"], "must-be-signed")
    contains(site.both(build(BANK, [ALICE]), sender="").reply, "550 5.7.61 ")


@case("shadow mode: taken as it came, and the log says what would be")
def _(site):
    mail = build(BANK, [SHADOW])
    verdict = site.both(mail, to=SHADOW, queue_id="4SHADOW")
    equal((verdict.accepted, verdict.data), (True, mail))
    line = site.log_lines("4SHADOW")[-1]
    contains(line, " shadow=yes ")
    contains(line, " reason=must-be-signed")


@case("who has logged in as himself is not asked; under a partner's name he is")
def _(site):
    site.smimectl("recipient", "set", "example.org", "--inbound-signature",
                  "required", "--inbound-action", "refuse")
    mail = build(ALICE, [ALICE])
    site.wait_rule(mail, accepted=False)
    contains(site.both(mail, sender=EVE).reply, "5.7.61")
    check(site.submit(ALICE, [ALICE], mail).accepted, "hers")
    contains(site.submit(ALICE, [ALICE], build(BANK, [ALICE])).reply, "5.7.61")
    site.smimectl("recipient", "remove", "example.org")
    site.wait_rule(mail, accepted=True)


@case("a rule in the store, of whatever level, needs no signal")
def _(site):
    mail = build(EVE, [ALICE])
    verdict = site.send(EVE, [ALICE], mail)
    equal((verdict.stage, verdict.data), ("eoh", mail), "nothing is asked")
    site.smimectl("recipient", "set", EVE, "--inbound-level", "mailbox",
                  "--inbound-action", "refuse")
    site.wait_rule(mail, accepted=False)
    contains(site.both(mail, sender=EVE).reply, "550 5.7.61 ")
    private = signed(site.partner.issue(EVE), EVE)
    reply = site.both(private, sender=EVE).reply
    contains(reply, "550 5.7.63 ")
    contains(reply, "(this one: unknown)")
    public = site.partner.issue(
        EVE, more="certificatePolicies = 2.23.140.1.5.1.2\n")
    check(site.both(signed(public, EVE), sender=EVE).accepted, "mailbox")
    site.smimectl("recipient", "remove", EVE)
    site.wait_rule(mail, accepted=True)


@case("at the end the daemons run and have not complained")
def _(site):
    site.check_quiet()
    absent(site.milter.output(), "gate")


if __name__ == "__main__":
    tap.main(Fixture)
