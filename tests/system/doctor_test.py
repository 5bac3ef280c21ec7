#!/usr/bin/python3
"""smimectl doctor with configurations that Postfix and Sendmail themselves
read: what the README and the manual recommend is nothing to complain about;
each mistake, made alone, is found, and done away with by what the doctor says,
taken literally."""

import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import tempfile

import sendmail
import tap
from tap import Skip, case, check, contains, equal
from testsite import is_sanitized, program

SOURCE = pathlib.Path(os.environ.get("top_srcdir", ".")).resolve()
POSTCONF = "/usr/sbin/postconf"
POSTFIX_FILES = pathlib.Path("/usr/share/postfix")

SUBMISSION = """
submission inet n - y - - smtpd
  -o milter_macro_daemon_name=SUBMISSION
  -o smtpd_sasl_auth_enable=yes
  -o smtpd_client_restrictions=permit_sasl_authenticated,reject
"""

# Around the lines of README; there is no daemon that reads it.
SENDMAIL_MC = """divert(-1)
include(`{cf}/m4/cf.m4')
divert(0)dnl
define(`PROCMAIL_MAILER_PATH', `/bin/false')dnl
OSTYPE(`linux')dnl
FEATURE(`no_default_msa')dnl
DAEMON_OPTIONS(`Name=MX, Port=25, Family=inet')dnl
DAEMON_OPTIONS(`Name=SUBMISSION, Port=587, Family=inet, Modifiers=Ea')dnl
MAILER(`smtp')dnl
MAIL_FILTER(`opendkim', `S=inet:8891@127.0.0.1, F=T')dnl
MAIL_FILTER(`clamav', `S=inet:7357@127.0.0.1, F=T')dnl
MAIL_FILTER(`altermime', `S=inet:10099@127.0.0.1, F=T')dnl
"""

GUARD_CONF = """
role = "guard";
socket = "unix:/var/spool/postfix/smime-milter-guard/milter.sock";
user = "smime-guard";
socket_group = "postfix";
"""
GUARD = "unix:/smime-milter-guard/milter.sock"
OURS = "unix:/smime-milter/milter.sock"
DKIM = "inet:127.0.0.1:8891"
COPIES = "127.0.0.1:10026/inet"
CLAMAV = "inet:127.0.0.1:7357"


def section(title):
    """A section of README, up to the next heading."""
    text = (SOURCE / "README.md").read_text("utf-8")
    begin = text.index(f"### {title}\n")
    end = re.compile(r"^#", re.M).search(text, begin + 4)
    return text[begin:end.start()]


def blocks(title):
    """What stands between fences in a section of README."""
    return re.findall(r"^```\n(.*?)^```", section(title), re.M | re.S)


def heredocs(text):
    return re.findall(r"<<'END'\n(.*?)^END$", text, re.M | re.S)


def heredoc(text):
    return heredocs(text)[0]


class Own:
    """A configuration of ours, line by line, and perhaps a guard's."""

    def __init__(self, folder, text):
        self.path = folder / "smime-milter.conf"
        self.guard = folder / "smime-milter-guard.conf"
        self.path.write_text(text + f'store = "sqlite:{folder}/store.db";\n')

    def set(self, line, path=None):
        """An option, in the place of what there is of it."""
        path = path or self.path
        name = line.partition("=")[0].strip()
        kept = [old for old in path.read_text().splitlines()
                if old.partition("=")[0].strip() != name]
        path.write_text("\n".join([*kept, line]) + "\n")


