"""Constants meet in one factor beside an array that the function writes, too."""

from __future__ import annotations

import numpy as np
import pytest

from srcgrad import grad
from tests.hard_cases.checking import Case

X = np.array([0.4, 1.1, -0.7])


def norm(x):
    y = x.copy()
    y[0] = 3.0 * y[1]
    return y @ y


def scaled(x):
    y = x.copy()
    y[0] = 3.0 * y[1]
    return 0.1 * (x @ y)


def halves(x):
    y = x.copy()
    y[0] = 3.0 * y[1]
    return np.sum(0.5 * y * y)


def written_between(x):
    y = x.copy()
    y[0] = 3.0 * y[1]
    total = 0.5 * (y @ y)
    y[1] = total * y[0]
    return total + y @ y


def two(x):
    y = x.copy()
    y[0] = 3.0 * y[1]
    z = np.sin(X)
    z[0] = 1.0
    return y @ z


def handed_on(x, z):
    y = z.copy()
    y[0] = 3.0 * y[1]
    w = x.copy()
    w[1] = w[2]
    s = w @ y
    y[2] = s
    return s * y[2]


@pytest.mark.parametrize("f", [norm, scaled, halves, two, written_between])
def test_gradients(f):
    Case(f, (X,)).run()


def test_gradients_of_two():
    Case(handed_on, (X, X[::-1].copy()), (0, 1)).run()


@pytest.mark.parametrize(
    ("f", "line"), [(norm, "y_bar = 2 * y"), (scaled, "0.1 * y"), (two, "y_bar = np.copy(z)")]
)
def test_one_factor(f, line):
    gradient = grad(f)
    gradient(X)
    assert line in gradient.source
    assert "1.0 *" not in gradient.source


def test_a_conversion_that_changes_nothing_is_not_reversed():
    def f(A):
        A = A.astype(float)
        for k in range(2):
            v = A[k:, k].copy()
            A[k:, k:] -= 0.1 * np.outer(v, v)
        return np.sum(A * A)

    A = np.arange(9.0).reshape(3, 3) / 7.0
    Case(f, (A,)).run()
    Case(f, (A.T,)).run()
    Case(f, (A.astype(np.float32),)).run()
    gradient = grad(f)
    gradient(A)
    assert "astype(np.float64)" not in gradient.source
