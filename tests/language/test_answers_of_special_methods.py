"""What special methods give: the truth of ``in``, ``==`` in lists, answers that Python refuses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from srcgrad import UnsupportedSyntaxError, value_and_grad
from srcgrad.errors import CertainError

X = np.array([0.31, -0.7, 1.2, 0.5])


class Bag:
    def __init__(self, items):
        self.items = items

    def __contains__(self, item):
        return self.items.count(item)


class Near:
    def __init__(self, centre):
        self.centre = centre

    def __contains__(self, v):
        return max(0.0, 1 - abs(v - self.centre))


class Value:
    def __init__(self, a):
        self.a = a

    def __eq__(self, other):
        return self.a == (other.a if isinstance(other, Value) else other)


class Greater:
    """Its ``==`` is no equality, to tell who is asked."""

    def __init__(self, a):
        self.a = a

    def __eq__(self, other):
        return self.a > other.a


class Difference:
    def __init__(self, a):
        self.a = a

    def __eq__(self, other):
        return self.a - other.a


class Plain:
    def __init__(self, a):
        self.a = a


class Priority(Value):
    __array_priority__ = 100


class Raising:
    def __eq__(self, other):
        raise ValueError("not to be asked")


@dataclass
class Pair:
    a: float
    b: object = None


@dataclass
class Doubled:
    a: float

    def __post_init__(self):
        self.z = self.a * 2


@dataclass
class Noted:
    a: float
    note: float = field(default=0.0, compare=False)


OUTSIDE = [Value(1.0), Value(2.0)]

PROGRAMS: list[Callable[..., Any]] = [
    lambda x: x[0] * (2 in Bag([1, 2, 2])) + x[1] * (3 in Bag([2])),
    lambda x: x[0] * (2 not in Bag([1, 2, 2])) + x[1] * (3 not in Bag([2])),
    lambda x: x[0] * (x[1] in Near(-0.5)),
    lambda x: x[0] if (x[1] in Near(-0.5)) is True else x[1],
    # NumPy's numbers give way.
    lambda x: x[0] if np.float64(1.5) == Value(1.5) else x[1],
    lambda x: x[0] if x[0] == Value(0.3) else x[1],
    lambda x: x[0] if x[0] != Value(0.3) else x[1],
    lambda x: x[1] * (x[0] < Greater(2.0)) if False else x[1],
    lambda x: x[0] if Value(0.3) == x[0] else x[1],
    # Lists and tuples ask.
    lambda x: x[1] if [Greater(x[0])] == [Greater(x[1])] else x[2],
    lambda x: x[1] if [Greater(x[1])] == [Greater(x[0])] else x[2],
    lambda x: x[1] if [Greater(x[0]), Greater(x[3])] != [Greater(x[1]), Greater(x[2])] else x[2],
    lambda x: x[1] if [[Greater(x[0])], 2.0] == [[Greater(x[1])], 2.0] else x[2],
    lambda x: x[1] if {"a": Greater(x[0])} == {"a": Greater(x[1])} else x[2],
    lambda x: x[1] if (Difference(1.0),) == (Difference(1.0),) else x[2],
    lambda x: x[1] if [Difference(1.0)] in [[Difference(1.0)]] else x[2],
    lambda x: x[1] if [Difference(1.0), 2] in [[Difference(3.0), 2]] else x[2],
    lambda x: x[1] if [Plain(1.0)] == [Plain(1.0)] else x[2],
    lambda x: x[1] if [Value(x[0])] == [Value(x[0])] else x[2],
    lambda x: x[1] if (Value(1.0), Value(2.0)) == (Value(1.0), Value(3.0)) else x[2],
    lambda x: x[1] if [1.5] == [Value(1.5)] else x[2],
    lambda x: x[1] if Value(1.5) in [1.5] else x[2],
    lambda x: x[1] if [Value(1.0), x] == [Value(1.0), x] else x[2],
    lambda x: x[1] if OUTSIDE == [Value(1.0), Value(2.0)] else x[2],
    lambda x: x[1] if [Greater(x[1]), Raising()] == [Greater(x[0]), Raising()] else x[2],
    # Dataclasses compare their fields.
    lambda x: x[1] if Pair(x[0], Greater(x[0])) == Pair(x[0], Greater(x[1])) else x[2],
    lambda x: x[1] if Doubled(x[0]) == Doubled(x[0]) else x[2],
    lambda x: x[1] if Doubled(x[0]) != Doubled(x[1]) else x[2],
    lambda x: x[1] if Noted(x[0], 1.0) == Noted(x[0], x[2]) else x[2],
]


def one_object_is_equal_to_itself(x):
    p, q = Plain(x[0]), Difference(x[1])
    return x[1] if [p, q] == [p, q] and q in [q] else x[2]


@pytest.mark.parametrize("f", [*PROGRAMS, one_object_is_equal_to_itself])
def test_the_program_decides_as_it_does(f):
    value, gradient = value_and_grad(f)(X)
    assert value == f(X)
    wanted = [(f(X + 1e-6 * e) - f(X - 1e-6 * e)) / 2e-6 for e in np.eye(4)]
    np.testing.assert_allclose(gradient, wanted, atol=1e-8)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: x[0] if np.any(x == Value(0.3)) else x[1],
        lambda x: x[0] if np.all(x != Plain(0.3)) else x[1],
        lambda x: x[0] if np.any(np.asarray(x[0]) == Value(0.3)) else x[1],
        lambda x: x[0] if x[0] == Priority(0.3) else x[1],
    ],
)
def test_arrays_are_not_compared_with_instances(f):
    with pytest.raises(UnsupportedSyntaxError, match="NumPy compares an instance with each"):
        value_and_grad(f)(X)


class Answering:
    """All its special methods give what it holds."""

    def __init__(self, answer):
        self.answer = answer

    def __bool__(self):
        return self.answer

    def __float__(self):
        return self.answer

    def __int__(self):
        return self.answer

    def __iter__(self):
        return self.answer


class Sized:
    def __init__(self, length):
        self.length = length

    def __len__(self):
        return self.length


@pytest.mark.parametrize(
    "f",
    [
        lambda x: x[0] if Answering(1) else x[1],
        lambda x: x[0] if not Answering(None) else x[1],
        lambda x: x[0] if Answering(x[0] > 0) else x[1],
        lambda x: float(Answering(3)) * x[0],
        lambda x: float(Answering("a")) * x[0],
        lambda x: float(Answering(x)),
        lambda x: int(Answering(2.5)) * x[0],
        lambda x: sum(Answering([1.0])) * x[0],
        lambda x: sum(Answering(x)),
        lambda x: sum(x[i] for i in Answering(range(2))),
        lambda x: len(Sized(-2)) * x[0],
        lambda x: len(Sized(2.0)) * x[0],
        lambda x: x[0] if Sized(1.5) else x[1],
    ],
)
def test_answers_that_python_refuses(f):
    with pytest.raises((TypeError, ValueError)) as wanted:
        f(X)
    with pytest.raises(CertainError) as error:
        value_and_grad(f)(X)
    assert type(error.value.original) is wanted.type
    assert str(error.value.original) == str(wanted.value)


def length_in_a_try(x):
    try:
        return len(Sized(-1)) * x[0]
    except ValueError as error:
        return x[1] * len(str(error))


def truth_in_a_try(x):
    try:
        return x[0] if Answering(1) else x[1]
    except TypeError as error:
        return x[1] * len(str(error))


def iterator_in_a_try(x):
    try:
        return sum(Answering([1.0])) * x[0]
    except TypeError as error:
        return x[1] * len(str(error))


def float_in_a_branch(x):
    if x[0] > 1:
        return float(Answering(3)) * x[0]
    return x[1] * 3


@pytest.mark.parametrize(
    "f", [length_in_a_try, truth_in_a_try, iterator_in_a_try, float_in_a_branch]
)
def test_the_error_is_raised_where_the_program_gets_there(f):
    value, gradient = value_and_grad(f)(X)
    assert value == f(X)
    np.testing.assert_allclose(gradient, [0.0, f(X) / X[1], 0.0, 0.0])


@pytest.mark.parametrize(
    "f",
    [
        lambda x: x[0] if Answering(bool(x[0] > 0)) else x[1],
        lambda x: x[0] * float(Answering(2.5)),
        lambda x: float(Answering(float(x[0]))) * 2,
        lambda x: x[0] * len(Sized(np.int64(3))) * len(Sized(len(x))),
        lambda x: sum(Answering(iter(x))),
        lambda x: sum(Answering(iter([x[0], x[1]]))),
        lambda x: sum(a * b for a, b in Answering(zip(x, x[::-1], strict=True))),
        lambda x: sum(Answering(map(abs, x))),
        lambda x: sum(Answering(2 * e for e in x)),
        lambda x: sum(i * e for i, e in enumerate(Answering(reversed(x)))),
    ],
)
def test_answers_that_python_takes(f):
    value, gradient = value_and_grad(f)(X)
    assert value == pytest.approx(f(X))
    wanted = [(f(X + 1e-6 * e) - f(X - 1e-6 * e)) / 2e-6 for e in np.eye(4)]
    np.testing.assert_allclose(gradient, wanted, atol=1e-8)
