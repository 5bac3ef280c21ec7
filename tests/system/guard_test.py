#!/usr/bin/python3
"""The seal guard: what leaves the signer sealed is changed on its way in all
the ways that tools behind a signer have, and has to be found out, each way by
its name; and what is not changed, or none of its business, passes byte for
byte, but for the field with the fingerprint."""

import base64
import email
import email.policy
import functools
import os
import pathlib
import re
import signal
import subprocess
import threading

import mailserver
import openssl
import tap
from messages import FEARED, TEXT, build, message_id, multipart
from processes import PeakMemory, together
from tap import absent, case, check, contains, equal
from testsite import MILTER_USER, Guard, Site, is_sanitized, program

SOURCE = pathlib.Path(os.environ.get("top_srcdir", ".")).resolve()
ALICE = "alice@example.org"
CAROL = "carol@example.org"  # has no certificate
BOB = "bob@example.com"      # gets ciphertext
DAVE = "dave@example.net"    # gets clear text
BOTH = ("postfix", "sendmail")
FIELDS = 500   # LIMIT_FORGED_FIELDS
REPORTS = 20   # LIMIT_GUARD_REPORTS
MANY = 60      # messages of each of eight connections
SEAL = re.compile(rb"(?im)^X-SMIME-Seal:.*\r\n(?:[ \t].*\r\n)*")
FOOTER = b"-- \r\nThis mail may be confidential.\r\n"
MIXED = multipart("mixed", "two", TEXT + b"\r\nand more\r\n",
                  b"Content-Type: text/html\r\n\r\n<p>HTML</p>\r\n")


class Fixture(Site):
    """alice's mail is sealed by the signer, and then goes to the guard."""

    def __init__(self):
        super().__init__()
        self.sink = mailserver.Sink()
        self.guard = None

    def prepare(self):
        self.com = openssl.Authority(self.folder / "tmp" / "com",
                                     "Example Com")
        self.trust(self.com)
        self.bob = self.com.issue(BOB, "ec:P-256")
        self.add_user(ALICE)
        self.issue(ALICE, "--key", "p256")
        self.add_user(CAROL)
        self.smimectl("contact", "import", BOB, self.for_smimectl(
            self.bob.certificate.read_bytes()), "--trust")
        self.write_settings(more=self.seal_setting(), encrypt="if-possible")
        self.restart_milter()
        self.guard = Guard(self, level="debug").__enter__()

    def __exit__(self, *_):
        if self.guard is not None:
            self.guard.__exit__()
        self.sink.close()
        super().__exit__()

    def diagnose(self):
        return super().diagnose() + (
            self.guard.diagnose() if self.guard else "")

    def sealed(self, content=None, to=DAVE, user=ALICE, **options):
        """What the signer makes of a mail."""
        mail = build(user, [to], *([] if content is None else [content]),
                     **options)
        verdict = self.submit(user, [to], mail)
        check(verdict.accepted, verdict.reply)
        equal(len(SEAL.findall(verdict.data)), 1, "fields")
        return verdict.data

    def both(self, mail, **options):
        """Verdicts of both kinds of mail server, which must be the same."""
        one, two = (self.guard.filter(mail, rules=rules, **options)
                    for rules in BOTH)
        equal((one.outcome, one.reply, one.quarantined),
              (two.outcome, two.reply, two.quarantined), "answers")
        equal(one.data, two.data, "messages")
        return one

    def told(self, verdict):
        """Facts of the line about a message: {"event": ..., key: value}."""
        lines = [line for line in self.guard.log_lines(verdict.queue_id)
                 if re.search(r": seal-(broken|intact|unchecked) ", line)]
        equal(len(lines), 1, f"lines of {verdict.queue_id}")
        facts = dict(re.findall(r'(\S+?)=("[^"]*"|\S+)', lines[0]))
        return {"event": lines[0].split()[1], **facts}

    def check_intact(self, mail, **options):
        verdict = self.guard.filter(mail, **options)
        check(verdict.accepted and not verdict.quarantined,
              f"{verdict.reply} {self.guard.log_lines(verdict.queue_id)}")
        equal(verdict.data, without_seal(mail), "message")
        return verdict

    def check_broken(self, mail, change, part, sealed="yes"):
        """It is kept back, and this is what was done to it; returns facts."""
        verdict = self.guard.filter(mail)
        facts = self.told(verdict)
        equal([facts["event"], facts["sealed"], facts.get("change"),
               facts.get("part")], ["seal-broken", sealed, change, part],
              f"found out ({facts})")
        check(verdict.accepted, verdict.reply)
        contains(verdict.quarantined or "", "changed after it was signed: ")
        equal(verdict.data, without_seal(mail), "message")
        return facts


