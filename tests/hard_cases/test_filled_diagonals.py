"""``np.fill_diagonal`` of tall matrices, with ``wrap``, and of arrays with more than two axes."""

import numpy as np
import pytest

from srcgrad import SrcgradError, grad
from tests.slopes import check_at

POINTS = np.array([0.31, 0.7, 1.2, 0.4]), np.array([0.3, -0.9, 0.5, -0.4])


def wrapped(x):
    a = np.outer(np.arange(7.0), x[:2])
    np.fill_diagonal(a, x[2], wrap=True)
    b = np.zeros((5, 2))
    np.fill_diagonal(b, x[0] ** 2, True)
    return np.sum(a * a) * np.sum(b * np.arange(10.0).reshape(5, 2))


def values_again_and_again(x):
    a = np.outer(np.arange(9.0), x[:2])
    np.fill_diagonal(a, x, wrap=True)
    wide = np.outer(np.arange(2.0), x)
    np.fill_diagonal(wide, x[:2] * 2, wrap=True)
    return np.sum(a * a * np.arange(18.0).reshape(9, 2)) + np.sum(wide**3)


def more_axes(x):
    n = len(x)
    a = np.zeros((n, n, n)) + x[1]
    np.fill_diagonal(a, x[:2] * 2)
    b = np.ones((3, 3, 3, 3)) * x[0]
    np.fill_diagonal(b, x[3])
    np.fill_diagonal(a[0], x[3], wrap=True)
    return np.sum(a * a * np.arange(a.size).reshape(a.shape)) + np.sum(b**2)


@pytest.mark.parametrize("f", (wrapped, values_again_and_again, more_axes))
def test_gradient(f):
    check_at(f, *POINTS)


def its_own_row(x):
    a = np.outer(np.arange(9.0), x[:2])
    np.fill_diagonal(a, a[1], wrap=True)
    return np.sum(a)


def other_lengths(x):
    a = np.ones((4, 4, 3)) * x[0]
    np.fill_diagonal(a, 2.0)
    return np.sum(a)


@pytest.mark.parametrize("f", (its_own_row, other_lengths))
def test_refused(f):
    with pytest.raises(SrcgradError) as caught:
        grad(f)(POINTS[0])
    assert caught.value.hint
