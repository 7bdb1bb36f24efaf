"""Instances that are put together again: as they were, without their ``__post_init__``."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from srcgrad import grad, value_and_grad, vjp


@dataclass
class Doubling:
    w: float
    n: float = 3

    def __post_init__(self):
        self.w = self.w * 2


@dataclass
class Logging:
    w: np.ndarray
    n: float = 3
    log: list = field(default_factory=list)

    def __post_init__(self):
        self.log.append("made")


@dataclass
class Derived:
    w: float
    n: float = 3
    area: float = field(init=False)

    def __post_init__(self):
        self.area = self.w**2


@dataclass(frozen=True, slots=True)
class Slotted:
    w: float
    n: float = 3

    def __post_init__(self):
        object.__setattr__(self, "w", self.w + 1)


@dataclass
class Strict:
    w: float
    n: Any = 3

    def __post_init__(self):
        if not isinstance(self.n, int):
            raise TypeError("n must be an integer")


def test_of_an_argument_with_an_integer_nothing_is_computed_again():
    value, bar = value_and_grad(lambda p: p.w**2 * p.n)(Doubling(1.5))
    assert (value, bar.w, bar.n) == (27.0, 18.0, 9.0)
    value, bar = value_and_grad(lambda p: p.w * p.n)(Slotted(1.5))
    assert (value, bar.w, bar.n) == (7.5, 3.0, 2.5)
    value, bar = value_and_grad(lambda p: p.w * p.n)(Strict(1.5))
    assert (value, bar.w, bar.n) == (4.5, 3.0, 1.5)


def test_what_the_caller_holds_does_not_grow():
    p = Logging(np.ones(2))
    value, bar = value_and_grad(lambda p: np.sum(p.w) * p.n * len(p.log))(p)
    assert value == 6.0
    np.testing.assert_array_equal(bar.w, [3.0, 3.0])
    assert p.log == ["made"]
    assert type(p.n) is int


def test_fields_that_init_does_not_take():
    p = Derived(1.5)
    value, bar = value_and_grad(lambda p: p.w * p.n * p.area)(p)
    assert value == p.w * p.n * p.area
    assert (bar.w, bar.n, bar.area) == (6.75, 3.375, 4.5)


def test_attributes_that_are_no_fields():
    p = Doubling(1.5)
    p.label = "abc"
    assert value_and_grad(lambda p: p.w * p.n * len(p.label))(p)[0] == 27.0


def test_inside_of_containers():
    bars = grad(lambda ps: sum(p.w**2 * p.n for p in ps["all"]))({"all": [Doubling(1.5)]})
    assert bars == {"all": [made(Doubling, w=18.0, n=9.0)]}


def made(cls: Any, **attributes: Any) -> Any:
    instance = object.__new__(cls)
    vars(instance).update(attributes)
    return instance


def test_the_cotangent_of_an_instance():
    def halved(p):
        return Doubling(p.w * 0.5, 4)

    value, pullback = vjp(halved, Doubling(1.5))
    assert value == made(Doubling, w=3.0, n=4)
    (bar,) = pullback(made(Doubling, w=1.0, n=0))
    assert bar.w == 1.0


@dataclass
class Ready:
    w: float
    scale: float = field(default=2.0, init=False)


@pytest.mark.parametrize("cls", [Doubling, Derived, Ready])
def test_an_instance_that_the_function_gives_back(cls):
    def f(x):
        return x * x, cls(x)

    (value, found), bar = value_and_grad(f, has_aux=True)(1.5)
    assert (value, bar) == (2.25, 3.0)
    assert vars(found) == {**vars(f(1.5)[1]), **({"scale": 2.0} if cls is Ready else {})}


CONFIGURED = Doubling(1.5)


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy])
def test_a_copy_of_an_instance_from_outside(copied):
    def f(x):
        return x * copied(CONFIGURED).w

    assert value_and_grad(f)(1.5) == (f(1.5), CONFIGURED.w) == (4.5, 3.0)
