"""Numbers that become arrays: with other names, asked what only arrays have, or in integers.

``total += x`` gives a number a new value, and writes into an array, which its other names show.
"""

from __future__ import annotations

import functools

import numpy as np
import pytest

from srcgrad import UnknownTypeError, grad, value_and_grad
from tests.hard_cases.checking import differences
from tests.language.cases import vector


class Pair:
    def __init__(self, c):
        self.c = c


# --- with other names -----------------------------------------------------------------------------


def sums_in_a_list(x, n):
    total, states = 0, []
    for k in range(n):
        total += x * k
        states.append(total)
    return sum([np.sum(s * x) for s in states]) + np.sum(total)


def what_it_was_before(x, n):
    total = before = 0
    for k in range(n):
        if k == 1:
            continue
        before = total
        total += x * k
    return np.sum(total * x) + np.sum(before)


def after_the_loop(x, n):
    total = 0
    for _ in range(n):
        total += x
    other = total
    other += x
    other *= 2
    return np.sum(total * x) + np.sum(other * other)


def by_a_number(x, n):
    """The number gets another value, the array is written."""
    total = 0.0
    for k in range(n):
        total = total + x * k
    first = total
    total += 1.0
    return np.sum(first * total * x)


def an_array_from_some_trip_on(x, n):
    y, total = x.copy(), 0.0
    for k in range(n):
        if k == 2:
            total = y
        total += y
        y *= 1.5
    return np.sum(total * x)


def of_one_axis_more(x, n):
    total, rows = 0, []
    for k in range(n):
        total += np.outer(x, x) * k
        rows.append(total)
    return np.sum(total * x) + sum([np.sum(row[0]) for row in rows if k > 1])


def exchanged(x, n):
    """What is added to the number that was never an array goes nowhere."""
    o = Pair(x * 0.5)
    a, b = 0, 1
    b, o.c = o.c, b
    for _ in range(n):
        a = a + b + x
        for _ in range(n):
            o.c, a = a, o.c
        o.c = o.c + np.maximum(a, x * 0.9)
    a += 1.0
    return np.sum(b * o.c) + np.sum(a)


def changed_by_a_number_first(x, n):
    """The number is an int before it is an array."""
    b = 0
    for _ in range(n):
        b = -1 - b
        b *= 1 + x
        b[1:] += x[1:]
    return np.sum(b * x)


# --- counts ---------------------------------------------------------------------------------------


def counts(x, n):
    count = 0
    for k in range(n):
        if k != 1:
            count += x > 0.3 * k
    return np.sum(count * x)


def counts_of_integers(x, n):
    count = 0
    for k in range(n):
        count += (x > 0.3 * k).astype(int)
    return np.sum(count * x * x)


def found_once(x, n):
    found = False
    for k in range(n):
        found |= x > 0.3 * k + 0.5
    return np.sum(np.where(found, x, 2 * x))


# --- asked what an array is -----------------------------------------------------------------------


def total_of(x, n):
    total = 0
    for k in range(n):
        total += x * (k + 1)
    return total


def a_product(x, n):
    return np.prod(total_of(x, n)) * x[0]


def a_norm(x, n):
    return np.linalg.norm(total_of(x, n) + 1.0) + np.linalg.norm(total_of(x, n + 1))


def the_other_factor(x, n):
    return np.dot(x, total_of(x, n)).sum()


def reversed_elements(x, n):
    return np.sum(np.flip(total_of(x, n)) * x)


def written_elements(x, n):
    total = np.atleast_1d(total_of(x, n))
    total[0] = x[1] ** 2
    return np.sum(total * total)


def made_an_array(x, n):
    return np.sum(np.asarray(total_of(x, n)) * np.array(total_of(x, n)) * x)


def asked_whether(x, n):
    total = total_of(x, n)
    if isinstance(total, np.ndarray):
        return np.median(total) + total[1:].sum() * total[0]
    return total + x[0]


def asked_whether_not(x, n):
    total = total_of(x, n)
    if not isinstance(total, np.ndarray):
        return total * 2 + x[0]
    return np.sum([i * v for i, v in enumerate(total)])


