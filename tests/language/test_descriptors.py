"""What a class makes of an attribute of its instances, and whether an instance has it."""

from __future__ import annotations

import copy
import functools
import operator
import types
from dataclasses import dataclass

import numpy as np
import pytest

from srcgrad import grad, value_and_grad
from srcgrad.errors import SrcgradError, UnsupportedSyntaxError
from tests.slopes import STEP, check_slope

X = np.array([0.7, -0.4, 1.3])


class Twice:
    """A data descriptor, which comes before what the instance holds."""

    def __set_name__(self, owner, name):
        self.name = "_" + name
        self.factor = 2.0

    def __get__(self, instance, owner=None):
        if instance is None:
            return self
        return getattr(instance, self.name) * self.factor

    def __set__(self, instance, value):
        setattr(instance, self.name, value + 1.0)


class Third:
    """One that comes after it."""

    def __get__(self, instance, owner=None):
        return 1.0 if instance is None else instance.k / 3


class Callback:
    """A decorator whose method is bound as a function is."""

    def __init__(self, f):
        self.f = f

    def __call__(self, *args):
        return self.f(*args) * 2

    def __get__(self, instance, owner=None):
        return types.MethodType(self, instance)


class Fixing(Callback):
    def __get__(self, instance, owner=None):
        return self if instance is None else functools.partial(self, instance)


class OfClass(property):
    """A property of the class, whose getter is not given the instance."""

    def __get__(self, instance, owner=None):
        return self.fget(owner)


class Lazily(functools.cached_property):
    pass


class Meta(type):
    of_the_class = 3.0

    def ask(cls):
        return 2.0


class Described(metaclass=Meta):
    a = Twice()
    factor = 3.0
    third = Third()
    own = Third()
    got = property(operator.attrgetter("k"))

    def __init__(self, a, k):
        self.a = a
        self.k = k
        self.own = k

    @OfClass
    def of_class(cls):
        return cls.factor

    @Lazily
    def once(self):
        return self.k * 2

    @Callback
    def bound(self, y=3.0):
        return self.k * y

    @Fixing
    def fixed(self, y, z=2.0):
        return self.k * y * z

    @functools.cache
    def cached(self, n=1):
        return n * 2.0

    @property
    @functools.cache
    def cached_property(self):
        return 4.0

    @property
    def lazy(self):
        return self._lazy * 2

    @property
    def no(self):
        raise AttributeError("no")

    @property
    def counting(self):
        self.k = self.k * 2
        return self.k

    @property
    def perhaps(self):
        if self.k > 0:
            raise AttributeError("perhaps")
        return self.k


class Below(Described):
    @property
    def third(self):
        return super().third * 5

    def bound(self, y=3.0):
        return super().bound(y) + 1


class Slotted:
    __slots__ = ("a", "b")

    def __init__(self, a):
        self.a = a


OUTSIDE = Described(1.5, 0.5)


def made(x):
    return Described(x[0], x[1])


PROGRAMS = {
    "data descriptor": lambda p, x: p.a * x[2],
    "after the instance": lambda p, x: p.third + p.own * 7,
    "bound": lambda p, x: p.bound(x[2]) + p.bound(),
    "fixed": lambda p, x: p.fixed(x[2]) + p.fixed(x[2], x[0]),
    "of the class": lambda p, x: p.of_class * p.k * x[0],
    "attrgetter": lambda p, x: p.got * x[2],
    "has not": lambda p, x: (
        x[2]
        * sum(
            2.0**i
            for i, found in enumerate(
                [
                    hasattr(p, "__call__"),
                    hasattr(p, "__name__"),
                    hasattr(p, "mro"),
                    hasattr(p, "of_the_class"),
                    hasattr(p, "ask"),
                    hasattr(p, "__len__"),
                    hasattr(p, "__eq__"),
                    hasattr(p, "third"),
                    hasattr(p, "k"),
                    hasattr(p, "no"),
                    hasattr(p, "lazy"),
                    hasattr(p, "got"),
                ]
            )
            if found
        )
    ),
    "default": lambda p, x: (
        x[2]
        * getattr(p, "of_the_class", 5.0)
        * getattr(p, "no", 7.0)
        * getattr(p, "lazy", 11.0)
        * getattr(p, "k", 13.0)
    ),
}


