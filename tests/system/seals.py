"""Tools behind the signer, and the guard behind them: the cases that every
mail server has to pass.

The server asks five milters: a tool, smime-milter, another tool, opendkim and
the guard.  Tools are altermime and what lists, gateways and scanners do to
mail; before us they do no harm, behind us the guard finds out.  On a relay
guard and opendkim wait behind a next hop that changes mail.  What comes out
is verified by openssl, gpgsm and dkimpy.
"""

import contextlib
import email
import email.policy
import html
import re

import footer_tools
import mailserver
import messages
import opendkim
import openssl
import readers
import tap
from footer_tools import BLINDFOLD, FOOTER, leave_alone
from messages import FEARED, PLAIN, build, message_id, multipart
from tap import absent, case, check, contains, equal
from testsite import Guard, Site

ALICE = "alice@example.org"
FRANK = "frank@example.org"      # signs nothing
BOB = "bob@example.com"          # has a certificate
DAVE = "dave@example.net"        # has none
WORDS = FOOTER.splitlines()[1].encode()
LEGAL = "Example Ltd., Köln; not binding without a signature."
SEAL = re.compile(rb"(?im)^X-SMIME-Seal:")

HTML = (b"Content-Type: text/html; charset=us-ascii\r\n\r\n<html><body>"
        b"<p>Hello</p></body></html>\r\n")
ALTERNATIVE = multipart("alternative", "alt", messages.TEXT + b"\r\n", HTML)
REPORT = multipart(
    "mixed", "mix", messages.TEXT + b"\r\n",
    b'Content-Type: text/csv; name="report.csv"\r\nContent-Disposition: '
    b'attachment; filename="report.csv"\r\n\r\n1;2;3\r\n')
SPACED = PLAIN.replace(b"a plain", b"a  plain")


class Fixture(Site):
    """The site, its milters and its mail server."""

    def __init__(self, module):
        self.module = module
        self.running = contextlib.ExitStack()
        self.server = None
        super().__init__()

    def __enter__(self):
        reason = (self.module.unavailable() or opendkim.unavailable() or
                  footer_tools.unavailable())
        if reason:
            raise tap.Skip(reason)
        return super().__enter__()

    def prepare(self):
        self.com = openssl.Authority(self.folder / "tmp" / "com",
                                     "Example Com")
        self.trust(self.com)
        self.bob = self.com.issue(BOB, "ec:P-256")
        self.client = self.com.issue(ALICE, "ec:P-256")
        self.add_user(ALICE)
        self.issue(ALICE, "--key", "p256")
        self.add_user(FRANK, "--sign", "off")
        self.smimectl("contact", "import", BOB, self.for_smimectl(
            self.bob.certificate.read_bytes()), "--trust")
        self.reconfigure(more=self.seal_setting(), encrypt="if-possible")
        self.dkim_key = opendkim.Key("example.org")
        self.running.callback(self.dkim_key.close)
        self.dkim = self.running.enter_context(
            opendkim.Opendkim(self.dkim_key, opendkim.SIGN))
        self.guard = self.running.enter_context(Guard(self))
        self.before = footer_tools.ToolMilter()
        self.running.callback(self.before.close)
        self.behind = footer_tools.ToolMilter()
        self.running.callback(self.behind.close)
        self.gpgsm = readers.Gpgsm(self.folder / "tmp" / "gpgsm", self.root)
        self.running.callback(self.gpgsm.close)
        self.last = [self.dkim.socket, self.guard.socket]
        self.server = self.running.enter_context(self.module.Server(
            [self.before.socket, self.socket, self.behind.socket, *self.last],
            [ALICE, FRANK], reinject_milters=self.last))

    def __exit__(self, *_):
        self.running.close()
        super().__exit__()

    def diagnose(self):
        return super().diagnose() + self.guard.diagnose() + (
            self.server.diagnose() if self.server else "")

    @contextlib.contextmanager
    def tools(self, before=leave_alone, behind=leave_alone):
        """Between the other milters, for a while."""
        self.before.tool, self.behind.tool = before, behind
        try:
            yield
        finally:
            self.before.tool = self.behind.tool = leave_alone

    @contextlib.contextmanager
    def guarding(self, action):
        """Another action of the guard than to hold, for a while."""
        self.guard.reconfigure(action=action)
        try:
            yield
        finally:
            self.guard.reconfigure(action="hold")

    def submit(self, mail, user=ALICE, to=DAVE, code=250):
        """The queue id, or the text of a refusal."""
        got, text = self.server.submit(user, [to], mail)
        equal(got, code, f"answer ({text})")
        return self.server.queue_id(text) if code == 250 else text

    def left(self, mail, server=None):
        """What left of it, without the guard's field."""
        data = (server or self.server).sink.take(
            lambda m: message_id(mail) in m.data).data
        check(not SEAL.search(data), "the field is still there")
        return data

    def through(self, mail, **options):
        """What leaves of a mail that nobody complains about."""
        queue_id = self.submit(mail, **options)
        data = self.left(mail)
        absent(" ".join(self.guard.log_lines(queue_id)), "seal-broken")
        check(self.dkim_key.verifies(data), "DKIM")
        return data

    def accepted_by_gpgsm(self, data):
        try:
            return self.gpgsm.verify_one(readers.Mail(data)).accepted
        except AssertionError:
            return False  # not even a signed message

    def told(self, queue_id):
        """Facts of the guard's line about a message."""
        line, = [line for line in self.guard.log_lines(queue_id)
                 if re.search(r": seal-(broken|intact) ", line)]
        return {"event": line.split()[1], **dict(
            re.findall(r'(\S+?)=("[^"]*"|\S+)', line))}


