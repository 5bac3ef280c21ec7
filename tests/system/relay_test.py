#!/usr/bin/python3
"""milter/relay hands copies of messages to a real Postfix and a real Sendmail:
what they pass on to the next server is what was handed over, and nothing when
the final dot never came."""

import contextlib
import os
import pathlib
import select
import socket
import subprocess
import tempfile

import postfix
import sendmail
import tap
from messages import PLAIN, build, message_id
from ports import free_port
from processes import command_as, wait_until
from tap import check, contains, equal

TOOL = pathlib.Path(os.environ.get("top_builddir", "."),
                    "tests/tools/relay_tool").resolve()
PATIENCE_MS = 120000

ALICE = "<alice@example.org>"
BOB = "<bob@example.com>"

# Listeners of Postfix, each with a will of its own.
LISTENERS = {
    "limited": "-o message_size_limit=100000 "
               "-o cleanup_service_name=cramped_cleanup",
    "cramped": "-o cleanup_service_name=cramped_cleanup",
    "choosy": "-o { smtpd_recipient_restrictions = check_recipient_access "
              "inline:{{nobody@example.com = 550 5.1.1 Nobody here}, "
              "{later@example.com = 450 4.2.0 Come back later}}, permit }",
    "bare": "-o smtpd_discard_ehlo_keywords=dsn,smtputf8,8bitmime,pipelining",
}
MORE_MASTER_CF = """
cramped_cleanup unix n - n - 0 cleanup
  -o message_size_limit=100000
"""


class Postfix(postfix.Postfix):
    def __init__(self):
        super().__init__([], [])
        self.listeners = {name: free_port() for name in LISTENERS}

    def _configure(self):
        super()._configure()
        with open(self.folder / "etc" / "master.cf", "a",
                  encoding="ascii") as out:
            out.write(MORE_MASTER_CF)
            for name, options in LISTENERS.items():
                out.write(f"127.0.0.1:{self.listeners[name]} inet n - n - - "
                          "smtpd\n  -o mynetworks=127.0.0.0/8\n"
                          "  -o smtpd_relay_restrictions=permit_mynetworks,"
                          f"reject\n  {options}\n")


class Outcome:
    """What became of one copy."""

    def __init__(self, words):
        self.state, self.reason, code, self.enhanced, *text = words
        self.code = int(code)
        self.text = " ".join(text)
        self.refusals = []
        self.dropped = False


class Sending:
    """A relay_tool between its two steps."""

    def __init__(self, port, copies, patience_ms=PATIENCE_MS):
        self._process = subprocess.Popen(
            command_as(None, [TOOL, f"smtp://127.0.0.1:{port}",
                              str(patience_ms), *sum(copies, [])]),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.prepared = self._process.stdout.readline() == b"prepared\n"
        self.outcomes = []
        self.error = ""

    def _finish(self, line):
        with contextlib.suppress(BrokenPipeError):  # it waits for nothing
            self._process.stdin.write(line)
            self._process.stdin.close()
        out = self._process.stdout.read().decode()
        self._process.wait()
        self._process.stdout.close()
        for words in map(str.split, out.splitlines()):
            kind, number, *rest = words
            if kind == "copy":
                self.outcomes.append(Outcome(rest))
            elif kind == "refusal":
                self.outcomes[int(number)].refusals.append(
                    (int(rest[0]), int(rest[1]), rest[2], " ".join(rest[3:])))
            elif kind == "dropped":
                self.outcomes[int(number)].dropped = True
            elif kind == "error":
                self.error = " ".join(rest)
        check(self._process.returncode in (0, 1), f"tool ended with "
              f"{self._process.returncode}")
        return self

    def commit(self):
        check(self.prepared, "not prepared")
        return self._finish(b"commit\n")

    def give_up(self):
        return self._finish(b"no\n")

    def kill(self):
        """kill -9."""
        self._process.kill()
        self._process.wait()
        self._process.stdin.close()
        self._process.stdout.close()


class Site:
    """The mail servers that there are here."""

    def __init__(self):
        self._stack = contextlib.ExitStack()
        self.servers = {}

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            self.folder = pathlib.Path(stack.enter_context(
                tempfile.TemporaryDirectory(prefix="relay-")))
            for module, make in ((postfix, Postfix),
                                 (sendmail, lambda: sendmail.Sendmail([], []))):
                if not module.unavailable():
                    server = stack.enter_context(make())
                    server.sink.extensions = ["DSN", "SMTPUTF8"]
                    self.servers[server.kind] = server
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *details):
        return self._stack.__exit__(*details)

    def diagnose(self):
        return "\n".join(s.diagnose() for s in self.servers.values())

    def file(self, data):
        handle, path = tempfile.mkstemp(dir=self.folder)
        with os.fdopen(handle, "wb") as out:
            out.write(data)
        return path

    def copy(self, data, recipients=(BOB,), sender=ALICE, parameters=""):
        """Arguments for a copy; a recipient is a path, or path and
        parameters."""
        words = ["from", sender, parameters, "message", self.file(data)]
        for recipient in recipients:
            if not isinstance(recipient, tuple):
                recipient = (recipient, "")
            words += ["to", *recipient]
        return words


