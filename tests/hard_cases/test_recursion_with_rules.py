"""Functions that call themselves, and end in a call of a function with a rule of its own.

What such a function gives is memory of its own where its source tells so, and what the recursion
gives then is too: it may be written.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from srcgrad import AliasingError, grad, register_vjp
from srcgrad.ir.ops import DERIVATIVES
from tests.hard_cases.checking import Case

X = np.array([0.3, -1.2, 0.7, 2.1])


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def given_back(x):
    return x


@pytest.fixture(autouse=True)
def rules_stay_as_they_are() -> Iterator[None]:
    before = dict(DERIVATIVES)
    register_vjp(sigmoid)(in_place)
    register_vjp(given_back)(lambda y_bar, y, x: y_bar)
    yield
    DERIVATIVES.clear()
    DERIVATIVES.update(before)


def in_place(y_bar, y, x):
    y_bar *= y
    y_bar *= 1 - y
    return y_bar


def tree(v, depth):
    if depth == 0:
        return sigmoid(v)
    left = tree(sigmoid(v) * v, depth - 1)
    left[0] += 1
    right = tree(v * 1.2, depth - 1)
    right[1:] *= left[:-1]
    return left * 2 + right


def chain(v, depth):
    if depth == 0:
        return sigmoid(v)
    w = chain(v * 0.5, depth - 1)
    w *= v
    return w


def back(v, depth):
    if depth == 0:
        return given_back(v)
    w = back(v * 0.5, depth - 1)
    w[0] += 1
    return w * 2


@pytest.mark.parametrize("function", [tree, chain])
@pytest.mark.parametrize("depth", [0, 1, 3])
def test_recursion(function, depth):
    Case(lambda x, n: np.sum(function(x, n)), (X, depth)).run()


def test_what_may_be_what_it_was_given():
    with pytest.raises(AliasingError, match="may be what it was given"):
        grad(lambda x, n: np.sum(back(x, n)))(X, 2)
