"""Messages as programs write them, each in a structure, charset or encoding of
its own, for disclaimer_test.py.

Bodies that are to get a disclaimer say so in a field of their own, MARK.  An
entity is header fields and body, with the boundaries B0, B1 ...
"""

import base64
import quopri

MARK = b"X-Body: yes\r\n"

# How people write in a charset.
WRITTEN = {
    "us-ascii": "Hello, see you on Monday.",
    "utf-8": "Zwölf Boxkämpfer, Съешь же, 日本語",
    "iso-8859-1": "Grüße aus Köln",
    "iso-8859-2": "Příliš žluťoučký kůň",
    "iso-8859-5": "Съешь же ещё",
    "iso-8859-7": "Καλημέρα κόσμε",
    "iso-8859-9": "Şemsi Paşa Pasajı",
    "iso-8859-15": "Das kostet 5 € in Köln",
    "windows-1250": "Příliš „žluťoučký“ kůň",
    "windows-1251": "Съешь же ещё — сейчас",
    "windows-1252": "Das kostet „5 €“ – in Köln",
    "windows-1254": "Şemsi Paşa – Pasajı",
    "koi8-r": "Съешь же ещё",
    "koi8-u": "Жебракують філософи, їй-бо",
    "macintosh": "Grüße aus Köln",
    "shift_jis": "こんにちは、表示",
    "euc-jp": "こんにちは、世界",
    "iso-2022-jp": "こんにちは、世界",
    "gb2312": "你好世界",
    "gbk": "你好世界",
    "gb18030": "你好世界 𠀀",
    "big5": "你好世界",
    "euc-kr": "안녕하세요",
    "tis-620": "สวัสดีชาวโลก",
}


def encoded(text, cte):
    """Bytes of a body in that transfer encoding, CRLF lines."""
    if cte == "quoted-printable":
        out = quopri.encodestring(text.replace(b"\r\n", b"\n"))
        return out.replace(b"\n", b"\r\n")
    if cte == "base64":
        return base64.encodebytes(text).replace(b"\n", b"\r\n")
    return text


def part(text, kind="plain", charset="utf-8", cte="8bit", more="", mark=True):
    """A text part; charset None: without a label, in UTF-8."""
    if isinstance(text, str):
        text = text.replace("\n", "\r\n").encode(charset or "utf-8")
    label = f"; charset={charset}" if charset else ""
    head = f"Content-Type: text/{kind}{label}{more}\r\n"
    if cte:
        head += f"Content-Transfer-Encoding: {cte}\r\n"
    return (head.encode() + (MARK if mark else b"") + b"\r\n" +
            encoded(text, cte))


def raw(head, body=b"", mark=False):
    """A part with these header fields."""
    return (head.replace("\n", "\r\n").encode() + (MARK if mark else b"") +
            b"\r\n" + body)


_made = [0]


def multipart(subtype, *parts, more="", preamble=b"", epilogue=b""):
    _made[0] += 1
    name = f"B{_made[0]}".encode()
    out = (f'Content-Type: multipart/{subtype}{more}; boundary="'.encode() +
           name + b'"\r\n\r\n' + preamble)
    for one in parts:
        out += b"\r\n--" + name + b"\r\n" + one
    return out + b"\r\n--" + name + b"--\r\n" + epilogue


HELLO = "Hello,\n\nsee you on Monday.\n"
PAGE = ("<html><head><title>x</title></head><body>\n<p>Hello</p>\n"
        "</body></html>\n")
IMAGE = raw("Content-Type: image/png; name=a.png\n"
            "Content-Transfer-Encoding: base64\nContent-ID: <image@x>\n"
            "Content-Disposition: inline; filename=a.png\n",
            b"iVBORw0KGgo=\r\n")
FILE = raw("Content-Type: application/pdf; name=a.pdf\n"
           "Content-Transfer-Encoding: base64\n"
           "Content-Disposition: attachment; filename=a.pdf\n",
           b"JVBERi0xLjQK\r\n")
NOTE = raw("Content-Type: text/plain; charset=utf-8; name=note.txt\n"
           "Content-Disposition: attachment; filename=note.txt\n",
           b"a text, but a file\r\n")
