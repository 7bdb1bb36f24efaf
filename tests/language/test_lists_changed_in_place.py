"""Lists of arrays and of lists whose elements loops exchange, fill in and take out: each change
costs what it changes, in the gradient as in the program."""

from __future__ import annotations

import numpy as np
import pytest

from srcgrad import grad

A = np.random.default_rng(0).normal(size=(6, 2))


def rows_exchanged(x, n):
    rows = [x[i] * 1.0 for i in range(n)]
    for i in range(n - 1):
        rows[i], rows[i + 1] = rows[i + 1], rows[i]
    return sum(rows[i][0] * rows[i][1] * i for i in range(n))


def lists_exchanged(x, n):
    rows = []
    for i in range(n):
        rows.append([x[i, 0], x[i, 1]])
    for i in range(n - 1):
        rows[i], rows[i + 1] = rows[i + 1], rows[i]
    s = 0.0
    for i in range(n):
        s += rows[i][0] * rows[i][1] * i
    return s


def none_filled_in(x, n):
    out = [None] * n
    for i in range(n):
        out[i] = np.sin(x[i])
    s = 0.0
    for i in range(n):
        s += out[i][0] * out[i][1]
    return s


def none_filled_in_with_numbers(x, n):
    out = [None] * n
    for i in range(n):
        out[i] = x[i, 0] * x[i, 1]
    return sum(v * v for v in out)


def taken_off(x, n):
    rows = [x[i] * 1.0 for i in range(n)]
    s = 0.0
    while rows:
        row = rows.pop()
        s += row[0] * row[1] * len(rows)
    return s


def put_on_and_taken_off(x, n):
    rows = []
    s = 0.0
    for i in range(n):
        rows.append(x[i] * 1.0)
        if x[i, 0] > 0:
            row = rows.pop()
            s += row[0] * row[1]
    return s + len(rows)


IN_PLACE = [
    *(rows_exchanged, lists_exchanged, none_filled_in, none_filled_in_with_numbers, taken_off),
    put_on_and_taken_off,
]


@pytest.mark.parametrize("f", IN_PLACE)
def test_gradient(f):
    derivative = grad(f)
    expected = np.zeros_like(A)
    for place in np.ndindex(A.shape):
        step = np.zeros_like(A)
        step[place] = 1e-6
        expected[place] = (f(A + step, 6) - f(A - step, 6)) / 2e-6
    np.testing.assert_allclose(derivative(A, 6), expected, rtol=1e-6, atol=1e-8)
    assert "copy" not in derivative.source


def rows_of_any_length(x, n):
    rows = [x[:i] for i in range(1, n)]
    for i in range(n - 2):
        rows[i], rows[i + 1] = rows[i + 1], rows[i]
    return sum(np.sum(rows[i] ** 2) * i for i in range(n - 1))


def test_rows_of_any_length_get_back_their_own():
    x = A.ravel()
    derivative = grad(rows_of_any_length)
    steps = 1e-6 * np.eye(len(x))
    expected = [(rows_of_any_length(x + h, 9) - rows_of_any_length(x - h, 9)) / 2e-6 for h in steps]
    np.testing.assert_allclose(derivative(x, 9), expected, rtol=1e-6, atol=1e-8)