class Server:
    """A configuration in a folder of its own.  A kind of it adds examine()'s
    options and how the steps of a remedy are taken."""

    def __init__(self, own):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="smime-doctor-"))
        self.own = Own(self.folder, own)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.folder, ignore_errors=True)

    def options(self):
        raise NotImplementedError

    def run(self, *options):
        return subprocess.run(
            [program("smimectl"), "-c", self.own.path, *options, "doctor",
             *self.options()], capture_output=True, text=True, check=False)

    def examine(self):
        """(exit status, what was found)."""
        done = self.run("--json")
        if done.returncode not in (0, 1):
            raise AssertionError(f"status {done.returncode}: {done.stderr}")
        report = json.loads(done.stdout)
        equal(done.returncode,
              1 if report["errors"] + report["warnings"] else 0, "status")
        return report

    def apply(self, steps):
        """What an operator does who follows a remedy to the letter."""
        for step in steps:
            if step["in"] == "shell":
                self.shell(step["text"])
            elif step["in"] == "smime-milter.conf":
                self.own.set(step["text"])
            elif step["in"] == "guard":
                self.own.set(step["text"], self.own.guard)
            elif step["in"] != "hand":
                self.apply_other(step)

    def apply_other(self, step):
        raise AssertionError(f"nothing to paste: {step}")

    def shell(self, command):
        """All but what needs users that are not there: a folder in the
        machine's own queue, and keys."""
        if shlex.split(command)[0] in ("adduser", "install", "smimectl"):
            return
        done = subprocess.run(["sh", "-ec", command], capture_output=True,
                              text=True, check=False,
                              env={"PATH": "/usr/sbin:/usr/bin:/bin"})
        equal(done.returncode, 0, f"{command}: {done.stderr}")

    def found(self):
        return [f["check"] for f in self.examine()["findings"]]


class Postfix(Server):
    """As Debian installs it, with what README says."""

    def __init__(self):
        block = blocks("With Postfix")[0]
        super().__init__(heredoc(block))
        self.etc = self.folder / "postfix"
        self.etc.mkdir()
        shutil.copy(POSTFIX_FILES / "main.cf.debian", self.etc / "main.cf")
        shutil.copy(POSTFIX_FILES / "master.cf.dist", self.etc / "master.cf")
        for command in re.findall(r"^postconf (?:.*\\\n)*.*$", block, re.M):
            self.shell(command.replace("postconf", f"postconf -c {self.etc}"))

    def options(self):
        self.age()
        return ["--postfix", self.etc]

    def age(self):
        """Postfix waits a second or two for files that have just been
        written."""
        for name in ("main.cf", "master.cf"):
            os.utime(self.etc / name, (1, 1))

    def shell(self, command):
        self.age()
        super().shell(command)

    def postconf(self, *arguments):
        self.shell(shlex.join(["postconf", "-c", str(self.etc), *arguments]))

    def append(self, text):
        with open(self.etc / "master.cf", "a", encoding="utf-8") as file:
            file.write(text)

    def add_copies(self):
        settings, listener = blocks(
            "Different copies for different recipients")[:2]
        self.own.set(settings.strip())
        self.append(listener)


    def add_guard(self):
        common, own = blocks("A guard at the end")[1:3]
        signer, guard = heredocs(common)
        self.own.set(signer.strip())
        self.own.guard.write_text(guard + heredoc(own))
        commands = "\n".join(line for line in own.splitlines()
                             if "postconf" in line or "guard=" in line)
        self.shell(commands.replace("postconf", f"postconf -c {self.etc}"))


