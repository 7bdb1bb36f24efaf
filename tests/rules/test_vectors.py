"""Cross products and integrals by trapezoids in programs."""

from __future__ import annotations

import numpy as np
import pytest

from srcgrad import SrcgradError, grad
from srcgrad.testing import check_grads

X = np.random.default_rng(0).uniform(0.3, 1.2, (5, 3))


def neighbours(x):
    s = 0.0
    for i in range(len(x) - 1):
        s += np.sum(np.cross(x[i], x[i + 1]) ** 2)
    return s


def distance_from_a_plane(x):
    normal = np.cross(x[1] - x[0], x[2] - x[0])
    return normal @ (x[3] - x[0]) / np.sqrt(normal @ normal)


def of_lists(x):
    return np.cross([x[0, 0], 1.0, 2.0], x[2])[0] * np.cross(x[1], (0, 0, 1))[1]


def some_of_them(x):
    return np.sum(np.cross(x[x[:, 0] > 0.5], np.array([0.0, 0.0, 1.0])) ** 2)


def written(x):
    out = np.zeros((4, 3))
    for i in range(4):
        out[i] = np.cross(x[i], x[i + 1])
    out += np.cross(x[0], x[1])
    return np.sum(out * x[:4])


def longer_and_longer(x):
    y, t, s = x[:, 0], np.cumsum(x[:, 1]), 0.0
    for k in range(1, len(x) + 1):
        s += np.trapezoid(y[:k] ** 2, t[:k])
    return s


def moments(x):
    t = np.linspace(0, 1, len(x))
    out = np.zeros(3)
    out[1] = np.trapezoid(x[:, 0], t)
    out += np.trapezoid(x.T, t)
    return np.sum(out**2) + np.trapezoid(x, dx=x[0, 0], axis=0)[1]


def of_a_list(x):
    return np.trapezoid([x[0, 0], 2.0, x[1, 1] ** 2]) * np.trapezoid(x[0], [0.0, 1.0, x[2, 2]])


def with_two_points(x):
    return np.trapezoid(x[:2, 0], x[:2, 1])


@pytest.mark.parametrize(
    "f",
    [
        neighbours,
        distance_from_a_plane,
        of_lists,
        some_of_them,
        written,
        longer_and_longer,
        moments,
        of_a_list,
        with_two_points,
    ],
)
def test_programs(f):
    check_grads(f, (X,))


def test_both_arguments():
    y, x = X[:, 0], X[:, 1]
    y_bar, x_bar = grad(lambda y, x: np.trapezoid(y, x), argnums=(0, 1))(y, x)
    steps, sums = np.diff(x), y[1:] + y[:-1]
    np.testing.assert_allclose(y_bar, (np.r_[0, steps] + np.r_[steps, 0]) / 2)
    np.testing.assert_allclose(x_bar, (np.r_[0, sums] - np.r_[sums, 0]) / 2)


def test_vectors_of_length_two():
    with pytest.raises(SrcgradError, match="covers vectors whose length is known to be three"):
        grad(lambda a: np.cross(a, a[::-1]))(np.array([1.0, 2.0]))


def test_another_length_is_another_program():
    gradient = grad(lambda a, b: np.sum(np.cross(a, b) ** 2))
    for shape in ((3,), (4, 3), (2, 3), (3, 3)):
        a, b = np.ones(shape), np.array([1.0, 2.0, 3.0])
        check_grads(lambda a: np.sum(np.cross(a, b) ** 2), (a,))
        assert gradient(a, b).shape == shape
