"""Rules that are called as they are, since they do more than compute or cannot be compiled."""

from __future__ import annotations

import functools

import numpy as np
import pytest

from srcgrad import RuleError, grad, register_vjp, vjp
from srcgrad.ir.ops import DERIVATIVES

X = np.array([0.5, -1.0, 2.0])
STATE = np.zeros(3)
COUNTS = {"calls": 0}
CALLS = []
NUMBER = 0


class Settings:
    calls = 0


SETTINGS = Settings()


@pytest.fixture(autouse=True)
def restored():
    yield
    DERIVATIVES.pop(half, None)
    DERIVATIVES.pop(product, None)


def half(x):
    return np.sum(x * x) / 2


def product(x, y):
    return x * y


def in_a_list(y_bar, y, x):
    CALLS.append(1)
    return y_bar * x


def in_a_dict(y_bar, y, x):
    COUNTS["calls"] += 1
    return y_bar * x


def in_an_object(y_bar, y, x):
    SETTINGS.calls += 1
    return y_bar * x


def in_a_name(y_bar, y, x):
    global NUMBER
    NUMBER += 1
    return y_bar * x


@pytest.mark.parametrize("rule", [in_a_list, in_a_dict, in_an_object, in_a_name])
def test_rules_that_count_their_calls(rule):
    def counted():
        return len(CALLS) + COUNTS["calls"] + SETTINGS.calls + NUMBER

    register_vjp(half)(rule)
    before = counted()
    np.testing.assert_allclose(grad(half)(X), X)
    np.testing.assert_allclose(grad(lambda x: half(x) * half(2 * x))(X), 8 * half(X) * X)
    assert counted() == before + 3

    def loop(x):
        total = 0.0
        for i in range(4):
            total = total + half(x * i)
        return total

    np.testing.assert_allclose(grad(loop)(X), 14 * X)
    assert counted() == before + 7
    _, pullback = vjp(lambda x: half(x) * 2, X)
    assert counted() == before + 7
    np.testing.assert_allclose(pullback(1.0)[0], 2 * X)
    np.testing.assert_allclose(pullback(2.0)[0], 4 * X)
    assert counted() == before + 9


def test_a_rule_that_counts_with_two_arguments():
    @register_vjp(product)
    def product_vjp(z_bar, z, x, y):
        COUNTS["calls"] += 1
        if x[0] > 100:
            return None, x * z_bar
        return y * z_bar, x * z_bar

    x_bar, y_bar = grad(lambda x, y: np.sum(product(x, y)), (0, 1))(X, 3 * X)
    np.testing.assert_array_equal(x_bar, 3 * X)
    np.testing.assert_array_equal(y_bar, X)


def test_an_attribute_that_a_bound_rule_reads():
    class Scaled:
        factor = 2.0

        def rule(self, y_bar, y, x):
            return y_bar * self.factor * x

    scaled = Scaled()
    register_vjp(half)(scaled.rule)
    g = grad(lambda x: half(x))
    np.testing.assert_allclose(g(X), 2 * X)
    scaled.factor = 5.0
    np.testing.assert_allclose(g(X), 5 * X)


def closed(k):
    """Rules of one argument that are called: each gives its cotangent in another form."""

    def a_list(y_bar, y, x):
        return [v * k for v in y_bar * x]

    def a_tuple(y_bar, y, x):
        return (y_bar * x * k,)

    def nothing(y_bar, y, x):
        return None if k else x

    def in_a_list(y_bar, y, x):
        return [y_bar * x * k]

    def in_a_dict(y_bar, y, x):
        return {"x": y_bar * x * k}

    def a_number(y_bar, y, x):
        return float(np.sum(y_bar * x * k))

    return {
        rule.__name__: rule for rule in (a_list, a_tuple, nothing, in_a_list, in_a_dict, a_number)
    }


@pytest.mark.parametrize(("name", "factor"), [("a_list", 1.0), ("a_tuple", 1.0), ("nothing", 0.0)])
def test_what_a_rule_may_give(name, factor):
    register_vjp(half)(closed(1.0)[name])
    np.testing.assert_allclose(grad(lambda x: half(x))(X), factor * X)
    np.testing.assert_allclose(grad(lambda x: half(x) + np.sum(x))(X), factor * X + 1)


@pytest.mark.parametrize(
    ("name", "error"),
    [("in_a_list", ValueError), ("in_a_dict", TypeError), ("a_number", ValueError)],
)
def test_what_a_rule_must_not_give(name, error):
    """It might be broadcast on its way to the argument."""
    register_vjp(half)(closed(1.0)[name])
    with pytest.raises(error):
        grad(lambda x: half(x * np.ones(3)))(X)


def test_partial_rules():
    def rule(k, y_bar, y, x):
        return k * y_bar * x

    register_vjp(half)(functools.partial(rule, 3.0))
    np.testing.assert_allclose(grad(lambda x: half(x))(X), 3 * X)

    def of_both(k, z_bar, z, x, y):
        return k * y * z_bar, k * x * z_bar

    register_vjp(product)(functools.partial(of_both, 3.0))
    np.testing.assert_allclose(grad(lambda x: np.sum(product(x, x)))(X), 6 * X)


def test_a_number_stays_one():
    k = 2.0

    def square(x):
        return x * x

    @register_vjp(square)
    def square_vjp(y_bar, y, x):
        return k * x * y_bar

    assert grad(lambda x: square(x) + x)(3.0) == 7.0
    assert type(grad(lambda x: square(x))(3.0)) is float


def test_what_the_function_has_written_outside_is_not_there():
    """The derivative of the function writes into a copy."""

    def loss(x):
        STATE[:] = x
        return half(x)

    register_vjp(half)(lambda y_bar, y, x: y_bar * STATE)
    with pytest.raises(RuleError, match="reads an array from outside that the function writes"):
        grad(loss)(X)
    np.testing.assert_array_equal(STATE, np.zeros(3))
