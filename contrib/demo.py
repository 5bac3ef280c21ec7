#!/usr/bin/python3
"""Twelve scenes between alice@example.org, whose mail server runs smime-milter,
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
from demo_seal import Seal
from demo_stage import ALICE, BOB, DAVE, ERIN, Stage
from footer_tools import ToolMilter
from testsite import Guard, Site

People = collections.namedtuple(
    "People", "com bob dave new_bob old alice_file erin_file")


class Company(Site):
    """A site with a guard, and before that a tool, which is idle at first."""

    def prepare(self):
        self.port = None  # of the listener for copies
        key = self.folder / "store" / "seal.key"
        self.smimectl("seal", "key", key)
        self.seal = f'seal = {{ key = "{key}"; }};\n'
        self.tool = ToolMilter()
        self.guard = Guard(self, sealed=False, more=self.seal)
        self.guard.__enter__()

    def configure(self, more=""):
        self.reconfigure(more=f'reinject = "smtp://127.0.0.1:{self.port}";\n' +
                         self.seal + more)

    def __exit__(self, *_):
        self.guard.__exit__()
        self.tool.close()
        super().__exit__()


def set_up(stage, site, server):
    """Three organisations, and those who write to each other."""
    stage.heading("The stage")
    com = openssl.Authority(site.folder / "tmp" / "com", "Example Com")
    net = openssl.Authority(site.folder / "tmp" / "net", "Example Net")
    bob, dave = com.issue(BOB), com.issue(DAVE)
    old = com.issue(ALICE, start="20190101000000Z", end="20210101000000Z")
    for authority in (com, net):
        site.trust(authority)
    site.port = server.reinject
    site.configure()
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
            "a guard       once more smime-milter, the last of its milters:",
            "              smimectl seal key seal.key; role = \"guard\"",
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
    with Company() as site:
        last = site.guard.socket
        server = postfix.Postfix(
            [site.socket, site.tool.socket, last], [ALICE, ERIN],
            mx_milters=[site.socket], reinject_milters=[site.socket, last])
        people = set_up(stage, site, server)
        with server:
            for part in (Outbound, Inbound, Seal):
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
