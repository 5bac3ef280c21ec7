#!/usr/bin/python3
"""smime-milter as a program: its command line, its start and end, signals,
and what it says when something is wrong."""

import os
import pathlib
import re
import signal
import stat
import threading

import tap
from mta_client import ALL_ACTIONS, ALL_STEPS, LEADING_SPACE, MilterGone
from processes import (Process, has_ended, identity_of, is_root, together,
                       wait_until)
from tap import Skip, case, check, contains, equal
from testsite import MILTER_USER, Site, program

ALICE = "alice@example.org"
MESSAGE = (b"From: Alice <alice@example.org>\r\nTo: bob@example.net\r\n"
           b"Subject: greeting\r\n\r\nHello Bob.\r\n")
CHANGE_HEADER = 0x10


class DaemonSite(Site):
    def prepare(self):
        self.usual = dict(self.settings)
        self.add_user(ALICE)
        self.issue(ALICE)

    def milter_program(self, *arguments):
        """smime-milter to its end: (status, stdout, stderr)."""
        done = self.run("smime-milter", *arguments, user=MILTER_USER)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def other_configuration(self, text):
        """Path of another file, not the one of the running daemon."""
        path = self.folder / "other.conf"
        path.write_text(text)
        path.chmod(0o644)
        return path

    def variant(self, **changes):
        """The site's settings with changes, as text."""
        saved = dict(self.settings)
        try:
            self.write_settings(**changes)
            return self.configuration.read_text()
        finally:
            self.settings = saved
            self.write_settings()

    def is_signed(self):
        verdict = self.submit(ALICE, ["bob@example.net"], MESSAGE)
        return verdict.accepted and b"multipart/signed" in verdict.data

    def reload(self):
        before = self.milter.output().count("reloaded")
        self.milter.signal(signal.SIGHUP)
        wait_until(lambda: self.milter.output().count("reloaded") > before,
                   "the reload")

    def start_milter(self):
        """Until it is ready; that it listens is only the beginning."""
        super().start_milter()
        self.wait_serves(self.milter)

    def wait_serves(self, process):
        process.wait_ready(lambda: "serves unix:" in process.output(), "start")

    def fresh_milter(self):
        """A running daemon with the usual settings and an empty log."""
        self.write_settings(**self.usual)
        self.milter.stop()
        self.empty_log()
        self.start_milter()

    def empty_log(self):
        tap.absent(self.milter.output(), "Sanitizer", "log")
        os.truncate(self.folder / "log" / "milter", 0)


def restoring(function):
    """For cases that leave other settings, or no daemon."""

    def run(site):
        try:
            function(site)
        finally:
            site.fresh_milter()

    return run


# -- the command line --


@case("-V tells the versions")
def version(site):
    status, out, _ = site.milter_program("-V")
    equal(status, 0, "status")
    check(re.match(r"smime-milter \d+\.\d+\.\d+ \(OpenSSL 3.*, libmilter "
                   r"\d", out), out)


@case("-h tells how it is called")
def usage_asked_for(site):
    for option in "-h", "--help":
        status, out, err = site.milter_program(option)
        equal((status, err), (0, ""), "status, stderr")
        check(out.startswith("usage: smime-milter [-c file]"), out)


@case("wrong usage has a status of its own")
def usage(site):
    for arguments, text in ((["-x"], "-x: no such option"),
                            (["-c"], "-c: needs an argument"),
                            (["start"], "start: unexpected argument")):
        status, _, err = site.milter_program(*arguments)
        equal(status, 2, f"status of {arguments}")
        contains(err, text)
        contains(err, "usage: ")


@case("-n finds the site good, and starts nothing")
def check_good(site):
    status, out, err = site.milter_program("-n", "-c", site.configuration)
    equal((status, err), (0, ""), "status, stderr")
    contains(out, f"{site.configuration}: good")
    contains(out, "store: 1 domains, 1 users, 0 contacts")
    contains(out, "smime-keyd")
    check(site.is_signed(), "the running daemon was not disturbed")


