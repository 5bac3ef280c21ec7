#!/usr/bin/python3
"""What happens when something breaks, is overloaded, or spies.

The key process or the milter dies at the worst moment; two users share
sixteen sessions; the memory of both processes is searched for a private key;
whatever an operator can get wrong is told in one clear line.
"""

import os
import queue
import random
import shutil
import signal
import sqlite3
import subprocess
import threading

import der
import openssl
import tap
from messages import build
from processes import can_connect, identity_of, is_root, wait_until
from tap import absent, case, check, contains, equal, note
from testsite import COMPLAINTS, KEYD_USER, MILTER_USER, Site, is_sanitized

ALICE = "alice@example.org"
CAROL = "carol@example.org"
BOB = "bob@example.com"


class Fixture(Site):
    def prepare(self):
        self.org = openssl.Authority(self.folder / "tmp" / "org",
                                     "Example Org")
        self.trust(self.org)
        self.restart_milter()
        self.users = {}
        for address in (ALICE, CAROL):
            self.add_user(address)
            self.users[address] = self.org.issue(address)
            self.import_key(address, self.users[address])


class Signatures:
    """Checks many signatures quickly: each user's own key, and no other."""

    def __init__(self, users):
        self.keys = {address: (identity.serial(),
                               openssl.rsa_modulus(identity.certificate))
                     for address, identity in users.items()}

    def check(self, data, address):
        entity, signature = openssl.signed_parts(data)
        signed = der.SignedData(signature)
        serial, modulus = self.keys[address]
        equal(signed.serial, serial, f"certificate for {address}")
        check(signed.verify_rsa(entity, modulus), f"signature of {address}")


