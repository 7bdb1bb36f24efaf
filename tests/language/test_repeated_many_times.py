"""Displays of a number repeated more often than a loop is unrolled: ``[0.0] * n``."""

from __future__ import annotations

import numpy as np
import pytest

from srcgrad import grad

X = np.linspace(0.1, 1.0, 300)


def filled(x):
    n = len(x)
    b = [0.0] * n
    for i in range(n):
        b[i] = x[i] ** 2
    return sum(b)


def filled_after_nothing(x):
    b = [None] * len(x)
    for i, v in enumerate(x):
        b[i] = v**2 if i == 0 else b[i - 1] * 0.5 + v
    return b[-1]


def filled_with_rows(x):
    b = [np.zeros(2)] * len(x)
    for i in range(len(x)):
        b[i] = x[i] ** 2 * np.ones(2)
    return np.sum(sum(b) ** 2)


def one_row_in_all_places(x):
    b = [np.zeros(2)] * len(x)
    b[0] += x[0]
    b[2][1] = x[3]
    return np.sum(b[5]) * x[1]


def one_longer(x):
    b = [0.0] * (len(x) + 1)
    for i in range(len(x)):
        b[i + 1] = b[i] + x[i] ** 2
    return b[-1]


def two_in_turns(x):
    n = len(x)
    b = [0.0, 1.0] * n
    for i in range(n):
        b[2 * i] = x[i] * b[2 * i + 1]
    return sum(b) + len(b) * x[0]


def of_a_number_that_varies(x):
    b = [x[0]] * len(x)
    for i in range(len(x) // 2):
        b[i] = x[i] ** 2
    first, *rest = b
    return sum(b) + first + rest[-1]


def with_another_name(x):
    b = [0.0] * len(x)
    c = b
    for i in range(len(x)):
        b[i] = x[i] ** 2
    return sum(c)


def as_weights(x):
    w = [1.0] * len(x)
    w *= 2
    return sum(a * v**2 for a, v in zip(w[: len(x)], x, strict=True)) + len(w) * x[1]


def as_an_array(x):
    b = np.array([0.0] * 300)
    b[2] = x[0] ** 2
    return np.sum(b**2)


def known_elements_of_many(x):
    seen = [False] * 1000
    s = 0.0
    for k in [1, 5, 1, 7]:
        if not seen[k]:
            seen[k] = True
            s += x[k] ** 2
    return s


FUNCTIONS = [
    filled,
    filled_after_nothing,
    filled_with_rows,
    one_row_in_all_places,
    one_longer,
    two_in_turns,
    of_a_number_that_varies,
    with_another_name,
    as_weights,
    as_an_array,
    known_elements_of_many,
]


def check(f, derivative, x):
    """The slope along a direction, since there are many elements."""
    v = np.cos(np.arange(len(x)))
    slope = (f(x + 1e-6 * v) - f(x - 1e-6 * v)) / 2e-6
    np.testing.assert_allclose(derivative(x.copy()) @ v, slope, rtol=2e-6)


@pytest.mark.parametrize("f", FUNCTIONS)
def test_many(f):
    check(f, grad(f), X)


@pytest.mark.parametrize("f", [filled, one_longer, two_in_turns])
def test_one_derivative_serves_many_and_another_few(f):
    derivative = grad(f)
    check(f, derivative, X)
    source = derivative.source
    assert len(source) < 1000
    check(f, derivative, np.linspace(0.1, 1.0, 400))
    assert derivative.source == source
    for few in (1, 7, 256, 257):
        check(f, derivative, X[:few])
