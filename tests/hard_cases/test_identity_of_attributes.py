"""``is`` of what an attribute gives: classes, data types, texts, truth values, parts of arrays."""

from __future__ import annotations

import functools

import numpy as np
import pytest

from srcgrad import AliasingError, UnsupportedSyntaxError, value_and_grad
from srcgrad.testing import check_grads

X = np.array([0.3, 1.2, 0.7])
PAIR = (1, 2)
ITEMS = [1, 2]


class Scaled:
    def __init__(self, scale):
        self.scale = scale

    def __call__(self, x):
        return np.tanh(self.scale * x)


class Layer:
    dtype = np.float64
    kind = "relu"
    pair = PAIR
    activation = Scaled(2.0)
    curve = np.sin
    power = functools.partial(np.power, 2.0)
    made = Scaled

    def __init__(self, x=None):
        self.own = np.dtype(float)
        self.nothing = NotImplemented
        self.items = ITEMS
        self.x = x

    def __call__(self, x):
        return x * 2 if self.dtype is np.float64 else x


class Deep(Layer):
    pass


LAYER = Deep()


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.sum(LAYER(x)),
        lambda x: np.sum(Deep(x)(x)),
        lambda x: np.sum(x) * (2 if LAYER.dtype is Layer.dtype else 3),
        lambda x: np.sum(x) * (2 if LAYER.dtype is not np.float32 else 3),
        lambda x: np.sum(x) * (2 if LAYER.own is np.dtype(float) else 3),
        lambda x: np.sum(x) * (2 if LAYER.nothing is NotImplemented else 3),
        lambda x: np.sum(x) * (2 if LAYER.pair is PAIR else 3),
        lambda x: np.sum(x) * (2 if LAYER.items is ITEMS else 3),
        lambda x: np.sum(x) * (2 if LAYER.kind is Layer.kind else 3),
        lambda x: np.sum(x) * (2 if LAYER.curve is np.sin else 3),
        lambda x: np.sum(x) * (2 if LAYER.made is Scaled else 3),
        lambda x: np.sum(x) * (2 if Deep(x).activation is Layer.activation else 3),
        lambda x: np.sum(x) * (2 if getattr(LAYER, "dtype") is np.float64 else 3),
        lambda x: np.sum(x) * (2 if x.__class__ is np.ndarray else 3),
        lambda x: np.sum(x) * (2 if x[0].__class__ is np.float64 else 3),
        lambda x: np.sum(x) * (2 if (x[0] > 0) is np.True_ else 3),
        lambda x: np.sum(x) * (2 if np.all(x > 0) is np.False_ else 3),
    ],
)
def test_what_is_known(f) -> None:
    assert value_and_grad(f)(X)[0] == f(X)
    check_grads(f, (X,))


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.sum(LAYER.activation(x)),
        lambda x: np.sum(LAYER.curve(x)),
        lambda x: np.sum(LAYER.power(x)),
        lambda x: np.sum(LAYER.made(3.0)(x)),
        lambda x: np.sum(Deep(x).activation(x) * Deep(x).curve(x)),
    ],
)
def test_what_a_class_has_that_can_be_called(f) -> None:
    check_grads(f, (X,))


def test_the_class_of_an_instance_that_changes() -> None:
    layer = Layer()

    def f(x):
        return np.sum(layer(x)) * (2 if layer.nothing is NotImplemented else 3)

    gradient = value_and_grad(f)
    assert gradient(X)[0] == f(X)
    layer.dtype = np.float32
    assert gradient(X)[0] == f(X)
    layer.nothing = None
    assert gradient(X)[0] == f(X)


def test_what_an_array_is_a_view_of_is_not_known() -> None:
    with pytest.raises(UnsupportedSyntaxError, match="whether 'base' of an array"):
        value_and_grad(lambda x: np.sum(x) if x.base is None else np.sum(x * x))(X)
    with pytest.raises(UnsupportedSyntaxError, match="whether 'base' of an array"):
        value_and_grad(lambda x: np.sum(x) if x.T.base is x else np.sum(x * x))(X)


def test_texts_that_are_equal() -> None:
    text = "".join(["re", "lu"])
    with pytest.raises(AliasingError, match="use '=='"):
        value_and_grad(lambda x: np.sum(x) * (2 if LAYER.kind is text else 3))(X)