def without_seal(mail):
    head, empty, body = mail.partition(b"\r\n\r\n")
    return SEAL.sub(b"", head + b"\r\n") + empty[2:] + body


def split(mail):
    """Header with its empty line, and body."""
    at = mail.index(b"\r\n\r\n") + 4
    return mail[:at], mail[at:]


def swap(mail, old, new):
    """Replaces what is there once, in the body."""
    head, body = split(mail)
    equal(body.count(old), 1, f"how often {old!r} is there")
    return head + body.replace(old, new)


def boundary_of(mail):
    return re.search(rb'boundary="([^"]+)"', split(mail)[0]).group(1)


def signed_part(mail):
    """The first part of multipart/signed, with its header."""
    delimiter = b"--" + boundary_of(mail)
    return split(mail)[1].split(delimiter)[1][2:-2]


# -- what tools do --


def append_text(mail):
    part = signed_part(mail)
    return mail.replace(part, part.rstrip(b"\r\n") + b"\r\n" + FOOTER)


def encode_again(mail):
    part = signed_part(mail)
    header, _, text = part.partition(b"\r\n\r\n")
    header = re.sub(rb"(?im)^Content-Transfer-Encoding:.*(\r\n)?", b"", header)
    return mail.replace(part, header.rstrip(b"\r\n") +
                        b"\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
                        base64.encodebytes(text).replace(b"\n", b"\r\n"))


def list_footer(mail):
    """What a mailing list makes of what it cannot append to."""
    head, body = split(mail)
    content = re.findall(rb"(?im)^Content-.*\r\n(?:[ \t].*\r\n)*", head)
    for field in content:
        head = head.replace(field, b"")
    return head.replace(
        b"\r\n\r\n", b'\r\nContent-Type: multipart/mixed; boundary="list"'
        b"\r\n\r\n", 1) + b"".join([
            b"--list\r\n", *content, b"\r\n", body, b"\r\n--list\r\n"
            b"Content-Type: text/plain\r\n\r\n", FOOTER, b"\r\n--list--\r\n"])


def take_signature_off(mail):
    """What is left when somebody finds signatures in the way."""
    head, _ = split(mail)
    for field in re.findall(rb"(?im)^Content-.*\r\n(?:[ \t].*\r\n)*", head):
        head = head.replace(field, b"")
    return head[:-2] + signed_part(mail)


def other_letter(text, back):
    """Base64 with another letter in the place of one that is so far from the
    end; what stands between lines is no letter."""
    at = [n for n, octet in enumerate(text) if octet not in b"=\r\n"][-back]
    other = b"A" if text[at:at + 1] != b"A" else b"B"
    return text[:at] + other + text[at + 1:]


def change_signature(mail):
    """One letter of the base64 of its end, where the signature is."""
    signature = mail.split(b"--" + boundary_of(mail))[-2]
    return mail.replace(signature, other_letter(signature, 40))


def remove_part(mail):
    return re.sub(rb"--two\r\nContent-Type: text/html.*?(?=--two--)", b"", mail,
                  flags=re.S)


def wrap_signature(mail):
    """Its base64 in lines of 60."""
    signature = mail.split(b"--" + boundary_of(mail))[-2]
    header, _, text = signature.partition(b"\r\n\r\n")
    letters = b"".join(text.split())
    return mail.replace(signature, header + b"\r\n\r\n" + b"".join(
        letters[n:n + 60] + b"\r\n" for n in range(0, len(letters), 60)))


