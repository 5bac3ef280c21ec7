#!/usr/bin/python3
"""contrib/recipes: other people's filters leave protected mail alone.  Each
recipe judges the same messages; altermime is really there, of the others what
their programs would read or run of it."""

import email
import importlib.util
import itertools
import os
import pathlib
import py_compile
import re
import shutil
import subprocess
import tempfile

from tap import Skip, absent, case, check, contains, equal, main

SOURCE = pathlib.Path(os.environ.get("top_srcdir", ".")).resolve()
RECIPES = SOURCE / "contrib" / "recipes"
WRAPPER = RECIPES / "altermime-unless-protected"
HEAD = "From: alice@example.org\nMIME-Version: 1.0\n"
FOOTER = "This mail may be confidential."


def mixed(subtype, parameters=""):
    return (f"Content-Type: {subtype};{parameters}\n boundary=\"b\"\n\n--b\n"
            "Content-Type: text/plain\n\nHello\n--b\n"
            "Content-Type: application/octet-stream\n\nMIIB\n--b--\n")


# By their headers.
PROTECTED = {
    "marked": "X-SMIME-Protected: signed\nContent-Type: text/plain\n\nHello\n",
    "marked, folded, in other letters":
        "x-smime-PROTECTED:\n\tsigned, encrypted\n\nHello\n",
    "clear-signed": mixed("multipart/signed",
                          " protocol=\"application/pkcs7-signature\";"),
    "type on the next line": mixed("\n Multipart/SIGNED"),
    "encrypted": "Content-Type: application/pkcs7-mime; "
                 "smime-type=enveloped-data; name=smime.p7m\n"
                 "Content-Transfer-Encoding: base64\n\nMIIB\n",
    "old type": "Content-Type: application/x-pkcs7-mime\n\nMIIB\n",
    "PGP/MIME": mixed("multipart/encrypted"),
}
CLEAR = {
    "plain": "Content-Type: text/plain\n\nHello\n",
    "without a type": "\nHello\n",
    "mixed": mixed("multipart/mixed"),
    "type in the text": "Content-Type: text/plain\n\n"
                        "Content-Type: multipart/signed\n"
                        "X-SMIME-Protected: signed\n",
    "another field": "X-Content-Type: multipart/signed\n"
                     "Not-X-SMIME-Protected: signed\n\nHello\n",
    "a parameter": "Content-Type: text/plain; x=multipart/signed\n\nHello\n",
}
INLINE = ("Content-Type: text/plain\n\n-----BEGIN PGP SIGNED MESSAGE-----\n"
          "Hash: SHA256\n\nHello\n-----BEGIN PGP SIGNATURE-----\n\nabcd\n"
          "-----END PGP SIGNATURE-----\n")


def judged(judge):
    """Every message by a function of it that says whether it is protected."""
    for name, text in PROTECTED.items():
        check(judge(HEAD + text), f"{name}: not protected")
    for name, text in CLEAR.items():
        check(not judge(HEAD + text), f"{name}: protected")


def wrapped(mail, *arguments, by_pipe=False, program=WRAPPER):
    """What altermime, or the script around it, makes of a mail."""
    with tempfile.TemporaryDirectory(prefix="recipes-") as name:
        folder = pathlib.Path(name)
        (folder / "footer").write_text(FOOTER + "\n")
        (folder / "mail").write_bytes(mail)
        done = subprocess.run(
            [program, f"--input={'-' if by_pipe else folder / 'mail'}",
             f"--disclaimer={folder / 'footer'}", *arguments],
            input=mail, capture_output=True, check=False)
        equal(done.returncode, 0, done.stderr.decode())
        return done.stdout if by_pipe else (folder / "mail").read_bytes()


