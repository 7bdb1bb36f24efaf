"""Writes one element after the other, with repeated values, and through ``flat``."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from srcgrad import SrcgradError, UnsupportedSyntaxError, grad
from tests.hard_cases.checking import Table, matrix, vector

program = Table()
X, Y, M = vector(4, 1), vector(4, 2), matrix(3, 4, 3)
REPEATED = np.array([0, 3, 0])


@program(X, Y, wrt=(0, 1))
def factors_at_repeated_places(x, y):
    A = x.copy()
    np.multiply.at(A, [0, 2, 0], y[:3])
    return np.sum(A**2)


@program(X, REPEATED)
def quotients(x, idx):
    A = x * x
    np.divide.at(A, idx, x[:3])
    return np.sum(A**2)


@program(X, Y, REPEATED, wrt=(0, 1))
def extrema(x, y, idx):
    A = x * x
    np.maximum.at(A, idx, y[1:])
    np.minimum.at(A, [1, 1, -1], 0.2 * x[0])
    return np.sum(A**2)


@program(X, REPEATED)
def numbers_masks_and_slices(x, idx):
    A = x * x
    np.multiply.at(A, idx, 1.5)
    np.multiply.at(A, A > 0.7, 3.0)
    np.power.at(A, 2, x[0])
    np.multiply.at(A, slice(0, 2), x[:2])
    return np.sum(A**2)


@program(X, REPEATED)
def rows(x, idx):
    A = np.outer(x, x)
    np.multiply.at(A, idx, x)
    np.multiply.at(A, idx, np.outer(x[:3], x))
    return np.sum(A**2)


@program(X, REPEATED)
def in_a_loop(x, idx):
    A = np.ones(4)
    for k in range(3):
        np.multiply.at(A, idx, x[k] + A[0])
    return np.sum(A)


@program(X, Y, wrt=(0, 1))
def places_in_order(x, y):
    A = x * 1
    np.place(A, A > 0.6, y[:2])
    np.place(A, x > 10, y[:2])
    np.place(A, x < 0.6, 5.0)
    return np.sum(A**2 * x)


@program(M, Y, wrt=(0, 1))
def places_of_a_matrix(x, y):
    A = x * x
    np.place(A, A > 0.8, [y[0], 2.0, y[1] ** 2])
    return np.sum(A**2 * x)


@program(M, Y, wrt=(0, 1))
def values_by_position(x, y):
    A = x * x
    np.putmask(A, A > 0.6, [1.0, y[0], y[1]])
    np.putmask(A, x < 0.6, y[:3] ** 2)
    return np.sum(A**2 * x)


@program(X, Y, wrt=(0, 1))
def values_of_the_same_shape(x, y):
    A = x * x
    np.putmask(A, A > 0.6, y)
    return np.sum(A**2 * x)


@program(M, Y, 5, wrt=(0, 1))
def flat_items(x, y, k):
    A = x * x
    z = A.flat[1:4]
    A.flat[k] = y[0] * A.flat[2]
    A.flat[::5] = x[1, 1]
    A.flat[1] += z[0]
    return np.sum(A**2) * z[1] * z[0] + A.flat[-1]


@pytest.mark.parametrize("case", program.cases)
def test_gradient(case: Any) -> None:
    case.run()


def integers(x):
    A = np.arange(4)
    np.multiply.at(A, [0, 0], 2)
    return np.sum(A * x)


def several_axes(x):
    A = np.outer(x, x)
    np.multiply.at(A, ([0, 0], [1, 1]), 2.0)
    return np.sum(A)


def an_array_into_flat(x):
    A = np.outer(x, x)
    A.flat[:6] = x
    return np.sum(A)


@pytest.mark.parametrize("f", [integers, several_axes, an_array_into_flat])
def test_refused(f: Any) -> None:
    with pytest.raises(UnsupportedSyntaxError) as caught:
        grad(f)(X)
    assert caught.value.hint


def test_flat_of_what_is_not_contiguous() -> None:
    def f(x):
        A = np.outer(x, np.ones(3)).T
        A.flat[2:4] = 3.0
        return np.sum(A * A)

    with pytest.raises((SrcgradError, ValueError), match="not contiguous"):
        grad(f)(X)
