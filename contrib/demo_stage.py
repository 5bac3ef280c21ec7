"""The stage of the demonstration: what the scenes tell with, and how they send
and receive."""

import re
import sys
import textwrap
import time

import messages
import openssl

ALICE = "alice@example.org"
ERIN = "erin@example.org"
FRANK = "frank@example.org"
BOB = "bob@example.com"
CAROL = "carol@example.net"
DAVE = "dave@example.com"
WIDTH = 76

# What the words of X-SMIME-Status mean to the reader.
FATES = {
    "valid": "signed by the author, and not a byte is another",
    "altered": "not what the author has signed",
    "untrusted": "signed by somebody whom nobody vouches for",
    "unsigned": "anybody may have written it",
}


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


def marks(message):
    """Our fields, which stand above all others."""
    head = message.partition(b"\r\n\r\n")[0].decode("utf-8", "replace")
    return "\n".join(field for field in re.split(r"\r\n(?![ \t])", head)
                     if field.lower().startswith(("authentication-results:",
                                                  "x-smime-"))
                     ).replace("\r\n", "\n")


class Play:
    """What all scenes have: the site, its Postfix, and people elsewhere."""

    def __init__(self, stage, site, server, people):
        self.stage = stage
        self.site = site
        self.server = server
        self.people = people
        self.bob = people.bob
        self.dave = people.dave

    def taken(self, message, recipient=""):
        """The message as it arrived at the other end."""
        wanted = re.search(rb"Message-ID: (\S+)", message).group(1)
        return self.server.sink.take(
            lambda m: wanted in m.data and recipient in [*m.recipients, ""])

    def deliver(self, message, recipients=(ALICE,), sender=BOB):
        """Comes in from outside; shows the log lines."""
        code, text = self.server.deliver(sender, list(recipients), message)
        self.stage.check(f"Postfix takes the mail ({code} {text})",
                         code == 250)
        self.show_log(text)

    def fate(self, message):
        """Shows our two fields, and what they mean; returns the status."""
        self.stage.show("What is told in its header:", marks(message))
        word, facts = messages.status_of(message)
        text = FATES[word]
        if facts.get("decrypted") == "yes":
            text += "; was encrypted, and opened for this recipient"
        elif "encrypted" in facts:
            text += "; encrypted, and not opened"
        self.stage.tell(f"In words: {text}.")
        return word, facts

    def submit(self, message, recipient=BOB):
        """Alice sends; returns what left and shows the log line."""
        code, text = self.server.submit(ALICE, [recipient], message)
        self.stage.check(f"Postfix takes the mail ({code} {text})",
                         code == 250)
        left = self.taken(message).data
        self.show_log(text)
        return left

    def show_log(self, answer):
        queue_id = re.search(r"queued as (\w+)", answer)
        lines = self.site.log_lines(queue_id.group(1)) if queue_id else []
        self.stage.show("smime-milter's log:", "\n".join(lines))

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