class Sendmail(Server):
    """Debian's m4 sources, with the lines of README."""

    def __init__(self):
        block = blocks("With Sendmail")[0]
        own, lines = heredocs(block)
        super().__init__(own)
        self.mc = self.folder / "sendmail.mc"
        self.cf = self.folder / "sendmail.cf"
        self.mc.write_text(SENDMAIL_MC.format(cf=sendmail.CF) + lines)

    def options(self):
        done = subprocess.run(["m4", f"-D_CF_DIR_={sendmail.CF}/", self.mc],
                              capture_output=True, check=False)
        equal(done.returncode, 0, done.stderr)
        self.cf.write_bytes(done.stdout)
        return ["--sendmail", self.cf]

    def add(self, line):
        with open(self.mc, "a", encoding="utf-8") as file:
            file.write(line + "\n")

    def replace(self, old, new):
        """The one line that begins with old."""
        lines = self.mc.read_text().splitlines()
        places = [i for i, line in enumerate(lines) if line.startswith(old)]
        equal(len(places), 1, f"lines that begin with {old}")
        lines[places[0]] = new
        self.mc.write_text("\n".join(lines) + "\n")

    def apply_other(self, step):
        if step["in"] != "sendmail.mc":
            super().apply_other(step)
        elif step["instead"]:
            self.replace(step["instead"], step["text"])
        else:
            self.add(step["text"])

    def add_copies(self):
        settings = blocks("Different copies for different recipients")[0]
        lines = blocks("Different copies for different recipients")[2]
        self.own.set(settings.strip())
        self.add(lines.strip())

    def add_guard(self):
        _log, common, _postfix, lines = blocks("A guard at the end")[:4]
        signer, guard = heredocs(common)
        own, line = heredocs(lines)
        self.own.set(signer.strip())
        self.own.guard.write_text(guard + own)
        self.add(line.strip())
        text = self.mc.read_text()
        self.mc.write_text(re.sub(r"(InputMailFilters=[^')]*)", r"\1;guard",
                                  text))


class Fixture:
    def __enter__(self):
        if not os.path.exists(POSTCONF):
            raise Skip(f"{POSTCONF} is not installed")
        return self

    def __exit__(self, *_):
        return None


def replaced(text, *pairs):
    for old, new in pairs:
        check(old in text, f"{old!r} is there")
        text = text.replace(old, new)
    return text


def examples(manual):
    """Literal examples of a manual page."""
    text = (SOURCE / "milter" / manual).read_text("utf-8")
    return re.findall(r"^\.Bd -literal[^\n]*\n(.*?)^\.Ed", text, re.M | re.S)


def example(manual, part):
    return next(text for text in examples(manual) if part in text)


def healed(server, word):
    """The mistake is found, wherever it shows, and nothing else; the remedies
    do away with it."""
    findings = server.examine()["findings"]
    equal({f["check"] for f in findings}, {word}, "found")
    for finding in findings:
        for key in ("what", "why", "where", "remedy"):
            check(finding[key], f"{word} has a {key}")
        server.apply(finding["remedy"])
    equal(server.found(), [], f"after {[f['remedy'] for f in findings]}")


def each(server, files, mistakes, make):
    """Makes one mistake after the other, each in the files as they are."""
    texts = {path: path.read_text() for path in files}
    failed = []
    # What sanitizers look for does not need them all.
    for word, mistake in mistakes[::3 if is_sanitized() else 1]:
        for path, text in texts.items():
            path.write_text(text)
        try:
            make(mistake)
            healed(server, word)
        except AssertionError as error:
            failed.append(f"{word} {mistake}: {error}")
    if failed:
        raise AssertionError("\n".join(failed))


