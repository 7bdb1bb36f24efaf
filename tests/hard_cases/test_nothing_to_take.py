"""Means over nothing and quotients by no elements: NumPy warns and gives nan, Python's numbers
raise; the gradient does what the function does."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

from srcgrad import value_and_grad

NOTHING = np.zeros(0)
ONE = np.array([-2.0])
TWO = np.array([-2.0, -0.5])
FIVE = np.array([0.4, 1.5, -2.1, 0.3, 0.8])


def of_positive(x):
    return np.mean(x[x > 0] ** 2)


def of_interior(x):
    return np.mean((x[2:] - 2 * x[1:-1] + x[:-2]) ** 2)


def by_length(x):
    return np.sum(x**2) / len(x)


def by_size(x):
    return np.sum(x / x.size)


def by_length_of_positive(x):
    h = x[x > 0]
    return np.sum(h) / len(h)


def unbiased(x):
    return np.var(x, ddof=1)


def twice_unbiased(x):
    return np.std(x, ddof=2)


def spread(x):
    return np.sum((x - np.mean(x)) ** 2) / (len(x) - 1)


def chosen(x):
    return np.mean(x * x, where=x > 0)


def with_another(x):
    return np.mean(x) + np.mean(x[:, None] * np.ones(3))


def columns(x):
    return np.sum(np.mean(x[:, None] * np.ones((1, 2)), axis=0))


def rows(x):
    return np.sum(np.mean(x[:, None] * np.ones((1, 2)), axis=1))


def in_a_loop(x):
    s = 0.0
    for i in range(3):
        s = s + np.mean(x[i:])
    return s


FUNCTIONS = (
    of_positive, of_interior, by_length, by_size, by_length_of_positive, unbiased, twice_unbiased,
    spread, chosen, with_another, columns, rows, in_a_loop,
)  # fmt: skip

EXPECTED: dict[tuple[Any, int], list[float]] = {
    (by_length, 1): [-4.0], (by_length, 2): [-2.0, -0.5], (by_size, 1): [1.0],
    (by_size, 2): [0.5, 0.5], (of_positive, 1): [0.0], (of_positive, 2): [0.0, 0.0],
    (of_interior, 1): [0.0], (of_interior, 2): [0.0, 0.0], (by_length_of_positive, 1): [0.0],
    (by_length_of_positive, 2): [0.0, 0.0], (unbiased, 1): [np.nan], (unbiased, 2): [-1.5, 1.5],
    (twice_unbiased, 1): [np.nan], (twice_unbiased, 2): [-np.nan, np.nan], (spread, 1): [np.nan],
    (spread, 2): [-1.5, 1.5], (chosen, 1): [0.0], (chosen, 2): [0.0, 0.0],
    (with_another, 1): [2.0], (with_another, 2): [1.0, 1.0], (columns, 1): [2.0],
    (columns, 2): [1.0, 1.0], (rows, 1): [1.0], (rows, 2): [1.0, 1.0],
    (in_a_loop, 1): [1.0], (in_a_loop, 2): [0.5, 1.5],
}  # fmt: skip


@pytest.mark.parametrize("first", [0, 1, 2, 5])
@pytest.mark.parametrize("f", FUNCTIONS)
def test_as_the_function(f, first):
    """Whatever comes first is compiled, and must not be what the others run."""
    inputs = {len(x): x for x in (NOTHING, ONE, TWO, FIVE)}
    df = value_and_grad(f)
    for n in (first, *inputs):
        x = inputs[n]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            value, x_bar = df(x)
            np.testing.assert_equal(value, f(x))
        assert x_bar.shape == x.shape and x_bar.dtype == x.dtype
        if (f, n) in EXPECTED:
            np.testing.assert_allclose(x_bar, EXPECTED[f, n], rtol=1e-12)
        elif n:
            v = np.cos(np.arange(n))
            slope = (f(x + 1e-6 * v) - f(x - 1e-6 * v)) / 2e-6
            np.testing.assert_allclose(x_bar @ v, slope, rtol=1e-6)


@pytest.mark.parametrize("f", FUNCTIONS)
def test_single_precision_stays(f):
    value, x_bar = value_and_grad(f)(FIVE.astype(np.float32))
    assert x_bar.dtype == np.float32
    np.testing.assert_allclose(x_bar, value_and_grad(f)(FIVE)[1], rtol=1e-4)


def test_what_python_divides_raises():
    """``f`` itself divides Python's numbers."""

    def f(s, x):
        return s * s / len(x)

    with pytest.raises(ZeroDivisionError):
        f(2.0, NOTHING)
    with pytest.raises(ZeroDivisionError):
        value_and_grad(f)(2.0, NOTHING)


def test_the_text_divides_by_a_length_that_exceeds_one():
    assert "2 / len(x) * x" in value_and_grad(by_length).lower(FIVE).source
    assert "np.float64(power.size)" in value_and_grad(of_positive).lower(FIVE).source
