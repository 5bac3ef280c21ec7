#!/usr/bin/python3
"""The whole exchange through a real Sendmail 8.17."""

import exchange
import sendmail
from exchange import ALICE, BOB
from messages import PLAIN, build
from tap import case, contains


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


if __name__ == "__main__":
    exchange.main(sendmail)
