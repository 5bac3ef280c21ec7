#!/usr/bin/python3
"""Twice as much of what a stranger wrote takes twice as many steps.

Each pattern is read at two sizes by tests/tools/steps_tool, under valgrind,
which counts the instructions of each message.  Nothing depends on a clock.
"""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile

from tap import Skip, check, equal, main, note, case
from testsite import is_sanitized

TOOL = (pathlib.Path(os.environ.get("top_builddir", ".")) /
        "tests/tools/steps_tool")
TEXT = b"MIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\n"
EIGHT = (b"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
         b"Content-Transfer-Encoding: 8bit\r\n\r\n\xff\r\n")

# The larger of two messages may take this many times the steps of the one
# of half its size.  What is quadratic comes near to 4.
MOST = 2.3


def multipart(boundary, inside):
    """The header fields of a multipart, its first delimiter, and inside."""
    return (b'Content-Type: multipart/mixed; boundary="' + boundary +
            b'"\r\n\r\n--' + boundary + b"\r\n" + inside)


def nested(boundaries, inside):
    """Multiparts in one another, none of which is ever closed."""
    for boundary in reversed(boundaries):
        inside = multipart(boundary, inside)
    return inside


def field(name, unit, n):
    return name + b": " + unit * n + b"\r\n" + TEXT + b"x\r\n"


PREFIXES = [b"b" * length for length in range(2, 62)]
ALIKE = [b"b" * 60 + b"%02d" % number for number in range(60)]

