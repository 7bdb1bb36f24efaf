"""``index`` and ``count`` of tuples and lists whose elements, or what is looked for, data give."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import grad, value_and_grad
from tests.slopes import check_at

POINTS = (np.array([0.31, -1.2, 0.8, 1.6, 0.7]), np.array([1.3, 0.2, -0.7, 0.6, 0.45]))
ORDER = (2, 0, 3, 1, 0)
PROGRAMS: list[Callable[..., Any]] = []


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


@program
def of_constants(x):
    order, s = (2, 0, 3, 1, 0), 0.0
    for v in x:
        j = int(abs(v) * 7) % 4
        s = s * 0.9 + x[order.index(j)] * (1 + order.count(j)) + (j in order[:2]) * x[0]
        s += x[ORDER.index(j)] * ORDER.count(j) * (j not in ORDER[2:])
    return s


@program
def of_differentiated_numbers(x):
    t = (x[0], x[1] * x[2], x[3])
    largest = max(t)
    return t[t.index(largest)] ** 2 + t.count(largest) * x[1] + x[t.index(min(t))]


@program
def of_integers_that_data_give(x):
    t = tuple(int(abs(v) * 3) for v in x)
    rows = [int(x[0] * 3), int(x[1] * 3), 0]
    s = x[0] * t.count(2) + x[1] * t.index(int(abs(x[3]) * 3)) + rows.count(0) * x[2]
    return s + x[rows.index(0)] + x[rows.index(0, 1)]


@program
def between_bounds(x):
    t = (3, 1, 4, 1, 5)
    s = x[t.index(1, 2)] * x[t.index(1, 0, 3)] + x[t.index(5, -2)]
    for i in range(2):
        s = s * x[t.index(1, int(x[0] > 1.0) + i)]
    return s


@program
def of_texts(x):
    names, s = ("low", "high", "middle"), 0.0
    for v in x:
        name = "high" if v > 1 else "low" if v < 0 else "middle"
        s = s * 0.9 + x[names.index(name)] * v + names.count(name)
    return s


@program
def not_there(x):
    s = 0.0
    for v in x:
        try:
            i = (0, 2, 4).index(int(abs(v) * 4))
        except ValueError:
            i = 3
        s = s * 0.9 + x[i] * v
    return s


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_gradient(f):
    check_at(f, *POINTS)
    for x in POINTS:
        assert value_and_grad(f)(x)[0] == pytest.approx(f(x), rel=1e-13)


def test_what_python_raises():
    def f(x):
        return x[(1, 2, 3).index(int(x[0] * 100))]

    with pytest.raises(ValueError) as wanted:
        f(POINTS[0])
    with pytest.raises(ValueError) as caught:
        grad(f)(POINTS[0])
    assert caught.value.args == wanted.value.args


def test_the_text():
    source = grad(of_constants).lower(POINTS[0]).source
    assert "(2, 0, 3, 1, 0).index(j)" in source
    assert "(2, 0, 3, 1, 0).count(j)" in source