# -- what nobody touches --


def protected_by_others(site, header):
    """Mail that a client has signed or encrypted itself, by name."""
    pgp = (b"-----BEGIN PGP SIGNED MESSAGE-----\r\nHash: SHA256\r\n\r\n"
           b"Hello\r\n-----BEGIN PGP SIGNATURE-----\r\n\r\niQEzBAEB\r\n"
           b"-----END PGP SIGNATURE-----\r\n")
    return {
        "signed": site.client.sign_detached(header, messages.TEXT + b"\r\n"),
        "signed opaquely": site.client.sign_opaque(header, messages.TEXT),
        "encrypted": site.bob.encrypt(header, messages.TEXT),
        "signed with PGP": header + multipart(
            'signed; protocol="application/pgp-signature"; micalg=pgp-sha256',
            "pgp", messages.TEXT, b"Content-Type: application/pgp-signature"
            b"\r\n\r\n" + pgp.partition(b"Hello\r\n")[2]),
        "encrypted with PGP": header + multipart(
            'encrypted; protocol="application/pgp-encrypted"', "pgp",
            b"Content-Type: application/pgp-encrypted\r\n\r\nVersion: 1",
            b"Content-Type: application/octet-stream\r\n\r\n" +
            pgp.replace(b"SIGNED ", b"")),
        "inline PGP": header + b"\r\n" + pgp,
    }


@case("mail that nobody touches passes: S/MIME and DKIM verify")
def _(site):
    for name in list(FEARED)[::3]:
        mail = build(ALICE, [DAVE], FEARED[name])
        left = site.through(mail)
        tap.note(name)
        equal(openssl.names_of(site.verify(left)[1]), [ALICE], name)
        check(site.accepted_by_gpgsm(left), f"gpgsm: {name}")


@case("encrypted mail that nobody touches passes, and can be opened")
def _(site):
    for content in (PLAIN, REPORT):
        mail = build(ALICE, [BOB], content)
        inside = site.bob.decrypt(site.through(mail, to=BOB))
        messages.same_content(mail, site.verify(inside)[0])


@case("what a client has signed or encrypted passes byte for byte")
def _(site):
    for name in protected_by_others(site, b""):
        mail = protected_by_others(site, build(ALICE, [DAVE], b""))[name]
        left = site.through(mail)
        check(left.endswith(mail) or name == "inline PGP", f"{name}: {left}")
    mail = build(FRANK, [DAVE])
    check(site.through(mail, user=FRANK).endswith(mail), "an unsigned mail")


# -- altermime --


@case("altermime before us: its text is signed, and all verify")
def _(site):
    for content in (PLAIN, ALTERNATIVE, REPORT, HTML):
        mail = build(ALICE, [DAVE], content)
        with site.tools(before=footer_tools.altermime):
            left = site.through(mail)
        entity = site.verify(left)[0]
        text = b"".join(body for _, body in messages.leaves(entity))
        contains(text, WORDS)
        check(site.accepted_by_gpgsm(left), "gpgsm")


