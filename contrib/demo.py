#!/usr/bin/python3
"""Nine scenes between alice@example.org, whose mail server runs smime-milter,
and bob@example.com, who has nothing but the openssl command, with a few others.

Everything is real: Postfix, both daemons, smimectl; everything is private:
loopback, temporary folders.  What is claimed is checked with openssl, and the
exit status is 0 only when every check came out right.
"""

import collections
import pathlib
import sys
import time

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent.parent / "tests" /
                    "system")]

# pylint: disable=wrong-import-position
import openssl
import postfix
from demo_inbound import Inbound
from demo_outbound import Outbound
from demo_stage import ALICE, BOB, DAVE, ERIN, Stage
from testsite import Site

People = collections.namedtuple(
    "People", "com bob dave new_bob old alice_file erin_file")


def set_up(stage, site, server):
    """Three organisations, and those who write to each other."""
    stage.heading("The stage")
    com = openssl.Authority(site.folder / "tmp" / "com", "Example Com")
    net = openssl.Authority(site.folder / "tmp" / "net", "Example Net")
    bob, dave = com.issue(BOB), com.issue(DAVE)
    old = com.issue(ALICE, start="20190101000000Z", end="20210101000000Z")
    for authority in (com, net):
        site.trust(authority)
    site.write_settings(
        more=f'reinject = "smtp://127.0.0.1:{server.reinject}";')
    site.restart_milter()
    files = []
    for user in (ALICE, ERIN):
        site.add_user(user, "--encrypt", "if-possible")
        site.issue(user)
        files.append(site.for_smimectl(
            site.smimectl("cert", "show", user, "--pem").encode()))
    site.smimectl("key", "import", ALICE,
                  site.for_smimectl(old.pkcs12("x").read_bytes()),
                  "--passphrase-file", site.for_smimectl(b"x\n"),
                  "--archive")
    site.smimectl("contact", "import", DAVE,
                  site.for_smimectl(dave.certificate.read_bytes()), "--trust")
    for line in (
            "smime-keyd    has the private keys, as a user of its own",
            "smime-milter  reads the mail, has no private key",
            "Postfix       private, on loopback, asks smime-milter",
            "example.org   smimectl ca init; domain add example.org",
            f"              smimectl user add {ALICE} --encrypt if-possible",
            f"              smimectl cert issue {ALICE}",
            f"              smimectl key import {ALICE} 2019.p12 --archive",
            f"              and {ERIN} without such a past",
            "example.com   another organisation with its own authority, made",
            f"              with openssl; {BOB} has a certificate of it,",
            f"              {DAVE}, too, and the operator has it:",
            f"              smimectl contact import {DAVE} dave.pem --trust"):
        print("  " + line)
    return People(com, bob, dave, net.issue(BOB), old, *files)


def main():
    started = time.monotonic()
    reason = postfix.unavailable()
    if reason:
        print(f"the demonstration cannot run: {reason}", file=sys.stderr)
        return 1
    stage = Stage()
    with Site() as site:
        server = postfix.Postfix(site.socket, [ALICE, ERIN],
                                 reinject_milters=[site.socket])
        people = set_up(stage, site, server)
        with server:
            for part in (Outbound, Inbound):
                for scene in part(stage, site, server, people).scenes():
                    scene()
    stage.heading("The end")
    verdict = "all right" if not stage.failures else \
        f"{stage.failures} FAILED"
    print(f"{stage.checks} checks, {verdict}; "
          f"{time.monotonic() - started:.0f} seconds. Nothing is left "
          "running.")
    return 1 if stage.failures else 0


if __name__ == "__main__":
    sys.exit(main())
