"""Callables that stand for others: partials, bound methods, wrappers, ``map``, ``reduce``."""

from __future__ import annotations

import dataclasses
import functools
import itertools
from functools import partial, reduce

import numpy as np
import pytest

from srcgrad import NoDerivativeError, UnsupportedSyntaxError, grad, value_and_grad
from tests.language.cases import Table, matrix, vector

case = Table()


def power(x, exponent, scale=1.0):
    return scale * x**exponent


CUBE = partial(power, exponent=3)
SCALED = partial(partial(power, scale=2.5), exponent=np.array([2.0, 3.0, 1.0, 0.5]))


@case(vector())
def inside(x):
    f = partial(power, exponent=3)
    g = partial(power, x, 2)
    return np.sum(f(x, scale=2.0) * g() + partial(f, scale=x[0])(x))


@case(vector())
def of_a_module(x):
    return np.sum(CUBE(x) * SCALED(x) + SCALED(x, scale=3.0))


@case(vector(), CUBE)
@case(vector(), partial(np.power, 2.0))
@case(vector(), partial(np.multiply, vector(seed=1)))
def as_an_argument(x, f):
    return np.sum(f(x) * x)


@case(vector(), {"a": [CUBE, partial(power, exponent=0.5)]})
def in_a_container(x, table):
    total = 0.0
    for f in table["a"]:
        total = total + np.sum(f(x))
    return total


@case(vector(), 3)
def in_a_loop(x, n):
    step = partial(power, exponent=2)
    for i in range(n):
        f = partial(step, scale=x[0] + i)
        x = np.tanh(f(x))
    return np.sum(x)


@case(vector())
def attributes(x):
    f = partial(power, x, scale=x[1])
    return np.sum(f.func(f.args[0], 2) * f.keywords["scale"])


@case(vector())
def of_a_closure(x):
    f = partial(lambda a, b: a * b * np.sum(x), x)
    return np.sum(f(x) * f(b=2.0))


@dataclasses.dataclass
class Model:
    weights: np.ndarray
    rate: float = 0.5

    def loss(self, x, shift=0.0):
        return np.sum(self.activate(self.weights @ x) ** 2) * self.rate + shift

    def activate(self, v):
        return np.tanh(v)

    def __call__(self, x):
        return self.activate(self.weights @ x)

    @classmethod
    def total(cls, x):
        return np.sum(x * x) * cls.rate


MODEL = Model(matrix())
LOSS = MODEL.loss


@case(vector())
def bound_method_of_a_module(x):
    return LOSS(x, shift=x[0]) * LOSS(x)


@case(vector(), MODEL.activate)
@case(vector(), MODEL)
@case(vector(), partial(Model.__call__, MODEL))
def bound_method_as_an_argument(x, f):
    return np.sum(np.sum(f(x)) * x)


