"""Random programs of iterators of iterators: none wrong, none crashed, few refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from srcgrad.specialise import cells, early
from tests.fuzz.batches import is_found, rare, run
from tests.fuzz.generate import program
from tests.fuzz.iterating import OCCURRING, iterating

BATCHES, SIZE = 3, 40


def _nothing(*args: object) -> None:
    return None


FAULTS = {
    "what is read too early is not looked at": (early, "check", _nothing),
    "names are noted after an element": (cells, "notes", lambda body: replace(body, body=())),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(*FAULTS[fault])
    assert is_found(iterating, range(160), monkeypatch, "")


@pytest.mark.parametrize("batch", range(BATCHES))
def test_batch(batch: int, monkeypatch: pytest.MonkeyPatch) -> None:
    run("iterators", batch, SIZE, monkeypatch, ok=0.6, refused=0.35)


def test_each_construct_occurs() -> None:
    assert not rare(iterating, 200, OCCURRING)
    assert iterating(3).text != program(3).text
