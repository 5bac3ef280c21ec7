#!/usr/bin/python3
"""Disclaimers in messages of any structure, charset and encoding.

What mail/ makes of each, and then what the daemon signs, is judged by Python's
email package and codecs, which share nothing with our code: each body decodes
to the old text plus the disclaimer, everything else keeps its bytes.  Readers
that others wrote accept the signatures.
"""

import email
import email.policy
import html
import os
import pathlib
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor

import corpus
import der
import messages
import readers
from disclaimer_corpus import MARK, REFUSED, added
from tap import case, check, equal, main
from testsite import Site, is_sanitized

TOOL = (pathlib.Path(os.environ.get("top_builddir", ".")) /
        "tests/tools/mime_tool")
VERSION = b"MIME-Version: 1.0\r\n"
PLACES = re.compile(rb"(\r\n--B\d+(?:--)?\r\n)")

# (text, HTML or None: made from the text).
DISCLAIMERS = {
    "plain": ("Example Ltd & Sons.\n  Registered in Nowhere\n", None),
    "western": ("-- \nMüller & Söhne – 5 € Stammkapital\n>Nirgends \n",
                "<hr>\n<p>Müller &amp; Söhne – <b>5 €</b> Stammkapital</p>\n"),
    "eastern": ("株式会社サンプル 日本\n", "<p>株式会社サンプル 日本</p>"),
}


# Programs that others wrote, all of which have to accept what is signed.
READERS = (readers.BouncyCastle, readers.OpensslCms, readers.OpensslSmime,
           readers.Gpgsm, readers.Nss)


class Fixture(Site):
    """A site with a user for each disclaimer, and one without."""

    def __init__(self):
        super().__init__()
        self.files = {}
        for name, sides in DISCLAIMERS.items():
            self.files[name] = []
            for kind, words in zip(("text", "html"), sides):
                if words is not None:
                    path = self.folder / f"{name}.{kind}"
                    path.write_text(words, encoding="utf-8")
                    self.files[name].append(path)
        self.settings.update(more="disclaimers = ( " + ", ".join(
            f'{{ name = "{name}"; ' + " ".join(
                f'{path.suffix[1:]} = "{path}";' for path in paths) + " }"
            for name, paths in self.files.items()) + " );",
            defaults="exempt = [];")

    def prepare(self):
        for name in DISCLAIMERS:
            self.add_user(f"{name}@example.org", "--disclaimer", name)
            self.issue(f"{name}@example.org", "--key", "p256")
        self.signed = {}
        self.readers = None

    def insert(self, entity, name):
        """What becomes of an entity: the result's word and the bytes."""
        done = subprocess.run([TOOL, "disclaimer", *self.files[name]],
                              input=entity, check=True,
                              stdout=subprocess.PIPE)
        head, _, out = done.stdout.partition(b"\n")
        return head.split()[0].decode(), out

    def send_all(self, entities, prefix):
        """name -> (disclaimer, message, Verdict) of messages whose senders
        have the disclaimers in turn."""
        verdicts = {}
        with self.mta() as mta:
            mta.connect(daemon_name="SUBMISSION")
            mta.helo()
            for number, (name, entity) in enumerate(entities.items()):
                which = list(DISCLAIMERS)[number % len(DISCLAIMERS)]
                sender = f"{which}@example.org"
                version = b"" if "no Content-Type" in name else VERSION
                data = messages.build(sender, ["bob@example.net"],
                                      version + entity)
                verdicts[name] = (which, data, mta.message(
                    f"<{sender}>", ["<bob@example.net>"], data, login=sender,
                    queue_id=f"{prefix}{number}"))
        return verdicts


def parse(entity):
    return email.message_from_bytes(entity, policy=email.policy.compat32)


def charset_of(part):
    """The label, or what readers take text without one for."""
    return part.get_content_charset() or "utf-8"


def text_of(part):
    charset = charset_of(part)
    if charset == "macintosh":
        charset = "mac-roman"
    return part.get_payload(decode=True).decode(charset)


def can_hold(charset, words):
    try:
        words.encode("mac-roman" if charset == "macintosh" else charset)
        return True
    except UnicodeEncodeError:
        return False


