"""Scenes of what companies append to mail: before the signature, and behind
it."""

import email
import email.policy
import re
import subprocess

import openssl
import readers
from demo_stage import ALICE, CAROL, Play, letter
from messages import message_id

LEGAL = "Example Ltd., Köln; commercial register HRB 4711."
FOOTER = b"-- \r\nThis mail was checked for viruses by SuperScan.\r\n"


def append_footer(mail):
    """A tool of the kind that many companies have: it appends a line to the
    first text of each mail, whatever else the mail is."""
    boundary = re.search(rb'(?i)boundary="([^"]+)"', mail)
    if not boundary:
        return mail + FOOTER
    before, delimiter, behind = mail.partition(b"\r\n--" + boundary[1])
    first, second, rest = behind.partition(delimiter)
    return before + delimiter + first + b"\r\n" + FOOTER[:-2] + second + rest


class Seal(Play):
    def scenes(self):
        return (self.disclaimer, self.behind, self.remedy)

    def disclaimer(self):
        stage = self.stage
        stage.heading("10. A disclaimer goes in before the signature")
        stage.tell("""The law wants a line below every mail of example.org.
            smime-milter puts it there itself, and then signs: it belongs to
            what Alice has signed.""")
        path = self.site.folder / "legal.txt"
        path.write_text(LEGAL + "\n", "utf-8")
        path.chmod(0o644)
        settings = ('disclaimers = ( { name = "legal"; '
                    f'text = "{path}"; }} );\n')
        self.site.configure(settings)
        self.site.smimectl("domain", "set", "example.org", "--disclaimer",
                           "legal")
        stage.show("smime-milter.conf, and what the operator types:",
                   settings.replace(str(path), "/etc/smime-milter/legal.txt") +
                   "$ smimectl domain set example.org --disclaimer legal")
        text = "Grüße!\nHere is the offer.\n"
        left = self.submit(letter(ALICE, CAROL, "Offer", text),
                           CAROL)
        content = self.verify_all(left)
        if not content:
            return
        body = email.message_from_bytes(
            content, policy=email.policy.default).get_content()
        stage.show("What Python's email package reads in it:", body)
        stage.check("it is Alice's text, and below it the disclaimer",
                    body.splitlines() == [*text.splitlines(), "", LEGAL])

    def verify_all(self, left):
        """By openssl and gpgsm; the content, if both are content."""
        stage = self.stage
        result = stage.attempt("$ openssl cms -verify: the signature is good",
                               lambda: self.site.verify(left))
        folder = self.site.folder / "tmp" / f"gpgsm{stage.checks}"
        reader = readers.Gpgsm(folder, self.site.root)
        try:
            verdict = reader.verify_one(readers.Mail(left))
        finally:
            reader.close()
        stage.check("$ gpgsm --verify: the signature is good",
                    verdict.accepted)
        return result[0] if result and verdict.accepted else None

    def behind(self):
        stage = self.stage
        stage.heading("11. The classic mistake: a footer tool behind the "
                      "signer")
        stage.tell("""Somebody has bought a scanner that is proud of its work
            and says so below each mail. It stands where the vendor's manual
            puts it: last but one. What it does to a signed mail, every reader
            will call forged. Behind it, as the last milter of all, stands the
            guard: smime-milter once more, with role = "guard".""")
        tool = self.site.tool
        seen = []

        def proud(mail):
            seen.append(mail)
            return append_footer(mail)

        tool.tool = proud
        mail = letter(ALICE, CAROL, "Contract", "Here is the contract.\n")
        code, text = self.server.submit(ALICE, [CAROL], mail)
        stage.check(f"Postfix takes the mail ({code} {text})", code == 250)
        queue_id = self.server.queue_id(text)
        line, = self.site.guard.log_lines(queue_id)
        stage.show("The guard's log:", line)
        stage.check("it says what was done to it",
                    "text appended to part 1" in line)
        stage.show("$ postqueue -p   (the ! means: on hold)",
                   self.server.queue_tool("postqueue", "-p"), fold=False)
        stage.check("the mail waits for the operator",
                    list(self.server.held()) == [queue_id])
        stage.check("nothing has left", not self.server.sink.all())
        self.compare(mail, seen[-1], append_footer(seen[-1]))
        self.server.discard(queue_id)

    def compare(self, mail, signed, delivered):
        """As the help desk would, if a broken mail had got through."""
        stage = self.stage
        stage.attempt("openssl, too, calls such a mail broken",
                      lambda: self.fails(delivered))
        stage.tell("""Had there been no guard, Carol would have complained. Her
            mail, and the same as it left the signer, tell what happened on the
            road:""")
        files = [self.site.for_smimectl(data) for data in (signed, delivered)]
        told = self.site.smimectl("seal", "diff", *files, status=1)
        for path, name in zip(files, ("signed.eml", "delivered.eml")):
            told = told.replace(str(path), name)
        stage.show("$ smimectl seal diff signed.eml delivered.eml", told,
                   fold=False)
        stage.check("both are the same mail",
                    message_id(signed) == message_id(mail))

    def fails(self, message):
        try:
            self.site.verify(message)
        except openssl.Failed:
            return
        raise AssertionError("it accepts it")

    def remedy(self):
        stage = self.stage
        stage.heading("12. The doctor finds it, and has the remedy")
        stage.tell("""The operator asks what is wrong with the mail server. The
            names of milters are those of this demonstration.""")
        told = self.doctor()
        stage.check("the footer tool's place is what it complains about",
                    told.returncode == 1 and
                    told.stdout.count(b": order-behind") == 3)
        commands = re.findall(r"(?m)^ +(postconf .*)$", told.stdout.decode())
        stage.tell("He runs what it says, and starts Postfix again.")
        for command in commands:
            subprocess.run(command.split(), check=True)
        self.server.stop()
        self.server.start()
        told = self.doctor()
        stage.check("there is nothing to complain about",
                    told.returncode == 0)
        left = self.submit(letter(ALICE, CAROL, "At last",
                                  "Here is the contract.\n"),
                           CAROL)
        content = self.verify_all(left)
        stage.check("the tool's line is there, and signed",
                    content is not None and b"SuperScan" in content)
        stage.check("the guard has taken the fingerprint out",
                    b"X-SMIME-Seal" not in left)

    def doctor(self):
        """Shows what is wrong, and the last line."""
        folder = self.server.folder / "etc"
        told = self.site.run(
            "smimectl", "-c", self.site.configuration, "doctor", "--postfix",
            folder, "--guard", self.site.guard.configuration)
        text = told.stdout.decode()
        for path, name in ((str(folder), "/etc/postfix"),
                           (self.site.tool.socket, "/run/superscan.sock"),
                           (self.site.socket, "/run/smime.sock"),
                           (self.site.guard.socket, "/run/guard.sock")):
            text = text.replace(path, name)
        findings = text.split("\n\n")
        first = [part for part in findings if "order-behind" in part][:1]
        self.stage.show("$ smimectl doctor   (the first finding, and the end)",
                        "\n".join([*first, findings[-1]]), fold=False)
        return told