@case("-n and the start tell what is wrong, a line each")
def check_bad(site):
    other = site.folder / "other.conf"
    nowhere = site.folder / "nowhere"
    good = site.variant()
    first = good.count("\n") + 1
    bad = {
        good + 'colour = "red";\nuser = 7;\nkeyd_timeout = "1h";\n': [
            f"{other}:{first}: colour: unknown option; there is role, socket",
            f"{other}:{first + 1}: user: expected a name",
            f"{other}:{first + 2}: keyd_timeout: expected a time"],
        good + "colour red;\n": [f"{other}:{first}: syntax error"],
        good + f'temp_folder = "{nowhere}";\n': [
            f"temp_folder: cannot write to {nowhere}"],
        good.replace("store/store.db", "store/none.db"): [
            "smimectl store migrate"],
        good.replace("ca.d", "nowhere"): [str(nowhere)],
        good.replace('"stderr"', f'"{nowhere}/log"'): [
            f"log.target: cannot open {nowhere}/log"],
        good.replace('"stderr"', f'"{site.folder}/run"'): [
            f"log.target: cannot open {site.folder}/run"],
        good + 'socket_group = "no-such-group";\n': [
            'socket_group: there is no group "no-such-group"'],
    }
    for text, lines in bad.items():
        # The start needs a socket of its own to get that far.
        for options in (["-n"], ["-f"]):
            path = site.other_configuration(
                text.replace("run/milter.sock", "run/other.sock"))
            status, out, err = site.milter_program(*options, "-c", path)
            equal((status, out), (1, ""), f"status, stdout: {err}")
            equal(len(err.splitlines()), len(lines), f"lines of {err!r}")
            for got, wanted in zip(err.splitlines(), lines):
                contains(got, "smime-milter: ")
                contains(got, wanted)
    check(not (site.folder / "run/other.sock").exists(), "no socket is left")


@case("-n and the start tell what is wrong with the key of the seal")
def check_seal_key(site):
    key = site.folder / "bad-seal.key"
    signer = site.variant().replace("run/milter.sock", "run/other.sock")
    guard = (f'role = "guard"; socket = "unix:{site.folder}/run/other.sock"; '
             'log = { target = "stderr"; };\n')
    for content, mode, wanted in (
            (None, None, f"seal.key: {key}: No such file or directory; make it: "
                         f"smimectl seal key {key}"),
            ("0" * 64, 0o440, f"seal.key: {key}: mode 0440 lets others read "
                              f"it; run: chmod 0400 {key}"),
            ("0" * 63, 0o400, f"seal.key: {key}: must hold exactly 64 "
                              "hexadecimal digits")):
        if content is not None:
            key.write_text(content)
            key.chmod(mode)
            if is_root():
                os.chown(key, *identity_of(MILTER_USER))
        for text in (signer, guard):
            path = site.other_configuration(
                f'{text}seal = {{ key = "{key}"; }};\n')
            for options in (["-n"], ["-f"]):
                status, out, err = site.milter_program(*options, "-c", path)
                equal((status, out), (1, ""), f"status, stdout: {err}")
                equal(err, f"smime-milter: {wanted}\n", str(options))
        if content is not None:
            key.unlink()


@case("the guard is told to have a copy of a key that is the signer's")
def check_seal_key_owner(site):
    if not is_root():
        raise Skip("needs root")
    key = site.folder / "signers-seal.key"
    key.write_text("0" * 64)
    key.chmod(0o400)  # root's: whatever the user of the guard is, not its own
    path = site.other_configuration(
        f'role = "guard"; socket = "unix:{site.folder}/run/other.sock"; '
        f'log = {{ target = "stderr"; }}; seal = {{ key = "{key}"; }};\n')
    _status, _out, err = site.milter_program("-n", "-c", path)
    uid = identity_of(MILTER_USER)[0]
    equal(err, f"smime-milter: seal.key: {key} belongs to uid 0, and uid {uid} "
               f"cannot read it; make a copy of its own: install -o {uid} "
               f"-m 0400 {key} COPY\n")
    key.unlink()


