"""A loop with a ``return`` in a branch that is decided not to run: what comes after is certain."""

from __future__ import annotations

import numpy as np
import pytest

from srcgrad import grad
from tests.hard_cases.checking import Case

X = np.array([1.0, 2.0])
Y = np.array([6.0, -1.0])


def raises_after_the_loop(x, k):
    for _ in range(3):
        if k:
            return x[0]
        if x[1] > 0:
            break
    raise ValueError("no")


def raises_after_a_while(x, k):
    i = 0
    while i < 3:
        i += 1
        if k is not None:
            return x[0]
        if x[1] > i:
            break
    raise ValueError("no")


def raises_after_nested_loops(x, k):
    for i in range(len(x)):
        for j in range(2):
            if k:
                return x[0]
            if x[1] > j:
                break
        if x[1] > i:
            break
    raise ValueError("no")


def raises_in_an_else(x, k):
    for _ in range(3):
        if k:
            return x[0]
        if x[1] > 0:
            break
    else:
        raise ValueError("none")
    raise ValueError("no")


@pytest.mark.parametrize("x", [X, Y], ids=["left", "not left"])
@pytest.mark.parametrize(
    "f",
    [
        raises_after_the_loop,
        raises_after_a_while,
        raises_after_nested_loops,
        raises_in_an_else,
    ],
)
def test_what_the_function_raises_on_every_path(f, x):
    with pytest.raises(ValueError) as own:
        f(x, None)
    with pytest.raises(ValueError) as found:
        grad(f)(x, None)
    assert str(found.value) == str(own.value)
    np.testing.assert_array_equal(grad(f)(x, 1), [1.0, 0.0])


@pytest.mark.parametrize("x", [X, Y], ids=["left", "not left"])
@pytest.mark.parametrize("k", [None, 1])
def test_what_comes_after_is_not_nested(x, k):
    def f(x, k):
        y = 0.5
        for i in range(3):
            if k:
                return x[0]
            if x[1] > i:
                break
            y += x[0] * x[1]
        return y * x[0]

    Case(f, (x, k)).run()


def test_no_branch_is_left_of_the_return():
    gradient = grad(lambda x, k: _first_or_last(x, k))
    gradient(X, None)
    assert "returned" not in gradient.source


def _first_or_last(x, k):
    for i in range(len(x)):
        if k:
            return x[0]
        if x[1] > i:
            break
    return x[1] ** 2
