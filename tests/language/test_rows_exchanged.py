"""Rows that change places by what data tell, as with a pivot, and are written after that.

The loops stay loops, and the list of the rows holds their places in a list of all of them
(``specialise/pools.py``): the text is as long for many rows as for few."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import value_and_grad
from srcgrad.testing import check_grads

PROGRAMS: list[Callable[..., Any]] = []


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


@program
def determinant(x, n):
    a = [[x[i, j] for j in range(n)] for i in range(n)]
    s = 1.0
    for k in range(n):
        p = max(range(k, n), key=lambda i: abs(a[i][k]))
        if p != k:
            a[k], a[p] = a[p], a[k]
            s = -s
        for i in range(k + 1, n):
            m = a[i][k] / a[k][k]
            for j in range(k, n):
                a[i][j] -= m * a[k][j]
    for k in range(n):
        s *= a[k][k]
    return s


@program
def through_a_third_name(x, n):
    a = []
    for i in range(n):
        row = []
        for j in range(n):
            row.append(x[i, j])
        a.append(row)
    for k in range(n):
        p = k
        for i in range(k + 1, n):
            if abs(a[i][k]) > abs(a[p][k]):
                p = i
        t = a[k]
        a[k] = a[p]
        a[p] = t
        for i in range(k + 1, n):
            m = a[i][k] / t[k] if t is a[k] else a[i][k] / a[k][k]
            for j in range(k, n):
                a[i][j] -= m * a[k][j]
    return sum((k + 1) * abs(a[k][k]) for k in range(n))


@program
def solution(x, n):
    a = [[x[i, j] for j in range(n)] for i in range(n)]
    b = [1.0 + x[i, 0] for i in range(n)]
    for k in range(n):
        p = max(range(k, n), key=lambda i: abs(a[i][k]))
        a[k], a[p] = a[p], a[k]
        b[k], b[p] = b[p], b[k]
        d = a[k][k]
        for j in range(k, n):
            a[k][j] /= d
        b[k] /= d
        for i in range(n):
            if i != k:
                m = a[i][k]
                for j in range(k, n):
                    a[i][j] -= m * a[k][j]
                b[i] -= m * b[k]
    return sum(b[i] * (i + 1) for i in range(n))


@program
def sorted_rows(x, n):
    rows = [[x[i, j] for j in range(n)] for i in range(n)]
    first = rows[0]
    rows.sort(key=lambda r: r[0])
    rows[0][0] *= 2
    rows[1][1] *= rows[0][0]
    first[1] += 0.5 * x[0, 0]
    return sum(r[0] * r[1] * (i + 1) for i, r in enumerate(rows))


@program
def one_row_twice(x, n):
    rows = [[x[i, j] for j in range(n)] for i in range(n)]
    rows[0] = rows[int(np.argmax(x[:, 1]))]
    for i in range(n):
        rows[i][0] *= 1.0 + x[i, 1]
    return sum(r[0] * r[1] * (i + 1) for i, r in enumerate(rows))


@program
def dicts(x, n):
    rows = [{"a": x[i, 0], "b": x[i, 1]} for i in range(n)]
    p = int(np.argmax(x[:, 2]))
    rows[0], rows[p] = rows[p], rows[0]
    rows[0]["a"] *= 3.0
    rows[p]["b"] += rows[0]["a"] ** 2
    return sum((i + 1) * r["a"] * r["b"] for i, r in enumerate(rows))


class P:
    def __init__(self, a, b):
        self.a = a
        self.b = b


@program
def instances(x, n):
    rows = [P(x[i, 0], x[i, 1]) for i in range(n)]
    p = int(np.argmax(x[:, 2]))
    rows[0], rows[p] = rows[p], rows[0]
    rows[0].a *= 3.0
    rows[p].b += rows[0].a ** 2
    return sum((i + 1) * r.a * r.b for i, r in enumerate(rows))


def matrix(n):
    return np.random.default_rng(n).normal(size=(n, n))


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_gradient(f: Callable[..., Any]) -> None:
    check_grads(f, (matrix(6), 6), argnums=0)


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_one_text_for_any_number_of_rows(f: Callable[..., Any]) -> None:
    derivative = value_and_grad(f)
    derivative(matrix(6), 6)
    text = derivative.source
    assert len(text.splitlines()) < 200
    assert derivative(matrix(6), 6)[0] == pytest.approx(f(matrix(6), 6), rel=1e-12)
    value, _ = derivative(matrix(11), 11)
    assert derivative.source == text
    assert value == pytest.approx(f(matrix(11), 11), rel=1e-11)
    with pytest.raises(IndexError):
        derivative(matrix(11), 12)


def test_determinant() -> None:
    value, x_bar = value_and_grad(determinant)(matrix(8), 8)
    assert value == pytest.approx(np.linalg.det(matrix(8)), rel=1e-12)
    np.testing.assert_allclose(x_bar, value * np.linalg.inv(matrix(8)).T, rtol=1e-9)
