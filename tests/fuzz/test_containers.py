"""Random programs about who is who: none wrong, none crashed, few refused."""

from __future__ import annotations

import pytest

from srcgrad.dispatch import Dispatch
from srcgrad.specialise import ownership
from srcgrad.specialise.heap import Heap
from srcgrad.specialise.phis import Phis
from tests.fuzz.campaign import Counts, counted
from tests.fuzz.check import OK, WRONG, Verdict, check, known, loaded
from tests.fuzz.containing import OCCURRING, REBOUND, containing
from tests.fuzz.generate import BRANCH
from tests.fuzz.test_random_programs import described
from tests.verifying import verified_passes

BATCHES, SIZE = 4, 50


def _carried_are_own(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ownership, "_is_alone", lambda *args: True)


def _nothing_leads_there(patch: pytest.MonkeyPatch) -> None:
    init = Phis.__init__

    def faulty(self: Phis, *args: object) -> None:
        init(self, *args[:-1], lambda ref, heap: False)  # type: ignore[arg-type]

    patch.setattr(Phis, "__init__", faulty)


def _nothing_is_sealed(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Heap, "seal", lambda self, *refs: None)


FAULTS = {
    "what a loop carries is its own": (_carried_are_own, REBOUND),
    "what is one of two has no other name": (_nothing_leads_there, BRANCH),
    "nothing is sealed": (_nothing_is_sealed, BRANCH),
}
"""What is built into the compiler, and the construct of the programs that may find it."""


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Dispatch, "_known", {})
    patch, construct = FAULTS[fault]
    patch(monkeypatch)
    drawn = map(containing, range(SIZE * BATCHES))
    assert any(check(program).kind == WRONG for program in drawn if construct in program.text)


@pytest.mark.parametrize("batch", range(BATCHES))
def test_batch(batch: int, monkeypatch: pytest.MonkeyPatch) -> None:
    if batch == 0:
        verified_passes(monkeypatch)
    counts = counted(range(SIZE * batch, SIZE * (batch + 1)), "containers")
    assert not counts.failures, described(counts.failures)
    assert counts.kinds[OK] > 0.6 * SIZE, counts.kinds


def test_each_construct_occurs() -> None:
    counts = Counts()
    for seed in range(150):
        drawn = containing(seed)
        with loaded(drawn) as names:
            truth = known(drawn, names["f"], 0)
        if not isinstance(truth, str | Exception):
            counts.add(Verdict(seed, OK, "", truth.tags))
    assert not counts.rare(OCCURRING)
