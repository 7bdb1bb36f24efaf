"""Loops over lists and arrays side by side."""

from __future__ import annotations

import numpy as np
import pytest

from srcgrad import grad
from tests.language.cases import Table, matrix, vector

case = Table()


@case([1.0, 2.0, 0.5], vector(3), wrt=(0, 1))
@case([1.0, 2.0, 0.5], vector(2), wrt=(0, 1))
@case([1.0, 2.0], vector(5), wrt=(0, 1))
@case([1.0, 2.0], np.zeros(0), wrt=(0, 1))
@case([0.5], vector(1), wrt=(0, 1))
def list_and_array(items, x):
    total = 0.0
    for w, v in zip(items, x):
        total = total * 0.5 + w * np.sin(v)
    return total + np.sum(x)


@case([matrix(3, 4), matrix(2, 3)], matrix(2, 4), wrt=(0, 1))
def layers_and_rows(layers, rows):
    h = rows[0]
    for i, (w, row) in enumerate(zip(layers, rows)):
        h = np.tanh(w @ h) * (i + 1.0) + np.sum(row)
    return np.sum(h)


@case((1.0, 0.5, 2.0), vector(6), 5)
def with_ranges_and_slices(w, x, n):
    total = 0.0
    for i, (a, v, k) in enumerate(zip(w, x[2:], range(n))):
        total = total + a * v * k + i
    return np.sum(total * x)


@case(vector(4), matrix(4, 3), wrt=(0, 1))
@case(vector(3), matrix(4, 3), wrt=(0, 1))
def arrays_counted(x, y):
    total = x[0] * 0.0
    for i, (v, row) in enumerate(zip(x, y), start=1):
        total = total * v + np.sum(row) * i
    return total


@case(vector(4), matrix(4, 3), wrt=(0, 1))
def zip_of_enumerate(x, y):
    total = 0.0
    for (i, v), row, back in zip(enumerate(x), y, reversed(x)):
        total = total + v * np.sum(row) * i * back
    return total


@case(vector(3), {"a": 1.0, "b": 2.0, "c": 0.5}, wrt=(0, 1))
def dict_and_array(x, table):
    total = 0.0
    for (_, v), w in zip(table.items(), x):
        total = total + v * w * w
    for name, w in zip(table, x):
        total = total + table[name] * w
    return total


@case([0.1 * i for i in range(40)], 3.0)
def long_list_of_numbers(items, x):
    total = x
    for item in items:
        total = total * 0.9 + 0.1 * item * np.sin(total)
    return total


@case([1.0, 2.0, 3.0], vector(3), wrt=(0, 1))
def list_by_the_length_of_an_array(items, x):
    total = 0.0
    for i in range(len(x)):
        total = total + items[i] * x[i]
    for i in range(x.shape[0] - 1):
        total = total * items[i]
    return total


@pytest.mark.parametrize("program", case.cases)
def test_gradient(program):
    program.run()


def test_other_lengths_compile_anew():
    def f(x, items):
        total = 0.0
        for v, w in zip(x, items):
            total = total + v * w
        return total

    gradient = grad(f)
    np.testing.assert_array_equal(gradient(np.ones(3), [1.0, 2.0]), [1.0, 2.0, 0.0])
    np.testing.assert_array_equal(gradient(np.ones(2), [1.0, 2.0]), [1.0, 2.0])
    np.testing.assert_array_equal(gradient(np.ones(1), [1.0, 2.0]), [1.0])
    np.testing.assert_array_equal(gradient(np.ones(3), [1.0, 2.0]), [1.0, 2.0, 0.0])
    assert gradient.dispatch().compiled == 3


def test_a_length_that_is_not_known():
    def f(x, items):
        total = 0.0
        for v, w in zip(x[x > 0.5], items):
            total = total + v * w
        return total

    x = np.array([0.3, 0.7, 0.1, 0.9, 0.8])
    np.testing.assert_array_equal(grad(f)(x, [1.0, 2.0]), [0, 1, 0, 2, 0])
    np.testing.assert_array_equal(grad(f)(x[:2], [1.0, 2.0]), [0, 1])