# Each is made alone in a Postfix with everything that README has.
POSTFIX_MISTAKES = (
    ("default-action", ["-e", "milter_default_action=accept"]),
    ("default-action", ["-e", "milter_default_action=quarantine"]),
    ("default-action", ["-P", "smtp/inet/milter_default_action=accept"]),
    ("default-action",
     ["-e", f"smtpd_milters={{ {OURS}, default_action=accept }}"]),
    ("default-action-bounces", ["-e", "milter_default_action=reject"]),
    ("milter-missing", ["-P", "submission/inet/smtpd_milters="]),
    ("milter-missing", ["-P", f"smtp/inet/smtpd_milters={DKIM}"]),
    ("milter-twice", ["-e", f"smtpd_milters={OURS}, {OURS}",
                      f"non_smtpd_milters={OURS}"]),
    ("sendmail-command", ["-e", "non_smtpd_milters="]),
    ("milter-unreachable", ["-F", "smtp/inet/chroot=n"]),
    ("milter-unreachable", ["-P", "submission/inet/smtpd_milters="
                            "unix:/var/spool/postfix" + OURS[5:]]),
    ("milter-unreachable", ["-P", "submission/inet/smtpd_milters="
                            "unix:/run/smime-milter/other.sock"]),
    ("protocol", ["-e", "milter_protocol=4"]),
    ("time-out", ["-e", "milter_content_timeout=5s"]),
    ("time-out", ["-e", "milter_command_timeout=1s"]),
    ("macros", ["-e", "milter_mail_macros=i {mail_addr}"]),
    ("macros", ["-e", "milter_connect_macros=j"]),
    ("unused-parameter", ["-e", f"smtpd_milter={OURS}", "another=one"]),
    ("submission-by-strangers",
     ["-P", "smtp/inet/milter_macro_daemon_name=SUBMISSION"]),
    ("daemon-name", ["-P", "submission/inet/milter_macro_daemon_name=X"]),
    ("no-milters", ["-P", "submission/inet/receive_override_options="
                    "no_milters,no_address_mappings"]),
    ("milter-maps", ["-P", "smtp/inet/smtpd_milter_maps=cidr:/etc/maps"]),
    ("proxy-filter", ["-P", "smtp/inet/smtpd_proxy_filter=127.0.0.1:10025"]),
    ("content-filter", ["-e", "content_filter=smtp-amavis:[127.0.0.1]:10024"]),
    ("content-filter", ["-P", "submission/inet/content_filter=scan:x"]),
    ("order-signer",
     ["-P", f"submission/inet/smtpd_milters={DKIM},{OURS}"]),
    ("order-scanner",
     ["-P", f"submission/inet/smtpd_milters={OURS},{CLAMAV}"]),
    ("order-behind", ["-P", f"submission/inet/smtpd_milters={OURS},"
                      f"unix:private/footer,{DKIM}"]),
    ("order-verifier", ["-P", f"smtp/inet/smtpd_milters={OURS},{DKIM}"]),
    ("order-scanner", ["-P", f"smtp/inet/smtpd_milters={CLAMAV},{OURS}",
                       f"{COPIES}/smtpd_milters={OURS},{CLAMAV}"]),
    ("order-shared", ["-P", "smtp/inet/smtpd_sasl_auth_enable=yes",
                      f"smtp/inet/smtpd_milters={OURS},{DKIM}"]),
    ("order-signer", ["-e", f"non_smtpd_milters={DKIM},{OURS}"]),
    ("addresses-rewritten", ["-e", "smtp_generic_maps=hash:/etc/generic"]),
    ("addresses-rewritten",
     ["-P", "relay/unix/smtp_generic_maps=hash:/etc/generic"]),
    ("body-checks", ["-e", "smtp_body_checks=pcre:/etc/body"]),
    ("later-header-checks", ["-e", "smtp_header_checks=pcre:/etc/header"]),
    ("later-header-checks", ["-e", "smtp_nested_header_checks=pcre:/etc/h"]),
    ("milter-header-checks", ["-e", "milter_header_checks=pcre:/etc/milter"]),
    ("line-length", ["-e", "smtp_line_length_limit=500"]),
    ("8bit", ["-e", "disable_mime_output_conversion=yes"]),
    ("message-size", ["-e", "message_size_limit=10240000"]),
    ("message-size", ["-e", "message_size_limit=10240000",
                      "mailbox_size_limit=10240000"]),
    ("copies-missing", ["-MX", COPIES]),
    ("copies-open", ["-F", f"{COPIES}/service=10026"]),
    ("copies-first", ["-P", f"{COPIES}/smtpd_milters={DKIM}"]),
    ("copies-first",
     ["-P", f"{COPIES}/smtpd_milters={DKIM},{OURS}"]),
    ("copies-signer", ["-P", f"{COPIES}/smtpd_milters={OURS}",
                       f"submission/inet/smtpd_milters={OURS},{DKIM}"]),
    ("copies-scanner", ["-P", f"smtp/inet/smtpd_milters={OURS},{CLAMAV}"]),
    ("copies-behind", ["-P", f"{COPIES}/smtpd_milters={OURS},"
                       f"unix:private/footer,{DKIM}"]),
    ("copies-rewritten", ["-P", f"{COPIES}/"
                          "local_header_rewrite_clients=permit_mynetworks"]),
    ("copies-refused", ["-PX", f"{COPIES}/"
                        "receive_override_options"]),
    ("copies-refused", ["-P", f"{COPIES}/smtpd_helo_restrictions="
                        "reject_unknown_helo_hostname"]),
    ("copies-refused", ["-P", f"{COPIES}/smtpd_relay_restrictions="
                        "reject_unauth_destination"]),
    ("copies-tls",
     ["-P", f"{COPIES}/smtpd_tls_security_level=encrypt"]),
    ("no-milters", ["-P", f"{COPIES}/receive_override_options="
                    "no_unknown_recipient_checks,no_header_body_checks,"
                    "no_milters"]),
)


