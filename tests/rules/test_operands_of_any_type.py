"""Rules of operations on operands of which nothing is known, and rules that do not fit."""

from __future__ import annotations

import numpy as np
import pytest

from srcgrad import NoDerivativeError, register_vjp, value_and_grad
from srcgrad.errors import CertainError
from srcgrad.ir.ops import DERIVATIVES


def by_operator(y, w):
    return w @ y


def by_dot(y, w):
    return np.dot(y, w)


def by_inner(y, w):
    return np.inner(w, y)


@pytest.mark.parametrize("product", [by_operator, by_dot, by_inner])
@pytest.mark.parametrize("t", [0.3, 2.5])
def test_products_of_what_may_be_of_any_rank(product, t):
    def f(y, t):
        w = y * t if t < 1 else y.astype(np.float32)
        return product(y, w)

    y = np.array([0.5, 2.0])
    factor = t if t < 1 else 1.0
    np.testing.assert_allclose(value_and_grad(f)(y, t)[1], 2 * factor * y)


def test_rules_that_raise_are_not_taken_for_the_program():
    def cube(x):
        return x**3

    @register_vjp(cube)
    def cube_vjp(y_bar, y, x):
        return y_bar * np.float64(3.0).nothing * x**2

    try:
        with pytest.raises(NoDerivativeError, match=r"cube does not fit here: .*nothing") as caught:
            value_and_grad(lambda x: cube(x) * 2.0)(1.5)
    finally:
        del DERIVATIVES[cube]
    assert not isinstance(caught.value, CertainError)
    assert caught.value.loc is not None
