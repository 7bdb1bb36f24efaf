"""Random programs about who is who: none wrong, none crashed, few refused."""

from __future__ import annotations

import pytest

from srcgrad.specialise import ownership
from srcgrad.specialise.heap import Heap
from srcgrad.specialise.phis import Phis
from tests.fuzz.batches import Fault, is_found, rare, run
from tests.fuzz.containing import OCCURRING, REBOUND, containing
from tests.fuzz.generate import BRANCH
from tests.parts import batches

BATCHES, LONG, SIZE = 1, 4, 30


def _carried_are_own(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ownership, "_is_alone", lambda *args: True)


def _nothing_leads_there(patch: pytest.MonkeyPatch) -> None:
    init = Phis.__init__

    def faulty(self: Phis, *args: object) -> None:
        *most, _, lasts = args
        init(self, *most, lambda ref, heap: False, lasts)  # type: ignore[arg-type]

    patch.setattr(Phis, "__init__", faulty)


def _nothing_is_sealed(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Heap, "seal", lambda self, *refs: None)


FAULTS = {
    "what a loop carries is its own": Fault(_carried_are_own, 29, REBOUND),
    "what is one of two has no other name": Fault(_nothing_leads_there, 152, BRANCH),
    "nothing is sealed": Fault(_nothing_is_sealed, 28, BRANCH),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert is_found(FAULTS[fault], containing, range(200), monkeypatch)


@pytest.mark.parametrize("batch", batches(BATCHES, LONG))
def test_batch(batch: int, monkeypatch: pytest.MonkeyPatch) -> None:
    run("containers", batch, SIZE, monkeypatch, ok=0.6, refused=0.4)


def test_each_construct_occurs() -> None:
    assert not rare(containing, 150, OCCURRING)
