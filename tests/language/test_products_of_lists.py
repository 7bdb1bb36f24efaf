"""``math.prod``: the product of what is in a list, an array or a generator."""

from __future__ import annotations

import math

import numpy as np
import pytest

from srcgrad import value_and_grad
from srcgrad.testing import check_grads

X = np.array([0.5, -1.0, 2.0, -0.3])


def of_an_array(x):
    return math.prod(x)


def with_a_start(x):
    return math.prod([x[0], 2.0, x[1]], start=3.0)


def of_some(x):
    return math.prod(v for v in x if v > 0)


def of_a_list(x):
    found = []
    for v in x:
        if v > 0:
            found.append(v)
    return math.prod(found) * x[0]


def of_a_shape(x):
    return np.sum(x.reshape(math.prod((2, 2))) ** 2) / math.prod(x.shape) * math.prod([])


def of_arrays(x):
    return math.prod((x, x, 2)).sum()


@pytest.mark.parametrize(
    "f", [of_an_array, with_a_start, of_some, of_a_list, of_a_shape, of_arrays]
)
def test_gradient(f):
    check_grads(f, (X,))
    value, _ = value_and_grad(f)(X)
    assert value == f(X)
    assert type(value) is type(f(X))