@case("-n tells of a text that root can read, and the daemon could not again")
def check_readable(site):
    if not is_root():
        raise Skip("needs root")
    text = site.folder / "root-only.txt"
    text.write_text("Example Ltd\n")
    text.chmod(0o600)
    path = site.other_configuration(
        site.variant(more=f'user = "{MILTER_USER}"; disclaimers = '
                          f'( {{ name = "legal"; text = "{text}"; }} );')
        .replace("run/milter.sock", "run/other.sock"))
    done = site.run("smime-milter", "-n", "-c", path)
    uid = identity_of(MILTER_USER)[0]
    equal((done.returncode, done.stderr.decode()),
          (1, f"smime-milter: {text}: user {uid} cannot read it, so that a "
              f"reload fails; run: chmod a+r {text}\n"))
    text.chmod(0o644)
    equal(site.run("smime-milter", "-n", "-c", path).returncode, 0)
    closed = site.folder / "closed"
    closed.mkdir(mode=0o700)
    inside = closed / "inside.conf"
    inside.write_text(path.read_text())
    done = site.run("smime-milter", "-n", "-c", inside)
    equal((done.returncode, done.stderr.decode()),
          (1, f"smime-milter: {inside}: user {uid} cannot get there, so that "
              "a reload fails; a folder above it is closed\n"))
    text.unlink()


@case("-n tells that systemd's start would fail, for want of a group")
def check_group(site):
    if not is_root():
        raise Skip("needs root")
    path = site.other_configuration(
        site.variant(more=f'user = "{MILTER_USER}"; socket_group = "mail";')
        .replace("run/milter.sock", "run/other.sock"))
    done = site.run("smime-milter", "-n", "-c", path)
    equal((done.returncode, done.stderr), (0, b""), "status, stderr")
    contains(done.stdout.decode(),
             f"socket_group: {MILTER_USER} is not in group mail (systemd, "
             f"which starts as {MILTER_USER}, would fail); run: adduser "
             f"{MILTER_USER} mail\n")


@case("-n makes no log file, and needs none")
def check_log_file(site):
    log = site.folder / "run" / "not-yet.log"
    path = site.other_configuration(site.variant().replace(
        '"stderr"', f'"{log}"'))
    status, _, err = site.milter_program("-n", "-c", path)
    equal((status, err), (0, ""), "status, stderr")
    check(not log.exists(), "no log file is made")
    log.write_text("")
    log.chmod(0o666)
    status, _, err = site.milter_program("-n", "-c", path)
    equal((status, err), (0, ""), "status, stderr")


@case("a file that is not there")
def no_file(site):
    status, _, err = site.milter_program("-n", "-c", site.folder / "none.conf")
    equal(status, 1, "status")
    contains(err, "none.conf: No such file or directory")
    status, _, err = site.milter_program("-n")
    if status:  # unless this machine has one
        contains(err, "smime-milter.conf.sample")


@case("keyd may be away")
def check_without_keyd(site):
    path = site.other_configuration(
        site.variant().replace("keyd.sock", "gone.sock"))
    status, out, _ = site.milter_program("-n", "-c", path)
    equal(status, 0, "status")
    contains(out, "gone.sock: cannot connect")
    contains(out, "mail that is to be signed waits")


# -- start and end --


@case("there is one daemon on a socket, and a killed one is no obstacle")
@restoring
def one_daemon(site):
    status, _, err = site.milter_program("-f", "-c", site.configuration)
    equal(status, 1, "status")
    contains(err, "another process answers on this socket")
    check(site.is_signed(), "the first one still serves")
    site.milter.kill()
    check(pathlib.Path(site.socket).exists(), "the socket is left behind")
    site.start_milter()
    check(site.is_signed(), "the new one serves")


@case("the end: status 0, no socket, no pid file")
@restoring
def ends(site):
    pid_file = site.folder / "run" / "pid"
    for number in (signal.SIGTERM, signal.SIGINT):
        site.write_settings(more=f'pid_file = "{pid_file}";')
        site.milter.stop()
        site.empty_log()
        site.start_milter()
        equal(pid_file.read_text(), f"{site.milter.pid}\n", "pid file")
        site.milter.signal(number)
        equal(site.milter.wait(), 0, "status")
        check(not pid_file.exists(), "no pid file")
        check(not pathlib.Path(site.socket).exists(), "no socket")
        contains(site.milter.output(), "smime-milter: ended")