# What was done to a mail with one text: word and part of the log.
TEXT_CHANGES = {
    "a footer": (append_text, "text-appended", "1"),
    "text before it": (lambda m: swap(m, b"Hello,", b"[EXTERN]\r\n\r\nHello,"),
                       "text-prepended", "1"),
    "text within it": (lambda m: swap(m, b"this is", b"this surely is"),
                       "text-inserted", "1"),
    "less text": (lambda m: swap(m, b"this is a plain text.", b""),
                  "text-cut", "1"),
    "other text": (lambda m: swap(m, b"plain text", b"joke, buy it"),
                   "text-changed", "1"),
    "base64": (encode_again, "re-encoded", "1"),
    "a blank": (lambda m: swap(m, b"plain text.", b"plain  text."),
                "white-space", "1"),
    "another charset": (lambda m: swap(m, b"charset=us-ascii",
                                       b"charset=utf-8"),
                        "header-changed", "1"),
    "a footer behind the end": (lambda m: m + FOOTER, "after-end", "0"),
    "another signature": (change_signature, "signature-changed", "2"),
    "a list's footer": (list_footer, "wrapped", "1"),
    "no signature": (take_signature_off, "unprotected", "1"),
}

# The same for two parts, which are 1.1 and 1.2.
PART_CHANGES = {
    "a footer": (lambda m: swap(m, b"and more\r\n", b"and more\r\n" + FOOTER),
                 "text-appended", "1.1"),
    "a footer in HTML": (lambda m: swap(m, b"<p>HTML</p>",
                                        b"<p>HTML</p><hr>confidential"),
                         "text-appended", "1.2"),
    "another part": (lambda m: swap(
        m, b"--two--", b"--two\r\nContent-Type: text/plain\r\n\r\n" + FOOTER +
        b"\r\n--two--"), "part-added", "1.3"),
    "one part less": (remove_part, "part-removed", "1.2"),
}

# What readers do not mind, and signatures neither; and what is told of it.
HARMLESS = {
    "a folded field": (lambda m: m.replace(
        b"multipart/signed; ", b"multipart/signed;\r\n\t\t", 1), None),
    "blank lines at the end": (lambda m: m + b"\r\n\r\n", None),
    "no line end at the end": (lambda m: m.rstrip(b"\r\n"), None),
    "other fields": (lambda m: b"Received: by relay\r\n" + m.replace(
        b"Subject: A test", b"Subject: [tag] A test"), None),
    "another spelling": (lambda m: m.replace(
        b"multipart/signed", b"Multipart/Signed", 1), "header-changed"),
    "text where nobody reads": (lambda m: m.replace(
        b"\r\n\r\n", b"\r\n\r\n[EXTERN]\r\n\r\n", 1), "before-start"),
    "the signature in other lines": (wrap_signature, None),
}


@case("sealed mail loses its field, and nothing else")
def _(site):
    mail = site.sealed()
    verdict = site.both(mail)
    equal(verdict.data, without_seal(mail))
    equal(verdict.changes, ["chgheader"])
    equal(site.told(verdict)["event"], "seal-intact")
    site.verify(verdict.data)
    mail = site.sealed(to=BOB)
    contains(mail, b"enveloped-data")
    verdict = site.both(mail)
    equal(verdict.data, without_seal(mail))
    contains(site.bob.decrypt(verdict.data), b"multipart/signed")


@case("mail without seal or signature ends with its header, untouched")
def _(site):
    header = build(BOB, [DAVE], b"")
    others = [
        build(CAROL, [DAVE]), site.bob.encrypt(header, TEXT),
        header + multipart("signed; protocol=\"application/pgp-signature\"",
                           "pgp", TEXT, TEXT)]
    others += [build(CAROL, [DAVE], content) for content in FEARED.values()]
    for mail in others:
        for rules in BOTH:
            verdict = site.guard.filter(mail, rules=rules)
            equal((verdict.outcome, verdict.stage, verdict.changes),
                  ("accept", "eoh", []))


@case("signed mail of others is verified, and passes")
def _(site):
    header = build(BOB, [DAVE], b"")
    for mail in (site.bob.sign_detached(header, TEXT),
                 site.bob.sign_opaque(header, TEXT)):
        verdict = site.both(mail)
        equal((verdict.data, verdict.changes), (mail, []))
        equal(site.told(verdict)["event"], "seal-intact")
        equal(site.told(verdict)["sealed"], "no")


