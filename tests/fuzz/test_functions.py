"""Random programs about functions and classes: none wrong, none crashed, few refused."""

from __future__ import annotations

import functools
from typing import Any

import pytest

from srcgrad.dispatch import Dispatch
from srcgrad.specialise import descriptors, dunders, objects, recursion
from srcgrad.specialise.values import CellOf, is_undefined
from tests.fuzz.calling import OCCURRING, calling
from tests.fuzz.campaign import Counts, counted
from tests.fuzz.check import OK, REFUSED, WRONG, Verdict, check, known, loaded
from tests.fuzz.classing import CACHED, IN_PLACE, PROPERTY
from tests.fuzz.helping import HERE, LATE
from tests.fuzz.test_random_programs import described
from tests.verifying import verified_passes

BATCHES, SIZE = 4, 50


def _closures_read_what_was_there(patch: pytest.MonkeyPatch) -> None:
    def first_only(self: CellOf, name: str, value: Any) -> None:
        if is_undefined(getattr(self, "content", value)):
            object.__setattr__(self, name, value)

    patch.setattr(CellOf, "__setattr__", first_only, raising=False)


def _no_operator_is_in_place(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(dunders, "IN_PLACE", {})


def _properties_are_read_once(patch: pytest.MonkeyPatch) -> None:
    get, found = descriptors.get, {}

    def once(sp: Any, descriptor: Any, place: Any, value: Any, *rest: Any) -> Any:
        key = (sp, descriptor, value)
        if key not in found:
            found[key] = get(sp, descriptor, place, value, *rest)
        return found[key]

    patch.setattr(descriptors, "get", once)


def _nothing_is_cached(patch: pytest.MonkeyPatch) -> None:
    write = objects.set_attribute

    def faulty(sp: Any, ref: Any, name: str, *rest: Any) -> None:
        if not isinstance(getattr(ref.kind, name, None), functools.cached_property):
            write(sp, ref, name, *rest)

    patch.setattr(objects, "set_attribute", faulty)


def _scopes_are_all_the_same(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(recursion, "_same_scope", lambda known, closure: True)


FAULTS = {
    "a closure reads what was there when it was made": (_closures_read_what_was_there, LATE),
    "an operator in place makes a new object": (_no_operator_is_in_place, IN_PLACE),
    "a property is read once": (_properties_are_read_once, PROPERTY),
    "a cached property is not kept": (_nothing_is_cached, CACHED),
    "a local recursion reads what an earlier call did": (_scopes_are_all_the_same, HERE),
}
"""What is built into the compiler, and the construct of the programs that may find it."""


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Dispatch, "_known", {})
    patch, construct = FAULTS[fault]
    patch(monkeypatch)
    drawn = map(calling, range(SIZE * BATCHES))
    assert any(check(program).kind == WRONG for program in drawn if construct in program.text)


@pytest.mark.parametrize("batch", range(BATCHES))
def test_batch(batch: int, monkeypatch: pytest.MonkeyPatch) -> None:
    if batch == 0:
        verified_passes(monkeypatch)
    counts = counted(range(SIZE * batch, SIZE * (batch + 1)), "functions")
    assert not counts.failures, described(counts.failures)
    assert counts.kinds[OK] > 0.8 * SIZE, counts.kinds
    assert counts.kinds[REFUSED] < 0.15 * counts.accepted, counts.kinds


def test_each_construct_occurs() -> None:
    counts = Counts()
    for seed in range(200):
        drawn = calling(seed)
        with loaded(drawn) as names:
            truth = known(drawn, names["f"], 0)
        if not isinstance(truth, str | Exception):
            counts.add(Verdict(seed, OK, "", truth.tags))
    assert not counts.rare(OCCURRING)
