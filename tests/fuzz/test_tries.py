"""Random programs whose statements raise: none wrong, none crashed, few refused."""

from __future__ import annotations

import sys
from collections import Counter

import pytest

from srcgrad.transform.simplify import dead
from tests.fuzz.check import CRASHED, OK, REFUSED, REJECTED, WRONG, check
from tests.fuzz.tries import HANDLED, TRY, trying
from tests.parts import batches
from tests.verifying import verified_passes

BATCHES, LONG, SIZE = 1, 8, 20


def test_a_fault_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Statements that decide by raising are dropped where nobody needs their values."""
    for module in (dead, sys.modules["srcgrad.backend.nest"]):
        monkeypatch.setattr(module, "deciding", lambda body: set())
    assert any(check(trying(seed)).kind == WRONG for seed in range(SIZE))


@pytest.mark.parametrize("batch", batches(BATCHES, LONG))
def test_batch(batch: int, monkeypatch: pytest.MonkeyPatch) -> None:
    if batch == 0:
        verified_passes(monkeypatch)
    verdicts = [check(trying(seed)) for seed in range(SIZE * batch, SIZE * (batch + 1))]
    failures = [v for v in verdicts if v.kind in (WRONG, CRASHED)]
    assert not failures, "\n".join(f"seed {v.seed}: {v.kind}: {v.reason}" for v in failures)
    kinds = Counter(v.kind for v in verdicts)
    tags = Counter(tag for v in verdicts if v.kind == OK for tag in v.tags)
    assert kinds[OK] > 0.5 * SIZE, kinds
    assert kinds[REFUSED] < 0.2 * (SIZE - kinds[REJECTED]), kinds
    assert tags[TRY] > 0.3 * SIZE
    assert tags[HANDLED] > 0.2 * SIZE
