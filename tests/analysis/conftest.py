"""Every pass's output is verified, whatever a test here compiles."""

from __future__ import annotations

import pytest

from tests.verifying import verified_passes


@pytest.fixture(autouse=True)
def passes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the passes whose output was verified in this test."""
    return verified_passes(monkeypatch)
