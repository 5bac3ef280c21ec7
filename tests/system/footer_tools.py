"""What changes mail on the road, and the ways into it.

Tools take a message with CRLF line ends and return another one: altermime, a
program that many sites append their footers with, and what lists, gateways
and scanners do.  ToolMilter asks one of them as a milter, Hop as the next mail
server on the way.
"""

import base64
import email
import email.policy
import os
import pathlib
import re
import shutil
import socketserver
import struct
import subprocess
import tempfile
import threading

import mailserver
from mta_client import LEADING_SPACE, split_message
from processes import PATIENCE_SECONDS

FOOTER = ("-- \nThis mail may contain confidential information of Example "
          "Ltd.\nIf it is not for you, tell us and delete it.\n")
ALTERMIME = "/usr/bin/altermime"
RECIPE = (pathlib.Path(__file__).resolve().parents[2] / "contrib" / "recipes" /
          "altermime-unless-protected")

# altermime leaves multipart/signed alone, but takes any field for the
# Content-Type whose name contains that word, and the last one counts.  Mail
# servers of Exchange's kind and web mailers add such fields.
BLINDFOLD = b"X-Original-Content-Type: text/plain\r\n"


def unavailable():
    """Why altermime cannot run here, or None."""
    if not os.path.exists(ALTERMIME):
        return f"{ALTERMIME} is not installed"
    return None


def altermime(mail, *options, program=ALTERMIME):
    """The program's work on a file, as filter scripts let it work."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="smime-altermime-"))
    try:
        path, footer = folder / "mail", folder / "footer"
        path.write_bytes(mail.replace(b"\r\n", b"\n"))
        footer.write_text(FOOTER)
        subprocess.run([program, f"--input={path}", *(options or (
            f"--disclaimer={footer}", f"--disclaimer-html={footer}"))],
            check=True, capture_output=True)
        lines = path.read_bytes().replace(b"\r\n", b"\n")
        return lines.replace(b"\n", b"\r\n")
    finally:
        shutil.rmtree(folder)


def altermime_by_recipe(mail):
    """The same by the script that is to be called in its place."""
    return altermime(mail, program=RECIPE)


def altermime_removes(mail):
    """Takes attachments out, also of what is signed."""
    return altermime(mail, "--altersigned", "--remove=report")


def list_footer(mail):
    """Mailman's footer for what is no plain text: a part beside the message,
    which becomes a part itself, with its Content-* fields
    (mailman.handlers.decorate)."""
    message = email.message_from_bytes(mail, policy=email.policy.SMTP)
    inner = email.message.Message(policy=email.policy.compat32)
    head, _, body = mail.partition(b"\r\n\r\n")
    fields = re.findall(rb"(?im)^Content-.*\r\n(?:[ \t].*\r\n)*",
                        head + b"\r\n")
    for field in fields:
        head = (head + b"\r\n").replace(field, b"")[:-2]
    inner["Content-Type"] = 'text/plain; charset="utf-8"'
    inner["Content-Disposition"] = "inline"
    inner.set_payload(FOOTER)
    boundary = b"===============%019d==" % (hash(message["Message-ID"]) %
                                            10 ** 19)
    return b"".join([
        head, b'\r\nContent-Type: multipart/mixed; boundary="', boundary,
        b'"\r\n\r\n--', boundary, b"\r\n", *fields, b"\r\n", body, b"\r\n--",
        boundary, b"\r\n", inner.as_bytes().replace(b"\n", b"\r\n"), b"--",
        boundary, b"--\r\n"])


def _first_part(mail):
    """(before, header, body, behind) of the first part that is no multipart
    of a multipart."""
    found = re.search(
        rb"(?is)\r\n--[^\r]+\r\n((?:(?!\r\n\r\n|multipart/).)+\r\n)\r\n(.*?)"
        rb"(?=\r\n--)", mail)
    return (mail[:found.start(1)], found.group(1), found.group(2),
            mail[found.end():])


def encode_again(mail):
    """A server that keeps mail in a form of its own, and writes text as
    base64 when it lets it go, as Exchange does."""
    before, header, body, behind = _first_part(mail)
    encoding = re.search(rb"(?im)^Content-Transfer-Encoding: *(\S+)\r\n",
                         header)
    if encoding:
        header = header.replace(encoding.group(0), b"")
        if encoding.group(1).lower() == b"quoted-printable":
            message = email.message_from_bytes(
                encoding.group(0) + b"\r\n" + body)
            body = message.get_payload(decode=True)
    encoded = base64.encodebytes(body).replace(b"\n", b"\r\n").rstrip()
    return b"".join([before, header, b"Content-Transfer-Encoding: base64\r\n"
                     b"\r\n", encoded, b"\r\n", behind])


def disarm_header(mail):
    """A scanner that has its own way to write a part's header."""
    before, header, body, behind = _first_part(mail)
    return b"".join([before, b"Content-Disposition: inline\r\n", header,
                     b"\r\n", body, behind])


