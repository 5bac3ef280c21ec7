"""smimectl as an operator uses it: the built program, a real smime-keyd and
a real store; certificates and messages are judged by openssl."""

import base64
import csv
import datetime
import hashlib
import io
import json
import os
import pathlib
import pty
import re
import sqlite3
import subprocess

import openssl
import tap
from tap import absent, case, check, contains, equal
from testsite import MILTER_USER, Site, program

DONE, NO, USAGE, AWAY = 0, 1, 2, 3
MANUAL = pathlib.Path(os.environ.get("top_srcdir", ".")) / \
    "milter/admin/smimectl.8"
ALICE = "alice@example.org"
BOB = "bob@example.net"

PLAIN = (b"From: Alice <alice@example.org>\r\nTo: bob@example.net\r\n"
         b"Subject: hello\r\nDate: Sat, 21 Nov 2026 10:00:00 +0000\r\n"
         b"Message-ID: <1@example.org>\r\nMIME-Version: 1.0\r\n"
         b"Content-Type: text/plain; charset=utf-8\r\n"
         b"Content-Transfer-Encoding: 8bit\r\n\r\n"
         b"Gr\xc3\xbc\xc3\x9fe, and a line that is long enough to stay"
         b" readable\r\nFrom here \r\n")
ENTITY = b"Content-Type: text/plain\r\n\r\nsecret\r\n"


class AdminSite(Site):
    """Without the daemon: smimectl does not need it."""

    ca_options = ()

    def start_milter(self):
        self.partner = openssl.Authority(self.folder / "partner", "Partner")
        self.bob = self.partner.issue(BOB)

    def fails(self, status, *arguments, data=None):
        """The one line on standard error."""
        done = self.run("smimectl", "-c", self.configuration, *arguments,
                        data=data, user=MILTER_USER)
        text = done.stderr.decode("utf-8", "replace")
        equal(done.returncode, status, f"status of {arguments}: {text}")
        equal(text.count("\n"), 1, f"lines of {text!r}")
        check(text.startswith("smimectl: "), text)
        equal(done.stdout, b"", "standard output")
        return text

    def bytes_of(self, *arguments, data=None):
        return self.smimectl(*arguments, data=data).encode(
            "utf-8", "surrogateescape")

    def file(self, data):
        if isinstance(data, str):
            data = data.encode()
        return self.for_smimectl(data)

    def own(self, address, *options):
        """Domain's user with a certificate of the local authority."""
        self.add_user(address)
        self.issue(address, *options)
        pem = self.folder / f"{address}.pem"
        pem.write_text(self.smimectl("cert", "show", address, "--pem"))
        return pem

    def text_of(self, pem, *options):
        return openssl.run("x509", "-in", pem, "-noout",
                           *options).stdout.decode()


# --- the command line ---