@case("altermime behind us: as a rule it leaves signed mail alone")
def _(site):
    with site.tools(behind=footer_tools.altermime):
        for content, to in ((PLAIN, DAVE), (ALTERNATIVE, DAVE), (PLAIN, BOB)):
            left = site.through(build(ALICE, [to], content), to=to)
            absent(left, WORDS)


@case("altermime behind us, called by our recipe, does so without exception")
def _(site):
    for name in ("altermime", "altermime, text and HTML"):
        mail, _ = touched(name)
        with site.tools(behind=footer_tools.altermime_by_recipe):
            site.verify(site.through(mail))
            mail = build(FRANK, [DAVE])
            contains(site.through(mail, user=FRANK), WORDS)


# -- what tools do behind us --

# name: (tool, content, recipient, word and part in the log, what else was
#        found)
TOOLS = {
    "altermime": (footer_tools.altermime, PLAIN, DAVE,
                  "text-appended", "1", []),
    "altermime, text and HTML": (
        footer_tools.altermime, ALTERNATIVE, DAVE, "text-appended", "1.1",
        ["text-inserted part=1.2"]),
    "altermime, attachments": (
        footer_tools.altermime_removes, REPORT, DAVE, "text-cut", "1.2",
        ["white-space part=1", "header-changed part=1.2"]),
    "a mailing list": (footer_tools.list_footer, PLAIN, DAVE, "wrapped", "1",
                       []),
    "a server that re-encodes": (
        footer_tools.encode_again, PLAIN, DAVE, "re-encoded", "1", []),
    "and one that does so with 8-bit text": (
        footer_tools.encode_again, FEARED["8-bit text"], DAVE, "re-encoded",
        "1", []),
    "a scanner that writes a part's header": (
        footer_tools.disarm_header, PLAIN, DAVE, "header-changed", "1", []),
    "a filter that tidies up": (
        footer_tools.tidy, SPACED, DAVE, "white-space", "1", []),
    "cat footer >> mail": (
        footer_tools.append_behind, PLAIN, DAVE, "after-end", "0", []),
    "a mailing list, ciphertext": (
        footer_tools.list_footer, PLAIN, BOB, "wrapped", "1", []),
    "another bit of a ciphertext": (
        footer_tools.touch_ciphertext, PLAIN, BOB, "text-changed", "1", []),
    "cat footer >> ciphertext": (
        footer_tools.append_behind, PLAIN, BOB, "after-end", "1", []),
}

ACTIONS = {"hold": 250, "refuse": 550, "tempfail": 451, "log": 250}
REPLIES = {550: "5.7.65 ", 451: "4.7.58 "}


def touched(name):
    """A mail that this tool does not leave alone, and its recipient."""
    _tool, content, to, *_ = TOOLS[name]
    return blindfolded(build(ALICE, [to], content)), to


def blindfolded(mail):
    """So that altermime takes it for unsigned mail."""
    return mail.replace(b"\r\n\r\n", b"\r\n" + BLINDFOLD + b"\r\n", 1)


@case("each tool behind us is found out, and its work held")
def _(site):
    found = {name: _found_out(site, name) for name in TOOLS}
    held = site.server.held()
    equal(sorted(held), sorted(found.values()), "held")
    for name, queue_id in found.items():
        check("the message was changed after it was signed: ".startswith(
            held[queue_id][:45]), f"{name}: {held[queue_id]}")
        site.server.discard(queue_id)
    equal(site.server.sink.all(), [], "what left")


def _found_out(site, name):
    """The queue id of a mail that the tool has changed."""
    tool, _, _, word, part, others = TOOLS[name]
    mail, to = touched(name)
    with site.tools(behind=tool):
        queue_id = site.submit(mail, to=to)
    facts = site.told(queue_id)
    equal([facts.get(key) for key in ("event", "action", "sealed", "change",
                                      "part")],
          ["seal-broken", "hold", "yes", word, part], name)
    lines = [line for line in site.guard.log_lines(queue_id)
             if ": seal-finding " in line]
    equal(len(lines), len(others), f"{name}: {lines}")
    for line, other in zip(lines, others):
        contains(line, f"change={other} ", name)
    return queue_id


