"""Cotangents are made flat without asking for a length."""

import numpy as np
import pytest

from srcgrad import grad


def square(p, d):
    return np.sum(np.sin(p[: d * d].reshape(d, d)) @ p[d * d :])


def in_a_loop(p, n):
    total = 0.0
    for i in range(n):
        total = total + np.sum(np.cos(p[i:].reshape(-1, 1)) * p[0])
    return total


def by_columns(p, d):
    return np.sum(np.sin(p.reshape((d, -1), order="F")) * np.arange(d)[:, None])


@pytest.mark.parametrize(("f", "size"), [(square, 12), (in_a_loop, 5), (by_columns, 6)])
def test_reshapes_to_one_dimension(f, size):
    p = np.linspace(0.1, 1.3, size)
    gradient = grad(f)
    direction = np.cos(np.arange(size))
    slope = (f(p + 1e-6 * direction, 3) - f(p - 1e-6 * direction, 3)) / 2e-6
    np.testing.assert_allclose(gradient(p, 3) @ direction, slope, 1e-6)
    assert ".reshape(-1" in gradient.source
    assert "shape[0],)" not in gradient.source


def pooled(x, k):
    h, w = x.shape
    return np.sum(x.reshape(h // k, k, w // k, k).max(axis=(1, 3)) ** 2)


def raveled(x, y):
    return np.sum(np.sin(x.ravel()) * np.arange(x.size) * y)


@pytest.mark.parametrize(("f", "more"), [(pooled, 2), (raveled, 3.0)])
def test_whole_shapes(f, more):
    x = np.cos(np.arange(24.0)).reshape(4, 6)
    gradient = grad(f)
    direction = np.sin(np.arange(24.0)).reshape(4, 6)
    slope = (f(x + 1e-6 * direction, more) - f(x - 1e-6 * direction, more)) / 2e-6
    np.testing.assert_allclose(np.sum(gradient(x, more) * direction), slope, 1e-6)
    assert ".reshape(x.shape)" in gradient.source
    assert "copy" not in gradient.source
    assert "_unbroadcast" not in gradient.source
