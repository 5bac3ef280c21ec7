#!/usr/bin/python3
"""Python's email package judges what milter/mail makes of messages.

It was written by others and shares nothing with our code.  Where the two
agree on the parts of a message, and on what each leaf decodes to before and
after, a correspondent's mail program will as well.
"""

import base64
import email
import email.policy
import os
import pathlib
import quopri
import random
import subprocess
from email.message import EmailMessage

import testsite
from tap import case, check, equal, main

TOOL = (pathlib.Path(os.environ.get("top_builddir", ".")) /
        "tests/tools/mime_tool")
# Python looks at the same output as in other builds: less is enough there.
SANITIZED = testsite.is_sanitized()
TREES, STEP, LARGE = (50, 6, 10) if SANITIZED else (150, 1, 50)
UMLAUTS = "Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich"
CYRILLIC = "Съешь же ещё этих мягких французских булок, да выпей чаю"


def tool(command, data):
    return subprocess.run([str(TOOL), command], input=data, check=True,
                          stdout=subprocess.PIPE).stdout


def crlf(text, charset="utf-8"):
    if isinstance(text, str):
        text = text.encode(charset)
    return text.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def parse(entity):
    return email.message_from_bytes(entity, policy=email.policy.compat32)


def leaves(message):
    """(type, decoded bytes, file name) of each leaf, in order."""
    return [(part.get_content_type(), part.get_payload(decode=True),
             part.get_filename()) for part in message.walk()
            if not part.is_multipart()]


def fields(message):
    """All fields of all parts but the transfer encodings."""
    return [[(name, value) for name, value in part.raw_items()
             if name.lower() != "content-transfer-encoding"]
            for part in message.walk()]


def check_survives(entity, what):
    """7-bit, short lines, CRLF only, nothing at the edge of a line."""
    check(all(b < 128 for b in entity), f"{what}: not 7-bit")
    check(b"\0" not in entity, f"{what}: NUL")
    for line in entity.split(b"\r\n"):
        check(b"\r" not in line and b"\n" not in line, f"{what}: bare CR/LF")
        check(len(line) <= 988, f"{what}: a line of {len(line)}")
        check(not line.startswith(b"From "), f"{what}: a From line")
        check(line == line.rstrip(b" \t"), f"{what}: trailing blank {line!r}")


def check_encodings(message, what):
    """Encoded bodies by the modules that do nothing else."""
    for part in message.walk():
        if part.is_multipart():
            continue
        encoding = str(part.get("Content-Transfer-Encoding", "7bit")).lower()
        body = part.get_payload().encode("ascii")
        check(encoding in ("7bit", "base64", "quoted-printable"),
              f"{what}: {encoding}")
        if encoding == "base64":
            plain = body.replace(b"\r\n", b"")
            equal(base64.b64decode(plain, validate=True),
                  part.get_payload(decode=True), f"{what}: base64")
        if encoding == "quoted-printable":
            equal(quopri.decodestring(body), part.get_payload(decode=True),
                  f"{what}: quoted-printable")


def judge(entity, wanted=None, what="entity"):
    """The canonical form, after Python agreed with it."""
    head, _, out = tool("canon", entity).partition(b"\n")
    result = head.split()[0].decode()
    if wanted:
        equal(head.decode(), wanted, f"{what}: result")
    if result != "transcoded":
        equal(out, b"", f"{what}: output")
        out = entity
    if result in ("same", "transcoded"):
        before, after = parse(entity), parse(out)
        equal(leaves(after), leaves(before), f"{what}: leaves")
        equal(fields(after), fields(before), f"{what}: fields")
        check(all(b < 128 for b in out), f"{what}: not 7-bit")
    if result == "transcoded":
        check_survives(out, what)
        check_encodings(after, what)
        equal(tool("canon", out), b"same -\n", f"{what}: second time")
    return out


def leaf(text, header="Content-Type: text/plain; charset=utf-8\n",
         charset="utf-8"):
    return crlf(header) + b"\r\n" + crlf(text, charset)


def multipart(subtype, boundary, parts, more="", preamble=b"", epilogue=b""):
    out = crlf(f'Content-Type: multipart/{subtype}; boundary="{boundary}"\n'
               f"{more}\n") + preamble
    line = b"--" + boundary.encode()
    for part in parts:
        if out[-2:] != b"\r\n":
            out += b"\r\n"
        out += line + b"\r\n" + part + b"\r\n"
    return out + line + b"--\r\n" + epilogue