def lazy_at_last(p, x):
    before = 2.0 if hasattr(p, "lazy") else 3.0
    p._lazy = x[2]
    return before * p.lazy * getattr(p, "lazy", 1.0)


@pytest.mark.parametrize("name", PROGRAMS)
def test_of_objects_made_inside(name):
    f = PROGRAMS[name]
    check_slope(lambda x: f(Described(x[0], x[1]), x), X)
    check_slope(lambda x: f(Below(x[1], x[0]), x), X)


@pytest.mark.parametrize("name", PROGRAMS)
def test_of_objects_from_outside(name):
    f = PROGRAMS[name]
    check_slope(lambda x: f(OUTSIDE, x), X)


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("kind", [Described, Below])
def test_of_arguments(name, kind):
    f = PROGRAMS[name]
    given = kind(1.5, 0.5)
    value, gradient = value_and_grad(f)(copy.copy(given), X)
    assert value == pytest.approx(f(copy.copy(given), X), rel=1e-14)
    for key, found in vars(gradient).items():
        values = []
        for step in (STEP, -STEP):
            other = copy.copy(given)
            vars(other)[key] += step
            values.append(f(other, X))
        assert found == pytest.approx((values[0] - values[1]) / (2 * STEP), abs=1e-8)


def test_cached_once():
    def f(x):
        p = made(x)
        first = p.once
        p.k = x[2]
        return first * p.once * p.k

    check_slope(f, X)


def test_assigned():
    def f(x):
        p = made(x)
        p.a = p.a * x[2]
        p.a *= 2.0
        return p.a * p._a

    check_slope(f, X)


def test_computed_once():
    def f(x):
        p = made(x)
        first = getattr(p, "counting", 1.0)
        return first * p.k * (2 if hasattr(p, "counting") else 3) * p.k

    check_slope(f, X)
    check_slope(lambda x: lazy_at_last(made(x), x), X)


def test_unset_slots():
    def f(x):
        s = Slotted(x[0])
        before = 2 if hasattr(s, "b") else 3
        s.b = x[1]
        return before * s.a * getattr(s, "b", 5.0) * (7 if hasattr(s, "b") else 11)

    check_slope(f, X)


def test_tried():
    def f(x):
        p = made(x)
        try:
            n = p.nothing
        except AttributeError:
            n = 4
        return x[0] * n

    check_slope(f, X)


def test_of_numbers_and_arrays():
    names = ("__name__", "mro", "__call__", "__len__", "shape", "is_integer", "__dict__")

    def f(x):
        found = [hasattr(v, n) for v in (x, x[0], 2.0 * len(x), [x]) for n in names]
        return x[0] * x[1] * sum(2.0**i for i, is_there in enumerate(found) if is_there)

    check_slope(f, X)


def test_what_is_found_decides_anew():
    def f(p):
        return getattr(p, "lazy", p.k * 3.0)

    g = grad(f)
    p = Described(1.0, 2.0)
    assert g(p).k == 3.0
    p._lazy = 5.0
    assert g(p).k == 0.0
    assert g(p)._lazy == 2.0


@dataclass
class WithDefault:
    v: float
    third: float = Third()


@dataclass
class WithSetter:
    v: float
    a: float = Twice()


def test_fields_with_a_descriptor():
    check_slope(lambda x: WithDefault(x[0]).third * x[1], X)
    check_slope(lambda x: WithDefault(x[0], x[2]).third * x[1], X)
    with pytest.raises(SrcgradError):
        grad(lambda x: WithSetter(x[0], x[2]).a * x[1])(X)


@pytest.mark.parametrize(
    ("f", "match"),
    [
        (lambda x: x[0] * made(x).cached(3), "'cached' has a cache"),
        (lambda x: x[0] * made(x).cached_property, "no function written in Python"),
        (lambda x: x[0] * (2 if hasattr(made(x), "perhaps") else 3), "'perhaps' can be computed"),
        (lambda x: x[0] * getattr(made(x), "perhaps", 3.0), "'perhaps' can be computed"),
        (lambda x: made(x).__dict__["k"], "the '__dict__' of an object made here"),
    ],
)
def test_refused(f, match):
    with pytest.raises(UnsupportedSyntaxError, match=match):
        grad(f)(X)