def full_postfix():
    server = Postfix()
    server.add_copies()
    server.append(SUBMISSION)
    server.own.set('outbound = { submission_daemons = [ "SUBMISSION" ]; };')
    return server


@case("what README says about Postfix is nothing to complain about")
def _readme(_):
    with Postfix() as server:
        equal(server.found(), [])
        server.add_copies()
        equal(server.found(), [])
        server.add_guard()
        equal(server.found(), [])
    with full_postfix() as server:
        report = server.examine()
        equal(report["findings"], [])
        check(len(report["right"]) > 4, "what is right is told")


@case("the order of milters in the manual is nothing to complain about")
def _manual(_):
    manual = "daemon/smime-milter.8"
    with full_postfix() as server:
        # The manual's socket is not below the queue.
        here = ("unix:/run/smime-milter/milter.sock", OURS)
        lists = replaced(example(manual, "mx_milters ="), here)
        services = example(manual, "smtpd_milters=$mx_milters")
        with open(server.etc / "main.cf", "a", encoding="utf-8") as file:
            file.write(lists)
        server.postconf("-MX", "submission/inet")
        server.postconf("-MX", "smtp/inet")
        server.append(services)
        server.postconf("-P", f"{COPIES}/smtpd_milters={OURS},{CLAMAV},{DKIM}")
        equal(server.examine()["findings"], [])


@case("each mistake in a Postfix is found, and its remedy is one")
def _postfix(_):
    with full_postfix() as server:
        each(server, (server.own.path, server.etc / "main.cf",
                      server.etc / "master.cf"), POSTFIX_MISTAKES,
             lambda arguments: server.postconf(*arguments))


def tcp(server):
    server.own.set('socket = "inet:8892@127.0.0.1";')
    server.postconf("-e", "smtpd_milters=inet:127.0.0.1:8892")
    server.postconf(
        "-P", f"{COPIES}/smtpd_milters=inet:127.0.0.1:8892,{DKIM}")


def no_group(server):
    server.own.set('socket_group = "";')


def far(server):
    server.own.set('socket = "unix:/run/smime-milter/milter.sock";')
    server.postconf(
        "-e", "smtpd_milters=unix:/run/smime-milter/milter.sock")
    server.postconf("-P", f"{COPIES}/smtpd_milters="
                    "unix:/run/smime-milter/milter.sock")


def certificates(server):
    server.own.set('client_certificates = ( { name = "Robot"; addresses = '
                   '[ "robot@example.org" ]; } );')
    server.postconf("-e", "milter_macro_v=Something else")


def named(server):
    server.own.set('outbound = { submission_daemons = [ "OURS" ]; };')


