"""The corpus through a real mail server: signed on the way to a next hop
without 8BITMIME, signed before and only passed on, and not signed at all.

What comes out is compared with what the same server makes of the same
message without our milter.  Importing this declares the cases; main(module,
special) runs them with the mail server of a module.  special: name ->
Special, where that server has its own idea of a message.
"""

import smtplib
from concurrent.futures import ThreadPoolExecutor

import corpus
import mailserver
import tap
from corpus import ALICE, ALONE
from mta_client import split_message
from processes import wait_until
from tap import case, equal, note
from testsite import Site

SESSIONS = 3
# As often a road's sessions may break before a message is answered.  Once in
# some 100,000 messages Sendmail closes one without a word in its log.
BREAKS = 2
ADDED = b" (by the server)"


class Special:
    """refused: the code with which the server refuses the message; always:
    also when it is signed.  fate: what becomes of it, because the server has
    changed it before us."""

    def __init__(self, why, refused=None, always=False, fate=None):
        self.why = why
        self.refused = refused
        self.always = always
        self.fate = fate


class Road:
    """A mail server whose sink tells the messages apart by recipient."""

    def __init__(self, server, eight_bit):
        self.server = server
        self.breaks = 0  # sessions that broke
        server.sink.eight_bit = eight_bit

    def _session(self):
        smtp = self.server.session(self.server.submission)
        smtp.ehlo()
        smtp.login(ALICE, mailserver.PASSWORD)
        return smtp

    def _note_break(self, name, error):
        """A client comes again, and so do we; but not for ever."""
        self.breaks += 1
        log = [line for line in self.server.log().splitlines()
               if f"{name}@" in line]
        note("\n".join([f"the session broke at {name}: {error}", *log,
                        self.server.diagnose()]))
        if self.breaks > BREAKS:
            raise AssertionError(f"{self.breaks} sessions broke") from error

    def _send(self, names, messages):
        """name -> answer"""
        answers = {}
        smtp = self._session()
        waiting = list(reversed(names))
        while waiting:
            name = waiting.pop()
            try:
                answers[name] = mailserver.transaction(
                    smtp, ALICE, [f"{name}@example.net"], messages[name])
            except smtplib.SMTPServerDisconnected as error:
                self._note_break(name, error)
                waiting.append(name)
            if name not in answers or answers[name][0] == 421:
                smtp.close()
                smtp = self._session()
        smtp.quit()
        return answers

    def send(self, messages):
        """Sends all, and waits until all that were accepted have left:
        (name -> answer, name -> what left)."""
        self.breaks = 0
        names = list(messages)
        with ThreadPoolExecutor(SESSIONS) as pool:
            done = [pool.submit(self._send, names[n::SESSIONS], messages)
                    for n in range(SESSIONS)]
        answers = {}
        for part in done:
            answers.update(part.result())
        equal(len(answers), len(messages), "answers")
        wanted = {n for n, (code, _) in answers.items() if code == 250}
        left = {}

        def all_left():
            # What was sent again may arrive twice.
            left.update((name_of(message), message.data)
                        for message in self.server.sink.take_all(bool))
            return wanted <= set(left)

        wait_until(all_left, "all leave\n" + self.server.diagnose())
        equal(set(left) - wanted, set(), "left and was not accepted")
        return answers, left


def name_of(message):
    """Which one of the corpus it is, by its recipient."""
    return message.recipients[0].partition("@")[0]


