#!/usr/bin/python3
"""Arrows go down only: checks what milter/LAYERS says.

- Includes: a file of milter/<folder> includes only headers of the folders
  that LAYERS allows it, and headers of a library only where it belongs.
- Link: each folder's archive, taken whole, links with nothing but the
  archives that LAYERS allows it and their libraries.
- Symbols: a library's functions are called only in its own folder, and no
  global name begins like one of a library that we link (STYLE.md 8).
- smime-keyd links no libmilter, libconfig or database.

The checker checks itself too: on made-up violations it must complain.
"""

import os
import pathlib
import re
import shlex
import shutil
import subprocess
import tempfile

import tap
from tap import case, check, equal

SOURCE = pathlib.Path(os.environ.get("top_srcdir", ".")).resolve()
BUILD = pathlib.Path(os.environ.get("top_builddir", ".")).resolve()

# Library header (as in <...>) -> the files that may include it.
LIBRARY_HEADERS = {
    r"libmilter/": r"daemon/milter_[a-z_]+\.[ch]",
    r"libconfig\.h": r"settings/[a-z_]+\.[ch]",
    r"sqlite3\.h": r"db/[a-z_]+\.[ch]",
    r"libpq-fe\.h": r"db/[a-z_]+\.[ch]",
    r"jansson\.h": r"admin/[a-z_]+\.[ch]",
    r"idn2\.h": r"mail/[a-z_]+\.[ch]",
    r"seccomp\.h": r"(base/confine|keyd/[a-z_]+)\.[ch]",
}

# A library's functions -> the folder that may call them.
LIBRARY_FUNCTIONS = {
    r"smfi_": "daemon",
    r"config_(init|destroy|read|write|lookup|setting|set_|get_|error|root)":
        "settings",
    r"sqlite3_": "db",
    r"PQ": "db",
    r"json_": "admin",
    r"idn2_": "mail",
    r"seccomp_": "keyd",
}

# Libraries that come with a folder: names of variables of the Makefile.
FOLDER_LIBS = {
    "base": ["CRYPTO_LIBS"],
    "mail": ["IDN2_LIBS"],
    "db": ["SQLITE_LIBS"],
    "smime": ["ZLIB_LIBS"],
    "settings": ["LIBCONFIG_LIBS"],
    "daemon": ["MILTER_LIBS"],
    "admin": ["JANSSON_LIBS"],
    "keyd": ["SECCOMP_LIBS"],
}

# Names that libraries export; Debian 12's libconfig exports strbuf_ and
# scanctx_ too, and a program that defines them breaks silently.
RESERVED = re.compile(
    r"(config_|strbuf_|scanctx_|mi_|sm_|smfi_|ldap_|ber_|PQ|pg_|sqlite3_|"
    r"curl_|MHD_|[A-Z][A-Z0-9]+_)")

KEYD_NEVER = re.compile(
    r"lib(milter|config|sqlite3|pq|jansson|idn2|curl)\.so")

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def read_layers(path):
    """{folder: set of folders that it may use}, in the order of the file."""
    layers = {}
    for line in path.read_text().splitlines():
        line = line.split("#")[0].strip()
        if not line:
            continue
        folder, _, used = line.partition(":")
        layers[folder.strip()] = set(used.split())
    return layers


def check_order(layers):
    """A folder uses only folders that stand above it: there is no circle.
    What it may use must itself be closed: no arrow through the back door."""
    complaints = []
    seen = set()
    for folder, used in layers.items():
        for other in sorted(used - seen):
            complaints.append(f"{folder}: {other} does not stand above it")
        for other in sorted(used & seen):
            for hidden in sorted(layers[other] - used):
                complaints.append(
                    f"{folder}: may use {other}, but not its {hidden}")
        seen.add(folder)
    return complaints


def check_folders(layers, milter):
    """LAYERS names every folder, and only folders that exist."""
    folders = {p.name for p in milter.iterdir() if p.is_dir()}
    return ([f"{f}: not in LAYERS" for f in sorted(folders - set(layers))] +
            [f"{f}: no such folder" for f in sorted(set(layers) - folders)])


def check_include(layers, folder, name, kind, target):
    """A complaint about one #include of folder/name, or None."""
    if kind == "<":
        for header, files in LIBRARY_HEADERS.items():
            if re.match(header, target) and not re.fullmatch(
                    files, f"{folder}/{name}"):
                return f"<{target}> belongs to {files}"
        return None
    if target == "config.h":
        return None
    if "/" not in target:
        return f'"{target}" has no folder'
    other = target.split("/")[0]
    if other != folder and other not in layers[folder]:
        return f'"{target}": {folder} may not use {other}'
    return None


