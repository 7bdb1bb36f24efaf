"""Products of floats with arrays of small integers: what meets first must not wrap around."""

from __future__ import annotations

import numpy as np
import pytest

from srcgrad import value_and_grad


def power(x, k):
    return np.sum(k * x**2)


def on_both_sides(x, k):
    return np.sum(k * np.sin(x) * k)


def difference_of_squares(x, k):
    return np.sum(k * (1 - x**2))


def one_more(x, k):
    return np.sum((1 + k) * x**2)


def divided(x, k):
    return np.sum(k * np.log(x) * 2)


def over_itself(x, k):
    return np.sum(k * x / k)


def negated(x, k):
    return np.sum(-(k * x) * k) + np.mean(x * k * 2)


def made_here(x, k):
    return np.sum(np.arange(len(x), dtype=np.int8) * x**2 * 100)


def in_a_loop(x, k):
    total = 0.0
    for t in range(3):
        total += np.sum(k * x**3) * (t + 1)
    return total


def by_an_element(x, k):
    return np.sum(k * x[0] ** 2 * 3) + np.sum(k[0] * x**2 * k)


@pytest.mark.parametrize(
    "f",
    [
        *(power, on_both_sides, difference_of_squares, one_more, divided, over_itself),
        *(negated, made_here, in_a_loop, by_an_element),
    ],
)
@pytest.mark.parametrize(
    ("dtype", "number"), [("u1", 200), ("i1", 100), ("u2", 60000), ("i4", 70000), ("u8", 1 << 34)]
)
def test_gradient(f, dtype, number):
    x, k = np.array([1.3, 0.7]), np.array([number, number // 2], dtype)
    if f is one_more and dtype == "u1":
        k -= np.uint8(1)  # the sum itself must not wrap around
    value, gradient = value_and_grad(f)(x, k)
    wide, expected = value_and_grad(f)(x, k.astype(np.float64))
    if f is not by_an_element:  # where k[0] * k wraps around in f itself
        assert value == pytest.approx(wide, rel=1e-12)
    direction, step = np.array([0.3, -0.8]), 1e-6
    ends = [f(x + s * step * direction, k) for s in (1, -1)]
    slope = (ends[0] - ends[1]) / (2 * step)
    assert gradient @ direction == pytest.approx(slope, rel=1e-5)
    if f is not by_an_element:
        np.testing.assert_allclose(gradient, expected, rtol=1e-12)
