#!/usr/bin/env python3
"""make bench: how much of this machine's speed is left for mail.

Everything is measured in turn, several rounds in one call, on the same
machine at the same time; what counts are the ratios of the medians.  Rates
suffer from whatever else the machine does; the processor time of the programs
that are measured does so much less.

  nothing        a milter that does nothing
  unsigned       smime-milter, inbound mail without a signature
  sign loop      a program without any milter that only signs, in process
  sign milter    a milter that only signs, in process: libmilter and OpenSSL
  signed         smime-milter and smime-keyd
  verified       smime-milter, inbound mail with a good signature
  decrypted      smime-milter and smime-keyd, inbound mail for a user
  signed 10k     the same as signed, with a text of that size
  sealed 10k     and with a fingerprint for the guard
  guarded 10k    a guard, the same mail when it has been signed
  signed 1M      the same with a megabyte
  sealed 1M
  guarded 1M

Environment: ROUNDS (5), MESSAGES (4000), CONNECTIONS (8), BODY (4096).
"""

import json
import os
import pathlib
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "system"))

import openssl  # noqa: E402
from messages import build  # noqa: E402
from processes import Process, can_connect  # noqa: E402
from testsite import BUILD, Guard, Site  # noqa: E402

ROUNDS = int(os.environ.get("ROUNDS", "5"))
MESSAGES = int(os.environ.get("MESSAGES", "4000"))
CONNECTIONS = int(os.environ.get("CONNECTIONS", "8"))
BODY = int(os.environ.get("BODY", "4096"))
USER = "alice@example.org"
PARTNER = "bob@example.com"


def tool(name):
    return str(BUILD / "tests" / "bench" / name)


def measure(command):
    done = subprocess.run([str(c) for c in command], capture_output=True,
                          check=True)
    return json.loads(done.stdout)


def load(socket, processes, count, *options):
    """Figures of milter_load; cpu: microseconds for each message."""
    before = sum(p.cpu_seconds() for p in processes)
    figures = measure([tool("milter_load"), "-j", "-s", socket, "-n", count,
                       "-c", CONNECTIONS, "-b", BODY, *options])
    spent = sum(p.cpu_seconds() for p in processes) - before
    return figures | {"cpu": spent / count * 1e6}


def expect(figures, field, count):
    """The right thing was measured: nothing was deferred or left out."""
    if figures[field] != count:
        raise SystemExit(f"not measured what was meant: {figures}")
    return figures


def own_key(site):
    """RSA-2048 for alice, in keyd and, for the bounds, in a PEM file."""
    folder = site.folder
    key, request, pem = (folder / f"bench.{n}" for n in ("key", "csr", "pem"))
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048",
                    "-nodes", "-keyout", key, "-out", request, "-subj",
                    "/CN=bench", "-days", "30", "-addext",
                    f"subjectAltName=email:{USER}", "-addext",
                    "keyUsage=critical,digitalSignature,keyEncipherment",
                    "-addext", "extendedKeyUsage=emailProtection",
                    "-addext", "basicConstraints=critical,CA:FALSE"],
                   check=True, capture_output=True)
    pem.write_bytes(key.read_bytes() + request.read_bytes())
    site.add_user(USER)
    site.smimectl("key", "import", USER,
                  site.for_smimectl(pem.read_bytes()))
    return openssl.Identity(None, USER, request, key), pem


