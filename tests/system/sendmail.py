"""A private Sendmail 8.17 on loopback, beside an installed Postfix.

The Debian packages sendmail-bin and sendmail-cf are unpacked, never
installed (contrib/unpack-sendmail).  Sendmail sees a world of its own:

- a host name that is qualified (it sleeps for a minute otherwise), an
  /etc/hosts that knows it, and no DNS, which it would ask for an IPv6
  address of that name before it reads its configuration;
- a /dev with a log that is ours;
- this test's folder under a path that its safe-file rules accept: anything
  below /tmp is "unsafe: World writable directory";
- its own process ids: the end of the first process is the end of all.

The machine's /etc/mail and its own mail service are neither read nor changed.
"""

import os
import pathlib
import re
import shutil
import socket
import subprocess
import threading

import mailserver
from processes import Process, can_connect, is_root, wait_until

ROOT = pathlib.Path(os.environ.get("SENDMAIL_ROOT") or pathlib.Path(
    os.environ.get("top_builddir", "."), "sendmail")).resolve()
BINARY = ROOT / "usr/libexec/sendmail/sendmail"
CF = ROOT / "usr/share/sendmail/cf"

# Where Sendmail sees the test's folder, and the milters' folders below it.
INSIDE = "/mnt"

SENDMAIL_MC = """divert(-1)
include(`{cf}/m4/cf.m4')
divert(0)dnl
define(`PROCMAIL_MAILER_PATH', `/bin/false')dnl
OSTYPE(`linux')dnl
define(`QUEUE_DIR', `{inside}/queue')dnl
define(`STATUS_FILE', `{inside}/statistics')dnl
define(`HELP_FILE', `')dnl
define(`ALIAS_FILE', `')dnl
define(`confPID_FILE', `{inside}/pid')dnl
define(`confSERVICE_SWITCH_FILE', `{inside}/switch')dnl
define(`confDONT_PROBE_INTERFACES', `True')dnl
define(`confTO_IDENT', `0')dnl
define(`confSAFE_QUEUE', `{safe_queue}')dnl
define(`confQUEUE_LA', `1000')dnl
define(`confREFUSE_LA', `1000')dnl
define(`confDELAY_LA', `0')dnl
define(`confMIN_FREE_BLOCKS', `0')dnl
define(`confLOG_LEVEL', `14')dnl
define(`confAUTH_MECHANISMS', `PLAIN LOGIN')dnl
TRUST_AUTH_MECH(`PLAIN LOGIN')dnl
define(`SMART_HOST', `esmtp:[127.0.0.1]')dnl
define(`ESMTP_MAILER_ARGS', `TCP $h {sink}')dnl
FEATURE(`no_default_msa')dnl
FEATURE(`nocanonify')dnl
FEATURE(`accept_unresolvable_domains')dnl
DAEMON_OPTIONS(`Name=MX, Addr={host}, Port={mx}, Family={family}, InputMailFilters={mx_milters}')dnl
DAEMON_OPTIONS(`Name=SUBMISSION, Addr={host}, Port={submission}, Family={family}, Modifiers=Ea')dnl
DAEMON_OPTIONS(`Name=SUBMISSION, Addr={host}, Port={inner}, Family={family}')dnl
DAEMON_OPTIONS(`Name=REINJECT, Addr={host}, Port={reinject}, Family={family}, InputMailFilters={reinject_milters}')dnl
{tls}
{milters}
MAILER(`smtp')dnl
LOCAL_CONFIG
ESASL_CONF_PATH={inside}/sasl
"""

TLS = f"""
define(`confSERVER_CERT', `{INSIDE}/tls/cert.pem')dnl
define(`confSERVER_KEY', `{INSIDE}/tls/key.pem')dnl
define(`confCACERT', `{INSIDE}/tls/ca.pem')dnl
define(`confCACERT_PATH', `{INSIDE}/tls')dnl
"""

SASL = f"""
pwcheck_method: auxprop
auxprop_plugin: sasldb
sasldb_path: {INSIDE}/sasl/sasldb2
mech_list: PLAIN LOGIN
"""

NSSWITCH = """
passwd: files
group: files
hosts: files
"""

# Sendmail changes its groups, which makes the kernel forget that it is to
# die with its parent.  This shell does not, and it is process 1 in there.
ENTER = """set -e
folder=$1 inside=$2
shift 2
hostname mx.example.org
mount --bind "$folder/hosts" /etc/hosts
mount --bind "$folder/nsswitch" /etc/nsswitch.conf
for name in null zero random urandom; do
	mount --bind /dev/$name "$folder/dev/$name"
done
mount --rbind "$folder/dev" /dev
mount --bind "$folder" "$inside"
while [ "$1" != -- ]; do
	mount --bind "$1" "$inside/$2"
	shift 2
done
shift
"$@"
exit $?
"""


def unavailable():
    """Why there can be no Sendmail here, or None."""
    if not is_root():
        return "Sendmail needs root"
    if not BINARY.exists():
        return f"no Sendmail: run contrib/unpack-sendmail {ROOT}"
    for program, package in (("saslpasswd2", "sasl2-bin"), ("m4", "m4"),
                             ("unshare", "util-linux")):
        if shutil.which(program) is None:
            return f"{program} ({package}) is not installed"
    return None


def _endpoint(number, milter):
    """A milter's socket as sendmail.cf names it."""
    if isinstance(milter, str):
        return f"unix:{INSIDE}/milter{number}/{os.path.basename(milter)}"
    kind = "inet6" if ":" in milter[0] else "inet"
    return f"{kind}:{milter[1]}@{milter[0]}"


