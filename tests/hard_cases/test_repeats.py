"""Index arrays that name an element twice, in every way that is not plain to see."""

from __future__ import annotations

import numpy as np
import pytest

from tests.hard_cases.checking import Case
from tests.language.cases import matrix, vector

IDX = np.array([0, 2, 0, 1])


def read_before_it_is_written(x, w):
    A = x.copy()
    y = A[IDX]
    A[IDX] = 2.0
    return np.sum(y * w) + np.sum(A * A)


def sorted_by_rows(x, M):
    A = x.copy()
    A[np.argsort(M)] = M * x[0]
    return np.sum(A * x)


def from_both_ends(x, w):
    A = x.copy()
    A[np.arange(-2, 2)] = w
    return np.sum(A[:2] * x[:2])


def counted_from_the_end(x, w):
    A = x[:2].copy()
    A[np.arange(-2, 2)] = w
    return np.sum(A * x[:2])


def added_and_multiplied(x, w):
    A = x.copy()
    A[IDX] += w
    A[IDX] *= A[IDX] * w
    np.subtract.at(A, (IDX,), x[0])
    return np.sum(A * x)


def in_matrices(x, w):
    A = np.outer(x, x)
    A[[0, 0, 1], [1, 1, 2]] = x[:3]
    A[IDX, :2] = A[IDX, 1:3] * 2
    A[:, [0, 0]] = w[:, None]
    return np.sum(A**2)


ARGUMENTS = {sorted_by_rows: (vector(4), matrix(2, 3))}
PROGRAMS = (
    *(read_before_it_is_written, sorted_by_rows, from_both_ends, counted_from_the_end),
    *(added_and_multiplied, in_matrices),
)


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_gradient(f):
    Case(f, ARGUMENTS.get(f, (vector(4), vector(4) + 0.3)), (0, 1)).run()
