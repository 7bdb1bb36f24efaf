"""Verification of what the passes of the compiler give.

Where ``--long`` is not given, only every fourth test has each pass verified, and those that ask for
the names of the passes; in the others the programs at the ends are: the typed one that all start
from, and the one that becomes text.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from inspect import signature
from typing import Any

import pytest

from srcgrad import backend, pipeline
from srcgrad.dispatch import Dispatch
from srcgrad.ir.nodes import Function
from srcgrad.ir.verifier import verify
from tests import parts
from tests.naming import check_names

ENDS = ("specialise", "raise_unassigned", "protect")
"""The first pass and the last ones."""


def asks_for_passes(request: pytest.FixtureRequest) -> bool:
    """Whether a test has the fixture with the passes' names as an argument."""
    return bool({"passes", "verified"} & signature(request.function).parameters.keys())


def looks_at_each(request: pytest.FixtureRequest) -> bool:
    """Whether each pass is verified in a test, which depends on the test's name alone."""
    if parts.everything or asks_for_passes(request):
        return True
    return zlib.crc32(request.node.name.encode()) % 4 == 0


def verified_passes(monkeypatch: pytest.MonkeyPatch, each: bool = True) -> list[str]:
    """Verify the output of each pass, or of those at the ends, and the names from now on; gives a
    list of the passes' names.

    What was compiled before is forgotten, so that it is compiled and verified again.
    """
    programs: list[Any] = []
    specialise = pipeline.specialise

    def remembering(*args: Any, **kwargs: Any) -> Any:
        program = specialise(*args, **kwargs)
        programs[:] = [program]
        return program

    def outside() -> list[Any]:
        # Rules that are inlined later read more of what is outside.
        return [var for program in programs for var in program.with_rules().places]

    assign = backend.assign_names

    def assigned(scope: Any, hints: Any, fixed: Any, reserved: Any) -> Any:
        names = assign(scope, hints, fixed, reserved)
        check_names(scope, {var: name for var, name in names.items() if var not in fixed})
        return names

    monkeypatch.setattr(backend, "assign_names", assigned)
    monkeypatch.setattr(pipeline, "specialise", remembering)
    monkeypatch.setattr(Dispatch, "_known", {})
    return observed(monkeypatch, outside, each)


def observed(
    monkeypatch: pytest.MonkeyPatch, outside: Callable[[], list[Any]], each: bool = True
) -> list[str]:
    """Verify each pass's output, or that of those at the ends, from now on; gives a list of the
    passes' names.

    A pass that changes nothing gives back what it got, which has just been verified.
    """
    passes: list[str] = []
    last: list[Function] = []

    def observe(name: str, function: Function) -> None:
        if (each or name in ENDS) and (not last or last[0] is not function):
            verify(function, "typed", outside=outside())
            last[:] = [function]
        passes.append(name)

    monkeypatch.setattr(pipeline, "observer", observe)
    return passes
