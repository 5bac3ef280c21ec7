"""Messages to send: plain ones, and those that signers fear.

build() puts envelope-like header fields before content.  FEARED holds, by
name, what follows From, To and Subject.  same_content() compares what a
reader gets to see of two entities, leaf by leaf.
"""

import base64
import email
import email.policy
import re
import secrets

import openssl

PLAIN = (b"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=us-ascii\r\n"
         b"\r\nHello,\r\n\r\nthis is a plain text.\r\n")


def build(sender, recipients, content=PLAIN, cc=(), more=b"",
          message_id=None):
    """A message with the usual header fields; content begins with its own
    MIME fields or with the empty line."""
    message_id = message_id or f"<{secrets.token_hex(8)}@example.org>"
    lines = [f"From: {sender}", f"To: {', '.join(recipients)}"]
    if cc:
        lines.append(f"Cc: {', '.join(cc)}")
    lines += ["Subject: A test", "Date: Mon, 02 Mar 2026 10:00:00 +0000",
              f"Message-ID: {message_id}"]
    return "\r\n".join(lines).encode() + b"\r\n" + more + content


def message_id(message):
    """The Message-ID with its brackets."""
    return re.search(rb"(?im)^message-id:\s*(<[^>]+>)", message).group(1)


MARKS = re.compile(
    rb"Authentication-Results: [^\r]*;\r\n(?:[ \t][^\r]*\r\n)+"
    rb"X-SMIME-Status: [^\r]*\r\n(?:[ \t][^\r]*\r\n)*")


def unmarked(message):
    """A message from outside without the two fields that we have put above
    all others, which must be there."""
    found = MARKS.match(message)
    if not found:
        raise AssertionError(f"no marks on top of {message[:200]}")
    return message[found.end():]


def status_of(message):
    """The word and the facts of X-SMIME-Status: ("valid", {"level": ...})."""
    found = re.search(rb"(?:\A|\r\n)X-SMIME-Status: ([^\r]*(?:\r\n[ \t][^\r]*)*)",
                      message)
    if not found:
        raise AssertionError(f"no status in {message[:300]}")
    word, *facts = re.split(r";\s*", found.group(1).decode())
    return word, dict(fact.split("=", 1) for fact in facts)


def encrypted(header, entity, readers):
    """A message with entity in a ciphertext for these openssl.Identity."""
    return header + (
        b"MIME-Version: 1.0\r\nContent-Type: application/pkcs7-mime; "
        b'smime-type=enveloped-data; name="smime.p7m"\r\n'
        b"Content-Transfer-Encoding: base64\r\n\r\n" +
        openssl.lines_of_base64(openssl.run(
            "cms", "-encrypt", "-binary", "-outform", "DER", "-aes-256-cbc",
            *[reader.certificate for reader in readers],
            data=entity).stdout))


def multipart(kind, boundary, *parts, close=True):
    """Header and body of a multipart; each part with its own header."""
    head = (f'MIME-Version: 1.0\r\nContent-Type: multipart/{kind}; '
            f'boundary="{boundary}"\r\n\r\n').encode()
    body = b"".join(f"--{boundary}\r\n".encode() + part + b"\r\n"
                    for part in parts)
    return head + body + (f"--{boundary}--\r\n".encode() if close else b"")


TEXT = b"Content-Type: text/plain\r\n\r\nplain"
UTF8 = ("Content-Type: text/plain; charset=utf-8\r\n"
        "Content-Transfer-Encoding: 8bit\r\n\r\n"
        "Grüße aus Köln\r\nFrom here on\r\nblank at the end \r\n").encode()
NESTED = (b"Content-Type: message/rfc822\r\n\r\nFrom: x@example.net\r\n"
          b"Subject: inside\r\nMIME-Version: 1.0\r\n" + UTF8)



def nested(depth):
    """A text in so many multiparts."""
    entity = TEXT
    for level in range(depth):
        entity = multipart("mixed", f"level{level}", entity).replace(
            b"MIME-Version: 1.0\r\n", b"")
    return b"MIME-Version: 1.0\r\n" + entity


