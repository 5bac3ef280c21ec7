#!/usr/bin/env python3
"""Reads Authentication-Results fields with two programs that are not ours,
python3-authres and perl's Mail::AuthenticationResults, which must understand
the same, and prints it, for tests/unit/test_result.c to compare.

    authres_judge.py FILE

FILE has bodies of fields, each with its leading blank and a NUL behind it.
"""

import json
import subprocess
import sys

import authres
import authres.smime

PERL = """
use Mail::AuthenticationResults::Parser;
local $/ = "\\0";
while (my $body = <STDIN>) {
	chomp $body;
	$body =~ s/^ //;
	print Mail::AuthenticationResults::Parser->new()->parse($body)->as_json,
	    "\\n";
}
"""


def by_perl(fields):
    done = subprocess.run(["perl", "-e", PERL], input=fields, check=True,
                          capture_output=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def perl_says(tree):
    comments, results = [], []
    for entry in tree["children"]:
        results.append((f"{entry['key']}={entry['value']}",
                        [f"{child['key']}={child['value']}"
                         for child in entry["children"]
                         if child["type"] == "subentry"]))
        comments += [child["value"] for child in entry["children"]
                     if child["type"] == "comment"]
    return (tree["authserv_id"]["value"], results), comments


def python_says(body):
    context = authres.FeatureContext(authres.smime)
    field = context.parse(f"Authentication-Results:{body}")
    return field.authserv_id, [
        (f"{r.method}={r.result}",
         [f"{p.type}.{p.name}={p.value}" for p in r.properties])
        for r in field.results]


def main():
    fields = open(sys.argv[1], "rb").read()
    bodies = fields.split(b"\0")[:-1]
    for body, tree in zip(bodies, by_perl(fields), strict=True):
        lines = ("Authentication-Results:" + body.decode("ascii")).split("\n")
        if max(map(len, lines)) > 998 or not all(
                line.isprintable() and (line[0] == " " or line is lines[0])
                for line in lines):
            sys.exit(f"no mail server takes {lines}")
        said, comments = perl_says(tree)
        if said != python_says(body.decode("ascii")):
            sys.exit(f"{said} to perl, {python_says(body.decode())} to python")
        print(said[0], comments)
        for result, properties in said[1]:
            print(" ", result, *properties)


main()
