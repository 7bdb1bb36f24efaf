"""Sums that start as a number, and are arrays from the first trip of a loop on: `total += row`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import grad, value_and_grad
from srcgrad.errors import UnknownTypeError
from srcgrad.testing import check_grads
from tests.slopes import check_at

X = np.arange(4.0) / 3 - 0.7
PROGRAMS: list[Callable[..., Any]] = []


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


class Mean:
    def __init__(self):
        self.total, self.count = 0, 0

    def add(self, value):
        self.total += value
        self.count += 1


@program
def rows(x):
    total = 0
    for row in np.outer(x, x):
        total += row
    return np.sum(total**2)


@program
def another_name_before(x):
    total = 0
    first = total
    for i in range(3):
        total += x * i
    return np.sum(total**2) + first


@program
def two_at_once(x):
    total = squares = 0.0
    for row in np.outer(x, x):
        total += row
        squares += row**2
    return np.sum(total**2 * squares)


@program
def added_on_either_way(x):
    total = 0
    for row in np.outer(x, x):
        if row[0] > 0:
            total += row
        else:
            total -= 2 * row
        total *= 0.5
    total += x
    return np.sum(total**2)


@program
def in_nested_loops(x):
    t, n = 0, 0
    while n < 3:
        for j in range(2):
            t += x * n * j
            t *= x
        n += 1
    return np.sum(t**2)


@program
def a_number_that_is_differentiated(x):
    t = x[0]
    for i in range(3):
        t += x[i]
        t += x
    return np.sum(t**2)


@program
def in_containers(x):
    sums, mean = {"a": 0, "b": 0}, Mean()
    for row in np.outer(x, x):
        sums["a"] += row
        sums["b"] += row**2
        mean.add(row)
    return np.sum(sums["a"] * sums["b"] * mean.total / mean.count)


@program
def kept_in_a_list(x):
    total, history = 0, []
    for row in np.outer(x, x):
        total += row
        history.append(total)
    return sum(np.sum(h * total) for h in history)


@program
def a_view_of_what_it_is_afterwards(x):
    total = 0
    for row in np.outer(x, x):
        total += row
    part = total[1:]
    total += x
    return np.sum(total**2 * part[0])


@program
def the_one_before(x):
    total, last = 0, 0
    for row in np.outer(x, x):
        last = total
        total += row
    return np.sum(total * last)


@program
def another_array(x):
    total, other = 0, x * 1.0
    for i in range(3):
        if x[i] > 0:
            total = other
        total += x
    return np.sum(total * other)


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_gradient(f):
    check_grads(f, (X,))
    assert value_and_grad(f)(X)[0] == f(X.copy())


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_with_and_without_a_trip(dtype):
    """The sum is of the type of what is added, and the number that it was where nothing is."""

    def f(x):
        total = 0
        for row in x:
            total += row
        return np.sum(total**2)

    for shape in ((3, 2), (0, 2)):
        x = np.arange(np.prod(shape)).reshape(shape).astype(dtype)
        value, found = value_and_grad(f)(x)
        assert type(value) is type(f(x))
        assert value == f(x)
        assert found.dtype == dtype
        np.testing.assert_array_equal(found, np.broadcast_to(2 * x.sum(axis=0), shape))


def test_shapes_that_differ():
    """What is added may not make the array longer; NumPy refuses that."""

    def f(x):
        total = 0
        for i in range(2):
            total += np.outer(x, x)[: 1 + 3 * i]
        return np.sum(total)

    with pytest.raises(ValueError, match="broadcast"):
        f(X)
    with pytest.raises((UnknownTypeError, ValueError)):
        grad(f)(X)


def test_a_sum_that_starts_as_a_truth_value():
    """It stays one where there is nothing to be added, and NumPy has no sign of that."""

    def f(x):
        return abs(sum([abs(v) for v in x if v > 2.0], False)) * x[0]

    for x in (np.array([1.0, -2.0, 1.5]), np.array([1.0, 3.0, 2.5])):
        check_at(f, x)