TEXT = "Content-Type: text/plain; charset=utf-8\n"
EIGHT = "Content-Transfer-Encoding: 8bit\n"

LEAVES = {
    "plain ASCII": (leaf("Hello,\n\nworld\n"), "same -"),
    "nothing at all": (b"\r\n", "same -"),
    "UTF-8, labelled 8bit":
        (leaf(UMLAUTS + "\n", TEXT + EIGHT), "transcoded -"),
    "UTF-8, not labelled": (leaf(UMLAUTS + "\n"), "transcoded -"),
    "Latin-1": (leaf(UMLAUTS + "\n", "Content-Type: text/plain; "
                     "charset=iso-8859-1\n" + EIGHT, "latin-1"),
                "transcoded -"),
    "without any header": (b"\r\n" + crlf(UMLAUTS), "transcoded -"),
    "mostly not ASCII": (leaf(CYRILLIC * 20 + "\n"), "transcoded -"),
    "UTF-16": (leaf(UMLAUTS.encode("utf-16"), "Content-Type: text/plain; "
                    "charset=utf-16\nContent-Transfer-Encoding: binary\n"),
               "transcoded -"),
    "ASCII labelled 8bit": (leaf("Hello\n", TEXT + EIGHT), "transcoded -"),
    "a signature": (leaf("Hello\n-- \nAlice\n"), "transcoded -"),
    "format=flowed": (leaf("A paragraph that \nflows \nfreely.\n",
                           "Content-Type: text/plain; charset=utf-8; "
                           "format=flowed\n"), "transcoded -"),
    "From lines": (leaf("From here to there\n.\n..\nFrom\n"), "transcoded -"),
    "a line of 5000": (leaf("x" * 5000 + "\n"), "transcoded -"),
    "a line of 5000 words": (leaf("Größe " * 5000), "transcoded -"),
    "HTML on one line": (leaf("<p>" + "ä&nbsp;b = c " * 400 + "</p>",
                              "Content-Type: text/html; charset=utf-8\n"),
                         "transcoded -"),
    "no line end at the end": (leaf(UMLAUTS), "transcoded -"),
    "equals signs": (leaf("a=3Db = c\xa0=\n"), "transcoded -"),
    "a folded type with comments":
        (leaf(UMLAUTS, "Content-Type: (a) text (b)\n /plain (c);\n\tcharset\n"
              " = (d) utf-8\n" + EIGHT), "transcoded -"),
    "raw data, binary": (leaf(bytes(range(256)) * 40, "Content-Type: "
                              "application/octet-stream\n"
                              "Content-Transfer-Encoding: binary\n"),
                         None),
    "base64 on one line":
        (leaf(base64.b64encode(UMLAUTS.encode() * 40),
              TEXT + "Content-Transfer-Encoding: base64\n"), "transcoded -"),
    "quoted-printable with From lines":
        (leaf("From =C3=A4=\nb\n", TEXT +
              "Content-Transfer-Encoding: quoted-printable\n"),
         "transcoded -"),
    "quoted-printable of others":
        (leaf(quopri.encodestring(UMLAUTS.encode() * 9), TEXT +
              "Content-Transfer-Encoding: quoted-printable\n"), "same -"),
}

FILE_NAMES = [
    'name="a; b.pdf"', "name*=utf-8''%C3%A4%20b.pdf",
    "name*0=long; name*1=er.pdf", 'name="=?utf-8?q?=C3=A4=2Epdf?="',
    'name="quoted \\"name\\".pdf"', "name=plain.pdf",
]


