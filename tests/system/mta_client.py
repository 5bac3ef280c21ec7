"""The mail server's side of the milter protocol (version 6), for tests.

MtaClient speaks to a milter as smtpd or sendmail would: it negotiates, sends
macros and callbacks, and carries out the milter's changes on a model of the
message, by the index rules of Postfix or of Sendmail, which differ.  What
comes out is the message as it would be queued, byte by byte.

Nothing is softened: a change that was not negotiated, a stray CR in a new
body, an unknown reply or a reply that nobody asked for raises ProtocolError.
"""

import functools
import ipaddress
import itertools
import re
import socket
import struct

from processes import family_of

TIMEOUT_SECONDS = 240
BODY_CHUNK = 65535
HEADER_CUT = 60000  # Postfix passes no more of one header field

ALL_ACTIONS = 0x1ff
ALL_STEPS = 0x1fffff
(NO_CONNECT, NO_HELO, NO_MAIL, NO_RCPT, NO_BODY, NO_HEADERS, NO_EOH,
 NR_HEADER, NO_UNKNOWN, NO_DATA, SKIP_BODY, RCPT_REJECTED, NR_CONNECT, NR_HELO,
 NR_MAIL, NR_RCPT, NR_DATA, NR_UNKNOWN, NR_EOH, NR_BODY, LEADING_SPACE) = (
     1 << bit for bit in range(21))

# reply -> (its action bit, its name)
CHANGES = {
    b"+": (0x04, "addrcpt"), b"-": (0x08, "delrcpt"), b"2": (0x80, "addrcpt"),
    b"b": (0x02, "replbody"), b"e": (0x40, "chgfrom"), b"h": (0x01, "addheader"),
    b"i": (0x01, "insheader"), b"m": (0x10, "chgheader"),
    b"q": (0x20, "quarantine"),
}
VERDICTS = {b"a": "accept", b"c": "continue", b"d": "discard", b"r": "reject",
            b"t": "tempfail", b"y": "reply", b"s": "skip", b"4": "shutdown",
            b"f": "connfail"}
DEFAULT_REPLY = {"reject": "550 5.7.1 Command rejected",
                 "tempfail": "451 4.7.1 Service unavailable - try again later"}

# The index of a stage in the macro lists of the negotiation.
STAGES = {0: "C", 1: "H", 2: "M", 3: "R", 4: "T", 5: "E", 6: "N"}


# A queue id that nobody chooses has one of these: none comes twice.
_queue_numbers = itertools.count(1)


class ProtocolError(Exception):
    """The milter did something that the protocol does not allow."""


class MilterGone(Exception):
    """The milter closed the connection or does not answer."""


def split_message(data):
    """(header fields, body) of a message with CRLF lines, as the MTA cuts it.

    A field is [name, value] with the value as it stands behind the colon and
    folds as LF.  The header section ends at an empty line or at one that
    cannot be a header field, which then belongs to the body.
    """
    fields = []
    at = 0
    while at < len(data):
        end = data.find(b"\r\n", at)
        end = len(data) if end < 0 else end
        line = data[at:end]
        if line == b"":
            return fields, data[end + 2:]
        if line[:1] in b" \t" and fields:
            fields[-1][1] += b"\n" + line
        else:
            match = re.match(rb"([!-9;-~]+)[ \t]*:", line)
            if not match:
                return fields, data[at:]
            fields.append([match.group(1), line[match.end():]])
        at = end + 2
    return fields, b""


def with_crlf(body):
    """A new body as it is queued; it may be large."""
    if body.count(b"\n") != body.count(b"\r\n"):
        body = body.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    if body.count(b"\r") != body.count(b"\r\n"):
        raise ProtocolError("a stray CR in the new body")
    if body and not body.endswith(b"\r\n"):
        body += b"\r\n"
    return body


def without_route(path):
    """RFC 5321 4.1.1.3: "<@relay.example:bob@example.net>"."""
    return re.sub(r"^<@[^:]*:", "<", path)


