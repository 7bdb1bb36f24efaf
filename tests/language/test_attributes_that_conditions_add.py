"""Attributes that an instance gets in some arms or trips only: what reads one that it does not have
raises what Python raises, and ``hasattr`` tells."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from srcgrad import UnknownTypeError, UnsupportedSyntaxError, grad, value_and_grad
from tests.slopes import slopes

POINTS = (
    np.array([1.3, -0.4, 2.1]),
    np.array([-1.3, 0.4, 2.1]),
    np.array([-1.3, -0.4, -2.1, 0.2]),
    np.array([0.7, 0.4, 1.1]),
)
PROGRAMS: list[Callable[..., Any]] = []


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


class Box:
    def __init__(self, v):
        self.v = v


class Slotted:
    __slots__ = ("extra", "v")

    def __init__(self, v):
        self.v = v


class Lazy:
    def __init__(self, x):
        self.x = x

    def norm(self):
        if not hasattr(self, "_norm"):
            self._norm = np.sqrt(np.sum(self.x**2))
        return self._norm


class Either:
    def __init__(self, x):
        if x[0] > 0:
            self.first = x[0] ** 2
        else:
            self.second = x[1]

    def value(self):
        return self.first if hasattr(self, "first") else self.second * 3


@dataclass
class Point:
    a: float
    b: float = 2.0


# --- branches -------------------------------------------------------------------------------------


@program
def read_under_the_same_condition(x):
    o = Box(x)
    if x[0] > 0:
        o.m = x[0] * 2
    y = np.sum(o.v**2)
    if x[0] > 0:
        return y + o.m
    return y


@program
def with_a_default(x):
    o = Box(x)
    if x[0] > 0:
        o.m = x[0] * x[1]
    return np.sum(o.v**2) + getattr(o, "m", 0.5) * x[1]


@program
def never_read_again(x):
    o = Box(x)
    if x[0] > 0:
        o.m = x[0] * 2
    return np.sum(o.v**2)


@program
def arrays(x):
    o = Box(x)
    if x[1] > 0:
        o.w = x * 2
    elif x[0] > 0:
        o.w = x * x
    y = np.sum(o.v**2)
    if hasattr(o, "w"):
        y += np.sum(o.w * x)
    return y


@program
def an_array_that_is_written(x):
    o = Box(x)
    if x[0] > 0:
        o.buffer = np.zeros(3)
    if not hasattr(o, "buffer"):
        return np.sum(o.v**2)
    o.buffer[0] = x[0] * x[1]
    o.buffer[1:] = x[2]
    return np.sum(o.buffer**2)


@program
def lists(x):
    o = Box(x)
    if x[0] > 0:
        o.items = [x[0], x[1]]
    if hasattr(o, "items"):
        o.items.append(x[1] * 2)
        return sum(o.items) ** 2
    return np.sum(o.v**2)


@program
def another_object(x):
    o = Box(x)
    if x[0] > 0:
        o.inner = Box(x[1])
    if x[2] > 0 and hasattr(o, "inner"):
        o.inner.v *= x[0]
    return np.sum(o.v**2) + (o.inner.v if hasattr(o, "inner") else 0.0)


@program
def none_or_nothing(x):
    o = Box(x)
    if x[0] > 0:
        o.m = None
    if x[1] > 0:
        o.m = x[1] ** 2
    return np.sum(o.v**2) + (o.m if getattr(o, "m", None) is not None else 0.0)


@program
def set_again_on_every_way(x):
    o = Box(x)
    if x[0] > 0:
        o.m = x[0]
    o.m = getattr(o, "m", 0.0) + 1
    o.m += x[1]
    return o.m**2


@program
def in_its_init(x):
    return Either(x).value()


@program
def computed_once(x):
    o = Lazy(x)
    y = o.norm() if x[0] > 0 else x[1]
    return y * o.norm()


@program
def slots(x):
    o = Slotted(x[0])
    if x[1] > 0:
        o.extra = x[1] * o.v
    return o.v**2 + getattr(o, "extra", 0.5)


@program
def beside_fields(x):
    p = Point(x[0])
    if x[1] > 0:
        p.c = x[1] * p.a
    return p.a * p.b * p.c if hasattr(p, "c") else p.a**2


@program
def a_namespace(x):
    o = SimpleNamespace(v=x)
    if x[0] > 0:
        o.m = x[0] ** 2
    return np.sum(o.v**2) + getattr(o, "m", 0.0)


@program
def copies(x):
    o = Box(x)
    if x[0] > 0:
        o.m = x[0]
    p, q = copy.copy(o), copy.deepcopy(o)
    if x[1] > 0:
        p.m = x[1] * 3
    q.m = getattr(q, "m", x[2]) ** 2
    return getattr(o, "m", 0.0) * 2 + getattr(p, "m", 1.0) * x[1] + q.m


@program
def of_one_that_data_choose(x):
    a, b = Box(x[0]), Box(x[1])
    a.own = x[1]
    c = a if x[0] > 0.5 else b
    c.u = 3.0 * x[0]
    y = getattr(a, "u", 1.0) * getattr(b, "u", 2.0) * x[1]
    return y + (c.own if hasattr(c, "own") else 0.0)


@program
def by_a_nested_function(x):
    o = Box(x)

    def note():
        o.m = x[0] * 2

    if x[0] > 0:
        note()
    try:
        return o.m * x[1]
    except AttributeError as error:
        return x[1] * len(error.name)


# --- loops ----------------------------------------------------------------------------------------


@program
def after_a_continue(x):
    o = Box(x)
    for t in range(len(x)):
        if x[t] < 0:
            continue
        o.last = x[t] ** 2
    return np.sum(o.v**2) + getattr(o, "last", 1.0)


@program
def before_a_break(x):
    o, i = Box(x), 0
    while True:
        if i >= len(x):
            break
        if x[i] > 0:
            o.first, o.at = x[i], i
            break
        i += 1
    return o.first**2 * o.at + x[0] if hasattr(o, "first") else np.sum(o.v)


@program
def before_a_return(x):
    o = Box(x)
    for t in range(len(x)):
        if x[t] > 0:
            o.m = x[t] * 2
        if x[t] > 1.5:
            return o.m * x[0]
    return np.sum(o.v**2)


@program
def the_largest(x):
    o = Box(x)
    for v in x:
        if v > 0:
            o.best = max(o.best, v) if hasattr(o, "best") else v
    return np.sum(o.v**2) * getattr(o, "best", 0.5)


@program
def in_each_trip(x):
    o = Box(x)
    for t in range(len(x)):
        o.last = x[t] ** 2
    return np.sum(o.v**2) * o.last


@program
def a_list_that_grows(x):
    o = Box(x)
    for v in x:
        if v > 0:
            if hasattr(o, "history"):
                o.history.append(v)
            else:
                o.history = [v]
    return np.sum(o.v**2) + (sum(o.history) ** 2 if hasattr(o, "history") else 0.0)


@program
def of_an_object_that_trips_make(x):
    o = None
    for v in x:
        if v > 0:
            o = Box(v)
            if v > 1:
                o.large = v * 2
    return x[0] if o is None else o.v * getattr(o, "large", 1.0)


@program
def of_objects_in_a_list(x):
    boxes = [Box(v) for v in x]
    for box in boxes:
        if box.v > 0:
            box.positive = box.v**2
    return sum(box.positive for box in boxes if hasattr(box, "positive")) + x[0]


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_gradient(f):
    g = value_and_grad(f)
    for point in POINTS:
        value, found = g(point)
        np.testing.assert_allclose(value, f(point), rtol=1e-12)
        np.testing.assert_allclose(found, slopes(f, point), rtol=1e-6, atol=1e-7)


# --- what is not there ----------------------------------------------------------------------------


def read_by_its_name(x):
    o = Box(x)
    if x[0] > 0:
        o.m = x[0]
    return o.m * x[1]


def added_to(x):
    o = Box(x)
    if x[0] > 0:
        o.m = x[0]
    o.m += x[1]
    return o.m**2


def after_a_loop(x):
    o = Box(x)
    for v in x:
        if v > 0:
            o.m = v**2
    return o.m * x[1]


@pytest.mark.parametrize("f", [read_by_its_name, added_to, after_a_loop])
def test_it_is_missing(f):
    g = value_and_grad(f)
    value, found = g(POINTS[0])
    np.testing.assert_allclose(value, f(POINTS[0]))
    np.testing.assert_allclose(found, slopes(f, POINTS[0]), rtol=1e-6, atol=1e-7)
    absent = np.array([-1.0, -2.0, -0.5])
    with pytest.raises(AttributeError) as raised:
        f(absent)
    with pytest.raises(AttributeError) as caught:
        g(absent)
    assert str(caught.value) == str(raised.value)


def test_no_more_is_tested_than_is_unknown():
    """Where a test has told that the attribute is there, reading it asks nothing."""

    def f(x):
        o = Box(x)
        for v in x:
            if v > 0:
                o.m = v**2
        return o.m * o.m if hasattr(o, "m") else x[0]

    g = grad(f)
    g(POINTS[0])
    assert "AttributeError" not in g.source


# --- refused --------------------------------------------------------------------------------------


def in_lists_that_grow(x):
    boxes = []
    while len(boxes) < 3 * x[0]:
        box = Box(x[1])
        if x[1] > 0:
            box.m = x[2]
        boxes.append(box)
    return sum(box.v for box in boxes)


def as_keys_of_a_dict(x):
    d = {"a": x}
    if x[0] > 0:
        d["m"] = x[0]
    return np.sum(d["a"])


@pytest.mark.parametrize(
    ("f", "message", "hint"),
    [
        (in_lists_that_grow, "an attribute or not here", "give it the attribute in '__init__'"),
        (as_keys_of_a_dict, "d has the key 'm' or not here", r"d\['m'\] = None"),
    ],
)
def test_refused(f, message, hint):
    with pytest.raises((UnknownTypeError, UnsupportedSyntaxError), match=message) as caught:
        grad(f)(POINTS[0])
    assert caught.match(hint)
    assert caught.value.loc


def test_comparing_what_may_have_an_attribute_is_refused():
    def alone(x):
        o = SimpleNamespace()
        if x[0] > 0:
            o.b = 2.0
        return x[0] * 2 if o == SimpleNamespace() else x[0] ** 2

    def in_lists(x):
        o = SimpleNamespace(a=1)
        if x[0] > 0:
            o.b = 2.0
        return x[0] * 2 if SimpleNamespace(a=1) in [o] else x[0] ** 2

    for f in (alone, in_lists):
        with pytest.raises(UnsupportedSyntaxError, match="has an attribute or not") as caught:
            grad(f)(np.array([0.7, 0.9]))
        assert "hasattr" in caught.value.hint


def test_a_frozen_object_that_is_changed_after_all():
    @dataclass(frozen=True)
    class Point:
        v: float

    def f(x):
        point = Point(x[0])
        try:
            object.__setattr__(point, "v", x[1])
        except AttributeError:
            return x[0] ** 2
        return point.v

    with pytest.raises(UnsupportedSyntaxError, match="changes a Point that has been made"):
        grad(f)(np.array([0.7, 0.9]))