def nested():
    """A message with all that users send, at several depths."""
    alternative = multipart("alternative", "inner", [
        leaf(UMLAUTS + "\n-- \nAlice\n", TEXT + EIGHT),
        leaf(f"<p>{CYRILLIC}</p>\n", "Content-Type: text/html; "
             "charset=utf-8\n" + EIGHT)], EIGHT)
    attached = [leaf(base64.encodebytes(bytes(range(256))),
                     f"Content-Type: application/pdf; {name}\n"
                     f"Content-Disposition: attachment; file{name}\n"
                     "Content-Transfer-Encoding: base64\n")
                for name in FILE_NAMES]
    forwarded = (b"Content-Type: message/rfc822\r\n"
                 b"Content-Transfer-Encoding: 8bit\r\n\r\n"
                 b"Subject: forwarded\r\nMIME-Version: 1.0\r\n" +
                 multipart("mixed", "inner2", [
                     leaf(UMLAUTS, TEXT + EIGHT),
                     leaf(UMLAUTS, "Content-Type: text/x-log\n")], EIGHT))
    digest = multipart("digest", "inner--", [
        b"\r\n" + leaf(UMLAUTS, "Subject: one\n" + TEXT),
        b"\r\n" + leaf("clean\n", "Subject: two\n" + TEXT)])
    return multipart("mixed", "inne", [alternative, *attached, forwarded,
                                       digest, b"\r\n", b"\r\nlast"], EIGHT,
                     b"This is a preamble.\r\n", b"An epilogue.\r\n\r\n")


@case("every kind of leaf decodes to the same bytes")
def _(_):
    for what, (entity, wanted) in LEAVES.items():
        judge(entity, wanted, what)


@case("every kind of leaf inside a multipart, beside a clean one")
def _(_):
    for what, (entity, wanted) in LEAVES.items():
        for parts in ([entity], [entity, leaf("clean\n")],
                      [leaf("clean\n"), entity], [leaf(UMLAUTS), entity]):
            judge(multipart("mixed", "=_b", parts, EIGHT), None, what)


@case("a message with all that users send")
def _(_):
    entity = nested()
    out = judge(entity, "transcoded -")
    names = [part.get_filename() for part in parse(out).walk()
             if part.get_content_type() == "application/pdf"]
    equal(len(names), len(FILE_NAMES), "attachments")
    check(all(names), "file names")


@case("the boundaries of one part are the beginning of another's")
def _(_):
    for outer, inner in (("b", "bb"), ("bb", "b"), ("b", "b-"), ("b", "b-x"),
                         ("b b", "b"), ("=_x", "=_x=_x")):
        part = multipart("alternative", inner, [leaf(UMLAUTS), leaf("a\n")])
        judge(multipart("mixed", outer, [part, leaf(CYRILLIC)]),
              "transcoded -", f"{outer} and {inner}")


@case("preambles and epilogues stay; padded delimiters are somebody's loss")
def _(_):
    entity = crlf("Content-Type: multipart/mixed; boundary=b\n\n"
                  "preamble\n--b\n\n") + crlf(UMLAUTS) + crlf(
                      "\n--b\n\ntwo\n--b--\nepilogue\n--b\nno part\n")
    head, _, out = tool("canon", entity).partition(b"\n")
    equal(head, b"transcoded -", "result")
    equal(leaves(parse(out)), leaves(parse(entity)), "leaves")
    check(out.endswith(crlf("\n--b\n\ntwo\n--b--\nepilogue\n--b\n"
                            "no part\n")), "the rest")
    judge(entity.replace(b"--b\r\n\r\ntwo", b"--b \r\n\r\ntwo"),
          "opaque padded-delimiter")


@case("what cannot be changed is refused, with the reason")
def _(_):
    signed = multipart("signed", "s", [leaf(UMLAUTS), leaf("signature")])
    plain = multipart("signed", "s", [leaf("clean\n"), leaf("signature")])
    judge(signed, "opaque inner-protected")
    judge(plain, "same -")
    judge(multipart("mixed", "b", [signed]), "opaque inner-protected")
    judge(multipart("mixed", "b", [plain, leaf(UMLAUTS)]), "transcoded -")
    judge(multipart("mixed", "b", [leaf("a\n")], "", UMLAUTS.encode()),
          "opaque preamble-not-7bit")
    judge(leaf("a\n", TEXT + f"Content-Description: {UMLAUTS}\n"),
          "opaque header-not-7bit")
    judge(b"Content-Type: message/rfc822\r\n\r\n" +
          leaf("a\n", f"Subject: {UMLAUTS}\n"), "opaque header-not-7bit")
    judge(leaf(UMLAUTS, TEXT + TEXT), "opaque part-not-encodable")
    judge(multipart("mixed", "b", [leaf(UMLAUTS)])[:-7],
          "opaque broken-multipart")
    judge(multipart("mixed", "b", [leaf("a\n")])[:-7],
          "opaque broken-multipart")
    judge(leaf(UMLAUTS, "Content-Type: message/partial; id=x\n"),
          "skip message-partial")