def one_part(header, body=b"plain"):
    """A multipart with a part of this header, and another one."""
    return multipart("mixed", "two", header + b"\r\n" + body, TEXT)


# What is not by the book, and would be "repaired" by Sendmail on the way.
IRREGULAR = {
    "no boundary parameter":
        b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed\r\n\r\ntext\r\n",
    "boundary without the quotes that it needs": multipart(
        "mixed", "=_a:1", TEXT).replace(b'"=_a:1"', b"=_a:1"),
    "boundary in RFC 2231 form": multipart(
        "mixed", "ab", TEXT).replace(b'boundary="ab"',
                                     b"boundary*=us-ascii''ab"),
    "boundary named twice": multipart(
        "mixed", "ab", TEXT).replace(b'="ab"', b"=ab; boundary=ac"),
    "a blank before a part's colon":
        one_part(b"Content-Type : text/plain\r\n"),
    "a line in a part's header that is no field":
        one_part(b"Content-Type: text/plain\r\nno field\r\n"),
    "a part's header without an empty line":
        multipart("mixed", "two", b"Content-Type: text/plain", TEXT),
    "no part between two delimiters": multipart("mixed", "two", TEXT).replace(
        b"--two--", b"--two\r\n--two--"),
    "a quoted string that never ends":
        one_part(b'Content-Type: text/plain; name="file\r\n'),
    "a comment that never ends":
        one_part(b"Content-Type: text/plain (a comment\r\n"),
    "a Content-Type of 3000": one_part(
        b"Content-Type: text/plain" +
        b"".join(b";\r\n a%d=%s" % (n, b"x" * 40) for n in range(60)) +
        b"\r\n"),
    "a Content-Description of 3000": one_part(
        b"Content-Description: " + b"\r\n ".join([b"word" * 15] * 50) +
        b"\r\n"),
    "two Content-Types, one a multipart": one_part(
        b"Content-Type: multipart/mixed; boundary=in\r\n"
        b"Content-Type: text/plain\r\n", b"--in\r\n\r\nplain"),
    "a multipart in base64": one_part(
        b"Content-Type: multipart/mixed; boundary=in\r\n"
        b"Content-Transfer-Encoding: base64\r\n", b"LS1pbg=="),
    "a message in base64": one_part(
        b"Content-Type: message/rfc822\r\n"
        b"Content-Transfer-Encoding: base64\r\n", b"U3ViamVjdDogYQ0KDQpi"),
    "a mailbox's From line in a forwarded message": one_part(
        b"Content-Type: message/rfc822\r\n",
        b"From x@example.net Mon Mar  2 10:00:00 2026\r\nSubject: x\r\n\r\n"
        b"plain"),
    "25 multiparts in one another": nested(25),
}

