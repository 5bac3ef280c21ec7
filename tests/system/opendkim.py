"""Opendkim as the milter beside us, and python3-dkim as its judge.

Signer signs for a domain, Verifier adds what it thinks of signatures to
Authentication-Results.  The public key is in a file: nobody asks any DNS.
"""

import os
import pathlib
import shutil
import tempfile

import openssl
from processes import Daemons, is_root

PROGRAM = "/usr/sbin/opendkim"
SELECTOR = "test"

# Canonicalization that forgives nothing.
SIGN = """
Mode s
Domain {domain}
Selector {selector}
KeyFile {folder}/key.pem
Canonicalization simple/simple
InternalHosts {folder}/internal
"""

VERIFY = """
Mode v
TestDNSData file:{folder}/dns
"""

COMMON = """
Socket local:{folder}/run/opendkim.sock
UMask 000
RequireSafeKeys no
AuthservID mx.example.org
Syslog no
Background no
AutoRestart no
"""


def unavailable():
    """Why there can be no opendkim here, or None."""
    if not is_root():
        return "opendkim needs root"
    if not os.path.exists(PROGRAM):
        return f"{PROGRAM} is not installed"
    try:
        import dkim  # pylint: disable=import-outside-toplevel,unused-import
    except ImportError:
        return "python3-dkim is not installed"
    return None


class Key:
    """A DKIM key of a domain, in a folder of its own."""

    def __init__(self, domain):
        self.domain = domain
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="smime-dkim-"))
        self.folder.chmod(0o755)
        self.path = self.folder / "key.pem"
        openssl.new_key(self.path, "rsa:2048")
        public = openssl.run("pkey", "-in", self.path, "-pubout").stdout
        self.record = b"v=DKIM1; k=rsa; p=" + b"".join(
            public.splitlines()[1:-1])

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    def sign(self, message):
        """The message with a signature before it."""
        import dkim
        return dkim.sign(message, SELECTOR.encode(), self.domain.encode(),
                         self.path.read_bytes()) + message

    def verifies(self, message):
        """python3-dkim's verdict."""
        import dkim
        if b"\r\ndkim-signature:" not in b"\r\n" + message.lower():
            raise AssertionError("no DKIM signature")
        return dkim.verify(message, dnsfunc=lambda *_, **__: self.record)


class Opendkim(Daemons):
    """A running opendkim; configuration: SIGN or VERIFY."""

    kind = "opendkim"

    def __init__(self, key, configuration):
        super().__init__()
        self.key = key
        self.configuration = configuration
        self.socket = str(self.folder / "run" / "opendkim.sock")

    def _start(self):
        self.folder.chmod(0o755)
        (self.folder / "run").mkdir(mode=0o755)
        shutil.copy(self.key.path, self.folder / "key.pem")
        (self.folder / "internal").write_text("127.0.0.0/8\n")
        name = f"{SELECTOR}._domainkey.{self.key.domain}"
        (self.folder / "dns").write_text(f"{name} {self.key.record.decode()}\n")
        path = self.folder / "opendkim.conf"
        path.write_text((COMMON + self.configuration).format(
            folder=self.folder, domain=self.key.domain, selector=SELECTOR))
        self.start("opendkim", [PROGRAM, "-f", "-x", path], self.socket)
