#!/usr/bin/python3
"""Documents that cannot drift: the option table of the program, the manual
page, the sample file and the file of the tests have the same options, and the
first three the same defaults; the words of the log are all explained."""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile

import tap
from tap import Skip, case, check, equal

SOURCE = pathlib.Path(os.environ.get("top_srcdir", ".")).resolve()
BUILD = pathlib.Path(os.environ.get("top_builddir", ".")).resolve()
MANDOC = os.environ.get("MANDOC", "mandoc")
SED = os.environ.get("SED", "sed")

SETTINGS_MANUAL = SOURCE / "milter/settings/smime-milter.conf.5"
DAEMON_MANUAL = SOURCE / "milter/daemon/smime-milter.8"
ADMIN_MANUAL = SOURCE / "milter/admin/smimectl.8"
KEYD_MANUAL = SOURCE / "milter/keyd/smime-keyd.8"
SAMPLE = SOURCE / "conf/smime-milter.conf"
FULL = SOURCE / "tests/conf/full.conf"
GUARD = SOURCE / "tests/conf/guard.conf"
GUARD_SAMPLE = SOURCE / "conf/smime-milter-guard.conf"


def documented(*arguments):
    return subprocess.run([BUILD / "tests/tools/print_documented", *arguments],
                          capture_output=True, text=True, check=False)


def installed(file):
    """What is installed of a file that names places."""
    return subprocess.run([SED, "-f", BUILD / "places.sed", file], text=True,
                          capture_output=True, check=True).stdout


def squeeze(value):
    """A value without the blanks that do not matter."""
    return re.sub(r"\s+", "", value)


def rows():
    lines = documented("options").stdout.splitlines()
    check(len(lines) > 20, "print_documented prints the options")
    return [line.split("\t") for line in lines]


def table(role=None):
    """All options, or those that a file with this role may have."""
    return {name: squeeze(value) for name, value, roles in rows()
            if role is None or roles in (role, "both")}


def manual():
    """Options of the manual page: items, under the heading of their group."""
    options = {}
    group = ""
    for line in installed(SETTINGS_MANUAL).splitlines():
        line = line.replace(r"\(dq", '"').replace(r"\&", "")
        if line.startswith((".Sh", ".Ss")):
            found = re.match(r"\.Ss The (?:group|list) ([\w.]+)", line)
            group = found.group(1) + "." if found else ""
        found = re.match(r"\.It Cm (\w+)(?: = (.*))?$", line)
        if found:
            name = found.group(1)
            path = name if name == group[:-1] else group + name
            check(path not in options, f"{path} is there once")
            options[path] = squeeze(found.group(2) or "")
    return options


def group_options(path, value):
    """An option of a group, or those of a group inside it."""
    if not value.startswith("{"):
        return {path: squeeze(value)}
    return {f"{path}.{name}": squeeze(inner)
            for name, inner in re.findall(r"(\w+) = ([^;]*);", value)}


def file_options(text):
    """Options of a configuration file, as far as ours use the syntax."""
    text = re.sub(r"^\s*#.*$", "", text, flags=re.M)
    options = {}
    for name, value in re.findall(
            r"^(\w+) = (\{.*?^\}|\(\n.*?^\)|[^;]*);", text, flags=re.M | re.S):
        if value.startswith("(\n"):
            options[name] = squeeze(value)
            for member, _ in re.findall(r"(\w+) = ([^;]*);", value):
                options[f"{name}.{member}"] = ""
        elif value.startswith("{"):
            for inner, inner_value in re.findall(
                    r"^\s+(\w+) = (\{[^}]*\}|[^;]*);", value, flags=re.M):
                options.update(group_options(f"{name}.{inner}", inner_value))
        else:
            options[name] = squeeze(value)
    return options


def uncommented(sample=SAMPLE):
    """The sample with everything switched on."""
    return re.sub(r"^#(?=[^ \n])", "", installed(sample), flags=re.M)


def uncommented_signer():
    """The same without what only a guard may have."""
    text, count = re.subn(r"^guard = \{.*?^\};", "", uncommented(),
                          flags=re.M | re.S)
    equal(count, 1, "groups")
    return text


def default_guard():
    """A file of a guard with every option that it may have."""
    groups, lines = {}, []
    for name, value in table("guard").items():
        group, _, member = name.rpartition(".")
        groups.setdefault(group, []).append(f"{member or name} = {value};")
    for group, members in groups.items():
        text = " ".join(members).replace('role = "signer"', 'role = "guard"')
        lines.append(f"{group} = {{ {text} }};" if group else text)
    return "\n".join(lines)


def loads(text):
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
        file.write(text)
        file.flush()
        done = documented("load", file.name)
    equal((done.stdout, done.returncode), ("", 0), "errors of the file")


MEMBER = re.compile(r"(domains|disclaimers|recipient_domains|recipients|triggers|logins|"
                    r"client_certificates)\.")