def on_each(description):
    """A case for each mail server: a function of the site and a server."""

    def declare(function):
        for kind, module in (("postfix", postfix), ("sendmail", sendmail)):
            def run(site, kind=kind, module=module):
                if kind not in site.servers:
                    raise tap.Skip(module.unavailable())
                function(site, site.servers[kind])
            tap.case(f"{kind}: {description}")(run)
        return function

    return declare


def on_postfix(description):
    """For listeners that only Postfix has."""

    def declare(function):
        def run(site):
            if "postfix" not in site.servers:
                raise tap.Skip(postfix.unavailable())
            function(site, site.servers["postfix"])
        tap.case(f"postfix: {description}")(run)
        return function

    return declare


def message(content=PLAIN):
    return build("alice@example.org", ["bob@example.com"], content)


def delivered(server, data):
    """The message in the sink, which is what was handed over with trace
    fields before it."""
    wanted = message_id(data)
    got = server.sink.take(lambda m: wanted in m.data)
    check(got.data.endswith(data), "what left is not what was handed over: "
          f"{got.data[:1500]!r}")
    contains(got.data[:-len(data)], b"Received: from ", "trace fields")
    return got


def hand_over(server, copies, port=None):
    """Both steps; every copy must be accepted.  The outcomes."""
    sending = Sending(port or server.reinject, copies).commit()
    equal([o.state for o in sending.outcomes], ["committed"] * len(copies),
          f"states ({sending.error})")
    equal(sending.error, "", "error")
    for outcome in sending.outcomes:
        contains(outcome.text, server.queue_id(outcome.text), "answer")
    return sending.outcomes


def refused(site, port, copies):
    """The first step fails, and nothing is left anywhere."""
    sending = Sending(port, copies)
    check(not sending.prepared, "prepared")
    sending.give_up()
    equal({o.state for o in sending.outcomes}, {"not-sent"}, "states")
    nothing_left(site)
    return sending


def nothing_left(site):
    for server in site.servers.values():
        server.wait_empty()
        equal(server.sink.all(), [], "messages in the sink")


@on_each("parameters of the envelope reach the next server as they came")
def _(site, server):
    data = message()
    hand_over(server, [site.copy(data, [
        (BOB, "NOTIFY=SUCCESS,DELAY ORCPT=rfc822;b+2Bob@example.net"),
        ("<carol@example.com>", "NOTIFY=NEVER"),
        ("<dave@example.com>", "ORCPT=rfc822;Dave@EXAMPLE.net"),
    ], parameters="RET=HDRS ENVID=QQ+2B314159 SIZE=5 AUTH=<>")])
    mail, *recipients = delivered(server, data).envelope
    words = mail.split()
    contains(words, b"RET=HDRS", "MAIL")
    contains(words, b"ENVID=QQ+2B314159", "MAIL")
    by_path = {line.split()[1].upper(): set(line.split()[2:])
               for line in recipients}
    equal(by_path[b"TO:<BOB@EXAMPLE.COM>"],
          {b"NOTIFY=SUCCESS,DELAY", b"ORCPT=rfc822;b+2Bob@example.net"},
          "bob's parameters")
    contains(by_path[b"TO:<CAROL@EXAMPLE.COM>"], b"NOTIFY=NEVER", "carol")
    contains(by_path[b"TO:<DAVE@EXAMPLE.COM>"],
             b"ORCPT=rfc822;Dave@EXAMPLE.net", "dave")


@on_each("ten recipients")
def _(site, server):
    data = message()
    names = [f"r{n}@example.com" for n in range(10)]
    hand_over(server, [site.copy(data, [f"<{name}>" for name in names])])
    equal(sorted(delivered(server, data).recipients), names, "recipients")


@on_each("the null sender, in both its forms")
def _(site, server):
    for sender in ("<>", ""):
        data = message()
        hand_over(server, [site.copy(data, sender=sender)])
        equal(delivered(server, data).sender, "", "sender")


