"""What the private mail servers of the tests have in common.

MailServer: a folder, four ports on loopback and ways to send; Sink: the rest
of the world, which keeps exactly the bytes that leave.
"""

import pathlib
import re
import shutil
import smtplib
import socketserver
import ssl
import subprocess
import tempfile
import threading

from ports import free_port
from processes import PATIENCE_SECONDS, wait_until

PASSWORD = "correct horse"

# In the log of a mail server.
COMPLAINT = re.compile("warning|error|fatal|panic|lost|reset|unexpected|killed|"
                       "SYSERR|NOQUEUE|time-?out", re.I)


class Delivered:
    """One message in the sink: exactly the bytes that came.  envelope: the
    lines of MAIL and RCPT."""

    def __init__(self, envelope, data):
        self.envelope = [line.rstrip(b"\r\n") for line in envelope]
        self.sender, *self.recipients = map(_path, envelope)
        self.data = data


def _path(line):
    return line.decode("latin-1").partition("<")[2].partition(">")[0]


class _SinkSession(socketserver.StreamRequestHandler):
    """Enough SMTP for a mail server to deliver to."""

    timeout = PATIENCE_SECONDS
    disable_nagle_algorithm = True  # or each message waits for 40 ms

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
            pass  # the server was stopped in the middle of a session

    def _is_silent(self, step):
        """Says nothing more if this is where the sink falls silent, until
        the other side has had enough."""
        if self.server.sink.silent_at != step:
            return False
        self.server.sink.silent.release()
        while self.rfile.readline():
            pass
        return True

    def _take(self, envelope):
        """After DATA; False when there is nothing more to say."""
        message = Delivered(envelope, self._read_data())
        if self._is_silent("dot"):
            return False
        self._say(self.server.sink.take_over(message))
        return True

    def _serve(self):
        if self._is_silent("greeting"):
            return
        self._say("220 sink.test ESMTP")
        envelope = []
        for line in self.rfile:
            verb = line[:4].upper()
            if verb == b"EHLO":
                self._say("250-sink.test")
                if self.server.sink.eight_bit:
                    self._say("250-8BITMIME")
                for extension in self.server.sink.extensions:
                    self._say(f"250-{extension}")
                self._say("250 SIZE")
            elif verb == b"MAIL" and self.server.sink.is_busy():
                self._say("451 4.3.2 later")
            elif verb == b"MAIL":
                envelope = [line]
                self._say("250 2.1.0 ok")
            elif verb == b"RCPT":
                envelope.append(line)
                self._say("250 2.1.5 ok")
            elif verb == b"DATA":
                self._say("354 go on")
                if not self._take(envelope):
                    return
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
        self.extensions = []  # others that it announces
        self.busy = 0  # how many messages will be told to come again
        self.refusals = []  # to the next final dots, None: it is taken
        self.silent_at = None  # "greeting" or "dot"
        self.silent = threading.Semaphore(0)  # released when it is
        self._messages = []
        self._changed = threading.Condition()
        self._server = _Server(("127.0.0.1", 0), _SinkSession)
        self._server.sink = self
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever,
                         daemon=True).start()

    def is_busy(self):
        with self._changed:
            was_busy = self.busy > 0
            self.busy -= was_busy
            return was_busy

    def take_over(self, message):
        """The answer to a final dot."""
        with self._changed:
            refusal = self.refusals.pop(0) if self.refusals else None
        if refusal is None:
            self.put(message)
        return refusal or "250 2.0.0 kept"

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

    def take_all(self, wanted):
        """Takes all messages out for which wanted(message) is true, without
        waiting for any."""
        with self._changed:
            found = [m for m in self._messages if wanted(m)]
            self._messages = [m for m in self._messages if m not in found]
            return found

    def all(self):
        with self._changed:
            return list(self._messages)

    def close(self):
        self._server.shutdown()
        self._server.server_close()


def reinjection(port):
    """Settings for a listener at that port, which may greet late: Sendmail
    connects to its milters first."""
    return (f'reinject = "smtp://127.0.0.1:{port}";\n'
            'reinject_timeout = "1m";\n')


