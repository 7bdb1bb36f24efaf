"""Iteration over ``x.flat``: loops, zip, enumerate, lists and sums."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest

from srcgrad import SrcgradError, grad
from tests.slopes import check_slope

PROGRAMS: list[Callable[..., Any]] = []


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


@program
def a_loop(x):
    A, s = np.outer(x, x[:3]), 0.0
    for v in A.flat:
        s += v**2
    for v in x.flat:
        s *= v
    return s


@program
def of_other_layouts(x):
    A, s = np.outer(x, x[:3] ** 2), 0.5
    for v in A.T[1:].flat:
        s = s * v + 1
    for v in A[:, 1].flat:
        s = s * v + 1
    return s


@program
def with_numbers(x):
    s = 0.0
    for i, v in enumerate(np.outer(x, x).flat):
        s += v**2 * i
        if v > 0.8:
            break
    return s * i


@program
def two_at_a_time(x):
    A, s = np.outer(x, x[:3] ** 2), 0.0
    for a, b in zip(A.flat, A.T.flat, strict=True):
        s += a * b
    return s


@program
def beside_pairs(x):
    s, kernel = 0.0, np.array([[1.0, 2.0], [3.0, 4.0]])
    for (i, j), w in zip(product((0, 1), repeat=2), kernel.flat, strict=True):
        s += w * x[i] * x[j + 2]
    return s


@program
def collected(x):
    A = np.outer(x, x[:2] ** 2)
    items = list(A.flat)
    cubes = np.array([v**3 for v in A.flat])
    return items[0] * items[-1] + sum(A.flat) + max(A.flat) + sorted(A.flat)[2] + cubes.prod()


@program
def asked(x):
    A = np.outer(x, x[:2])
    if any(v > 0.9 for v in A.flat) and all(A.flat):
        return A[0, 0] ** 2
    return A.sum()


@program
def written_meanwhile(x):
    A, s, k = np.outer(x, x[:3]), 0.0, 0
    for v in A.flat:
        s = 0.5 * s + v * k
        A[1, 2] += v
        A[3] *= 1.1
        k += 1
    return s + A.sum()


@program
def anew_in_each_trip(x):
    A, s = np.outer(x, x[:2]), 0.0
    for _ in range(2):
        values = A.flat
        for v in values:
            s = 0.9 * s + v
    return s


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_gradient(f):
    check_slope(f, np.array([0.9, 0.5, 1.1, 0.2]))


def used_up(x):
    values = x.flat
    return sum(values) + sum(values)


def used_up_in_the_first_trip(x):
    values, s = x.flat, 0.0
    for _ in range(2):
        for v in values:
            s += v
    return s


@pytest.mark.parametrize("f", [used_up, used_up_in_the_first_trip])
def test_it_gives_its_elements_once(f):
    assert f(np.ones(3)) == 3.0
    with pytest.raises(SrcgradError, match="an iterator is iterated over twice"):
        grad(f)(np.ones(3))
