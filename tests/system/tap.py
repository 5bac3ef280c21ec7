"""Test Anything Protocol for the system tests.

A test program declares its cases with @case and ends with tap.main(), which
prints the plan, runs the cases in order and lets none of them hang for ever.
A case passes when it returns, fails on any exception, and is skipped when it
raises Skip.  Nothing here measures time: the limit only ends a dead test.
"""

import os
import signal
import sys
import traceback

_cases = []

# Far beyond what a slow machine needs; a case may ask for more.
LIMIT_SECONDS = 300


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
    text = repr(value)
    return text if len(text) <= 1500 else text[:1000] + " ... " + text[-300:]


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
    """None when it passed, a Skip, or the text of the failure."""
    signal.alarm(limit)
    try:
        function(fixture)
        return None
    except Skip as skip:
        return skip
    except (Exception, TimeLimit):
        return traceback.format_exc()
    finally:
        signal.alarm(0)


def _run(fixture):
    failed = 0
    for number, (description, function, limit) in enumerate(_cases, 1):
        result = _run_case(function, fixture, limit)
        if result is None:
            print(f"ok {number} - {description}")
        elif isinstance(result, Skip):
            print(f"ok {number} - {description} # SKIP {result}")
        else:
            failed += 1
            print(f"not ok {number} - {description}")
            note(result)
            if hasattr(fixture, "diagnose"):
                note(fixture.diagnose())
        sys.stdout.flush()
    return failed


def main(fixture=None):
    """Runs all cases with what fixture() gives, a context manager or None.

    TERM and INT leave through the fixture too: what it started is ended.
    """
    signal.signal(signal.SIGALRM, _on_alarm)
    signal.signal(signal.SIGTERM, _on_end)
    signal.signal(signal.SIGINT, _on_end)
    only = os.environ.get("ONLY")
    if only:
        _cases[:] = [c for c in _cases if only in c[0]]
    print(f"1..{len(_cases)}")
    sys.stdout.flush()
    signal.alarm(LIMIT_SECONDS)
    try:
        with (fixture() if fixture else _NoFixture()) as ready:
            signal.alarm(0)
            failed = _run(ready)
    except Skip as skip:
        for number, (description, _, _) in enumerate(_cases, 1):
            print(f"ok {number} - {description} # SKIP {skip}")
        failed = 0
    except (Exception, TimeLimit):
        print("Bail out! the set-up failed")
        note(traceback.format_exc())
        failed = 1
    sys.exit(1 if failed else 0)