@case("in the background the status tells whether mail is served")
@restoring
def background(site):
    site.milter.stop()
    pid_file = site.folder / "run" / "pid"
    log = site.folder / "run" / "milter.log"
    text = site.variant(more=f'pid_file = "{pid_file}";')
    path = site.other_configuration(text)
    status, _, err = site.milter_program("-c", path)
    equal(status, 1, "status")
    contains(err, '"stderr" needs the foreground')
    path = site.other_configuration(text.replace('"stderr"', f'"{log}"'))
    status, out, err = site.milter_program("-c", path)
    equal((status, out, err), (0, "", ""), "status, stdout, stderr")
    pid = int(pid_file.read_text())
    try:
        check(site.is_signed(), "mail is served")
        contains(log.read_text(), "serves unix:")
        # What goes wrong behind the fork is told, too.
        status, _, err = site.milter_program("-c", path)
        equal(status, 1, "status of a second one")
        contains(err, "another process answers")
    finally:
        os.kill(pid, signal.SIGTERM)
        wait_until(lambda: has_ended(pid), "its end")


@case("as root it becomes the configured user and gives everything up")
@restoring
def confinement(site):
    if not is_root():
        raise Skip("needs root")
    site.milter.stop()
    config = site.variant(more=f'user = "{MILTER_USER}";')
    site.milter = Process(
        "smime-milter", [program("smime-milter"), "-f", "-c",
                         site.other_configuration(config)],
        site.folder / "log" / "milter-root")
    site.wait_serves(site.milter)
    proc = pathlib.Path(f"/proc/{site.milter.pid}")
    fields = dict(line.split(":\t", 1) for line in
                  (proc / "status").read_text().splitlines() if ":\t" in line)
    uid, gid = identity_of(MILTER_USER)
    equal(fields["Uid"].split(), [str(uid)] * 4, "uid")
    equal(fields["Gid"].split(), [str(gid)] * 4, "gid")
    equal(fields["Groups"].split(), [], "groups")
    for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        equal(int(fields[name], 16), 0, name)
    equal(fields["NoNewPrivs"], "1", "NoNewPrivs")
    check(re.search(r"Max core file size +0 +0 ", (proc / "limits").read_text()),
          "no core files")
    equal(os.stat(proc / "mem").st_uid, 0, "owner of mem: not dumpable")
    equal(os.stat(site.socket).st_uid, uid, "owner of the socket")
    check(site.is_signed(), "mail is served")
    site.milter.stop()
    done = site.run("smime-milter", "-n", "-c", site.other_configuration(
        site.variant(more='user = "no-such-user";')))
    equal(done.returncode, 1, "status")
    contains(done.stderr.decode(),
             'there is no user "no-such-user" to become')


@case("the socket has the configured mode")
@restoring
def socket_mode(site):
    equal(stat.S_IMODE(os.stat(site.socket).st_mode), 0o666, "mode")
    contains(site.milter.output(), "every user of this host can connect")
    site.configuration.write_text(site.configuration.read_text().replace(
        "socket_mode = 0666", "socket_mode = 0600"))
    site.milter.stop()
    site.empty_log()
    site.start_milter()
    equal(stat.S_IMODE(os.stat(site.socket).st_mode), 0o600, "mode")
    tap.absent(site.milter.output(), "every user of this host")


# -- signals --


@case("HUP: new settings for new messages, the old ones for those begun")
@restoring
def reload_settings(site):
    # Only who gets an answer knows that the message has begun.
    with site.mta(offer=LEADING_SPACE) as begun:
        begun.connect(daemon_name="SUBMISSION")
        begun.message(f"<{ALICE}>", ["<bob@example.net>"], MESSAGE,
                      login=ALICE, stop="rcpt")
        site.write_settings(more='domains = ( { name = "example.org"; } );')
        text = site.configuration.read_text().replace(
            "sign = true", "sign = false")
        site.configuration.write_text(text)
        site.reload()
        check(not site.is_signed(), "new messages are not signed")
        for name, value in begun.model.visible():
            begun.header(name, value)
        equal(begun.end_of_header({"i": "BEGUN"})[0], "continue", "header")
        begun.body(begun.model.body)
        equal(begun.end_of_message({"i": "BEGUN"})[0], "continue", "verdict")
        check("replbody" in begun.model.changes, "the one before is signed")
        begun.model = None
    site.write_settings(**site.usual)
    site.reload()
    check(site.is_signed(), "signed again")