def run_plain(*arguments):
    done = subprocess.run([program("smimectl"), *arguments],
                          capture_output=True, check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def verbs():
    """[noun], or [noun, verb], of everything that help lists."""
    status, out, _ = run_plain("help")
    equal(status, DONE, "help")
    listing = out.partition("Options of every verb")[0]
    words = [re.split(r" {2,}", line.strip())[0].split()
             for line in listing.splitlines() if re.match(r"  \S", line)]
    return [[w for w in line if w.isalpha() and w.islower()]
            for line in words]


@case("help: every verb explains itself")
def _(_site):
    found = verbs()
    check(len(found) >= 24, f"{len(found)} verbs")
    for words in found:
        status, out, _ = run_plain("help", *words)
        equal(status, DONE, f"help {words}")
        contains(out, "usage: smimectl " + " ".join(words))
        check(all(len(line) <= 80 for line in out.splitlines()),
              f"help {words} is too wide")
        equal(run_plain(*words, "--help")[:2], (DONE, out), f"{words} --help")


@case("help: the manual page describes every verb and option")
def _(_site):
    page = re.sub(r" +", " ", MANUAL.read_text().replace("\\-", "-"))
    for words in verbs():
        contains(page, ".It Cm " + " ".join(words), "manual page")
        entry = page.partition(".It Cm " + " ".join(words))[2]
        entry = re.split(r"\n\.(?:It Cm|El)", entry)[0]
        if "Ar settings" in entry:  # described once for several verbs
            kind = "recipients" if words[0] == "recipient" else "senders"
            entry += page.partition(f".Ss Settings for {kind}")[2].partition(
                "\n.Sh ")[0]
        out = run_plain("help", *words)[1]
        for option in re.findall(r"^ +--([a-z-]+)", out, re.M):
            contains(entry, f"Fl -{option}", f"manual page of {words}")
    mandoc = os.environ.get("MANDOC")
    if mandoc:
        done = subprocess.run([mandoc, "-Tlint", "-Wwarning", str(MANUAL)],
                              capture_output=True, check=False)
        equal(done.stdout.decode(), "", "mandoc")


@case("usage: mistakes are named, and what was meant")
def _(_site):
    for arguments, text in (
            (["domian", "list"], 'did you mean "domain"'),
            (["user", "lst"], 'did you mean "list"'),
            (["user", "list", "--domian=x"], 'did you mean "domain"'),
            (["frobnicate"], "see: smimectl help"),
            (["user", "frobnicate"], "see: smimectl help user"),
            (["user", "add"], "usage: smimectl user add ADDRESS"),
            (["user", "add", "a@b.example", "c@d.example"], "too many"),
            (["user", "add", "nobody"], "not a mail address"),
            (["user", "add", "a@b.example", "--first"], "argument is missing"),
            (["user", "add", "a@b.example", "--sign", "maybe"], "off, on or"),
            (["user", "set", "a@b.example", "--sign=on", "--sign=off"],
             "given twice"),
            (["key", "import", "a@b.example", "f", "--archive=1"],
             "takes no argument"),
            (["domain", "add", "under_score..example"], "not a domain"),
            (["cert", "issue", "a@b.example", "--days", "826"], "1 to 825"),
            (["cert", "issue", "a@b.example", "--key", "rsa1024"], "rsa3072"),
            (["user", "-x"], 'no option "-x"'),
            (["domain", "set", "b.example", "--unheard-of", "x"],
             "see: smimectl help domain set"),
            (["status", "--unheard-of"], "see: smimectl help status"),
            (["explain", "--from", "a@b.example"], "--to is missing")):
        status, out, err = run_plain("-c", "/dev/null", *arguments)
        equal((status, out), (USAGE, ""), f"{arguments}: {err}")
        contains(err, text, str(arguments))
        equal(err.count("\n"), 1, f"lines of {err!r}")
    equal(run_plain()[0], USAGE, "nothing")
    contains(run_plain("user")[2], "user list")


@case("usage: options before and behind noun and verb")
def _(site):
    site.smimectl("domain", "add", "options.example")
    c = str(site.configuration)
    for arguments in (["-c", c, "--json", "domain", "list"],
                      ["domain", "-c", c, "list", "--json"],
                      ["domain", "list", "--json", f"--config={c}"],
                      ["--json", "domain", f"--config={c}", "list"]):
        status, out, err = run_plain(*arguments)
        equal((status, err), (DONE, ""), str(arguments))
        check("options.example" in [d["name"] for d in json.loads(out)], out)
    status, out, _ = run_plain("-V")
    check(status == DONE and re.fullmatch(r"smimectl [\d.]+\n", out), out)


# --- what an operator gets wrong ---


@case("configuration: each mistake is one line with file and line number")
def _(site):
    path = site.folder / "bad.conf"
    path.write_text('keyd = "/run/k";\nstroe = "x";\n')
    status, out, err = run_plain("-c", str(path), "domain", "list")
    equal((status, out), (USAGE, ""), err)
    contains(err, f"smimectl: {path}:2: ")
    contains(err, "stroe")
    path.write_text('stroe = "x";\nkeyd_connections = 0;\n')
    status, _, err = run_plain("-c", str(path), "status")
    equal((status, err.count("\n")), (USAGE, 2), err)
    status, _, err = run_plain("-c", "/nonexistent/x.conf", "status")
    equal((status, err.count("\n")), (USAGE, 1), err)
    contains(err, "/nonexistent/x.conf")


@case("store: a missing one, and one that everybody may read")
def _(site):
    site.write_settings(more="")
    database = site.folder / "store" / "store.db"
    os.rename(database, database.with_suffix(".away"))
    contains(site.fails(AWAY, "user", "list"), "smimectl store migrate")
    os.rename(database.with_suffix(".away"), database)
    database.chmod(0o666)
    contains(site.fails(AWAY, "user", "list"), f"chmod o= {database}")
    database.chmod(0o600)
    contains(site.smimectl("store", "migrate"), "nothing to do")
    result = site.json("store", "check")
    equal(result["store"], f"sqlite:{database}")


# --- domains and users ---


EXEMPTIONS = ["null-sender", "dsn", "mdn", "acme", "auto-submitted", "list",
              "resent", "calendar", "partial"]
DEFAULTS = {"sign": "on", "encrypt": "off", "exempt": EXEMPTIONS,
            "own_cert_problem": "unsigned", "signature_algorithm": "any",
            "mixed": "split", "bcc": "separate", "triggers": "all",
            "mode": "enforce", "decrypt": "on", "disclaimer_repeat": "once",
            "disclaimer_protected": "pass", "escrow": [],
            "disclaimer": None}


@case("domain: add, show, set, list")
def _(site):
    site.smimectl("domain", "add", "Sub.Example.ORG.", "--encrypt", "required")
    one = site.json("domain", "show", "sub.example.org")
    equal((one["sign"], one["encrypt"], one["source"]),
          ("inherit", "required", "store"))
    equal(one["effective"], {**DEFAULTS, "encrypt": "required"})
    site.smimectl("domain", "set", "sub.example.org", "--sign", "off")
    one = site.json("domain", "show", "sub.example.org")
    equal((one["sign"], one["encrypt"]), ("off", "required"))
    names = [d["name"] for d in site.json("domain", "list")]
    check("sub.example.org" in names and "example.org" in names, names)
    contains(site.smimectl("domain", "list"), "sub.example.org")
    contains(site.fails(NO, "domain", "add", "sub.example.org"),
             "sub.example.org")
    contains(site.fails(NO, "domain", "show", "nowhere.example"),
             "nowhere.example")
    contains(site.fails(NO, "domain", "set", "nowhere.example"),
             "nowhere.example")


@case("domain: what is exempt, own certificates, algorithms")
def _(site):
    settings = ("exempt", "own_cert_problem", "signature_algorithm")

    def shown():
        one = site.json("domain", "show", "set.example.org")
        return ([one[name] for name in settings],
                [one["effective"][name] for name in settings])

    site.smimectl("domain", "add", "set.example.org", "--exempt", "list,dsn",
                  "--own-cert-problem", "defer")
    equal(shown(), (["dsn,list,partial", "defer", "inherit"],
                    [["dsn", "list", "partial"], "defer", "any"]))
    site.smimectl("domain", "set", "set.example.org",
                  "--signature-algorithm", "ecdsa-p384", "--exempt", "none")
    equal(shown(), (["partial", "defer", "ecdsa-p384"],
                    [["partial"], "defer", "ecdsa-p384"]))
    site.write_settings(more=(
        'domains = ( { name = "set.example.org"; exempt = [ "mdn" ]; '
        'own_cert_problem = "unsigned"; } );'))
    site.smimectl("domain", "set", "set.example.org", "--exempt", "inherit",
                  "--own-cert-problem", "inherit")
    equal(shown(), (["inherit", "inherit", "ecdsa-p384"],
                    [["mdn", "partial"], "unsigned", "ecdsa-p384"]))
    site.write_settings(more="")
    site.smimectl("domain", "set", "set.example.org", "--exempt", "all",
                  "--signature-algorithm", "inherit")
    equal(shown(), ([",".join(EXEMPTIONS), "inherit", "inherit"],
                    [EXEMPTIONS, "unsigned", "any"]))
    listed = {d["name"]: d for d in site.json("domain", "list")}
    equal(listed["set.example.org"]["exempt"], ",".join(EXEMPTIONS))
    contains(site.smimectl("domain", "show", "set.example.org"),
             "null-sender, dsn, mdn")
    for option, word in (("--exempt", "lists"), ("--exempt", "dsn, mdn"),
                         ("--own-cert-problem", "wait"),
                         ("--signature-algorithm", "dsa")):
        contains(site.fails(USAGE, "domain", "set", "set.example.org", option,
                            word), f"{option} {word}: not ")
    equal(site.json("user", "add", "x@set.example.org")["address"],
          "x@set.example.org")
    equal(site.json("user", "show", "x@set.example.org")["effective"],
          DEFAULTS)
    with sqlite3.connect(site.folder / "store" / "store.db") as db:
        detail = [row[0] for row in db.execute(
            "SELECT detail FROM audit WHERE object = 'set.example.org' "
            "ORDER BY id")]
    equal(detail[0], "sign=inherit encrypt=inherit exempt=dsn,list,partial "
                     "own-cert-problem=defer signature-algorithm=inherit "
                     "mixed=inherit bcc=inherit triggers=inherit "
                     "mode=inherit decrypt=inherit "
                     "disclaimer-repeat=inherit disclaimer-protected=inherit "
                     "escrow=inherit disclaimer=inherit")


@case("domain, user: disclaimers of the configuration, and no others")
def _(site):
    name, user = "disclaimer.example.org", "x@disclaimer.example.org"
    text = site.folder / "disclaimer.txt"
    text.write_text("Example Ltd\n")
    site.smimectl("domain", "add", name, "--disclaimer", "none")
    equal((site.json("domain", "show", name)["disclaimer"],
           site.json("domain", "show", name)["effective"]["disclaimer"]),
          ("none", None))
    contains(site.fails(USAGE, "domain", "set", name, "--disclaimer", "legal"),
             f"--disclaimer legal: {site.configuration} has no texts; put one "
             "into its list disclaimers first (or say none, inherit)")
    site.write_settings(defaults='disclaimer = "sales";', more=(
        f'disclaimers = ( {{ name = "legal"; text = "{text}"; }}, '
        f'{{ name = "sales"; text = "{text}"; }} ); '
        f'domains = ( {{ name = "file.{name}"; disclaimer = "none"; }} );'))
    one = site.json("domain", "show", f"file.{name}")
    equal((one["disclaimer"], one["effective"]["disclaimer"]), ("none", None))
    site.smimectl("user", "add", user)
    for noun, what in (("domain", name), ("user", user)):
        for verb in ("add", "set"):
            for word in ("leagl", "", "None"):
                contains(site.fails(USAGE, noun, verb, what, "--disclaimer",
                                    word),
                         f"--disclaimer {word}: {site.configuration} has no "
                         "such text; there is legal, sales (or none, inherit)")
    equal(site.json("domain", "set", name, "--disclaimer",
                    "inherit")["effective"]["disclaimer"], "sales")
    site.smimectl("domain", "set", name, "--disclaimer", "legal")
    one = site.json("user", "show", user)
    equal((one["disclaimer"], one["effective"]["disclaimer"]),
          ("inherit", "legal"))
    equal(site.json("user", "set", user, "--disclaimer",
                    "sales")["disclaimer"], "sales")
    site.smimectl("user", "set", user, "--first", "Xaver")
    rows = {row["setting"]: row
            for row in site.json("policy", "show", user)["sender"]}
    equal((rows["disclaimer"]["value"], rows["disclaimer"]["instead_of"]),
          ("sales", f"none (built-in), sales (defaults), legal ({name} "
                    "(store))"))
    for noun, what, word in (("domain", name, "legal"),
                             ("user", user, "sales")):
        line = [line for line in site.smimectl(noun, "list").splitlines()
                if line.startswith(what)]
        contains(line[0], f"disclaimer={word}")
        check(re.search(rf"^Disclaimer: +{word}$",
                        site.smimectl(noun, "show", what), re.M), noun)
    site.write_settings(defaults="", more="")
    # What it was is kept, and said, when the file has lost it.
    contains(site.smimectl("user", "show", user), "sales")
    equal(site.json("user", "set", user, "--disclaimer",
                    "none")["disclaimer"], "none")
    site.smimectl("domain", "set", name, "--disclaimer", "inherit")


@case("the file of a guard has nothing that smimectl works with")
def _(site):
    guard = site.folder / "guard.conf"
    guard.write_text('role = "guard";\n')
    for arguments in (("status",), ("user", "list"), ("domain", "list"),
                      ("domain", "add", "guard.example"), ("store", "check"),
                      ("store", "migrate"), ("key", "list"), ("ca", "list"),
                      ("ca", "init"), ("policy", "show", "x@example.org"),
                      ("explain", "--from", "x@example.org", "--to",
                       "y@example.net"), ("message", "verify")):
        status, out, problem = run_plain("-c", str(guard), *arguments)
        equal((status, out), (USAGE, ""), arguments)
        contains(problem, f"{guard} is the file of a guard, which has no "
                          "users, keys or store; name the one with role = "
                          '"signer" with -c', str(arguments))


# Every setting for senders, with what it is otherwise.
SENDER_WORDS = {"sign": "off", "encrypt": "if-possible", "exempt": "dsn,list",
                "own_cert_problem": "defer", "signature_algorithm": "rsa-pss",
                "mixed": "refuse-the-rest", "bcc": "refuse",
                "triggers": "protect", "mode": "shadow", "decrypt": "off",
                "disclaimer_repeat": "always",
                "disclaimer_protected": "refuse"}
RECIPIENT_WORDS = {"encrypt": "required", "signature": "opaque",
                   "certificates": "newest", "cipher": "aes128-gcm",
                   "key_transport": "oaep", "unchecked": "refuse",
                   "inbound_signature": "required",
                   "inbound_encryption": "required",
                   "inbound_level": "individual", "inbound_action": "refuse"}


def options(words):
    return [part for name, word in words.items()
            for part in ("--" + name.replace("_", "-"), word)]


def shown_value(name, word):
    """As the settings in effect have it."""
    return word.split(",") + ["partial"] if name == "exempt" else word


@case("domain, user: every setting, one by one and back to inherit")
def _(site):
    site.smimectl("domain", "add", "all.example.org")
    site.smimectl("user", "add", "x@all.example.org")
    for noun, name in (("domain", "all.example.org"),
                       ("user", "x@all.example.org")):
        for setting, word in SENDER_WORDS.items():
            one = site.json(noun, "set", name, *options({setting: word}))
            check(one[setting] in (word, word + ",partial"), one)
            one = site.json(noun, "show", name)
            equal(one["effective"],
                  {**DEFAULTS, setting: shown_value(setting, word)})
            site.smimectl(noun, "set", name, *options({setting: "inherit"}))
        one = site.json(noun, "show", name)
        equal([one[setting] for setting in SENDER_WORDS],
              ["inherit"] * len(SENDER_WORDS))
        equal(one["effective"], DEFAULTS)
    # The user's word counts more than the domain's, setting by setting.
    site.smimectl("domain", "set", "all.example.org", *options(SENDER_WORDS))
    site.smimectl("user", "set", "x@all.example.org", "--mixed", "split",
                  "--mode", "enforce")
    expected = {name: shown_value(name, word)
                for name, word in SENDER_WORDS.items()}
    equal(site.json("user", "show", "x@all.example.org")["effective"],
          {**expected, "escrow": [], "disclaimer": None, "mixed": "split",
           "mode": "enforce"})
    text = site.smimectl("domain", "show", "all.example.org")
    for name, word in SENDER_WORDS.items():
        title = name.replace("_", " ")
        check(re.search(rf"^{title.capitalize()}: +{word}", text, re.M), text)
        check(re.search(rf"^Effective {title}: ", text, re.M), text)
    contains(site.smimectl("domain", "list"), "mixed=refuse-the-rest "
             "bcc=refuse triggers=protect mode=shadow decrypt=off")
    contains(site.smimectl("user", "list"), "mixed=split mode=enforce")
    for noun in ("domain", "user"):
        rows = csv.DictReader(io.StringIO(site.smimectl("--csv", noun,
                                                        "list")))
        check(set(SENDER_WORDS) <= set(next(rows)), noun)
    for name in SENDER_WORDS:
        option, _ = options({name: "perhaps"})
        contains(site.fails(USAGE, "user", "set", "x@all.example.org", option,
                            "perhaps"), f"{option} perhaps: not ")


@case("domain: escrow")
def _(site):
    def shown(name):
        one = site.json("domain", "show", name)
        return one["escrow"], one["effective"]["escrow"]

    name = "escrow.example.org"
    site.smimectl("domain", "add", name, "--escrow",
                  "Law@Example.org,archive@example.net,law@example.org")
    equal(shown(name), ("archive@example.net,law@example.org",
                        ["archive@example.net", "law@example.org"]))
    site.smimectl("domain", "set", name, "--sign", "off")
    equal(shown(name)[0], "archive@example.net,law@example.org")
    site.write_settings(
        defaults='escrow = [ "all@example.org" ];',
        more='domains = ( { name = "file.example"; escrow = [ ]; } );')
    site.smimectl("domain", "set", name, "--escrow", "inherit")
    equal(shown(name), ("inherit", ["all@example.org"]))
    site.smimectl("domain", "set", name, "--escrow", "none")
    equal(shown(name), ("none", []))
    equal(shown("file.example"), ("none", []))
    site.write_settings(defaults="", more="")
    for text in ("nobody", "a@example.org,b@", ""):
        site.fails(USAGE, "domain", "set", name, "--escrow", text)
    equal(shown(name), ("none", []))


@case("recipient: set, show, list, remove")
def _(site):
    contains(site.smimectl("recipient", "list"), "smimectl recipient set")
    done = site.json("recipient", "set", "*.Example.NET.",
                     *options(RECIPIENT_WORDS), "--domain-certificate",
                     "Gateway@example.net")
    equal(done, {**RECIPIENT_WORDS, "name": "*.example.net",
                 "domain_certificate": "gateway@example.net",
                 "source": "store", "created": done["created"]})
    site.smimectl("recipient", "set", "mail.example.net", "--encrypt", "never")
    one = site.json("recipient", "show", "MAIL.example.net")
    equal([one[name] for name in RECIPIENT_WORDS],
          ["never"] + ["inherit"] * 9)
    equal(one["effective"], {**RECIPIENT_WORDS, "encrypt": "never",
                             "domain_certificate": "gateway@example.net"})
    # What is not given stays.
    site.smimectl("recipient", "set", "mail.example.net", "--cipher", "auto",
                  "--domain-certificate", "none")
    one = site.json("recipient", "show", "mail.example.net")
    equal((one["encrypt"], one["cipher"], one["domain_certificate"]),
          ("never", "auto", "none"))
    equal(one["effective"]["domain_certificate"], None)
    site.smimectl("recipient", "set", "Bob@mail.example.net", "--encrypt",
                  "as-sender")
    equal([rule["name"] for rule in site.json("recipient", "list")],
          ["*.example.net", "bob@mail.example.net", "mail.example.net"])
    contains(site.smimectl("recipient", "list"),
             "encrypt=never cipher=auto domain-certificate=none")
    site.smimectl("recipient", "set", "mail.example.net", "--encrypt",
                  "inherit", "--cipher", "inherit", "--domain-certificate",
                  "inherit")
    equal(site.json("recipient", "show", "mail.example.net")["effective"],
          {**RECIPIENT_WORDS, "domain_certificate": "gateway@example.net"})
    equal(site.json("recipient", "remove", "BOB@mail.example.net")["name"],
          "bob@mail.example.net")
    for verb in ("show", "remove"):
        contains(site.fails(NO, "recipient", verb, "bob@mail.example.net"),
                 "no rule for bob@mail.example.net")
    for name in ("*", "*.", "bob@*.example.net", "a..b", "*.*.example.net",
                 "net.*"):
        contains(site.fails(USAGE, "recipient", "set", name, "--encrypt",
                            "never"), f'"{name}" is neither')
    contains(site.fails(USAGE, "recipient", "set", "example.net"),
             "nothing to set")
    for option, word in (("--encrypt", "off"), ("--cipher", "3des"),
                         ("--signature", "clear")):
        contains(site.fails(USAGE, "recipient", "set", "example.net", option,
                            word), f"{option} {word}: not ")
    contains(site.fails(USAGE, "recipient", "set", "example.net",
                        "--domain-certificate", "gateway"), "gateway")
    contains(site.fails(NO, "recipient", "show", "example.net"), "no rule")


@case("recipient: those of the configuration file")
def _(site):
    site.write_settings(more=(
        'recipient_domains = ( { name = "*.example.net"; cipher = "auto"; }, '
        '{ name = "example.com"; encrypt = "never"; } );'))
    rules = {(r["name"], r["source"]): r
             for r in site.json("recipient", "list")}
    equal(rules["example.com", "file"]["encrypt"], "never")
    equal(rules["*.example.net", "file"]["cipher"], "auto")
    equal(rules["*.example.net", "store"]["cipher"], "aes128-gcm")
    one = site.json("recipient", "show", "*.example.net")
    equal((one["source"], one["cipher"], one["effective"]["cipher"]),
          ("store and file", "aes128-gcm", "aes128-gcm"))
    one = site.json("recipient", "show", "example.com")
    equal((one["source"], one["effective"]["encrypt"]), ("file", "never"))
    contains(site.fails(NO, "recipient", "remove", "example.com"), "no rule")
    site.write_settings(more="")


@case("login: allow, list, deny")
def _(site):
    def allowed(*arguments):
        return [(r["login"], r["address"], r["source"])
                for r in site.json("login", "list", *arguments)]

    contains(site.smimectl("login", "list"), "smimectl login allow")
    site.smimectl("login", "allow", "Alice", "Sales@Example.org")
    site.smimectl("login", "allow", "ALICE", "@Example.ORG")
    site.smimectl("login", "allow", "Bob@Example.org", "sales@example.org")
    equal(allowed(), [("alice", "@example.org", "store"),
                      ("alice", "sales@example.org", "store"),
                      ("bob@example.org", "sales@example.org", "store")])
    equal(allowed("BOB@example.org"),
          [("bob@example.org", "sales@example.org", "store")])
    contains(site.fails(NO, "login", "allow", "alice", "sales@example.org"),
             "already")
    contains(site.fails(NO, "login", "allow", "alice", "x@nowhere.example"),
             "smimectl domain add nowhere.example")
    contains(site.fails(NO, "login", "allow", "alice", "@nowhere.example"),
             "smimectl domain add nowhere.example")
    for login, address, text in (("a b", "x@example.org", "not a login"),
                                 ("alice", "example.org", "neither"),
                                 ("alice", "@", "neither")):
        contains(site.fails(USAGE, "login", "allow", login, address), text)
    site.smimectl("login", "deny", "alice", "sales@example.org")
    contains(site.fails(NO, "login", "deny", "alice", "sales@example.org"),
             "sales@example.org")
    site.write_settings(more=(
        'logins = ( { name = "Carol"; addresses = [ "info@example.org", '
        '"@example.org" ]; } );'))
    equal(allowed(), [("carol", "info@example.org", "file"),
                      ("carol", "@example.org", "file"),
                      ("alice", "@example.org", "store"),
                      ("bob@example.org", "sales@example.org", "store")])
    equal(len(allowed("carol")), 2)
    site.write_settings(more="")
    result = site.json("store", "check")
    equal((result["recipients"], result["logins"]), (2, 2))
    for login in ("Alice", "bob@example.org"):
        site.smimectl("login", "deny", login)
    contains(site.fails(NO, "login", "deny", "alice"), "nothing allows")
    equal(allowed(), [])


def policy_of(site, address):
    """{side: {setting: (value, level)}}"""
    document = site.json("policy", "show", address)
    return document, {
        side: {row["setting"]: (row["value"], row["level"])
               for row in document.get(side, ())}
        for side in ("sender", "recipient")}


@case("policy show: each value, and the level that set it")
def _(site):
    site.write_settings(defaults=(
        'mixed = "all-or-none"; bcc = "refuse"; '
        'escrow = [ "all@example.org" ];'), more=(
        'domains = ( { name = "policy.example"; bcc = "separate"; '
        'mode = "shadow"; triggers = "off"; } );'
        'recipient_defaults = { unchecked = "refuse"; };'
        'recipient_domains = ( { name = "*.example"; cipher = "aes256-gcm"; '
        'certificates = "newest"; } );'))
    site.smimectl("domain", "add", "policy.example", "--mode", "enforce",
                  "--encrypt", "if-possible")
    site.smimectl("user", "add", "x@policy.example", "--encrypt", "required")
    site.smimectl("recipient", "set", "policy.example", "--certificates",
                  "all")
    site.smimectl("recipient", "set", "x@policy.example", "--signature",
                  "opaque", "--domain-certificate", "gw@policy.example")
    document, policy = policy_of(site, "X@Policy.Example")
    equal((document["address"], document["own"], document["user"]),
          ("x@policy.example", True, "active"))
    equal(policy["sender"], {
        "sign": ("on", "defaults"),
        "encrypt": ("required", "x@policy.example (store)"),
        "exempt": ("all", "built-in"),
        "own_cert_problem": ("unsigned", "built-in"),
        "signature_algorithm": ("any", "built-in"),
        "mixed": ("all-or-none", "defaults"),
        "bcc": ("separate", "policy.example (file)"),
        "triggers": ("off", "policy.example (file)"),
        "mode": ("enforce", "policy.example (store)"),
        "decrypt": ("on", "built-in"),
        "disclaimer_repeat": ("once", "built-in"),
        "disclaimer_protected": ("pass", "built-in"),
        "escrow": ("all@example.org", "defaults"),
        "disclaimer": ("none", "built-in")})
    equal(policy["recipient"], {
        "encrypt": ("as-sender", "built-in"),
        "signature": ("opaque", "x@policy.example (store)"),
        "certificates": ("all", "policy.example (store)"),
        "cipher": ("aes256-gcm", "*.example (file)"),
        "key_transport": ("auto", "built-in"),
        "unchecked": ("refuse", "defaults"),
        "inbound_signature": ("any", "built-in"),
        "inbound_encryption": ("any", "built-in"),
        "inbound_level": ("any", "built-in"),
        "inbound_action": ("mark", "built-in"),
        "domain_certificate": ("gw@policy.example",
                               "x@policy.example (store)")})
    text = site.smimectl("policy", "show", "x@policy.example")
    check(re.search(r"^mode +enforce +policy.example \(store\) +enforce "
                    r"\(built-in\), shadow \(policy.example \(file\)\)$",
                    text, re.M), text)
    rows = list(csv.DictReader(io.StringIO(
        site.smimectl("--csv", "policy", "show", "x@policy.example"))))
    equal([row["as"] for row in rows], ["sender"] * 14 + ["recipient"] * 11)
    # Somebody unknown there, and somebody elsewhere.
    document, policy = policy_of(site, "y@policy.example")
    equal((document["own"], document["user"]), (True, None))
    equal(policy["sender"]["encrypt"],
          ("if-possible", "policy.example (store)"))
    document, policy = policy_of(site, "z@mail.policy.example")
    equal((document["own"], policy["sender"]), (False, {}))
    equal(policy["recipient"]["cipher"], ("aes256-gcm", "*.example (file)"))
    contains(site.fails(USAGE, "policy", "show", "nobody"), "nobody")
    for name in ("x@policy.example", "policy.example"):
        site.smimectl("recipient", "remove", name)
    site.write_settings(defaults="", more="")


@case("cert issue: a key of the kind that the domain wants")
def _(site):
    site.smimectl("domain", "add", "kinds.example.org")
    site.smimectl("user", "add", "x@kinds.example.org")
    for algorithm, key in (("ecdsa-p256", "ec 256"), ("ed25519", "ed25519 256"),
                           ("ecdsa-p521", "ec 521")):
        site.smimectl("domain", "set", "kinds.example.org",
                      "--signature-algorithm", algorithm)
        site.smimectl("cert", "issue", "x@kinds.example.org")
        equal(site.json("cert", "list", "x@kinds.example.org")[0]["key"], key,
              algorithm)
    site.smimectl("cert", "issue", "x@kinds.example.org", "--key", "p384")
    equal(site.json("cert", "list", "x@kinds.example.org")[0]["key"], "ec 384")


@case("domain: those of the configuration file, and users in them")
def _(site):
    site.write_settings(
        more='domains = ( { name = "file.example"; encrypt = "if-possible"; }'
             ', { name = "example.org"; sign = false; } );')
    listed = {d["name"]: d for d in site.json("domain", "list")}
    equal(listed["file.example"]["source"], "file")
    equal(listed["file.example"]["effective"]["encrypt"], "if-possible")
    equal(listed["example.org"]["source"], "store and file")
    equal(site.json("domain", "show", "file.example")["source"], "file")
    site.smimectl("user", "add", "x@file.example")
    one = site.json("user", "show", "x@file.example")
    equal(one["effective"], {**DEFAULTS, "encrypt": "if-possible"})
    equal(site.json("domain", "show", "file.example")["source"],
          "store and file")
    site.write_settings(more="")


@case("user: add, show, set, list")
def _(site):
    site.smimectl("user", "add", "Kim@Example.org", "--first", "Kim",
                  "--last", "Example", "--encrypt", "if-possible")
    one = site.json("user", "show", "kim@example.org")
    equal((one["name"], one["sign"], one["state"], one["certificates"],
           one["effective"]["encrypt"]),
          ("Kim Example", "inherit", "active", 0, "if-possible"))
    site.smimectl("user", "set", "kim@example.org", "--sign", "off")
    one = site.json("user", "show", "kim@example.org")
    equal((one["first_name"], one["sign"], one["effective"]["sign"]),
          ("Kim", "off", "off"))
    contains(site.smimectl("user", "list", "--domain", "example.org"),
             "kim@example.org")
    equal(site.json("user", "list", "--domain", "elsewhere.example"), [])
    rows = list(csv.DictReader(io.StringIO(site.smimectl("--csv", "user",
                                                         "list"))))
    check("Kim Example" in [row["name"] for row in rows], rows)
    contains(site.fails(NO, "user", "add", "kim@example.org"), "kim@")
    contains(site.fails(NO, "user", "add", "kim@nowhere.example"),
             "smimectl domain add nowhere.example")
    contains(site.fails(NO, "user", "show", "nobody@example.org"), "nobody@")


# --- the local authority ---


@case("ca: the root is what openssl takes for one")
def _(site):
    text = site.text_of(site.root, "-text")
    for part in ("CA:TRUE, pathlen:0", "Certificate Sign, CRL Sign",
                 "Local S/MIME CA of mx.example.org",
                 "Subject Key Identifier"):
        contains(text, part)
    equal(text.count("critical"), 2, "critical extensions")
    openssl.run("verify", "-CAfile", site.root, "-x509_strict", site.root)
    folder = site.folder / "store" / "ca"
    equal(folder.stat().st_mode & 0o777, 0o700)
    equal((folder / "ca.key").stat().st_mode & 0o777, 0o600)
    contains(site.fails(NO, "ca", "init"), "already")
    equal(site.smimectl("ca", "export"), site.root.read_text())


@case("ca: wrong file modes")
def _(site):
    key = site.folder / "store" / "ca" / "ca.key"
    site.add_user("modes@example.org")
    key.chmod(0o644)
    contains(site.fails(NO, "cert", "issue", "modes@example.org"),
             f"chmod 0400 {key}")
    key.chmod(0o600)


def check_profile(site, pem, usage, address):
    openssl.run("verify", "-CAfile", site.root, "-x509_strict", "-purpose",
                "smimesign", pem)
    text = site.text_of(pem, "-ext", "keyUsage,extendedKeyUsage,"
                        "subjectAltName,basicConstraints,"
                        "subjectKeyIdentifier,authorityKeyIdentifier")
    contains(text, f"X509v3 Key Usage: critical\n    {usage}\n")
    contains(text, "X509v3 Extended Key Usage: \n    E-mail Protection\n")
    contains(text, f"X509v3 Subject Alternative Name: \n    email:{address}\n")
    contains(text, "Authority Key Identifier")
    absent(text, "Basic Constraints")
    serial = openssl.certificate_serial(pem)
    check(serial.bit_length() == 128, f"serial {serial:x}")


@case("cert issue: the profile, for each kind of key", limit=600)
def _(site):
    signs = "Digital Signature"
    for kind, usage, key in (
            ("rsa2048", f"{signs}, Key Encipherment", "rsa 2048"),
            ("p256", f"{signs}, Key Agreement", "ec 256"),
            ("p384", f"{signs}, Key Agreement", "ec 384"),
            ("p521", f"{signs}, Key Agreement", "ec 521"),
            ("ed25519", signs, "ed25519 256")):
        address = f"{kind}@example.org"
        pem = site.own(address, "--key", kind, "--days", "100")
        check_profile(site, pem, usage, address)
        row = site.json("cert", "list", address)[0]
        equal((row["key"], row["days_left"], row["validity"]),
              (key, 99, "valid"), kind)
        result = site.json("key", "test", address)
        check(result["ready"], result)


@case("cert issue: names, and the default key")
def _(site):
    site.smimectl("user", "add", ALICE, "--first", "Alice", "--last", "Ex")
    result = site.json("cert", "issue", ALICE)
    equal((result["key"], result["ready"], result["address"],
           result["subject"]), ("rsa 3072", True, ALICE, "CN=Alice Ex"))
    pem = site.file(site.smimectl("cert", "show", ALICE, "--pem"))
    equal(openssl.names_of(pem), [ALICE])
    shown = site.json("cert", "show", ALICE)["certificates"][0]
    equal(shown["fingerprint"], result["fingerprint"])
    equal(shown["pem"], pathlib.Path(pem).read_text())
    contains(site.smimectl("cert", "show", ALICE), result["fingerprint"])
    contains(site.smimectl("--csv", "cert", "show", ALICE), result["id"])
    contains(site.fails(NO, "cert", "issue", "nobody@example.org"), "nobody@")
    contains(site.fails(NO, "cert", "show", "modes@example.org"),
             "no certificate")


@case("cert issue: an international address")
def _(site):
    pem = site.own("jörg@example.org", "--key", "p256")
    text = openssl.run("asn1parse", "-in", pem).stdout.decode()
    san = re.search(r"Subject Alternative Name\n.*HEX DUMP\]:(\w+)", text)
    contains(bytes.fromhex(san.group(1)), "jörg@example.org".encode())
    contains(bytes.fromhex(san.group(1)),
             bytes.fromhex("06082b06010505070809"))
    check(site.json("key", "test", "jörg@example.org")["ready"], "ready")


@case("cert issue: never longer than the authority")
def _(site):
    root = site.json("ca", "export")
    check(root["days_left"] > 3640, root)
    site.add_user("short@example.org")
    os.rename(site.folder / "store" / "ca", site.folder / "store" / "old-ca")
    site.smimectl("ca", "init", "--days", "10", "--key", "p256", "--name",
                  "Short CA")
    made = site.json("cert", "issue", "short@example.org", "--key", "p256")
    equal(made["not_after"], site.json("ca", "export")["not_after"])
    os.rename(site.folder / "store" / "ca", site.folder / "store" / "short")
    os.rename(site.folder / "store" / "old-ca", site.folder / "store" / "ca")


# --- importing keys ---


def pem_of(identity, *more):
    return b"".join(pathlib.Path(p).read_bytes() for p in
                    (identity.key, identity.certificate, *more))


def import_pkcs12(site, address, identity, word="pass word"):
    return site.json("key", "import", address,
                     site.file(identity.pkcs12(word).read_bytes()),
                     "--passphrase-file", site.file(word))


@case("key import: PKCS#12, PEM, encrypted PEM, DER")
def _(site):
    site.trust(site.partner)
    site.add_user("imported@example.org")
    one = site.partner.issue("imported@example.org")
    result = import_pkcs12(site, "imported@example.org", one)
    equal((result["ready"], result["trusted"], result["chain"]),
          (True, True, 1))
    equal(result["fingerprint"], one.fingerprint())

    two = site.partner.issue("imported@example.org", kind="ec:P-256")
    result = site.json("key", "import", "imported@example.org",
                       site.file(pem_of(two, site.partner.intermediate)))
    equal((result["ready"], result["chain"]), (True, 1))

    three = site.partner.issue("imported@example.org", kind="ed25519")
    sealed = openssl.run("pkcs8", "-topk8", "-in", three.key, "-v2",
                         "aes-256-cbc", "-passout", "pass:x y").stdout
    result = site.json(
        "key", "import", "imported@example.org",
        site.file(three.certificate.read_bytes() + sealed +
                  site.partner.intermediate.read_bytes()),
        "--passphrase-file", site.file("x y\n"))
    equal(result["ready"], True)

    four = site.partner.issue("imported@example.org")
    der = openssl.run("pkey", "-in", four.key, "-outform", "DER").stdout
    contains(site.fails(NO, "key", "import", "imported@example.org",
                        site.file(der)), "--certificates")
    result = site.json("key", "import", "imported@example.org",
                       site.file(der), "--certificates",
                       site.file(four.certificate.read_bytes() +
                                 site.partner.intermediate.read_bytes()))
    equal((result["ready"], result["fingerprint"]),
          (True, four.fingerprint()))
    equal(len(site.json("key", "list", "imported@example.org")), 4)
    check(site.json("key", "test", "imported@example.org")["ready"], "ready")
    contains(site.fails(NO, "key", "import", "imported@example.org",
                        site.file(pem_of(two))), "already there")


@case("key import: the sealed key is one that openssl opens")
def _(site):
    one = site.partner.issue("imported@example.org")
    import_pkcs12(site, "imported@example.org", one)
    with sqlite3.connect(site.folder / "store" / "store.db") as db:
        wrapped, = db.execute(
            "SELECT wrapped FROM own_certificates WHERE fingerprint = ?",
            (bytes.fromhex(one.fingerprint()),)).fetchone()
    absent(wrapped, b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01")
    plain = openssl.run(
        "enc", "-d", "-id-aes256-wrap-pad", "-K",
        site.keyfile.read_text().strip(), "-iv", "A65959A6",
        data=wrapped).stdout
    wanted = openssl.run("rsa", "-in", one.key, "-modulus", "-noout").stdout
    equal(openssl.run("rsa", "-inform", "DER", "-modulus", "-noout",
                      data=plain).stdout, wanted)


@case("key import: what is wrong is said in one line")
def _(site):
    site.add_user("wrong@example.org")
    mine = ("key", "import", "wrong@example.org")
    issue = site.partner.issue
    good = issue("wrong@example.org")
    other = issue("other@example.org")
    bundle = site.file(good.pkcs12("right").read_bytes())
    for text, *arguments in (
            ("wrong passphrase", bundle, "--passphrase-file",
             site.file("left\n")),
            ("no private key in it", site.file(good.certificate.read_bytes())),
            ("the certificate is for other@example.org, not for wrong@",
             site.file(pem_of(other))),
            ("the private key does not belong to the certificate",
             site.file(good.key.read_bytes() +
                       other.certificate.read_bytes())),
            ("expired on 2021-01-01", site.file(pem_of(issue(
                "wrong@example.org", start="20200101000000Z",
                end="20210101000000Z")))),
            ("not valid before 2090-01-01", site.file(pem_of(issue(
                "wrong@example.org", start="20900101000000Z",
                end="20910101000000Z")))),
            ("not for mail", site.file(pem_of(issue(
                "wrong@example.org", purpose="serverAuth")))),
            ("too weak", site.file(pem_of(issue("wrong@example.org",
                                                kind="rsa:1024")))),
            ("neither PKCS#12 nor PEM", site.file(b"\x30\x03\x02\x01\x00")),
            ("No such file", "/nonexistent/key.p12")):
        line = site.fails(NO, *mine, *arguments)
        contains(line, text)
        contains(line, str(arguments[0]))
    equal(site.json("key", "list", "wrong@example.org"), [])
    contains(site.fails(NO, "key", "import", "nobody@example.org", bundle),
             "nobody@example.org")


@case("key import: a passphrase without terminal asks for the option")
def _(site):
    bundle = site.file(site.bob.pkcs12("right").read_bytes())
    done = subprocess.run(
        ["setsid", "-w", program("smimectl"), "-c", str(site.configuration),
         "key", "import", "wrong@example.org", str(bundle)],
        stdin=subprocess.DEVNULL, capture_output=True, check=False)
    equal(done.returncode, NO, done.stderr.decode())
    contains(done.stderr.decode(), "--passphrase-file")


def ask_at_terminal(arguments, answer):
    """(status, what the terminal showed) of a program that asks there."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(program("smimectl"), ["smimectl", *map(str, arguments)])
    shown = b""
    try:
        while b"Passphrase" not in shown:
            shown += os.read(terminal, 1024)
        os.write(terminal, answer)
        while True:
            shown += os.read(terminal, 1024)
    except OSError:
        pass  # the other side is closed
    _, status = os.waitpid(pid, 0)
    os.close(terminal)
    return status, shown.decode()


@case("key import: a passphrase typed at the terminal is not shown")
def _(site):
    site.add_user("typed@example.org")
    one = site.partner.issue("typed@example.org")
    bundle = site.file(one.pkcs12("typed secret").read_bytes())
    line = ["-c", site.configuration, "key", "import", "typed@example.org",
            bundle]
    status, shown = ask_at_terminal(line, b"wrong\n")
    equal(os.waitstatus_to_exitcode(status), NO, shown)
    contains(shown, "wrong passphrase")
    status, shown = ask_at_terminal(line, b"\x03")
    check(os.WIFSIGNALED(status), f"interrupted: {status} {shown}")
    status, shown = ask_at_terminal(line, b"typed secret\n")
    equal(os.waitstatus_to_exitcode(status), DONE, shown)
    absent(shown, "typed secret")
    contains(shown, one.fingerprint()[:16])


@case("domain: escrow without a certificate is warned about")
def _(site):
    def warnings(address):
        done = site.run("smimectl", "-c", site.configuration, "domain", "set",
                        "example.org", "--escrow", address, user=MILTER_USER)
        equal(done.returncode, 0, done.stderr.decode())
        return done.stderr.decode()

    with_certificate = site.json("cert", "list")[0]["address"]
    equal(warnings(f"{with_certificate},nobody@example.org"),
          "smimectl: warning: nobody@example.org has no certificate; until it "
          "has one, nothing can be encrypted, and what has to be waits "
          "(smimectl contact import)\n")
    equal(warnings(with_certificate), "")
    equal(warnings("inherit"), "")
    equal(warnings("none"), "")
    site.smimectl("domain", "set", "example.org", "--escrow", "inherit")


@case("key import --archive: an expired certificate reads old mail")
def _(site):
    site.add_user("old@example.org")
    old = site.partner.issue("old@example.org", start="20200101000000Z",
                             end="20210101000000Z")
    result = site.json("key", "import", "old@example.org",
                       site.file(pem_of(old)), "--archive")
    equal((result["ready"], result["validity"]), (False, "expired"))
    result = site.json("key", "test", "old@example.org", status=NO)
    equal((result["ready"], result["certificates"][0]["in_time"]),
          (False, False))
    mail = old.encrypt(b"From: x@example.net\r\nTo: old@example.org\r\n",
                       ENTITY)
    contains(site.bytes_of("message", "decrypt", data=mail), b"secret")


@case("key test: a certificate that leads nowhere is not ready")
def _(site):
    stranger = openssl.Authority(site.folder / "stranger", "Stranger")
    site.add_user("untrusted@example.org")
    site.smimectl("key", "import", "untrusted@example.org",
                  site.file(pem_of(stranger.issue("untrusted@example.org"))))
    result = site.json("key", "test", "untrusted@example.org", status=NO)
    row = result["certificates"][0]
    equal((row["signature"], row["trusted"], row["ready"]),
          (True, False, False))
    contains(site.smimectl("key", "test", "untrusted@example.org", status=NO),
             row["id"])
    contains(site.fails(NO, "key", "test", "modes@example.org"), "no key")


@case("keyd away: temporary, nothing is stored")
def _(site):
    site.add_user("late@example.org")
    site.keyd.kill()
    contains(site.fails(AWAY, "cert", "issue", "late@example.org"), "keyd")
    contains(site.fails(AWAY, "key", "test", ALICE), "keyd")
    status = site.json("status", status=AWAY)
    equal((status["ok"], status["keyd"]["reachable"]), (False, False))
    site.start_keyd()
    equal(site.json("key", "list", "late@example.org"), [])
    check(site.json("key", "test", ALICE)["ready"], "ready again")


# --- contacts ---


@case("contact: import, show, list, forget")
def _(site):
    site.trust(site.partner)
    pem = site.file(site.bob.certificate.read_bytes() +
                    site.partner.intermediate.read_bytes())
    site.smimectl("contact", "import", BOB, pem)
    shown = site.json("contact", "show", BOB)
    row, = shown["certificates"]
    equal((shown["usable"], shown["messages"], row["pick"], row["trust"],
           row["fingerprint"]),
          (1, 0, "taken", "harvested", site.bob.fingerprint()))
    contains(row["source"], str(pem))
    contains(site.smimectl("contact", "show", BOB), row["id"])
    equal([c["address"] for c in site.json("contact", "list")], [BOB])
    site.smimectl("contact", "forget", BOB)
    contains(site.fails(NO, "contact", "forget", BOB), BOB)
    contains(site.fails(NO, "contact", "show", BOB), BOB)
    equal(site.json("contact", "list"), [])


@case("contact import: what is not trusted needs the operator's word")
def _(site):
    stranger = openssl.Authority(site.folder / "stranger2", "Stranger 2")
    carol = stranger.issue("carol@example.net")
    pem = site.file(carol.certificate.read_bytes())
    line = site.fails(NO, "contact", "import", "carol@example.net", pem)
    contains(line, "--trust")
    contains(line, carol.fingerprint())
    site.smimectl("contact", "import", "carol@example.net", pem, "--trust")
    row, = site.json("contact", "show", "carol@example.net")["certificates"]
    equal((row["trust"], row["pick"]), ("manual", "taken"))
    for text, certificate in (
            ("no certificate of carol@", site.bob),
            ("expired", stranger.issue(
                "carol@example.net", start="20200101000000Z",
                end="20210101000000Z")),
            ("not for encrypting mail", stranger.issue(
                "carol@example.net", kind="ed25519")),
            ("too weak", stranger.issue("carol@example.net",
                                        kind="rsa:1024"))):
        contains(site.fails(
            NO, "contact", "import", "carol@example.net",
            site.file(certificate.certificate.read_bytes()), "--trust"), text)
    contains(site.fails(NO, "contact", "import", "carol@example.net",
                        site.file("nothing")), "PEM")


# --- what the operator says ---


def in_store(site, sql, *values):
    with sqlite3.connect(site.folder / "store" / "store.db") as db:
        return db.execute(sql, values).fetchall()


def set_trust(site, address, certificate, trust):
    """As mail would have left it."""
    in_store(site, "UPDATE partner_certificates SET trust = ?, first_seen = "
             "1700000000 WHERE address = ? AND hex(fingerprint) = ?", trust,
             address, certificate.fingerprint().upper())


def trust_of(site, address):
    return {row["fingerprint"]: (row["trust"], row["pick"]) for row in
            site.json("contact", "show", address)["certificates"]}


ERIN = "erin@example.net"


def import_erin(site):
    """One certificate in use, and one of another authority that waits."""
    old, other = site.partner, openssl.Authority(site.folder / "o", "Other")
    site.trust(old)
    site.trust(other)
    certificates = old.issue(ERIN), other.issue(ERIN)
    for authority, one in zip((old, other), certificates):
        site.smimectl("contact", "import", ERIN, site.file(
            one.certificate.read_bytes() +
            authority.intermediate.read_bytes()))
    set_trust(site, ERIN, certificates[1], "pending")
    return certificates


@case("contact list --pending: what waits, and instead of what")
def _(site):
    contains(site.smimectl("contact", "list", "--pending"), "nothing waits")
    used, waits = import_erin(site)
    row, = site.json("contact", "list", "--pending")
    equal((row["address"], row["fingerprint"], row["reason"], row["level"],
           row["first_seen"]),
          (ERIN, waits.fingerprint(), "other-authority", "unknown",
           "2023-11-14T22:13:20Z"))
    contains(row["authority"], "Other")
    check("advice" not in row, "that is for those who write to him")
    equal([one["fingerprint"] for one in row["instead_of"]],
          [used.fingerprint()])
    text = site.smimectl("contact", "list", "--pending")
    contains(text, used.fingerprint()[:16] + " (CN=Partner Root")
    rows = list(csv.DictReader(io.StringIO(
        site.smimectl("--csv", "contact", "list", "--pending"))))
    equal([(r["address"], r["fingerprint"]) for r in rows],
          [(ERIN, waits.fingerprint())])
    listed = {c["address"]: c["pending"]
              for c in site.json("contact", "list")}
    equal(listed[ERIN], 1)


@case("contact approve, pin, distrust: the one that is meant")
def _(site):
    used, waits = (row["fingerprint"] for row in sorted(
        site.json("contact", "show", ERIN)["certificates"],
        key=lambda row: row["trust"]))
    # Only one waits; then none does.
    contains(site.smimectl("contact", "approve", ERIN),
             f"{ERIN}: {waits[:16]}: may be used")
    equal(trust_of(site, ERIN), {used: ("harvested", "taken"),
                                 waits: ("harvested", "taken")})
    contains(site.fails(NO, "contact", "approve", ERIN), "no certificate waits")
    # Two could be meant.
    line = site.fails(USAGE, "contact", "pin", ERIN)
    for one in (used, waits):
        contains(line, one[:16] + " (harvested, CN=")
    done = site.json("contact", "distrust", ERIN,
                     ":".join(re.findall("..", waits.upper())))
    equal((done["trust"], done["was"]), ("distrusted", "harvested"))
    site.smimectl("contact", "pin", ERIN)
    equal(trust_of(site, ERIN), {used: ("pinned", "taken"),
                                 waits: ("distrusted", "distrusted")})
    # And back.
    site.smimectl("contact", "approve", ERIN, waits[:8])
    equal(trust_of(site, ERIN)[waits], ("harvested", "taken"))
    for given, status, text in (
            (waits[:7], USAGE, "8 hexadecimal digits"),
            (waits + "0", USAGE, "is not a fingerprint"),
            ("0123456789xyz", USAGE, "is not a fingerprint"),
            ("0" * 16, NO, "no certificate 0000000000000000")):
        contains(site.fails(status, "contact", "pin", ERIN, given), text)
    contains(site.fails(NO, "contact", "distrust", "nobody@example.net"),
             "no contact nobody@example.net")
    audit = in_store(site, "SELECT action, detail FROM audit WHERE object = ? "
                     "AND action <> 'contact import' ORDER BY id", ERIN)
    equal(audit, [("contact approve", f"{waits} was=pending"),
                  ("contact distrust", f"{waits} was=harvested"),
                  ("contact pin", f"{used} was=harvested"),
                  ("contact approve", f"{waits} was=distrusted")])


@case("contact suspend, resume")
def _(site):
    done = site.json("contact", "suspend", "Erin@Example.net", "2w")
    until = datetime.datetime.fromisoformat(
        done["suspended_until"].replace("Z", "+00:00"))
    now = datetime.datetime.now(datetime.timezone.utc)
    days = (until - now).total_seconds() / 86400
    check(13.9 < days <= 14, days)
    shown = site.json("contact", "show", ERIN)
    equal((shown["suspended_until"], shown["usable"], shown["word"]),
          (done["suspended_until"], 0, "suspended"))
    contains(site.smimectl("contact", "suspend", ERIN, "30d"),
             "suspended until 20")
    site.smimectl("contact", "resume", ERIN)
    shown = site.json("contact", "show", ERIN)
    equal((shown["suspended_until"], shown["usable"]), (None, 2))
    for text in ("30", "d", "0d", "3651d", "999999999999999999999w",
                 "1m", "1d ", ""):
        contains(site.fails(USAGE, "contact", "suspend", ERIN, text),
                 "expected days or weeks")
    contains(site.fails(NO, "contact", "suspend", "nobody@example.net", "1d"),
             "no contact")


@case("contact show: the state of the exchange")
def _(site):
    in_store(site, "UPDATE contacts SET first_sent = 1600000000, last_sent = "
             "1700000000, messages = 3 WHERE address = ?", ERIN)
    in_store(site, "UPDATE partner_certificates SET evidence = '<1@x>', "
             "last_evidence = '<2@x>', used = 10 WHERE address = ? AND "
             "trust = 'harvested'", ERIN)
    shown = site.json("contact", "show", ERIN)
    equal((shown["messages"], shown["first_sent"], shown["last_sent"],
           shown["first_message"]),
          (3, "2020-09-13T12:26:40Z", "2023-11-14T22:13:20Z", "<1@x>"))
    row, = (r for r in shown["certificates"] if r["trust"] == "harvested")
    equal((row["used"], row["last_source"]), (["aes256-gcm", "oaep"], "<2@x>"))
    # A rule of the recipient's counts here as it does for mail: of those that
    # the operator vouches for, the newest.
    site.smimectl("recipient", "set", ERIN, "--certificates", "newest")
    equal({pick for _, pick in trust_of(site, ERIN).values()},
          {"taken", "not-newest"})
    site.smimectl("recipient", "remove", ERIN)
    text = site.smimectl("contact", "show", ERIN)
    check(re.search(r"^Ours to them, first: +2020-09-13", text, re.M), text)
    contains(text, "CAN DO")
    check(max(map(len, text.splitlines())) < 110, "too wide a table: " + text)
    rows = list(csv.DictReader(io.StringIO(
        site.smimectl("--csv", "contact", "show", ERIN))))
    equal([r["used"] for r in rows if r["trust"] == "harvested"],
          ["aes256-gcm, oaep"])
    check("capabilities" in rows[0], rows[0])
    site.smimectl("contact", "forget", ERIN)


@case("ca list, trust, distrust: authorities that were met")
def _(site):
    def known(*options):
        listed = site.json("ca", "list", *options)
        return listed, {row["fingerprint"]: (row["trust"], row["contacts"])
                        for row in listed["authorities"]}

    site.trust(site.partner)
    met = openssl.Authority(site.folder / "met", "Met")
    root = openssl.certificate(met.root)
    digest = hashlib.sha256(root).hexdigest()
    for address in ("frank@example.net", "grace@example.net"):
        one = met.issue(address)
        site.smimectl("contact", "import", address, site.file(
            one.certificate.read_bytes() + met.intermediate.read_bytes()),
            "--trust")
        set_trust(site, address, one, "untrusted")
    # Grace has had another one for long.
    site.smimectl("contact", "import", "grace@example.net", site.file(
        site.partner.issue("grace@example.net").certificate.read_bytes() +
        site.partner.intermediate.read_bytes()))
    subject = "CN=Met Root,O=Met"
    in_store(site, "INSERT INTO authorities (fingerprint, subject, first_seen,"
             " last_seen, messages, der) VALUES (?, ?, 1, 2, 5, ?)",
             bytes.fromhex(digest), subject, root)
    in_store(site, "INSERT INTO authorities (fingerprint, subject, first_seen,"
             " last_seen, messages) VALUES (x'', 'CN=Only a name', 1, 2, 3)")
    listed, rows = known("--unknown")
    equal(rows, {digest: ("unknown", 2), None: ("unknown", 0)})
    equal((listed["unknown"], listed["trusted"]), (2, 0))
    contains(site.smimectl("ca", "list"), "CN=Only a name")
    equal({pick for _, pick in trust_of(site, "frank@example.net").values()},
          {"untrusted"})
    contains(site.fails(NO, "contact", "approve", "frank@example.net",
                        site.json("contact", "show", "frank@example.net")
                        ["certificates"][0]["fingerprint"]), "ca trust")
    for line in (site.smimectl("contact", "list", "--pending"),
                 site.fails(NO, "contact", "approve", "frank@example.net")):
        contains(line, "its authority; see: smimectl ca list --unknown")
    done = site.json("ca", "trust", digest[:12].upper())
    equal((done["usable"], done["pending"], done["contacts"]), (1, 1, 2))
    equal(set(trust_of(site, "frank@example.net").values()),
          {("harvested", "taken")})
    equal(set(trust_of(site, "grace@example.net").values()),
          {("harvested", "taken"), ("pending", "pending")})
    equal(known("--unknown")[1], {None: ("unknown", 0)})
    listed, rows = known()
    equal((listed["trusted"], rows[digest]), (1, ("trusted", 0)))
    contains(site.smimectl("ca", "distrust", site.file(met.root.read_bytes())),
             f"{subject}: distrusted")
    equal(set(trust_of(site, "frank@example.net").values()),
          {("harvested", "untrusted")})
    for text, status, part in (
            ("0123456789abcdef", NO, "no authority with this fingerprint"),
            ("/nowhere.pem", NO, "/nowhere.pem: neither a file nor"),
            ("CN=Some CA", NO, "neither a file nor"),
            (site.file(site.bob.certificate.read_bytes()), NO,
             "is no authority"),
            (site.file(met.root.read_bytes() + met.intermediate.read_bytes()),
             NO, "2 certificates")):
        contains(site.fails(status, "ca", "trust", text), part)
    audit = in_store(site, "SELECT action, object, detail FROM audit "
                     "WHERE action LIKE 'ca %trust' ORDER BY id")
    equal(audit, [("ca trust", digest, subject),
                  ("ca distrust", digest, subject)])
    for address in ("frank@example.net", "grace@example.net"):
        site.smimectl("contact", "forget", address)


@case("ca distrust: a configured authority")
def _(site):
    site.trust(site.partner)
    digest = hashlib.sha256(openssl.certificate(site.partner.root)).hexdigest()
    site.smimectl("contact", "import", BOB, site.file(
        site.bob.certificate.read_bytes() +
        site.partner.intermediate.read_bytes()))
    site.smimectl("ca", "distrust", digest[:8])
    equal(set(trust_of(site, BOB).values()), {("harvested", "untrusted")})
    contains(site.smimectl("ca", "trust", digest[:8]),
             "no certificate has waited for it")
    equal(set(trust_of(site, BOB).values()), {("harvested", "taken")})
    below = site.file(site.partner.intermediate.read_bytes())
    for verb, exceptions in (("trust", 1), ("distrust", 0)):
        site.smimectl("ca", verb, below)
        equal(site.json("ca", "distrust", digest[:8])["exceptions"],
              exceptions)
        equal(set(trust_of(site, BOB).values()),
              {("harvested", "taken" if exceptions else "untrusted")})
    contains(site.smimectl("ca", "distrust", digest[:8]), "is not used")
    site.smimectl("ca", "trust", below)
    contains(site.smimectl("ca", "distrust", digest[:8]),
             "1 authority that it has certified, and that is trusted")
    site.smimectl("contact", "forget", BOB)
    in_store(site, "DELETE FROM authorities")


# --- messages ---


def trust_own_root(site):
    (site.folder / "ca.d" / "own.pem").write_text(site.root.read_text())


@case("message sign: openssl verifies, and so do we")
def _(site):
    trust_own_root(site)
    signed = site.bytes_of("message", "sign", "--from", ALICE, data=PLAIN)
    content, signer = site.verify(signed)
    equal(openssl.names_of(signer), [ALICE])
    head, _, body = content.partition(b"\r\n\r\n")
    contains(head, b"Content-Transfer-Encoding: quoted-printable")
    contains(body, b"Gr=C3=BC=C3=9Fe")
    contains(signed.partition(b"\r\n\r\n")[0], b"Subject: hello\r\n")
    verdict = site.json("message", "verify", data=signed)
    equal([verdict[k] for k in ("status", "intact", "trusted", "owns_from",
                                "usage_fits", "in_time", "digest", "signers")],
          ["valid", True, True, True, True, True, "sha256", 1])
    equal(verdict["signer"]["addresses"], [ALICE])
    contains(site.smimectl("message", "verify", data=signed), "valid")
    equal(site.bytes_of("message", "sign", site.file(PLAIN)).count(
        b"multipart/signed"), 1)


@case("message sign: line ends stay those of the file")
def _(site):
    signed = site.bytes_of("message", "sign",
                           data=PLAIN.replace(b"\r\n", b"\n"))
    absent(signed, b"\r")
    site.verify(signed.replace(b"\n", b"\r\n"))
    equal(site.json("message", "verify", data=signed)["status"], "valid")
    result = site.json("message", "sign", data=PLAIN)
    equal((result["signed"], result["encrypted"], result["from"]),
          (True, False, ALICE))
    site.verify(result["message"].encode())
    latin = PLAIN.replace(b"Subject: hello", b"Subject: h\xe9llo")
    result = site.json("message", "sign", data=latin)
    site.verify(base64.b64decode(result["message_base64"]))


@case("message sign: even where signing is off, but for nobody else")
def _(site):
    site.smimectl("user", "set", ALICE, "--sign", "off")
    site.verify(site.bytes_of("message", "sign", data=PLAIN))
    site.smimectl("user", "set", ALICE, "--sign", "inherit")
    contains(site.fails(NO, "message", "sign", "--from", "p256@example.org",
                        data=PLAIN), "not signed")
    contains(site.fails(NO, "message", "sign", data=PLAIN.replace(
        b"alice@", b"modes@")), "no-own-certificate")
    signed = site.bytes_of("message", "sign", data=PLAIN)
    contains(site.fails(NO, "message", "sign", data=signed), "already-signed")
    contains(site.fails(NO, "message", "sign", data=b"hello\r\n"),
             "not a message")


@case("user retire: signs no more, until reinstated")
def _(site):
    contains(site.smimectl("user", "retire", ALICE), "does not sign any more")
    equal(site.json("user", "show", ALICE)["state"], "retired")
    contains(site.fails(NO, "message", "sign", data=PLAIN), "retired")
    site.smimectl("user", "reinstate", ALICE)
    equal(site.json("user", "show", ALICE)["state"], "active")
    site.verify(site.bytes_of("message", "sign", data=PLAIN))
    site.fails(NO, "user", "retire", "nobody@example.org")


@case("message verify: altered, untrusted, of somebody else, unsigned")
def _(site):
    signed = site.bytes_of("message", "sign", data=PLAIN)
    stranger = openssl.Authority(site.folder / "stranger3", "Stranger 3")
    header = b"From: carol@example.net\r\n"
    foreign = stranger.issue("carol@example.net").sign_detached(header, ENTITY)
    mismatch = site.bob.sign_detached(header, ENTITY)
    for data, status in (
            (signed.replace(b"Gr=C3", b"Gr=C4"), "altered"),
            (foreign, "untrusted"), (mismatch, "mismatch"),
            (PLAIN, "unsigned")):
        verdict = site.json("message", "verify", data=data, status=NO)
        equal(verdict["status"], status)
        equal((verdict["intact"], verdict["in_time"]),
              {"altered": (False, None), "unsigned": (None, None)}.get(
                  status, (True, True)), "nobody looks at the others")
    opaque = site.bob.sign_opaque(b"From: bob@example.net\r\n", ENTITY)
    equal(site.json("message", "verify", data=opaque)["status"], "valid")


@case("message encrypt: openssl opens it and verifies what is inside")
def _(site):
    site.smimectl("contact", "import", BOB,
                  site.file(site.bob.certificate.read_bytes() +
                            site.partner.intermediate.read_bytes()))
    sealed = site.bytes_of("message", "encrypt", "--from", ALICE, "--to", BOB,
                           data=PLAIN)
    absent(sealed, b"text/plain")
    inside = site.bob.decrypt(sealed)
    _, signer = site.verify(inside)
    equal(openssl.names_of(signer), [ALICE])
    result = site.json("message", "encrypt", data=PLAIN)
    equal((result["signed"], result["encrypted"]), (True, True))
    site.verify(site.bob.decrypt(result["message"].encode()))


@case("message encrypt: all recipients or none")
def _(site):
    both = PLAIN.replace(b"To: bob@", b"To: dave@example.net, bob@")
    line = site.fails(NO, "message", "encrypt", data=both)
    contains(line, "5.7.51")
    contains(line, "dave@example.net")
    contains(site.fails(NO, "message", "encrypt", data=PLAIN.replace(
        b"To: bob@example.net\r\n", b"")), "--to")


@case("message decrypt: with the keys of our users, to a whole message")
def _(site):
    pem = site.file(site.smimectl("cert", "show", ALICE, "--pem"))
    header = b"From: bob@example.net\r\nTo: alice@example.org\r\nX-Y: z\r\n"
    alice = openssl.Identity(None, ALICE, pem, None)
    mail = alice.encrypt(header, site.bob.sign_detached(b"", ENTITY))
    out = site.bytes_of("message", "decrypt", data=mail)
    contains(out, b"X-Y: z\r\n")
    equal(out.count(b"MIME-Version"), 1)
    equal(site.json("message", "verify", data=out)["status"], "valid")
    result = site.json("message", "decrypt", data=mail)
    equal((result["address"], result["recipients"], result["authenticated"]),
          (ALICE, 1, False))
    redirected = mail.replace(b"To: alice@", b"To: list@")
    contains(site.bytes_of("message", "decrypt", data=redirected), b"secret")
    contains(site.fails(NO, "message", "decrypt", "--to", "p256@example.org",
                        data=mail),
             "not encrypted to any of our certificates of --to")
    contains(site.fails(NO, "message", "decrypt",
                        data=site.bob.encrypt(header, ENTITY)),
             "not encrypted to any of our")
    contains(site.fails(NO, "message", "decrypt", data=PLAIN),
             "is not encrypted")


@case("message verify: inside what our users can open, and only there")
def _(site):
    pem = site.file(site.smimectl("cert", "show", ALICE, "--pem"))
    header = b"From: bob@example.net\r\nTo: alice@example.org\r\n"
    alice = openssl.Identity(None, ALICE, pem, None)
    shown = site.json("message", "verify",
                      data=site.bob.sign_detached(header, ENTITY))
    equal([shown[k] for k in ("layers", "part", "encrypted", "decrypted",
                              "cipher", "recipients", "certificate")],
          [["multipart-signed"], "2", False, None, None, None, None])
    mail = alice.encrypt(header, site.bob.sign_detached(b"", ENTITY))
    shown = site.json("message", "verify", data=mail)
    equal([shown[k] for k in ("status", "layers", "part", "encrypted",
                              "decrypted", "authenticated", "certificate",
                              "signed_outside")],
          ["valid", ["enveloped-data", "multipart-signed"], "2", True, True,
           False, hashlib.sha256(openssl.certificate(pem)).hexdigest(),
           False])
    contains(shown["recipients"].upper(),
             f"{openssl.certificate_serial(pem):X}")
    contains(site.smimectl("message", "verify", data=mail), shown["cipher"])
    # Without keys what is clear is verified, and the rest is encrypted.
    site.keyd.kill()
    try:
        shown = site.json("message", "verify", data=mail, status=NO)
        equal([shown[k] for k in ("status", "detail", "layers", "decrypted",
                                  "certificate", "authenticated")],
              ["unsigned", "encrypted", ["enveloped-data"], False, None, None])
        shown = site.json("message", "verify",
                          data=site.bob.sign_detached(header, ENTITY))
        equal(shown["status"], "valid")
    finally:
        site.start_keyd()


@case("message decrypt --raw: what the gateway would not deliver")
def _(site):
    pem = site.file(site.smimectl("cert", "show", ALICE, "--pem"))
    header = b"From: bob@example.net\r\nTo: alice@example.org\r\n"
    alice = openssl.Identity(None, ALICE, pem, None)
    for inside in (b"no mail, and \xe4 in it\r\n",
                   b"Content-Type: text/plain\r\nX: y\r\n\r\na secret\r\n"):
        mail = alice.encrypt(header, inside)
        equal(site.bytes_of("message", "decrypt", "--raw", data=mail), inside)
    mail = alice.encrypt(header, b"no mail\r\n")
    contains(site.fails(NO, "message", "decrypt", data=mail),
             "cannot be decrypted")
    result = site.json("message", "decrypt", "--raw", data=mail)
    equal((result["message"], result["address"], result["recipients"],
           result["proven"]), ("no mail\r\n", ALICE, 1, False))
    done = site.run("smimectl", "-c", site.configuration, "message", "decrypt",
                    "--raw", data=mail, user=MILTER_USER)
    contains(done.stderr.decode(), "it may be anything")
    result = site.json("message", "decrypt", "--raw",
                       data=alice.encrypt(header, ENTITY))
    equal(result["proven"], True)
    elsewhere = mail.replace(b"To: alice@", b"To: list@")
    equal(site.bytes_of("message", "decrypt", "--raw", data=elsewhere),
          b"no mail\r\n")
    contains(site.fails(NO, "message", "decrypt", "--raw",
                        data=site.bob.encrypt(header, ENTITY)),
             "not encrypted to any of our")
    contains(site.fails(NO, "message", "decrypt", "--raw", data=PLAIN),
             "is not encrypted")


@case("message decrypt: key agreement, and what we encrypted ourselves")
def _(site):
    pem = site.file(site.smimectl("cert", "show", "p256@example.org",
                                  "--pem"))
    mail = openssl.Identity(None, "", pem, None).encrypt(
        b"From: bob@example.net\r\nTo: p256@example.org\r\n", ENTITY)
    contains(site.bytes_of("message", "decrypt", data=mail), b"secret")


# --- explain and status ---


def explain(site, *arguments, status=DONE, **options):
    return site.json("explain", "--from", ALICE, "--to", *arguments,
                     status=status, **options)


@case("explain: who submitted, what is signed and encrypted, and why not")
def _(site):
    result = explain(site, BOB)
    equal([result[k] for k in ("direction", "submitter", "login", "sign",
                               "encrypt", "encrypt_reason", "identity")],
          ["outbound", "login", ALICE, True, False, "encryption-off",
           "ready"])
    row, = result["recipients"]
    equal([row[k] for k in ("local", "visible", "usable", "word")],
          [False, True, 1, "taken"])
    row, = explain(site, "kim@example.org")["recipients"]
    equal((row["local"], "word" in row), (True, False))
    site.smimectl("user", "set", ALICE, "--encrypt", "if-possible")
    result = explain(site, f"{BOB},dave@example.net")
    equal((result["sign"], result["encrypt"], result["encrypt_reason"]),
          (True, False, "no-certificate"))
    equal([(r["address"], r["usable"]) for r in result["recipients"]],
          [(BOB, 1), ("dave@example.net", 0)])
    equal([(c["address"], c["pick"]) for c in result["certificates"]],
          [(BOB, "taken")])
    check(explain(site, BOB)["encrypt"], "encrypted to bob")
    contains(site.smimectl("explain", "--from", ALICE, "--to", BOB),
             site.bob.fingerprint()[:16])
    site.smimectl("user", "set", ALICE, "--encrypt", "required")
    result = explain(site, "dave@example.net", status=NO)
    equal(result["action"], "refuse")
    contains(result["reply"], "550 5.7.51 dave@example.net")
    site.smimectl("user", "set", ALICE, "--encrypt", "inherit")


@case("explain: strangers, networks, listeners, other logins")
def _(site):
    result = explain(site, BOB, "--auth", "")
    equal((result["submitter"], result["direction"]), ("stranger", "inbound"))
    absent(result, "sign")
    result = explain(site, BOB, "--client", "198.51.100.7")
    equal((result["submitter"], result["sign"]), ("trusted network", True))
    result = explain(site, BOB, "--client", "2001:db8::1")
    equal((result["submitter"], result["direction"]), ("stranger", "inbound"))
    result = explain(site, BOB, "--daemon", "SUBMISSION")
    equal((result["submitter"], result["sign"]), ("submission daemon", True))
    result = explain(site, BOB, "--auth", "kim@example.org")
    equal((result["sign"], result["sign_reason"]), (False, "login-mismatch"))
    contains(site.fails(USAGE, "explain", "--from", ALICE, "--to", BOB,
                        "--client", "nowhere"), "not an IP address")


@case("explain: a message of one's own")
def _(site):
    mail = PLAIN.replace(b"Subject:", b"List-Id: <x.example.org>\r\nSubject:")
    result = explain(site, BOB, site.file(mail))
    equal((result["exemption"], result["sign"], result["reason"]),
          ("mailing list", False, "list"))
    site.keyd.kill()
    check(explain(site, BOB)["sign"], "needs no key process")
    site.start_keyd()


@case("status: everything there, and counted")
def _(site):
    result = site.json("status")
    check(result["ok"] and result["problems"] == [], result)
    check(result["keyd"]["version"].startswith("smime-keyd "), result)
    check(result["store"]["users"] >= 10, result)
    equal(result["store"]["schema"], 5)
    check(result["trust"]["anchors"] >= 2, result)
    contains(result["ca"]["subject"], "Local S/MIME CA")
    # short@, whose authority ends in ten days, and old@
    equal(result["store"]["users_expiring"], 2)
    contains(site.smimectl("status"), str(site.configuration))


@case("status: each thing that is wrong has a line")
def _(site):
    (site.folder / "ca.d" / "broken.pem").write_text(
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    result = site.json("status", status=NO)
    equal(len(result["problems"]), 1)
    contains(result["problems"][0], "broken.pem")
    (site.folder / "ca.d" / "broken.pem").unlink()


# --- all together ---


# What schema 1 had no room for.
NEW_SETTINGS = ("exempt", "own_cert_problem", "signature_algorithm", "mixed",
                "bcc", "triggers", "mode", "decrypt", "disclaimer_repeat",
                "disclaimer_protected")


def back_to_schema_1(database):
    with sqlite3.connect(database) as db:
        for table in ("domains", "users"):
            for column in NEW_SETTINGS + ("disclaimer",):
                db.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
        db.execute("ALTER TABLE domains DROP COLUMN escrow")
        db.execute("DROP TRIGGER partner_certificates_gone")
        for index in ("partner_certificates_untrusted",
                      "partner_certificates_chain", "own_certificates_chain",
                      "authorities_judged"):
            db.execute(f"DROP INDEX {index}")
        for column in ("first_sent", "last_sent", "suspended_until"):
            db.execute(f"ALTER TABLE contacts DROP COLUMN {column}")
        for column in ("used", "used_time", "last_evidence"):
            db.execute(f"ALTER TABLE partner_certificates DROP COLUMN {column}")
        db.execute("ALTER TABLE authorities DROP COLUMN trust")
        for table in ("recipients", "logins", "journal"):
            db.execute(f"DROP TABLE {table}")
        db.execute("UPDATE state SET schema = 1")


@case("store migrate: an older store is refused, then nothing is missing")
def _(site):
    def everything():
        domains, users = site.json("domain", "list"), site.json("user", "list")
        for one in domains + users:
            for name in NEW_SETTINGS:
                one[name] = "inherit"
        for domain in domains:
            domain["escrow"] = "inherit"
        for one in domains + users:
            one["disclaimer"] = "inherit"
        for domain in domains:
            del domain["effective"]
        return domains, users, [site.json(noun, "list")
                                for noun in ("cert", "key", "contact")]

    before = everything()
    back_to_schema_1(site.folder / "store" / "store.db")
    contains(site.fails(AWAY, "user", "list"),
             "schema 1 is older than 5; run: smimectl store migrate")
    for arguments in (("-n",), ("-f",)):
        done = site.run("smime-milter", "-c", site.configuration, *arguments,
                        user=MILTER_USER)
        equal(done.returncode, 1, done.stderr.decode())
        contains(done.stderr.decode(), "run: smimectl store migrate")
    result = site.json("store", "migrate")
    equal((result["from"], result["to"]), (1, 5))
    equal(everything(), before)
    contains(site.smimectl("store", "migrate"), "nothing to do")


@case("every change is in the audit, with who made it")
def _(site):
    # The typed passphrase needed a terminal, as whoever runs this test.
    users = {os.geteuid(), (site.folder / "store").stat().st_uid}
    with sqlite3.connect(site.folder / "store" / "store.db") as db:
        rows = db.execute("SELECT actor, action, object, detail "
                          "FROM audit").fetchall()
    equal({row[0] for row in rows}, {f"smimectl:{uid}" for uid in users})
    for action in ("store migrate", "ca init", "domain add", "domain set",
                   "user add", "user set", "cert issue", "key import",
                   "contact import", "contact import --trust",
                   "contact forget", "recipient set", "recipient remove",
                   "login allow", "login deny", "contact suspend",
                   "contact resume", "ca trust", "ca distrust"):
        check(any(row[1] == action for row in rows), action)
    check(("domain set", "sub.example.org",
           "sign=off encrypt=required exempt=inherit "
           "own-cert-problem=inherit signature-algorithm=inherit "
           "mixed=inherit bcc=inherit triggers=inherit mode=inherit "
           "decrypt=inherit disclaimer-repeat=inherit "
           "disclaimer-protected=inherit escrow=inherit disclaimer=inherit") in
          {row[1:] for row in rows}, "object and detail")


@case("a full disk behind standard output is no success")
def _(site):
    with open("/dev/full", "wb") as full:
        for arguments in (["user", "list"], ["--json", "user", "list"],
                          ["ca", "export"]):
            done = subprocess.run(
                [program("smimectl"), "-c", str(site.configuration),
                 *arguments], stdout=full, stderr=subprocess.PIPE,
                check=False)
            equal(done.returncode, AWAY, str(arguments))
            contains(done.stderr.decode(), "standard output")


if __name__ == "__main__":
    tap.main(AdminSite)