class Verdict:
    """How one message ended, and what it became."""

    def __init__(self, outcome, reply, stage, model):
        self.outcome = outcome  # accept, reject, tempfail, discard
        self.reply = reply      # SMTP reply as text, "250" when accepted
        self.stage = stage      # the last command that was sent
        self._model = model

    @property
    def accepted(self):
        return self.outcome == "accept"

    @functools.cached_property
    def data(self):
        """The message as it would be queued."""
        return self._model.data()

    @property
    def headers(self):
        """[(name, value)] of the result, value without its leading blank."""
        return [(n.decode("latin-1"), v.decode("latin-1").lstrip(" "))
                for n, v in self._model.present()]

    def header(self, name):
        """All values of the fields of this name."""
        return [v for n, v in self.headers if n.lower() == name.lower()]

    @property
    def recipients(self):
        return list(self._model.recipients)

    @property
    def changes(self):
        """Names of all changes that the milter sent, in order."""
        return list(self._model.changes)

    @property
    def progress(self):
        return self._model.progress

    @property
    def quarantined(self):
        return self._model.quarantined


class Model:
    """The message in the MTA's hands while the milter edits it."""

    def __init__(self, sender, recipients, data, rules, leading_space):
        self.sender = sender
        self.recipients = list(recipients)
        self.original = data
        # [name, value, deleted]; the MTA's own Received stands first and is
        # never shown to the milter, but insheader counts it.
        fields, self.body = split_message(data)
        self.fields = [[b"Received", b" by mta.test", False]]
        self.fields += [[n, v, False] for n, v in fields]
        self.rules = rules
        self.leading_space = leading_space
        self.replaced = None
        self._by_name = None
        self.changes = []
        self.progress = 0
        self.quarantined = None

    def visible(self):
        """What the milter gets to see: the fields behind the own Received."""
        return [(n, v) for n, v, _ in self.fields[1:]]

    def present(self):
        """The fields of the result, without the own Received."""
        return [(n, v) for n, v, deleted in self.fields
                if not deleted and not (n == b"Received" and
                                        v == b" by mta.test")]

    def data(self):
        """The queued message."""
        if not self.changes:
            return self.original
        head = b"".join(n + b":" + v.replace(b"\n", b"\r\n") + b"\r\n"
                        for n, v in self.present())
        body = self.body
        if self.replaced is not None:
            body = with_crlf(b"".join(self.replaced))
        return b"".join([head, b"\r\n", body])

    def _value(self, value):
        if b"\r" in value:
            raise ProtocolError("a CR in a new header value: CR CR LF results")
        # A bare newline is made a continuation by both MTAs.
        value = re.sub(rb"\n(?![ \t])", b"\n\t", value)
        return value if self.leading_space else b" " + value

    def _named(self, name):
        """The fields of this name that its indexes count."""
        if self._by_name is None:
            self._by_name = {}
            for field in self.fields[1:]:
                self._by_name.setdefault(field[0].lower(), []).append(field)
        fields = self._by_name.get(name.lower(), [])
        if self.rules == "sendmail":
            return fields
        return [f for f in fields if not f[2]]

    def change_header(self, index, name, value):
        matching = self._named(name)
        index = max(index, 1)
        if index > len(matching):
            if value:
                self._add(len(self.fields), name, value)
            return
        field = matching[index - 1]
        if not value:
            field[2] = True
            return
        if self.rules == "postfix":
            field[0] = name
        field[1:] = [self._value(value), False]

    def insert_header(self, index, name, value):
        self._add(min(index, len(self.fields)), name, value)

    def _add(self, at, name, value):
        self.fields.insert(at, [name, self._value(value), False])
        self._by_name = None

    def add_header(self, name, value):
        if self.rules == "sendmail":
            for field in self.fields[1:]:
                if field[2] and field[0].lower() == name.lower():
                    field[:] = [name, self._value(value), False]
                    return
        self._add(len(self.fields), name, value)

    def _known_as(self, recipient):
        """What delrcpt has to say: Postfix forgets a source route."""
        if self.rules != "postfix" or without_route(recipient) == recipient:
            return recipient
        return without_route(recipient).strip("<>")

    def apply(self, kind, payload):
        """Carries out one change."""
        self.changes.append(kind)
        if kind == "replbody":
            self.replaced = (self.replaced or []) + [payload]
        elif kind in ("chgheader", "insheader"):
            index = struct.unpack(">I", payload[:4])[0]
            name, value = _strings(payload[4:], 2)
            (self.change_header if kind == "chgheader"
             else self.insert_header)(index, name, value)
        elif kind == "addheader":
            self.add_header(*_strings(payload, 2))
        elif kind == "addrcpt":
            self.recipients.append(_strings(payload)[0].decode())
        elif kind == "delrcpt":
            # Byte-exact, and silent when nothing matches.
            gone = _strings(payload)[0].decode()
            self.recipients = [r for r in self.recipients
                               if self._known_as(r) != gone]
        elif kind == "chgfrom":
            self.sender = _strings(payload)[0].decode()
        elif kind == "quarantine":
            self.quarantined = _strings(payload)[0].decode()


