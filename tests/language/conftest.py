"""Every pass's output is verified, whatever a test here compiles."""

from __future__ import annotations

from typing import Any

import pytest

from srcgrad import pipeline
from srcgrad.ir.nodes import Function
from srcgrad.ir.verifier import verify


@pytest.fixture(autouse=True)
def verified(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the passes whose output was verified in this test, in order."""
    passes: list[str] = []
    outside: list[Any] = []
    specialise = pipeline.specialise

    def remembering(*args: Any) -> Any:
        program = specialise(*args)
        outside.extend(program.places)
        return program

    def observe(name: str, function: Function) -> None:
        verify(function, "typed", outside=outside)
        passes.append(name)

    monkeypatch.setattr(pipeline, "specialise", remembering)
    monkeypatch.setattr(pipeline, "observer", observe)
    return passes
