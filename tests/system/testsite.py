"""A whole installation in a temporary folder.

Everything that an operator does is done as an operator does it: a wrapping
key by smime-keyd, the store, users and certificates by smimectl, a settings
file, both daemons in the foreground.  As root the daemons run as two
different users, as they would in production; as an ordinary user they run as
that user.
"""

import json
import os
import pathlib
import re
import secrets
import shutil
import subprocess
import tempfile

import openssl
from mta_client import MtaClient
from ports import free_port
from processes import Process, can_connect, identity_of, is_root, wait_until

BUILD = pathlib.Path(os.environ.get("top_builddir", ".")).resolve()

# Users of every Debian; production has smime-milter and smime-keyd.
MILTER_USER = "daemon"
KEYD_USER = "nobody"

SETTINGS = """
socket = "{socket}";
socket_mode = 0666;
keyd = "{folder}/keyd/keyd.sock";
store = "sqlite:{folder}/store/store.db";
local_ca = "{folder}/store/ca";
trust = {{ ca_bundle = ""; extra = [ "{folder}/ca.d" ]; }};
authserv_id = "mx.example.org";
outbound = {{
  trusted_networks = [ {networks} ];
  submission_daemons = [ "SUBMISSION" ];
  {outbound}
}};
defaults = {{ sign = true; encrypt = "{encrypt}"; {defaults} }};
log = {{ target = "stderr"; level = "{level}"; }};
{more}
"""

GUARD_SETTINGS = """
role = "guard";
socket = "{socket}";
socket_mode = 0666;
{key}
guard = {{
  action = "{action}";
  unsealed_action = "{unsealed_action}";
  {guard}
}};
log = {{ target = "stderr"; level = "{level}"; }};
{more}
"""

# What a daemon says when it is about to die, or should be.
COMPLAINTS = ("Sanitizer", "runtime error:", "Assertion", "stack smashing")


class SmimectlFailed(Exception):
    """smimectl ended with another status than was expected."""


def program(name):
    path = BUILD / name
    if not path.exists():
        raise AssertionError(f"{path} is not built")
    return str(path)


def is_sanitized():
    """Is this a build whose memory is full of a sanitizer's books?"""
    data = pathlib.Path(program("smime-milter")).read_bytes()
    return b"__asan_init" in data or b"__tsan_init" in data


class Milter:
    """A smime-milter of its own and who speaks to it.  Who inherits from
    this has folder, configuration (a path), settings, socket."""

    template = SETTINGS
    name = "smime-milter"
    log_name = "milter"
    milter = None

    def write_settings(self, **changes):
        """Writes the settings file, with changes of what stands in it."""
        self.settings.update(changes)
        self.configuration.write_text(self.template.format(**self.settings))
        self.configuration.chmod(0o644)

    def start_milter(self):
        self.milter = Process(
            self.name, [program("smime-milter"), "-f", "-c",
                             self.configuration],
            self.folder / "log" / self.log_name, user=MILTER_USER)
        self.milter.wait_ready(lambda: can_connect(self.socket), "socket")

    def restart_milter(self):
        """New settings for sure."""
        self.milter.kill()
        self.start_milter()

    def reconfigure(self, **changes):
        """Other settings, for sure."""
        self.write_settings(**changes)
        self.restart_milter()

    # -- mail --

    def mta(self, **options):
        """A milter-protocol client that has not said connect yet."""
        return MtaClient(self.socket, **options)

    def send(self, sender, recipients, data, address="192.0.2.1",
             daemon_name="MX", login=None, rules="postfix", **options):
        """One message on a connection of its own; returns its Verdict."""
        with self.mta(rules=rules) as mta:
            mta.connect(address=address, daemon_name=daemon_name)
            mta.helo()
            return mta.message(f"<{sender}>", [f"<{r}>" for r in recipients],
                               data, login=login, **options)

    # -- what the daemon says --

    def processes(self):
        return [self.milter]

    def diagnose(self):
        """The last lines that the daemons wrote."""
        text = ""
        for process in self.processes():
            if process is not None:
                lines = process.output().splitlines()[-25:]
                text += f"--- {process.name}\n" + "\n".join(lines) + "\n"
        return text

    def check_quiet(self):
        """The daemons run, and none of what they said is alarming."""
        for process in self.processes():
            if not process.alive():
                raise AssertionError(f"{process.name} died")
            for word in COMPLAINTS:
                if word in process.output():
                    raise AssertionError(f"{word} in {process.name}'s log")

    def log_lines(self, queue_id):
        """Decision lines of one message, in order."""
        return [line[line.index(f"{queue_id}: "):]
                for line in self.milter.output().splitlines()
                if f"{queue_id}: " in line]

    def wait_log(self, text):
        """Until a line of the milter's log contains text; returns it."""

        def find():
            for line in reversed(self.milter.output().splitlines()):
                if text in line:
                    return line
            return None

        return wait_until(find, f"{text!r} in the log:\n{self.diagnose()}")


