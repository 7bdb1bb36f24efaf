"""Every pass's output is verified, whatever a test here compiles."""

from __future__ import annotations

from typing import Any

import pytest

from srcgrad import pipeline
from tests.verifying import observed


@pytest.fixture(autouse=True)
def verified(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the passes whose output was verified in this test, in order."""
    outside: list[Any] = []
    specialise = pipeline.specialise

    def remembering(*args: Any) -> Any:
        program = specialise(*args)
        outside.extend(program.places)
        return program

    monkeypatch.setattr(pipeline, "specialise", remembering)
    return observed(monkeypatch, lambda: outside)
