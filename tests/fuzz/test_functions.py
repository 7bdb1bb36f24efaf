"""Random programs about functions and classes: none wrong, none crashed, few refused."""

from __future__ import annotations

import functools
from typing import Any

import pytest

from srcgrad.specialise import descriptors, dunders, objects
from srcgrad.specialise.resting import Ground
from srcgrad.specialise.values import CellOf, is_undefined
from tests.fuzz.batches import Fault, is_found, rare, run
from tests.fuzz.calling import OCCURRING, calling
from tests.fuzz.classing import CACHED, IN_PLACE, PROPERTY
from tests.fuzz.helping import HERE, LATE
from tests.parts import batches

BATCHES, LONG, SIZE = 1, 6, 20


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
    patch.setattr(Ground, "serves", lambda *args: True)


FAULTS = {
    "a closure reads what was there when it was made": Fault(
        _closures_read_what_was_there, 2, LATE
    ),
    "an operator in place makes a new object": Fault(_no_operator_is_in_place, 2, IN_PLACE),
    "a property is read once": Fault(_properties_are_read_once, 16, PROPERTY),
    "a cached property is not kept": Fault(_nothing_is_cached, 29, CACHED),
    "a local recursion reads what an earlier call did": Fault(_scopes_are_all_the_same, 38, HERE),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert is_found(FAULTS[fault], calling, range(200), monkeypatch)


@pytest.mark.parametrize("batch", batches(BATCHES, LONG))
def test_batch(batch: int, monkeypatch: pytest.MonkeyPatch) -> None:
    run("functions", batch, SIZE, monkeypatch, ok=0.8, refused=0.15)


def test_each_construct_occurs() -> None:
    assert not rare(calling, 200, OCCURRING)
