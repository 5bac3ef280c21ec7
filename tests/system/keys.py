"""RSA keys, which take long to make, made once for many tests.

The n-th key that a test asks for is the n-th of a folder that all tests share,
in this build folder or where TEST_KEYS says: no test gets a key twice, and
what no test has asked for yet is made.
"""

import collections
import os
import pathlib
import shutil
import threading

FOLDER = pathlib.Path(os.environ.get("TEST_KEYS") or
                      pathlib.Path(os.environ.get("top_builddir", "."),
                                   "tests/keys"))

_taken = collections.Counter()
_lock = threading.Lock()


def take(kind, path, make):
    """A private key of that kind at path; make(kind, path) makes one."""
    with _lock:
        number = _taken[kind]
        _taken[kind] += 1
    FOLDER.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = FOLDER / f"{kind.replace(':', '-')}-{number}.pem"
    if not key.exists():
        # Another test may be at it: whole or not at all.
        unfinished = key.with_suffix(f".{os.getpid()}")
        make(kind, unfinished)
        unfinished.rename(key)
    shutil.copy(key, path)
