#!/usr/bin/python3
"""Tools behind the signer, and the guard, at a real Postfix."""

import postfix
import seals
from footer_tools import ALTERMIME, FOOTER
from messages import build
from processes import wait_until
from seals import ALICE, DAVE, touched
from tap import case, contains, equal

# As in the documentation of Postfix and altermime, but that it hands on by
# SMTP.  What it says when it fails is told to the sender.
FILTER = f"""#!/usr/bin/python3
import os, smtplib, subprocess, sys, tempfile

port, sender, *recipients = sys.argv[1:]
with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "mail")
    footer = os.path.join(folder, "footer")
    with open(path, "wb") as out:
        out.write(sys.stdin.buffer.read())
    with open(footer, "w") as out:
        out.write({FOOTER!r})
    subprocess.run(["{ALTERMIME}", "--input=" + path, "--disclaimer=" + footer],
                   check=True)
    with open(path, "rb") as changed:
        data = changed.read()
with smtplib.SMTP("127.0.0.1", int(port)) as smtp:
    try:
        smtp.sendmail(sender, recipients, data)
    except smtplib.SMTPDataError as error:
        print(error.smtp_error.decode())
        sys.exit(69 if error.smtp_code >= 500 else 75)
"""


class Filtering(postfix.Postfix):
    """What users send takes the way through a filter to the listener called
    REINJECT: main.cf content_filter."""

    def _configure(self):
        super()._configure()
        script = self.folder / "filter"
        script.write_text(FILTER)
        script.chmod(0o755)
        path = self.folder / "etc" / "master.cf"
        services = path.read_text().replace(
            "_daemon_name=SUBMISSION\n", "_daemon_name=SUBMISSION\n"
            "  -o content_filter=footer:\n")
        path.write_text(services + f"""
footer unix - n n - 4 pipe
  flags=Rq user=nobody null_sender= argv={script} {self.reinject}
  ${{sender}} ${{recipient}}
""")


@case("altermime as content_filter: what it left alone passes, what it did "
      "not is held, or refused, which the sender is told")
def _(site):
    with Filtering([site.socket], [ALICE],
                   reinject_milters=site.last) as server:
        mail = build(ALICE, [DAVE])
        equal(server.submit(ALICE, [DAVE], mail)[0], 250)
        site.verify(site.left(mail, server))

        mail, _ = touched("altermime")
        equal(server.submit(ALICE, [DAVE], mail)[0], 250)
        queue_id, = wait_until(server.held, "it is held")
        equal(site.told(queue_id)["change"], "text-appended")
        server.discard(queue_id)

        with site.guarding("refuse"):
            mail, _ = touched("altermime")
            equal(server.submit(ALICE, [DAVE], mail)[0], 250)
            bounce = server.sink.take(lambda m: m.recipients == [ALICE])
        contains(b" ".join(bounce.data.split()), b"the message was changed "
                 b"after it was signed: text appended to part 1 (")
        server.wait_empty()
        equal(server.sink.all(), [], "what left")


if __name__ == "__main__":
    seals.main(postfix)
