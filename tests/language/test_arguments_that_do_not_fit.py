"""Calls and classes that raise before anything runs, and parameters whose names are private."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import InitVar, dataclass, field, replace
from typing import Any

import pytest

from srcgrad import grad, value_and_grad
from srcgrad.errors import CertainError, UnsupportedSyntaxError
from tests.language.cases import Table

case = Table()
RAISING: list[Callable[..., Any]] = []


def raising(f: Callable[..., Any]) -> Callable[..., Any]:
    RAISING.append(f)
    return f


# --- private names ------------------------------------------------------------------------------


class Private:
    __scale = 3.0

    def __init__(self, __a=1.0):
        self.__a = __a

    def positional(self, __k=2.0):
        return __k * self.__a

    def by_name(self, *, __k=2.0):
        return __k * self.__scale

    def inner(self, x):
        def f(__z=x):
            return __z * 3

        return f() + f(2.0) + self.by_name(_Private__k=x)

    def any_number(self, *__args, **__kw):
        return __args[0] * __kw["a"]


@case(1.5)
def private_parameters(x):
    o = Private()
    return o.positional() * x + o.positional(x) + Private(x).by_name() + o.inner(x)


@case(1.5)
def private_parameters_by_their_names(x):
    o = Private(_Private__a=x)
    return o.positional(_Private__k=x) * o.by_name(_Private__k=x) + o.any_number(x, a=x)


@pytest.mark.parametrize("program", case.cases)
def test_private_names(program):
    program.run()


# --- calls --------------------------------------------------------------------------------------


def scaled(a, d=0.0, **others):
    return a * d


@raising
def a_keyword_twice(x):
    return scaled(x, d=1.0, **{"d": x})


@raising
def a_dict_twice(x):
    options = {"d": x}
    return scaled(x, **options, **options)


@raising
def a_keyword_of_dict_twice(x):
    return dict(a=1.0, **{"a": x})["a"]


@raising
def a_position_and_a_keyword(x):
    return scaled(x, x, d=x)


@raising
def too_many(x):
    return scaled(x, x, x)


@raising
def too_few(x):
    return scaled(d=x)


def test_a_display_takes_the_last():
    def f(x):
        options = {"d": x}
        return scaled(x, **{**options, "d": 2 * x, **{"e": x}})

    assert value_and_grad(f)(1.5) == (4.5, 6.0)


@raising
def a_private_name_as_it_is_written(x):
    return Private().positional(__k=x)


# --- classes ------------------------------------------------------------------------------------


class Shape(ABC):
    def __init__(self, x):
        self.x = x

    @abstractmethod
    def area(self): ...


class Square(Shape):
    def area(self):
        return self.x**2


@dataclass
class Declared(ABC):
    x: float

    @abstractmethod
    def area(self): ...


class Returning:
    def __init__(self, x):
        self.x = x
        return x


class Perhaps:
    def __init__(self, x):
        self.x = x
        if x > 1:
            return x


class Ending:
    def __init__(self, x):
        self.x = x
        while True:
            self.x = self.x * 1.5
            if self.x > 3:
                return


@dataclass
class Derived:
    x: float
    y: float = field(default=1.0, init=False)


@raising
def an_abstract_class(x):
    return Shape(x).x


@raising
def an_abstract_dataclass(x):
    return Declared(x).x


@raising
def an_init_that_gives_back_something(x):
    return Returning(x).x


@raising
def a_derived_field_is_replaced(x):
    return replace(Derived(x), y=x).x


def test_classes_that_may_be_called():
    assert value_and_grad(lambda x: Square(x).area())(1.5) == (2.25, 3.0)
    assert value_and_grad(lambda x: Ending(x).x)(1.5) == (3.375, 2.25)


def test_an_init_that_may_give_back_something():
    with pytest.raises(UnsupportedSyntaxError, match="may give something back"):
        grad(lambda x: Perhaps(x).x)(1.5)


# --- all that raises ----------------------------------------------------------------------------


@pytest.mark.parametrize("f", RAISING, ids=lambda f: f.__name__)
def test_it_certainly_raises(f):
    with pytest.raises((TypeError, ValueError)) as raised:
        f(1.5)
    with pytest.raises(CertainError) as refused:
        grad(f)(1.5)
    assert type(refused.value.original) is raised.type


def test_what_is_caught():
    def f(x):
        total = x
        try:
            total = scaled(x, d=1.0, **{"d": x})
        except TypeError:
            total = total * 2
        try:
            total = scaled(d=x)
        except TypeError:
            total = total * 3
        try:
            total = Shape(x).x
        except TypeError:
            total = total * 5
        return total

    assert value_and_grad(f)(1.5) == (f(1.5), 30.0)


def test_in_a_branch_it_raises_when_it_gets_there():
    def f(x, is_wrong):
        if is_wrong > 0.5:
            return Shape(x).x
        if is_wrong > 0.25:
            return scaled(d=x)
        return x * x

    gradient = value_and_grad(f)
    assert gradient(1.5, 0.0) == (2.25, 3.0)
    for wrong in (1.0, 0.4):
        with pytest.raises(TypeError):
            gradient(1.5, wrong)


# --- what only __post_init__ sees ---------------------------------------------------------------


@dataclass
class Scaled:
    w: float
    s: InitVar[float] = 2.0
    b: float = field(default=0.0, init=False)

    def __post_init__(self, s):
        self.b = self.w * s


@dataclass
class Several:
    w: float
    s: InitVar[float]
    t: float = 1.0
    u: InitVar[int] = 3

    def __post_init__(self, s, u):
        self.w = self.w * s * u


@dataclass(frozen=True)
class Frozen:
    w: float
    s: InitVar[float] = 2.0

    def __post_init__(self, s):
        object.__setattr__(self, "w", self.w * s)


@dataclass
class More(Scaled):
    z: float = 1.0


@dataclass
class Ignoring:
    w: float
    s: InitVar[float]


init_vars = Table()


@init_vars(1.5)
def by_default(x):
    return Scaled(x).b + Frozen(x).w * More(x).b * Scaled(x).s


@init_vars(1.5)
def given(x):
    return Scaled(x, x).b * Scaled(x, s=x).b + Frozen(x, x).w + More(x, x, x).b * More(x, z=x).z


@init_vars(1.5)
def of_several(x):
    return Several(x, x).w * Several(x, 2.0, x).t + Several(x, s=x, u=5).w + Ignoring(x, x).w


@pytest.mark.parametrize("program", init_vars.cases)
def test_init_vars(program):
    program.run()
