"""Test Anything Protocol for the system tests.

A test program declares its cases with @case and ends with tap.main(), which
prints the plan, runs the cases in order and lets none of them hang for ever.
A case passes when it returns, fails on any exception, and is skipped when it
raises Skip.  No case passes or fails by time: the limit only ends a dead test.

Why a case failed is told briefly first, for who gets to see a few lines only
(contrib/check shows BRIEF_LINES), then at length: the traceback, the notes of
the exception, and what the fixture's diagnose() knows.  Logs are sections in
notes and diagnoses, below a line "--- NAME".
"""

import os
import pathlib
import re
import signal
import sys
import tempfile
import time
import traceback

_cases = []

# Far beyond what a slow machine needs; a case may ask for more.
LIMIT_SECONDS = 300

# Of the brief explanation; of these the message has at most a third.
BRIEF_LINES = 15
BRIEF_WIDTH = 290


class Skip(Exception):
    """This case cannot run here; the text says why."""


class TimeLimit(BaseException):
    """A case ran into its limit.  Not an Exception, so that no handler in a
    test swallows it."""


def case(description, limit=LIMIT_SECONDS):
    """Declares a test case: a function of the fixture."""

    def declare(function):
        _cases.append((description, function, limit))
        return function

    return declare


def note(text):
    """A diagnostic line or several."""
    for line in str(text).splitlines() or [""]:
        print("# " + line.encode("ascii", "backslashreplace").decode())
    sys.stdout.flush()


def equal(got, wanted, what="value"):
    if got != wanted:
        raise AssertionError(f"{what}: got {_short(got)}, "
                             f"wanted {_short(wanted)}")


def check(condition, what):
    if not condition:
        raise AssertionError(what)


def contains(text, part, what="text"):
    if part not in text:
        raise AssertionError(f"{what}: {_short(part)} not found in "
                             f"{_short(text)}")


def absent(text, part, what="text"):
    if part in text:
        raise AssertionError(f"{what}: {_short(part)} found in {_short(text)}")


def _short(value):
    return _cut(repr(value), 1500)


def _cut(text, most):
    """The begin and the end of what is too long."""
    if len(text) <= most:
        return text
    return text[:most * 2 // 3] + " ... " + text[-most // 5:]


def _sections(text):
    """(name, lines) of each log in a text."""
    name, lines = None, []
    for line in text.splitlines():
        if line.startswith("--- "):
            if name is not None:
                yield name, lines
            name, lines = line[4:], []
        else:
            lines += [line] if line else []
    if name is not None:
        yield name, lines


def _where(error):
    """The lines of the tests that led there, the innermost first."""
    here = pathlib.Path(__file__).resolve()
    places = []
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        path = pathlib.Path(frame.filename).resolve()
        if path.parent == here.parent and path != here:
            places.append(f"{path.name}:{frame.lineno}")
    return " < ".join(places)


def _brief(error, logs, seconds):
    """What failed, when and where, and how each log ends."""
    message = f"{type(error).__name__}: {error}".splitlines()
    lines = message[:BRIEF_LINES // 3]
    lines.append(f"after {seconds:.0f} s, load {os.getloadavg()[0]:.1f}, at "
                 f"{_where(error)}")
    sections = [(name, log) for name, log in _sections(logs) if log]
    share = (BRIEF_LINES - len(lines)) // (len(sections) or 1)
    for name, log in sections:
        lines += [f"{name}: {line}" for line in log[-max(share, 1):]]
    return [_cut(line, BRIEF_WIDTH) for line in lines]


def _explain(error, began, fixture=None):
    """Why a case failed, or the set-up, as a diagnostic."""
    more = ""
    if hasattr(fixture, "diagnose"):
        try:
            more = fixture.diagnose()
        except Exception:
            more = "no diagnosis:\n" + traceback.format_exc()
    logs = "\n".join([*getattr(error, "__notes__", []), more])
    note("\n".join(_brief(error, logs, time.monotonic() - began)))
    note("".join(traceback.format_exception(error)))
    if more:
        note(more)


def _on_alarm(_number, _frame):
    raise TimeLimit("time limit reached")


def _on_end(number, _frame):
    sys.exit(128 + number)


class _NoFixture:
    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None


def _run_case(function, fixture, limit):
    """None when it passed, or how it ended: a Skip, or what went wrong."""
    signal.alarm(limit)
    try:
        function(fixture)
        return None
    except Skip as skip:
        return skip
    except (Exception, TimeLimit) as error:
        return error
    finally:
        signal.alarm(0)


def _run(fixture):
    failed = 0
    for number, (description, function, limit) in enumerate(_cases, 1):
        began = time.monotonic()
        result = _run_case(function, fixture, limit)
        if result is None:
            print(f"ok {number} - {description}")
        elif isinstance(result, Skip):
            print(f"ok {number} - {description} # SKIP {result}")
        else:
            failed += 1
            print(f"not ok {number} - {description}")
            _explain(result, began, fixture)
        sys.stdout.flush()
    return failed


# Folders of tests are below: the path of a socket has 107 characters at most,
# and commands and settings are written without quotes.
FIT_FOLDER = re.compile(r"/[\w./-]{1,40}")


def _settle():
    """What whoever runs the tests has set for himself is not for daemons of
    other users, who read what tests write."""
    os.umask(0o022)
    if not FIT_FOLDER.fullmatch(tempfile.gettempdir()):
        tempfile.tempdir = os.environ["TMPDIR"] = "/tmp"


def main(fixture=None):
    """Runs all cases with what fixture() gives, a context manager or None.

    TERM and INT leave through the fixture too: what it started is ended.
    """
    _settle()
    signal.signal(signal.SIGALRM, _on_alarm)
    signal.signal(signal.SIGTERM, _on_end)
    signal.signal(signal.SIGINT, _on_end)
    only = os.environ.get("ONLY")
    if only:
        _cases[:] = [c for c in _cases if only in c[0]]
    print(f"1..{len(_cases)}")
    sys.stdout.flush()
    began = time.monotonic()
    signal.alarm(LIMIT_SECONDS)
    try:
        with (fixture() if fixture else _NoFixture()) as ready:
            signal.alarm(0)
            failed = _run(ready)
    except Skip as skip:
        for number, (description, _, _) in enumerate(_cases, 1):
            print(f"ok {number} - {description} # SKIP {skip}")
        failed = 0
    except (Exception, TimeLimit) as error:
        print("Bail out! the set-up failed")
        _explain(error, began)
        failed = 1
    sys.exit(1 if failed else 0)
