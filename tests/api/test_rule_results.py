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


def tripled(x):
    return x * 3.0


@pytest.fixture(autouse=True)
def restored():
    yield
    DERIVATIVES.pop(product, None)
    DERIVATIVES.pop(tripled, None)


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
    assert grad(lambda x, y: product(x, y), (0, 1))(1.5, 3.0) == (6.0, 3.0)


def test_result_of_a_closure_that_does_not_show_it():
    factor = 2.0

    def product_vjp(z_bar, z, x, y):
        both = factor * y * z_bar, factor * x * z_bar
        return both

    register_vjp(product)(product_vjp)
    with pytest.raises(RuleError, match="not known before it runs"):
        grad(lambda x, y: product(x, y))(1.5, 3.0)


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (lambda z_bar, z, x, y: [z_bar * y, z_bar * x], "gives a list, and has several cotangents"),
        (lambda z_bar, z, x, y: (z_bar * y, z_bar * x, x), "gives 3 cotangents, and takes 2 arg"),
        (lambda z_bar, z, x, y: (z_bar * y, [z_bar * x]), "gives a list for an argument, which is"),
    ],
)
def test_what_is_no_cotangent_of_two_arguments(rule, message):
    register_vjp(product)(rule)
    with pytest.raises(RuleError, match=message):
        grad(lambda x: np.sum(product(x, x * 3.0)))(np.ones(2))


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (lambda z_bar, z, x: [z_bar * 3.0], "gives a list for x, which is none"),
        (lambda z_bar, z, x: {"x": z_bar * 3.0}, "gives a dict for x, which is none"),
        (lambda z_bar, z, x: (z_bar * 3.0, z_bar), "gives 2 cotangents, and takes 1 argument of"),
    ],
)
def test_what_is_no_cotangent_of_one_argument(rule, message):
    register_vjp(tripled)(rule)
    with pytest.raises(RuleError, match=message):
        grad(lambda x: np.sum(tripled(x)))(np.ones(2))


def test_what_may_stand_after_the_last_argument():
    register_vjp(tripled)(lambda z_bar, z, x: (z_bar * 3.0, None))
    np.testing.assert_array_equal(grad(lambda x: np.sum(tripled(x)))(np.ones(2)), [3.0, 3.0])


def test_a_list_of_cotangents_for_a_list():
    """The rule stops before the number, which is not differentiated."""

    def weighted(parts, k):
        return parts[0] + k * parts[1]

    @register_vjp(weighted)
    def weighted_vjp(z_bar, z, parts, k):
        return [z_bar, k * z_bar]

    got = grad(lambda x: np.sum(weighted([x, x * x], 3.0)))(np.array([1.0, 2.0]))
    np.testing.assert_array_equal(got, [7.0, 13.0])
    DERIVATIVES.pop(weighted)
