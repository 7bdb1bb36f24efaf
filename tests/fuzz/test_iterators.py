"""Random programs of iterators of iterators: none wrong, none crashed, few refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from srcgrad.specialise import cells, early
from tests.fuzz.batches import Fault, is_found, rare, run
from tests.fuzz.generate import program
from tests.fuzz.iterating import OCCURRING, iterating
from tests.parts import batches

BATCHES, LONG, SIZE = 1, 6, 20


def _nothing_is_early(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(early, "check", lambda *args: None)


def _no_name_is_noted(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(cells, "notes", lambda body: replace(body, body=()))


FAULTS = {
    "what is read too early is not looked at": Fault(_nothing_is_early, 5),
    "names are noted after an element": Fault(_no_name_is_noted, 94),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert is_found(FAULTS[fault], iterating, range(160), monkeypatch)


@pytest.mark.parametrize("batch", batches(BATCHES, LONG))
def test_batch(batch: int, monkeypatch: pytest.MonkeyPatch) -> None:
    run("iterators", batch, SIZE, monkeypatch, ok=0.6, refused=0.35)


def test_each_construct_occurs() -> None:
    assert not rare(iterating, 200, OCCURRING)
    assert iterating(3).text != program(3).text