class _Log:
    """What reaches /dev/log, in a file."""

    def __init__(self, path, out):
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self._out = open(out, "wb", buffering=0)
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        while True:
            line = self._socket.recv(65536)
            if not line:
                break
            self._out.write(line.partition(b">")[2] + b"\n")
        self._socket.close()
        self._out.close()

    def close(self):
        self._socket.shutdown(socket.SHUT_RD)


class Sendmail(mailserver.MailServer):
    """See MailServer; the milters are asked under Sendmail's own rules."""

    kind = "sendmail"
    safe_queue = False  # does it write a message down before it says 250?
    accepted = r"(\w+) Message accepted"
    header_max = 32000

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self._log = None
        self._daemon = None

    def __exit__(self, *details):
        super().__exit__(*details)
        if self._log is not None:
            self._log.close()

    def _configure(self):
        for name, mode in (("queue", 0o700), ("sasl", 0o700), ("dev", 0o755)):
            (self.folder / name).mkdir(mode=mode)
        for name in ("null", "zero", "random", "urandom"):
            (self.folder / "dev" / name).touch()
        for number in range(len(self._all_milters())):
            (self.folder / f"milter{number}").mkdir()
        # It complains of every session when there is none.
        (self.folder / "statistics").touch()
        (self.folder / "switch").write_text("hosts files\naliases files\n")
        (self.folder / "nsswitch").write_text(NSSWITCH)
        (self.folder / "hosts").write_text("127.0.0.1 mx.example.org\n")
        (self.folder / "sasl" / "Sendmail.conf").write_text(SASL)
        for login in self.logins:
            self.add_login(login, self.folder / "sasl" / "sasldb2")
        self._write_cf()
        self._log = _Log(self.folder / "dev" / "log", self.folder / "maillog")

    def _all_milters(self):
        """Each once; its place in the list is its number."""
        return list(dict.fromkeys(
            self.milters + self.mx_milters + self.reinject_milters))

    def _names(self, milters):
        return ";".join(f"milter{self._all_milters().index(milter)}"
                        for milter in milters)

    def _declarations(self):
        """What sendmail.mc says of each milter."""
        for number, milter in enumerate(self._all_milters()):
            # The other macro only lets a daemon choose the filter.
            macro = "INPUT_MAIL_FILTER" if milter in self.milters \
                else "MAIL_FILTER"
            yield (f"{macro}(`milter{number}', "
                   f"`S={_endpoint(number, milter)}, F=T, "
                   f"T=S:30s;R:{self.patience}s;E:10m')dnl")

    def _write_cf(self):
        mc = SENDMAIL_MC.format(
            cf=CF, inside=INSIDE, safe_queue=self.safe_queue, sink=self.sink.port, mx=self.mx,
            submission=self.submission, inner=self.inside,
            reinject=self.reinject, host=self.host,
            tls=TLS if self.tls else "",
            milters="\n".join(self._declarations()),
            mx_milters=self._names(self.mx_milters),
            reinject_milters=self._names(self.reinject_milters),
            family="inet6" if ":" in self.host else "inet")
        done = subprocess.run(["m4", f"-D_CF_DIR_={CF}/", "-"],
                              input=mc.encode(), capture_output=True,
                              check=True)
        (self.folder / "sendmail.cf").write_bytes(done.stdout)

    def command(self, *arguments):
        """A Sendmail with these arguments, in its world."""
        mounts = [word for number, path in enumerate(self._all_milters())
                  if isinstance(path, str)
                  for word in (os.path.dirname(path), f"milter{number}")]
        return ["unshare", "--uts", "--mount", "--pid", "--fork",
                "--kill-child", "--", "/bin/sh", "-c", ENTER, "sh",
                self.folder, INSIDE, *mounts, "--", BINARY, "-C",
                f"{INSIDE}/sendmail.cf", *arguments]

    def start(self):
        self._daemon = Process("sendmail", self.command("-bD", "-q1s"),
                               self.folder / "daemon.log")
        for port in self.ports():
            self._daemon.wait_ready(
                lambda p=port: can_connect((self.host, p)), f"port {port}")

    def stop(self):
        """All its processes end at once; the queue is on disk."""
        if self._daemon is None:
            return
        self._daemon.kill()
        self._daemon = None
        for port in self.ports():
            wait_until(lambda p=port: not can_connect((self.host, p)),
                       f"Sendmail's end on port {port}")

    def log(self):
        path = self.folder / "maillog"
        return path.read_text("utf-8", "replace") if path.exists() else ""

    def diagnose(self):
        """And what it says to nobody in particular, as when it aborts."""
        said = self._daemon.output() if self._daemon else ""
        return super().diagnose() + (f"--- its stderr\n{said}" if said else "")

    def queue(self):
        """Files in the queue, whatever their state."""
        return [p for p in (self.folder / "queue").glob("*") if p.is_file()]

    def held(self):
        """{queue id: reason} of what is in quarantine."""
        found = {}
        for line in self._run("-bp", "-qQ").splitlines():
            if re.match(r"[0-9A-Za-z]{14}", line):
                queue_id = line.split()[0].rstrip("*-X?")
                found[queue_id] = ""
            elif line.strip().startswith("QUARANTINE: "):
                found[queue_id] = line.strip().partition(" ")[2]
        return found

    def release(self, queue_id):
        """Lets what is in quarantine go, as an operator does."""
        self._run("-Q", "-qQ", f"-qI{queue_id}")

    def discard(self, queue_id):
        for path in (self.folder / "queue").glob(f"*{queue_id}"):
            path.unlink()

    def _run(self, *arguments):
        done = subprocess.run(self.command(*arguments), capture_output=True,
                              check=False)
        if done.returncode != 0:
            raise AssertionError(f"sendmail {arguments}: {done.stderr} "
                                 f"{done.stdout}")
        return done.stdout.decode()


Server = Sendmail
