"""Objects that have no attributes but those of their ``__slots__``, and those that are frozen."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import pytest

from srcgrad import value_and_grad
from srcgrad.errors import CertainError
from tests.language.cases import Table

case = Table()


class Slotted:
    __slots__ = ("a",)
    k = 2.0

    def __init__(self, a):
        self.a = a

    @cached_property
    def kept(self):
        return self.a


class Open(Slotted):
    pass


class Both(Slotted):
    __slots__ = ("__dict__", "b")


@dataclass(slots=True)
class Row:
    w: float


@dataclass(frozen=True)
class Frozen:
    w: float


@case(1.5)
def a_slot_may_be_assigned(x):
    o = Slotted(x)
    o.a = o.a * x
    return o.a * o.k


@case(1.5)
def a_subclass_without_slots_has_more(x):
    o, p = Open(x), Both(x)
    o.k = o.c = x
    p.c, p.b = x, 3.0
    return o.k * o.c * p.c * p.b * p.kept


@case(1.5)
def caught(x):
    o, row, frozen = Slotted(x), Row(x), Frozen(x)
    try:
        o.c = 1.0
    except AttributeError:
        x = x * 3
    try:
        row.c = 1.0
    except AttributeError:
        x = x * 5
    try:
        frozen.w = 1.0
    except AttributeError:
        x = x * 7
    return x


@pytest.mark.parametrize("program", case.cases)
def test_of_objects_with_slots(program):
    program.run()


def assign_another(x):
    o = Slotted(x)
    o.c = 1.0
    return x


def assign_what_the_class_has(x):
    o = Slotted(x)
    o.k = 1.0
    return x


def assign_another_to_a_dataclass(x):
    o = Row(x)
    setattr(o, "c", x)
    return o.c


def cache_a_property(x):
    return Slotted(x).kept


def assign_to_a_frozen_field(x):
    o = Frozen(x)
    o.w = 2.0
    return x


@pytest.mark.parametrize(
    "f",
    [
        *(assign_another, assign_what_the_class_has, assign_another_to_a_dataclass),
        *(cache_a_property, assign_to_a_frozen_field),
    ],
)
def test_what_cannot_be_assigned(f):
    with pytest.raises((AttributeError, TypeError)) as raised:
        f(1.5)
    with pytest.raises(CertainError) as refused:
        value_and_grad(f)(1.5)
    assert type(refused.value.original) is raised.type
    assert refused.value.message == str(raised.value)


def test_in_a_branch_it_raises_when_it_gets_there():
    def f(x, is_wrong):
        o = Slotted(x)
        if is_wrong > 0.5:
            o.c = 1.0
        return o.a**2

    gradient = value_and_grad(f)
    assert gradient(1.5, 0.0) == (2.25, 3.0)
    with pytest.raises(AttributeError, match="'Slotted' object has no attribute 'c'"):
        gradient(1.5, 1.0)