FEARED = {
    "8-bit text": b"MIME-Version: 1.0\r\n" + UTF8,
    "8-bit text without a label":
        b"MIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\nGr\xfc\xdfe\r\n",
    "no MIME-Version": b"\r\nJust a text.\r\n",
    "no MIME-Version and 8-bit": b"\r\nGr\xfc\xdfe.\r\n",
    "empty body": b"MIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\n",
    "no header but From": b"\r\n",
    "no final newline":
        b"MIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\nno newline",
    "only newlines":
        b"MIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\n\r\n\r\n\r\n",
    "a line of 5000": b"\r\n" + b"x" * 5000 + b"\r\nend\r\n",
    "From and trailing blanks":
        b"\r\nFrom the start\r\nblank \r\ntab\t\r\n.\r\n..\r\n-- \r\n",
    "a NUL in the body":
        b"MIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\na\0b\r\n",
    "alternative and attachment": multipart(
        "mixed", "outer",
        multipart("alternative", "inner", TEXT,
                  b"Content-Type: text/html\r\n\r\n<p>plain</p>"
                  ).replace(b"MIME-Version: 1.0\r\n", b""),
        b"Content-Type: application/octet-stream\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\n" +
        base64.encodebytes(bytes(range(256))).replace(b"\n", b"\r\n")),
    "8-bit leaf below two levels": multipart(
        "mixed", "one", TEXT, multipart("related", "two", UTF8, TEXT)),
    "message/rfc822 with 8-bit": multipart("mixed", "fwd", TEXT, NESTED),
    "binary attachment under 8bit": multipart(
        "mixed", "bin", TEXT,
        b"Content-Type: application/octet-stream\r\n"
        b"Content-Transfer-Encoding: binary\r\n\r\n" + bytes(range(14, 256))),
    "boundary that begins like another": multipart(
        "mixed", "a", TEXT, multipart("alternative", "ab", UTF8, TEXT), UTF8),
    "digest of 8-bit messages": multipart(
        "digest", "digest", b"\r\nFrom: x@example.net\r\nMIME-Version: 1.0\r\n"
        + UTF8, b"\r\nSubject: two\r\n\r\nsecond"),
    "unknown type, 8-bit, odd charset":
        b"MIME-Version: 1.0\r\nContent-Type: model/x-thing; charset=x-none\r\n"
        b"Content-Transfer-Encoding: 8bit\r\n\r\n\xff\xfe\r\n\x80\r\n",
    "missing close-delimiter":
        multipart("mixed", "open", TEXT, TEXT, close=False),
    "boundary that never occurs":
        b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; "
        b"boundary=never\r\n\r\nno parts at all\r\n",
    "boundary with blanks behind it": multipart(
        "mixed", "pad", TEXT, TEXT).replace(b"--pad\r\n", b"--pad \t\r\n"),
    "preamble and epilogue": multipart("mixed", "pre", TEXT).replace(
        b"\r\n\r\n--pre", b"\r\n\r\npreamble\r\n\r\n--pre", 1) +
        b"epilogue\r\n\r\n\r\n",
    "folded and odd Content-Type":
        b"Mime-Version: 1.0 (mad)\r\ncontent-TYPE:\r\n\ttext/plain;\r\n"
        b" charset=us-ascii;\r\n\tformat=flowed\r\n"
        b"Content-Disposition: inline\r\nContent-Language: en\r\n\r\ntext\r\n",
    "header of 60 kB": b"X-Long: " + b"\r\n ".join([b"word" * 15] * 900) +
        b"\r\nX-Flat: " + b"y" * 5000 + b"\r\n" + PLAIN,
    "500 header fields":
        b"".join(b"X-%d: v\r\n" % n for n in range(500)) + PLAIN,
    **IRREGULAR,
}


def normal(data):
    return data.replace(b"\r\n", b"\n")


def leaves(entity):
    """[(type, decoded bytes)] of an entity, nested messages too."""
    message = email.message_from_bytes(entity, policy=email.policy.compat32)
    found = []
    for part in message.walk():
        if part.get_content_type() == "message/rfc822":
            inner = part.get_payload(0)
            found.append(("message/rfc822", tuple(
                (n, v) for n, v in inner.items()
                if n.lower() != "content-transfer-encoding")))
        elif not part.is_multipart():
            found.append((part.get_content_type(),
                          normal(part.get_payload(decode=True) or b"")))
    return found


def same_content(original, entity):
    """Complains when a reader would see another content.  original is the
    whole message, entity what was signed."""
    before, after = leaves(original), leaves(entity)
    if before != after:
        for one, other in zip(before, after):
            if one != other:
                raise AssertionError(f"leaf changed: {one!r:.700} -> "
                                     f"{other!r:.700}")
        raise AssertionError(f"{len(before)} leaves became {len(after)}")


def is_seven_bit(data, limit=998):
    """7-bit, CRLF only, no NUL, short lines: survives every road."""
    if any(byte > 127 or byte == 0 for byte in data):
        return False
    if data.count(b"\n") != data.count(b"\r\n") or \
            data.count(b"\r") != data.count(b"\r\n"):
        return False
    return all(len(line) <= limit for line in data.split(b"\r\n"))
