"""Calls and assignments in which NumPy reads what it may have written already: refused, unless it
is known to read in time."""

from __future__ import annotations

import numpy as np
import pytest

from srcgrad import grad
from srcgrad.errors import AliasingError
from tests.slopes import check_slope

W = np.arange(1.0, 5.0)
X = np.array([0.6, 1.4, 0.8, 1.2])


# --- masks and index arrays -----------------------------------------------------------------------


def a_mask_turned_round(x):
    m = x > 1
    m[m[::-1]] = False
    return np.sum(x * m)


def a_mask_moved_by_one(x):
    m = x > 1
    m[1:][m[:-1]] ^= True
    return np.sum(x * m)


def a_mask_in_a_tuple(x):
    m = x > 1
    m[(m[::-1],)] = False
    return np.sum(x * m)


def a_mask_that_may_be_turned_round(x):
    m = x > 1
    r = m if x[0] > 1 else m[::-1]
    m[r] = False
    return np.sum(x * m)


def copied_by_a_mask(x):
    m = x > 1
    np.copyto(m[1:], True, where=m[:-1])
    return np.sum(x * m)


def placed_by_a_mask(x):
    m = x > 1
    np.place(m[1:], m[:-1], [True, False])
    return np.sum(x * m)


def flat(x):
    p = np.array([1, 2, 3, 0])
    p.flat[p] = 2
    return np.sum(x * p)


def flat_of_a_matrix(x):
    p = np.array([[1, 2], [3, 0]])
    p.flat[p[0]] = 2
    return np.sum(x[p])


@pytest.mark.parametrize(
    "f",
    [
        *(a_mask_turned_round, a_mask_moved_by_one, a_mask_in_a_tuple, copied_by_a_mask),
        *(a_mask_that_may_be_turned_round, placed_by_a_mask, flat, flat_of_a_matrix),
    ],
)
def test_an_index_that_changes_while_it_is_read(f):
    with pytest.raises(AliasingError, match="shares? memory with") as caught:
        grad(f)(X)
    assert "copy" in str(caught.value)
    lines = range(f.__code__.co_firstlineno + 1, f.__code__.co_firstlineno + 4)
    assert caught.value.loc.line in lines


def masks_that_are_the_same_view(x):
    m = x > 1
    y = x * m * W
    v = m[1:]
    m[1:][v] = False
    y = y + x**2 * m
    m[0] = True
    m[m[:]] = [False]
    return np.sum(y * x) + np.sum(x**3 * ~m)


def masks_that_functions_read_first(x):
    m = x > 0.7
    y = x * m
    np.logical_not(m, out=m, where=m[::-1])
    y = y * (1 + x * m)
    np.putmask(m, m[::-1], np.array([True, False, False, True]))
    y = y * (1 + x * m)
    np.putmask(m, m[::-1], np.array([True, False]))
    y = y * (1 + x * m)
    np.logical_not(m[1:], out=m[1:], where=m[:-1])
    return np.sum(y * (1 + x * m) * W)


def copies(x):
    m = x > 1
    p = np.array([1, 2, 3, 0])
    m[m[::-1].copy()] = False
    y = x[p] * m
    p.flat[p.copy()] = 2
    p.flat[p[0]] = 1
    return np.sum(y * x[p] * W)


@pytest.mark.parametrize(
    "f", [masks_that_are_the_same_view, masks_that_functions_read_first, copies]
)
@pytest.mark.parametrize("x", [X, np.array([1.6, 0.4, 0.9, 2.2])])
def test_an_index_that_does_not(f, x):
    check_slope(f, x)


# --- the diagonal ---------------------------------------------------------------------------------


def diagonal_of_a_row_turned_round(x):
    a = np.outer(x, x + 1)
    np.fill_diagonal(a, a[1, ::-1])
    return np.sum(a**2)


def diagonal_of_a_view_of_a_view(x):
    a = np.outer(x, x + 1)
    np.fill_diagonal(a, a[1][::-1])
    return np.sum(a**2)


def diagonal_across_rows(x):
    a = np.outer(x, x + 1)
    np.fill_diagonal(a, a.reshape(-1)[3:7])
    return np.sum(a**2)


@pytest.mark.parametrize(
    "f", [diagonal_of_a_row_turned_round, diagonal_of_a_view_of_a_view, diagonal_across_rows]
)
def test_a_diagonal_filled_with_what_it_crosses(f):
    with pytest.raises(AliasingError, match="before it has read") as caught:
        grad(f)(X)
    assert caught.value.loc.line == f.__code__.co_firstlineno + 2


def diagonals_read_in_time(x):
    a = np.outer(x, x + 1) * np.arange(16.0).reshape(4, 4)
    np.fill_diagonal(a, a[1])
    for i in range(3):
        np.fill_diagonal(a, a[i])
        a *= x
    np.fill_diagonal(a, a)
    np.fill_diagonal(a, a[2, ::-1].copy())
    return np.sum(a * W)


def test_a_diagonal_filled_with_a_row():
    check_slope(diagonals_read_in_time, X)


# --- arrays that are joined -----------------------------------------------------------------------


def joined(x):
    x = x * 1
    np.concatenate([x[1:], x[:1]], out=x)
    return np.sum(x * W)


def stacked(x):
    a = x.reshape(2, 2) * 1
    np.stack([a[1], a[0]], out=a)
    return np.sum(a[0] * x[:2])


def stacked_from_a_list(x):
    a = x.reshape(2, 2) * 1
    np.stack(list(a), axis=1, out=a)
    return np.sum(a[0] * x[:2])


def spread(x):
    a = x.reshape(2, 2) * 1
    np.ptp(a, axis=0, out=a[0])
    return np.sum(a[0] * x[:2])


@pytest.mark.parametrize("f", [joined, stacked, stacked_from_a_list, spread])
def test_arrays_joined_where_they_are(f):
    with pytest.raises(AliasingError, match="before it has read") as caught:
        grad(f)(X)
    assert caught.value.loc.line == f.__code__.co_firstlineno + 2
    assert "copy" in str(caught.value)


def joined_elsewhere(x):
    x = x * 1
    y = np.zeros(4)
    z = np.zeros((2, 4))
    np.concatenate([x[1:], x[:1]], out=y)
    np.stack([y, x], out=z)
    np.concatenate([x[1:].copy(), x[:1] * 2], out=x)
    np.concatenate([z[0, 2:], y[2:]], out=z[1])
    return np.sum(x * y * W * z)


def test_arrays_joined_elsewhere():
    check_slope(joined_elsewhere, X)
