#!/usr/bin/python3
"""What is told about mail from outside, by each option of the group inbound,
and that nobody else tells it (RESULT FIELDS in smime-milter(8))."""

import itertools

import openssl
from messages import PLAIN, build, same_content, unmarked
from tap import absent, case, check, contains, equal, main
from testsite import Site

ALICE = "alice@example.org"
DAVE = "dave@example.org"  # has no certificate
BOB = "bob@example.com"
LIMIT = 500  # LIMIT_FORGED_FIELDS

FORGED = (b"AUTHENTICATION-RESULTS: (a (b)) \"mx.example.org\" 1;\r\n"
          b"\tSMIME / 1 = pass\r\nx-smime-status:\r\n valid\r\n")
NEIGHBOUR = b"Authentication-Results: mx.example.org; dkim=pass\r\n"
OTHERS = b"Authentication-Results: mx.example.com; smime=pass\r\n"
TAGS = 'subject_tags = { signed = "[signed]"; problem = "[S/MIME?]"; };'


class Fixture(Site):
    def prepare(self):
        self.com = openssl.Authority(self.folder / "tmp" / "com",
                                     "Example Com")
        self.trust(self.com)
        self.bob = self.com.issue(BOB)
        self.add_user(ALICE)
        self.issue(ALICE, "--key", "p256")
        self.add_user(DAVE)

    def signed(self, more=b""):
        return self.bob.sign_detached(build(BOB, [ALICE], b"", more=more),
                                      PLAIN[19:])

    def serve(self, inbound, defaults=""):
        self.write_settings(more=f"inbound = {{ {inbound} }};",
                            defaults=defaults)
        self.restart_milter()

    def receive(self, mail):
        """Verdicts of both kinds of mail server, which must be the same."""
        one, two = (self.send(BOB, [ALICE], mail, rules=rules)
                    for rules in ("postfix", "sendmail"))
        equal((one.outcome, one.reply), (two.outcome, two.reply), "answers")
        equal(one.data, two.data, "messages")
        return one


def subject(mail, text):
    return mail.replace(b"Subject: A test\r\n", text)


@case("as it is: S/MIME is marked, other mail only loses what is forged")
def _(site):
    site.serve("")
    mail = NEIGHBOUR + OTHERS + site.signed()
    verdict = site.receive(FORGED + mail)
    equal(unmarked(verdict.data), mail)
    contains(verdict.header("X-SMIME-Status")[0], "valid; signer=" + BOB)
    mail = NEIGHBOUR + OTHERS + build(BOB, [ALICE])
    equal(site.receive(FORGED + mail).data, mail)
    verdict = site.receive(mail)
    equal((verdict.data, verdict.changes), (mail, []))
    mail = subject(mail, b"Subject: [signed] [S/MIME?] A test\r\n")
    equal(site.receive(mail).data, mail, "no tags of ours")


@case("mark all, remove all")
def _(site):
    site.serve('mark = "all"; remove_results = "all";')
    mail = OTHERS + build(BOB, [ALICE])
    verdict = site.receive(FORGED + NEIGHBOUR + mail)
    equal(unmarked(verdict.data), mail)
    equal(verdict.header("X-SMIME-Status"), ["unsigned"])
    equal(verdict.header("Authentication-Results")[0].split("\n "),
          ["mx.example.org;", "smime=none"])


@case("mark off: nothing of ours, and nothing forged")
def _(site):
    site.serve(f'mark = "off"; {TAGS}')
    for mail in (site.signed(), build(BOB, [ALICE])):
        equal(site.receive(FORGED + mail).data, mail)
        tagged = subject(mail, b"Subject: [SIGNED] A test\r\n")
        equal(site.receive(tagged).data, mail, "forged tag")


@case("tags: ours before the subject, others gone wherever they are")
def _(site):
    site.serve(TAGS)
    forged = b"subject: Re: [signed] [Signed]\r\n =?utf-8?q?=5Bsigned=5D?= A\r\n"
    verdict = site.receive(subject(site.signed(), forged))
    equal(verdict.header("Subject"), ["[signed] Re: A"])
    verdict = site.receive(subject(site.signed(), b""))
    equal(verdict.header("Subject"), ["[signed]"], "without a subject")
    verdict = site.receive(subject(site.signed(), b"Subject:\r\n"))
    equal(verdict.header("Subject"), ["[signed]"], "an empty one")
    verdict = site.receive(site.signed().replace(b"plain text", b"other text"))
    equal(verdict.header("Subject"), ["[S/MIME?] A test"], "altered")
    verdict = site.receive(subject(build(BOB, [ALICE]), forged))
    equal(verdict.header("Subject"), ["Re: A"], "no S/MIME")
    contains(verdict.data, b"\r\nsubject: Re: A\r\n")


@case("as many forged fields as can be removed, and one more")
def _(site):
    site.serve("")
    half = FORGED * (LIMIT // 2)
    for mail in (build(BOB, [ALICE]), site.signed()):
        absent(site.receive(half + mail).data.lower(), b"smime / 1")
        verdict = site.receive(half + b"X-SMIME-Status: valid\r\n" + mail)
        equal(verdict.outcome, "reject")
        check(verdict.reply.startswith("552 5.3.4 "), verdict.reply)


@case("what our own users send has no results in our name either")
def _(site):
    site.serve("")
    for user, rules in itertools.product((ALICE, DAVE),
                                         ("postfix", "sendmail")):
        mail = NEIGHBOUR + OTHERS + build(user, [BOB])
        verdict = site.submit(user, [BOB], FORGED + mail, rules=rules)
        equal(verdict.header("X-SMIME-Status"), [])
        equal(verdict.header("Authentication-Results"),
              ["mx.example.org; dkim=pass", "mx.example.com; smime=pass"])
        if user == ALICE:
            same_content(mail, site.verify(verdict.data)[0])
        else:
            equal(verdict.data, mail)
        forged = FORGED * (LIMIT // 2) + b"X-SMIME-Status: valid\r\n"
        verdict = site.submit(user, [BOB], forged + mail, rules=rules)
        check(verdict.reply.startswith("552 5.3.4 "), verdict.reply)


@case("shadow mode changes nothing")
def _(site):
    site.serve(f'mark = "all"; {TAGS}', defaults='mode = "shadow";')
    for user in (ALICE, DAVE):
        mail = FORGED + build(user, [BOB])
        equal(site.submit(user, [BOB], mail).data, mail)
    for mail in (site.signed(), build(BOB, [ALICE])):
        verdict = site.receive(FORGED + mail)
        equal((verdict.data, verdict.changes), (FORGED + mail, []))


main(Fixture)
