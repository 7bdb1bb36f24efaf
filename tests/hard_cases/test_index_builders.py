"""What builds indices, grids and masks, and reductions that leave out nan."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import NoDerivativeError, value_and_grad

PROGRAMS: list[Callable[..., Any]] = []
D = np.array([1.0, np.nan, 2.0])
GAPS = np.array([[1.0, np.nan, 2.0], [3.0, 4.0, np.nan]])


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


@program
def a_kernel(x):
    gy, gx = np.mgrid[-1:2, 0:2]
    w = np.exp(-(gy**2 + gx**2) / 2)
    y = np.zeros(2)
    y[0] = (w * x[0]).sum()
    return y[0]


@program
def an_open_kernel(x):
    gy, gx = np.ogrid[-1:2, 0:2]
    w = np.exp(-(gy**2 + gx**2) / 2)
    w[0] += x[1]
    return (w * x[0]).sum()


@program
def a_grid_of_indices(x):
    n = len(x)
    i, j = np.mgrid[:n, :n]
    A = x[i] * x[j] ** 2
    A[0] *= 2
    k, m = np.ogrid[:n, :n]
    B = np.where(k <= m, A, 0)
    B[1] *= 2
    return np.sum(B)


@program
def grids_along_one_axis(x):
    g, h = np.mgrid[0 : len(x)], np.ogrid[0:1:3j]
    y = x * g + h
    y[1] *= 2
    return np.sum(y**2)


@program
def a_grid_of_floats(x):
    step = 1.0 / len(x)
    g = np.mgrid[0 : 1 - step / 2 : step, 0:2:2j]
    y = np.zeros((2, 3, 2))
    y[...] = x[:, None] * g
    return np.sum(y**2)


@program
def what_is_free(x):
    y = x * 1.0
    free = np.setdiff1d(np.arange(3), [1])
    y[free] *= 2
    return np.sum(y**2) * np.max(x[free])


@program
def members(x):
    m = np.isin(np.arange(3), [0, 2])
    y = x * 1.0
    y[m] *= x[1]
    return np.sum(y[~m]) * np.sum(y)


@program
def what_two_have(x):
    both, first, _ = np.intersect1d([0, 1, 2], np.array([2, 0, 5]), return_indices=True)
    y = x * 1.0
    y[both] *= x[1]
    y[first] += x[0]
    y[np.union1d([0, 1], [1])] *= 2
    y[np.intersect1d([0, 1], [1])] *= 2
    return np.sum(y**2)


@program
def sums_without_nan(x):
    r = (x - D) ** 2
    return np.nansum(r)


@program
def means_without_nan(x):
    rows = np.nanmean((x - GAPS) ** 2, axis=1)
    rows[0] *= 2
    return rows @ x[:2] + np.nanmean(x)


@program
def extrema_without_nan(x):
    largest = np.nanmax((x - GAPS) ** 2, axis=0)
    largest[1] *= 2
    return largest @ x + np.nanmin((x - D) ** 2)


@program
def products_without_nan(x):
    factors = np.nanprod((x - GAPS) ** 2, axis=0, keepdims=True)
    return np.sum(factors * x)


@program
def moments_without_nan(x):
    spread = np.nanvar((x - GAPS) ** 2, axis=1, ddof=1)
    return spread @ x[:2] + np.nanstd((x - D) ** 2)


@program
def of_what_is_not_differentiated(x):
    y = np.zeros(3)
    y[:] = x / np.nanmean(D) * np.nansum(D) - np.nanmax(D)
    y[np.nanargmax(D)] *= 2
    return np.sum(y**2)


@pytest.mark.parametrize("f", PROGRAMS)
def test_gradient(f):
    x, v = np.array([0.3, 0.8, 1.2]), np.array([0.3, -0.2, 0.5])
    value, x_bar = value_and_grad(f)(x)
    slope = (f(x + 1e-6 * v) - f(x - 1e-6 * v)) / 2e-6
    np.testing.assert_allclose(value, f(x.copy()), rtol=1e-14)
    np.testing.assert_allclose(x_bar @ v, slope, rtol=1e-6)


def test_a_grid_with_differentiated_bounds_is_refused():
    with pytest.raises(NoDerivativeError, match="does not cover"):
        value_and_grad(lambda x: np.sum(np.mgrid[x[0] : x[1] : 5j] ** 2))(np.ones(3))
