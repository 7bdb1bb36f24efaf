"""Verification of what every pass of the compiler gives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from srcgrad import backend, pipeline
from srcgrad.dispatch import Dispatch
from srcgrad.ir.nodes import Function
from srcgrad.ir.verifier import verify
from tests.naming import check_names


def verified_passes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Verify each pass's output and the names from now on; gives a list of the passes' names.

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
    return observed(monkeypatch, outside)


def observed(monkeypatch: pytest.MonkeyPatch, outside: Callable[[], list[Any]]) -> list[str]:
    """Verify each pass's output from now on; gives a list of the passes' names.

    A pass that changes nothing gives back what it got, which has just been verified.
    """
    passes: list[str] = []
    last: list[Function] = []

    def observe(name: str, function: Function) -> None:
        if not last or last[0] is not function:
            verify(function, "typed", outside=outside())
            last[:] = [function]
        passes.append(name)

    monkeypatch.setattr(pipeline, "observer", observe)
    return passes