def dropped(server):
    table = server.folder / "header_checks"
    table.write_text("# ours\n/^X-Spam: yes/ REJECT\n"
                     "/^X-SMIME-/\n  IGNORE\n/^Subject: viagra/ DISCARD\n")
    server.postconf("-e", f"header_checks=regexp:{table}")


def unread(server):
    server.postconf("-e", "header_checks=regexp:/nonexistent")


@case("mistakes that concern our own configuration, too")
def _own(_):
    with full_postfix() as server:
        each(server, (server.own.path, server.etc / "main.cf",
                      server.etc / "master.cf"),
             (("tcp-socket", tcp), ("socket-group", no_group),
              ("milter-unreachable", far),
              ("client-certificates", certificates), ("daemon-name", named),
              ("fields-dropped", dropped)),
             lambda make: make(server))
        unread(server)
        equal(server.found(), ["unreadable"])


def guarded(server):
    """A guard, and keys that are the same."""
    for name in ("seal.key", "guard-seal.key"):
        (server.folder / name).write_text("ab" * 32 + "\n")
        (server.folder / name).chmod(0o400)
    server.own.guard.write_text(GUARD_CONF)
    server.own.set(f'seal = {{ key = "{server.folder}/seal.key"; }};')
    server.own.set(f'seal = {{ key = "{server.folder}/guard-seal.key"; }};',
                   server.own.guard)
    server.postconf("-e", f"smtpd_milters={OURS},{GUARD}",
                    "non_smtpd_milters=$smtpd_milters")
    server.postconf("-P", f"{COPIES}/smtpd_milters={OURS},{DKIM},{GUARD}")


def without_key(server):
    server.own.set('seal = { key = ""; };', server.own.guard)


def without_own_key(server):
    server.own.set('seal = { key = ""; };')


def without_guard(server):
    server.own.guard.unlink()
    server.postconf("-e", f"smtpd_milters={OURS}")
    server.postconf("-P", f"{COPIES}/smtpd_milters={OURS},{DKIM}")


def not_last(server):
    server.postconf("-P", f"submission/inet/smtpd_milters="
                    f"{OURS},{GUARD},{DKIM}")


def missing(server):
    server.postconf("-P", f"submission/inet/smtpd_milters={OURS}")


def no_copies(server):
    """What is made has the guard, too."""
    server.postconf("-P", f"submission/inet/smtpd_milters="
                    f"{OURS},{DKIM},{GUARD}")
    server.postconf("-MX", COPIES)


def not_everywhere(server):
    server.postconf("-P", f"{COPIES}/smtpd_milters={OURS},{DKIM}")


@case("a guard is last wherever mail leaves, and has the signer's key")
def _guard(_):
    with full_postfix() as server:
        guarded(server)
        equal(server.examine()["findings"], [])
        each(server, (server.own.path, server.own.guard,
                      server.etc / "main.cf", server.etc / "master.cf"),
             (("guard-key", without_key), ("guard-key", without_own_key),
              ("guard-not-last", not_last), ("guard-missing", missing),
              ("guard-missing", not_everywhere),
              ("copies-missing", no_copies),
              ("seal-without-guard", without_guard)),
             lambda make: make(server))
    with full_postfix() as server:
        guarded(server)
        (server.folder / "guard-seal.key").chmod(0o600)
        (server.folder / "guard-seal.key").write_text("cd" * 32 + "\n")
        equal(server.found(), ["guard-key"], "keys that differ")


@case("a guard behind a content filter watches it")
def _behind_filter(_):
    with full_postfix() as server:
        guarded(server)
        server.postconf("-e", f"smtpd_milters={OURS}",
                        "content_filter=scan:[127.0.0.1]:10024")
        server.postconf("-P", f"{COPIES}/smtpd_milters={OURS},{DKIM}")
        server.append("127.0.0.1:10025 inet n - y - - smtpd\n"
                      f"  -o smtpd_milters={GUARD}\n  -o content_filter=\n")
        equal(server.found(), [])


# --- Sendmail ---

