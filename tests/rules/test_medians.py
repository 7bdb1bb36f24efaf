"""Medians in programs: deviations from them, in loops, and of no elements."""

from __future__ import annotations

import numpy as np
import pytest

from srcgrad import grad
from srcgrad.testing import check_grads

X = np.array([0.9, 0.35, 1.1, 0.2, 0.7])


def absolute_deviation(x):
    y = x[x > 0.3]
    return np.median(np.abs(y - np.median(y)))


def of_a_list(x):
    return np.median([x[0], x[1] ** 2, x[2] * x[3]]) + np.median(x[0])


def of_longer_and_longer_parts(x):
    s = 0.0
    for k in range(1, len(x) + 1):
        s = 0.5 * s + np.median(x[:k] ** 2)
    return s


def centred_rows(x):
    A = np.outer(x, x**2)
    return np.sum((A - np.median(A, axis=1, keepdims=True)) ** 3)


@pytest.mark.parametrize(
    "f", [absolute_deviation, of_a_list, of_longer_and_longer_parts, centred_rows]
)
def test_programs(f):
    check_grads(f, (X,))


def test_single_precision():
    x = X[:4].astype(np.float32)
    x_bar = grad(lambda x: np.median(x) * x[0])(x)
    assert x_bar.dtype == np.float32
    np.testing.assert_allclose(x_bar, [0.625 + 0.45, 0.45, 0.0, 0.0], rtol=1e-6)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_of_no_elements():
    x_bar = grad(lambda x: np.median(x[x > 5]) + x[0])(X)
    np.testing.assert_array_equal(x_bar, [1.0, 0.0, 0.0, 0.0, 0.0])