@case("what was done to a text")
def _(site):
    mail = site.sealed()
    for name, (change, word, part) in TEXT_CHANGES.items():
        changed = change(mail)
        check(changed != mail, name)
        facts = site.check_broken(changed, word, part)
        contains(facts["text"], "part" if part != "0" else " ", name)


@case("what was done to a message of several parts")
def _(site):
    mail = site.sealed(MIXED)
    for name, (change, word, part) in PART_CHANGES.items():
        changed = change(mail)
        check(changed != mail, name)
        site.check_broken(changed, word, part)


@case("how much was added, and what else was done")
def _(site):
    facts = site.check_broken(append_text(site.sealed()), "text-appended", "1")
    added = len(FOOTER.strip())
    check(added - 2 <= int(facts["bytes"]) <= added + 2, facts["bytes"])
    equal(facts["text"],
          f'"text appended to part 1 ({facts["bytes"]} bytes)"')
    mail = site.sealed(MIXED)
    for change, _, _ in list(PART_CHANGES.values())[:3]:
        mail = change(mail)
    verdict = site.guard.filter(mail)
    lines = site.guard.log_lines(verdict.queue_id)
    findings = [line for line in lines if ": seal-finding " in line]
    equal(site.told(verdict)["more"], str(len(findings)), "more")
    for part in ("1.2", "1.3"):
        check(any(f" part={part} " in line for line in findings),
              f"{part} in {findings}")


@case("what nobody minds is nothing")
def _(site):
    for mail in (site.sealed(), site.sealed(MIXED)):
        for name, (change, word) in HARMLESS.items():
            changed = change(mail)
            check(changed != mail, name)
            facts = site.told(site.check_intact(changed))
            equal((facts["event"], facts.get("change")),
                  ("seal-intact", word), name)


@case("a ciphertext may be wrapped anew, and not be another one")
def _(site):
    mail = site.sealed(to=BOB)
    head, body = split(mail)
    der = base64.b64decode(body)
    site.check_intact(head + base64.encodebytes(der).replace(b"\n", b"\r\n"))
    other = der[:-5] + bytes([der[-5] ^ 1]) + der[-4:]
    verdict = site.guard.filter(head + openssl.lines_of_base64(other))
    facts = site.told(verdict)
    equal((facts["event"], facts["action"]), ("seal-broken", "hold"))
    site.check_broken(list_footer(mail), "wrapped", "1")


@case("what becomes of it: refused, held, deferred, or only told")
def _(site):
    changed = append_text(site.sealed())
    signed = append_text(site.bob.sign_detached(
        build(BOB, [DAVE], b""), TEXT + b"\r\n"))
    wanted = {
        "refuse": ("reject", "550 5.7.65 the message was changed after it was "
                             "signed: text appended to part 1 ("),
        "tempfail": ("tempfail", "451 4.7.58 the message was changed after it "
                                 "was signed: text appended to part 1 ("),
        "hold": ("accept", "250"), "log": ("accept", "250")}
    for action, (outcome, reply) in wanted.items():
        for mail, settings in (
                (changed, {"action": action, "unsealed_action": "log"}),
                (signed, {"action": "log", "unsealed_action": action})):
            site.guard.reconfigure(**settings)
            verdict = site.both(mail)
            equal(verdict.outcome, outcome)
            equal(site.told(verdict)["action"], action)
            equal(bool(verdict.quarantined), action == "hold")
            if mail is changed:
                contains(verdict.reply, reply)
            if outcome == "accept":
                equal(verdict.data, without_seal(mail))
                equal(verdict.changes[-1:], ["quarantine"]
                      if action == "hold" else verdict.changes[-1:])
    site.guard.reconfigure(action="hold", unsealed_action="log")


@case("a signature that was bad before it was sealed is not the road's fault")
def _(site):
    client = site.com.issue(ALICE, "ec:P-256")
    mail = append_text(client.sign_detached(build(ALICE, [DAVE], b""),
                                            TEXT + b"\r\n"))
    verdict = site.submit(ALICE, [DAVE], mail)
    equal(without_seal(verdict.data), mail, "the signer leaves it alone")
    verdict = site.guard.filter(verdict.data)
    facts = site.told(verdict)
    equal([facts.get(key) for key in ("event", "action", "sealed", "before")],
          ["seal-broken", "log", "yes", "yes"])
    equal(verdict.data, mail)