class Site(Milter):
    """networks: trusted ones.  more: further lines of the settings file.
    outbound: further lines of that group."""

    # RSA, which is the default, takes longer to make.
    ca_options = ("--key", "p256")

    def __init__(self, domains=("example.org",), networks=("198.51.100.0/24",),
                 encrypt="off", more="", level="info", outbound=""):
        self.domains = domains
        # Short, because the path of a unix socket is.
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="smime-site-"))
        self.socket = str(self.folder / "run" / "milter.sock")
        self.settings = {
            "folder": self.folder, "encrypt": encrypt, "more": more,
            "outbound": outbound, "defaults": "", "level": level,
            "socket": f"unix:{self.socket}",
            "networks": ", ".join(f'"{n}"' for n in networks)}
        self.configuration = self.folder / "smime-milter.conf"
        self.keyd_socket = str(self.folder / "keyd" / "keyd.sock")
        self.keyfile = self.folder / "wrapping.key"
        self.keyd = None
        self.ca = None
        self._made = 0

    def __enter__(self):
        try:
            self._make_folders()
            self.write_settings()
            self.start_keyd()
            self.smimectl("store", "migrate")
            self.smimectl("ca", "init", *self.ca_options)
            self.root = self.folder / "root.pem"
            self.root.write_text(self.smimectl("ca", "export"))
            for domain in self.domains:
                self.smimectl("domain", "add", domain)
            self.start_milter()
            self.prepare()
        except BaseException as error:
            error.add_note(Site.diagnose(self))
            self.__exit__()
            raise
        return self

    def prepare(self):
        """What a test needs beyond that.  When it fails, what runs is ended:
        nobody calls __exit__ for a set-up that failed."""

    def __exit__(self, *_):
        for process in (self.milter, self.keyd):
            if process is not None:
                process.kill()
        if os.environ.get("KEEP"):
            print(f"# kept: {self.folder}")
        else:
            shutil.rmtree(self.folder, ignore_errors=True)

    def processes(self):
        return [self.milter, self.keyd]

    # -- folders and settings --

    def _make_folders(self):
        os.chmod(self.folder, 0o755)
        for name, user, mode in (("run", MILTER_USER, 0o755),
                                 ("store", MILTER_USER, 0o700),
                                 ("ca.d", None, 0o755), ("log", None, 0o755),
                                 ("tmp", None, 0o700)):
            path = self.folder / name
            path.mkdir()
            path.chmod(mode)
            self._give(path, user)

    def _give(self, path, user):
        if user is not None and is_root():
            os.chown(path, *identity_of(user))

    def seal_setting(self):
        """What a settings file says so that mail is sealed, or seals are
        known: the key is made once."""
        key = self.folder / "seal.key"
        if not key.exists():
            key.write_text(secrets.token_hex(32) + "\n")
            key.chmod(0o400)
            self._give(key, MILTER_USER)
        return f'seal = {{ key = "{key}"; }};'

    def listen_at(self, host):
        """Settings for a TCP socket, from the next start on."""
        self.socket = (host, free_port(host))
        kind = "inet6" if ":" in host else "inet"
        self.write_settings(socket=f"{kind}:{self.socket[1]}@{host}")

    def trust(self, authority):
        """Puts an authority's root among those that the site believes."""
        name = re.sub(r"[^a-z]+", "-", authority.name.lower())
        shutil.copy(authority.root, self.folder / "ca.d" / f"{name}.pem")

    # -- programs --

    def run(self, name, *arguments, data=None, user=None):
        """Runs a program to its end, whatever that is."""
        command = [program(name), *map(str, arguments)]
        if user is not None and is_root():
            uid, gid = identity_of(user)
            command = ["setpriv", f"--reuid={uid}", f"--regid={gid}",
                       "--clear-groups", "--", *command]
        return subprocess.run(command, input=data or b"", capture_output=True,
                              check=False)

    def smimectl(self, *arguments, data=None, status=0):
        """Standard output of smimectl, which must end with status.  Runs as
        the user of the store, so that its files stay readable to the daemon."""
        done = self.run("smimectl", "-c", self.configuration, *arguments,
                        data=data, user=MILTER_USER)
        if done.returncode != status:
            raise SmimectlFailed(
                f"smimectl {' '.join(map(str, arguments))}: status "
                f"{done.returncode}, not {status}\n" +
                done.stdout.decode("utf-8", "replace")[-2000:] +
                done.stderr.decode("utf-8", "replace")[-2000:])
        return done.stdout.decode("utf-8", "surrogateescape")

    def json(self, *arguments, data=None, status=0):
        return json.loads(self.smimectl("--json", *arguments, data=data,
                                        status=status))

    def start_keyd(self):
        if not self.keyfile.exists():
            done = self.run("smime-keyd", "-k", f"new:{self.keyfile}")
            if done.returncode != 0:
                raise AssertionError(done.stderr.decode())
        options = ["-u", KEYD_USER, "-g", self._milter_group()] \
            if is_root() else []
        self.keyd = Process(
            "smime-keyd", [program("smime-keyd"), "-f", "-s", self.keyd_socket,
                           "-k", self.keyfile, *options],
            self.folder / "log" / "keyd")
        self.keyd.wait_ready(lambda: can_connect(self.keyd_socket), "socket")

    def _milter_group(self):
        return str(identity_of(MILTER_USER)[1])

    # -- users --

    def add_user(self, address, *options):
        self.smimectl("user", "add", address, *options)

    def issue(self, address, *options):
        """A certificate of the site's own authority, the key made by keyd."""
        self.smimectl("cert", "issue", address, *options)

    def import_key(self, address, identity):
        """A key and certificate that openssl made, as PKCS#12."""
        passphrase = secrets.token_hex(8)
        bundle = self.for_smimectl(identity.pkcs12(passphrase).read_bytes())
        word = self.for_smimectl(passphrase.encode() + b"\n")
        self.smimectl("key", "import", address, bundle, "--passphrase-file",
                      word)

    def for_smimectl(self, data):
        """Path of a file with data that smimectl's user can read."""
        self._made += 1
        path = self.folder / f"file{self._made}"
        path.write_bytes(data)
        path.chmod(0o600)
        self._give(path, MILTER_USER)
        return path

    # -- mail --

    def submit(self, login, recipients, data, sender=None, **options):
        """As a user who has logged in."""
        return self.send(login if sender is None else sender, recipients, data,
                         login=login, daemon_name="SUBMISSION", **options)

    # -- what the daemons say --

    def wait_contact(self, address, fingerprint):
        """Until the certificate was learned: harvesting is not immediate."""

        def known():
            done = self.run("smimectl", "-c", self.configuration, "--json",
                            "contact", "show", address, user=MILTER_USER)
            return fingerprint in done.stdout.decode().replace(":", "").lower()

        wait_until(known, f"certificate {fingerprint} of {address}\n" +
                   self.diagnose())

    def verify(self, message, root=None):
        """openssl's verdict: (content, certificate of the signer)."""
        return openssl.verify(message, root or self.root, self.folder / "tmp")


