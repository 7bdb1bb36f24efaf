"""What is read of a view by index, in a loop, costs what it touches, and not the view's length.

Its cotangent is the same view of that of the array.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import grad, value_and_grad
from srcgrad.testing import check_grads


def part(x):
    s = 0.0
    for j in range(len(x) - 1):
        s += x[1:][j] * x[j]
    return s


def turned(x):
    s = 0.0
    for j in range(len(x)):
        s += x[::-1][j] * x[j] ** 2
    return s


def named(x):
    s = 0.0
    for j in range(len(x) - 2):
        inner = x[1:-1]
        if inner[j] > 1:
            s += inner[j] * inner[0]
        else:
            s -= inner[j] ** 2
    return s


def ravelled(x):
    s = 0.0
    for j in range(x.size):
        s += x.ravel()[j] ** 2 * x.ravel()[0]
    return s


def reshaped(x):
    s = np.sum(x)
    for j in range(x.size):
        s += x.reshape(-1)[j] ** 3
    return s


def as_an_array(x):
    s = 0.0
    for j in range(len(x)):
        s += np.sum(np.asarray(x)[j] ** 3)
    return s


class Grid:
    def __init__(self, x):
        self.x = x

    @property
    def inner(self):
        return self.x[1:-1]

    def __len__(self):
        return len(self.x)


def of_a_property(x):
    grid = Grid(x)
    s = 0.0
    for i in range(len(grid) - 2):
        s += grid.inner[i] ** 2
    return s


def of_what_is_carried(x):
    h, s = x, 0.0
    for _ in range(2):
        h = h * 1.1
        for i in range(len(x) - 1):
            s += h[1:][i] ** 2 * h.ravel()[i]
    return s + np.sum(h)


def in_a_while(x):
    s = 0.0
    for j in range(len(x)):
        rest, k = x[j:], 0
        while k < 2 and k < len(rest):
            if s > 50:
                break
            s += rest[k] ** 2
            k += 1
    return s


def of_what_is_written(x):
    out, s = np.zeros_like(x), 0.0
    for i in range(1, len(x)):
        out[i] = x[1:][i - 1] * out[i - 1] + x[i]
        s += out[1:][i - 1]
    return s


def called_again(x):
    def go(x, i):
        return 0.0 if i >= len(x) - 1 else x[1:][i] ** 2 + go(x, i + 1)

    return go(x, 0)


def elements_of_rows(A):
    s = 0.0
    for i in range(A.shape[0]):
        for j in range(A.shape[1]):
            s += A[i][j] ** 2 * A[i][0]
    return s


def of_the_transpose(A):
    s = 0.0
    for i in range(A.shape[0]):
        for j in range(A.shape[1]):
            s += A.T[j, i] ** 3 + A.T[j][i]
    return s


def elements_of_columns(A):
    s = 0.0
    for i in range(len(A)):
        s += A[:, 1][i] ** 3 * A[i, 0]
    return s


def in_another_shape(A):
    s = 0.0
    for i in range(2 * len(A)):
        s += A.reshape(-1, 2)[i, 1] ** 3 * A[:, None, :][i // 2, 0, 0]
    return s


def ravelled_columns(A):
    s = 0.0
    for i in range(len(A)):
        s += A[:, 1].ravel()[i] ** 3 * A.T.ravel()[i] * A.ravel()[1]
    return s


VECTORS = [
    *(part, turned, named, ravelled, reshaped, as_an_array, of_a_property, of_what_is_carried),
    *(in_a_while, of_what_is_written, called_again),
]
MATRICES = [
    *(elements_of_rows, of_the_transpose, elements_of_columns, in_another_shape),
    *(ravelled, reshaped, as_an_array),
]


def _vector(n: int) -> np.ndarray:
    return np.linspace(0.3, 1.4, n)


def _matrix(n: int) -> np.ndarray:
    return np.linspace(0.3, 1.4, 4 * n).reshape(n, 4)


@pytest.mark.parametrize("f", VECTORS, ids=lambda f: f.__name__)
def test_gradients_by_vectors(f: Callable[..., Any]) -> None:
    check_grads(f, (_vector(5),))
    check_grads(f, (_vector(10)[::2],))
    np.testing.assert_allclose(value_and_grad(f)(_vector(5))[0], f(_vector(5)))


@pytest.mark.parametrize("f", [*MATRICES, ravelled_columns], ids=lambda f: f.__name__)
def test_gradients_by_matrices(f: Callable[..., Any]) -> None:
    wide = np.linspace(0.3, 1.4, 24).reshape(3, 8)
    for A in (_matrix(3), np.asfortranarray(_matrix(3)), wide[:, ::2], _matrix(3)[::-1]):
        check_grads(f, (A,))


def _zeros_made(f: Callable[..., Any], x: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many zeros the gradient of ``f`` allocates."""
    gradient, made = grad(f), []
    gradient(x)
    zeros_like = np.zeros_like

    def counted(*args: Any, **kwargs: Any) -> np.ndarray:
        made.append(zeros_like(*args, **kwargs))
        return made[-1]

    with monkeypatch.context() as patch:
        patch.setattr(np, "zeros_like", counted)
        gradient(x)
    return sum(array.size for array in made)


@pytest.mark.parametrize("f", VECTORS, ids=lambda f: f.__name__)
def test_a_vector_costs_its_length(f: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    x = _vector(24)
    assert len(x) <= _zeros_made(f, x, monkeypatch) <= 4 * len(x)


@pytest.mark.parametrize("f", MATRICES, ids=lambda f: f.__name__)
def test_a_matrix_costs_its_size(f: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    A = _matrix(9)
    assert _zeros_made(f, A, monkeypatch) == A.size


def test_text_of_a_part() -> None:
    gradient = grad(part)
    gradient(_vector(4))
    assert "x_bar[1:][j] += x[j]" in gradient.source
