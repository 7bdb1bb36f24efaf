"""Which operand of an operator Python asks first, and what it does when nobody has an answer."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import pytest

from srcgrad import value_and_grad
from srcgrad.errors import CertainError

PROGRAMS: list[Callable[..., Any]] = []
RAISING: list[Callable[..., Any]] = []


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


def raising(f: Callable[..., Any]) -> Callable[..., Any]:
    RAISING.append(f)
    return f


class Base:
    def __init__(self, v):
        self.v = v

    def __add__(self, other):
        return Base(self.v + other.v)

    def __radd__(self, other):
        return Base(100 * self.v)

    def __sub__(self, other):
        return Base(self.v - other.v)

    def __mul__(self, other):
        return NotImplemented

    def __rmul__(self, other):
        return Base(other.v * self.v)

    def __eq__(self, other):
        return self.v == other.v

    def __lt__(self, other):
        return self.v < other.v


class Same(Base):
    pass


class Sub(Base):
    def __radd__(self, other):
        return Sub(self.v * other.v)

    def __rsub__(self, other):
        return Sub(7 * self.v)

    def __eq__(self, other):
        return True

    def __ne__(self, other):
        return True

    def __gt__(self, other):
        return True


class Declining:
    def __init__(self, v):
        self.v = v

    def __eq__(self, other):
        return NotImplemented

    def __add__(self, other):
        return self.v + other if isinstance(other, float) else NotImplemented


class Never(Declining):
    def __eq__(self, other):
        return False


class Pair(NamedTuple):
    a: float
    b: float

    def __eq__(self, other):
        return True


class Unequal(NamedTuple):
    a: float

    def __ne__(self, other):
        return True


@dataclass
class Point:
    x: float


class Parts(enum.Flag):
    """Whose operators are written in Python too, but not by the user."""

    LEFT = 1
    RIGHT = 2


class Named:
    def __init__(self, v):
        self.v = v

    def __str__(self):
        return "name"


NAMED = Named(2.0)
HELD = Point(2.0)


@program
def a_subclass_that_overrides_comes_first(x):
    return (Base(x) + Sub(x * 2)).v


@program
def also_where_the_other_has_no_reflected_method(x):
    return (Base(x) - Sub(x * 2)).v


@program
def a_subclass_that_inherits_does_not(x):
    return (Base(x) + Same(x * 2)).v


@program
def the_second_is_asked_where_the_first_declines(x):
    return (Base(x) * Same(x * 2)).v


@program
def equal_to_a_subclass(x):
    return x if Base(x) == Sub(x + 1) else x * 2


@program
def unequal_to_a_subclass(x):
    return x if Base(x) != Sub(x) else x * 2


@program
def unequal_by_the_opposite_of_equal(x):
    return (x if Base(x) != Base(x) else x * 2) + (x if Base(x) != Base(x + 1) else x * 3)


@program
def less_than_a_subclass(x):
    return x if Base(x) < Sub(x - 1) else x * 2


@program
def unequal_as_tuples_are(x):
    return (x if Pair(x, 1.0) != Pair(x, 1.0) else x * 2) + (
        x if Pair(x, 1.0) == Pair(x * 2, 1.0) else x * 3
    )


@program
def unequal_tuples_of_known_numbers(x):
    return (x if Pair(1.0, 2.0) != Pair(1.0, 3.0) else x * 2) * (
        5 if Unequal(x) != Unequal(x) else 7
    )


@program
def equal_if_one_where_both_decline(x):
    a = Declining(x)
    found = (a == a, Declining(x) == Declining(x), a != a, Declining(1.0) != Declining(1.0))
    return x * sum(2**i for i, one in enumerate(found) if one)


@program
def looked_for_in_a_list_by_its_own_equality(x):
    a = Never(1.0)
    found = (a in [a], Never(1.0) in [Never(1.0)], Declining(1.0) in (Declining(1.0),))
    return x * sum(2**i for i, one in enumerate(found) if one)


@program
def caught_where_both_decline(x):
    try:
        return (Base(x) * Base(x)).v
    except TypeError:
        return x * 5


@program
def caught_where_there_is_no_such_operator(x):
    total = x
    for f in (lambda p: p[0], lambda p: p + 1, lambda p: -p, len, lambda p: p < p):
        try:
            total = total * f(Point(x))
        except TypeError:
            total = total * 2
    return total


@program
def flags_have_operators_of_their_own(x):
    both = Parts.LEFT | Parts.RIGHT
    return x * 2 if both & Parts.LEFT and both != Parts.LEFT else x * 3


@program
def text_takes_any_instance(x):
    return x * len("%s" % NAMED)


@raising
def two_of_one_class(x):
    return (Base(x) * Base(x * 2)).v


@raising
def neither_has_an_answer(x):
    return Declining(x) + Declining(x)


@raising
def an_index_into_an_instance(x):
    return Point(x)[0]


@raising
def an_index_into_an_instance_from_outside(x):
    return HELD[0] * x


@raising
def a_number_and_an_instance(x):
    return 1 + Point(x)


@raising
def an_order_that_there_is_not(x):
    return x if Point(x) < Point(2.0) else 2 * x


@raising
def the_length_of_an_instance(x):
    return x * len(Point(x))


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_operands_are_asked_in_turn(f):
    value, bar = value_and_grad(f)(1.5)
    assert value == pytest.approx(f(1.5), rel=1e-14)
    assert bar == pytest.approx((f(1.5 + 1e-6) - f(1.5 - 1e-6)) / 2e-6, rel=1e-6)


@pytest.mark.parametrize("f", RAISING, ids=lambda f: f.__name__)
def test_nobody_has_an_answer(f):
    with pytest.raises(TypeError) as raised:
        f(1.5)
    with pytest.raises(CertainError) as refused:
        value_and_grad(f)(1.5)
    assert type(refused.value.original) is TypeError
    assert str(raised.value) == refused.value.message


def test_in_a_branch_it_raises_when_it_gets_there():
    def f(x, is_wrong):
        if is_wrong > 0.5:
            return Point(x)[0] + (Point(x) + Point(x)).x
        return x * x

    gradient = value_and_grad(f)
    assert gradient(1.5, 0.0) == (2.25, 3.0)
    with pytest.raises(TypeError, match="'Point' object is not subscriptable"):
        gradient(1.5, 1.0)
