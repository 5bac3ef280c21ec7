#!/usr/bin/python3
"""The whole exchange through a real Sendmail 8.17."""

import exchange
import sendmail
from exchange import ALICE, BOB
from messages import FEARED, PLAIN, build
from tap import case, contains, equal


@case("header fields up to Sendmail's own limit of 32768 octets")
def _(site):
    line = b"X-%03d: " + b"x" * 900 + b"\r\n"
    mail = build(ALICE, [BOB], PLAIN, more=b"".join(
        line % number for number in range(33)))
    site.submit(ALICE, [BOB], mail)
    site.verify(site.sent(mail).data)
    mail = build(ALICE, [BOB], PLAIN, more=b"".join(
        line % number for number in range(37)))
    contains(site.submit(ALICE, [BOB], mail, code=552), "32768 max", "answer")


@case("what had to wait in the queue is signed as well")
def _(site):
    mails = [build(ALICE, [BOB], FEARED[name]) for name in (
        "8-bit text", "alternative and attachment",
        "a mailbox's From line in a forwarded message")]
    site.server.sink.busy = len(mails)
    for mail in mails:
        site.submit(ALICE, [BOB], mail)
    for mail in mails:
        site.verify(site.sent(mail).data)
    equal(site.server.sink.busy, 0, "refusals left")
    site.server.wait_empty()


if __name__ == "__main__":
    exchange.main(sendmail)