@on_each("paths of all kinds")
def _(site, server):
    for path, wanted in (
            ("bob@example.com", b"bob@example.com"),
            ('<"b \\" b"@example.com>', b'"b \\" b"@example.com'),
            ('<"b@c"@example.com>', b'"b@c"@example.com'),
            ("<@relay.example:bob@example.com>", b"bob@example.com"),
            ("<b+t=x!#$%&'*/?^_`{|}~-@example.com>",
             b"b+t=x!#$%&'*/?^_`{|}~-@example.com")):
        data = message()
        hand_over(server, [site.copy(data, [path], sender=path)])
        mail, recipient = delivered(server, data).envelope
        contains(mail, b"<" + wanted + b">", "MAIL")
        contains(recipient, b"<" + wanted + b">", "RCPT")


@on_each("dots and other things that look like the end")
def _(site, server):
    data = message(b"\r\n.\r\n..\r\n.QUIT\r\n\r\n.\r\n\r\nQUIT\r\n \r\n.")
    hand_over(server, [site.copy(data)])
    delivered(server, data + b"\r\n")


@on_each("8-bit content, and what it is called")
def _(site, server):
    data = message("MIME-Version: 1.0\r\nContent-Type: text/plain; charset="
                   "utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
                   "Grüße\r\n".encode())
    hand_over(server, [site.copy(data, parameters="BODY=8BITMIME")])
    contains(delivered(server, data).envelope[0], b" BODY=8BITMIME", "MAIL")