def logged(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return 2.0 * function(*args, **kwargs) + args[0]

    return wrapper


def repeated(times):
    def decorate(function):
        @functools.wraps(function)
        def wrapper(x):
            for _ in range(times):
                x = function(x)
            return x

        return wrapper

    return decorate


@logged
@repeated(3)
def decorated(x):
    """A helper."""
    return np.sin(x) * x


@case(vector())
def decorated_helper(x):
    return np.sum(decorated(x) * x)


@case(vector())
def decorated_inside(x):
    @logged
    @repeated(2)
    def f(v):
        return np.cos(v) * x[0]

    return np.sum(f(x))


@functools.lru_cache(maxsize=8)
def cached(n):
    return np.linspace(0.5, 1.5, n)


@functools.cache
def cached_square(v):
    return v * v * np.sin(v)


@case(vector(4))
def cached_helper(x):
    return np.sum(x * cached(4) + x ** len(cached(3)))


@case(1.3)
def derivative_through_a_cache(x):
    return cached_square(x) * cached_square(2.0) + cached_square(x * x)


GENERATOR = np.random.default_rng(0)


@functools.lru_cache
def cached_noise(a):
    return a * GENERATOR.random()


@functools.lru_cache
def cached_draw(a):
    return a * np.random.random()


@functools.cache
def cached_print(a):
    print(a)
    return a * a


@pytest.mark.parametrize("helper", [cached_noise, cached_draw, cached_print])
def test_caches_of_functions_with_effects(helper):
    with pytest.raises(UnsupportedSyntaxError, match="has a cache, and does more"):
        grad(lambda x: helper(x) * helper(x))(1.5)
    assert grad(lambda x: x * helper(2.0))(1.5) == helper(2.0)


@case(vector(3))
def mapped(x):
    return sum(map(lambda v: v * v * x[0], (x[0], x[1], x[2])))


@case(vector(3), matrix(3, 2), wrt=(0, 1))
def mapped_over_arrays(x, y):
    total = 0.0
    for a in map(lambda v, w: np.sin(v) * np.sum(w), x, y):
        total = total * 0.5 + a
    return total


@case(vector(3), [1.0, 2.0, 3.0])
def mapped_in_containers(x, c):
    items = list(map(np.sin, [x, x * x]))
    first, second = map(lambda v, w: v * w, items, c)
    total = np.sum(first * second)
    for i, (a, b) in enumerate(zip(map(np.exp, c), x)):
        total = total + a * b * i
    return total


@case(1.3)
def mapped_late(x):
    """An element is computed when the loop gets there, by what is captured then."""
    s = x
    total = 0.0
    for v in map(lambda a: a * s, (1.0, x, 3.0)):
        total = total + v
        s = s * total
    return total


@case(vector(3), wrt=0)
def reduced(x):
    product = reduce(lambda a, b: a * b + a, [x[0], x[1], x[2]])
    return product * reduce(lambda a, b: np.sin(a) + b, x) * reduce(lambda a, b: a * b, x[1:], 2.0)


@case(vector(3), matrix(3, 3), 4, wrt=(0, 1))
def reduced_in_a_loop(x, w, n):
    state = reduce(lambda h, t: np.tanh(w @ h + t), range(n), x)
    rows = functools.reduce(lambda h, row: h * row + x, w)
    nested = reduce(lambda a, v: a + reduce(lambda b, u: b * u, w[0], v), x, 0.5)
    return np.sum(state * rows) * nested


@pytest.mark.parametrize("program", case.cases)
def test_gradient(program):
    program.run()


def twice(x):
    pairs = zip((x, 2 * x), (3.0, x))
    first = sum(a * b for a, b in ()) if False else 0.0
    for a, b in pairs:
        first = first + a * b
    for a, b in pairs:
        first = first + a * b
    return first


def in_each_trip(x):
    items = itertools.accumulate((x, x * x))
    total = 0.0
    for _ in range(3):
        for v in items:
            total = total + v
    return total


def nothing(x):
    return x * reduce(lambda a, b: a * b, ())


def unknown_attribute(x):
    return x * partial(power, 2).function


REFUSED = {
    nothing: "no initial value",
    unknown_attribute: "no attribute 'function'",
}


@pytest.mark.parametrize("f", REFUSED, ids=lambda f: f.__name__)
def test_refused(f):
    with pytest.raises(UnsupportedSyntaxError, match=REFUSED[f]):
        grad(f)(1.3)


def test_what_an_earlier_trip_has_taken_is_gone():
    assert value_and_grad(in_each_trip)(1.3) == (in_each_trip(1.3), pytest.approx(1 + 1 + 2 * 1.3))


def test_iterator_twice():
    def f(x):
        pairs = zip((x, 2 * x), (3.0, x))
        total = 0.0
        for a, b in pairs:
            total = total + a * b
        for a, b in pairs:
            total = total + 100 * a * b
        return total

    assert f(1.3) == pytest.approx(3 * 1.3 + 2 * 1.3**2)
    assert grad(f)(1.3) == pytest.approx(3 + 4 * 1.3)


class Wrapper:
    """A wrapper that keeps `__wrapped__`, and does something else."""

    def __init__(self, function):
        functools.update_wrapper(self, function)
        self.function = function

    def __call__(self, x):
        return 3.0 * self.function(x)


def test_wrapped_is_not_what_is_called():
    wrapper = Wrapper(lambda v: v * v)
    assert grad(lambda x: wrapper(x))(2.0) == 12.0


def test_dispatched_function_is_refused():
    @functools.singledispatch
    def f(v):
        return v * v

    with pytest.raises(NoDerivativeError):
        grad(lambda x: f(x))(2.0)


def test_rebinding_inside_a_partial_compiles_anew(monkeypatch):
    f = grad(lambda x: CUBE(x))
    assert f(2.0) == 12.0
    monkeypatch.setitem(globals(), "CUBE", partial(power, exponent=2))
    assert f(2.0) == 4.0
    monkeypatch.setitem(globals(), "CUBE", partial(np.multiply, 7.0))
    assert f(2.0) == 7.0
    monkeypatch.setitem(globals(), "CUBE", partial(power, exponent=2, scale=10.0))
    assert f(2.0) == 40.0
