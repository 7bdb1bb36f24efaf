"""Index arrays that NumPy makes, in reads and writes of what is differentiated."""

from __future__ import annotations

import numpy as np
import pytest

from srcgrad import grad, value_and_grad, vjp


def of_a_matrix(x):
    B = np.outer(x, x)
    B[np.diag_indices(3)] *= 2
    B[np.tril_indices(3)] += 2 * x[0]
    i, j = np.triu_indices(3, 1)
    B[i, j] *= B[j, i]
    B[np.diag_indices_from(B)] += x
    B[np.tril_indices_from(B, -1)] *= 0.5
    B[np.triu_indices_from(B)] **= 2
    return np.sum(B * x) + np.sum(np.stack([B, B])[np.diag_indices(2, 3)])


def where_a_condition_holds(x):
    B = x * 2
    B[np.flatnonzero(x > 0.6)] *= x[0]
    A = np.outer(x, B)
    i, j = np.argwhere(A > 1)[0]
    A[i, j] *= 3
    for i, j in np.argwhere(A > 0.4):
        A[i, j] *= x[i]
    return np.sum(A * x)


def where_a_value_belongs(x):
    B = x * 2
    B[np.searchsorted([0.1, 0.7, 3.0], x) - 1] += 1 * x
    i = np.digitize(x, [0.5, 1.0])
    B[i] += x**2
    B[np.argpartition(x, 1)[:2]] *= 2
    k = np.searchsorted(x, 0.7)
    return np.sum(B * x) * x[k] + x[x.searchsorted(1.0)]


@pytest.mark.parametrize("f", [of_a_matrix, where_a_condition_holds, where_a_value_belongs])
def test_gradient(f):
    x, v = np.array([0.55, 0.9, 1.2]), np.array([0.1, -0.3, 0.4])
    slope = (f(x + 1e-6 * v) - f(x - 1e-6 * v)) / 2e-6
    value, x_bar = value_and_grad(f)(x)
    np.testing.assert_allclose(value, f(x), rtol=1e-14)
    np.testing.assert_allclose(x_bar @ v, slope, rtol=2e-6)
    np.testing.assert_allclose(grad(f)(x), x_bar, rtol=1e-14)
    np.testing.assert_allclose(vjp(f, x)[1](1.0)[0], x_bar, rtol=1e-14)
