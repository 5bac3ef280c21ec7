#!/usr/bin/python3
"""The corpus without a mail server between: each odd message is signed by the
milter itself, as both mail servers would hand it over; at the end with a
disclaimer, and on to a guard."""

import re

import corpus
import openssl
from corpus import ALICE, ALONE, FOLDER, OPAQUE
from messages import leaves
from mta_client import split_message
from tap import absent, case, check, contains, equal, main
from testsite import Guard, Site

LEAST = 160

# What a gateway that trims blanks, or a mailbox file that marks "From ",
# still breaks: bytes that must not be changed, in a message that an opaque
# signature would make harder to read (rule S8).
FRAGILE = {
    # Programs decode it in two ways, so it is not encoded again.
    "cte-qp-trailing-blanks": ["blanks"],
    # Header fields stay as they are spelled.
    "field-content-empty-values": ["blanks"],
    "field-content-trailing-blanks": ["blanks"],
    "part-header-fold-before-the-empty-line": ["blanks"],
    "part-header-fold-of-blanks-only": ["blanks"],
    "part-header-trailing-blanks": ["blanks"],
    "type-tabs": ["blanks"],
    # There is no encoding for what stands around the parts.
    "preamble-trailing-blanks": ["blanks", "From"],
    # Somebody else's signature is over these bytes.
    "protected-inner-signed-trailing-blanks": ["blanks", "From"],
}


LEGAL = b"Example Ltd, registered in Nowhere"

# Somebody has made up the signature in them.
BAD_BEFORE = ("protected-octet-stream-p7m", "protected-smime-opaque",
              "protected-smime-signed-elsewhere")

# To be put under a disclaimer it becomes UTF-8.
CONVERTED = {"charset-utf-7": "utf-7"}


class Fixture(Site):
    """A site with one user, and the corpus."""

    def prepare(self):
        self.add_user(ALICE)
        self.issue(ALICE)
        self.messages = corpus.sample(corpus.load())
        self.judge = corpus.Judge(self)
        self.signed = {}

    def send_all(self, prefix, rules):
        """name -> Verdict of each message, half of them by either rules."""
        verdicts = {}
        for turn, kind in enumerate(rules):
            with self.mta(rules=kind) as mta:
                mta.connect(daemon_name="SUBMISSION")
                mta.helo()
                for name in list(self.messages)[turn::2]:
                    verdicts[name] = mta.message(
                        f"<{ALICE}>", [f"<{name}@example.net>"],
                        self.messages[name], login=ALICE,
                        queue_id=f"{prefix}-{name}")
        return verdicts


@case("WILD.md and the folder agree, and there are enough of them")
def _(_site):
    found = corpus.load()
    fates = corpus.fates()
    equal(sorted(set(fates) ^ set(found)), [], "in one of them only")
    files = list(FOLDER.glob("*.eml"))
    check(len(files) >= LEAST, f"only {len(files)} files")
    for path in files:
        check(re.fullmatch(r"[a-z0-9-]+", path.stem), f"{path.name}")
    check(len(set(found.values())) == len(found), "some are the same")


@case("the manual explains every reason for an opaque signature")
def _(_site):
    manual = (corpus.SOURCE / "milter/daemon/smime-milter.8").read_text()
    section = manual.partition(".Ss Opaque signatures")[2].partition(".S")[0]
    explained = re.findall(r"^\.It Li (\S+)$", section, re.MULTILINE)
    met = {fate[len(OPAQUE):] for fate in corpus.fates().values()
           if fate.startswith(OPAQUE)}
    # Made by other tests: a setting, and more than 10,000 parts.
    equal(met ^ set(explained), {"policy", "too-complex"}, "in one only")


@case("each message has the fate that WILD.md tells", limit=900)
def _(site):
    verdicts = site.send_all("sign", ("postfix", "sendmail"))
    log = corpus.log_by_id(site)
    fates = corpus.fates()

    def judge(name):
        verdict = verdicts[name]
        equal(verdict.outcome, "accept", verdict.reply)
        fate = site.judge.fate(site.messages[name], verdict.data,
                               log[f"sign-{name}"])
        equal(fate, fates[name], "fate")
        if not fate.startswith(ALONE):
            site.signed[name] = verdict.data

    corpus.for_each(site.messages, judge)


def cut_lines(body, limit, mark):
    """As Postfix and Sendmail do with what is too long."""
    lines = []
    for line in body.split(b"\r\n"):
        while len(line) > limit:
            lines.append(line[:limit] + mark)
            line = b" " + line[limit:]
        lines.append(line)
    return b"\r\n".join(lines)


