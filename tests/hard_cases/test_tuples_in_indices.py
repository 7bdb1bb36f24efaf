"""A tuple inside of an index is a list of positions, which may name an element twice."""

from __future__ import annotations

import numpy as np
import pytest

from srcgrad import value_and_grad
from tests.hard_cases.checking import differences

BONDS = ((0, 1), (0, 1), (1, 0))


def columns(X):
    return (X[:, (0, 0)] ** 2).sum()


def rows_of_a_tuple_of_one(X):
    return (X[(0, 0),] ** 2).sum()


def two_tuples(X):
    return (X[(0, 0), (1, 1)] ** 2).sum()


def beside_a_number(X):
    return (X[0, (1, 1)] ** 2).sum()


def after_an_ellipsis(X):
    return (X[..., (0, 0)] ** 2).sum()


def assigned(X):
    y = X * 1.0
    y[(0, 0),] = X[:2] ** 2
    return (y**2).sum()


def augmented(X):
    y = X * 1.0
    y[:, (0, 0)] += X[:, :2] ** 2
    return (y**2).sum()


def unzipped(X):
    i, j = zip(*BONDS, strict=True)
    return ((X[i, :] - X[j, :] * 2) ** 3).sum()


def by_default(X, places=((0, 0), (1, 1))):
    return (X[places] ** 2).sum()


def added_at(X):
    y = np.zeros(4)
    np.add.at(y, ((0, 0, 1),), X[0] ** 2)
    return (y**3).sum()


def one_after_the_other(X):
    total = 0.0
    for place in [(0, 1), (1, 1)]:
        total += (X[:, place] ** 2).sum() + X[place]
    return total


@pytest.mark.parametrize(
    "f",
    [
        *(columns, rows_of_a_tuple_of_one, two_tuples, beside_a_number, after_an_ellipsis),
        *(assigned, augmented, unzipped, by_default, added_at, one_after_the_other),
    ],
)
def test_elements_that_are_named_twice(f, rng):
    X = rng.normal(size=(2, 3))
    value, gradient = value_and_grad(f)(X)
    assert value == pytest.approx(f(X.copy()))
    (expected,) = differences(f, (X,), (0,))
    np.testing.assert_allclose(gradient, expected, rtol=1e-6, atol=1e-7)
