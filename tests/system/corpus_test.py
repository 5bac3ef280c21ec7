#!/usr/bin/python3
"""The corpus without a mail server between: each odd message is signed by the
milter itself, as both mail servers would hand it over."""

import re

import corpus
import openssl
from corpus import ALICE, ALONE, FOLDER, OPAQUE
from mta_client import split_message
from tap import case, check, equal, main
from testsite import Site

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


if __name__ == "__main__":
    main(Fixture)