@case("what the sender sees of it, and what leaves: refuse, tempfail, log")
def _(site):
    for action in ("refuse", "tempfail", "log"):
        with site.guarding(action):
            for name in list(TOOLS)[::3 if action == "tempfail" else 1]:
                _what_becomes_of_it(site, action, name)


def _what_becomes_of_it(site, action, name):
    tool, _, _, word, _, _ = TOOLS[name]
    mail, to = touched(name)
    code = ACTIONS[action]
    with site.tools(behind=tool):
        answer = site.submit(mail, to=to, code=code)
    if code != 250:
        contains(answer, REPLIES[code] + "the message was changed after it "
                 "was signed: ", name)
        line = site.guard.wait_log("seal-broken")
        contains(line, f"action={action} sealed=yes change={word} ", name)
        text = re.search(r'text="([^"]*)"', line).group(1)
        contains(answer, text, name)
        site.server.wait_empty()
        equal(site.server.sink.all(), [], f"what left of {name}")
        return
    equal(site.told(answer)["action"], "log", name)
    left = site.left(mail)
    if to == DAVE and word != "after-end":
        check(not site.accepted_by_gpgsm(left), f"{name}: gpgsm accepts it")


@case("what is held leaves when the operator lets it, without the field")
def _(site):
    mail, _ = touched("altermime")
    with site.tools(behind=footer_tools.altermime):
        queue_id = site.submit(mail)
    other = build(ALICE, [DAVE])
    site.verify(site.through(other))
    equal(list(site.server.held()), [queue_id], "held")
    site.server.release(queue_id)
    contains(site.left(mail), WORDS)
    equal(site.server.held(), {}, "held")


@case("what a client has signed itself is watched, too, also without a key")
def _(site):
    header = build(ALICE, [DAVE], b"")
    mail = site.client.sign_detached(
        header, b"Content-Type: text/plain\r\n\r\nHello,  you two  \r\n")
    with site.tools(behind=footer_tools.tidy):
        queue_id = site.submit(mail)
        facts = site.told(queue_id)
        equal([facts.get(key) for key in ("action", "sealed", "change",
                                          "part", "before")],
              ["hold", "yes", "white-space", "1", None])
        site.server.discard(queue_id)
        site.guard.reconfigure(key="", unsealed_action="refuse")
        try:
            contains(site.submit(mail, code=550), "5.7.65 the message was "
                     "changed after it was signed")
        finally:
            site.guard.reconfigure(key=site.seal_setting(),
                                   unsealed_action="log")


# -- copies --


@case("copies are watched on their way back, too")
def _(site):
    milters = [site.socket, site.behind.socket, *site.last]
    with site.module.Server(milters, [ALICE],
                            reinject_milters=milters) as server:
        site.reconfigure(more=site.seal_setting() +
                         mailserver.reinjection(server.reinject))
        for tool, held in ((leave_alone, 0), (footer_tools.list_footer, 2)):
            mail = build(ALICE, [BOB, DAVE])
            with site.tools(behind=tool):
                code, text = server.submit(ALICE, [BOB, DAVE], mail)
            equal(code, 250, text)
            equal(len(server.held()), held, "held")
            for queue_id in server.held():
                equal(site.told(queue_id)["change"], "wrapped")
                server.discard(queue_id)
            server.wait_empty()
            copies = server.sink.take_all(lambda m: True)
            equal(len(copies), 2 - held, "copies")
            for copy in copies:
                check(not SEAL.search(copy.data), "the field is there")
                check(site.dkim_key.verifies(copy.data), "DKIM")
                site.verify(copy.data if copy.recipients == [DAVE]
                            else site.bob.decrypt(copy.data))
        with site.guarding("refuse"), site.tools(
                behind=footer_tools.list_footer):
            code, text = server.submit(ALICE, [BOB, DAVE], build(
                ALICE, [BOB, DAVE]))
        equal(code, 451, text)
        server.wait_empty()
        equal(server.sink.all(), [], "what left")
    site.reconfigure(more=site.seal_setting())


# -- on a relay --


@contextlib.contextmanager
def relay(site):
    """A mail server that signs, and its next hop, which asks altermime and
    hands on to another mail server, with opendkim and the guard."""
    first = site.module.Server([site.socket], [ALICE])
    first.sink.close()
    first.sink = footer_tools.Hop(site.server)
    first.sink.tool = footer_tools.altermime
    with first:
        yield first