@case("HUP with a bad file: the log says what, the old settings stay")
@restoring
def reload_bad(site):
    site.write_settings(more='nonsense = 1;\nlimits = 2;')
    site.milter.signal(signal.SIGHUP)
    site.wait_log("not reloaded: the settings before stay in force")
    contains(site.milter.output(), ": nonsense: unknown option")
    contains(site.milter.output(), ": limits: expected a group")
    check(site.is_signed(), "old settings")
    site.write_settings(**site.usual)
    site.configuration.write_text(
        site.configuration.read_text().replace("ca.d", "nowhere"))
    site.milter.signal(signal.SIGHUP)
    site.wait_log("not reloaded: the settings before stay in force: ")
    check(site.is_signed(), "old settings")


@case("HUP: what needs a restart is named")
@restoring
def reload_restart(site):
    site.write_settings(more='pid_file = "/nowhere/pid";')
    site.reload()
    site.wait_log("pid_file changes only with a restart")


@case("HUP: the role stays")
@restoring
def reload_role(site):
    site.configuration.write_text('role = "guard";')
    site.milter.signal(signal.SIGHUP)
    site.wait_log("not reloaded: the settings before stay in force: role "
                  "changes only with a restart")
    check(site.is_signed(), "old settings")


@case("a disclaimer that only the store knows is warned about")
@restoring
def reload_disclaimer(site):
    text = site.folder / "legal.txt"
    text.write_text("Example Ltd\n")
    site.write_settings(more=(
        f'disclaimers = ( {{ name = "legal"; text = "{text}"; }} );'))
    site.smimectl("domain", "add", "legal.example.org", "--disclaimer",
                  "legal")
    try:
        warning = ("there is no disclaimer legal, which legal.example.org "
                   "has: mail that is to have it waits")
        site.reload()
        check(warning not in site.milter.output(), "it is there")
        site.write_settings(**site.usual)
        site.reload()
        site.wait_log(warning)
        done = site.run("smime-milter", "-n", "-c", site.configuration,
                        user=MILTER_USER)
        equal(done.returncode, 0, done.stderr.decode())
        contains(done.stdout.decode(), warning)
        site.restart_milter()
        site.wait_log(warning)
        equal(site.json("status", status=1)["problems"], [warning])
    finally:
        site.smimectl("domain", "set", "legal.example.org", "--disclaimer",
                      "inherit")


@case("a disclaimer whose file has gone: the text before stays")
@restoring
def reload_lost_text(site):
    text = site.folder / "lost.txt"
    text.write_text("Example Ltd\n")
    site.write_settings(more=(
        f'disclaimers = ( {{ name = "lost"; text = "{text}"; }} );'))
    site.reload()
    text.unlink()
    site.milter.signal(signal.SIGHUP)
    site.wait_log(f"disclaimers[0].text: {text}: No such file or directory")
    site.wait_log("not reloaded: the settings before stay in force")
    check(site.is_signed(), "old settings")


@case("TERM: what is in flight is finished, what comes later is deferred")
@restoring
def drain(site):
    flying, late = site.mta(), site.mta()
    for mta in (flying, late):
        mta.connect(daemon_name="SUBMISSION")
    flying.message(f"<{ALICE}>", ["<bob@example.net>"], MESSAGE, login=ALICE,
                   stop="eoh")
    late.message(f"<{ALICE}>", ["<bob@example.net>"], MESSAGE, login=ALICE,
                 stop="rcpt")
    site.milter.signal(signal.SIGTERM)
    wait_until(lambda: not pathlib.Path(site.socket).exists(), "the end begins")
    check(site.milter.alive(), "it waits")
    for name, value in late.model.visible():
        late.header(name, value)
    verdict, reply = late.end_of_header()
    equal(verdict, "reply", "verdict of the late one")
    contains(reply, "451 4.3.2 ")
    flying.body(flying.model.body)
    equal(flying.end_of_message()[0], "continue", "verdict")
    check("replbody" in flying.model.changes, "it is signed")
    equal(site.milter.wait(), 0, "status")
    for mta in (flying, late):
        mta.socket.close()