def without_members(options):
    """Without what the groups of a list hold: the sample has no groups."""
    return {name: value for name, value in options.items()
            if not MEMBER.match(name)}


@case("the manual page has all options with their defaults, and no others")
def manual_options(_):
    equal(manual(), table(), "manual page")


@case("the sample file has all options with their defaults, and no others")
def sample_options(_):
    equal(without_members(file_options(uncommented())),
          without_members(table()), "sample file")
    for name in table():
        check(name.split(".")[-1] + " = " in SAMPLE.read_text(),
              f"{name} is shown in the sample")


@case("the sample file can be loaded, as it is and with everything on")
def sample_loads(_):
    loads(SAMPLE.read_text())
    loads(uncommented_signer())
    loads(default_guard())
    loads(GUARD_SAMPLE.read_text())
    loads(uncommented(GUARD_SAMPLE))


@case("the sample file as it is switches nothing on")
def sample_is_off(_):
    equal(file_options(SAMPLE.read_text()), {}, "options")


@case("the files of the tests set every option, and none to its default")
def full_options(_):
    for file, role in ((FULL, "signer"), (GUARD, "guard")):
        options, defaults = file_options(file.read_text()), table(role)
        if role == "signer":
            options["role"] = ""  # the other word is for the other file
        equal(sorted(options), sorted(defaults), f"options of {file.name}")
        for name, value in options.items():
            check(MEMBER.match(name) or value != defaults[name],
                  f"{name} is not its default")


@case("a misspelt option is noticed")
def notices(_):
    text = uncommented().replace("socket_mode", "socket_mod")
    check(file_options(text).keys() != table().keys(), "the comparison fails")
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
        file.write(text)
        file.flush()
        done = documented("load", file.name)
    check("socket_mod: unknown option" in done.stdout, done.stdout)
    equal(done.returncode, 1, "status")


@case("every reason in the log is explained in smime-milter(8)")
def reasons(_):
    words = documented("reasons").stdout.split()
    check(len(words) > 20, "print_documented prints the reasons")
    text = DAEMON_MANUAL.read_text().split(".Ss Reasons")[1].split(".S")[0]
    explained = re.findall(r"^\.It Li (\S+)", text, flags=re.M)
    equal(sorted(explained), sorted(words), "reasons")


@case("every reply to the sender is explained in smime-milter(8)")
def replies(_):
    lines = documented("replies").stdout.split("\n")[:-1]
    check(len(lines) > 10, "print_documented prints the replies")
    text = DAEMON_MANUAL.read_text().split(".Ss Replies")[1].split(".Ss ")[0]
    explained, codes = [], None
    for first, word in re.findall(r"^\.It (.+) Ta (\S+) Ta .", text,
                                  flags=re.M):
        codes = codes if first == r"\&" else first
        explained.append(f"{codes} {word}")
    equal(sorted(explained), sorted(lines), "replies")


def who_gets_what(page):
    """The table of senders and recipients."""
    table = page.read_text().split(".It Em sender Ta Em as-sender")[1]
    return table.split(".El")[0]


@case("both manual pages have the same table of senders and recipients")
def combinations(_):
    table = who_gets_what(DAEMON_MANUAL)
    equal(table, who_gets_what(SETTINGS_MANUAL), "table")
    equal(table.count(".It "), 3, "rows")


@case("every word for a certificate is explained in smimectl(8)")
def picks(_):
    words = documented("picks").stdout.split()
    check(len(words) > 10, "print_documented prints the words")
    text = ADMIN_MANUAL.read_text().split(".Ss Words for certificates")[1]
    explained = re.findall(r"^\.It Li (\S+)", text.split(".S")[0], flags=re.M)
    equal(sorted(explained), sorted(words), "words")


@case("mandoc finds nothing wrong with the manual pages")
def lint(_):
    if shutil.which(MANDOC) is None:
        raise Skip("there is no mandoc")
    for page in (SETTINGS_MANUAL, DAEMON_MANUAL):
        done = subprocess.run([MANDOC, "-Tlint", "-Wstyle", page], text=True,
                              capture_output=True, check=False)
        # Our own pages are not installed while they are tested.
        lines = [line for line in done.stdout.splitlines()
                 if "referenced manual not found" not in line]
        equal(lines, [], page.name)


@case("they fit a terminal of 80 columns, also with the man of Debian")
def width(_):
    if shutil.which("groff") is None:
        raise Skip("there is no groff")
    for page in (SETTINGS_MANUAL, DAEMON_MANUAL, ADMIN_MANUAL, KEYD_MANUAL):
        done = subprocess.run(
            ["groff", "-mandoc", "-Tutf8", "-rLL=80n", "-ww", page],
            text=True, capture_output=True, check=False)
        # It tears rows of tables apart that are too long.
        equal(done.stderr, "", page.name)


tap.main()