@case("fields of others are taken out, and prove nothing")
def _(site):
    mail = site.sealed()
    own = SEAL.search(mail).group(0)
    other = site.sealed(MIXED)
    foreign = SEAL.search(other).group(0)
    bad = own[:40] + (b"A" if own[40:41] != b"A" else b"B") + own[41:]
    plain = without_seal(mail)
    for fields in (b"X-SMIME-Seal: nonsense\r\n", b"x-smime-seal:\r\n\tv=1\r\n",
                   bad, bad + b"X-Smime-Seal:\r\n"):
        verdict = site.both(fields + plain)
        equal(verdict.data, plain)
        equal(site.told(verdict)["sealed"], "no")
        site.guard.wait_log(f"{verdict.queue_id}: seal-forged")
        verdict = site.both(fields + append_text(plain))
        equal(site.told(verdict)["sealed"], "no")
        check(not verdict.quarantined, "unsealed: log")
        verdict = site.both(fields + build(CAROL, [DAVE], message_id="<1@x>"))
        equal(verdict.data, build(CAROL, [DAVE], message_id="<1@x>"))
    verdict = site.both(bad + own + bad + plain)
    equal((verdict.data, site.told(verdict)["sealed"]), (plain, "yes"))
    facts = site.told(site.both(foreign + plain))
    equal((facts["event"], facts["sealed"]), ("seal-broken", "yes"),
          "the field of another mail")


@case(f"{FIELDS} fields are taken out, and more nobody can take out")
def _(site):
    mail = build(CAROL, [DAVE])
    verdict = site.both(b"X-SMIME-Seal: x\r\n" * FIELDS + mail)
    equal(verdict.data, mail)
    verdict = site.both(b"X-SMIME-Seal: x\r\n" * (FIELDS + 1) + mail)
    contains(verdict.reply, "552 5.3.4 ")


@case("without a key there is only integrity")
def _(site):
    mail = site.sealed()
    site.guard.reconfigure(key="", unsealed_action="refuse")
    equal(site.both(mail).data, without_seal(mail))
    verdict = site.both(append_text(mail))
    contains(verdict.reply, "550 5.7.65 ")
    equal(site.told(verdict)["sealed"], "no")
    equal(site.both(without_seal(mail)).changes, [])
    absent("\n".join(site.guard.log_lines(verdict.queue_id)), "seal-forged")
    site.guard.reconfigure(key=site.seal_setting(), unsealed_action="log")


@case("messages that signers fear come to the guard sealed, and are intact")
def _(site):
    names = list(FEARED)[::4] if is_sanitized() else list(FEARED)
    for name in names:
        mail = build(ALICE, [DAVE], FEARED[name])
        verdict = site.submit(ALICE, [DAVE], mail)
        check(verdict.accepted, f"{name}: {verdict.reply}")
        tap.note(name)
        site.check_intact(verdict.data)
        if SEAL.search(verdict.data):
            verdict = site.guard.filter(swap_last_text(verdict.data))
            check(verdict.quarantined, f"{name}, changed")


def swap_last_text(mail):
    """One octet of what is signed."""
    part = signed_part(mail) if b"multipart/signed" in mail else None
    if part is None:
        return other_letter(mail, 100)
    return mail.replace(part, part[:-3] + b"#" + part[-2:])


@case("where a mail server cannot hold mail it waits")
def _(site):
    changed = append_text(site.sealed())
    with site.guard.mta(actions=0x1ff & ~0x20) as mta:
        mta.connect()
        mta.helo()
        verdict = mta.message(f"<{ALICE}>", [f"<{DAVE}>"], changed,
                              queue_id="CANNOTHOLD")
    equal(verdict.outcome, "tempfail")
    site.guard.wait_log("CANNOTHOLD: deferred")


@case("mail from nobody, and mail to many")
def _(site):
    changed = append_text(site.sealed())
    verdict = site.guard.filter(changed, sender="")
    check(verdict.quarantined, "it is held")
    verdict = site.guard.filter(changed, recipients=[
        f"r{n}@example.net" for n in range(50)])
    equal(site.told(verdict)["nrcpt"], "50")
    equal(len(verdict.recipients), 50)


