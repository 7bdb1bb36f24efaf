"""What the passes give is verified, whatever a test here compiles."""

from __future__ import annotations

import pytest

from tests.verifying import looks_at_each, verified_passes


@pytest.fixture(autouse=True)
def passes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the passes that ran in this test."""
    return verified_passes(monkeypatch, looks_at_each(request))