def check_includes(layers, milter):
    complaints = []
    for path in sorted(milter.glob("*/*.[ch]")):
        folder = path.parent.name
        if folder not in layers:
            continue
        for number, line in enumerate(path.read_text().splitlines(), 1):
            match = INCLUDE.match(line)
            if not match:
                continue
            complaint = check_include(layers, folder, path.name, *match.groups())
            if complaint:
                complaints.append(f"{folder}/{path.name}:{number}: {complaint}")
    return complaints


def archive(build, folder):
    return build / "milter" / folder / f"lib{folder}.a"


def symbols(path, *options):
    """Names that nm prints for an archive."""
    out = subprocess.run(["nm", "-P", *options, str(path)],
                         capture_output=True, text=True, check=True).stdout
    return {line.split()[0] for line in out.splitlines()
            if len(line.split()) > 1}


def link_command(layers, build, folder, program):
    """Links the whole of one folder, and of the others what it needs."""
    libs = []
    for name in [folder, *sorted(layers[folder])]:
        for variable in FOLDER_LIBS.get(name, []):
            libs += shlex.split(os.environ.get(variable, ""))
    others = [str(archive(build, name)) for name in sorted(layers[folder])
              if archive(build, name).exists()]
    flags = shlex.split(os.environ.get("LAYERS_LINK_FLAGS", ""))
    compiler = shlex.split(os.environ.get("CC", "cc"))
    return [*compiler, *flags, "-Wl,--no-undefined", "-o", program, "-x", "c",
            "-", "-x", "none", "-Wl,--whole-archive",
            str(archive(build, folder)), "-Wl,--no-whole-archive",
            "-Wl,--start-group", *others, "-Wl,--end-group", *libs]


def check_link(layers, build, folder):
    with tempfile.TemporaryDirectory(prefix="layers-") as work:
        done = subprocess.run(
            link_command(layers, build, folder, f"{work}/program"),
            input="int main(void) { return 0; }\n", capture_output=True,
            text=True, check=False)
    if done.returncode == 0:
        return []
    return [f"{folder}: does not link with only {sorted(layers[folder])}",
            *done.stderr.splitlines()[:40]]


def check_symbols(build, folder):
    complaints = []
    path = archive(build, folder)
    for name in sorted(symbols(path, "-g", "--defined-only")):
        if RESERVED.match(name):
            complaints.append(f"{folder}: the name {name} is reserved")
    for name in sorted(symbols(path, "-u")):
        for prefix, owner in LIBRARY_FUNCTIONS.items():
            if owner != folder and re.match(prefix, name):
                complaints.append(f"{folder}: {name} belongs to {owner}")
    return complaints


def needed_libraries(program):
    out = subprocess.run(["readelf", "-d", str(program)], capture_output=True,
                         text=True, check=True).stdout
    return re.findall(r"\(NEEDED\).*\[([^\]]+)\]", out)


def check_needed(program):
    return [f"{program.name} links {name}" for name in needed_libraries(program)
            if KEYD_NEVER.match(name)]


def none(complaints):
    check(not complaints, "\n" + "\n".join(complaints))


def some(complaints, word):
    check(any(word in complaint for complaint in complaints),
          f"no complaint about {word}: {complaints}")


class Tree:
    """The real tree, and a place for made-up ones."""

    def __enter__(self):
        self.layers = read_layers(SOURCE / "milter" / "LAYERS")
        self.work = pathlib.Path(tempfile.mkdtemp(prefix="layers-"))
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.work)

    def built(self):
        folders = [f for f in self.layers if archive(BUILD, f).exists()]
        if not folders:
            raise tap.Skip("nothing is built here")
        return folders

    def made_up(self, name, files):
        """A tree of its own with these files, and its LAYERS."""
        root = self.work / name
        for path, text in files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)
        return root, read_layers(root / "milter" / "LAYERS")

    def made_up_archives(self, name, sources, layers):
        """Compiles {folder: C source} to archives of a made-up tree."""
        files = {"milter/LAYERS": layers}
        for folder, source in sources.items():
            files[f"milter/{folder}/{folder}.c"] = source
        root, parsed = self.made_up(name, files)
        compiler = shlex.split(os.environ.get("CC", "cc"))
        flags = shlex.split(os.environ.get("LAYERS_LINK_FLAGS", ""))
        flags = [f for f in flags if not f.startswith("-Wl,") and f != "-pie"
                 and f != "-Werror"]
        for folder in sources:
            base = root / "milter" / folder
            subprocess.run([*compiler, *flags, "-fvisibility=default", "-w",
                            "-c", "-o", f"{base}/{folder}.o",
                            f"{base}/{folder}.c"], check=True)
            subprocess.run(["ar", "rc", str(archive(root, folder)),
                            f"{base}/{folder}.o"], check=True)
        return root, parsed


