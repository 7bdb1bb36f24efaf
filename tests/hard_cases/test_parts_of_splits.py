"""Parts of ``np.split`` that are written into one another: which elements they show is known."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import grad, value_and_grad
from srcgrad.errors import AliasingError
from srcgrad.testing import check_grads

X = np.arange(6.0) / 3 - 0.7
PROGRAMS: list[Callable[..., Any]] = []


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


@program
def two_halves(x):
    a, b = np.split(x.copy(), 2)
    a[:] = b
    b += a
    return np.sum(a * b)


@program
def halves_of_an_array_that_is_read_after(x):
    y = x.copy()
    a, b, c = np.array_split(y, [2, 4], axis=0)
    a[:] = b
    b *= a * 2
    c[::-1] = a
    return np.sum(y**2)


@program
def elements_that_are_not_side_by_side(x):
    y = x.copy()
    a, b = np.split(y[::-1], 2)
    a[::2] = b[:2]
    b[:2] = a[1:]
    return np.sum(y**2)


@program
def columns(x):
    y = x.reshape(2, 3).copy()
    a, b = np.hsplit(y, [2])
    a[:] = b * 2
    b += a[:, :1]
    a[0] = b[0]
    return np.sum(y**2)


@program
def halves_that_change_places(x):
    y = x.copy()
    a, b = np.split(y, 2)
    a[:], b[:] = b.copy(), a.copy()
    low, high = np.hsplit(y, 2)
    low[:] = high
    return np.sum(y**2 * np.arange(6))


@program
def parts_that_overlap(x):
    y = x.copy()
    a, _, c = np.split(y, [4, 2])
    c[:] = a
    return np.sum(y**2 * np.arange(6))


@program
def parts_in_a_list(x):
    y = x.copy()
    parts = np.split(y, 3)
    for i in range(1, 3):
        parts[i][:] = parts[i - 1]
        parts[i] += parts[0]
    for p, q in zip(parts[1:], parts[:-1], strict=True):
        p[:] = q
    return np.sum(y**2 * np.arange(6))


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_gradient(f):
    check_grads(f, (X,))
    assert value_and_grad(f)(X)[0] == f(X.copy())


def test_parts_that_overlap_and_run_apart():
    """NumPy reads elements there that it has just written."""

    def f(x):
        y = x.copy()
        a, _, c = np.split(y, [4, 2])
        a[:2] = c[::2]
        return np.sum(y**2)

    with pytest.raises(AliasingError, match="different steps"):
        grad(f)(X)