class Fixture(Site):
    """A site, and the servers in front of it and beside it."""

    def __init__(self, module, special):
        super().__init__()
        self.module = module
        self.special = special
        self.servers = []
        self.plain = None  # what leaves without a milter

    def __enter__(self):
        reason = self.module.unavailable()
        if reason:
            raise tap.Skip(reason)
        return super().__enter__()

    def prepare(self):
        self.add_user(ALICE)
        self.issue(ALICE)
        self.messages = corpus.sample(corpus.load())
        self.seven = self.road(self.socket, eight_bit=False)
        self.eight = self.road([], eight_bit=True)

    def __exit__(self, *_):
        for server in self.servers:
            server.__exit__()
        super().__exit__()

    def diagnose(self):
        return super().diagnose() + "".join(s.diagnose() for s in self.servers)

    def road(self, milters, eight_bit):
        server = self.module.Server(milters, [ALICE])
        self.servers.append(server)
        server.__enter__()
        return Road(server, eight_bit)

    def check_refusals(self, answers, signed=False):
        """Only what the table says is refused, and as it says."""
        refused = {n: code for n, (code, _) in answers.items() if code != 250}
        expected = {n: s.refused for n, s in self.special.items()
                    if s.refused and n in answers and (s.always or not signed)}
        equal(refused, expected, "refused")

    def comparable(self, name, left):
        """Without the server's own Received, and what it adds to a message
        that lacks it by another name each time."""
        fields, body = split_message(left)
        had = {n.lower() for n, _ in split_message(self.messages[name])[0]}
        equal(fields[0][0], b"Received", "the first field")
        head = [n + b":" + (v.replace(b"\n", b"\r\n") if n.lower() in had or
                            n.lower() not in (b"date", b"message-id")
                            else ADDED) for n, v in fields[1:]]
        return b"\r\n".join(head) + b"\r\n\r\n" + body

    def received(self, name):
        """What the server has made of a message when the milter gets it.
        Lines are cut only on the way out, and only on the way out Sendmail
        puts parts together anew: then the entity is as it came."""
        plain = self.comparable(name, self.plain[name])
        entity = corpus.entity_of(self.messages[name])
        entity += b"" if entity.endswith(b"\r\n") else b"\r\n"
        longest = max(map(len, entity.split(b"\n")))
        if self.module.Server.repairs and longest <= corpus.LINE_MAX:
            return plain
        return b"".join(
            n + b":" + v.replace(b"\n", b"\r\n") + b"\r\n"
            for n, v in split_message(plain)[0]
            if not n.lower().startswith(b"content-")) + entity

    def sign_directly(self):
        """name -> signed message, of all that get a signature."""
        signed = {}
        with self.mta() as mta:
            mta.connect(daemon_name="SUBMISSION")
            mta.helo()
            for name, message in self.messages.items():
                verdict = mta.message(f"<{ALICE}>", [f"<{name}@example.net>"],
                                      message, login=ALICE)
                if verdict.changes:
                    signed[name] = verdict.data
        return signed


@case("every message, signed and sent on to a hop without 8BITMIME",
      limit=900)
def _(site):
    with ThreadPoolExecutor(2) as pool:
        seven, eight = (pool.submit(road.send, site.messages)
                        for road in (site.seven, site.eight))
    answers, left = seven.result()
    site.check_refusals(answers)
    _, site.plain = eight.result()
    log = corpus.log_by_id(site)
    fates = corpus.fates()
    judge = corpus.Judge(site, mime=False)

    def check_one(name):
        special = site.special.get(name)
        wanted = special.fate if special and special.fate else fates[name]
        before = site.received(name)
        after = site.comparable(name, left[name])
        lines = log[site.seven.server.queue_id(answers[name][1])]
        if wanted.startswith(ALONE):
            # Not ours to keep 7-bit: only the milter is asked.
            equal(ALONE + corpus.word_of(lines, "passed", "reason"), wanted,
                  "fate")
            return
        equal(judge.fate(before, after, lines), wanted, "fate")

    corpus.for_each(left, check_one)


@case("what was signed before passes, and still verifies at the end",
      limit=900)
def _(site):
    judge = corpus.Judge(site, mime=False)
    signed = site.sign_directly()
    for road in (site.seven, site.eight):
        answers, left = road.send(signed)
        site.check_refusals(answers, signed=True)

        def check_one(name, left=left):
            # The same bytes verify as they did (corpus_test.py).
            if corpus.entity_of(left[name]) != corpus.entity_of(signed[name]):
                equal(judge.verify(left[name]), judge.verify(signed[name]),
                      "content")

        corpus.for_each(left, check_one)


@case("with signing off all is as without us", limit=900)
def _(site):
    site.smimectl("user", "set", ALICE, "--sign", "off")
    road = site.road(site.socket, eight_bit=True)
    answers, left = road.send(site.messages)
    site.check_refusals(answers)
    for name, data in left.items():
        equal(site.comparable(name, data),
              site.comparable(name, site.plain[name]), name)


def main(module, special):
    tap.main(lambda: Fixture(module, special))
