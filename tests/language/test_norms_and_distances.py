"""``np.linalg.norm`` and ``math.dist`` as programs use them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import NoDerivativeError, grad
from srcgrad.testing import check_grads

X = np.array([0.3, -1.2, 0.7])
M = np.array([[0.3, -1.2, 0.7], [1.0, 0.5, 2.0], [-0.4, 0.1, 1.3]])


def normalized_rows(m):
    m = m / np.linalg.norm(m, axis=1, keepdims=True)
    return m[0] @ m[1]


def among_points(m):
    """The distances of all points, of which those on the diagonal are zero."""
    return np.sum(np.linalg.norm(m[:, None] - m[None], axis=-1) * np.arange(3))


def of_a_list(x):
    return np.linalg.norm([x[0], 1, x[2]]) + np.linalg.norm(x[1])


def length_of_a_path(points):
    total = 0.0
    for i in range(len(points) - 1):
        total += math.dist(points[i], points[i + 1])
    return total


def of_lists_that_grow(x):
    p = [v for v in x if v > 0]
    q = [v * v for v in x if v > 0]
    return math.dist(p, q)


def of_array_and_tuple(x):
    return math.dist(x, (1, 2, 3)) * math.dist((x[0], 0), [0.0, x[1]])


@pytest.mark.parametrize(
    ("f", "x"),
    [
        (normalized_rows, M),
        (of_a_list, X),
        (length_of_a_path, M),
        (length_of_a_path, [[1.0, 2.0], [3.0, 5.0], [0.0, 1.0]]),
        (length_of_a_path, [(1.0, 2.0), (3.0, 5.0), (0.0, 1.0)]),
        (of_lists_that_grow, X),
        (of_array_and_tuple, X),
    ],
    ids=lambda f: getattr(f, "__name__", ""),
)
def test_gradient(f: Callable[..., Any], x: Any) -> None:
    check_grads(f, (x,))


def test_points_that_are_the_same() -> None:
    found = grad(among_points)(M)
    expected = np.zeros((3, 3))
    for i in range(3):
        for j in range(3):
            if i != j:
                slope = (M[i] - M[j]) / np.linalg.norm(M[i] - M[j]) * j
                expected[i] += slope
                expected[j] -= slope
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    np.testing.assert_array_equal(grad(lambda x: math.dist(x, X))(X.copy()), np.zeros(3))


@pytest.mark.parametrize(
    "f",
    [
        lambda m: np.linalg.norm(m, 2),
        lambda m: np.linalg.norm(m, "nuc"),
        lambda m: np.linalg.norm(m, 1),
        lambda m: np.linalg.norm(m[0], 3),
    ],
)
def test_norms_without_a_rule(f: Callable[..., Any]) -> None:
    with pytest.raises(NoDerivativeError, match="the derivative of norm covers"):
        grad(f)(M)


def test_points_of_different_ranks() -> None:
    with pytest.raises(ValueError, match="same number of dimensions"):
        grad(lambda x: math.dist(x, [1.0]))(X)
