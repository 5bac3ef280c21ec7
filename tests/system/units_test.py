#!/usr/bin/python3
"""The systemd units: systemd knows every line of them, and what they start
finds what the others expect."""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile

import tap
from tap import Skip, case, check, contains, equal

BUILD = pathlib.Path(os.environ["top_builddir"])
NAMES = ["smime-keyd", "smime-milter", "smime-milter-guard"]


def text_of(name):
    return (BUILD / f"{name}.service").read_text()


def values(name, key):
    """All words that a unit has for a key."""
    return " ".join(re.findall(f"^{key}=(.*)$", text_of(name),
                               re.MULTILINE)).split()


def complaints(units):
    """What systemd says of units, by name; their programs are those of this
    build, which nobody has installed."""
    if not shutil.which("systemd-analyze"):
        raise Skip("systemd-analyze is not installed")
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for name, text in units.items():
            file = pathlib.Path(folder) / f"{name}.service"
            file.write_text(re.sub(r"^ExecStart=\S*/", f"ExecStart={BUILD}/",
                                   text, flags=re.MULTILINE))
            files.append(str(file))
        done = subprocess.run(
            ["systemd-analyze", "verify", "--man=no"] + files, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    # Of the units of this machine it says something, too.
    lines = [line for line in done.stdout.splitlines() if "smime" in line]
    return done.returncode, lines


@case("systemd has nothing to say about them")
def _(_fixture):
    equal(complaints({name: text_of(name) for name in NAMES}), (0, []),
          "complaints")


@case("it would, if a line were wrong")
def _(_fixture):
    broken = text_of("smime-keyd").replace("ProtectSystem", "ProtectSytem")
    _status, lines = complaints({"smime-keyd": broken})
    contains("\n".join(lines), "ProtectSytem")


@case("no place was left to be filled in")
def _(_fixture):
    for name in NAMES:
        equal(re.findall("@[a-z_]+dir@", text_of(name)), [], name)


@case("they serve before mail servers do, and stop after them")
def _(_fixture):
    for name in NAMES[1:]:
        before = values(name, "Before")
        # That of Debian: postfix.service is an empty shell there.
        for server in ["postfix@-.service", "postfix.service",
                       "sendmail.service"]:
            check(server in before, f"{name}: not before {server}")
    check("smime-keyd.service" in values("smime-milter", "After"),
          "smime-milter is not after smime-keyd")


@case("the milter looks for smime-keyd where its unit puts it")
def _(_fixture):
    command = values("smime-keyd", "ExecStart")
    sample = (BUILD / "smime-milter.conf.sample").read_text()
    contains(sample, f'#keyd = "{command[command.index("-s") + 1]}"')
    equal(command[command.index("-g") + 1], values("smime-milter", "Group")[0],
          "group of the socket")


@case("the guard's is the user of its sample")
def _(_fixture):
    sample = (BUILD / "smime-milter-guard.conf.sample").read_text()
    (user,) = values("smime-milter-guard", "User")
    contains(sample, f'\nuser = "{user}";')


if __name__ == "__main__":
    tap.main()
