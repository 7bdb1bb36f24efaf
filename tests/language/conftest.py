"""What the passes give is verified, whatever a test here compiles."""

from __future__ import annotations

from typing import Any

import pytest

from srcgrad import pipeline
from tests.verifying import looks_at_each, observed


@pytest.fixture(autouse=True)
def verified(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the passes that ran in this test, in order."""
    outside: list[Any] = []
    specialise = pipeline.specialise

    def remembering(*args: Any) -> Any:
        program = specialise(*args)
        outside.extend(program.places)
        return program

    monkeypatch.setattr(pipeline, "specialise", remembering)
    return observed(monkeypatch, lambda: outside, looks_at_each(request))