def report_of(site, mail):
    """The report about a mail, as a reader sees it."""
    sent = site.sink.take(lambda m: message_id(mail) in m.data)
    equal((sent.sender, sent.recipients), ("", ["postmaster@example.org"]))
    return sent.data, email.message_from_bytes(
        sent.data, policy=email.policy.default)


@case("the operator is told by mail, and of nothing but what was done")
def _(site):
    site.guard.reconfigure(
        guard='report_to = "postmaster@example.org";',
        more=f'reinject = "smtp://127.0.0.1:{site.sink.port}";')
    secret = b"MIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\nSecret.\r\n"
    for action, words in (("refuse", "It was refused"), ("hold", "It is held"),
                          ("tempfail", "It waits"), ("log", "It was sent")):
        site.guard.reconfigure(action=action)
        mail = append_text(site.sealed(secret))
        verdict = site.guard.filter(mail, recipients=[BOB, DAVE])
        data, report = report_of(site, mail)
        equal(report["Auto-Submitted"], "auto-generated")
        equal(report["To"], "postmaster@example.org")
        contains(report["From"], "MAILER-DAEMON@")
        text = report.get_content().replace("\r\n", "\n")
        for part in (words, f"queue id    {verdict.queue_id}\n",
                     f"from        {ALICE}\n", f"to          {BOB}\n",
                     f"            {DAVE}\n", "sealed      yes",
                     "  1       text-appended       text appended to part 1"):
            contains(text, part)
        for part in (b"Secret", b"confidential", b"A test"):
            absent(data, part)
        site.guard.wait_log(f"{verdict.queue_id}: seal-report")


@case("no report is about a report, and a mail that waits makes one")
def _(site):
    site.guard.reconfigure(action="tempfail")
    mail = append_text(site.sealed())
    for _ in range(3):
        equal(site.guard.filter(mail).outcome, "tempfail")
    report_of(site, mail)
    equal(site.sink.all(), [])
    mail = append_text(site.sealed())
    verdict = site.guard.filter(mail, sender="")
    equal(verdict.outcome, "tempfail")
    equal(site.sink.all(), [])
    absent("\n".join(site.guard.log_lines(verdict.queue_id)), "seal-report")


@case(f"there are {REPORTS} reports in an hour")
def _(site):
    site.guard.reconfigure(action="log")
    mails = [append_text(site.sealed()) for _ in range(REPORTS + 1)]
    statuses = []
    for mail in mails:
        verdict = site.guard.filter(mail)
        line = site.guard.wait_log(f"{verdict.queue_id}: seal-report")
        statuses.append(re.search(r"status=(\w+)", line).group(1))
    equal(statuses, ["sent"] * REPORTS + ["limited"])
    equal(len(site.sink.take_all(lambda m: True)), REPORTS)


@case("a report that cannot be sent changes nothing")
def _(site):
    site.guard.reconfigure(action="hold")
    site.sink.refusals = ["554 no"]
    mail = append_text(site.sealed())
    verdict = site.guard.filter(mail)
    check(verdict.quarantined, "it is held")
    contains(site.guard.wait_log(f"{verdict.queue_id}: seal-report"),
             "status=failed error=")
    equal(site.sink.all(), [])
    site.guard.reconfigure(guard="", more="")


@case("what is too large to look at counts as changed")
def _(site):
    mail = site.sealed()
    for action, start in (("refuse", "552 5.3.4 "), ("tempfail", "451 4.7.58 "),
                          ("hold", "250"), ("log", "250")):
        site.guard.reconfigure(
            action=action, more='limits = { max_message = "1M"; '
                                'spool_memory = "64K"; };')
        large = mail + b"\r\n" * 600000
        verdict = site.both(large)
        contains(verdict.reply, start)
        facts = site.told(verdict)
        equal((facts["event"], facts["reason"]),
              ("seal-unchecked", "too-large"))
        equal(bool(verdict.quarantined), action == "hold")
        if verdict.accepted:
            equal(verdict.data, without_seal(large))
        site.check_intact(mail)
    site.guard.reconfigure(action="hold", more="")


