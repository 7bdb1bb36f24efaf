"""Lists of unknown length that are assigned to an array, or added to one in place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import AliasingError, value_and_grad
from srcgrad.testing import check_grads

PROGRAMS: list[Callable[..., Any]] = []
X = np.array([0.7, 1.2, 0.9, 1.4])
A = np.arange(16.0).reshape(4, 4)[::-1] / 10 + np.eye(4)


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


@program
def of_a_comprehension(x, A):
    a = x * 2
    a[:] = [v * v for v in x]
    return np.sum(a * x)


@program
def sorted_in_place_of_another(x, A):
    a = np.zeros(len(x))
    a[:] = sorted(x)
    A[:, 0] = sorted(a * a)
    return np.sum(a * np.arange(len(x))) + np.sum(A * x)


@program
def of_map_and_reversed(x, A):
    a = x.copy()
    a[:] = list(map(np.sin, a))
    a[:] = list(reversed(a))
    a[1:] = x.tolist()[1:]
    return np.sum(a * x)


@program
def rows(x, A):
    B = np.empty_like(A)
    B[:] = [row[::-1] * 2 for row in A]
    for i in range(len(A)):
        B[i] = [v * b for v, b in zip(A[i], B[i], strict=True)]
    B[:] = B + [[v * v for v in row] for row in A]
    return np.sum(B * A)


@program
def pairs(x, A):
    a = np.zeros((len(x), 2))
    a[:] = [(v, v * v) for v in x]
    a[:, 1] = [p * q for p, q in a]
    return np.sum(a * x[:, None])


@program
def a_list_that_grows(x, A):
    a, grown = x * 2, []
    for v in x:
        grown.append(v * a[0])
        a[: len(grown)] = grown
    return np.sum(a * x)


@program
def a_list_that_a_while_makes(x, A):
    grown, s = [], 0.0
    while s < 2.0:
        grown.append(x[0] * s)
        s += 0.5
    a = np.zeros(4)
    a[:] = grown
    a[1:3] = grown[:2]
    return np.sum(a * x[0])


@program
def by_masks_and_places(x, A):
    a = x.copy()
    chosen = [i for i in range(len(x)) if x[i] > 0.8]
    a[a < 0.8] = [v * 2 for v in x if v < 0.8]
    a[chosen] = [x[i] * a[i] for i in chosen]
    np.put(a, [0, 1], [v * v for v in x])
    np.put(a, chosen, x * 3)
    np.putmask(a, a > 2, [v * v for v in x])
    np.place(a, a > 3, [v * v for v in x])
    return np.sum(a * x)


@program
def by_copyto(x, A):
    a = x * 2
    np.copyto(a, [v * v for v in x])
    np.copyto(a, [v * 3 for v in x], where=a > 1)
    np.add(a, sorted(x), out=a)
    return np.sum(a * x)


@program
def beside_a_number(x, A):
    a = np.zeros(len(x))
    a[0], a[1:] = x[0] * 2, [v * v for v in x[1:]]
    return np.sum(a * x)


@program
def broadcast(x, A):
    A[:] = [v * v for v in x]
    return np.sum(A * x[:, None])


@program
def into_other_dtypes(x, A):
    a, b = np.zeros(len(x), int), np.zeros(len(x), np.float32)
    a[:] = [3.1 * v for v in x]
    b[1:] = [2.0 for v in x[1:]]
    return np.sum(a * b * x)


@program
def augmented(x, A):
    a, values = x.copy(), list(x)
    a *= values
    a[:] += [v * v for v in x]
    a[1:] -= values[1:]
    a **= [2.0 for v in x]
    x += values
    return np.sum(a * x)


@program
def augmented_matrices(x, A):
    B = A.copy()
    B += list(x)
    B[:, :] *= list(x)
    B[1:] += list(A[1:])
    B[0] /= [v + 1 for v in x]
    B @= [list(row) for row in A]
    return np.sum(B * A)


@program
def views_of_others(x, A):
    """What is in the lists shows other arrays, or is written by places, which copies first."""
    B, made = A.copy(), []
    for row in A:
        made.append(row)
    B[:] = made
    B[:2] = [A[1], A[0]]
    B[[0, 1]] = [B[1], B[0]]
    np.copyto(B[:2], [B[1], B[0]])
    B[:2] = np.array([B[1], B[0]])
    return np.sum(B * A)


@pytest.mark.parametrize("f", PROGRAMS)
def test_lists_are_written(f):
    check_grads(f, (X, A), argnums=(0, 1))
    value, _ = value_and_grad(f, argnums=(0, 1))(X, A)
    np.testing.assert_allclose(value, f(X.copy(), A.copy()), rtol=1e-12)


# --- views of what is written -------------------------------------------------------------------


def swapped(A):
    A[:2] = [A[1], A[0]]
    return np.sum(A[0] * A[1] ** 2)


def swapped_by_names(A):
    u, v = A[0], A[1]
    for _ in range(3):
        A[:2] = [v, u]
    return np.sum(A[0] * A[1] ** 2)


def turned(A):
    A[:] = list(A[::-1])
    return np.sum(A[0] * A[1] ** 2)


def turned_and_filtered(A):
    found = [row for row in A[::-1] if row[0] > -1]
    A[:] = found
    return np.sum(A[0] * A[1] ** 2)


@pytest.mark.parametrize("f", [swapped, swapped_by_names, turned, turned_and_filtered])
def test_rows_that_are_written_one_after_the_other(f):
    """NumPy reads the second row after it has written the first: no row is lost in a copy."""
    B = A.copy()
    B[:2] = [B[1], B[0]]
    assert np.array_equal(B[0], B[1])
    with pytest.raises(AliasingError, match="one after the other") as refused:
        value_and_grad(f)(A)
    assert "np.array" in str(refused.value)


def test_lengths_that_do_not_fit():
    def f(x):
        a = np.zeros(len(x))
        a[:] = [v for v in x if v > 1]
        return np.sum(a * x)

    with pytest.raises(ValueError, match="could not broadcast"):
        value_and_grad(f)(X)
    value, bar = value_and_grad(f)(X + 1)
    assert value == f(X + 1)
    np.testing.assert_allclose(bar, 2 * (X + 1))


def test_columns_of_a_matrix_without_rows():
    """``zip(*A)`` is then a zip of nothing."""

    def f(A):
        B = A.copy()
        B[:] = list(zip(*A, strict=True))
        return np.sum(B * A)

    assert value_and_grad(f)(np.zeros((0, 0)))[0] == 0.0
    value, bar = value_and_grad(f)(A)
    assert value == f(A)
    np.testing.assert_allclose(bar, 2 * A.T)
