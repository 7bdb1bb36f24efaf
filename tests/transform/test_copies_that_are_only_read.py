"""A part of a cotangent is not copied to be summed, unless it is written before it was read."""

from __future__ import annotations

import numpy as np
import pytest

from srcgrad import grad
from tests.hard_cases.checking import Case

K = np.array([0.4, 1.1, -0.7, 0.2])
X = np.array([1.3, 0.2, 0.5, -0.9])


def springs(k, x):
    f = -k * x
    f[1:] -= 0.5 * (x[1:] - x[:-1])
    f[:-1] += 0.5 * (x[1:] - x[:-1])
    return np.sum(f * f)


def put_into_itself(k, x):
    f = k * k
    f[1:] = x[1:] * x[:-1]
    f[:-1] += f[1:] * x[1:]
    f[1:] += x[:1]
    return np.sum(f * f)


def emptied(k, x):
    f = k * x
    f[1:3] = x[:1] * k[:2]
    f[:2] += f[2:] * x[:1]
    return np.sum(f**3)


@pytest.mark.parametrize("f", [springs, put_into_itself, emptied])
@pytest.mark.parametrize("wrt", [0, 1, (0, 1)], ids=str)
def test_gradients(f, wrt):
    Case(f, (K, X), wrt).run()


def test_it_is_summed_where_it_stands():
    gradient = grad(springs, (0, 1))
    gradient(K[:2], X[:2])  # where a slice of one element may be broadcast
    assert "_unbroadcast(f_bar[1:]," in gradient.source
    assert ".copy()" not in gradient.source