@case("LAYERS has no circle and no back door")
def _(tree):
    none(check_order(tree.layers))


@case("LAYERS names every folder")
def _(tree):
    none(check_folders(tree.layers, SOURCE / "milter"))


@case("every include goes down")
def _(tree):
    none(check_includes(tree.layers, SOURCE / "milter"))


@case("every folder links with only what is below it")
def _(tree):
    complaints = []
    for folder in tree.built():
        complaints += check_link(tree.layers, BUILD, folder)
    none(complaints)


@case("library functions are called in their own folder, no reserved names")
def _(tree):
    complaints = []
    for folder in tree.built():
        complaints += check_symbols(BUILD, folder)
    none(complaints)


@case("smime-keyd links no libmilter, libconfig or database")
def _(tree):
    keyd = BUILD / "smime-keyd"
    if not keyd.exists():
        raise tap.Skip("smime-keyd is not built here")
    check(any(n.startswith("libcrypto") for n in needed_libraries(keyd)),
          "smime-keyd does not even need libcrypto")
    none(check_needed(keyd))


@case("the checker sees a circle, a back door, a missing folder")
def _(tree):
    some(check_order({"base": {"mail"}, "mail": {"base"}}), "stand above")
    some(check_order({"base": set(), "mail": {"base"}, "smime": {"mail"}}),
         "not its base")
    root, layers = tree.made_up("folders", {
        "milter/LAYERS": "base:\ngone: base\n", "milter/base/x.c": "",
        "milter/extra/x.c": ""})
    complaints = check_folders(layers, root / "milter")
    some(complaints, "extra: not in LAYERS")
    some(complaints, "gone: no such folder")


@case("the checker sees includes that go up or sideways")
def _(tree):
    root, layers = tree.made_up("includes", {
        "milter/LAYERS": "base:\nmail: base\nkey: base\ndaemon: base\n",
        "milter/base/up.c": '#include "mail/address.h"\n',
        "milter/mail/fine.c":
            '#include "config.h"\n#include "base/err.h"\n'
            '#include "mail/mail.h"\n#include <stdio.h>\n',
        "milter/mail/side.c": '#  include "key/key.h"\n',
        "milter/mail/bare.c": '#include "err.h"\n',
        "milter/daemon/session.c": "#include <libmilter/mfapi.h>\n",
        "milter/daemon/milter_apply.c": "#include <libmilter/mfapi.h>\n",
        "milter/daemon/db.c": "#include <sqlite3.h>\n"})
    complaints = check_includes(layers, root / "milter")
    some(complaints, "base/up.c:1:")
    some(complaints, "mail/side.c:1:")
    some(complaints, "mail/bare.c:1:")
    some(complaints, "daemon/session.c:1:")
    some(complaints, "daemon/db.c:1:")
    equal(len(complaints), 5, "complaints")


@case("the checker sees calls that go up, and reserved names")
def _(tree):
    root, layers = tree.made_up_archives("link", {
        "base": "int mail_call(void);"
                "int base_call(void) { return mail_call(); }",
        "mail": "int base_call(void);"
                "int mail_call(void) { return 1; }"
                "int mail_top(void) { return base_call(); }",
        "key": "int sqlite3_open(void); int strbuf_append(void);"
               "int strbuf_append(void) { return sqlite3_open(); }"},
        "base:\nmail: base\nkey: base\n")
    none(check_link(layers, root, "mail"))
    some(check_link(layers, root, "base"), "mail_call")
    none(check_symbols(root, "mail"))
    some(check_symbols(root, "key"), "strbuf_append")
    some(check_symbols(root, "key"), "sqlite3_open belongs to db")


@case("the checker sees a library that smime-keyd must not have")
def _(tree):
    check(KEYD_NEVER.match("libmilter.so.1.0.1"), "libmilter")
    check(KEYD_NEVER.match("libsqlite3.so.0"), "libsqlite3")
    check(not KEYD_NEVER.match("libcrypto.so.3"), "libcrypto")
    program = tree.work / "program"
    compiler = shlex.split(os.environ.get("CC", "cc"))
    done = subprocess.run(
        [*compiler, "-x", "c", "-", "-o", str(program), "-Wl,--no-as-needed",
         *shlex.split(os.environ.get("SQLITE_LIBS", "-lsqlite3"))],
        input="int main(void) { return 0; }\n", text=True,
        capture_output=True, check=False)
    equal(done.returncode, 0, done.stderr)
    some(check_needed(program), "libsqlite3")


if __name__ == "__main__":
    tap.main(Tree)
