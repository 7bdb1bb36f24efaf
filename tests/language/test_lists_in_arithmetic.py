"""Operators between lists and what is none: an array asks before the list, and the rest raises."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import SrcgradError, value_and_grad
from srcgrad.errors import CertainError

PROGRAMS: list[Callable[..., Any]] = []


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


class Box:
    def __init__(self, v):
        self.v = v


@program
def an_array_is_added(x):
    items = [1.0, 2.0, x[0]]
    others = items
    items += x
    return items[2] * len(items) * np.sum(items * x) + len(others)


@program
def to_a_tuple_and_an_attribute(x):
    t, box = (1.0, x[1], 2.0), Box([x[2]])
    t += x
    box.v += x
    return np.sum(t * t) * box.v[0] + len(box.v)


@program
def numbers_of_numpys(x):
    items, others = [1.0, x[1]], []
    items += x[0]
    others += x[:1]
    return np.sum(items * items) + len(others)


@program
def other_operators(x):
    items, factors = [x[0], 3.0, 1.0], [2.0]
    items *= x
    items -= x
    factors *= x
    return np.sum(items * factors) * len(items)


@program
def of_unknown_length(x):
    items = []
    for v in x:
        items.append(v * v)
    items += x
    return np.sum(items * items) * len(items)


@pytest.mark.parametrize("f", PROGRAMS)
def test_gradient(f):
    x, v = np.array([0.6, 1.4, -0.8]), np.array([0.3, -0.2, 0.5])
    value, x_bar = value_and_grad(f)(x)
    slope = (f(x + 1e-6 * v) - f(x - 1e-6 * v)) / 2e-6
    np.testing.assert_allclose(value, f(x.copy()), rtol=1e-14)
    np.testing.assert_allclose(x_bar @ v, slope, rtol=1e-6)


RAISING = [
    lambda s: (-[s])[0],
    lambda s: np.sum([s, 2.0] ** 2),
    lambda s: abs([s])[0],
    lambda s: [s] @ [s],
    lambda s: np.sum([s] * 2.5),
    lambda s: np.sum([4.0, 5.0] * s),
    lambda s: np.sum(np.sin(s) * [1.0, 3.0]),
    lambda s: np.sum((s, s) * np.float64(2)),
    lambda s: np.sum([s] - [s]),
    lambda s: np.sum(s + [1.0]),
    lambda s: np.sum((s,) + [s]),
    lambda s: s * {"a": 1},
    lambda s: np.sum(np.array([s, s]) * {"a": 1}),
    lambda s: s if s < [s] else 2.0,
    lambda s: s if {"a": s} < {"b": s} else 2.0,
]


@pytest.mark.parametrize("f", RAISING)
def test_what_raises_is_known(f):
    with pytest.raises(TypeError) as expected:
        f(2.0)
    with pytest.raises(CertainError) as caught:
        value_and_grad(f)(2.0)
    assert caught.value.message == str(expected.value)
    assert type(caught.value.original) is TypeError


def handled(s):
    items = [s, s]
    try:
        return np.sum(items * s)
    except TypeError:
        items -= np.ones(2)
        return np.sum(items * np.array(items))


def in_a_branch(s):
    items = [s, s]
    if s > 1:
        items -= [s]
    return items[0]


def test_what_raises_is_raised_where_it_is_reached():
    assert value_and_grad(handled)(3.0) == (8.0, 8.0)
    assert value_and_grad(in_a_branch)(0.5) == (0.5, 1.0)
    with pytest.raises(TypeError, match="unsupported operand"):
        value_and_grad(in_a_branch)(2.0)


def perhaps_empty(x):
    return np.sum(x[x > 1] * {"a": 1})


def test_an_array_without_elements_does_not_raise():
    assert perhaps_empty(np.zeros(2)) == 0
    with pytest.raises(SrcgradError, match="unsupported operand") as caught:
        value_and_grad(perhaps_empty)(np.zeros(2))
    assert not isinstance(caught.value, CertainError)