@case("messages as Python itself composes them")
def _(_):
    for policy in (email.policy.SMTP, email.policy.SMTP.clone(
            cte_type="8bit", max_line_length=998)):
        message = EmailMessage(policy=policy)
        message["Subject"] = "composed"
        message.set_content(UMLAUTS + "\n-- \nAlice\n", cte="8bit")
        message.add_alternative(f"<p>{CYRILLIC}</p>", subtype="html",
                                cte="8bit")
        message.add_attachment(bytes(range(256)), "application", "octets",
                               filename="ä;b.bin")
        message.add_attachment(UMLAUTS, filename="log.txt", cte="8bit")
        entity = message.as_bytes()
        judge(entity, "transcoded -", "composed")
        wrapped = EmailMessage(policy=policy)
        wrapped.set_content("see below\n")
        wrapped.add_attachment(message)
        judge(wrapped.as_bytes(), "transcoded -", "attached")


def shape(message, depth=0):
    """What mime_tool's tree prints, as Python sees it."""
    kind = "L"
    if message.is_multipart():
        kind = ("R" if message.get_content_maintype() == "message" else "P")
    out = [(depth, kind, message.get_content_type())]
    if message.is_multipart():
        for part in message.get_payload():
            out += shape(part, depth + 1)
    return out


@case("both see the same parts")
def _(_):
    for entity in [nested(), *(e for e, _ in LEAVES.values())]:
        if b"(a) text" in entity:
            continue  # Python reads no comments there
        ours = []
        for line in tool("tree", entity).decode().splitlines():
            depth, kind, mime_type, _, _ = line.split()
            ours.append((int(depth), kind, mime_type))
        equal(ours, shape(parse(entity)), "parts")


@case("base64 and quoted-printable, both ways")
def _(_):
    rng = random.Random(1)
    alphabets = [bytes(range(256)), b"aA =.-\t_F", b"\xc3\xa4\xf6 a", b"=3D "]
    for length in [*range(0, 120, STEP), 1000, 7295, 7296, 7297, 50000]:
        data = bytes(rng.choices(rng.choice(alphabets), k=length))
        equal(tool("base64-encode", data),
              base64.encodebytes(data).replace(b"\n", b"\r\n"), "base64")
        equal(tool("base64-decode", base64.encodebytes(data)), data, "base64")
        encoded = tool("qp-encode", data)
        equal(quopri.decodestring(encoded), data, "quoted-printable")
        lines = encoded.split(b"\r\n")
        check(all(len(line) <= 76 for line in lines), "long line")
        text = data.replace(b"\r", b"").replace(b"\n", b"")
        equal(tool("qp-decode", quopri.encodestring(text)), text,
              "quoted-printable of Python")


@case("random trees of random leaves")
def _(_):
    rng = random.Random(2)
    kinds = [entity for entity, _ in LEAVES.values()]

    def tree(depth):
        if depth == 0 or rng.random() < 0.3:
            return rng.choice(kinds)
        if rng.random() < 0.2:
            return (b"Content-Type: message/rfc822\r\n" + rng.choice(
                [b"", crlf(EIGHT)]) + b"\r\n" + tree(depth - 1))
        return multipart(rng.choice(["mixed", "related", "x-other"]),
                         f"b{rng.randrange(10 ** 9)}",
                         [tree(depth - 1) for _ in range(rng.randrange(1, 4))],
                         rng.choice(["", EIGHT]))

    for number in range(TREES):
        judge(tree(4), None, f"tree {number}")


@case(f"{LARGE} MB of text and of data")
def _(_):
    for entity in (leaf((UMLAUTS + "\n") * 16000 * LARGE),
                   leaf(random.Random(3).randbytes(1_000_000 * LARGE),
                        "Content-Type: application/zip\n")):
        out = tool("canon", entity)
        check(out.startswith(b"transcoded -\n"), "result")
        out = out[len(b"transcoded -\n"):]
        equal(parse(out).get_payload(decode=True) ==
              parse(entity).get_payload(decode=True), True, "same bytes")


if __name__ == "__main__":
    main()
