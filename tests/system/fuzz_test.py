#!/usr/bin/python3
"""Every fuzz target runs over its seeds, and then for a moment on its own.

No substitute for fuzzing (HACKING.md), but seeds hold what was found once,
targets that nobody runs rot, and a promise that is broken often shows at once.
FUZZ_SECONDS says how long that moment is.
"""

import os
import pathlib
import subprocess
import sys
import tempfile

from tap import case, check, main, note

FUZZ = pathlib.Path(os.environ.get("top_srcdir", ".")) / "tests/fuzz"
PROGRAMS = pathlib.Path(os.environ.get("top_builddir", ".")) / "tests/fuzz"
SECONDS = int(os.environ.get("FUZZ_SECONDS", "2"))

# Targets that share a dictionary, or have another one than their own.
DICTIONARIES = {"mime_scan": "mime", "mime_canon": "mime",
                "mime_codec": "mime", "gate": "mime", "mime_type": "mime",
                "gate_disclaimer": "mime",
                "smime_detect": "mime", "smime_verify": "mime",
                "smime_layers": "mime",
                "smtp_command": "smtp", "smtp_data": "smtp",
                "smtp_reply": "smtp"}


def dictionary(name):
    path = FUZZ / (DICTIONARIES.get(name, name) + ".dict")
    return [f"-dict={path}"] if path.exists() else []


def run(name):
    """Nothing is written to the tree; a finding stays in the build folder."""
    findings = PROGRAMS / f"finding-{name}-"
    with tempfile.TemporaryDirectory() as corpus:
        done = subprocess.run(
            [str(PROGRAMS / f"fuzz_{name}"), "-seed=1",
             f"-max_total_time={SECONDS}", "-timeout=60", "-verbosity=1",
             "-print_final_stats=1", f"-artifact_prefix={findings}",
             *dictionary(name), corpus, str(FUZZ / "seeds" / name)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, check=False)
    text = done.stdout.decode(errors="replace")
    if done.returncode != 0:
        note("\n".join(text.splitlines()[-80:]))
    check(done.returncode == 0, f"fuzz_{name}: status {done.returncode}")
    check("stat::number_of_executed_units" in text, "it really ran")


def declare(name):
    @case(f"{name}: its seeds, and what comes of them")
    def _(_fixture):
        run(name)


for target in sorted(path.name for path in (FUZZ / "seeds").iterdir()):
    declare(target)

if __name__ == "__main__":
    sys.exit(main())
