"""A static method or a class method that an instance hides after the gradient was compiled."""

from __future__ import annotations

import math

import numpy as np
import pytest

from srcgrad import value_and_grad

X = np.array([1.0, 2.0])


class Static:
    power = staticmethod(lambda x: np.sum(x**2))

    def __call__(self, x):
        return self.power(x)


class OfClass:
    n = 2

    @classmethod
    def power(cls, x):
        return np.sum(x**cls.n)

    def __call__(self, x):
        return self.power(x)


class OfC:
    power = staticmethod(math.sqrt)

    def __call__(self, x):
        return self.power(x[0]) + x[1]


def of_an_argument(x, model):
    return model.power(x)


def quartic(x):
    return np.sum(x**4)


def linear(x):
    return 3.0 * np.sum(x)


@pytest.mark.parametrize("cls", [Static, OfClass, OfC])
def test_hidden_by_an_attribute_of_the_instance(cls):
    model = cls()
    gradient = value_and_grad(model)
    assert gradient(X)[0] == model(X)
    model.power = quartic if cls is not OfC else (lambda v: v**4)
    value, x_bar = gradient(X)
    assert value == model(X)
    np.testing.assert_allclose(x_bar, 4 * X**3 if cls is not OfC else [4.0, 1.0])
    del model.power
    assert gradient(X)[0] == model(X)


def test_hidden_in_an_argument():
    model = OfClass()
    gradient = value_and_grad(of_an_argument)
    gradient(X, model)
    model.power = quartic
    value, x_bar = gradient(X, model)
    assert value == 17.0
    np.testing.assert_allclose(x_bar, 4 * X**3)
    assert gradient(X, OfClass())[0] == 5.0


@pytest.mark.parametrize("kind", [staticmethod, classmethod])
def test_another_in_the_class(kind, monkeypatch):
    cls = Static if kind is staticmethod else OfClass
    model = cls()
    gradient = value_and_grad(model)
    gradient(X)
    other = linear if kind is staticmethod else (lambda cls, x: linear(x))
    monkeypatch.setattr(cls, "power", kind(other))
    value, x_bar = gradient(X)
    assert value == 9.0
    np.testing.assert_allclose(x_bar, [3.0, 3.0])
