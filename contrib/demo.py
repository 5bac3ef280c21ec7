#!/usr/bin/python3
"""Five scenes between alice@example.org, whose mail server runs smime-milter,
and bob@example.com, who has nothing but the openssl command, with a few others.

Everything is real: Postfix, both daemons, smimectl; everything is private:
loopback, temporary folders.  What is claimed is checked with openssl, and the
exit status is 0 only when every check came out right.
"""

import pathlib
import re
import sys
import textwrap
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent /
                       "tests" / "system"))

# pylint: disable=wrong-import-position
import openssl
import postfix
from testsite import Site

ALICE = "alice@example.org"
BOB = "bob@example.com"
CAROL = "carol@example.net"
DAVE = "dave@example.com"
WIDTH = 76


class Stage:
    """Tells the story and keeps count of what came out wrong."""

    def __init__(self):
        self.checks = 0
        self.failures = 0

    def heading(self, text):
        print(f"\n{'=' * WIDTH}\n{text}\n{'=' * WIDTH}")
        sys.stdout.flush()

    def tell(self, text):
        print("\n" + textwrap.fill(" ".join(text.split()), WIDTH))
        sys.stdout.flush()

    def show(self, title, text, fold=True):
        """Lines that a program wrote."""
        print(f"\n  {title}")
        for line in text.strip().splitlines():
            parts = textwrap.wrap(
                line.replace("\t", "    "), WIDTH - 6, break_on_hyphens=False,
                subsequent_indent="    ", break_long_words=False) \
                if fold else [line]
            for part in parts or [""]:
                print(f"    | {part}".rstrip())
        sys.stdout.flush()

    def check(self, text, good):
        self.checks += 1
        if not good:
            self.failures += 1
        print(f"  [{'ok' if good else 'FAILED'}] {text}")
        sys.stdout.flush()
        return good

    def attempt(self, text, function):
        """A check that fails when function raises; returns its result."""
        try:
            result = function()
        except (AssertionError, openssl.Failed, ValueError) as error:
            self.check(f"{text}: {str(error).strip()[-300:]}", False)
            return None
        self.check(text, True)
        return result


def letter(sender, recipients, subject, text):
    return (f"From: {sender}\r\nTo: {recipients}\r\nSubject: {subject}\r\n"
            f"Message-ID: <{time.time_ns()}@{sender.partition('@')[2]}>\r\n"
            "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
            "Content-Transfer-Encoding: 8bit\r\n\r\n").encode() + \
        text.replace("\n", "\r\n").encode()


def interesting(message):
    """The header lines that the story is about."""
    head = message.partition(b"\r\n\r\n")[0].decode("utf-8", "replace")
    fields = re.split(r"\r\n(?![ \t])", head)
    wanted = ("from:", "to:", "subject:", "mime-version:", "content-")
    return "\n".join(line for field in fields
                     if field.lower().startswith(wanted)
                     for line in field.split("\r\n"))