SMIME_LINE = "INPUT_MAIL_FILTER(`smime', "
SOCKET = "S=unix:/run/smime-milter/milter.sock"
TIMES = "T=S:30s;R:2m;E:10m"
SUBMISSION_LINE = "DAEMON_OPTIONS(`Name=SUBMISSION"

# The line that is replaced ("": one more), and what takes its place.
SENDMAIL_MISTAKES = (
    ("default-action", (SMIME_LINE, f"{SMIME_LINE}`{SOCKET}, {TIMES}')dnl")),
    ("default-action-bounces",
     (SMIME_LINE, f"{SMIME_LINE}`{SOCKET}, F=R, {TIMES}')dnl")),
    ("time-out", (SMIME_LINE, f"{SMIME_LINE}`{SOCKET}, F=T')dnl")),
    ("time-out", (SMIME_LINE, f"{SMIME_LINE}`{SOCKET}, F=T, "
                  "T=S:30s;R:2m;E:1m')dnl")),
    ("milter-unreachable", (SMIME_LINE, f"{SMIME_LINE}"
                            f"`S=unix:/run/elsewhere.sock, F=T, {TIMES}')dnl")),
    ("milter-missing", ("DAEMON_OPTIONS(`Name=MX", "DAEMON_OPTIONS(`Name=MX, "
                        "Port=25, InputMailFilters=opendkim')dnl")),
    ("milter-missing", (SUBMISSION_LINE, f"{SUBMISSION_LINE}, Port=587, M=Ea, "
                        "InputMailFilters=')dnl")),
    ("milter-twice", ("", "define(`confINPUT_MAIL_FILTERS', "
                      "`smime, smime')dnl")),
    ("order-signer", (SUBMISSION_LINE, f"{SUBMISSION_LINE}, Port=587, M=Ea, "
                      "InputMailFilters=opendkim;smime')dnl")),
    ("order-scanner", (SUBMISSION_LINE, f"{SUBMISSION_LINE}, Port=587, M=Ea, "
                       "InputMailFilters=smime;clamav')dnl")),
    ("order-behind", (SUBMISSION_LINE, f"{SUBMISSION_LINE}, Port=587, M=Ea, "
                      "InputMailFilters=smime;altermime;opendkim')dnl")),
    ("order-verifier", ("DAEMON_OPTIONS(`Name=MX", "DAEMON_OPTIONS(`Name=MX, "
                        "Port=25, InputMailFilters=smime;opendkim')dnl")),
    ("message-size", ("", "define(`confMAX_MESSAGE_SIZE', `10000000')dnl")),
    ("addresses-rewritten", ("", "MASQUERADE_AS(`mx.example.net')dnl")),
    ("addresses-rewritten", ("", "FEATURE(`genericstable')dnl")),
    ("socket-group", ("", "define(`confRUN_AS_USER', `smmta:smmsp')dnl")),
    ("macros", ("", "define(`confMILTER_MACROS_ENVFROM', `i')dnl")),
    ("copies-missing", ("DAEMON_OPTIONS(`Name=REINJECT", "")),
    ("copies-open", ("DAEMON_OPTIONS(`Name=REINJECT", "DAEMON_OPTIONS(`"
                     "Name=REINJECT, Port=10026, "
                     "InputMailFilters=smime;opendkim')dnl")),
    ("copies-first", ("DAEMON_OPTIONS(`Name=REINJECT", "DAEMON_OPTIONS(`"
                      "Name=REINJECT, Addr=127.0.0.1, Port=10026, "
                      "InputMailFilters=opendkim')dnl")),
    ("submission-by-strangers",
     ("DAEMON_OPTIONS(`Name=MX", "DAEMON_OPTIONS(`Name=SUBMISSION, "
      "Port=25')dnl")),
)


