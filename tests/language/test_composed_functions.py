"""``np.append``, ``np.rot90``, ``np.rollaxis`` and the splits, which are made of others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import NoDerivativeError, grad, value_and_grad
from srcgrad.testing import check_grads

PROGRAMS: list[Callable[..., Any]] = []
X = np.array([0.7, 1.2, 0.9])
A = np.arange(9.0).reshape(3, 3) / 7 + np.eye(3)
T = np.arange(24.0).reshape(2, 3, 4) / 11
WEIGHTS = np.arange(1.0, 10.0).reshape(3, 3)


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


@program
def appended(x, A, T):
    a = np.append(x, A[0, 0])
    a[0] *= 2
    b = np.append(np.append([], a), [x[0], 2.0])
    c = np.append(A, x) ** 2
    return np.sum(b**3) + np.sum(c * c) + np.sum(np.append([v for v in x], [v * 2 for v in x]) ** 2)


@program
def appended_along_an_axis(x, A, T):
    B = np.append(A, A * 2, axis=1)
    C = np.append(np.append(A, [x], axis=0), x[None], 0)
    return np.sum(B * B) + np.sum(C**3) + np.sum(np.append(B, A, axis=None)[::2])


@program
def appended_in_a_loop(x, A, T):
    out = np.array([])
    for v in x:
        out = np.append(out, v * v)
    return np.sum(out * x)


@program
def turned(x, A, T):
    total = 0.0
    for k in range(-1, 5):
        total += (k + 2) * np.sum(np.rot90(A, k) * WEIGHTS)
    total += np.sum(np.rot90(A, axes=(1, 0)) * WEIGHTS)
    return total + np.sum(np.rot90(T, 1, (1, 2))[:, 0] ** 2) + np.sum(np.rot90(T, axes=(0, -1))[0])


@program
def turned_and_written(x, A, T):
    B = A.copy()
    v = np.rot90(B)
    v[0] *= 2.0
    np.rot90(B, 2)[:, 0] += x
    np.rot90(B, 3)[0, 0] = 2 * A[0, 0]
    np.rot90(B, 0)[1:] *= 3
    return np.sum(B * A)


@program
def rolled(x, A, T):
    B = T.copy()
    v = np.rollaxis(B, 2)
    v[0] *= 2
    np.rollaxis(B, 1, 3)[:, 1] += T[0, 0, 0]
    np.rollaxis(B, -1, 1)[0] *= 3
    np.rollaxis(B, 0)[0] *= 2
    np.rollaxis(B, 1, -1)[0] += 1
    return np.sum(B * T * np.arange(4.0))


@program
def split(x, A, T):
    left, right = np.hsplit(np.hstack([A, A]), 2)
    left *= 2
    right += left
    up, down = np.vsplit(np.vstack([A, right]), 2)
    up *= down
    p, q = np.dsplit(T.copy(), 2)
    q *= p
    return np.sum(left * right) + np.sum(up) + np.sum(q) + np.sum(np.hsplit(x, [2])[0] ** 2)


@pytest.mark.parametrize("f", PROGRAMS)
def test_they_are_what_they_are_made_of(f):
    check_grads(f, (X, A, T), argnums=(0, 1, 2))
    value, _ = value_and_grad(f, argnums=(0, 1, 2))(X, A, T)
    np.testing.assert_allclose(value, f(X.copy(), A.copy(), T.copy()), rtol=1e-12)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.sum(np.vsplit(x, 1)[0]),
        lambda x: np.sum(np.rot90(x)),
        lambda x: np.sum(np.rot90(np.outer(x, x), axes=(1, 1))),
        lambda x: np.sum(np.rollaxis(x, 2)),
    ],
)
def test_what_numpy_refuses(f):
    with pytest.raises((ValueError, IndexError)):
        f(X)
    with pytest.raises(NoDerivativeError):
        grad(f)(X)


def test_texts_are_left_to_numpy():
    def f(x):
        return np.sum(x) * len(np.append(["a", "b"], "c"))

    np.testing.assert_array_equal(grad(f)(X), [3.0, 3.0, 3.0])