class Demonstration:
    def __init__(self, stage, site, server, bob, dave):
        self.stage = stage
        self.site = site
        self.server = server
        self.bob = bob
        self.dave = dave

    def taken(self, message, recipient=""):
        """The message as it arrived at the other end."""
        wanted = re.search(rb"Message-ID: (\S+)", message).group(1)
        return self.server.sink.take(
            lambda m: wanted in m.data and recipient in [*m.recipients, ""])

    def submit(self, message):
        """Alice sends; returns what left and shows the log line."""
        code, text = self.server.submit(ALICE, [BOB], message)
        self.stage.check(f"Postfix takes the mail ({code} {text})",
                         code == 250)
        left = self.taken(message).data
        self.show_log(text)
        return left

    def show_log(self, answer):
        queue_id = re.search(r"queued as (\w+)", answer)
        lines = self.site.log_lines(queue_id.group(1)) if queue_id else []
        self.stage.show("smime-milter's log:", "\n".join(lines))

    def signed(self):
        stage = self.stage
        stage.heading("1. Alice writes to Bob: the mail leaves signed")
        stage.tell("""Alice has logged in to Postfix and sends an ordinary
            mail; her mail client knows nothing of S/MIME. There is no
            certificate of Bob yet, so it cannot be encrypted.""")
        mail = letter(ALICE, BOB, "Lunch",
                      "Grüße!\nFrom tomorrow on I have time.\n")
        left = self.submit(mail)
        stage.show("What leaves:", interesting(left))
        stage.tell("""The text had 8-bit characters and a line beginning with
            "From": both would have broken the signature on the road, so they
            were encoded before signing.""")
        self.verify(left, "$ openssl cms -verify -CAfile example.org.pem")

    def verify(self, message, command):
        """Lets openssl judge a signed message and shows its text."""
        stage = self.stage
        result = stage.attempt(command + ": the signature is good",
                               lambda: self.site.verify(message))
        if result:
            content, signer = result
            stage.check(f"the signer's certificate is that of {ALICE}",
                        openssl.names_of(signer) == [ALICE])
            stage.show("What was signed:", content.decode("ascii"))

    def learned(self):
        stage = self.stage
        stage.heading("2. Bob answers with a signed mail: his certificate is "
                      "learned")
        stage.tell("""Bob's mail is signed with a certificate of example.com's
            own authority, which example.org's operator trusts. It arrives
            byte by byte as it was sent; in the background the certificate is
            kept.""")
        mail = self.bob.sign_detached(
            letter(BOB, ALICE, "Re: Lunch", "").partition(b"MIME-Version")[0],
            b"Content-Type: text/plain\r\n\r\nGladly.\r\n")
        code, text = self.server.deliver(BOB, [ALICE], mail)
        stage.check(f"Postfix takes the mail ({code} {text})", code == 250)
        arrived = self.taken(mail)
        stage.check("not a byte of it was changed",
                    arrived.data.endswith(mail))
        found = stage.attempt(
            "the certificate is in the store",
            lambda: self.site.wait_contact(BOB, self.bob.fingerprint()) or
            True)
        self.show_log(text)
        if found:
            stage.show(f"$ smimectl contact show {BOB}",
                       self.site.smimectl("contact", "show", BOB), fold=False)

    def encrypted(self):
        stage = self.stage
        stage.heading("3. Alice's next mail to Bob leaves encrypted")
        stage.tell("""Nobody has changed a setting: the policy was "encrypt if
            possible" all the time, and now it is possible.""")
        secret = "The key lies under the mat.\n"
        left = self.submit(letter(ALICE, BOB, "Lunch, once more", secret))
        stage.show("What leaves:", interesting(left))
        stage.check("the text is not in it", b"under the mat" not in left)
        inside = stage.attempt(
            "$ openssl cms -decrypt -inkey bob.key: Bob's private key opens "
            "it", lambda: self.bob.decrypt(left))
        if not inside:
            return
        self.verify(inside, "$ openssl cms -verify, on what was inside")
        stage.check("the text is there again", b"under the mat" in inside)

    def several(self):
        stage = self.stage
        stage.heading("4. One mail to three people: each gets his own copy")
        stage.tell(f"""Alice writes to Bob and to {CAROL}, who has no
            certificate, with a blind copy to {DAVE}, who has one. One mail
            cannot serve them all: Carol could not read a ciphertext, and Bob's
            would tell whoever looks that Dave can open it. The best protected
            copy stays in Postfix; the others go back to it through a listener
            that nobody else can reach, before Alice hears that her mail was
            taken.""")
        secret = "The key lies under the flower pot.\n"
        mail = letter(ALICE, f"{BOB}, {CAROL}", "Lunch for three", secret)
        code, text = self.server.submit(ALICE, [BOB, CAROL, DAVE], mail)
        stage.check(f"Postfix takes the mail ({code} {text})", code == 250)
        self.show_log(text)
        for name, person in ((BOB, self.bob), (DAVE, self.dave)):
            copy = self.taken(mail, name)
            stage.show(f"What {name} gets:", interesting(copy.data))
            stage.check("the text is not in it",
                        b"flower pot" not in copy.data)
            stage.check("it goes to nobody else", copy.recipients == [name])
            stage.check(f"its ciphertext names the certificate of {name} and "
                        "no other", openssl.recipient_serials(copy.data) ==
                        [person.serial()])
            inside = stage.attempt(f"the private key of {name} opens it",
                                   lambda c=copy, p=person: p.decrypt(c.data))
            stage.check("inside is the text, signed by Alice", bool(inside) and
                        b"flower pot" in self.site.verify(inside)[0])
        copy = self.taken(mail, CAROL)
        stage.show(f"What {CAROL} gets:", interesting(copy.data))
        self.verify(copy.data, "$ openssl cms -verify -CAfile example.org.pem")
        stage.check("Dave is named nowhere", DAVE.encode() not in copy.data)

    def stranger(self):
        stage = self.stage
        stage.heading("5. A stranger writes under Alice's name: no signature")
        stage.tell(f"""Somebody without a login delivers a mail "From:
            {ALICE}" at the MX. Nobody signs as somebody else.""")
        mail = letter(ALICE, ALICE, "Urgent", "Pay at once!\n")
        code, text = self.server.deliver(ALICE, [ALICE], mail)
        stage.check(f"Postfix takes the mail ({code} {text})", code == 250)
        arrived = self.taken(mail).data
        self.show_log(text)
        stage.show("What arrives:", interesting(arrived))
        stage.check("no signature, not a byte changed",
                    b"multipart/signed" not in arrived and
                    arrived.endswith(mail))


def set_up(stage, site, server):
    """Two organisations, Alice, Bob and Dave."""
    stage.heading("The stage")
    com = openssl.Authority(site.folder / "tmp" / "com", "Example Com")
    bob, dave = com.issue(BOB), com.issue(DAVE)
    site.trust(com)
    site.write_settings(
        more=f'reinject = "smtp://127.0.0.1:{server.reinject}";')
    site.restart_milter()
    site.add_user(ALICE, "--encrypt", "if-possible")
    site.issue(ALICE)
    site.smimectl("contact", "import", DAVE,
                  site.for_smimectl(dave.certificate.read_bytes()), "--trust")
    for line in (
            "smime-keyd    has the private keys, as a user of its own",
            "smime-milter  reads the mail, has no private key",
            "Postfix       private, on loopback, asks smime-milter",
            "example.org   smimectl ca init; domain add example.org",
            f"              smimectl user add {ALICE} --encrypt if-possible",
            f"              smimectl cert issue {ALICE}",
            "example.com   another organisation with its own authority, made",
            f"              with openssl; {BOB} has a certificate of it,",
            f"              {DAVE}, too, and the operator has it:",
            f"              smimectl contact import {DAVE} dave.pem --trust"):
        print("  " + line)
    return bob, dave


def main():
    started = time.monotonic()
    reason = postfix.unavailable()
    if reason:
        print(f"the demonstration cannot run: {reason}", file=sys.stderr)
        return 1
    stage = Stage()
    with Site() as site:
        server = postfix.Postfix(site.socket, [ALICE],
                                 reinject_milters=[site.socket])
        people = set_up(stage, site, server)
        with server:
            play = Demonstration(stage, site, server, *people)
            for scene in (play.signed, play.learned, play.encrypted,
                          play.several, play.stranger):
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