def lines_of(text, part, old):
    """The lines of a disclaimer as they have to stand in that part."""
    lines = text.rstrip().split("\n")
    if part.get_param("format", "").lower() == "flowed":
        lines = [line if line == "-- " else line.rstrip(" ") for line in lines]
        lines = [re.sub(r"^(?=[ >]|From )", " ", line) for line in lines]
    end = "\r\n"
    if "\n" in old and "\r\n" not in old:
        end = "\n"
    return end, "".join(line + end for line in lines)


def check_text(old, new, words):
    """The old text, a line end and an empty line where there are none, and
    the words."""
    before, after = text_of(old), text_of(new)
    end, wanted = lines_of(words, old, before)
    if before and not before.endswith(end):
        before += end
    if before not in ("", end) and not before.endswith(end + end):
        before += end
    equal(after, before + wanted, "text")
    # In its own charset if that can hold it.
    kept = old.get_content_charset()
    if kept is None:
        kept = default_charset(old) if words.isascii() else "utf-8"
    elif not can_hold(kept, wanted):
        kept = "utf-8"
    equal(new.get_content_charset(), kept, "charset")


def default_charset(part):
    """What a part has to be labelled when it is signed (RFC 8551 3.1): only
    the message itself, and only when it has no type at all."""
    return "us-ascii" if part["Subject"] and not part["Content-Type"] else None


def check_page(old, new, words):
    """Something was put in at one place, before the end tags, and it is the
    HTML of the disclaimer."""
    before, after = text_of(old), text_of(new)
    equal(new.get_content_charset(), old.get_content_charset(), "charset")
    more = len(after) - len(before)
    ends = [len(before)] + [found.start() for found in re.finditer(
        r"(?i)</(?:body\s*|html)>", before)]
    places = [at for at in ends if before[:at] == after[:at] and
              before[at:] == after[at + more:]]
    check(places, f"{before!r} became {after!r}")
    put = after[places[0]:places[0] + more]
    equal(html.unescape(put).split(), html.unescape(words).split(), "HTML")


def made_page(text):
    """The HTML of a disclaimer that has none."""
    lines = [html.escape(line) for line in text.rstrip().split("\n")]
    return "<p>" + "<br />\n".join(lines) + "</p>"


def labels(part):
    """The fields that are to stay, with their places."""
    return [(n, v) for n, v in part.raw_items() if n.lower() not in
            ("content-type", "content-transfer-encoding")]


def check_part(old, new, words):
    equal(new.get_content_type(), old.get_content_type(), "type")
    text, page = words
    if old.get_content_subtype() == "plain":
        check_text(old, new, text)
    else:
        check_page(old, new, page or made_page(text))


def check_body(before, after, words):
    old, new = parse(before), parse(after)
    equal(labels(new), labels(old), "fields")
    check_part(old, new, words)


def check_entity(before, after, name):
    """Byte by byte, but for the bodies that are marked."""
    old, new = PLACES.split(before), PLACES.split(after)
    equal(len(new), len(old), "parts")
    for was, now in zip(old, new):
        if MARK in was:
            check(was != now, f"nothing was put into {was!r}")
            check_body(was, now, DISCLAIMERS[name])
        else:
            equal(now, was, "bytes outside")


def for_each(entities, judge):
    """Calls judge(name, entity) for all; complains once about all."""
    wrong = []
    for name, entity in entities.items():
        try:
            judge(name, entity)
        except (AssertionError, UnicodeError) as error:
            wrong.append(f"{name}: {error}")
    if wrong:
        raise AssertionError(f"{len(wrong)} of {len(entities)}:\n" +
                             "\n".join(wrong))


def sample(entities):
    """All of them, or one in eight when a sanitizer slows us down."""
    return dict(list(entities.items())[::8 if is_sanitized() else 1])


@case("there are enough of them, each with a body that is marked")
def _(_fixture):
    entities = added()
    check(len(entities) >= 40, f"only {len(entities)}")
    for name, entity in entities.items():
        check(MARK in entity, name)


for which in DISCLAIMERS:
    @case(f"old text and {which} disclaimer, and all else byte by byte")
    def _(fixture, which=which):
        def judge(_name, entity):
            word, out = fixture.insert(entity, which)
            equal(word, "added", "result")
            check_entity(entity, out, which)
            equal(fixture.insert(out, which), ("present", b""), "next time")

        for_each(sample(added()), judge)


