"""Functions that a decorator hands on as ``wrapper(*args, **kwargs)``, differentiated directly."""

from __future__ import annotations

import functools
import inspect
import pickle

import numpy as np
import pytest

from srcgrad import grad, value_and_grad, vjp


def named(function):
    @functools.wraps(function)
    def wrapper(*args):
        return function(*args)

    return wrapper


def scaled(factor):
    def decorate(function):
        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            return factor * function(*args, **kwargs)

        return wrapper

    return decorate


@named
def square(x):
    return x * x


@scaled(3.0)
def power(x, n=2, *, c=1.0):
    return np.sum(x**n) * c


@scaled(5.0)
def another_power(x, n=2, *, c=1.0):
    return np.sum(x**n) * c


@named
@scaled(2.0)
def product(x, y):
    """A product of both."""
    return np.sum(x * y * y)


class Model:
    def __init__(self, k):
        self.k = k

    @named
    def loss(self, x):
        return self.k * np.sum(x**2)


@named
def any_number(*terms):
    return terms[0]


X, Y = np.array([1.0, 2.0]), np.array([0.5, -1.5])


def test_gradient():
    assert grad(square)(2.0) == 4.0
    np.testing.assert_allclose(grad(power)(X), 6 * X)
    np.testing.assert_allclose(grad(another_power)(X), 10 * X)
    np.testing.assert_allclose(grad(power)(X, 3, c=2.0), 18 * X**2)


def test_what_is_not_given_is_what_the_function_takes_by_default():
    gradient = grad(power)
    np.testing.assert_allclose(gradient(X, c=2.0), 12 * X)
    np.testing.assert_allclose(gradient(X), 6 * X)


def test_several_arguments():
    by_x, by_y = grad(product, argnums=(0, 1))(X, Y)
    np.testing.assert_allclose(by_x, 2 * Y**2)
    np.testing.assert_allclose(by_y, 4 * X * Y)
    np.testing.assert_allclose(grad(product, argnums=1)(X, Y), 4 * X * Y)
    value, pullback = vjp(product, X, Y)
    assert value == product(X, Y)
    np.testing.assert_allclose(pullback(1.0)[1], 4 * X * Y)


def test_method():
    value, gradient = value_and_grad(Model(3.0).loss)(X)
    assert value == 15.0
    np.testing.assert_allclose(gradient, 6 * X)


def test_it_has_the_name_and_the_signature_of_the_function():
    gradient = grad(product)
    assert gradient.__name__ == "product"
    assert gradient.__doc__ == "A product of both."
    assert str(inspect.signature(gradient)) == "(x, y)"
    np.testing.assert_allclose(pickle.loads(pickle.dumps(gradient))(X, Y), 2 * Y**2)


def test_one_that_takes_any_arguments_has_no_names_for_them():
    with pytest.raises(TypeError, match="give it a name"):
        grad(any_number)


def test_what_is_wrapped_may_have_no_signature():
    def wrapper(*args):
        return args[0]

    wrapper.__wrapped__ = 3
    with pytest.raises(TypeError, match="give it a name"):
        grad(wrapper)