@on_each("20 MB")
def _(site, server):
    line = b"".join(b".%03d" % n for n in range(240)) + b"\r\n"
    data = message(b"\r\n" + line * (20000000 // len(line)))
    hand_over(server, [site.copy(data)])
    delivered(server, data)


@on_each("several copies, none of which leaves before the second step")
def _(site, server):
    mails = [message() for _ in range(5)]
    sending = Sending(server.reinject, [
        site.copy(data, [f"<r{n}@example.com>"])
        for n, data in enumerate(mails)])
    check(sending.prepared, "prepared")
    equal(server.sink.all(), [], "messages in the sink")
    sending.commit()
    equal([o.state for o in sending.outcomes], ["committed"] * 5, "states")
    for n, data in enumerate(mails):
        equal(delivered(server, data).recipients, [f"r{n}@example.com"],
              "recipients")


@on_each("copies that are given up before the dot leave nothing")
def _(site, server):
    sending = Sending(server.reinject, [site.copy(message()) for _ in "123"])
    check(sending.prepared, "prepared")
    check(server.queue() or server.kind != "postfix", "a file in the queue")
    sending.give_up()
    equal([o.state for o in sending.outcomes], ["prepared"] * 3, "states")
    nothing_left(site)


@on_each("kill -9 between the steps leaves nothing")
def _(site, server):
    sending = Sending(server.reinject, [site.copy(message()) for _ in "123"])
    check(sending.prepared, "prepared")
    sending.kill()
    nothing_left(site)


def is_connected(port):
    """Is there a connection to this port of loopback that neither end has
    closed?"""
    rows = [row.split() for row in
            pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return any(row[2] == f"0100007F:{port:04X}" and row[3] == "01"
               for row in rows)


@on_each("a server that ends between the steps has nothing, and we know it")
def _(site, server):
    sending = Sending(server.reinject, [site.copy(message()) for _ in "12"])
    check(sending.prepared, "prepared")
    server.stop()
    try:
        wait_until(lambda: not is_connected(server.reinject),
                   "the end of all its processes")
        sending.commit()
    finally:
        server.start()
    equal([o.state for o in sending.outcomes], ["not-sent"] * 2, "states")
    equal([o.reason for o in sending.outcomes], ["away", "none"], "reasons")
    nothing_left(site)


@on_postfix("UTF-8 addresses")
def _(site, server):
    for parameters in ("SMTPUTF8", ""):
        data = message()
        hand_over(server, [site.copy(
            data, ["<jürgen@bücher.example.com>"],
            sender="<käthe@example.org>", parameters=parameters)])
        mail, recipient = delivered(server, data).envelope
        contains(mail, "<käthe@example.org>".encode(), "MAIL")
        contains(mail, b" SMTPUTF8", "MAIL")
        contains(recipient, "<jürgen@bücher.example.com>".encode(), "RCPT")


@on_postfix("each recipient that is refused, with the server's words")
def _(site, server):
    sending = refused(site, server.listeners["choosy"], [site.copy(
        message(), [BOB, "<later@example.com>", "<nobody@example.com>"])])
    outcome, = sending.outcomes
    equal(outcome.reason, "recipient", "reason")
    equal([r[:3] for r in outcome.refusals],
          [(1, 450, "4.2.0"), (2, 550, "5.1.1")], "refusals")
    contains(outcome.refusals[0][3], "Come back later", "text")
    contains(outcome.refusals[1][3], "Nobody here", "text")
    contains(sending.error, "<nobody@example.com>: 550 5.1.1", "error")


def of_size(size, line):
    """A message of exactly that many octets, made of such lines."""
    head = message(b"\r\n")
    data = head + line * ((size - len(head) - 2) // len(line))
    data += b"y" * (size - len(data) - 2) + b"\r\n"
    equal(len(data), size, "size")
    return data


@on_postfix("the largest message for the announced size, and a larger one")
def _(site, server):
    recipients = [f"<r{n}@example.com>" for n in range(10)]
    largest = (100000 - 4096 - 512 * len(recipients)) * 128 // 129
    for line in (b"\r\n", b"x" * 76 + b"\r\n", b"x" * 128 + b"\r\n"):
        data = of_size(largest, line)
        hand_over(server, [site.copy(data, recipients)],
                  server.listeners["limited"])
        delivered(server, data)
        sending = refused(site, server.listeners["limited"], [
            site.copy(of_size(largest + 2, line), recipients)])
        equal(sending.outcomes[0].reason, "too-large", "reason")
        contains(sending.error, "the server allows 100000", "error")


@on_postfix("a dot that is refused, and the copy behind it")
def _(site, server):
    small, large = message(), message(b"\r\n" + b"a line\r\n" * 20000)
    sending = Sending(server.listeners["cramped"], [
        site.copy(small), site.copy(large), site.copy(message())]).commit()
    equal([o.state for o in sending.outcomes],
          ["committed", "refused", "not-sent"], "states")
    equal((sending.outcomes[1].code, sending.outcomes[1].enhanced),
          (552, "5.3.4"), "answer")
    delivered(server, small)
    nothing_left(site)


@on_postfix("a listener without DSN gets no DSN parameters")
def _(site, server):
    data = message()
    outcome, = hand_over(server, [site.copy(
        data, [(BOB, "NOTIFY=NEVER ORCPT=rfc822;b@example.net")],
        parameters="RET=HDRS ENVID=x BODY=8BITMIME SMTPUTF8")],
        server.listeners["bare"])
    check(outcome.dropped, "dropped parameters are told")
    mail, recipient = delivered(server, data).envelope
    for word in (b"RET", b"ENVID", b"SMTPUTF8"):
        tap.absent(mail, word, "MAIL")
    tap.absent(recipient, b"NOTIFY=NEVER", "RCPT")


@on_postfix("a listener without what the message needs")
def _(site, server):
    eight_bit = message("\r\nGrüße\r\n".encode())
    for copy in (site.copy(message(), ["<jürgen@example.com>"]),
                 site.copy(eight_bit)):
        sending = refused(site, server.listeners["bare"], [copy])
        equal(sending.outcomes[0].reason, "unsupported", "reason")


@tap.case("an address that would end the command is never sent")
def _(site):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        for copy in (site.copy(message(), ["<bob@example.com>\r\nRSET"]),
                     site.copy(message(), ["<bob@example.com\nRSET>"]),
                     site.copy(message(), sender="<a@example.org> RET=FULL"),
                     site.copy(message(), parameters="ENVID=x\r\nRSET"),
                     site.copy(message(), [(BOB, "NOTIFY=NEVER\nRSET")])):
            sending = refused(site, listener.getsockname()[1],
                              [site.copy(message()), copy])
            equal([o.reason for o in sending.outcomes],
                  ["none", "unsendable"], "reasons")
        readable, _, _ = select.select([listener], [], [], 0)
        equal(readable, [], "connections")


@on_postfix("content that would end the message is not sent")
def _(site, server):
    smuggled = (b"\r\nfirst\n.\r\nMAIL FROM:<a@example.org>\r\n"
                b"RCPT TO:<b@example.com>\r\nDATA\r\nsecond\r\n")
    sending = refused(site, server.reinject, [site.copy(message(smuggled))])
    equal(sending.outcomes[0].reason, "unsendable", "reason")
    wait_until(lambda: "lost connection after DATA" in server.log(),
               "Postfix's regret")


if __name__ == "__main__":
    tap.main(Site)