# name -> (n, message of size n)
BODIES = {
    "CRLFs": (20000, lambda n: TEXT + b"\r\n" * n),
    "bare LFs": (20000, lambda n: TEXT + b"\n" * n),
    "bare CRs": (40000, lambda n: TEXT + b"\r" * n),
    "From lines": (2500, lambda n: TEXT + b"From me\r\n" * n),
    "dots": (10000, lambda n: TEXT + b".\r\n" * n),
    "a line of equals signs": (20000, lambda n: TEXT + b"=" * n),
    "a line of blanks": (12000, lambda n: TEXT + b" " * n + b"\r\n"),
    "blanks at the ends of lines": (120, lambda n: TEXT + (
        b" " * 100 + b"\r\n") * n),
    "8-bit bytes in one line": (20000, lambda n: EIGHT + b"\xfc" * n),
    "8-bit lines": (5000, lambda n: EIGHT + b"\xfc \r\n" * n),
    "broken quoted-printable": (20000, lambda n: EIGHT.replace(
        b"8bit", b"quoted-printable") + b"==\xff=\r\n" * (n // 4)),
    "broken base64": (20000, lambda n: EIGHT.replace(
        b"8bit", b"base64") + b"A=\r\n" * (n // 4)),
    "the beginnings of armor": (1500, lambda n: TEXT +
                                b"-----BEGIN PGP \r\n" * n),
    "lines like a boundary": (3000, lambda n: nested(
        PREFIXES, b"\r\n" + b"--b \t\r\n" * n)),
    "lines that begin like each of 60 boundaries": (3000, lambda n: nested(
        ALIKE, b"\r\n" + (b"--" + b"b" * 60 + b"99\r\n") * n)),
    "a delimiter with blanks": (400000, lambda n: nested(
        PREFIXES, b"\r\n--b" + b" " * n + b"\r\n")),
    "parts": (500, lambda n: multipart(b"b", b"\r\n--b\r\n" * n)),
    "parts that might be others": (500, lambda n: multipart(
        b"b", b"X-Part: 1\r\n\r\nx\r\n--b\r\n" * n)),
    "parts in the wrong order": (500, lambda n: multipart(
        b"b", b"".join(b"X-Part: %d\r\n\r\ny\r\n--b\r\n" % (47 - i % 47)
                       for i in range(n)))),
    "a text that has grown": (20000, lambda n: TEXT + b"x" * n),
    "parts without an empty line": (400, lambda n: multipart(
        b"b", b"X: y\r\n--b\r\n" * n)),
    "parts that open one more multipart": (250, lambda n: multipart(
        b"b", (b"Content-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n\r\n"
               b"--b\r\n") * n)),
    "messages in a digest": (400, lambda n: multipart(
        b"b", b"\r\n\r\n--b\r\n" * n).replace(b"mixed", b"digest")),
    "messages in one another": (2000, lambda n:
                                b"Content-Type: message/rfc822\r\n\r\n" * n),
    "headers that never end": (4000, lambda n: multipart(
        b"b", b"Content-Type: message/rfc822\r\n\r\n" * 60 + b"X: y\r\n" * n)),
    "a header that is none": (8000, lambda n: nested(
        PREFIXES, b"Content-Type: message/rfc822\r\n" + b"no\r\n" * n)),
}

HEADERS = {
    "header fields": (800, lambda n: b"X: y\r\n" * n + TEXT),
    "folds": (5000, lambda n: b"X:" + b"\r\n y" * n + b"\r\n" + TEXT),
    "empty folds": (5000, lambda n: b"X:" + b"\r\n " * n + b"\r\n" + TEXT),
    "Content-Types": (500, lambda n: b"Content-Type: a/b\r\n" * n + TEXT),
    "transfer encodings": (1000, lambda n:
                           b"Content-Transfer-Encoding: 7bit\r\n" * n + TEXT),
    "Content-* fields, each once": (500, lambda n: b"".join(
        b"Content-%d: x\r\n" % i for i in range(n)) + TEXT),
    "parameters": (800, lambda n: field(b"Content-Type", b"a/b;c=d", n)),
    "nameless parameters": (2000, lambda n: field(b"Content-Type", b";", n)),
    "64 parameters with long names": (150, lambda n: field(
        b"Content-Type", b"", 0).replace(b": ", b": a/b" + b"".join(
            b";" + b"a" * n + b"%d=x" % i for i in range(64)), 1)),
    "64 sections of one parameter": (120, lambda n: field(
        b"Content-Type", b"", 0).replace(b": ", b": a/b" + b"".join(
            b";n*%d*=" % i + b"%41" * (n // 3) for i in range(64)), 1)),
    "comments": (10000, lambda n: field(b"X", b"(", n)),
    "comments that end": (10000, lambda n: field(b"X", b"()", n)),
    "a token with comments": (4000, lambda n: field(b"X", b"a(b)", n)),
    "quotes": (10001, lambda n: field(b"X", b'"', n)),
    "backslashes": (20001, lambda n: field(b'X: "', b"\\", n)),
    "words": (6000, lambda n: field(b"X", b"a ", n)),
    "dots in an address": (4000, lambda n: field(b"X", b"a.", n)),
    "at signs": (10000, lambda n: field(b"X", b"@", n)),
    "commas": (20000, lambda n: field(b"X", b",", n)),
    "mailboxes": (1000, lambda n: b"From: " + b",".join(
        b"a%d@example.org" % i for i in range(n)) + b"\r\n" + TEXT),
    "mailboxes over the limit": (4500, lambda n: field(b"X", b"a@b.c,", n)),
    "angle brackets": (10000, lambda n: field(b"X", b"<", n)),
    "routes": (4000, lambda n: field(b"X", b"<@a,", n)),
    "groups": (2500, lambda n: field(b"X", b"a:;", n)),
    "domain literals": (10000, lambda n: field(b"X", b"a@[", n)),
    "a long local part": (8000, lambda n: field(b"X", b"a", n).replace(
        b"\r\n", b"@example.org\r\n", 1)),
    "a long domain": (6000, lambda n: field(b"X: a@b", b".b", n)),
    "a domain with umlauts": (10000, lambda n: field(
        b"X: a@b", b"\xc3\xbc", n)),
    "encoded words": (1500, lambda n: field(b"X", b"=?utf-8?q?a?= ", n)),
}

# What asks for something (tests/tools/steps_tool.c has the words).
SUBJECTS = {
    "keywords at the start": (1000, lambda n: field(
        b"Subject", b"[sign]", n)),
    "keywords at the end": (800, lambda n: field(b"Subject", b"end ", n)),
    "keywords anywhere": (3000, lambda n: field(b"Subject", b"any[]", n)),
    "keywords inside one another": (2000, lambda n: field(
        b"Subject", b"any[", n).replace(b"\r\n", b"]" * n + b"\r\n", 1)),
    "beginnings of keywords": (4000, lambda n: field(b"Subject", b"any[", n)),
    "answers to answers": (5000, lambda n: field(b"Subject", b"Re:", n)),
    "encoded keywords": (1000, lambda n: field(
        b"Subject", b"=?utf-8?q?any[]?= ", n)),
    "a keyword over many words": (1000, lambda n: field(
        b"Subject: =?utf-8?q?a", b"?= =?utf-8?q?ny[]a", n)),
    "words of many charsets": (300, lambda n: field(
        b"Subject", b"=?utf-8?q?a?= =?utf-7?q?any[]?= =?koi8-r?b?8A?= ", n)),
    "keywords that make words of what follows": (200, lambda n: field(
        b"Subject", b"[sign]=?utf-8?q?[sign]?= ", n)),
    "words that do not end": (2000, lambda n: field(
        b"Subject", b"=?a?q?", n)),
    "words that are none": (1500, lambda n: field(b"Subject", b" =?a?q", n)),
    "blank folds": (5000, lambda n: field(b"Subject", b"\r\n ", n)),
    "subjects": (100, lambda n: b"Subject: any[] a\r\n" * n + TEXT),
    "fields": (200, lambda n: b"X-Sign: yes\r\nX-Sign: no\r\n" * n + TEXT),
}



def html(unit, charset=b"utf-8", cte=b"8bit", before=b""):
    """A page of n units behind what stands before them."""
    head = EIGHT.replace(b"plain; charset=utf-8", b"html; charset=" + charset)
    head = head.replace(b"8bit", cte).replace(b"\xff\r\n", before)
    return lambda n: head + unit * n


def text(unit, charset=b"utf-8", cte=b"8bit"):
    page = html(unit, charset, cte)
    return lambda n: page(n).replace(b"text/html", b"text/plain", 1)


# What a disclaimer is put into (steps_tool has its text).
TEXTS = {
    "tags": (3000, html(b"<b>")),
    "beginnings of tags": (10000, html(b"<")),
    "end tags": (2000, html(b"</body>")),
    "beginnings of end tags": (4000, html(b"</bod")),
    "comments": (2000, html(b"<!---->")),
    "beginnings of comments": (3000, html(b"<!--")),
    "ends of comments": (8000, html(b"--", before=b"<!--")),
    "quotes of attributes": (8000, html(b"='", before=b"<a ")),
    "an attribute": (16000, html(b"x", before=b"<a b='")),
    "scripts": (1000, html(b"<script></script>")),
    "beginnings of scripts' ends": (2000, html(b"</scrip",
                                               before=b"<script>")),
    "ampersands": (8000, html(b"&")),
    "references": (2000, html(b"&auml;")),
    "references that do not end": (2000, html(b"&#99999999999")),
    "CDATA": (2000, html(b"<![CDATA[]]")),
    "soft line breaks before the place": (1000, lambda n: html(
        b"x=\r\n", cte=b"quoted-printable")(n) + b"</body>"),
    "blanks before soft line breaks": (1000, lambda n: html(
        b"x =  \r\n", cte=b"quoted-printable")(n) + b"</body>"),
    "escapes in HTML": (2000, html(b"\x1b$B<p\x1b(Ba", b"iso-2022-jp")),
    "what the text begins with": (16000, text(b"a")),
    "all but the end of the text": (1200, text(b"aaaaaaaaaaa")),
    "the first half of the text": (1200, text(b"aaaaaaaaaaab")),
    "bytes that are of no charset": (8000, text(b"\xff", b"shift_jis")),
    "half characters": (8000, text(b"\x81 ", b"gb18030")),
    "escapes": (4000, text(b"\x1b$B", b"iso-2022-jp")),
    "escapes and back": (1000, text(b"\x1b$BF|\x1b(B", b"iso-2022-jp")),
    "text for conversion": (4000, text(b"\xe4", b"koi8-r")),
    "text for conversion, encoded": (1000, text(
        b"=E4=\r\n", b"koi8-r", b"quoted-printable")),
    "text for conversion, in base64": (2000, text(
        b"5OTk", b"koi8-r", b"base64")),
    "delimiters that are none": (2000, lambda n: multipart(
        b"b", b"\r\n" + b"--c\r\n" * n + b"\r\n--b--")),
    "empty alternatives": (400, lambda n: multipart(
        b"b", b"Content-Type: a/b\r\n\r\n--b\r\n" * n +
        b"Content-Type: a/b\r\n\r\n--b--"
    ).replace(b"mixed", b"alternative")),
    "roots that are not there": (300, lambda n: multipart(
        b"b", b"Content-ID: <a>\r\n\r\n--b\r\n" * n + b"\r\n--b--"
    ).replace(b"mixed", b'related; start="<b>"')),
    "what looks like a charset": (1000, lambda n: EIGHT.replace(
        b"; charset=utf-8", b'; x="' + b";charset=" * n +
        b'"; charset=koi8-r')),
}

RESULTS_FIELD = b"Authentication-Results"

# What only we may write.
RESULTS = {
    "comments of results": (5000, lambda n: field(
        RESULTS_FIELD, b"(", n)),
    "results": (1500, lambda n: field(
        RESULTS_FIELD + b": mx.example.org", b"; a=b", n)),
    "names of ours": (1000, lambda n: field(
        RESULTS_FIELD, b"mx.example.or", n)),
    "a name with umlauts": (2000, lambda n: field(
        RESULTS_FIELD, b"\xc3\xbc.", n)),
    "a version": (4000, lambda n: field(
        RESULTS_FIELD + b": mx.example.org ", b"1", n)),
    "fields of results": (120, lambda n: (
        RESULTS_FIELD + b": mx.example.org; smime=pass\r\n"
        b"X-SMIME-Status: valid\r\n") * n + TEXT),
}


def count_steps(files, folder):
    """Instructions that each file took: one dump at each take_steps."""
    out = folder / "steps"
    done = subprocess.run(
        ["valgrind", "--tool=callgrind", "--toggle-collect=take_steps",
         "--dump-before=take_steps", f"--callgrind-out-file={out}", str(TOOL),
         *map(str, files)],
        capture_output=True, check=False)
    equal(done.returncode, 0, f"status: {done.stderr.decode()[-2000:]}")
    dumps = [folder / f"steps.{number}" for number in
             range(2, len(files) + 1)] + [out]
    return [int(re.search(r"^(?:totals|summary): (\d+)", dump.read_text(),
                          re.MULTILINE).group(1)) for dump in dumps]


def check_linear(patterns):
    """Under sanitizers, which valgrind cannot run, nothing is counted, but
    everything is read."""
    if not is_sanitized() and shutil.which("valgrind") is None:
        raise Skip("valgrind is not installed")
    with tempfile.TemporaryDirectory(prefix="smime-linear-") as name:
        folder = pathlib.Path(name)
        files = []
        for number, (n, make) in enumerate(patterns.values()):
            for size in (n, 2 * n):
                files.append(folder / f"{number}-{size}")
                files[-1].write_bytes(make(size))
        if is_sanitized():
            subprocess.run([str(TOOL), *map(str, files)], check=True)
            return
        steps = count_steps(files, folder)
    worst = 0
    bad = []
    for number, what in enumerate(patterns):
        once, twice = steps[2 * number:2 * number + 2]
        worst = max(worst, twice / once)
        if os.environ.get("VERBOSE"):
            note(f"{what}: {once} -> {twice}: {twice / once:.2f}")
        if twice > MOST * once:
            bad.append(f"{what}: {once} -> {twice}: {twice / once:.2f}")
    note(f"the worst of {len(patterns)} patterns: {worst:.2f}")
    check(not bad, "more than linear: " + "; ".join(bad))


@case("bodies: linear in what they hold")
def _(_site):
    check_linear(BODIES)


@case("header fields: linear in their number and length")
def _(_site):
    check_linear(HEADERS)


@case("subjects: linear in their length and number")
def _(_site):
    check_linear(SUBJECTS)


@case("disclaimers: linear in what they are put into")
def _(_site):
    check_linear(TEXTS)


@case("results in our name: linear in their length and number")
def _(_site):
    check_linear(RESULTS)


main()