class Guard(Milter):
    """A seal guard beside a site: a smime-milter that knows nothing of the
    site but its folder and, when sealed, the key of its fingerprints, which
    Site.seal has made.  more: further lines of the settings file; guard: of
    that group."""

    template = GUARD_SETTINGS
    name = "guard"
    log_name = "guard"
    _sent = 0

    def __init__(self, site, sealed=True, action="hold",
                 unsealed_action="log", guard="", more="", level="info"):
        self.folder = site.folder
        self.socket = str(site.folder / "run" / "guard.sock")
        self.configuration = site.folder / "smime-milter-guard.conf"
        self.settings = {
            "socket": f"unix:{self.socket}", "action": action,
            "unsealed_action": unsealed_action, "guard": guard,
            "key": site.seal_setting() if sealed else "", "more": more,
            "level": level}

    def __enter__(self):
        self.write_settings()
        self.start_milter()
        return self

    def __exit__(self, *_):
        if self.milter is not None:
            self.milter.kill()

    def filter(self, mail, sender="alice@example.org",
               recipients=("bob@example.net",), **options):
        """What becomes of a mail that has come this far; the Verdict has its
        queue_id."""
        self._sent += 1
        queue_id = f"G{self._sent:06d}"
        verdict = self.send(sender, list(recipients), mail, queue_id=queue_id,
                            **options)
        verdict.queue_id = queue_id
        return verdict