def stuff_and_unstuff(body):
    stuffed = re.sub(rb"(?m)^\.", b"..", body)
    check(not re.search(rb"(?m)^\.\r?$", stuffed), "ends early")
    return re.sub(rb"(?m)^\.\.", b".", stuffed)


ROADS = {
    "dots": stuff_and_unstuff,
    "998": lambda body: cut_lines(body, 998, b""),
    "990": lambda body: cut_lines(body, 990, b"!"),
    "7 bits": lambda body: bytes(byte & 0x7f for byte in body),
    "blanks": lambda body: re.sub(rb"[ \t]+(?=\r?\n)", b"", body),
    "From": lambda body: re.sub(rb"(?m)^From ", b">From ", body),
}


@case("dots, cut lines, lost bits, lost blanks and marked \"From \" lines",
      limit=900)
def _(site):
    def judge(name):
        body = split_message(site.signed[name])[1]
        head = site.signed[name][:-len(body)]
        before = site.judge.verify(site.signed[name])
        broken = []
        for road, change in ROADS.items():
            try:
                after = site.judge.verify(head + change(body))
            except openssl.Failed:
                broken.append(road)
                continue
            equal(after, before, f"content after {road}")
        equal(broken, FRAGILE.get(name, []), "broken by")

    check(site.signed, "nothing was signed")
    corpus.for_each(site.signed, judge)


@case("with signing off nothing is edited, whatever it is")
def _(site):
    site.smimectl("user", "set", ALICE, "--sign", "off")
    verdicts = site.send_all("off", ("sendmail", "postfix"))
    for name, verdict in verdicts.items():
        equal((name, verdict.outcome, verdict.changes),
              (name, "accept", []), "outcome and edits")
        equal(verdict.data, site.messages[name], name)


def words(data):
    """What is said, and how often the disclaimer is."""
    text, count = re.subn(rb"(<p>)?" + LEGAL + rb"(</p>)?", b"", data)
    return b"".join(text.split()), count


def carriers(before, after, charset):
    """How many texts have got the disclaimer; nothing else has changed.
    charset: what text was in, if that changes."""
    found = 0
    old, new = leaves(corpus.entity_of(before)), leaves(after)
    equal([kind for kind, _ in new], [kind for kind, _ in old], "parts")
    for (kind, was), (_, now) in zip(old, new):
        if was == now:
            continue
        check(kind.startswith(("text/plain", "text/html")),
              f"{kind} has changed")
        if charset:
            was = was.decode(charset).encode()
        equal(words(now), (words(was)[0], 1), kind)
        found += 1
    return found


def judge_disclaimed(site, guard, name, verdict, lines):
    """A message with a disclaimer, where there can be one, leaves by the
    guard; returns what the log says of the disclaimer."""
    equal(verdict.outcome, "accept", verdict.reply)
    done = guard.filter(verdict.data)
    alarms = [line for line in guard.log_lines(done.queue_id)
              if ": seal-broken " in line]
    equal(len(alarms), name in BAD_BEFORE, f"alarms {alarms}")
    if alarms:
        contains(alarms[0], " before=yes ")
        return "-"
    check(done.accepted and not done.quarantined, f"{done.reply}")
    absent(done.data.partition(b"\r\n\r\n")[0].lower(), b"x-smime-seal")
    fate = corpus.word_of(lines, lines[0].split()[2], "disclaimer")
    content = corpus.entity_of(done.data)
    if ": signed " in lines[0]:
        content = site.judge.verify(done.data)
    found = carriers(site.messages[name], content, CONVERTED.get(name))
    equal(found > 0, fate == "added", fate)
    return fate


@case("with a disclaimer, where there can be one, each passes the guard",
      limit=900)
def _(site):
    site.smimectl("user", "set", ALICE, "--sign", "on")
    (site.folder / "legal.txt").write_bytes(LEGAL)
    site.reconfigure(
        defaults='disclaimer = "legal";', more=site.seal_setting() +
        f'disclaimers = ( {{ name = "legal"; '
        f'text = "{site.folder}/legal.txt"; }} );')
    verdicts = site.send_all("legal", ("postfix", "sendmail"))
    log = corpus.log_by_id(site)
    fates = {}
    with Guard(site) as guard:
        corpus.for_each(site.messages, lambda name: fates.update({
            name: judge_disclaimed(site, guard, name, verdicts[name],
                                   log[f"legal-{name}"])}))
    check(2 * list(fates.values()).count("added") > len(fates), f"{fates}")


if __name__ == "__main__":
    main(Fixture)
