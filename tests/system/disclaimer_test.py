#!/usr/bin/python3
"""Disclaimers in messages of any structure, charset and encoding.

What mail/ makes of each is judged by Python's email package and codecs, which
share nothing with our code: each body decodes to the old text plus the
disclaimer, everything else keeps its bytes.
"""

import email
import email.policy
import html
import os
import pathlib
import re
import subprocess
import tempfile

import disclaimer_corpus
from disclaimer_corpus import MARK, REFUSED, added
from tap import case, check, equal, main

TOOL = (pathlib.Path(os.environ.get("top_builddir", ".")) /
        "tests/tools/mime_tool")
PLACES = re.compile(rb"(\r\n--B\d+(?:--)?\r\n)")

# (text, HTML or None: made from the text).
DISCLAIMERS = {
    "plain": ("Example Ltd & Sons.\n  Registered in Nowhere\n", None),
    "western": ("-- \nMüller & Söhne – 5 € Stammkapital\n>Nirgends \n",
                "<hr>\n<p>Müller &amp; Söhne – <b>5 €</b> Stammkapital</p>\n"),
    "eastern": ("株式会社サンプル 日本\n", "<p>株式会社サンプル 日本</p>"),
}


class Fixture:
    """A folder with the files of the disclaimers."""

    def __init__(self):
        self.temporary = tempfile.TemporaryDirectory(prefix="disclaimer-")
        self.folder = pathlib.Path(self.temporary.name)
        self.files = {}
        for name, sides in DISCLAIMERS.items():
            self.files[name] = []
            for kind, words in zip(("txt", "html"), sides):
                if words is not None:
                    path = self.folder / f"{name}.{kind}"
                    path.write_text(words, encoding="utf-8")
                    self.files[name].append(path)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.temporary.cleanup()

    def insert(self, entity, name):
        """What becomes of an entity: the result's word and the bytes."""
        done = subprocess.run([TOOL, "disclaimer", *self.files[name]],
                              input=entity, check=True,
                              stdout=subprocess.PIPE)
        head, _, out = done.stdout.partition(b"\n")
        return head.split()[0].decode(), out


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
        kept = None if words.isascii() else "utf-8"
    elif not can_hold(kept, wanted):
        kept = "utf-8"
    equal(new.get_content_charset(), kept, "charset")


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


def check_body(before, after, words):
    old, new = parse(before), parse(after)
    equal(labels(new), labels(old), "fields")
    equal(new.get_content_type(), old.get_content_type(), "type")
    text, page = words
    if old.get_content_subtype() == "plain":
        check_text(old, new, text)
    else:
        check_page(old, new, page or made_page(text))


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
    """Calls judge(entity) for all; complains once about all."""
    wrong = []
    for name, entity in entities.items():
        try:
            judge(entity)
        except (AssertionError, UnicodeError) as error:
            wrong.append(f"{name}: {error}")
    if wrong:
        raise AssertionError(f"{len(wrong)} of {len(entities)}:\n" +
                             "\n".join(wrong))


@case("there are enough of them, each with a body that is marked")
def _(_fixture):
    entities = added()
    check(len(entities) >= 40, f"only {len(entities)}")
    for name, entity in entities.items():
        check(MARK in entity, name)


for which in DISCLAIMERS:
    @case(f"old text and {which} disclaimer, and all else byte by byte")
    def _(fixture, which=which):
        def judge(entity):
            word, out = fixture.insert(entity, which)
            equal(word, "added", "result")
            check_entity(entity, out, which)
            equal(fixture.insert(out, which), ("present", b""), "next time")

        for_each(added(), judge)


@case("what must not be touched is not")
def _(fixture):
    for name, (entity, wanted) in REFUSED.items():
        for which in DISCLAIMERS:
            equal(fixture.insert(entity, which), (wanted, b""), name)


if __name__ == "__main__":
    main(Fixture)
