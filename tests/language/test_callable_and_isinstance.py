"""Whether something can be called, and of what class it is: ``callable``, ``isinstance``."""

from __future__ import annotations

import types
import typing
from functools import partial

import numpy as np
import pytest

from srcgrad import grad, value_and_grad
from srcgrad.errors import UnsupportedSyntaxError
from tests.slopes import check_slope

X = np.array([0.7, -0.4, 1.3])


class Plain:
    def __init__(self, v):
        self.v = v


class Calling(Plain):
    def __call__(self, w=2.0):
        return self.v * w

    def method(self):
        return self.v


def rate(lr, t):
    return lr(t) if callable(lr) else lr * t


@pytest.mark.parametrize(
    "make",
    [
        lambda x: x,
        lambda x: x[0],
        lambda x: x.sum(),
        lambda x: float(x[0]),
        lambda x: len(x),
        lambda x: None,
        lambda x: [x],
        lambda x: (x, 1.0),
        lambda x: {"a": x},
        lambda x: range(len(x)),
        lambda x: zip(x, x, strict=True),
        lambda x: Plain(x[1]),
        lambda x: Calling(x[1]),
        lambda x: Calling(x[1]).method,
        lambda x: Plain,
        lambda x: lambda v: v * x[0],
        lambda x: partial(np.multiply, x[0]),
        lambda x: np.sin,
        lambda x: x.sum,
    ],
)
def test_callable(make):
    def f(x):
        return x[0] * x[1] * (2 if callable(make(x)) else 3)

    check_slope(f, X)


def test_a_rate_that_is_a_number_or_a_schedule():
    def descend(x, lr=0.1):
        for t in range(3):
            x = x - (lr(t) if callable(lr) else lr) * x**2
        return np.sum(x)

    check_slope(descend, X)
    check_slope(lambda x: descend(x, lambda t: x[0] / (t + 1)), X)
    check_slope(lambda x: rate(x[0], x[1]) + rate(lambda t: t * x[2], x[1]), X)
    value, slope = value_and_grad(descend, argnums=1)(X, 0.1)
    assert value == pytest.approx(descend(X, 0.1))
    step = (descend(X, 0.1 + 1e-6) - descend(X, 0.1 - 1e-6)) / 2e-6
    assert slope == pytest.approx(step, rel=1e-6)


def test_callable_of_objects_from_outside():
    plain, calling = Plain(2.0), Calling(3.0)
    check_slope(lambda x: x[0] * (2 if callable(plain) else calling(x[1])), X)

    def f(p):
        return p() * 2 if callable(p) else p.v * 3

    assert grad(f)(Plain(1.5)).v == 3.0
    assert grad(f)(Calling(1.5)).v == 4.0


@typing.runtime_checkable
class HasV(typing.Protocol):
    v: float


@typing.runtime_checkable
class HasMethod(typing.Protocol):
    def method(self): ...


class Bare(typing.Protocol):
    v: float


def test_protocols():
    def f(x):
        p, c = Plain(x[0]), Calling(x[1])
        tests = [isinstance(o, t) for o in (p, c, x, x[0]) for t in (HasV, HasMethod)]
        return x[0] * x[1] * sum(2.0**i for i, found in enumerate(tests) if found)

    check_slope(f, X)


def test_a_protocol_that_cannot_be_tested():
    def f(x):
        return x[0] * (2 if isinstance(Plain(x[0]), Bare) else 3)

    with pytest.raises(UnsupportedSyntaxError, match="protocol that no 'isinstance' can test"):
        grad(f)(X)


class Everything(type):
    def __instancecheck__(cls, instance):
        return True


class Positive(type):
    def __instancecheck__(cls, instance):
        return instance.v > 0 if hasattr(instance, "v") else False


class Anything(metaclass=Everything):
    pass


class Above(metaclass=Positive):
    pass


def test_a_class_that_says_what_its_instances_are():
    def f(x):
        own = 2 if isinstance(Plain(x[0]), Anything) else 3
        return own * x[0] * (5 if isinstance(x[1], (int, Anything)) else 7)

    check_slope(f, X)
    check_slope(lambda x: x[0] * (2 if isinstance(x, Above) else 3), X)


def test_one_whose_answer_depends_on_data():
    def f(x):
        return x[0] * (2 if isinstance(Plain(x[0]), Above) else 3)

    with pytest.raises(UnsupportedSyntaxError, match="instance of 'Above' depends on data"):
        grad(f)(X)


# --- generator expressions, which nobody need ask for elements -----------------------------------


def no_list(x):
    values = (v * v for v in x)
    return x[0] if isinstance(values, list) else x[1] * sum(values)


def a_generator(x):
    values = (v * v for v in x)
    return x[0] * next(values) if isinstance(values, types.GeneratorType) else x[1]


def of_class(x):
    values = (v * v for v in x)
    return sum(values) if type(values) is types.GeneratorType else x[1]


def there(x):
    values = (x[9] for _ in x)
    return x[0] ** 2 if values and values is not None else x[1]


def not_empty(x):
    values = (v for v in x if v > 9)
    return x[0] if not values else x[1] * x[2]


def itself(x):
    values = (v * v for v in x)
    same = values
    return sum(values) if same is values else x[0]


def its_methods(x):
    values = (x[9] for _ in x)
    return x[0] ** 3 if hasattr(values, "__next__") and not hasattr(values, "append") else x[1]


def called(x):
    values = (x[9] for _ in x)
    return x[0] if callable(values) else x[1] ** 2


GENERATORS = [no_list, a_generator, of_class, there, not_empty, itself, its_methods, called]


@pytest.mark.parametrize("f", GENERATORS, ids=lambda f: f.__name__)
def test_generators(f):
    check_slope(f, X)