class Load:
    """Sessions that submit mail all the time.  outcome(verdict, user) is
    called for each message; what it raises is kept in self.errors."""

    def __init__(self, site, sessions, outcome, per_session=None):
        self.site = site
        self.outcome = outcome
        self.per_session = per_session
        self.errors = queue.SimpleQueue()
        self.ended = threading.Event()
        self.threads = [threading.Thread(target=self._session, args=(n,),
                                         daemon=True)
                        for n in range(sessions)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        if self.per_session is None:
            self.ended.set()
        for thread in self.threads:
            thread.join()

    def _session(self, number):
        try:
            self._send_all(random.Random(number))
        except Exception as error:  # for the main thread to judge
            self.errors.put(error)

    def _send_all(self, chance):
        sent = 0
        while not self.ended.is_set() and sent != self.per_session:
            with self.site.mta() as mta:
                mta.connect(address="198.51.100.1")
                mta.helo()
                for _ in range(chance.randint(1, 20)):
                    user = chance.choice([ALICE, CAROL])
                    mail = build(user, [BOB], more=b"X-User: " +
                                 user.encode() + b"\r\n")
                    self.outcome(mta.message(f"<{user}>", [f"<{BOB}>"], mail),
                                 user)
                    sent += 1
                    if sent == self.per_session or self.ended.is_set():
                        break

    def check(self):
        if not self.errors.empty():
            raise self.errors.get()


@case("two users, 16 sessions, 4000 messages: each by its own certificate",
      limit=1200)
def _(site):
    signatures = Signatures(site.users)
    counted = {ALICE: 0, CAROL: 0}
    lock = threading.Lock()

    def outcome(verdict, user):
        check(verdict.accepted, f"{verdict.outcome}: {verdict.reply}")
        equal(verdict.header("X-User"), [user])
        signatures.check(verdict.data, user)
        with lock:
            counted[user] += 1

    with Load(site, 16, outcome, per_session=250) as load:
        pass
    load.check()
    equal(sum(counted.values()), 4000, "messages")
    note(f"{counted}")
    try:
        signatures.check(site.submit(ALICE, [BOB], build(ALICE, [BOB])).data,
                         CAROL)
    except AssertionError:
        return
    raise AssertionError("the check cannot tell the users apart")


@case("kill -9 of smime-keyd under load: 451, nothing unsigned, then on",
      limit=600)
def _(site):
    signatures = Signatures(site.users)
    lock = threading.Lock()
    signed, deferred = [0], [0]

    def outcome(verdict, user):
        if verdict.outcome == "tempfail":
            check(verdict.reply.startswith("451 4.7."), verdict.reply)
            with lock:
                deferred[0] += 1
            return
        check(verdict.accepted, f"{verdict.outcome}: {verdict.reply}")
        signatures.check(verdict.data, user)
        with lock:
            signed[0] += 1

    milter = site.milter.pid
    with Load(site, 8, outcome) as load:
        for _round in range(3):
            before = signed[0]
            wait_until(lambda: signed[0] > before + 50 or
                       not load.errors.empty(), "mail is signed")
            site.keyd.kill()
            before = deferred[0]
            wait_until(lambda: deferred[0] > before + 20 or
                       not load.errors.empty(), "mail is deferred")
            site.start_keyd()
            before = signed[0]
            wait_until(lambda: signed[0] > before + 50 or
                       not load.errors.empty(), "mail is signed again")
    load.check()
    note(f"{signed[0]} signed, {deferred[0]} deferred")
    check(site.milter.alive() and site.milter.pid == milter, "same milter")
    contains(site.milter.output(), "reason=keyd", "log")


@case("a key process that hangs: 451, not for ever, then on")
def _(site):
    site.keyd.pause()
    try:
        verdict = site.submit(ALICE, [BOB], build(ALICE, [BOB]))
        equal(verdict.outcome, "tempfail", verdict.reply)
    finally:
        site.keyd.resume()
    signatures = Signatures(site.users)

    def signed_again():
        verdict = site.submit(ALICE, [BOB], build(ALICE, [BOB]))
        if not verdict.accepted:
            return False
        signatures.check(verdict.data, ALICE)
        return True

    wait_until(signed_again, "mail is signed again")


@case("a key process with another wrapping key: 451, nothing unsigned")
def _(site):
    site.keyd.kill()
    right = site.folder / "right.key"
    site.keyfile.rename(right)
    try:
        site.start_keyd()
        verdict = site.submit(ALICE, [BOB], build(ALICE, [BOB]))
        equal(verdict.outcome, "tempfail", verdict.reply)
    finally:
        site.keyd.kill()
        right.replace(site.keyfile)
        site.start_keyd()
    verdict = site.submit(ALICE, [BOB], build(ALICE, [BOB]))
    Signatures(site.users).check(verdict.data, ALICE)


@case("a store that goes away: no crash, nothing unsigned for a new message")
def _(site):
    store = site.folder / "store"
    away = site.folder / "away"
    store.rename(away)
    try:
        verdict = site.submit(ALICE, [BOB], build(ALICE, [BOB]))
        if verdict.accepted:  # from what was still open or known
            Signatures(site.users).check(verdict.data, ALICE)
        else:
            equal(verdict.outcome, "tempfail", verdict.reply)
        check(site.milter.alive(), "the milter died")
    finally:
        away.rename(store)
    verdict = site.submit(ALICE, [BOB], build(ALICE, [BOB]))
    Signatures(site.users).check(verdict.data, ALICE)


# Disclaimers, and whether there is a marker.
EDITIONS = (("the first edition of a text", False),
            ("the second edition, which is another one", True))


def write_edition(site, text, marker):
    """Settings that tell in two places of a message which they were."""
    path = site.folder / f"legal-{marker}.txt"
    path.write_text(text + "\n")
    seal = site.seal_setting().replace(
        "; };", f"; marker = {str(marker).lower()}; }};")
    site.write_settings(
        defaults='disclaimer = "legal";', more=f"""
disclaimers = ( {{ name = "legal"; text = "{path}"; }} );
{seal}""")


@case("reload while mail flows: nothing is lost, each message has one edition "
      "of the settings, new ones count")
def _(site):
    signatures = Signatures(site.users)
    sent = [0]
    seen = set()

    def outcome(verdict, user):
        check(verdict.accepted, f"{verdict.outcome}: {verdict.reply}")
        signatures.check(verdict.data, user)
        has_marker = bool(verdict.header("X-SMIME-Protected"))
        texts = [(text.encode() in verdict.data, has_marker == marker)
                 for text, marker in EDITIONS]
        check(texts in ([(True, True), (False, False)],
                        [(False, False), (True, True)]), f"mixed: {texts}")
        seen.add(has_marker)
        sent[0] += 1

    write_edition(site, *EDITIONS[1])
    site.restart_milter()
    with Load(site, 4, outcome) as load:
        for number in range(8):
            before = sent[0]
            text, marker = EDITIONS[number % 2]
            seen.discard(marker)
            write_edition(site, text, marker)
            site.milter.signal(signal.SIGHUP)
            wait_until(lambda: sent[0] > before + 20 and marker in seen or
                       not load.errors.empty(), "mail flows")
    load.check()
    site.write_settings(networks='"203.0.113.0/24"', defaults="", more="")
    site.milter.signal(signal.SIGHUP)
    mail = build(ALICE, [BOB])
    wait_until(lambda: site.send(ALICE, [BOB], mail,
                                 address="203.0.113.5").changes,
               "the new network is trusted")
    equal(site.send(ALICE, [BOB], mail, address="198.51.100.1").changes, [])
    site.write_settings(networks='"198.51.100.0/24"')
    site.milter.signal(signal.SIGHUP)
    wait_until(lambda: site.send(ALICE, [BOB], mail,
                                 address="198.51.100.1").changes,
               "the old network is trusted again")


@case("reload of a broken configuration: the old one stays, the log says why")
def _(site):
    site.write_settings(more="no_such_option = 1;")
    site.milter.signal(signal.SIGHUP)
    site.wait_log("no_such_option")
    verdict = site.submit(ALICE, [BOB], build(ALICE, [BOB]))
    Signatures(site.users).check(verdict.data, ALICE)
    site.write_settings(more="")
    site.milter.signal(signal.SIGHUP)


@case("SIGTERM: a message in flight is finished")
def _(site):
    mail = build(ALICE, [BOB])
    with site.mta() as mta:
        mta.connect(address="198.51.100.1")
        mta.helo()
        mta.message(f"<{ALICE}>", [f"<{BOB}>"], mail, stop="eoh")
        model = mta.model
        site.milter.signal(signal.SIGTERM)
        mta.body(model.body)
        verdict = mta.end_of_message()
        check(verdict[0] in ("continue", "accept", "tempfail", "reply"),
              verdict)
        if verdict[0] in ("continue", "accept"):
            Signatures(site.users).check(model.data(), ALICE)
    equal(site.milter.wait(), 0, "exit status")
    site.start_milter()


# -- private keys --

def memory_of(pid):
    """All readable memory of a process, region by region.  As root."""
    with open(f"/proc/{pid}/maps", encoding="ascii") as maps, \
            open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for line in maps:
            area, rights = line.split()[:2]
            if "r" not in rights or "[v" in line:
                continue
            start, end = (int(x, 16) for x in area.split("-"))
            try:
                memory.seek(start)
                yield memory.read(end - start)
            except (OSError, ValueError, OverflowError):
                continue


def find_numbers(pid, numbers):
    """Which of these big numbers are in the memory, in either byte order."""
    patterns = {}
    for name, number in numbers.items():
        size = (number.bit_length() + 7) // 8
        patterns[name + " big-endian"] = number.to_bytes(size, "big")
        patterns[name + " little-endian"] = number.to_bytes(size, "little")
    found, size = set(), 0
    for region in memory_of(pid):
        size += len(region)
        found |= {name for name, pattern in patterns.items()
                  if pattern in region}
    return found, size


@case("no private key in the memory of smime-milter after signing")
def _(site):
    if not is_root():
        raise tap.Skip("only root may read the memory of the daemons")
    if is_sanitized():
        raise tap.Skip("a sanitizer's memory is too large to be searched")
    for _ in range(20):
        for address in site.users:
            check(site.submit(address, [BOB], build(address, [BOB])).accepted,
                  address)
    numbers = {}
    for address, identity in site.users.items():
        p, q = openssl.rsa_primes(identity.key)
        numbers.update({f"p of {address}": p, f"q of {address}": q})
        # What must be there, or the search is blind.
        numbers[f"modulus of {address}"] = p * q
    found, size = find_numbers(site.milter.pid, numbers)
    note(f"{size} bytes of smime-milter")
    check(any(name.startswith("modulus") for name in found),
          "not even the public keys were found")
    equal({name for name in found if not name.startswith("modulus")}, set(),
          "in smime-milter")
    found, size = find_numbers(site.keyd.pid, numbers)
    note(f"{size} bytes of smime-keyd: {sorted(found)}")
    check({name for name in found if not name.startswith("modulus")},
          "not found in smime-keyd either: the search proves nothing")


@case("smime-keyd's memory and key file are closed to the milter's user")
def _(site):
    if not is_root():
        raise tap.Skip("needs two users")

    def as_milter(*command):
        uid, gid = identity_of(MILTER_USER)
        return subprocess.run(
            ["setpriv", f"--reuid={uid}", f"--regid={gid}", "--clear-groups",
             "--", *command], capture_output=True, check=False).returncode

    pid = site.keyd.pid
    for path in (f"/proc/{pid}/mem", f"/proc/{pid}/maps",
                 f"/proc/{pid}/environ", str(site.keyfile)):
        check(as_milter("head", "-c", "1", path) != 0, f"{path} is readable")
    check(as_milter("kill", "-0", str(pid)) != 0, "may be killed")
    equal(as_milter("head", "-c", "1", str(site.configuration)), 0,
          "the check itself")
    for line in open(f"/proc/{pid}/status", encoding="ascii"):
        if line.startswith("Uid:"):
            equal(line.split()[1:], [str(identity_of(KEYD_USER)[0])] * 4)
        if line.startswith(("CapEff:", "CapPrm:")):
            equal(line.split()[1], "0" * 16, line)


def blobs_of(path):
    """Every BLOB in a database, whatever its tables are called."""
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
        tables = [row[0] for row in database.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            for row in database.execute(f'SELECT * FROM "{table}"'):
                yield from (value for value in row
                            if isinstance(value, bytes))


@case("the private keys in the store are sealed, and openssl opens them")
def _(site):
    folder = site.folder / "store"
    data = b"".join(path.read_bytes() for path in folder.iterdir()
                    if path.is_file())
    opened = set()
    for blob in blobs_of(folder / "store.db"):
        # RFC 5649 by the command line: recovery needs none of our code.
        done = openssl.run("enc", "-d", "-id-aes256-wrap-pad", "-K",
                           site.keyfile.read_text().strip(), "-iv",
                           "A65959A6", data=blob, check=False)
        if done.returncode == 0:
            opened.add(done.stdout)
    for identity in site.users.values():
        pkcs8 = openssl.run("pkcs8", "-topk8", "-nocrypt", "-outform", "DER",
                            "-in", identity.key).stdout
        check(pkcs8 in opened, f"the key of {identity.address} is not there")
        for prime in openssl.rsa_primes(identity.key):
            check(prime.to_bytes((prime.bit_length() + 7) // 8, "big")
                  not in data, "a prime stands open in the store")


# -- what an operator gets wrong --

def _one_line(done, *words):
    """Ended with an error, and one line that says what to do."""
    check(done.returncode not in (0, -6, -11, 134, 139),
          f"status {done.returncode}: {done.stderr}")
    lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
    equal(len(lines), 1, f"lines ({lines})")
    for word in words:
        contains(lines[0].lower(), word.lower(), "the line")


def _milter(site, text, name="bad.conf"):
    path = site.folder / name
    path.write_text(text)
    path.chmod(0o644)
    return site.run("smime-milter", "-n", "-c", path, user=MILTER_USER)


def _good(site):
    return site.configuration.read_text()


@case("the configuration: what is wrong is told, all of it, with its line")
def _(site):
    equal(site.run("smime-milter", "-n", "-c", site.configuration,
                   user=MILTER_USER).returncode, 0, "the good one")
    _one_line(site.run("smime-milter", "-n", "-c", "/nonexistent/x.conf"),
              "/nonexistent/x.conf")
    _one_line(_milter(site, _good(site) + "frobnicate = 1;\n"), "bad.conf:",
              "frobnicate")
    _one_line(_milter(site, _good(site) + "frobnicate = ;\n"), "bad.conf:")
    _one_line(_milter(site, _good(site).replace("0666", '"x"')), "socket_mode")
    done = _milter(site, _good(site).replace("0666", '"x"') +
                   "frobnicate = 1;\nlimits = { max_message = -1; };\n")
    equal(len(done.stderr.splitlines()), 3, done.stderr.decode())


@case("the store: missing, foreign, unreadable")
def _(site):
    def with_store(path):
        return _good(site).replace(f"{site.folder}/store/store.db", str(path))

    _one_line(_milter(site, with_store(site.folder / "store" / "none.db")),
              "none.db", "smimectl store migrate")
    foreign = site.folder / "run" / "foreign.db"
    foreign.write_bytes(b"this is no database, and long enough" * 100)
    foreign.chmod(0o644)
    _one_line(_milter(site, with_store(foreign)), "foreign.db")
    if is_root():
        closed = site.folder / "closed.db"
        shutil.copy(site.folder / "store" / "store.db", closed)
        closed.chmod(0o600)
        os.chown(closed, 0, 0)
        _one_line(_milter(site, with_store(closed)), "closed.db")


@case("authorities: a file that is not there, or holds no certificate")
def _(site):
    def with_bundle(path):
        return _good(site).replace('ca_bundle = ""', f'ca_bundle = "{path}"')

    _one_line(_milter(site, with_bundle("/nonexistent/ca.pem")),
              "/nonexistent/ca.pem")
    _one_line(_milter(site, with_bundle(site.configuration)),
              str(site.configuration))


@case("the wrapping key: missing, too open, cut short, already there")
def _(site):
    def keyd(path):
        return site.run("smime-keyd", "-f", "-s", site.folder / "k" / "s",
                        "-k", path)

    _one_line(keyd("/nonexistent/key"), "/nonexistent/key")
    open_key = site.folder / "open.key"
    shutil.copy(site.keyfile, open_key)
    open_key.chmod(0o644)
    _one_line(keyd(open_key), "open.key", "mode")
    short = site.folder / "short.key"
    short.write_text("0123456789abcdef\n")
    short.chmod(0o400)
    _one_line(keyd(short), "short.key")
    before = site.keyfile.read_bytes()
    _one_line(site.run("smime-keyd", "-k", f"new:{site.keyfile}"),
              "wrapping.key")
    equal(site.keyfile.read_bytes(), before, "the wrapping key")
    check(not can_connect(str(site.folder / "k" / "s")), "keyd runs")


@case("importing keys: wrong passphrase, no key, another's certificate")
def _(site):
    def imported(data, *options, address=ALICE):
        return site.run("smimectl", "-c", site.configuration, "key", "import",
                        address, site.for_smimectl(data), *options,
                        user=MILTER_USER)

    identity = site.org.issue(ALICE, "ec:P-256")
    bundle = identity.pkcs12("right").read_bytes()
    wrong = site.for_smimectl(b"wrong\n")
    right = site.for_smimectl(b"right\n")
    _one_line(imported(bundle, "--passphrase-file", wrong), "passphrase")
    _one_line(imported(identity.certificate.read_bytes()), "private key")
    _one_line(imported(b"neither PEM nor PKCS#12\n"))
    _one_line(imported(bundle, "--passphrase-file", right, address=CAROL),
              "alice@example.org")
    _one_line(imported(bundle, "--passphrase-file", right,
                       address="nobody@example.org"), "nobody@example.org")
    _one_line(site.run("smimectl", "-c", site.configuration, "key", "import",
                       ALICE, "/nonexistent/file", user=MILTER_USER),
              "/nonexistent/file")


@case("smimectl without its key process or store: temporary, one line")
def _(site):
    site.keyd.kill()
    try:
        done = site.run("smimectl", "-c", site.configuration, "cert", "issue",
                        ALICE, user=MILTER_USER)
        _one_line(done, "keyd")
        equal(done.returncode, 3, "status")
    finally:
        site.start_keyd()
    done = site.run("smimectl", "-c", site.configuration, "user", "show",
                    "nobody@example.org", user=MILTER_USER)
    equal(done.returncode, 1, "status of not found")
    done = site.run("smimectl", "-c", site.configuration, "frobnicate")
    equal(done.returncode, 2, "status of wrong usage")


@case("at the end nobody has complained")
def _(site):
    for process in (site.milter, site.keyd):
        check(process.alive(), f"{process.name} died")
        for word in COMPLAINTS:
            absent(process.output(), word, process.name)


if __name__ == "__main__":
    tap.main(Fixture)
