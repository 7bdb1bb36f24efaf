"""Linear steps on matrices save nothing, whatever was reshaped or transposed before or in a step.

An array has an order in memory, which a view may rest on: but only if it is written after.
"""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import grad, value_and_grad, vjp
from srcgrad.testing import check_grads


def reshaped_before(A, T):
    n, m = A.shape
    a = A.reshape(m, n)
    for _ in range(T):
        b = np.zeros_like(a)
        b[1:-1, 1:-1] = 0.25 * (a[2:, 1:-1] + a[:-2, 1:-1] + a[1:-1, 2:] + a[1:-1, :-2])
        a = b
    return np.sum(a * a)


def copied_before(A, T):
    a = A.reshape(A.shape[1], -1).copy()
    for _ in range(T):
        b = np.empty_like(a)
        b[0] = b[-1] = 0.0
        b[1:-1] = 0.4 * (a[2:] + a[:-2])
        a = b
    return np.sum(a * a)


def waves(A, T):
    a = A.reshape(A.shape[1], A.shape[0])
    before = a.copy()
    for _ in range(T):
        after = np.zeros_like(a)
        after[1:-1] = 2 * a[1:-1] - before[1:-1] + 0.1 * (a[2:] - 2 * a[1:-1] + a[:-2])
        before, a = a, after
    return np.sum(a * before)


def copied_in_each_step(A, T):
    a = A.T.reshape(A.shape)
    for _ in range(T):
        b = a.copy()
        b[1:-1] += 0.1 * (a[2:] - 2 * a[1:-1] + a[:-2])
        a = b
    return np.sum(a * a)


def padded(A, T):
    a = np.reshape(A, (A.shape[1], -1))
    for _ in range(T):
        p = np.pad(a, 1)
        a = a + 0.1 * (p[2:, 1:-1] + p[:-2, 1:-1] - 2 * a)
    return np.sum(a * a)


def rolled(A, T):
    a = A.reshape(A.shape[1], A.shape[0])
    for _ in range(T):
        a = a * 0.5 + 0.1 * (np.roll(a, 1, axis=0) + np.roll(a, -1, axis=1))
    return np.sum(a * a)


def transposed_before(A, T):
    a = A.T
    for _ in range(T):
        b = np.zeros_like(a)
        b[1:] = 0.9 * a[:-1]
        b[0] = 0.5 * a[-1]
        a = b
    w = a.reshape(-1)
    return np.sum(w * w * np.arange(w.size))


def sweeps(A, T):
    a = A.T.reshape(A.shape)
    M = 0.9 * np.eye(len(a)) + 0.01
    for _ in range(T):
        b = a.copy()
        b[:, 1:-1] += 0.1 * (a[:, 2:] - 2 * a[:, 1:-1] + a[:, :-2])
        a = M @ b
    return np.sum(a * a)


LINEAR = [reshaped_before, copied_before, waves, copied_in_each_step, padded, rolled]
LINEAR += [transposed_before, sweeps]


# --- where the order in memory matters ------------------------------------------------------------


def written_as_a_vector(A, T):
    a = np.zeros(A.shape)
    a += A
    for t in range(T):
        a.reshape(-1)[t % 3] *= 2.0
        b = a.copy()
        b[1:] = 0.3 * a[:-1]
        b.ravel()[1] = a[0, 0]
        a = b
    return np.sum(a * a)


def written_under_another_name(A, T):
    a = A.copy(order="C")
    v = a.reshape(-1)
    for t in range(T):
        v[t % 4] = v[(t + 1) % 4] * 0.5 + a[1, 1] ** 2
    return np.sum(a * a)


def carried_beside_what_it_shows(A, T):
    a = np.zeros(A.shape)
    a[...] = A
    v = a.reshape(-1)
    for _ in range(T):
        b = np.zeros(A.shape)
        b[...] = 0.5 * a + v[0]
        v[1:] += 0.1 * v[:-1]
        v = b.reshape(-1)
        a = b
    return np.sum(a * a) + v[2] ** 2


def read_by_index(A, T):
    a, s = A, 0.0
    for _ in range(T):
        f = a.reshape(-1)
        for k in range(3):
            s = s + f[k] ** 2
        b = np.zeros_like(a)
        b[1:] = a[:-1] * 0.5
        b[0] = a[-1]
        a = b
    return s + np.sum(a)


def flattened_in_each_step(A, T):
    n, m = A.shape
    a = A.ravel(order="F")
    for _ in range(T):
        M = a.reshape(n, m)
        b = np.zeros_like(M)
        b[1:] = 0.9 * M[:-1]
        b.reshape(-1)[1] += M[0, 0]
        a = b.ravel()
    return np.sum(a * a * np.arange(a.size))


def kept_in_a_list(A, T):
    a, kept = A.reshape(-1), []
    for _ in range(T):
        M = a.reshape(A.shape)
        kept.append(M)
        b = M.copy()
        b[0] *= 0.5
        a = b.reshape(-1)
    return np.sum(a) + sum(np.sum(M * M) for M in kept)


WRITTEN = [written_as_a_vector, written_under_another_name, carried_beside_what_it_shows]
WRITTEN += [read_by_index, flattened_in_each_step, kept_in_a_list]


def _arguments() -> dict[str, np.ndarray]:
    """A matrix that lies in memory in different ways."""
    A = np.linspace(0.3, 1.4, 12).reshape(3, 4) ** 2
    wide = np.zeros((6, 8))
    wide[::2, ::2] = A
    transposed = np.ascontiguousarray(A.T).T
    return {"C": A, "F": np.asfortranarray(A), "T": transposed, "strided": wide[::2, ::2]}


@pytest.mark.parametrize("order", _arguments())
@pytest.mark.parametrize("f", [*LINEAR, *WRITTEN], ids=lambda f: f.__name__)
def test_gradients(f: Callable[..., Any], order: str) -> None:
    A = _arguments()[order]
    for T in (0, 1, 3):
        check_grads(f, (A, T), argnums=0)
    value, A_bar = value_and_grad(f)(A, 3)
    np.testing.assert_allclose(value, f(A, 3))
    _, pullback = vjp(lambda A: f(A, 3), A)
    for _ in range(2):
        np.testing.assert_allclose(pullback(1.0)[0], A_bar)


@pytest.mark.parametrize("f", LINEAR, ids=lambda f: f.__name__)
def test_nothing_is_saved(f: Callable[..., Any]) -> None:
    A = np.linspace(0.4, 1.3, 4000).reshape(50, 80)
    gradient = grad(f)
    gradient(A, 1)
    assert ".append(" not in gradient.source
    assert _peak(gradient, A, 24) < _peak(gradient, A, 4) + 0.5 * A.nbytes


def _peak(gradient: Callable[..., Any], A: np.ndarray, T: int) -> int:
    """The bytes that a gradient over some steps needs at once."""
    tracemalloc.start()
    gradient(A, T)
    found = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return found