def _strings(payload, count=None):
    if not payload.endswith(b"\0"):
        raise ProtocolError("a string without its NUL")
    parts = payload[:-1].split(b"\0")
    if count is not None and len(parts) != count:
        raise ProtocolError(f"{len(parts)} strings where {count} belong")
    return parts


def _xtext(text):
    """A login as Sendmail's macros show it."""
    return re.sub(r'[^!-~]|[+=<>")]', lambda m: f"+{ord(m.group()):02X}", text)


class MtaClient:
    """One SMTP session as the milter sees it.

    address: path of the milter's unix socket, or (host, port).  rules: "postfix" or "sendmail", for what edits mean and when the queue id
    is known.  offer: protocol steps that this MTA knows.
    """

    def __init__(self, address, rules="postfix", offer=ALL_STEPS,
                 actions=ALL_ACTIONS, timeout=TIMEOUT_SECONDS):
        self.rules = rules
        self.socket = socket.socket(family_of(address), socket.SOCK_STREAM)
        self.socket.settimeout(timeout)
        self.wanted_macros = {}
        self.model = None
        try:
            self.socket.connect(address)
            self._negotiate(offer, actions)
        except OSError as error:
            self.socket.close()
            raise MilterGone(f"{address}: {error}") from error

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is None:
            self.quit()
        self.socket.close()

    # -- packets --

    def send_packet(self, command, payload=b""):
        try:
            self.socket.sendall(struct.pack(">I", len(payload) + 1) + command +
                                payload)
        except OSError as error:
            raise MilterGone(str(error)) from error

    def _read(self, count):
        parts = []
        while count:
            try:
                part = self.socket.recv(min(count, 1 << 20))
            except OSError as error:
                raise MilterGone(f"no answer: {error}") from error
            if not part:
                raise MilterGone("the milter closed the connection")
            parts.append(part)
            count -= len(part)
        return b"".join(parts)

    def read_packet(self):
        length = struct.unpack(">I", self._read(4))[0]
        if not 1 <= length <= 1 << 20:
            raise ProtocolError(f"packet of {length} bytes")
        packet = self._read(length)
        return packet[:1], packet[1:]

    def _negotiate(self, offer, actions):
        self.send_packet(b"O", struct.pack(">III", 6, actions, offer))
        command, payload = self.read_packet()
        if command != b"O" or len(payload) < 12:
            raise ProtocolError(f"negotiation: {command!r}")
        self.version, self.actions, self.steps = struct.unpack(
            ">III", payload[:12])
        if self.actions & ~actions or self.steps & ~offer:
            raise ProtocolError("the milter asks for what was not offered")
        rest = payload[12:]
        while rest:
            stage = struct.unpack(">I", rest[:4])[0]
            names, _, rest = rest[4:].partition(b"\0")
            self.wanted_macros[STAGES[stage]] = names.decode().split()

    def _macros(self, stage, macros):
        """Sends macros, only those asked for when the milter asked."""
        wanted = self.wanted_macros.get(stage[:1])
        if wanted is not None:
            macros = {k: v for k, v in macros.items() if k in wanted}
            # MTA.md c: Postfix's cleanup answers with the value of main.cf,
            # which hides the per-service name.
            if stage in "EN" and "{daemon_name}" in wanted:
                macros["{daemon_name}"] = "cleanup.main.cf"
        if macros or wanted is None:
            text = "".join(f"{k}\0{v}\0" for k, v in macros.items())
            self.send_packet(b"D", stage.encode() + text.encode())

    def _step(self, command, payload, skip, no_reply):
        """Sends one callback and returns (verdict, reply)."""
        if self.steps & skip:
            return "continue", None
        self.send_packet(command, payload)
        if self.steps & no_reply:
            return "continue", None
        return self._await(command)

    def _await(self, command):
        """Reads changes until a verdict comes."""
        while True:
            kind, payload = self.read_packet()
            if kind == b"p":
                if self.model:
                    self.model.progress += 1
                continue
            if kind in CHANGES:
                if command != b"E":
                    raise ProtocolError(f"{CHANGES[kind][1]} before the end")
                bit, name = CHANGES[kind]
                if not self.actions & bit:
                    raise ProtocolError(f"{name} was not negotiated")
                self.model.apply(name, payload)
                continue
            if kind not in VERDICTS:
                raise ProtocolError(f"unknown reply {kind!r}")
            if kind == b"s" and command != b"B":
                raise ProtocolError("skip outside of the body")
            text = None
            if kind == b"y":
                text = _strings(payload)[0].decode("latin-1")
            return VERDICTS[kind], text

    # -- the session --

    def connect(self, host="client.example", address="192.0.2.1",
                daemon_name="MX", macros=None):
        """address: textual IP address, "unix:PATH", or None: unknown."""
        given = {"j": "mta.test", "{daemon_name}": daemon_name,
                 "{daemon_addr}": "127.0.0.1", "v": "Postfix 3.7.11",
                 "_": f"{host} [{address}]", **(macros or {})}
        self._macros("C", {k: v for k, v in given.items() if v is not None})
        name = host.encode() + b"\0"
        if address is None:
            payload = name + b"U"
        elif address.startswith("unix:"):
            payload = name + b"L" + struct.pack(">H", 0) + \
                address[5:].encode() + b"\0"
        else:
            ip = ipaddress.ip_address(address)
            text = f"IPv6:{ip}" if ip.version == 6 else str(ip)
            payload = name + (b"6" if ip.version == 6 else b"4") + \
                struct.pack(">H", 40000) + text.encode() + b"\0"
        return self._step(b"C", payload, NO_CONNECT, NR_CONNECT)

    def helo(self, name="client.example", macros=None):
        self._macros("H", macros or {})
        return self._step(b"H", name.encode() + b"\0", NO_HELO, NR_HELO)

    def mail(self, sender, login=None, arguments=(), macros=None):
        given = {"{mail_addr}": sender.strip("<>")}
        if login is not None:
            given.update({"{auth_type}": "PLAIN", "{auth_authen}": login})
        if self.rules == "sendmail":
            given["i"] = "QUEUEID"
        if self.rules == "sendmail" and login is not None:
            given.update({"{auth_authen}": _xtext(login), "{auth_ssf}": "0"})
        self._macros("M", {**given, **(macros or {})})
        strings = [sender, *arguments]
        payload = b"".join(s.encode() + b"\0" for s in strings)
        return self._step(b"M", payload, NO_MAIL, NR_MAIL)

    def rcpt(self, recipient, arguments=(), macros=None):
        self._macros("R", {"{rcpt_addr}": without_route(recipient).strip("<>"),
                           **(macros or {})})
        payload = b"".join(s.encode() + b"\0" for s in [recipient, *arguments])
        return self._step(b"R", payload, NO_RCPT, NR_RCPT)

    def data(self, macros=None):
        self._macros("T", macros or {})
        return self._step(b"T", b"", NO_DATA, NR_DATA)

    def header(self, name, value, macros=None):
        """value as behind the colon; one blank goes when not negotiated."""
        if not self.steps & LEADING_SPACE and value[:1] == b" ":
            value = value[1:]
        if self.rules == "postfix":
            value = value[:HEADER_CUT].split(b"\0")[0]
        self._macros("L", macros or {})
        return self._step(b"L", name + b"\0" + value + b"\0", NO_HEADERS,
                          NR_HEADER)

    def end_of_header(self, macros=None):
        self._macros("N", macros or {})
        return self._step(b"N", b"", NO_EOH, NR_EOH)

    def body(self, chunk, macros=None):
        self._macros("B", macros or {})
        return self._step(b"B", chunk, NO_BODY, NR_BODY)

    def end_of_message(self, macros=None):
        self._macros("E", macros or {})
        self.send_packet(b"E")
        return self._await(b"E")

    def abort(self):
        """RSET, or the client went away in mid-message: no answer."""
        self.send_packet(b"A")
        self.model = None

    def quit(self):
        try:
            self.send_packet(b"Q")
        except MilterGone:
            pass

    def quit_and_reuse(self):
        """The session ends, the connection stays for the next one."""
        self.send_packet(b"K")

    # -- a whole message --

    def message(self, sender, recipients, data, login=None, queue_id="auto",
                arguments=(), stop=None, macros=None, rcpt_arguments=None):
        """Sends a message and returns its Verdict.

        sender and recipients as in SMTP, with their <>.  queue_id None: the
        MTA never tells one.  rcpt_arguments: those of each recipient who
        has some.  stop: name of a stage (mail, rcpt, data, header,
        eoh, body) behind which to leave off, for abort(); returns None then.
        """
        if queue_id == "auto":
            queue_id = f"Q{next(_queue_numbers):09d}"
        with_id = dict(macros or {}, **({"i": queue_id} if queue_id else {}))
        early = with_id if self.rules == "sendmail" else dict(macros or {})
        self.model = Model(sender, recipients, data, self.rules,
                           bool(self.steps & LEADING_SPACE))
        self.rcpt_arguments = rcpt_arguments or {}
        before = None
        for stage, step in self._steps_of(sender, recipients, login, arguments,
                                          early, with_id):
            if stop and before == stop != stage:
                return None
            before = stage
            verdict, reply = step()
            if stage == "eom" or verdict not in ("continue", "skip"):
                return self._ended(verdict, reply, stage)
        raise AssertionError(f"no stage {stop}")

    def _steps_of(self, sender, recipients, login, arguments, early, with_id):
        """The callbacks of one message in order: (stage, what to call)."""
        yield "mail", lambda: self.mail(sender, login, arguments, early)
        for number, recipient in enumerate(recipients):
            # Postfix knows the queue id from the second recipient on.
            macros = with_id if number else early
            yield "rcpt", lambda r=recipient, m=macros: self.rcpt(
                r, self.rcpt_arguments.get(r, ()), m)
        yield "data", lambda: self.data(with_id)
        for name, value in self.model.visible():
            yield "header", lambda n=name, v=value: self.header(n, v, with_id)
        yield "eoh", lambda: self.end_of_header(with_id)
        yield from self._body_steps(with_id)
        yield "eom", lambda: self.end_of_message(with_id)

    def _body_steps(self, with_id):
        """Chunks of the body until the milter has enough of it."""
        skipped = []

        def one(chunk):
            verdict = self.body(chunk, with_id)
            if verdict[0] == "skip":
                skipped.append(True)
            return verdict

        body = self.model.body
        for at in range(0, len(body), BODY_CHUNK):
            if skipped:
                return
            yield "body", lambda c=body[at:at + BODY_CHUNK]: one(c)

    def _ended(self, verdict, reply, stage):
        model, self.model = self.model, None
        if verdict in ("continue", "accept"):
            outcome, reply = "accept", "250"
        elif verdict == "reply":
            outcome = "tempfail" if reply.startswith("4") else "reject"
        elif verdict in ("reject", "tempfail"):
            outcome, reply = verdict, DEFAULT_REPLY[verdict]
        else:
            outcome = verdict
        return Verdict(outcome, reply, stage, model)
