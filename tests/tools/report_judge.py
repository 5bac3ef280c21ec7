#!/usr/bin/env python3
"""Reads a non-delivery report with Python's email package and prints what it
understands, for tests/unit/test_report.c to compare.

    report_judge.py FILE
"""

import email
import email.errors
import email.policy
import sys


def show(label, value):
    print(f"{label}: {value}")


def main():
    raw = open(sys.argv[1], "rb").read()
    for line in raw.split(b"\r\n"):
        if b"\n" in line or b"\r" in line or len(line) > 998:
            sys.exit("a line that no mail server takes")
    # As text: Python reads RFC 6532 from nothing else.
    message = email.message_from_string(raw.decode(),
                                        policy=email.policy.SMTPUTF8)
    for part in message.walk():
        if part.defects:
            sys.exit(f"{part.get_content_type()}: {part.defects}")
        for name, value in part.items():
            defects = [d for d in value.defects if not
                       isinstance(d, email.errors.NonASCIILocalPartDefect)]
            if defects:
                sys.exit(f"{name}: {defects}")
    head, sep, _ = raw.partition(b"\r\n\r\n")
    if len(message.items()) != len(set(map(str.lower, message.keys()))) or not sep:
        sys.exit("a field of the header is there twice")
    words, status, original = message.iter_parts()
    for name in ("Date", "From", "To", "In-Reply-To", "References",
                 "Auto-Submitted", "Bcc"):
        show(name, message[name])
    show("Id", message["Message-ID"].endswith("@gateway.example.org>"))
    show("Type", message.get_content_type())
    show("Report", message.get_param("report-type"))
    show("Words", words.get_content_type())
    for line in words.get_content().splitlines()[6:]:
        show("|", line)
    show("Status", status.get_content_type())
    for block in status.get_payload():
        print("--")
        for name, value in block.items():
            show(name, value)
    show("Original", original.get_content_type())
    sys.stdout.flush()
    sys.stdout.buffer.write(original.get_payload(decode=True))


main()