@case("USR1 opens the log again")
@restoring
def reopen_log(site):
    site.milter.stop()
    log, old = site.folder / "run" / "m.log", site.folder / "run" / "m.log.1"
    site.configuration.write_text(site.configuration.read_text().replace(
        '"stderr"', f'"{log}"'))
    site.start_milter()
    wait_until(lambda: "serves unix:" in log.read_text(), "log")
    log.rename(old)
    check(site.is_signed(), "signed")
    check("signed" in old.read_text(), "still the old file")
    site.milter.signal(signal.SIGUSR1)
    wait_until(log.exists, "the new file")

    def logged_there():
        """The file is made before it is written to instead of the old one."""
        check(site.is_signed(), "signed")
        return "signed" in log.read_text()

    wait_until(logged_there, "a line in the new file")
    size = old.stat().st_size
    check(site.is_signed(), "signed")
    equal(old.stat().st_size, size, "size of the old file")


@case("hundreds of HUP and USR1 while mail flows: nothing is lost")
def signal_storm(site):
    done = threading.Event()

    def storm():
        while not done.is_set():
            for number in (signal.SIGHUP, signal.SIGUSR1, signal.SIGHUP):
                site.milter.signal(number)
            done.wait(0.002)

    def mail():
        try:
            for _ in range(150):
                check(site.is_signed(), "signed")
        finally:
            done.set()

    together(storm, mail)
    check(site.milter.alive(), "it still runs")


# -- the mail server's side --


@case("a mail server that cannot do what is needed is told off")
def old_server(site):
    for offer in ({"actions": ALL_ACTIONS & ~CHANGE_HEADER},
                  {"offer": ALL_STEPS & ~LEADING_SPACE}):
        try:
            site.mta(**offer).socket.close()
            raise AssertionError("it was served")
        except MilterGone:
            pass
        site.wait_log("the mail server is too old")
    check(site.is_signed(), "others are served")


@case("a mail server that wants an answer to everything gets it")
def chatty_server(site):
    with site.mta(offer=LEADING_SPACE) as mta:
        for step in (mta.connect(daemon_name="SUBMISSION"), mta.helo()):
            equal(step[0], "continue", "answer")
        for _ in range(3):
            verdict = mta.message(f"<{ALICE}>", ["<bob@example.net>"], MESSAGE,
                                  login=ALICE)
            check(verdict.accepted, verdict.reply)
            contains(verdict.data, b"multipart/signed")


@case("only the macros and steps that are used are asked for")
def negotiation(site):
    with site.mta() as mta:
        equal(mta.wanted_macros,
              {"C": ["{daemon_name}", "v"],
               "M": ["i", "{auth_authen}", "{auth_ssf}", "{verify}",
                     "{cert_subject}", "{cert_issuer}", "{cn_subject}",
                     "{cn_issuer}"],
               "R": ["i", "{rcpt_addr}"], "N": ["i"], "E": ["i"]}, "macros")
        equal(mta.actions, 0x1bf, "actions")
        mta.connect()


@case("one connection: messages, aborts and new sessions in any order")
def one_connection(site):
    with site.mta(rules="sendmail") as mta:
        for address in (None, "unix:/x", "2001:db8::1", "192.0.2.1"):
            mta.connect(address=address, daemon_name="SUBMISSION")
            mta.helo()
            for stop in ("mail", "rcpt", "header", "eoh", "body"):
                mta.message(f"<{ALICE}>", ["<bob@example.net>"], MESSAGE,
                            login=ALICE, stop=stop)
                mta.abort()
                verdict = mta.message(f"<{ALICE}>", ["<bob@example.net>"],
                                      MESSAGE, login=ALICE)
                check(verdict.accepted, verdict.reply)
                contains(verdict.data, b"multipart/signed")
            mta.quit_and_reuse()
        mta.connect()


@case("a client that goes away in mid-message is no trouble")
def goes_away(site):
    for stop in ("mail", "rcpt", "header", "eoh", "body"):
        mta = site.mta()
        mta.connect(daemon_name="SUBMISSION")
        mta.message(f"<{ALICE}>", ["<bob@example.net>"], MESSAGE, login=ALICE,
                    stop=stop)
        mta.socket.close()
    check(site.is_signed(), "others are served")


@case("the end is clean when nobody is connected")
@restoring
def clean_end(site):
    equal(site.milter.stop(), 0, "status")


tap.main(DaemonSite)