@case("on a relay behind altermime: what it left alone passes, what it did "
      "not is held, or refused, which the sender is told")
def _(site):
    with relay(site) as first:
        mail = build(ALICE, [DAVE])
        equal(first.submit(ALICE, [DAVE], mail)[0], 250)
        left = site.left(mail)
        site.verify(left)
        check(site.dkim_key.verifies(left), "DKIM")

        mail, _ = touched("altermime")
        equal(first.submit(ALICE, [DAVE], mail)[0], 250)
        first.wait_empty()
        queue_id, = site.server.held()
        equal(site.told(queue_id)["change"], "text-appended")
        site.server.discard(queue_id)

        with site.guarding("refuse"):
            mail, _ = touched("altermime")
            equal(first.submit(ALICE, [DAVE], mail)[0], 250)
            bounce = site.server.sink.take(lambda m: m.recipients == [ALICE])
        equal(bounce.sender, "")
        contains(b" ".join(bounce.data.split()), b"5.7.65 the message was "
                 b"changed after it was signed: text appended to part 1 (")
        first.wait_empty()
        equal(site.server.sink.all(), [], "what left")


# -- our own disclaimers --


def with_disclaimer(site, more=""):
    """The settings of a site with one, and more of the group defaults."""
    for name, text in (("legal.txt", LEGAL), ("legal.html", f"<p>{LEGAL}")):
        path = site.folder / name
        path.write_text(text + "\n", "utf-8")
        path.chmod(0o644)
    site.reconfigure(
        more=site.seal_setting() + f"""
disclaimers = ( {{ name = "legal"; text = "{site.folder}/legal.txt";
                   html = "{site.folder}/legal.html"; }} );""",
        defaults='disclaimer = "legal";' + more)


def check_disclaimer(entity, name):
    """Is it there, once in each text?"""
    message = email.message_from_bytes(entity, policy=email.policy.default)
    texts = [part for part in message.walk()
             if part.get_content_type() in ("text/plain", "text/html")]
    for part in texts:
        equal(html.unescape(part.get_content()).count(LEGAL), 1,
              f"disclaimers in {part.get_content_type()} of {name}")
    check(texts, "there is no text")


@case("our disclaimer goes in before the signature: all verify, no alarm")
def _(site):
    with_disclaimer(site)
    for name, content in {"plain": PLAIN, "8-bit": FEARED["8-bit text"],
                          "alternative": ALTERNATIVE, "attachment": REPORT,
                          "HTML": HTML}.items():
        left = site.through(build(ALICE, [DAVE], content))
        check_disclaimer(site.verify(left)[0], name)
        check(site.accepted_by_gpgsm(left), f"gpgsm: {name}")
        left = site.through(build(FRANK, [DAVE], content), user=FRANK)
        absent(left, b"multipart/signed")
        check_disclaimer(left, f"{name}, unsigned")
    left = site.through(build(ALICE, [BOB], ALTERNATIVE), to=BOB)
    check_disclaimer(site.verify(site.bob.decrypt(left))[0], "encrypted")


@case("no disclaimer is added to what a client has protected: not a byte")
def _(site):
    with_disclaimer(site)
    for user in (ALICE, FRANK):
        for name in protected_by_others(site, b""):
            mail = protected_by_others(site, build(user, [DAVE], b""))[name]
            code, text = site.server.submit(user, [DAVE], mail)
            equal(code, 250, text)
            lines = site.log_lines(site.server.queue_id(text))
            line, = [line for line in lines if ": disclaimer " in line]
            contains(line, " disclaimer=refused reason=", name)
            left = site.left(mail)
            check(left.endswith(mail), f"{name}: {left}")


@case("who is to be told that it cannot be added is told so")
def _(site):
    with_disclaimer(site, more=' disclaimer_protected = "refuse";')
    for name in protected_by_others(site, b""):
        mail = protected_by_others(site, build(ALICE, [DAVE], b""))[name]
        contains(site.submit(mail, code=550), "5.7.64 ", name)
    left = site.through(build(ALICE, [DAVE]))
    check_disclaimer(site.verify(left)[0], "what is not protected")
    equal(site.server.sink.all(), [], "what left")


def main(module):
    tap.main(lambda: Fixture(module))
