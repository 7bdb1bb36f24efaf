"""``grad`` of bound methods, partial applications, cached functions and callable objects."""

from __future__ import annotations

import copy
import functools
import inspect
import pickle
from functools import partial

import numpy as np
import pytest

from srcgrad import grad, value_and_grad, vjp
from srcgrad.testing import check_grads

X = np.array([0.5, 1.5, 2.5])


class Model:
    """A model with parameters of its own."""

    def __init__(self, scale):
        self.scale = scale

    def loss(self, x, power=2.0):
        """The loss."""
        return np.sum(self.scale * x**power)

    def __call__(self, x):
        return self.loss(x, 3.0)

    @classmethod
    def of_class(cls, x):
        return np.sum(x * x)

    @staticmethod
    def static(x):
        return np.sum(x * x)


def weighted(a, x, b, scale=1.0):
    return np.sum(a * x**2 * b) * scale


def test_bound_method():
    model = Model(np.array([1.0, 2.0, 3.0]))
    gradient = grad(model.loss)
    np.testing.assert_allclose(gradient(X), 2 * model.scale * X, rtol=1e-14)
    np.testing.assert_allclose(gradient(X, power=3.0), 3 * model.scale * X**2, rtol=1e-14)
    model.scale = np.array([5.0, 1.0, 1.0])
    np.testing.assert_allclose(gradient(X), 2 * model.scale * X, rtol=1e-14)
    model.scale = 2.0  # another type compiles anew
    np.testing.assert_allclose(gradient(X), 4 * X, rtol=1e-14)
    assert gradient.source.count("self.scale")
    check_grads(model.loss, (X,))


def test_objects_of_one_class_share_what_is_compiled():
    first, second = Model(2.0), Model(5.0)
    a, b = grad(first.loss), grad(second.loss)
    np.testing.assert_allclose(a(X), 4 * X)
    np.testing.assert_allclose(b(X), 10 * X)
    np.testing.assert_allclose(a(X), 4 * X)
    assert a.dispatch() is b.dispatch()
    assert a.dispatch().compiled == 1


def test_other_modes():
    model = Model(2.0)
    value, gradient = value_and_grad(model.loss)(X)
    assert value == model.loss(X)
    np.testing.assert_allclose(gradient, 4 * X)
    y, pullback = vjp(model.loss, X, 2.0)
    x_bar, power_bar = pullback(1.0)
    np.testing.assert_allclose(x_bar, 4 * X)
    np.testing.assert_allclose(power_bar, np.sum(2 * X**2 * np.log(X)))


def test_argnums_count_what_is_left():
    model = Model(2.0)
    x_bar, power_bar = grad(model.loss, argnums=(0, 1))(X, 2.0)
    np.testing.assert_allclose(x_bar, 4 * X)
    assert isinstance(power_bar, float)
    assert grad(model.loss, argnums=-1)(X, 2.0) == power_bar
    f = partial(weighted, 3.0)
    x_bar, b_bar = grad(f, argnums=(0, 1))(X, X)
    np.testing.assert_allclose(x_bar, 6 * X * X)
    np.testing.assert_allclose(b_bar, 3 * X**2)
    for wrong in (2, 3, -3):
        with pytest.raises(TypeError, match=f"argnums={wrong}, but .* takes 2 positional"):
            grad(model.loss, argnums=wrong)


def test_partial():
    f = partial(weighted, 3.0, scale=2.0)
    np.testing.assert_allclose(grad(f)(X, 1.5), 18 * X)
    np.testing.assert_allclose(grad(f)(X, b=1.5, scale=1.0), 9 * X)
    np.testing.assert_allclose(grad(partial(f, b=X))(X), 12 * X * X)
    np.testing.assert_allclose(grad(partial(Model(4.0).loss, power=3.0))(X), 12 * X**2)
    np.testing.assert_allclose(grad(partial(Model.loss, Model(4.0)))(X), 8 * X)
    check_grads(f, (X, 1.5))
    with pytest.raises(TypeError, match="takes a function, not type"):
        grad(partial(dict, 1))


def test_cached():
    @functools.lru_cache
    def f(x):
        return x**3

    assert grad(f)(2.0) == 12.0
    assert f.cache_info().misses == 0


def test_callable_object():
    np.testing.assert_allclose(grad(Model(2.0))(X), 6 * X**2)
    np.testing.assert_allclose(grad(Model.of_class)(X), 2 * X)
    np.testing.assert_allclose(grad(Model.static)(X), 2 * X)
    np.testing.assert_allclose(grad(Model(1.0).static)(X), 2 * X)


def test_what_it_looks_like():
    model = Model(2.0)
    gradient = grad(model.loss)
    assert gradient.__name__ == "loss"
    assert gradient.__doc__ == "The loss."
    assert str(inspect.signature(gradient)) == "(x, power=2.0)"
    assert str(inspect.signature(grad(partial(weighted, 3.0)))) == "(x, b, scale=1.0)"
    assert "x_bar" in gradient.source or "return" in gradient.source
    assert "self.scale" in gradient.lower(X).source
    assert repr(gradient) == "<grad of Model.loss>"


def test_copies_and_pickles():
    model = Model(np.array([1.0, 2.0, 3.0]))
    again = pickle.loads(pickle.dumps(grad(model.loss)))
    np.testing.assert_allclose(again(X), 2 * model.scale * X)
    f = pickle.loads(pickle.dumps(grad(partial(weighted, 3.0), argnums=1)))
    np.testing.assert_allclose(f(X, X), 3 * X**2)
    assert copy.deepcopy(f) is f


def test_in_a_class_it_is_not_bound_again():
    class Holder:
        gradient = grad(Model(2.0).loss)

    np.testing.assert_allclose(Holder().gradient(X), 4 * X)


def test_wrong_arguments():
    with pytest.raises(TypeError, match="missing a required argument: 'x'"):
        grad(Model(2.0).loss)()
    with pytest.raises(TypeError, match="too many positional"):
        grad(Model(2.0).loss)(X, 2.0, 3.0)
