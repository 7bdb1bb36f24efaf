"""The ``__call__`` of an object that is differentiated is the one that its class has now."""

from __future__ import annotations

import functools

import numpy as np
import pytest

from srcgrad import grad, value_and_grad, vjp

X = np.array([1.0, 2.0])


def make():
    class Power:
        def __init__(self, n):
            self.n = n

        def __call__(self, x):
            return np.sum(x) ** self.n

    return Power


def test_a_call_that_is_bound_again():
    Power = make()
    power = Power(2)
    g = value_and_grad(power)
    for _ in range(2):  # the second time by the entry
        assert g(X)[0] == 9.0
    Power.__call__ = lambda self, x: 5 * np.sum(x)
    for _ in range(3):
        value, gradient = g(X)
        assert value == 15.0
        np.testing.assert_array_equal(gradient, [5.0, 5.0])
    assert "5" in g.source


def test_back_and_forth():
    Power = make()
    power, first = Power(2), Power.__call__
    g = grad(power)
    for _ in range(3):
        Power.__call__ = first
        np.testing.assert_array_equal(g(X), [6.0, 6.0])
        Power.__call__ = lambda self, x: 5 * np.sum(x)
        np.testing.assert_array_equal(g(X), [5.0, 5.0])


def test_by_a_partial_and_in_a_pullback():
    Power = make()

    class Scaled(Power):
        def __call__(self, s, x):
            return s * super().__call__(x)

    g = grad(functools.partial(Scaled(2), 3.0))
    np.testing.assert_array_equal(g(X), [18.0, 18.0])
    Power.__call__ = lambda self, x: np.sum(x)
    np.testing.assert_array_equal(g(X), [3.0, 3.0])
    Scaled.__call__ = lambda self, s, x: s * np.sum(2 * x)
    np.testing.assert_array_equal(g(X), [6.0, 6.0])
    _, pullback = vjp(Power(2), X)
    np.testing.assert_array_equal(pullback(1.0)[0], [1.0, 1.0])


def test_functions_of_one_code():
    Power = make()

    def times(k):
        return lambda self, x: k * np.sum(x)

    g = grad(Power(2))
    for k in (2.0, 3.0, 2.0):
        Power.__call__ = times(k)
        np.testing.assert_array_equal(g(X), [k, k])


def test_other_parameters():
    Power = make()
    g = grad(Power(2))
    g(X)
    Power.__call__ = lambda self, x, y: np.sum(x * y)
    with pytest.raises(TypeError, match=r"Power.__call__\(\) has other parameters now: call grad"):
        g(X)


def test_a_bound_method_stays_what_it_is():
    class Model:
        def loss(self, x):
            return np.sum(x) ** 2

    g = grad(Model().loss)
    np.testing.assert_array_equal(g(X), [6.0, 6.0])
    Model.loss = lambda self, x: 5 * np.sum(x)
    np.testing.assert_array_equal(g(X), [6.0, 6.0])