class Mail:
    """What comes in, in files: signed by PARTNER, encrypted to USER."""

    def __init__(self, folder, site, user):
        line = b"The quick brown fox jumps over the lazy dog.\r\n"
        entity = (b"Content-Type: text/plain\r\n\r\n" +
                  line * (BODY // len(line) + 1))
        header = (f"From: {PARTNER}\r\nTo: {USER}\r\nSubject: bench\r\n"
                  "Date: Mon, 05 Oct 2026 10:00:00 +0000\r\n"
                  "Message-ID: <load.1@client.example.org>\r\n").encode()
        authority = openssl.Authority(folder / "partner-ca", "Partner CA")
        site.trust(authority)
        self.signed = folder / "signed.eml"
        self.signed.write_bytes(
            authority.issue(PARTNER).sign_detached(header, entity))
        self.encrypted = folder / "encrypted.eml"
        self.encrypted.write_bytes(user.encrypt(header, entity))
        site.restart_milter()


SIZES = {"10k": 10000, "1M": 1000000}


class Sealed:
    """Mail of USER in files, as the signer gets it and as the guard does, of
    each size; a signer that seals, and that guard.  site has the key of USER,
    and seals nothing."""

    def __init__(self, site, sealing):
        self.site, self.sealing = site, sealing
        own_key(sealing)
        sealing.reconfigure(more=sealing.seal_setting())
        self.clear, self.sealed = {}, {}
        for name, size in SIZES.items():
            mail = build(USER, [PARTNER], b"\r\n" + b"".join(
                b"line %06d of a text that somebody has written\r\n" % n
                for n in range(size // 49)))
            self.clear[name] = site.folder / f"clear-{name}.eml"
            self.clear[name].write_bytes(mail)
            self.sealed[name] = site.folder / f"sealed-{name}.eml"
            self.sealed[name].write_bytes(
                sealing.submit(USER, [PARTNER], mail).data)
        self.guard = Guard(sealing)

    def _sign(self, site, name, count):
        return expect(
            load(site.socket, [site.milter, site.keyd], count, "-F", USER,
                 "-l", USER, "-d", "SUBMISSION", "-t", PARTNER, "-f",
                 self.clear[name]), "changed", count)

    def measure(self):
        """Rows of the table."""
        rows = {}
        for name, size in SIZES.items():
            count = max(MESSAGES * 10000 // size, 8)
            rows[f"signed {name}"] = self._sign(self.site, name, count)
            rows[f"sealed {name}"] = self._sign(self.sealing, name, count)
            rows[f"guarded {name}"] = load(
                self.guard.socket, [self.guard.milter], 4 * count, "-F", USER,
                "-t", PARTNER, "-f", self.sealed[name])
        return rows


class Bounds:
    """The two milters that smime-milter is compared with."""

    def __init__(self, folder, pem):
        self.nothing = str(folder / "null.sock")
        self.sign = str(folder / "sign.sock")
        self.processes = [
            Process("null_milter", [tool("null_milter"), self.nothing],
                    folder / "null.log"),
            Process("sign_milter", [tool("sign_milter"), self.sign, pem],
                    folder / "sign.log")]
        for process, socket in zip(self.processes, (self.nothing, self.sign)):
            process.wait_ready(lambda s=socket: can_connect(s), "socket")

    def kill(self):
        for process in self.processes:
            process.kill()


def one_round(site, bounds, pem, mail, sealed):
    signed = ("-F", USER, "-l", USER, "-d", "SUBMISSION")
    unsigned = ("-F", PARTNER)
    to_user = ("-F", PARTNER, "-t", USER)
    many = 4 * MESSAGES
    null, sign = ([p] for p in bounds.processes)
    ours = [site.milter, site.keyd]
    return {
        "nothing": expect(load(bounds.nothing, null, many, *unsigned),
                          "unchanged", many),
        "unsigned": expect(load(site.socket, ours, many, *unsigned),
                           "unchanged", many),
        "sign loop": measure([tool("sign_only"), pem, CONNECTIONS, MESSAGES,
                              BODY]),
        "sign milter": expect(load(bounds.sign, sign, MESSAGES, *signed),
                              "changed", MESSAGES),
        "signed": expect(load(site.socket, ours, MESSAGES, *signed),
                         "changed", MESSAGES),
        "verified": expect(load(site.socket, ours, MESSAGES, *to_user, "-f",
                                mail.signed), "marked", MESSAGES),
        "decrypted": expect(load(site.socket, ours, MESSAGES, *to_user, "-f",
                                 mail.encrypted), "changed", MESSAGES),
        **sealed.measure(),
    }


def median(rounds, name, field):
    return statistics.median(r[name][field] for r in rounds)


def table(rounds):
    print(f"\n{'':14}{'msg/s':>10}{'min':>10}{'max':>10}"
          f"{'p50 us':>10}{'p99 us':>10}{'cpu us':>10}")
    for name in rounds[0]:
        rates = [r[name]["rate"] for r in rounds]
        row = (f"{name:14}{statistics.median(rates):10.0f}"
               f"{min(rates):10.0f}{max(rates):10.0f}")
        if "p50" in rounds[0][name]:
            row += (f"{median(rounds, name, 'p50'):10.0f}"
                    f"{median(rounds, name, 'p99'):10.0f}"
                    f"{median(rounds, name, 'cpu'):10.1f}")
        print(row)


def ratios(rounds):
    print("\nratio of medians")
    for name, bound, wanted in (
            ("unsigned", "nothing", "0.90 expected"),
            ("signed", "sign milter", "0.80 expected"),
            ("signed", "sign loop", "no milter at all"),
            ("sign milter", "sign loop", "what libmilter costs"),
            ("verified", "nothing", ""),
            ("decrypted", "nothing", ""),
            ("decrypted", "signed", "one private operation each")):
        ratio = (median(rounds, name, "rate") / median(rounds, bound, "rate"))
        bar = "#" * round(min(ratio, 1.5) * 30)
        print(f"  {name + ' / ' + bound:26}{ratio:6.2f}  {bar:32} {wanted}")
    cost = median(rounds, "unsigned", "cpu") / median(rounds, "nothing", "cpu")
    print(f"\nprocessor time of unsigned / nothing: {cost:.2f}"
          " (1.10 at most expected)")
    for name in SIZES:
        signed, sealed, guarded = (
            median(rounds, f"{kind} {name}", "cpu")
            for kind in ("signed", "sealed", "guarded"))
        print(f"processor time of guarded / signed {name}:"
              f" {guarded / signed:.3f}; / sealed: {guarded / sealed:.3f};"
              f" of sealed / signed: {sealed / signed:.2f}")


def measure_rounds(one):
    one()  # warms everything up
    rounds = []
    for number in range(1, ROUNDS + 1):
        rounds.append(one())
        print(f"\rround {number} of {ROUNDS}", end="", flush=True)
    return rounds


def main():
    if not BODY or not MESSAGES:
        raise SystemExit("BODY and MESSAGES must not be 0")
    print(f"{ROUNDS} rounds, {CONNECTIONS} connections, body of {BODY} bytes,"
          f" RSA-2048, {os.cpu_count()} CPUs")
    with Site() as site, Site() as sealing:
        user, pem = own_key(site)
        mail = Mail(site.folder, site, user)
        sealed = Sealed(site, sealing)
        bounds = Bounds(site.folder / "run", pem)
        try:
            with sealed.guard:
                rounds = measure_rounds(
                    lambda: one_round(site, bounds, pem, mail, sealed))
        finally:
            bounds.kill()
    table(rounds)
    ratios(rounds)


if __name__ == "__main__":
    main()
