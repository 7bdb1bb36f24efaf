"""What a class has, read through its instances: as it is in each call, None too."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from srcgrad import value_and_grad


class Scale:
    k = 2.0
    weights = np.ones(3)

    def __init__(self, own=1.0):
        self.own = own

    @classmethod
    def scaled(cls, x):
        return x * cls.k

    @classmethod
    def weighted(cls, x):
        return np.sum(x * cls.weights)

    @classmethod
    def made(cls):
        return cls(3.0)

    def through_self(self, x):
        return self.scaled(x) * self.own

    def through_type(self, x):
        return self.__class__.scaled(x) + type(self).scaled(x)

    @property
    def squared(self):
        return self.scaled(self.own) ** 2


class Wider(Scale):
    @classmethod
    def scaled(cls, x):
        return super().scaled(x) + cls.k


class Unit(enum.Enum):
    METRE = "m"

    @classmethod
    def scaled(cls, x):
        return x * Scale.k * cls.factor


SCALE, WIDER, METRE = Scale(), Wider(), Unit.METRE
PROGRAMS: list[Callable[..., Any]] = [
    lambda x, o: SCALE.scaled(x),
    lambda x, o: WIDER.scaled(x),
    lambda x, o: SCALE.weighted(x),
    lambda x, o: SCALE.made().k * x,
    lambda x, o: SCALE.through_self(x) + WIDER.through_type(x),
    lambda x, o: WIDER.squared * x,
    lambda x, o: METRE.scaled(x) + type(METRE).scaled(x) + METRE.__class__.scaled(x),
    lambda x, o: o.scaled(x) * o.made().k,
    lambda x, o: [o, WIDER][0].through_self(x),
]


@pytest.mark.parametrize("number", range(len(PROGRAMS)))
def test_class_methods_see_what_the_class_has_by_now(number, monkeypatch):
    f = PROGRAMS[number]
    gradient = value_and_grad(f)
    for k in (2.0, 3.0, 5.0):
        monkeypatch.setattr(Scale, "k", k)
        monkeypatch.setattr(Scale, "weights", np.full(3, k))
        monkeypatch.setattr(Unit, "factor", k, raising=False)
        value, bar = gradient(1.5, SCALE)
        slope = (f(2.0, SCALE) - f(1.0, SCALE)) / 1.0
        np.testing.assert_allclose((value, bar), (f(1.5, SCALE), slope))


# --- None ---------------------------------------------------------------------------------------


class Layer:
    cache = None

    def __init__(self, w):
        self.w = w

    def total(self):
        if self.cache is None:
            return self.w * 2
        return self.w * self.cache


@dataclass
class Node:
    w: float
    next: Any = field(default=None, init=False)


def test_none_in_a_class_is_there():
    layer = Layer(2.0)
    assert value_and_grad(Layer.total)(layer)[0] == 4.0
    gradient = value_and_grad(lambda x: x * layer.total())
    assert gradient(1.5) == (6.0, 4.0)
    layer.cache = 5.0
    assert gradient(1.5) == (15.0, 10.0)
    assert value_and_grad(lambda n: n.w if n.next is None else 0.0)(Node(2.0))[0] == 2.0


def test_none_is_what_getattr_finds():
    layer = Layer(2.0)

    def f(x, o):
        found = getattr(layer, "cache", 5.0) is None and getattr(o, "cache", 5.0) is None
        return x * 2 if found and hasattr(o, "cache") else x * 3

    assert value_and_grad(f)(1.5, layer) == (3.0, 2.0)


# --- defaults of dataclasses --------------------------------------------------------------------


class Offset:
    def __init__(self, b):
        self.b = b


def _weight(self):
    return self.w


@dataclass
class Settings:
    w: float
    b: float = 2.0
    offset: Any = Offset(3.0)  # noqa: RUF009
    act: Any = np.tanh
    fixed: float = field(default=3.0, init=False)
    weight: Any = field(default=_weight, init=False)


@dataclass
class More(Settings):
    c: float = 5.0


@dataclass(slots=True)
class InSlots:
    w: float
    b: float = 2.0
    offset: Any = Offset(3.0)  # noqa: RUF009
    act: Any = np.tanh
    fixed: float = field(default=3.0, init=False)


def of_settings(x):
    s = Settings(x)
    return s.weight() * s.b * s.fixed + s.act(x) * s.offset.b


def of_more(x):
    s = More(x)
    return s.weight() * s.b * s.fixed * s.c + s.act(x) * s.offset.b


def of_slots(x):
    s = InSlots(x)
    return s.w * s.b * s.fixed + s.act(x) * s.offset.b


@pytest.mark.parametrize("f", [of_settings, of_more, of_slots])
def test_defaults_are_those_of_the_definition(f, monkeypatch):
    gradient = value_and_grad(f)
    for k in (None, 7.0, 8.0):
        if k is not None:
            monkeypatch.setattr(Settings, "b", k)
            monkeypatch.setattr(More, "c", k)
            monkeypatch.setattr(Settings, "fixed", k)
            monkeypatch.setattr(Settings, "act", np.sin)
            monkeypatch.setattr(Settings, "weight", lambda self, k=k: self.w * k)
            monkeypatch.setattr(Settings.__dataclass_fields__["offset"].default, "b", k)
            monkeypatch.setattr(InSlots.__dataclass_fields__["offset"].default, "b", k)
        value, bar = gradient(0.5)
        np.testing.assert_allclose(value, f(0.5), rtol=1e-14)
        np.testing.assert_allclose(bar, (f(0.5 + 1e-6) - f(0.5 - 1e-6)) / 2e-6, rtol=1e-7)
