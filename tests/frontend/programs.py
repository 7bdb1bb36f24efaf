"""Runs a program twice, as Python and as interpreted IR, and compares all that can be seen."""

from __future__ import annotations

import itertools
import linecache
import operator

import numpy as np

from srcgrad.frontend import lower
from tests.frontend import interpreter

_COUNTER = itertools.count()


def make(source, name="f", **scope):
    """The function ``name`` of a program given as text, and what ``t(...)`` in it logs."""
    log = []

    def t(value):
        """Traces the order of evaluation."""
        log.append(value)
        return value

    file = f"<program {next(_COUNTER)}>"
    linecache.cache[file] = (len(source), None, source.splitlines(True), file)
    namespace = {"np": np, "t": t, "operator": operator, **scope}
    exec(compile(source, file, "exec"), namespace)
    return namespace[name], log


def outcome(function, log, args, kwargs):
    """What a call gives: its value or exception, and the log of what was evaluated."""
    log.clear()
    try:
        result = plain(function(*args, **kwargs))
    except Exception as error:
        result = (type(error).__name__, str(error), repr(error.__cause__))
        kind = next((k for k in (NameError, ValueError, TypeError) if isinstance(error, k)), None)
        if kind is not None and not str(error).isdigit():  # Python words these in several ways
            result = kind
    return result, plain(log)


def plain(value):
    """A value that can be compared: functions do not have to be the same."""
    if isinstance(value, tuple | list):
        return type(value)(plain(item) for item in value)
    return "function" if callable(value) else value


def compare(source, *calls, unassigned=True, **scope):
    """Asserts that the IR of ``f`` does what Python does, for each tuple of arguments.

    Calls that read unassigned names are left out where ``unassigned`` is False: the IR may raise
    later than Python, when such a value is used.
    """
    function, log = make(source, **scope)
    lowered = lower(function)
    interpreter.check(lowered)
    bound = interpreter.bind(function)
    for args in calls:
        kwargs = {}
        if args and isinstance(args[-1], dict):
            *args, kwargs = args
        expected = outcome(function, log, args, kwargs)
        if expected[0] is NameError and not unassigned:
            continue
        assert outcome(bound, log, args, kwargs) == expected, f"{source}\n{args} {kwargs}"
    return lowered
