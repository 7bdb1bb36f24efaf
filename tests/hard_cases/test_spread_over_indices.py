"""Vectors that are added to places of a vector which a matrix of integers names.

np.add.at reads beyond the end of a vector that it would have to broadcast there, so that the
gradient must not give it one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import grad

PLACES = np.array([[3, 2], [2, 1], [0, 2]])
PROGRAMS: list[Callable[..., Any]] = []


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


@program
def sums_of_columns(x, places):
    return np.sum(x[places].sum(axis=0) * x[:2])


@program
def sums_of_rows(x, places):
    return np.sum(x[places].sum(axis=1) * x[:3])


@program
def means_that_are_written(x, places):
    out = x * x
    out[:2] += x[places].mean(axis=0)
    return np.sum(out * x)


@program
def of_a_row(x, places):
    A = np.outer(x, x)
    y = A[1]
    return np.sum(y[places].sum(axis=0) * x[:2])


@program
def of_a_matrix(x, places):
    return np.sum(np.outer(x, x)[places].sum(axis=(0, 1)) * x)


@program
def several_indices(x, places):
    A = np.outer(x, x)
    return np.sum(A[places, places].sum(axis=0) * x[1:3])


@pytest.mark.parametrize("f", PROGRAMS)
def test_gradient(f):
    x, h = np.array([0.3, 0.5, 0.8, 0.1]), 1e-6
    slopes = [(f(x + h * d, PLACES) - f(x - h * d, PLACES)) / (2 * h) for d in np.eye(4)]
    np.testing.assert_allclose(grad(f)(x, PLACES), slopes, rtol=1e-7)


def test_numbers_are_not_spread():
    text = grad(lambda x, places: x[places].sum()).lower(np.ones(4), PLACES).source
    assert "broadcast_to" not in text