def tidy(mail):
    """One blank where there were several, and none at the end of a line."""
    head, empty, body = mail.partition(b"\r\n\r\n")
    return head + empty + re.sub(rb"(?<=\w)[ \t]+(?=\w)", b" ", re.sub(
        rb"[ \t]+\r\n", b"\r\n", body))


def append_behind(mail):
    """A footer at the end of the file: cat footer >> mail."""
    return mail + FOOTER.replace("\n", "\r\n").encode()


def touch_ciphertext(mail):
    """Another octet near the end of a ciphertext, and no white space for it
    or for another."""
    head, empty, body = mail.partition(b"\r\n\r\n")
    der = bytearray(base64.b64decode(body))
    at = max(n for n in range(len(der) - 5) if der[n:n + 1].isalpha())
    der[at] ^= 0x80
    return head + empty + base64.encodebytes(der).replace(b"\n", b"\r\n")


# -- the ways into the mail --


class _Socket(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    request_queue_size = 64


class _Milter(socketserver.StreamRequestHandler):
    """The milter's side of the protocol, as far as a tool needs it."""

    timeout = PATIENCE_SECONDS
    ACTIONS = 0x01 | 0x02 | 0x10  # header fields added, changed, other body

    def handle(self):
        self.fields, self.body = [], []
        try:
            self._serve()
        except OSError:
            pass  # the mail server was stopped in the middle of a session

    def _serve(self):
        while True:
            length = self.rfile.read(4)
            if len(length) < 4:
                return
            packet = self.rfile.read(struct.unpack(">I", length)[0])
            command, payload = packet[:1], packet[1:]
            if command == b"Q":
                return
            if command in b"AM":
                self.fields, self.body = [], []
            self._take(command, payload)

    def _take(self, command, payload):
        if command == b"O":
            self._say(b"O", struct.pack(">III", 6, self.ACTIONS,
                                        LEADING_SPACE))
            return
        if command in b"DAK":
            return  # nobody waits for an answer
        if command == b"L":
            self.fields.append(payload.split(b"\0")[:2])
        elif command == b"B":
            self.body.append(payload)
        elif command == b"E":
            self._end()
        self._say(b"c")

    def _say(self, command, payload=b""):
        self.wfile.write(struct.pack(">I", len(payload) + 1) + command +
                         payload)

    def _end(self):
        """What the tool has changed, as milters tell it: the Content-* fields
        anew, and the body."""
        mail = b"".join(name + b":" + value.replace(b"\n", b"\r\n") + b"\r\n"
                        for name, value in self.fields)
        mail += b"\r\n" + b"".join(self.body)
        changed = self.server.owner.tool(mail)
        if changed == mail:
            return
        fields, body = split_message(changed)
        if fields != self.fields:
            self._replace_fields(fields)
        for at in range(0, len(body), 65000):
            self._say(b"b", body[at:at + 65000])

    def _replace_fields(self, fields):
        def is_content(field):
            return field[0].lower().startswith(b"content-")

        counts = {}
        for name, _ in filter(is_content, self.fields):
            counts[name.lower()] = counts.get(name.lower(), 0) + 1
        for name, count in counts.items():
            for index in range(count, 0, -1):
                self._say(b"m", struct.pack(">I", index) + name + b"\0\0")
        for name, value in filter(is_content, fields):
            self._say(b"h", name + b"\0" + value + b"\0")


def leave_alone(mail):
    """The tool that does nothing."""
    return mail


class ToolMilter:
    """A milter that lets its tool change each message."""

    def __init__(self):
        self.tool = leave_alone
        self._folder = pathlib.Path(tempfile.mkdtemp(prefix="smime-tool-"))
        self._folder.chmod(0o755)
        self.socket = str(self._folder / "milter.sock")
        self._server = _Socket(self.socket, _Milter)
        self._server.owner = self
        os.chmod(self.socket, 0o666)
        threading.Thread(target=self._server.serve_forever,
                         daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()
        shutil.rmtree(self._folder, ignore_errors=True)


class Hop(mailserver.Sink):
    """The next mail server on the way, whose tool changes each message before
    it hands it on to the one behind; what that one answers, it answers."""

    def __init__(self, behind):
        super().__init__()
        self.tool = leave_alone
        self.behind = behind

    def take_over(self, message):
        code, text = self.behind.deliver(
            message.sender, message.recipients, self.tool(message.data),
            port=self.behind.reinject)
        return f"{code} {' '.join(text.split())}"