@case("50 MB take time, not memory")
def _(site):
    size = 4000000 if is_sanitized() else 50000000
    line = b"0123456789abcdef" * 4 + b"\r\n"
    mail = site.sealed(b"MIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\n" +
                       line * (size // len(line)))
    for large in (mail, mail + FOOTER,
                  mail.replace(line + b"\r\n--", line + FOOTER + b"\r\n--")):
        with PeakMemory(site.guard.milter) as memory:
            verdict = site.guard.filter(large)
        equal(bool(verdict.quarantined), large is not mail)
        equal(verdict.data, without_seal(large))
        if not is_sanitized():
            check(memory.growth < 16 * 1024, f"{memory.growth} kB more")


@case("it needs nothing but its file, and obeys a new one")
def _(site):
    site.keyd.pause()
    try:
        site.guard.restart_milter()
    finally:
        site.keyd.resume()
    changed = append_text(site.sealed())
    check(site.guard.filter(changed).quarantined, "held")
    site.guard.write_settings(action="refuse")
    site.guard.milter.signal(signal.SIGHUP)
    site.guard.wait_log("reloaded")
    equal(site.guard.filter(changed).outcome, "reject")
    good = site.guard.configuration.read_text()
    site.guard.configuration.write_text(
        site.configuration.read_text().replace(site.socket, site.guard.socket))
    site.guard.milter.signal(signal.SIGHUP)
    site.guard.wait_log("role changes only with a restart")
    equal(site.guard.filter(changed).outcome, "reject")
    site.guard.configuration.write_text(good)
    site.guard.reconfigure(action="hold")
    done = site.run("smime-milter", "-n", "-c", site.guard.configuration,
                    user=MILTER_USER)
    contains(done.stdout.decode(), f"seal.key: {site.folder}/seal.key\n")
    done = site.run("smimectl", "-c", site.guard.configuration, "explain",
                    "--from", ALICE, "--to", BOB, user=MILTER_USER)
    check(done.returncode != 0, "explain")
    contains(done.stderr.decode(), "the file of a guard")


@case("many at a time, while the settings are read again")
def _(site):
    site.guard.reconfigure(
        guard='report_to = "postmaster@example.org";',
        more=f'reinject = "smtp://127.0.0.1:{site.sink.port}";')
    sealed, ciphertext = site.sealed(), site.sealed(to=BOB)
    signed = site.bob.sign_detached(build(BOB, [DAVE], b""), TEXT)
    wanted = [(sealed, False), (append_text(sealed), True),
              (ciphertext, False), (list_footer(ciphertext), True),
              (signed, False), (build(CAROL, [DAVE]), False)]
    failures = []
    done = threading.Event()

    def send(first):
        with site.guard.mta() as mta:
            mta.connect()
            mta.helo()
            for number in range(first, first + MANY):
                mail, is_broken = wanted[number % len(wanted)]
                verdict = mta.message(f"<{ALICE}>", [f"<{DAVE}>"], mail)
                if (bool(verdict.quarantined) != is_broken or
                        verdict.data != without_seal(mail)):
                    failures.append((number, verdict.reply))

    def send_all():
        try:
            together(*(functools.partial(send, n) for n in range(8)))
        finally:
            done.set()

    def reload():
        while not done.wait(0.05):
            site.guard.milter.signal(signal.SIGHUP)

    together(send_all, reload)
    equal(failures, [])
    site.guard.reconfigure(guard="", more="")
    site.sink.take_all(lambda m: True)


@case("the sample is a good one")
def _(site):
    text = (SOURCE / "conf/smime-milter-guard.conf").read_text()
    sample = site.folder / "sample.conf"
    text = re.sub(r"^#(?=[^ \n])", "", text, flags=re.M)
    for old, new in (('"unix:/run/smime-milter-guard/milter.sock"',
                      f'"unix:{site.folder}/run/sample.sock"'),
                     ('user = "smime-guard"', f'user = "{MILTER_USER}"'),
                     ("/etc/smime-milter/guard-seal.key",
                      f"{site.folder}/seal.key")):
        contains(text, old)
        text = text.replace(old, new)
    sample.write_text(text)
    done = subprocess.run([program("smime-milter"), "-n", "-c", sample],
                          capture_output=True, check=False)
    equal((done.returncode, done.stderr), (0, b""))
    contains(done.stdout.decode(), "sample.conf: good")


@case("nothing alarming was said")
def _(site):
    site.guard.check_quiet()
    site.check_quiet()


tap.main(Fixture)