@case("altermime: protected mail is as it was, other mail has the footer")
def _(_fixture):
    if not shutil.which("altermime"):
        raise Skip("no altermime")
    for by_pipe, ends in itertools.product((False, True), ("\n", "\r\n")):
        for name, text in [*PROTECTED.items(), ("inline PGP", INLINE)]:
            mail = (HEAD + text).replace("\n", ends).encode()
            equal(wrapped(mail, by_pipe=by_pipe), mail, name)
        for name, text in CLEAR.items():
            mail = (HEAD + text).replace("\n", ends).encode()
            equal(wrapped(mail, by_pipe=by_pipe),
                  wrapped(mail, by_pipe=by_pipe, program="altermime"), name)
    # That is what it does by itself.
    for text in (CLEAR["plain"], PROTECTED["marked"], INLINE):
        contains(wrapped((HEAD + text).encode(), program="altermime"),
                 FOOTER.encode())
    encrypted = (HEAD + PROTECTED["encrypted"]).encode()
    absent(wrapped(encrypted, "--removeall", program="altermime"), b"MIIB")
    equal(wrapped(encrypted, "--removeall"), encrypted)


@case("altermime: its own complaints come through")
def _(_fixture):
    if not shutil.which("altermime"):
        raise Skip("no altermime")
    for arguments in ([], ["--input=/nowhere/mail"]):
        codes = [subprocess.run([program, *arguments], capture_output=True,
                                check=False).returncode
                 for program in ("altermime", WRAPPER)]
        equal(codes[0], codes[1], str(arguments))
    done = subprocess.run(
        [WRAPPER, "--input=-"], input=(HEAD + CLEAR["plain"]).encode(),
        env={**os.environ, "ALTERMIME": "/bin/false"}, capture_output=True,
        check=False)
    equal(done.returncode, 1, "status")


AMAVIS = r"""
use strict; use warnings;
our @loaded;
sub Amavis::load_policy_bank { push @loaded, $_[0] }
package Message;
sub get_header_field_body { $_[0]{lc $_[1]} }
package main;
do $ARGV[0] or die $@ || $!;
die "no bank" unless $Amavis::Conf::policy_bank{PROTECTED};
local $/;
my ($head) = split /\n\n/, <STDIN>, 2;
my %fields;
$head =~ s/\n(?=[ \t])//g;
$fields{lc $1} = $2 while $head =~ /^([^:\n]+):(.*)$/mg;
die "hooks" if defined Amavis::Custom->new(undef, bless \%fields, 'Message');
print @loaded;
"""


@case("amavis: the policy bank is loaded for protected mail")
def _(_fixture):
    recipe = RECIPES / "amavis-protected.conf"
    subprocess.run(["perl", "-wc", recipe], check=True, capture_output=True)

    def loads(mail):
        done = subprocess.run(["perl", "-e", AMAVIS, recipe],
                              input=mail.encode(), capture_output=True,
                              check=False)
        equal(done.returncode, 0, done.stderr.decode())
        return done.stdout == b"PROTECTED"

    judged(loads)


@case("rspamd: its conditions")
def _(_fixture):
    text = (RECIPES / "rspamd-protected.conf").read_text()
    rules = re.findall(r'"([A-Za-z-]+)" = "/(.*)/(i?)";', text)
    equal([name for name, _, _ in rules], ["X-SMIME-Protected",
                                           "Content-Type"])

    def matches(mail):
        message = email.message_from_string(mail)
        return any(
            re.search(pattern.replace(r"\/", "/"), message[name].strip(),
                      re.IGNORECASE if ignore else 0)
            for name, pattern, ignore in rules if message[name])

    judged(matches)
    equal(text.count("{"), text.count("}"), "braces")


def load(path):
    spec = importlib.util.spec_from_file_location("recipe", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@case("Mailman 3 and 2.1: header and footer stay away")
def _(_fixture):
    protection = load(RECIPES / "smime_untouched" / "protection.py")
    handler = load(RECIPES / "SMIMEUntouched.py")

    def undecorated(mail):
        data = {}
        handler.process(None, email.message_from_string(mail), data)
        return data.get("nodecorate")

    judged(lambda mail: protection.is_protected(
        email.message_from_string(mail)))
    judged(undecorated)
    with tempfile.TemporaryDirectory(prefix="recipes-") as folder:
        for number, path in enumerate(RECIPES.rglob("*.py")):
            py_compile.compile(str(path), f"{folder}/{number}", doraise=True)


main()