def reduced(x, n):
    rows = [x * k for k in range(n)]
    total = functools.reduce(lambda a, b: a + b, rows, 0)
    return np.prod(total + x) + np.ptp(total)


SUMS = [
    *(sums_in_a_list, what_it_was_before, after_the_loop, by_a_number),
    *(an_array_from_some_trip_on, of_one_axis_more, exchanged, changed_by_a_number_first),
    *(counts, counts_of_integers, found_once),
    *(a_product, a_norm, the_other_factor, reversed_elements, written_elements, made_an_array),
    *(asked_whether, asked_whether_not, reduced),
]


def check(f, x, n):
    value, gradient = value_and_grad(f)(x.copy(), n)
    want = f(x.copy(), n)
    assert type(value) is type(want)
    assert np.isclose(value, want)
    np.testing.assert_allclose(gradient, differences(f, (x, n), (0,))[0], rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("n", [0, 1, 2, 3])
@pytest.mark.parametrize("f", SUMS)
def test_gradient(f, n):
    check(f, vector(), n)


# --- arrays that keep their dtype -----------------------------------------------------------------


def of_another_precision(x, n):
    """The array stays one of float32; the number becomes an array of float64."""
    total, y = 0.0, x.astype(np.float32)
    for _ in range(n):
        total = total + y
    total += x
    return np.sum(total)


@pytest.mark.parametrize("n", [0, 1, 2])
def test_an_array_keeps_its_precision(n):
    x = vector()
    value, gradient = value_and_grad(of_another_precision)(x, n)
    assert type(value) is type(of_another_precision(x, n))
    assert np.isclose(value, of_another_precision(x, n))
    np.testing.assert_allclose(gradient, np.full(len(x), n + 1.0), rtol=1e-6)


def halved(x, n):
    count = 0
    for k in range(n):
        count += x > 0.3 * k
    count += 0.5
    return np.sum(count * x)


def test_an_array_of_integers_takes_no_floats():
    with pytest.raises(TypeError, match="same_kind"):
        halved(vector(), 2)
    with pytest.raises(UnknownTypeError, match="writes float64 into an array of int64"):
        grad(halved)(vector(), 2)


# --- where the number raises ----------------------------------------------------------------------


def iterated_over(x, n):
    y = 0.0
    for v in total_of(x, n):
        y = y + v * v
    return y


def zipped(x, n):
    return sum([a * b for a, b in zip(total_of(x, n), x, strict=True)])


def joined(x, n):
    return np.concatenate([total_of(x, n), x]) @ np.ones(2 * len(x))


def stacked(x, n):
    return np.sum(np.stack([total_of(x, n), x]) ** 2)


def rows_of_an_array(x, n):
    return np.sum(np.array([x, total_of(x, n)]) @ x)


def halves(x, n):
    return np.sum(np.split(total_of(x, n), [1])[0] * x[0])


def least_and_largest(x, n):
    total = total_of(x, n)
    return min(total) * max(total)


RAISING = [iterated_over, zipped, joined, stacked, rows_of_an_array, halves, least_and_largest]


@pytest.mark.parametrize("f", RAISING)
def test_a_number_raises(f):
    check(f, vector(), 3)
    check(f, vector(), 1)
    with pytest.raises((TypeError, ValueError)) as own:
        f(vector(), 0)
    with pytest.raises(own.type):
        value_and_grad(f)(vector(), 0)


# --- the text -------------------------------------------------------------------------------------


def test_a_certain_sum_needs_no_branch():
    """Where a trip is certain, it is known to be an array."""

    def f(x):
        total = 0
        for k in range(3):
            total += x * k
        return np.prod(total) + np.sum(np.flip(total) * x)

    assert "isinstance" not in grad(f).lower(vector()).source


def test_a_private_sum_needs_no_branch():
    def f(x, n):
        total = 0
        for k in range(n):
            total += x * k
        return np.sum(total * x)

    assert "isinstance" not in grad(f).lower(vector(), 2).source
