"""Products rearranged: fewer passes over arrays, and never another value."""

from __future__ import annotations

import operator

import numpy as np
import pytest

from srcgrad import grad
from srcgrad.ir.types import NP_FLOAT, Array
from srcgrad.transform.simplify.dead import remove_dead
from srcgrad.transform.simplify.products import arrange_products
from tests.transform.passes import (
    Builder,
    adjoint,
    count,
    every,
    made,
    number,
    numeric,
    ops,
    same_values,
    vector,
)

X = np.array([0.3, -0.7, 1.1])


def arrays_made(function) -> int:
    return sum(isinstance(stmt.target.type, Array) for stmt in every(function))


def test_numbers_meet_first():
    b, x, n = adjoint(), vector("x"), number("n")
    f = made(b, [x, n], b.add(operator.mul, n, b.add(operator.mul, 2.0, x)))
    assert arrays_made(f) == 2
    f = same_values(arrange_products, f, X, 3.0)
    assert arrays_made(remove_dead(f)) == 1


def test_signs_go_outside_and_become_differences():
    b, x, y = adjoint(), vector("x"), vector("y")
    product = b.add(operator.mul, x, b.add(operator.neg, b.add(np.sin, y)))
    f = made(b, [x, y], b.add(operator.add, x, product))
    f = same_values(arrange_products, f, X, X[::-1])
    assert ops(f)[-1] is operator.sub


def test_user_lines_are_left_alone():
    b, x, n = Builder(), vector("x"), number("n")
    f = made(b, [x, n], b.add(operator.mul, n, b.add(operator.mul, 2.0, x)))
    assert ops(same_values(arrange_products, f, X, 3.0)) == [operator.mul] * 2


def test_what_others_read_is_not_taken_apart():
    b, x, n = adjoint(), vector("x"), number("n")
    twice = b.add(operator.mul, 2.0, x)
    f = made(b, [x, n], b.add(operator.mul, n, twice), twice)
    f = same_values(arrange_products, f, X, 3.0)
    assert arrays_made(f) == 2


def test_nothing_moves_past_a_store():
    b, x, n = adjoint(), vector("x"), number("n")
    buffer = b.add(np.copy, x)
    twice = b.add(operator.mul, 2.0, buffer)
    b.store(buffer, 0, 100.0)
    f = made(b, [x, n], b.add(operator.mul, n, twice), b.add(np.sum, buffer, type=NP_FLOAT))
    same_values(arrange_products, f, X, 3.0)


def test_sum_of_a_product_has_its_numbers_outside():
    b, x, n = adjoint(), vector("x"), number("n")
    product = b.add(operator.mul, n, x)
    f = made(b, [x, n], b.add(np.ndarray.sum, product, type=NP_FLOAT))
    f = same_values(arrange_products, f, X, 3.0)
    assert ops(f)[-2:] == [np.ndarray.sum, operator.mul]


def test_zero_times_something_stays():
    """It may be nan, and it has a shape."""
    b, x = adjoint(), vector("x")
    f = made(b, [x], b.add(operator.mul, 0.0, b.add(operator.mul, 2.0, x)))
    same_values(arrange_products, f, np.array([1.0, np.inf, np.nan]))


def test_doubled_value():
    b, x = adjoint(), vector("x")
    f = same_values(arrange_products, made(b, [x], b.add(operator.add, x, x)), X)
    assert count(f, operator.mul) == 1


def scaled(x, n):
    return np.sum((x * n) ** 2)


@pytest.mark.parametrize(
    "n", [np.int8(100), np.uint8(200), np.int16(30000), np.int8(-100), 7, True]
)
def test_small_integers_do_not_overflow(n):
    want = 2 * X * float(n) ** 2
    np.testing.assert_allclose(grad(scaled)(X, n), want, rtol=1e-14)


def test_narrow_floats_are_not_multiplied_in_their_own_precision():
    def cubed(x, n):
        return np.sum((x * n) ** 3)

    n = np.float32(0.1)
    want = 3 * X**2 * float(n) ** 3
    np.testing.assert_allclose(grad(cubed)(X, n), want, rtol=1e-14)


def test_narrow_floats_do_not_overflow():
    n = np.float32(2e38)
    want = 2 * X * float(n) ** 2
    np.testing.assert_allclose(grad(scaled)(X, n), want, rtol=1e-14)


def test_divisors():
    def f(x, n, m):
        return np.sum((x / n) ** 2 / m) / 3

    for n, m in [(2.0, 3), (np.float32(0.25), np.int8(3)), (np.int64(5), np.float64(0.3))]:
        np.testing.assert_allclose(
            grad(f)(X, n, m), 2 * X / float(n) ** 2 / float(m) / 3, rtol=1e-13
        )
        np.testing.assert_allclose(grad(f)(X, n, m), numeric(f, (X, n, m), 0), rtol=1e-6)