class MailServer:
    """milters: a milter's socket, the path of a unix socket or (host, port),
    or a list of them in the order of their turns.  logins: user names with
    their domain, all with PASSWORD.  domains: where strangers may send to.
    host: a loopback address to listen on.  patience: seconds that a milter
    may be silent at the end of a message.  mx_milters: for the port of
    strangers, when they are others.  reinject_milters: for copies; none
    unless they are given.  tls: the server's openssl.Identity, and the
    openssl.Authority of clients' certificates; each client is asked for one.

    The ports are mx, for strangers, submission, which wants a login, inside,
    which is called SUBMISSION, too, and asks nothing of anybody, and reinject,
    which is called REINJECT, asks nobody either, and is as the README says.

    A server of a kind adds _configure(), start(), stop(), log(), queue() and
    command(), which gives its sendmail command with arguments.
    """

    kind = "mail server"
    accepted = None  # its answer to a message that it took, with the queue id
    header_max = 60000  # octets of a header that it takes
    repairs = ()  # names of feared messages that it changes before the milter

    def __init__(self, milters, logins, domains=("example.org",),
                 host="127.0.0.1", patience=120, mx_milters=None,
                 reinject_milters=(), tls=None):
        self.milters = milters if isinstance(milters, list) else [milters]
        self.mx_milters = mx_milters or self.milters
        self.reinject_milters = list(reinject_milters)
        self.tls = tls
        self.host = host
        self.logins = logins
        self.domains = domains
        self.mx = free_port(host)
        self.submission = free_port(host)
        self.inside = free_port(host)
        self.reinject = free_port(host)
        self.patience = patience
        self.sink = Sink()
        self.folder = pathlib.Path(
            tempfile.mkdtemp(prefix=f"smime-{self.kind}-"))

    def __enter__(self):
        try:
            self.folder.chmod(0o755)
            if self.tls:
                self._write_tls()
            self._configure()
            self.start()
        except BaseException as error:
            self.__exit__(None, error)
            raise
        return self

    def __exit__(self, _kind=None, error=None, _trace=None):
        """What fails meanwhile leaves with the end of the log."""
        if error is not None:
            error.add_note(self.diagnose())
        self.stop()
        self.sink.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def add_login(self, login, database):
        """A user with PASSWORD in a database of Cyrus SASL."""
        name, _, realm = login.partition("@")
        subprocess.run(["saslpasswd2", "-p", "-c", "-f", database, "-u",
                        realm, name], input=PASSWORD.encode(), check=True)

    def _write_tls(self):
        """Key and certificates where only the server can read them."""
        own, authority = self.tls
        folder = self.folder / "tls"
        folder.mkdir(mode=0o700)
        for name, parts in (("cert", (own.certificate,
                                      own.authority.intermediate)),
                            ("key", (own.key,)), ("ca", (authority.root,))):
            path = folder / f"{name}.pem"
            path.write_bytes(b"".join(part.read_bytes() for part in parts))
            path.chmod(0o600)

    def ports(self):
        return [self.mx, self.submission, self.inside, self.reinject]

    def diagnose(self):
        """The end of the log, and what it complains of before."""
        log = self.log().splitlines()
        lines = [f"--- {self.kind}", f"files in the queue: {len(self.queue())}",
                 *[line for line in log[:-25] if COMPLAINT.search(line)][-25:],
                 *log[-25:]]
        return "\n".join(lines) + "\n"

    def wait_empty(self):
        """Until nothing is queued, whatever its state.  A file that was moved
        to where we had looked already is found by the second look."""
        wait_until(lambda: not self.queue() and not self.queue(), "the queue is empty\n" +
                   self.diagnose())

    def queue_id(self, answer):
        """The queue id in an answer, None when there is none."""
        found = re.search(self.accepted, answer)
        return found.group(1) if found else None

    # -- sending --

    def session(self, port):
        return smtplib.SMTP(self.host, port, local_hostname="client.example",
                            timeout=PATIENCE_SECONDS)

    def submit(self, login, recipients, data, sender=None):
        """Logs in and sends; (code, text) of the answer to the final dot.
        data goes out byte for byte."""
        with self.session(self.submission) as smtp:
            smtp.ehlo()
            smtp.login(login, PASSWORD)
            return transaction(smtp, login if sender is None else sender,
                               recipients, data)

    def submit_as_said(self, login, mail, recipients, data):
        """The same with whole arguments of MAIL and RCPT, path and
        parameters."""
        with self.session(self.submission) as smtp:
            smtp.ehlo()
            smtp.login(login, PASSWORD)
            smtp.command_encoding = "utf-8"
            code, text = smtp.docmd("MAIL", f"FROM:{mail}")
            for recipient in recipients:
                if code < 300:
                    code, text = smtp.docmd("RCPT", f"TO:{recipient}")
            if code < 300:
                code, text = smtp.data(data)
            return code, text.decode("utf-8", "replace")

    def deliver(self, sender, recipients, data, port=None, certificate=None):
        """As a stranger, at the MX unless told otherwise.  certificate: the
        client's openssl.Identity."""
        with self.session(port or self.mx) as smtp:
            smtp.ehlo()
            if certificate:
                smtp.starttls(context=_client_context(certificate))
                smtp.ehlo()
            return transaction(smtp, sender, recipients, data)


def _client_context(identity):
    """TLS with a client certificate; the server is ours."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    chain = identity.certificate.with_suffix(".chain")
    chain.write_bytes(identity.certificate.read_bytes() +
                      identity.authority.intermediate.read_bytes())
    context.load_cert_chain(chain, identity.key)
    return context


def transaction(smtp, sender, recipients, data):
    """MAIL, RCPT, DATA; (code, text) of the first refusal or the last
    answer."""
    code, text = smtp.mail(sender, ["BODY=8BITMIME"])
    for recipient in recipients:
        if code < 300:
            code, text = smtp.rcpt(recipient)
    if code < 300:
        code, text = smtp.data(data)
    return code, text.decode("utf-8", "replace")
