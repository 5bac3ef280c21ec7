"""The corpus of odd messages, what is expected of each, and whether a message
is still the same behind a signature.

tests/corpus/ holds one message a file, named after what is odd about it;
made() adds those that are too large for files.  WILD.md says of each what
becomes of it: its first words are the expectation that is tested.

Every comparison is with what the same mail server makes of the same message
without our milter, by a reader that is not ours: Python's email package.
"""

import email
import email.policy
import hashlib
import os
import pathlib
import re
from concurrent.futures import ThreadPoolExecutor

import openssl
from messages import is_seven_bit
from mta_client import split_message
from testsite import is_sanitized

SOURCE = pathlib.Path(os.environ.get("top_srcdir", "."))
FOLDER = SOURCE / "tests" / "corpus"

ALICE = "alice@example.org"
# Sendmail cuts at 990, Postfix at 998.
LINE_MAX = 988

# What WILD.md may say, and what it means.
AS_IT_IS = "signed as it is"
ENCODED = "encoded, then signed"
OPAQUE = "signed opaquely: "
ALONE = "left alone: "

HEADER = (b"From: Alice <alice@example.org>\r\nTo: Bob <bob@example.com>\r\n"
          b"Subject: made by the test\r\n"
          b"Date: Mon, 02 Mar 2026 10:00:00 +0100\r\nMIME-Version: 1.0\r\n")
TEXT = b"Content-Type: text/plain; charset=utf-8\r\n"
UMLAUTS = "Grüße aus Köln\r\n".encode()


def _multipart(parts):
    return (b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" +
            b"".join(b"--b\r\n" + p + b"\r\n" for p in parts) + b"--b--\r\n")


def made():
    """name -> message, of those that are no files."""
    nested = TEXT + b"\r\n" + UMLAUTS
    for level in range(60):
        nested = (b"Content-Type: multipart/mixed; boundary=n%d\r\n\r\n"
                  b"--n%d\r\n" % (level, level) + nested +
                  b"\r\n--n%d--\r\n" % level)
    folded = b"X-Long:" + b"".join(b"\r\n " + b"word " * 14 + b"end"
                                   for _ in range(750)) + b"\r\n"
    content = {
        "header-of-60-kb": folded + TEXT + b"\r\n" + UMLAUTS,
        "header-of-500-fields":
            b"".join(b"X-%d: v\r\n" % n for n in range(500)) + TEXT +
            b"\r\n" + UMLAUTS,
        "line-of-100-kb": TEXT + b"\r\n" + b"x" * 100000 + b"\r\n",
        "base64-line-of-100-kb":
            b"Content-Type: application/octet-stream\r\n"
            b"Content-Transfer-Encoding: base64\r\n\r\n" + b"QUJD" * 25000 +
            b"\r\n",
        "2000-parts": _multipart([TEXT + b"\r\n" + UMLAUTS] * 2000),
        "nested-60": nested,
        "8bit-text-of-1-mb": TEXT + b"\r\n" + UMLAUTS * 60000,
        "boundary-lookalikes-of-500-kb":
            _multipart([TEXT + b"\r\n" + b"--bb\r\n" * 80000]),
    }
    return {f"made-{name}": HEADER + data for name, data in content.items()}


def load():
    """name -> message, of all of them, in order."""
    found = {path.stem: path.read_bytes() for path in FOLDER.glob("*.eml")}
    if not found:
        raise AssertionError(f"no messages in {FOLDER.resolve()}")
    found.update(made())
    return dict(sorted(found.items()))


def fates():
    """name -> what WILD.md says."""
    text = (SOURCE / "WILD.md").read_text()
    table = text.partition("\n## The corpus\n")[2]
    return dict(re.findall(r"^\| `([^`]+)` \| (.+) \|$", table, re.MULTILINE))


# -- taking messages apart, byte by byte --


def _is_content(name):
    return name.lower().startswith(b"content-")


# Nobody is told of blind recipients: a changed message loses these (rule B2).
BLIND = (b"bcc", b"resent-bcc")


def outside(message):
    """[(name, value)] of what no signature may touch."""
    return [(n, v) for n, v in split_message(message)[0]
            if not _is_content(n) and n.lower() != b"mime-version"]


def entity_of(message):
    """The Content-* fields and the body of a message, as they stand."""
    fields, body = split_message(message)
    head = b"".join(n + b":" + v.replace(b"\n", b"\r\n") + b"\r\n"
                    for n, v in fields if _is_content(n))
    return head + b"\r\n" + body


def content_names(message):
    return [n.lower() for n, _ in split_message(message)[0] if _is_content(n)]


# -- a reader that is not ours --


def _parse(entity):
    return email.message_from_bytes(entity, policy=email.policy.compat32)


def _fields(part):
    """Name and value as they stand, but for the transfer encoding."""
    return [(n, v) for n, v in part.raw_items()
            if n.lower() != "content-transfer-encoding"]