@case("Sendmail: the order of milters in the manual")
def _sendmail_manual(_):
    if not sendmail.CF.exists() or shutil.which("m4") is None:
        raise Skip(f"no sendmail-cf in {sendmail.ROOT}")
    with Sendmail() as server:
        kept = [line for line in server.mc.read_text().splitlines()
                if not re.match(r"(INPUT_)?MAIL_FILTER|DAEMON_OPTIONS", line)]
        server.mc.write_text("\n".join([*kept, example(
            "daemon/smime-milter.8", "InputMailFilters=opendkim;smime")]))
        report = server.examine()
        equal(report["findings"], [])
        equal([[m["kind"] for m in l["milters"]]
               for l in report["servers"][0]["listeners"]],
              [["signer", "ours", "scanner"], ["scanner", "ours", "signer"]])


@case("Sendmail: what README says is right, each mistake is found and mended")
def _sendmail(_):
    if not sendmail.CF.exists() or shutil.which("m4") is None:
        raise Skip(f"no sendmail-cf in {sendmail.ROOT}")
    with Sendmail() as server:
        equal(server.examine()["findings"], [])
        server.add_copies()
        server.own.set('outbound = { submission_daemons = [ "SUBMISSION" ]; };')
        equal(server.examine()["findings"], [])
        each(server, (server.own.path, server.mc), SENDMAIL_MISTAKES,
             lambda mistake: server.replace(*mistake) if mistake[0]
             else server.add(mistake[1]))
    with Sendmail() as server:
        server.add_copies()
        server.add_guard()
        equal(server.examine()["findings"], [])


# --- the command itself ---

@case("every word is explained in the manual, and has a test")
def _words(_):
    source = (SOURCE / "milter/admin/doctor_check.c").read_text()
    words = re.findall(r'^    \[CHECK_\w+\] = \{"([\w-]+)"', source, re.M)
    check(len(words) > 40, f"{len(words)} words")
    manual = (SOURCE / "milter/admin/smimectl.8").read_text()
    manual = manual[manual.index(".Ss Words for weaknesses"):]
    explained = re.findall(r"^\.It Li (\S+)$",
                           manual[:manual.index("\n.Sh ")], re.M)
    equal(explained, words, "words of the manual")
    tests = "".join(path.read_text() for path in [
        pathlib.Path(__file__), *(SOURCE / "tests/unit").glob("test_doctor_*")])
    equal([w for w in words if f'"{w}"' not in tests], [], "without a test")


@case("exit status, and answers to what cannot be done")
def _status(_):
    with Postfix() as server:
        done = server.run()
        equal(done.returncode, 0, done.stderr)
        contains(done.stdout, "Nothing to complain about")
        check(re.search(r"^smtp/inet +strangers +smime-milter$", done.stdout,
                        re.M), "a table of listeners")
        server.postconf("-e", "milter_default_action=accept")
        done = server.run()
        equal(done.returncode, 1)
        contains(done.stdout, "error: default-action")
        contains(done.stdout, f"postconf -c {server.etc} -e "
                 "milter_default_action=tempfail")
        done = server.run("--csv")
        contains(done.stdout, "error,default-action,Postfix,")
        (server.etc / "main.cf").unlink()
        equal(subprocess.run([program("smimectl"), "-c", server.own.path,
                              "doctor", "--postfix", server.etc],
                             capture_output=True, check=False).returncode, 3)
        for options in (["--sendmail", "/nonexistent"],
                        ["--sendmail", "/dev/zero"],
                        ["--postfix", server.folder, "--guard",
                         "/nonexistent"],
                        ["--postfix", server.folder, "--guard",
                         server.own.path]):
            done = subprocess.run([program("smimectl"), "-c", server.own.path,
                                   "doctor", *options], capture_output=True,
                                  check=False)
            equal(done.returncode, 3, f"{options}: {done.stderr}")
        done = subprocess.run([program("smimectl"), "doctor", "everything"],
                              capture_output=True, check=False)
        equal(done.returncode, 2)


if __name__ == "__main__":
    tap.main(Fixture)
