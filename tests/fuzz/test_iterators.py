"""Random programs of iterators of iterators: none wrong, none crashed, few refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from srcgrad.specialise import cells, early
from tests.fuzz.campaign import Counts, counted
from tests.fuzz.check import OK, REFUSED, WRONG, Verdict, check, known, loaded
from tests.fuzz.generate import program
from tests.fuzz.iterating import OCCURRING, iterating
from tests.fuzz.test_random_programs import described
from tests.verifying import verified_passes

BATCHES, SIZE = 4, 40


def _nothing(*args: object) -> None:
    return None


FAULTS = {
    "what is read too early is not looked at": (early, "check", _nothing),
    "names are noted after an element": (cells, "notes", lambda body: replace(body, body=())),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(*FAULTS[fault])
    assert any(check(iterating(seed)).kind == WRONG for seed in range(SIZE * BATCHES))


@pytest.mark.parametrize("batch", range(BATCHES))
def test_batch(batch: int, monkeypatch: pytest.MonkeyPatch) -> None:
    if batch == 0:
        verified_passes(monkeypatch)
    counts = counted(range(SIZE * batch, SIZE * (batch + 1)), "iterators")
    assert not counts.failures, described(counts.failures)
    assert counts.kinds[OK] > 0.6 * SIZE, counts.kinds
    assert counts.kinds[REFUSED] < 0.35 * counts.accepted, counts.kinds


def test_each_construct_occurs() -> None:
    counts = Counts()
    for seed in range(200):
        drawn = iterating(seed)
        with loaded(drawn) as names:
            truth = known(drawn, names["f"], 0)
        if not isinstance(truth, str | Exception):
            counts.add(Verdict(seed, OK, "", truth.tags))
    assert not counts.rare(OCCURRING)
    assert iterating(3).text != program(3).text
