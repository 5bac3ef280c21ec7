"""A private Postfix on loopback, and a sink for what it sends.

Own configuration, queue and spool in a temporary folder; ports that were
free; nothing in /etc/postfix, and nothing of the machine's own mail service,
is read or changed.  SUBMISSION wants a login (Cyrus sasldb, no daemon), MX
takes mail from strangers, everything that leaves goes to the Sink.
"""

import os
import pathlib
import pwd
import shutil
import smtplib
import socketserver
import subprocess
import tempfile
import threading

from processes import (PATIENCE_SECONDS, Process, can_connect, free_port,
                       is_root, wait_until)

MASTER = "/usr/lib/postfix/sbin/master"
PASSWORD = "correct horse"

MAIN_CF = """
compatibility_level = 3.6
myhostname = mx.example.org
mydestination =
queue_directory = {folder}/spool
data_directory = {folder}/data
mail_owner = postfix
setgid_group = postdrop
maillog_file = {folder}/maillog
maillog_file_prefixes = {folder}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
smtp_dns_support_level = disabled
mynetworks = 127.0.0.9/32
alias_maps =
alias_database =
local_recipient_maps =
virtual_mailbox_domains = {domains}
virtual_mailbox_maps = static:anything
virtual_transport = smtp:[127.0.0.1]:{sink}
default_transport = smtp:[127.0.0.1]:{sink}
relayhost =
smtpd_relay_restrictions = permit_sasl_authenticated, reject_unauth_destination
smtpd_milters = unix:{milter}
milter_default_action = tempfail
milter_protocol = 6
message_size_limit = 200000000
mailbox_size_limit = 0
virtual_mailbox_limit = 0
minimal_backoff_time = 5s
queue_run_delay = 5s
smtp_tls_security_level = none
smtpd_tls_security_level = none
smtpd_tls_auth_only = no
smtpd_sasl_security_options = noanonymous
smtpd_sasl_local_domain =
"""

