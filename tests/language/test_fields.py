"""``dataclasses.asdict``, ``astuple`` and ``fields``, and ``vars``: what an instance has."""

import dataclasses
from collections import OrderedDict
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import pytest

from srcgrad import SrcgradError, grad, value_and_grad
from tests.slopes import check_at

POINTS = np.array([0.31, 0.7, 1.2, 0.4]), np.array([0.3, -0.9, 0.5, 0.4])


@dataclass
class Inner:
    w: float
    xs: list


@dataclass
class Outer:
    a: float
    inner: Inner
    row: tuple
    named: dict
    n: int = 3


class Plain:
    def __init__(self, x):
        self.a = x[0]
        self.b = x[1] * 2


def as_a_dict(x):
    row, named = (x[3], Inner(x[0], [])), {"k": Inner(x[2], [x[1]])}
    o = Outer(x[0], Inner(x[1], [x[2], 2.0]), row, named)
    e = dataclasses.asdict(o)
    e["inner"]["xs"].append(x[0])
    e["a"] *= 2
    s = e["a"] * e["inner"]["w"] * sum(e["inner"]["xs"]) * e["row"][0] * e["row"][1]["w"]
    return s * e["named"]["k"]["xs"][0] * e["n"] + len(o.inner.xs) + o.a


def as_a_tuple(x):
    o = Outer(x[0], Inner(x[1], [x[2], 2.0]), (x[3],), {"k": x[2]})
    a, (w, xs), row, named, n = dataclasses.astuple(o)
    return a * w * xs[0] * row[0] * named["k"] * n


def arrays_are_copied(x):
    values = x * 2
    e = dataclasses.asdict(Inner(x[0], values))
    values[0] = 100.0
    return np.sum(e["xs"]) * e["w"]


def by_their_names(x):
    o, s = Inner(x[0], [x[1]]), 0.0
    for field in dataclasses.fields(o):
        if field.name != "xs":
            s += getattr(o, field.name) ** 2
    return s * len(dataclasses.fields(Inner))


def all_attributes(x):
    o = Plain(x)
    o.a = x[3] ** 2
    d = {**vars(o)}
    d["a"] = d["a"] * 3
    return sum(vars(o).values()) * d["a"] + len(vars(o)) + ("a" in vars(o)) * x[0]


class Pair(NamedTuple):
    first: Any
    second: Any


def in_a_named_tuple(x):
    e = dataclasses.asdict(Inner(Pair(Inner(x[0], [x[1]]), x * 2), [x[2]]))
    return e["w"].first["xs"][0] * np.sum(e["w"].second) + e["xs"][0] ** 2


PROGRAMS = (
    *(as_a_dict, as_a_tuple, arrays_are_copied, by_their_names, all_attributes),
    in_a_named_tuple,
)


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_gradient(f):
    check_at(f, *POINTS)


@dataclass
class Parameters:
    W: np.ndarray
    b: np.ndarray
    n: int = 2


def of_vars(p):
    return sum(np.sum(v**2) for k, v in vars(p).items() if k != "n")


def of_a_dict(p):
    return sum(np.sum(np.asarray(v) ** 2) for v in dataclasses.asdict(p).values()) - p.n**2


def of_fields(p):
    return sum(np.sum(getattr(p, f.name) ** 2) for f in dataclasses.fields(p) if f.name != "n")


@pytest.mark.parametrize("f", (of_vars, of_a_dict, of_fields))
def test_of_an_argument(f):
    W, b = np.array([1.0, 2.0]), np.array([3.0])
    given = [Parameters(W, b)] + [SimpleNamespace(W=W, b=b)] * (f is of_vars)
    for p in given:
        value, found = value_and_grad(f)(p)
        assert value == 14.0
        np.testing.assert_array_equal(found.W, 2 * W)
        np.testing.assert_array_equal(found.b, 2 * b)


OUTSIDE = SimpleNamespace(n=1.0, k=2.0)


def changed_after_that(x):
    o = Plain(x)
    d = vars(o)
    o.a = x[2]
    return d["a"]


def changed_by_it(x):
    o = Plain(x)
    vars(o)["a"] = x[2]
    return o.a


def an_outside_object_is_changed(x):
    d = vars(OUTSIDE)
    OUTSIDE.n = 5.0
    return x[0] * d["n"]


def not_known_which(x):
    o = Plain(x)
    if x[0] > 0:
        o.c = x[2]
    return sum(vars(o).values())


def made_here(x):
    return sum(vars(Inner(x[0], x[1])).values())


def in_a_list_that_data_fill(x):
    o = Inner(x[0], [])
    for v in x:
        if v > 0:
            o.xs.append(Inner(v, []))
    return sum(e["w"] for e in dataclasses.asdict(o)["xs"])


def in_an_ordered_dict(x):
    o = Inner(x[0], OrderedDict(k=Inner(x[1], [])))
    return dataclasses.asdict(o)["xs"]["k"]["w"]


REFUSED = (
    in_a_list_that_data_fill,
    in_an_ordered_dict,
    changed_after_that,
    changed_by_it,
    an_outside_object_is_changed,
    not_known_which,
    made_here,
)


@pytest.mark.parametrize("f", REFUSED, ids=lambda f: f.__name__)
def test_refused(f):
    with pytest.raises(SrcgradError) as caught:
        grad(f)(POINTS[0])
    assert caught.value.hint
    assert OUTSIDE.n == 1.0
