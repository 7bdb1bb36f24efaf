"""Rows that a loop fills and a list takes are changed in place, if nobody else has them."""

from __future__ import annotations

import numpy as np
import pytest

from srcgrad import grad, value_and_grad, vjp
from srcgrad.testing import check_grads


def determinant(M, unused):
    n = len(M)
    A = [list(row) for row in M]
    for k in range(n):
        p = k
        for i in range(k + 1, n):
            if abs(A[i][k]) > abs(A[p][k]):
                p = i
        A[k], A[p] = A[p], A[k]
        for i in range(k + 1, n):
            f = A[i][k] / A[k][k]
            for j in range(k, n):
                A[i][j] -= f * A[k][j]
    d = 1.0
    for k in range(n):
        d *= A[k][k]
    return d


def kept_under_a_second_name(M, x):
    rows, last = [], [0.0]
    for i in range(len(M)):
        row = []
        for j in range(len(x)):
            row.append(M[i, j] * x[j])
        rows.append(row)
        last = row
    for i in range(len(M)):
        rows[i][0] += x[i] * last[0]
    return sum(r[0] * r[1] for r in rows) + last[0]


def taken_twice(M, x):
    rows = []
    for i in range(len(M)):
        row = []
        for j in range(len(x)):
            row.append(M[i, j] * x[j])
        rows.append(row)
        rows.append(row)
    for i in range(len(rows)):
        rows[i][0] *= x[0] + x[i % len(x)]
    return sum(r[0] * r[1] for r in rows)


def one_row_for_all(M, x):
    rows, base = [], [x[0]]
    for i in range(len(M)):
        row = base
        for j in range(i):
            row.append(M[i, j])
        rows.append(row)
    for i in range(len(rows)):
        rows[i][0] = rows[i][0] * x[i]
    return sum(r[-1] * r[0] for r in rows)


def beside_an_earlier_version(M, x):
    rows, others = [], []
    for i in range(len(M)):
        row, before = [], [1.0]
        for j in range(len(x)):
            before = row.copy()
            row.append(M[i, j] * x[j])
        rows.append(row)
        others.append(before)
    for i in range(len(rows)):
        rows[i][0] = rows[i][0] * others[i][0]
        others[i][0] = rows[i][0] * x[0]
    return sum(r[0] * r[1] for r in rows) + sum(o[0] for o in others)


def emptied_again(M, x):
    rows, s = [], 0.0
    for i in range(len(M)):
        row = []
        for j in range(i + 1):
            row.append(M[i, j] * x[j])
        rows.append(row)
    for r in rows:
        r[0] = r[0] * 2
    while rows:
        r = rows.pop()
        while r:
            s = s * 0.9 + r.pop() ** 2
    return s


PROGRAMS = [
    kept_under_a_second_name,
    taken_twice,
    one_row_for_all,
    beside_an_earlier_version,
    emptied_again,
]


@pytest.mark.parametrize("f", PROGRAMS)
def test_gradients(f):
    rng = np.random.default_rng(3)
    M, x = rng.normal(size=(4, 4)), rng.normal(size=4)
    check_grads(f, (M, x), argnums=(0, 1))
    value, bars = value_and_grad(f, argnums=(0, 1))(M, x)
    assert value == f(M, x)
    _, pullback = vjp(f, M, x)
    for _ in range(2):
        for got, want in zip(pullback(1.0), bars, strict=True):
            np.testing.assert_allclose(got, want, rtol=1e-12)


def test_rows_that_change_places():
    M = np.random.default_rng(5).normal(size=(20, 20))
    derivative = grad(determinant)
    M_bar = derivative(M, None)
    np.testing.assert_allclose(M_bar, np.linalg.det(M) * np.linalg.inv(M).T, rtol=1e-9)
    assert "[j] -= f * part_j" in derivative.source  # no row is copied for each element
    assert "[j] += diff_bar" in derivative.source
    assert "copy_part" not in derivative.source
