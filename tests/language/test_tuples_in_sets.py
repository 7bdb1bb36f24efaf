"""Tuples of loop variables and other computed integers, looked for in sets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import SrcgradError, grad
from tests.slopes import check_slope

CORNERS = {(0, 0), (0, 3)}
PROGRAMS: list[Callable[..., Any]] = []


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


@program
def of_the_program(x):
    width = len(x)
    pinned = {(0, 0), (0, width - 1)}
    pinned.add((1, 2))
    P = np.outer(x, x**2)
    for i in range(width):
        for j in range(width):
            if (i, j) not in pinned:
                P[i, j] *= 2
    return P.sum()


@program
def a_frozenset(x):
    pinned, s = frozenset([(0, 0), (0, 3)]), 0.0
    for i in range(len(x)):
        for j in range(len(x)):
            s += x[i] ** 2 * x[j] if (i, j) in pinned else x[i]
    return s


@program
def a_global(x):
    s = 0.0
    for i in range(len(x)):
        for j in range(len(x)):
            s += x[i] ** 2 * x[j] if (i, j) in CORNERS else x[i]
    return s


@program
def in_an_order_that_data_give(x):
    s, left_out = 0.0, {(0, 1), (2, 2), (3, 0)}
    for i in np.argsort(x):
        for j in np.argsort(-x):
            if (i, j) in left_out:
                continue
            s = 0.5 * s + x[i] ** 2 * x[j]
    return s


@program
def of_something_computed(x):
    s = 1.0
    for i in range(len(x)):
        for j in range(len(x)):
            if (i % 2, j % 2) in {(0, 0), (1, 1)}:
                s = 0.5 * s + x[i] ** 2 * x[j]
            if (i, "a") in {(0, "a"), (1, "b")}:
                s *= 0.7
    return s


@program
def tuples_in_tuples(x):
    s, first = 0.0, {((0, 1), 0), ((2, 2), 1)}
    for i in range(len(x)):
        for j in np.argsort(x):
            if ((i, j), i % 2) not in first:
                s = 0.5 * s + x[i] ** 2 * x[j]
    return s


@program
def among_the_keys_of_a_dict(x):
    d, s = {(0, 1): x[0], (2, 2): 2.0}, 0.0
    for i in range(len(x)):
        for j in range(len(x)):
            s += x[i] ** 2 * d[i, j] if (i, j) in d.keys() else x[j]
            s *= x[i] if (i, j) in d else 1.0
    return s


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_gradient(f):
    check_slope(f, np.array([0.9, 0.5, 1.1, 0.2]))


def test_what_has_no_hash():
    def f(x):
        s = 0.0
        for i in range(len(x)):
            if ([i], 0) in {(0, 0)}:
                s += x[i]
        return s

    with pytest.raises(TypeError, match="unhashable"):
        f(np.ones(2))
    with pytest.raises(SrcgradError, match="unhashable"):
        grad(f)(np.ones(2))
