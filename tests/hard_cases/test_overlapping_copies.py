"""Sums that fill a shadow anew, and copies between slices that overlap."""

import numpy as np
import pytest

from srcgrad import grad
from srcgrad.errors import AliasingError
from srcgrad.testing import check_grads


def filled_from_what_is_written_between(x, y, A):
    v = x + y
    v[4] = y[2]
    np.tanh(A, out=y)
    return np.sum(y) + np.sum(v)


def test_what_fills_a_shadow_is_read_after_it_was_written(rng):
    x, y, A = rng.normal(size=(3, 5))
    check_grads(filled_from_what_is_written_between, (x, y, A), argnums=(0, 1, 2))
    gradient = grad(filled_from_what_is_written_between, (0, 1))(x, y, A)
    assert np.array_equal(gradient[0], [1, 1, 1, 1, 0])
    assert np.array_equal(gradient[1], [1, 1, 2, 1, 0])


def steps_differ(x):
    v = x * 1.0
    v[::2] = v[:-2]
    return np.sum(v * v)


def runs_backwards(x):
    v = x * 1.0
    v[3:] = v[1::2]
    return np.sum(v * v)


def halves(x):
    v = x * 1.0
    v[:4] = v[::2]
    return np.sum(v * v)


def copied_first(x):
    v = x * 1.0
    v[::2] = v[:-2].copy()
    return np.sum(v * v)


def added(x):
    v = x * 1.0
    v[::2] += v[:-2]
    return np.sum(v * v)


@pytest.mark.parametrize("f, size", [(steps_differ, 5), (runs_backwards, 5)])
def test_copies_that_numpy_gets_wrong_are_refused(f, size, rng):
    with pytest.raises(AliasingError, match="NumPy copies (these )?slices wrongly") as caught:
        grad(f)(rng.normal(size=size))
    assert "copy what is assigned first" in str(caught.value)
    assert caught.value.loc.line == f.__code__.co_firstlineno + 2


@pytest.mark.parametrize("f, size", [(halves, 7), (halves, 8), (copied_first, 5), (added, 5)])
def test_copies_that_numpy_gets_right_are_not(f, size, rng):
    check_grads(f, (rng.normal(size=size),))


def column_into_a_row(A):
    M = A * 1.0
    M[1] = M[:, 2]
    return np.sum(M * M)


def column_into_each_row(A):
    M = A * 1.0
    for row in M:
        row[:] = M[:, -1]
    return np.sum(M * M)


def rows_into_their_columns(A):
    M = A * 1.0
    for i in range(4):
        M[:, i] = M[i]
        M[i, i:] = M[i:, i]
    return np.sum(M**3)


def rows_into_rows(A):
    M = A * 1.0
    for i in range(3):
        M[i + 1] = M[i]
        M[:, 0] = M[:, 1]
        M[2, 1:] = M[1, :-1]
        M.T[1] = M.T[2]
    return np.sum(M**3)


def copied_column(A):
    M = A * 1.0
    M[1] = M[:, 2].copy()
    return np.sum(M**3)


def row_of_the_transpose(A):
    M = A * 1.0
    M[1] = M.T[2]
    return np.sum(M * M)


@pytest.mark.parametrize("f", [column_into_a_row, column_into_each_row, row_of_the_transpose])
def test_a_column_is_not_copied_into_a_row_of_its_matrix(f, rng):
    with pytest.raises(AliasingError, match="a row and a column"):
        grad(f)(rng.normal(size=(4, 4)))


@pytest.mark.parametrize("f", [rows_into_their_columns, rows_into_rows, copied_column])
def test_rows_and_columns_that_meet_at_one_place_are(f, rng):
    check_grads(f, (rng.normal(size=(4, 4)),))
