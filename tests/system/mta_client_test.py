#!/usr/bin/python3
"""The tools of the milter tests, tested themselves: what the MTA's model does
with edits is what was measured on Postfix and Sendmail (MTA.md, a and b)."""

import os
import pathlib
import socket
import struct
import tempfile
import threading

import tap
from mta_client import (MilterGone, Model, MtaClient, ProtocolError,
                        split_message)
from tap import case, check, equal
from testsite import Site

MESSAGE = (b"From: a@example.org\r\nX: one\r\nX: two\r\nX: three\r\n"
           b"Subject: s\r\n t\r\n\r\nbody\r\n")


def model(rules, leading_space=True, data=MESSAGE):
    return Model("<a@example.org>", ["<b@example.com>"], data, rules,
                 leading_space)


def change(index, name, value):
    return struct.pack(">I", index) + name + b"\0" + value + b"\0"


@case("a message is cut into header and body as the MTA does")
def _(_fixture):
    fields, body = split_message(MESSAGE)
    equal(fields[4], [b"Subject", b" s\n t"])
    equal(body, b"body\r\n")
    fields, body = split_message(b"A : x\r\nno colon here\r\nB: y\r\n\r\nz")
    equal(fields, [[b"A", b" x"]])
    equal(body, b"no colon here\r\nB: y\r\n\r\nz")
    equal(split_message(b"A: x\r\n\r\n"), ([[b"A", b" x"]], b""))
    equal(split_message(b"\r\nbody"), ([], b"body"))


@case("an untouched message is the original")
def _(_fixture):
    equal(model("postfix").data(), MESSAGE)


@case("deleting in rising order: Postfix renumbers, Sendmail does not")
def _(_fixture):
    for rules, left in (("postfix", [b" two"]), ("sendmail", [])):
        m = model(rules)
        for index in (1, 2, 3):
            m.apply("chgheader", change(index, b"x", b""))
        equal([v for n, v in m.present() if n == b"X"], left, rules)


@case("deleting from the highest index down is the same in both")
def _(_fixture):
    for rules in ("postfix", "sendmail"):
        m = model(rules)
        for index in (3, 2):
            m.apply("chgheader", change(index, b"X", b""))
        m.apply("chgheader", change(1, b"X", b" new"))
        equal([v for n, v in m.present() if n == b"X"], [b" new"], rules)
        check(b"X: new\r\nSubject: s\r\n t\r\n" in m.data(), "place kept")


@case("a field that is absent is appended, inserted ones count Received")
def _(_fixture):
    m = model("postfix")
    m.apply("chgheader", change(1, b"MIME-Version", b" 1.0"))
    m.apply("insheader", change(1, b"Top", b" 1"))
    check(m.data().startswith(b"Top: 1\r\nFrom:"), "inserted on top")
    check(b" t\r\nMIME-Version: 1.0\r\n\r\n" in m.data(), "appended")


@case("without leading space one blank is added")
def _(_fixture):
    m = model("postfix", leading_space=False)
    m.apply("addheader", b"New\0v\n\tw\0")
    check(b"\r\nNew: v\r\n\tw\r\n\r\n" in m.data(), "folded value")


@case("a new body gets CRLF and a final newline; a stray CR is an error")
def _(_fixture):
    m = model("postfix")
    m.apply("replbody", b"a\nb\r")
    m.apply("replbody", b"\nc")
    check(m.data().endswith(b"\r\n\r\na\r\nb\r\nc\r\n"), m.data())
    m.apply("replbody", b"\rx")
    try:
        m.data()
    except ProtocolError:
        return
    raise AssertionError("a stray CR passed")


@case("a CR in a new header value is an error")
def _(_fixture):
    try:
        model("postfix").apply("addheader", b"New\0a\r\n b\0")
    except ProtocolError:
        return
    raise AssertionError("CR LF in a value passed")


@case("recipients are deleted byte by byte")
def _(_fixture):
    m = Model("<>", ["<b@example.com>", "<B@example.com>"], MESSAGE, "postfix",
              True)
    m.apply("delrcpt", b"<b@example.com>\0")
    equal(m.recipients, ["<B@example.com>"])


def scripted(script):
    """A milter that answers the negotiation, then does what script says with
    the connection.  Returns the client, connected."""
    folder = tempfile.mkdtemp(prefix="mta-client-")
    path = os.path.join(folder, "s")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(1)

    def serve():
        connection = listener.accept()[0]
        with connection, listener:
            connection.recv(4096)
            connection.sendall(struct.pack(">IcIII", 13, b"O", 6, 0x1,
                                           0x1fffff & ~0x10))
            script(connection)
        pathlib.Path(path).unlink()
        os.rmdir(folder)

    threading.Thread(target=serve, daemon=True).start()
    return MtaClient(path, timeout=30)


def drain_until_end(connection):
    """Reads packets until the end-of-message callback."""
    stream = connection.makefile("rb")
    while True:
        length = struct.unpack(">I", stream.read(4))[0]
        if stream.read(length)[:1] == b"E":
            return


def packet(command, payload=b""):
    return struct.pack(">I", len(payload) + 1) + command + payload


@case("over the wire: progress, a change, and continue is acceptance")
def _(_fixture):
    def script(connection):
        drain_until_end(connection)
        connection.sendall(packet(b"p") + packet(b"h", b"New\0 v\0") +
                           packet(b"c"))

    with scripted(script) as mta:
        verdict = mta.message("<a@example.org>", ["<b@example.com>"], MESSAGE)
    check(verdict.accepted, verdict.outcome)
    equal((verdict.progress, verdict.changes), (1, ["addheader"]))
    equal(verdict.header("new"), ["v"])


@case("a change that was not negotiated is an error")
def _(_fixture):
    def script(connection):
        drain_until_end(connection)
        connection.sendall(packet(b"m", change(1, b"X", b"")) + packet(b"c"))

    try:
        with scripted(script) as mta:
            mta.message("<a@example.org>", ["<b@example.com>"], MESSAGE)
    except ProtocolError:
        return
    raise AssertionError("the change passed")


@case("a milter that dies is noticed; replies keep their text")
def _(_fixture):
    def reply(connection):
        drain_until_end(connection)
        connection.sendall(packet(b"y", b"451 4.7.1 later\0"))

    with scripted(reply) as mta:
        verdict = mta.message("<a@example.org>", ["<b@example.com>"], MESSAGE)
    equal((verdict.outcome, verdict.reply), ("tempfail", "451 4.7.1 later"))
    try:
        with scripted(drain_until_end) as mta:
            mta.message("<a@example.org>", ["<b@example.com>"], MESSAGE)
    except MilterGone:
        return
    raise AssertionError("nobody noticed")


class Failing(Site):
    """Its daemons run when the set-up fails."""

    def prepare(self):
        raise InterruptedError


@case("a set-up that fails leaves neither a process nor a folder behind")
def _(_fixture):
    site = Failing()
    try:
        with site:
            raise AssertionError("it did not fail")
    except InterruptedError:
        pass
    check(not site.milter.alive(), "smime-milter is left")
    check(not site.keyd.alive(), "smime-keyd is left")
    check(not site.folder.exists(), "the folder is left")


if __name__ == "__main__":
    tap.main()