def _decoded(part):
    """What the reader would save or show, line ends as they are on the
    wire."""
    return part.get_payload(decode=True)


def seen(entity):
    """All that a reader sees: kind, name, fields and bytes of each part."""
    found = []
    for part in _parse(entity).walk():
        leaf = not part.is_multipart()
        found.append((part.get_content_type(), part.get_filename(),
                      _fields(part), _decoded(part) if leaf else None,
                      None if leaf else (part.preamble, part.epilogue)))
    return found


def compare(wanted, got, what):
    """Complains about the first difference of two lists."""
    for number, (one, other) in enumerate(zip(wanted, got)):
        if one != other:
            raise AssertionError(f"{what}, number {number}: {one!r:.600} "
                                 f"became {other!r:.600}")
    if len(wanted) != len(got):
        raise AssertionError(f"{what}: {len(wanted)} became {len(got)}")


def same_to_a_reader(before, entity):
    """before: the whole message or its entity; entity: what was signed.  A
    Content-Type may have been added where there was none."""
    had_type = b"content-type" in content_names(before)
    old, new = seen(entity_of(before)), seen(entity)
    if not had_type:
        kind, name, fields, *rest = new[0]
        if fields[0][0] != "Content-Type" or \
                not fields[0][1].startswith("text/plain"):
            raise AssertionError(f"no Content-Type was added: {fields}")
        new[0] = (kind, name, fields[1:], *rest)
    compare(old, new, "part")


# -- judging --


class Judge:
    """Verifies by the openssl command; what is the same byte by byte is
    verified once."""

    def __init__(self, site, mime=True):
        self.site = site
        self.mime = mime  # by openssl's own MIME parser, too?
        self._verified = {}
        self._signers = set()

    def _check_signer(self, path):
        certificate = path.read_bytes()
        if certificate not in self._signers:
            if openssl.names_of(path) != [ALICE]:
                raise AssertionError("signed by somebody else")
            self._signers.add(certificate)
        path.unlink()

    def verify(self, message):
        """The signed content of a message signed by Alice."""
        key = hashlib.sha256(entity_of(message)).digest()
        if key not in self._verified:
            content, signer = openssl.verify(
                message, self.site.root, self.site.folder / "tmp",
                mime=self.mime)
            self._check_signer(signer)
            self._verified[key] = content
        return self._verified[key]

    def fate(self, before, after, log):
        """In WILD.md's words, what became of a message.  Complains when a
        signature does not verify, or a reader sees anything else than
        before."""
        if split_message(before) == split_message(after):
            return ALONE + word_of(log, "passed", "reason")
        compare([f for f in outside(before) if f[0].lower() not in BLIND],
                outside(after), "header field")
        content = self.verify(after)
        same_to_a_reader(before, content)
        _check_version(after)
        names = sorted(content_names(after))
        if names == [b"content-disposition", b"content-transfer-encoding",
                     b"content-type"]:
            return OPAQUE + word_of(log, "signed", "opaque")
        if names != [b"content-type"]:
            raise AssertionError(f"outside there are {names}")
        if word_of(log, "signed", "opaque") != "-":
            raise AssertionError(f"signed in clear, but {log}")
        check_seven_bit(content)
        return AS_IT_IS if content.endswith(entity_of(before)) else ENCODED


def _check_version(message):
    versions = [v.strip() for n, v in split_message(message)[0]
                if n.lower() == b"mime-version"]
    if versions != [b"1.0"]:
        raise AssertionError(f"MIME-Version {versions}")


def check_seven_bit(entity):
    if not is_seven_bit(entity, LINE_MAX):
        raise AssertionError("not 7-bit with short lines")


def word_of(log, event, key):
    """The value of a key in the line of an event, "-" without the key."""
    for line in log:
        if re.search(rf": {event} ", line):
            found = re.search(rf" {key}=(\S+)", line)
            return found.group(1) if found else "-"
    raise AssertionError(f"no line {event!r} in {log}")


def for_each(messages, judge, threads=3):
    """Calls judge(name) for all, several at a time; complains once, about
    all that went wrong."""

    def attempt(name):
        try:
            judge(name)
            return None
        except (AssertionError, openssl.Failed) as error:
            return f"{name}: {str(error):.700}"

    with ThreadPoolExecutor(threads) as pool:
        wrong = [text for text in pool.map(attempt, messages) if text]
    if wrong:
        raise AssertionError(f"{len(wrong)} of {len(messages)}:\n" +
                             "\n".join(wrong))


def sample(messages):
    """All of them, or one in eight when a sanitizer slows us down."""
    if not is_sanitized():
        return messages
    return dict(list(messages.items())[::8])


def log_by_id(site):
    """Queue id -> lines of the milter's log."""
    found = {}
    for line in site.milter.output().splitlines():
        match = re.search(r"(\S+): (?:signed|passed|refused|deferred) ", line)
        if match:
            found.setdefault(match.group(1), []).append(line)
    return found