@case("what must not be touched is not")
def _(fixture):
    for name, (entity, wanted) in REFUSED.items():
        for which in DISCLAIMERS:
            equal(fixture.insert(entity, which), (wanted, b""), name)


def check_signed(before, content, which):
    """Part by part, as what is signed is encoded for the road."""
    old, new = list(parse(before).walk()), list(parse(content).walk())
    equal([p.get_content_type() for p in new],
          [p.get_content_type() for p in old], "parts")
    for was, now in zip(old, new):
        if was["X-Body"]:
            check_part(was, now, DISCLAIMERS[which])
        elif not was.is_multipart():
            equal(now.get_payload(decode=True), was.get_payload(decode=True),
                  "another part")


@case("through the daemon: added to what is signed, and told in the log")
def _(site):
    entities = sample(added())
    verdicts = site.send_all(entities, "added")
    log = site.milter.output()

    def judge(name, _entity):
        which, sent, verdict = verdicts[name]
        equal(verdict.outcome, "accept", verdict.reply)
        mail = readers.Mail(verdict.data)
        check(mail.detached, "signed opaquely")
        site.signed[name] = mail
        check_signed(sent, mail.content, which)

    for_each(entities, judge)
    equal(len(re.findall(r": signed .*disclaimer=added", log)), len(entities),
          "lines in the log")


def check_as_it_was(sent, verdict):
    """Signed or not, it says what was sent."""
    if not verdict.changes:
        equal(verdict.data, sent, "message")
        return
    mail = readers.Mail(verdict.data)
    content = mail.content
    if not mail.detached:
        content = der.SignedData(mail.cms).content
    messages.same_content(sent, content)


@case("through the daemon: what must not be touched passes as it is")
def _(site):
    entities = {name: entity for name, (entity, _) in REFUSED.items()}
    verdicts = site.send_all(entities, "refused")
    for number, (name, (entity, wanted)) in enumerate(REFUSED.items()):
        _, sent, verdict = verdicts[name]
        equal(verdict.outcome, "accept", f"{name}: {verdict.reply}")
        words = re.findall(r" (?:disclaimer|reason)=(\S+)",
                           "".join(site.log_lines(f"refused{number}")))
        # Armor that is all of the message protects it as a whole.
        if wanted == "inline-pgp" and b"multipart" not in entity:
            wanted = "already-signed"
        if wanted == "no-body":
            equal(words, ["no-body"], f"{name}: words in the log")
        else:
            equal(words[-2:], ["refused", wanted], f"{name}: words in the log")
        check_as_it_was(sent, verdict)


def start_readers(site):
    """Each of them reads all mails, while the others do."""
    mails = list(site.signed.values())
    check(mails, "nothing was signed")

    def read(kind):
        reader = kind(site.folder / "tmp" / kind.name, site.root)
        try:
            return reader.verify(mails)
        finally:
            reader.close()

    with ThreadPoolExecutor() as pool:
        found = {kind.name: pool.submit(read, kind) for kind in READERS}
    site.readers = found


for reader_class in READERS:
    @case(f"{reader_class.name} accepts every signature")
    def _(site, name=reader_class.name):
        if site.readers is None:
            start_readers(site)
        verdicts = site.readers[name].result()
        for (what, mail), verdict in zip(site.signed.items(), verdicts,
                                         strict=True):
            check(verdict.accepted, f"{what}: {verdict.text}")
            equal(verdict.content == mail.content, True, f"{what}: content")


@case("through the daemon, with signing off: the same bytes in clear")
def _(site):
    # As mail servers do.
    entities = {name: entity if entity.endswith(b"\r\n") else
                entity + b"\r\n" for name, entity in sample(added()).items()}
    for which in DISCLAIMERS:
        site.smimectl("user", "set", f"{which}@example.org", "--sign", "off")
    verdicts = site.send_all(entities, "clear")

    def judge(name, entity):
        which, _, verdict = verdicts[name]
        equal(verdict.outcome, "accept", verdict.reply)
        # A mark on the root is outside of the entity.
        head, _, body = site.insert(entity, which)[1].partition(b"\r\n\r\n")
        head = (head + b"\r\n").replace(MARK, b"")
        equal(corpus.entity_of(verdict.data), head + b"\r\n" + body, "entity")
        if head:
            equal(parse(verdict.data)["MIME-Version"], "1.0", "version")

    for_each(entities, judge)


if __name__ == "__main__":
    main(Fixture)