CALENDAR = raw("Content-Type: text/calendar; charset=utf-8; method=REQUEST\n",
               b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n")
FORWARDED = raw("Content-Type: message/rfc822\n",
                b"Subject: forwarded\r\n\r\nan old text\r\n")


def text():
    return part(HELLO, charset="us-ascii", cte="7bit")


def page(body=PAGE, **options):
    return part(body, "html", **options)


def alternative(*more):
    return multipart("alternative", text(), page(), *more)


def charsets():
    """Each of them, in the encodings in turn, as text and as HTML."""
    found = {}
    ctes = ("8bit", "quoted-printable", "base64")
    for number, (charset, words) in enumerate(WRITTEN.items()):
        cte = ctes[number % 3]
        if charset in ("us-ascii", "iso-2022-jp"):
            cte = "7bit"
        found[f"text in {charset}"] = part(f"{words}\n", charset=charset,
                                           cte=cte)
        found[f"HTML in {charset}"] = page(
            f"<html>\n<body><p>{words}</p></body>\n</html>\n",
            charset=charset, cte=cte)
    return found


LEAVES = {
    "no Content-Type": raw("", b"Hello\r\n", mark=True),
    "no Content-Type, no line": raw("", mark=True),
    "no charset": part(HELLO, charset=None, cte=None),
    "no charset, UTF-8": part("Grüße\n", charset=None),
    "no charset, HTML": page(PAGE, charset=None, cte=None),
    "empty": part("", cte="7bit"),
    "empty base64": part("", cte="base64"),
    "empty HTML": page("", cte="7bit"),
    "only line ends": part("\n\n\n", cte="7bit"),
    "no final newline": part("Hello", cte="7bit"),
    "no final newline, quoted-printable":
        part("Grüße", cte="quoted-printable"),
    "no final newline, base64": part("Grüße", cte="base64"),
    "trailing blank lines": part("Hello\n\n\n\n"),
    "a signature": part("Hello\n-- \nAlice\n"),
    "flowed": part("Hello there, \nAlice \n", more="; format=flowed"),
    "flowed, delsp": part("Hel \nlo \n", more="; delsp=yes; format=flowed"),
    "flowed and quoted": part("> Hello \n> there \n",
                              more='; format="flowed"'),
    "quoted label": part("Grüße\n", charset='"ISO-8859-1"'.lower()[1:-1],
                         more='; format=fixed'),
    "LF lines in base64": part(b"Hello\nthere\n", cte="base64"),
    "long lines, quoted-printable":
        part("Grüße " * 60 + "\n", cte="quoted-printable"),
    "binary": part("Grüße\n", cte="binary"),
    "other fields": raw("Content-Language: de\nContent-Type: text/plain;\n"
                        "\tcharset=\"iso-8859-15\" ;\n\tx=y\n"
                        "Content-Description: a  b\n"
                        "Content-transfer-ENCODING:  8BIT \n",
                        "Grüße\r\n".encode("iso-8859-15"), mark=True),
    "HTML without tags": page("Hello\n"),
    "HTML without </body>": page("<html><p>Hello</html>\n"),
    "XHTML": page('<?xml version="1.0" encoding="utf-8"?>\n<html xmlns="http'
                  '://www.w3.org/1999/xhtml"><body><p>Hello<br /></p></body>'
                  "</html>"),
    "HTML with comments and scripts":
        page("<body><!-- </body> --><script>'</body>'</script>Hello</BODY >"
             "<!-- </body> --><style>/* </body> */</style></html>"),
    "HTML on one line, quoted-printable":
        page("<html><body>" + "<b>Grüße</b> " * 40 + "</body></html>",
             cte="quoted-printable"),
    "HTML with meta": page(
        '<html><head><meta http-equiv="Content-Type" content="text/html; '
        'charset=iso-8859-1"></head><body>Grüße</body></html>',
        charset="iso-8859-1"),
}

STRUCTURES = {
    "alternative": alternative(),
    "alternative with an invitation": alternative(CALENDAR),
    "mixed": multipart("mixed", text(), FILE),
    "mixed, HTML": multipart("mixed", page(), FILE),
    "file first": multipart("mixed", FILE, text()),
    "text file first": multipart("mixed", NOTE, text(), NOTE),
    "forwarded": multipart("mixed", text(), FORWARDED),
    "forwarded first": multipart("mixed", FORWARDED, text()),
    "related": multipart("related", page(), IMAGE),
    "related with start": multipart(
        "related", IMAGE, raw("Content-Type: text/html\nContent-ID: <r@x>\n",
                              b"<p>Hello</p>\r\n", mark=True),
        more='; start="<r@x>"; type="text/html"'),
    "alternative with related": multipart(
        "alternative", text(), multipart("related", page(), IMAGE)),
    "related with alternative": multipart("related", alternative(), IMAGE),
    "mixed, alternative, related": multipart(
        "mixed", multipart("alternative", text(), multipart(
            "related", page(cte="quoted-printable"), IMAGE)), FILE),
    "mixed in mixed": multipart(
        "mixed", multipart("mixed", text(), FILE), text().replace(MARK, b"")),
    "as Apple does": multipart(
        "mixed", text(), IMAGE, part("More.\n", mark=False)),
    "alternative as Apple does": multipart(
        "alternative", text(), multipart("mixed", page(), IMAGE, page(
            mark=False))),
    "preamble and epilogue": multipart(
        "mixed", text(), FILE, preamble=b"A MIME message.\r\n",
        epilogue=b"\r\nThe end.\r\n"),
    "without a final newline in a part": multipart(
        "mixed", part("Hello", cte="7bit"), FILE),
    "an empty text before a file": multipart(
        "mixed", part("", charset="us-ascii", cte="7bit"), FILE),
    "three charsets": multipart(
        "alternative", part("Grüße\n", charset="iso-8859-1"),
        page("<p>Съешь же", charset="koi8-r", cte="base64"),
        part("日本\n", charset="iso-2022-jp", cte="7bit")),
    "unknown multipart": multipart("x-other", text(), FILE),
}

# What must not be touched, and why.
REFUSED = {
    "unknown charset": (part("Hello\n", charset="ascii").replace(
        b"charset=ascii", b"charset=x-user-defined"), "charset"),
    "UTF-16": (part("Hello\n", charset="utf-16", cte="base64"), "charset"),
    "escapes without a label": (raw("", "世界\r\n".encode("iso-2022-jp")),
                                "charset"),
    "signed part": (multipart("mixed", multipart(
        "signed", text(), FILE), text()), "inner-signed"),
    "encrypted part": (multipart("mixed", multipart(
        "encrypted", FILE, FILE)), "inner-encrypted"),
    "signed alternative": (multipart("alternative", text(), multipart(
        "signed", page(), FILE)), "inner-signed"),
    "inline PGP": (part("-----BEGIN PGP SIGNED MESSAGE-----\n\nHello\n"),
                   "inline-pgp"),
    "inline PGP in base64": (part("Hi\n-----BEGIN PGP MESSAGE-----\n\nx\n",
                                  cte="base64"), "inline-pgp"),
    "inline PGP beside a file": (multipart("mixed", part(
        "-----BEGIN PGP MESSAGE-----\n\nx\n", cte="quoted-printable"), FILE),
        "inline-pgp"),
    "two types": (raw("Content-Type: text/plain\nContent-Type: text/html\n"),
                  "broken"),
    "a blank before a colon": (
        multipart("mixed", text().replace(b":", b" :", 1)), "broken"),
    "not closed": (multipart("mixed", text())[:-4], "broken"),
    "unknown encoding": (part("Hello\n", cte="x-uuencode"), "broken"),
    "HTML that ends in a comment": (page("<p>Hello <!-- </body>"), "broken"),
    "only a file": (FILE, "no-body"),
    "only a text file": (NOTE, "no-body"),
    "an invitation": (CALENDAR, "no-body"),
    "a report": (multipart("report", text(), FORWARDED), "no-body"),
    "a digest": (multipart("digest", FORWARDED), "no-body"),
    "a forwarded message": (FORWARDED, "no-body"),
}


def added():
    """name -> entity of all that get a disclaimer."""
    return {**charsets(), **LEAVES, **STRUCTURES}
