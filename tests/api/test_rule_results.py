"""A rule whose result is known when it runs only is refused, if it may be several cotangents."""

from __future__ import annotations

import numpy as np
import pytest

from srcgrad import RuleError, grad, register_vjp
from srcgrad.ir.ops import DERIVATIVES


class Gate:
    def backward(self, z_bar, x, y):
        with np.printoptions(precision=3):
            return y * z_bar, x * z_bar


GATE = Gate()


def product(x, y):
    return x * y


@pytest.fixture(autouse=True)
def restored():
    yield
    DERIVATIVES.pop(product, None)


@pytest.mark.parametrize("argnums", [0, 1, (0, 1)])
def test_result_of_a_method_that_is_not_looked_into(argnums):
    @register_vjp(product)
    def product_vjp(z_bar, z, x, y):
        return GATE.backward(z_bar, x, y)

    with pytest.raises(RuleError, match="not known before it runs"):
        grad(lambda x, y: np.sum(product(x, y)), argnums)(np.ones(2), np.full(2, 3.0))


def test_result_of_a_closure():
    factor = 2.0

    def product_vjp(z_bar, z, x, y):
        return factor * y * z_bar, factor * x * z_bar

    register_vjp(product)(product_vjp)
    with pytest.raises(RuleError, match="not known before it runs"):
        grad(lambda x, y: product(x, y))(1.5, 3.0)


def test_taken_apart_it_is_two_cotangents():
    @register_vjp(product)
    def product_vjp(z_bar, z, x, y):
        both = GATE.backward(z_bar, x, y)
        return both[0], both[1]

    x_bar, y_bar = grad(lambda x, y: np.sum(product(x, y)), (0, 1))(np.ones(2), np.full(2, 3.0))
    np.testing.assert_array_equal(x_bar, [3.0, 3.0])
    np.testing.assert_array_equal(y_bar, [1.0, 1.0])