MASTER_CF = """
127.0.0.1:{mx} inet n - n - - smtpd
  -o milter_macro_daemon_name=MX
  -o local_header_rewrite_clients=
127.0.0.1:{submission} inet n - n - - smtpd
  -o milter_macro_daemon_name=SUBMISSION
  -o smtpd_sasl_auth_enable=yes
  -o smtpd_client_restrictions=permit_sasl_authenticated,reject
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
local unix - n n - - local
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""

SASL = """
pwcheck_method: auxprop
auxprop_plugin: sasldb
sasldb_path: {folder}/etc/sasl/sasldb2
mech_list: PLAIN LOGIN
"""


def unavailable():
    """Why there can be no Postfix here, or None."""
    if not is_root():
        return "Postfix needs root"
    for path in (MASTER, "/usr/sbin/postfix"):
        if not os.path.exists(path):
            return f"{path} is not installed"
    if shutil.which("saslpasswd2") is None:
        return "saslpasswd2 (sasl2-bin) is not installed"
    return None


class Delivered:
    """One message in the sink: exactly the bytes that came."""

    def __init__(self, sender, recipients, data):
        self.sender = sender
        self.recipients = recipients
        self.data = data


class _SinkSession(socketserver.StreamRequestHandler):
    """Enough SMTP for Postfix to deliver to."""

    timeout = PATIENCE_SECONDS

    def _say(self, line):
        self.wfile.write(line.encode() + b"\r\n")

    def _read_data(self):
        lines = []
        while True:
            line = self.rfile.readline()
            if not line:
                raise ConnectionError("cut off in DATA")
            if line == b".\r\n":
                return b"".join(lines)
            lines.append(line[1:] if line.startswith(b".") else line)

    def handle(self):
        try:
            self._serve()
        except OSError:
            pass  # Postfix was stopped in the middle of a session

    def _serve(self):
        self._say("220 sink.test ESMTP")
        sender, recipients = None, []
        for line in self.rfile:
            verb = line[:4].upper()
            path = line.decode("latin-1").partition("<")[2].partition(">")[0]
            if verb == b"EHLO":
                self._say("250-sink.test")
                if self.server.sink.eight_bit:
                    self._say("250-8BITMIME")
                self._say("250 SIZE")
            elif verb == b"MAIL":
                sender, recipients = path, []
                self._say("250 2.1.0 ok")
            elif verb == b"RCPT":
                recipients.append(path)
                self._say("250 2.1.5 ok")
            elif verb == b"DATA":
                self._say("354 go on")
                self.server.sink.put(
                    Delivered(sender, recipients, self._read_data()))
                self._say("250 2.0.0 kept")
            elif verb == b"QUIT":
                self._say("221 2.0.0 bye")
                return
            else:
                self._say("250 2.0.0 ok")


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 64


class Sink:
    """The rest of the world: keeps what it is given."""

    def __init__(self):
        self.eight_bit = True  # does it announce 8BITMIME?
        self._messages = []
        self._changed = threading.Condition()
        self._server = _Server(("127.0.0.1", 0), _SinkSession)
        self._server.sink = self
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever,
                         daemon=True).start()

    def put(self, message):
        with self._changed:
            self._messages.append(message)
            self._changed.notify_all()

    def take(self, wanted, patience=PATIENCE_SECONDS):
        """Waits for a message for which wanted(message) is true, and takes
        it out."""

        def find():
            for message in self._messages:
                if wanted(message):
                    return message
            return None

        with self._changed:
            if not self._changed.wait_for(find, patience):
                raise AssertionError(
                    f"not delivered; {len(self._messages)} other messages")
            message = find()
            self._messages.remove(message)
            return message

    def all(self):
        with self._changed:
            return list(self._messages)

    def close(self):
        self._server.shutdown()
        self._server.server_close()


class Postfix:
    """milter: path of its unix socket.  logins: user names with their domain,
    all with PASSWORD."""

    def __init__(self, milter, logins, domains=("example.org",)):
        self.logins = logins
        self.mx = free_port()
        self.submission = free_port()
        self.sink = Sink()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="smime-postfix-"))
        self.values = {"folder": self.folder, "mx": self.mx, "milter": milter,
                       "submission": self.submission, "sink": self.sink.port,
                       "domains": " ".join(domains)}
        self._master = None

    def __enter__(self):
        try:
            self._configure()
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.stop()
        self.sink.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _configure(self):
        self.folder.chmod(0o755)
        sasl = self.folder / "etc" / "sasl"
        sasl.mkdir(parents=True)
        (self.folder / "spool").mkdir()
        (self.folder / "data").mkdir()
        owner = pwd.getpwnam("postfix")
        os.chown(self.folder / "data", owner.pw_uid, 0)
        etc = self.folder / "etc"
        (etc / "main.cf").write_text(MAIN_CF.format(**self.values))
        (etc / "master.cf").write_text(MASTER_CF.format(**self.values))
        (sasl / "smtpd.conf").write_text(SASL.format(**self.values))
        for login in self.logins:
            name, _, realm = login.partition("@")
            subprocess.run(
                ["saslpasswd2", "-p", "-c", "-f", sasl / "sasldb2", "-u",
                 realm, name], input=PASSWORD.encode(), check=True)
        if self.logins:
            os.chown(sasl / "sasldb2", 0, owner.pw_gid)
            (sasl / "sasldb2").chmod(0o640)
        done = subprocess.run(["/usr/sbin/postfix", "-c", etc, "check"],
                              capture_output=True, check=False)
        if done.returncode != 0:
            raise AssertionError(f"postfix check: {done.stderr.decode()}")

    def start(self):
        env = dict(os.environ, POSTLOG_SERVICE="postlog",
                   POSTLOG_HOSTNAME="mx.example.org")
        self._master = Process(
            "postfix master", [MASTER, "-c", self.folder / "etc", "-d"],
            self.folder / "master.log", env=env, last_signal="TERM")
        for port in (self.mx, self.submission):
            self._master.wait_ready(
                lambda p=port: can_connect(("127.0.0.1", p)), f"port {port}")

    def stop(self):
        if self._master is not None:
            self._master.stop()
            self._master = None

    def log(self):
        path = self.folder / "maillog"
        return path.read_text("utf-8", "replace") if path.exists() else ""

    def diagnose(self):
        return "--- postfix\n" + "\n".join(self.log().splitlines()[-25:])

    def queue(self):
        """Files in the queue, whatever their state."""
        found = []
        for name in ("incoming", "active", "deferred", "hold", "corrupt",
                     "maildrop"):
            found += [p for p in (self.folder / "spool" / name).rglob("*")
                      if p.is_file()]
        return found

    def wait_empty(self):
        wait_until(lambda: not self.queue(), "the queue is empty\n" +
                   self.diagnose())

    # -- sending --

    def session(self, port):
        return smtplib.SMTP("127.0.0.1", port, local_hostname="client.example",
                            timeout=PATIENCE_SECONDS)

    def submit(self, login, recipients, data, sender=None):
        """Logs in and sends; (code, text) of the answer to the final dot.
        data goes out byte for byte."""
        with self.session(self.submission) as smtp:
            smtp.ehlo()
            smtp.login(login, PASSWORD)
            return _transaction(smtp, login if sender is None else sender,
                                recipients, data)

    def deliver(self, sender, recipients, data):
        """As a stranger at the MX."""
        with self.session(self.mx) as smtp:
            smtp.ehlo()
            return _transaction(smtp, sender, recipients, data)


def _transaction(smtp, sender, recipients, data):
    code, text = smtp.mail(sender, ["BODY=8BITMIME"])
    for recipient in recipients:
        if code < 300:
            code, text = smtp.rcpt(recipient)
    if code < 300:
        code, text = smtp.data(data)
    return code, text.decode("utf-8", "replace")
