"""Every pass's output is verified, whatever a test here compiles."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.verifying import verified_passes


@pytest.fixture(autouse=True)
def passes(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The names of the passes whose output was verified in this test."""
    yield verified_passes(monkeypatch)
