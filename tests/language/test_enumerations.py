"""Members of enumerations: wherever they come from, they are known."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from functools import partial

import numpy as np
import pytest

from srcgrad import grad, value_and_grad
from srcgrad.errors import UnsupportedSyntaxError
from tests.slopes import check_slope

X = np.array([0.7, -0.4, 1.3])


class Edge(enum.Enum):
    FIXED = 1.5
    FREE = 2.5
    PERIODIC = 3.5
    OPEN = 2.5  # another name

    @property
    def is_open(self):
        return self is Edge.FREE

    def weigh(self, v):
        return v * self.value if self is not Edge.PERIODIC else v**2

    @classmethod
    def usual(cls):
        return cls.PERIODIC


class Order(enum.IntEnum):
    FIRST = 1
    SECOND = 2


class Scheme(str, enum.Enum):
    EULER = "euler"
    HEUN = "heun"


class Kernel(enum.Enum):
    SINE = enum.member(partial(np.sin))
    SCALED = enum.member(partial(np.multiply, 2.0))

    def __call__(self, v):
        return self.value(v)


class Weights(enum.Enum):
    A = (1.0, 2.0)
    B = (3.0, 4.0)

    def __init__(self, left, right):
        self.left = left
        self.right = right


@dataclass
class Grid:
    u: np.ndarray
    edge: Edge = Edge.FIXED


TABLE = {Edge.FIXED: np.sin, Edge.FREE: np.cos, Edge.PERIODIC: np.exp}


def each(edges, x):
    total = 0.0
    for i, edge in enumerate(edges):
        if edge is Edge.FIXED:
            total += x[0] * (i + 1)
        elif edge == Edge.FREE:
            total += x[1] ** 2
        elif edge in (Edge.PERIODIC, Edge.FIXED):
            total += x[2] * x[0]
        total += edge.weigh(x[i]) * edge.value * len(edge.name)
        total += x[0] * (2 if edge.is_open else 3)
    return total


def unpacked(x):
    a, b, c = Edge
    return x[0] * (2 if a is Edge.FIXED else 3) * (5 if b is Edge.OPEN else 7) * c.value


def state_machine(x):
    state, total = Edge.FIXED, 0.0
    for v in x:
        if state is Edge.FIXED:
            total += v**2
            state = Edge.FREE
        elif v > 0:
            total += v * 3
            state = Edge.PERIODIC
        else:
            total += v * 5
    return total * (2 if state is Edge.FREE else 3)


def integers(x):
    total = 0.0
    for order in Order:
        total += x[order] * order**2 + (x * order)[0] / order
        total += x[0] if order == Order.FIRST else x[order - 1]
        total += x[1] * (2 if order is Order.SECOND else 3) * (5 if order > 1 else 7)
        total += np.sum(x**order) + TABLE_OF_INTEGERS[order] * x[0] + [x[0], x[1], x[2]][order]
    return total


TABLE_OF_INTEGERS = {Order.FIRST: 2.0, Order.SECOND: 3.0}

PROGRAMS = {
    "for": lambda x: each(Edge, x),
    "list": lambda x: each(list(Edge), x),
    "tuple": lambda x: each(tuple(Edge), x),
    "display": lambda x: each([*Edge], x),
    "reversed": lambda x: each(reversed(Edge), x),
    "sorted": lambda x: each(sorted(Edge, key=lambda e: e.name), x),
    "members": lambda x: each(Edge.__members__.values(), x[[0, 1, 2, 0]]),
    "zip": lambda x: sum(v * (2 if e is Edge.FREE else 3) for e, v in zip(Edge, x, strict=True)),
    "unpacked": unpacked,
    "by name and value": lambda x: each([Edge["OPEN"], Edge(1.5), Edge(Edge.FREE)], x),
    "class method": lambda x: each([Edge.usual(), Edge.FREE.usual()], x),
    "dict": lambda x: sum({Edge.FIXED: x[0], Edge.FREE: x[1]}.get(e, x[2]) * e.value for e in Edge),
    "dict from outside": lambda x: sum(TABLE[e](x[0] * e.value) for e in Edge),
    "text": lambda x: sum(x[0] * (2 if s == "heun" else 3) * len(s.upper()) for s in Scheme),
    "of text": lambda x: x[0] * (2 if Scheme("heun") is Scheme.HEUN else 3),
    "functions": lambda x: sum(k(x[0]) * (2 if k is Kernel.SINE else 3) for k in Kernel),
    "attributes": lambda x: sum(x[0] * w.left + x[1] ** w.right for w in Weights),
    "integers": integers,
    "state machine": state_machine,
    "chosen by data": lambda x: (
        x[0] * (2 if (Edge.FREE if x[0] > 0 else Edge.FIXED) is Edge.FREE else 3)
    ),
    "integers chosen by data": lambda x: (
        x[0] * (2 if (Order.FIRST if x[0] > 0 else Order.SECOND) is Order.FIRST else 3)
    ),
    "field": lambda x: sum(np.sum(Grid(x, e).u) * (e is Edge.FREE) for e in Edge),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name):
    check_slope(PROGRAMS[name], X)


def test_member_as_an_argument():
    def f(x, edge, order=Order.FIRST):
        found = sum(v for e, v in zip(Edge, x, strict=True) if e is edge)
        return found * edge.value + edge.weigh(x[0]) + TABLE[edge](x[1]) * x[order] * order

    g = value_and_grad(f)
    for edge in Edge:
        for order in Order:
            check_slope(lambda x, edge=edge, order=order: f(x, edge, order), X)
            value, x_bar = g(X, edge, order)
            other, expected = value_and_grad(lambda x, e=edge, o=order: f(x, e, o))(X)
            assert value == pytest.approx(other)
            np.testing.assert_allclose(x_bar, expected)


def test_member_in_an_argument():
    def f(grid):
        return np.sum(grid.u * sum(e.value for e in Edge if e is not grid.edge))

    g = grad(f)
    for edge in Edge:
        expected = 7.5 - edge.value
        np.testing.assert_allclose(g(Grid(X, edge)).u, expected)


def test_an_attribute_that_changes():
    def f(x):
        return x[0] * Weights.A.left

    g = grad(f)
    assert g(X)[0] == 1.0
    Weights.A.left = 5.0
    try:
        assert g(X)[0] == 5.0
    finally:
        Weights.A.left = 1.0


def test_members_that_are_not_there():
    def f(x):
        try:
            edge = Edge(9.5)
        except ValueError:
            edge = Edge.FREE
        return x[0] * edge.value

    check_slope(f, X)
    with pytest.raises(UnsupportedSyntaxError, match="there is no member 'NONE'"):
        grad(lambda x: x[0] * Edge["NONE"].value)(X)


def test_members_as_keys_of_an_argument():
    def f(p):
        return sum(p[e] ** 2 * e.value for e in Edge if e is not Edge.FREE) + p[Order.FIRST]

    given = {Edge.FIXED: 2.0, Edge.PERIODIC: 3.0, Order.FIRST: 1.0}
    gradient = grad(f)(given)
    assert gradient == {Edge.FIXED: 6.0, Edge.PERIODIC: 21.0, Order.FIRST: 1.0}
