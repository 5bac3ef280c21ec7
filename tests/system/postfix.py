"""A private Postfix on loopback.

Own configuration, queue and spool in a temporary folder; ports that were
free; nothing in /etc/postfix, and nothing of the machine's own mail service,
is read or changed.  SUBMISSION wants a login (Cyrus sasldb, no daemon), MX
takes mail from strangers, everything that leaves goes to the Sink.

Queue ids are the long ones, which never come again.  The short ones (fraction
of the second, inode) do, once in fifty times that 400 messages pass through,
and then a log has the lines of two messages under one id.
"""

import json
import os
import pwd
import shutil
import subprocess

import mailserver
from processes import Process, can_connect, is_root

MASTER = "/usr/lib/postfix/sbin/master"

MAIN_CF = """
compatibility_level = 3.6
myhostname = mx.example.org
mydestination =
queue_directory = {folder}/spool
enable_long_queue_ids = yes
data_directory = {folder}/data
mail_owner = postfix
setgid_group = postdrop
maillog_file = {folder}/maillog
maillog_file_prefixes = {folder}
inet_interfaces = 127.0.0.1
inet_protocols = all
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
smtpd_milters = {milters}
milter_default_action = tempfail
milter_protocol = 6
milter_content_timeout = {patience}s
non_smtpd_milters = {milters}
message_size_limit = 200000000
mailbox_size_limit = 0
virtual_mailbox_limit = 0
minimal_backoff_time = 5s
queue_run_delay = 5s
smtp_tls_security_level = none
smtpd_tls_security_level = {tls_level}
smtpd_tls_auth_only = no
smtpd_sasl_security_options = noanonymous
smtpd_sasl_local_domain =
"""

TLS = """
smtpd_tls_cert_file = {folder}/tls/cert.pem
smtpd_tls_key_file = {folder}/tls/key.pem
smtpd_tls_CAfile = {folder}/tls/ca.pem
smtpd_tls_ask_ccert = yes
"""

MASTER_CF = """
[{host}]:{mx} inet n - n - - smtpd
  -o milter_macro_daemon_name=MX
  -o smtpd_milters={mx_milters}
  -o local_header_rewrite_clients=
[{host}]:{submission} inet n - n - - smtpd
  -o milter_macro_daemon_name=SUBMISSION
  -o smtpd_sasl_auth_enable=yes
  -o smtpd_client_restrictions=permit_sasl_authenticated,reject
[{host}]:{inside} inet n - n - - smtpd
  -o milter_macro_daemon_name=SUBMISSION
  -o mynetworks=127.0.0.0/8,[::1]/128
  -o smtpd_relay_restrictions=permit_mynetworks,reject
[{host}]:{reinject} inet n - n - - smtpd
  -o milter_macro_daemon_name=REINJECT
  -o smtpd_milters={reinject_milters}
  -o local_header_rewrite_clients=
  -o receive_override_options=no_unknown_recipient_checks,no_header_body_checks
  -o mynetworks=127.0.0.0/8,[::1]/128
  -o smtpd_client_restrictions=permit_mynetworks,reject
  -o smtpd_helo_restrictions=
  -o smtpd_sender_restrictions=
  -o smtpd_relay_restrictions=permit_mynetworks,reject
  -o smtpd_recipient_restrictions=permit_mynetworks,reject
  -o smtpd_tls_security_level=none
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


def _endpoint(milter):
    """A milter's socket as main.cf names it."""
    if isinstance(milter, str):
        return f"unix:{milter}"
    return f"inet:[{milter[0]}]:{milter[1]}"


class Postfix(mailserver.MailServer):
    """See MailServer; the milters are asked under Postfix's own rules."""

    kind = "postfix"
    accepted = r"queued as (\w+)"
    repairs = ("a blank before a part's colon",)

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self._master = None

    def _values(self):
        return {"folder": self.folder, "mx": self.mx,
                "submission": self.submission, "sink": self.sink.port,
                "milters": ", ".join(map(_endpoint, self.milters)),
                "mx_milters": ",".join(map(_endpoint, self.mx_milters)),
                "reinject_milters": ",".join(
                    map(_endpoint, self.reinject_milters)),
                "host": self.host, "inside": self.inside,
                "reinject": self.reinject,
                "patience": self.patience,
                "tls_level": "may" if self.tls else "none",
                "domains": " ".join(self.domains)}

    def _configure(self):
        sasl = self.folder / "etc" / "sasl"
        sasl.mkdir(parents=True)
        (self.folder / "spool").mkdir()
        (self.folder / "data").mkdir()
        owner = pwd.getpwnam("postfix")
        os.chown(self.folder / "data", owner.pw_uid, 0)
        etc = self.folder / "etc"
        main_cf = MAIN_CF + (TLS if self.tls else "")
        (etc / "main.cf").write_text(main_cf.format(**self._values()))
        (etc / "master.cf").write_text(MASTER_CF.format(**self._values()))
        self._age()
        (sasl / "smtpd.conf").write_text(SASL.format(**self._values()))
        for login in self.logins:
            self.add_login(login, sasl / "sasldb2")
        if self.logins:
            os.chown(sasl / "sasldb2", 0, owner.pw_gid)
            (sasl / "sasldb2").chmod(0o640)
        done = subprocess.run(["/usr/sbin/postfix", "-c", etc, "check"],
                              capture_output=True, check=False)
        if done.returncode != 0:
            raise AssertionError(f"postfix check: {done.stderr.decode()}")

    def _age(self):
        """Postfix waits for a second or two when these have just been
        written."""
        for name in ("main.cf", "master.cf"):
            os.utime(self.folder / "etc" / name, (1, 1))

    def command(self, *arguments):
        return ["/usr/sbin/sendmail", "-C", self.folder / "etc", *arguments]

    def start(self):
        self._age()
        env = dict(os.environ, POSTLOG_SERVICE="postlog",
                   POSTLOG_HOSTNAME="mx.example.org")
        self._master = Process(
            "postfix master", [MASTER, "-c", self.folder / "etc", "-d"],
            self.folder / "master.log", env=env, last_signal="TERM")
        for port in self.ports():
            self._master.wait_ready(
                lambda p=port: can_connect((self.host, p)), f"port {port}")

    def stop(self):
        if self._master is not None:
            self._master.stop()
            self._master = None

    def log(self):
        path = self.folder / "maillog"
        return path.read_text("utf-8", "replace") if path.exists() else ""

    def queue(self):
        """Files in the queue, whatever their state."""
        found = []
        for name in ("incoming", "active", "deferred", "hold", "corrupt",
                     "maildrop"):
            found += [p for p in (self.folder / "spool" / name).rglob("*")
                      if p.is_file()]
        return found

    def held(self):
        """{queue id: reason} of what is on hold; Postfix keeps no reasons."""
        lines = self.queue_tool("postqueue", "-j").splitlines()
        return {entry["queue_id"]: "" for entry in map(json.loads, lines)
                if entry["queue_name"] == "hold"}

    def release(self, queue_id):
        """Lets what is on hold go, as an operator does."""
        self.queue_tool("postsuper", "-H", queue_id)
        self.queue_tool("postqueue", "-f")

    def discard(self, queue_id):
        self.queue_tool("postsuper", "-d", queue_id)

    def queue_tool(self, program, *arguments):
        done = subprocess.run(
            [f"/usr/sbin/{program}", "-c", self.folder / "etc", *arguments],
            capture_output=True, check=False)
        if done.returncode != 0:
            raise AssertionError(f"{program}: {done.stderr.decode()}")
        return done.stdout.decode()


Server = Postfix
