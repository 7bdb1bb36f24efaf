"""Classes of named tuples that the function itself makes."""

from collections import namedtuple

import numpy as np
import pytest

from srcgrad import SrcgradError, grad, value_and_grad
from tests.slopes import check_at

POINTS = np.array([0.8, -0.3, 0.55, 1.4]), np.array([-0.8, 1.3, 0.25, 0.45])


def by_place_and_by_name(x):
    Point = namedtuple("Point", "x y")
    p = Point(x[0], x[1])
    q = Point(y=p.x * 2, x=x[2])
    return p.x * p.y + q.x * q.y


def in_a_list(x):
    Point = namedtuple("Point", ["x", "y"])
    points = []
    for v in x:
        if v > 0:
            points.append(Point(v, v * v))
    return sum(p.x * p.y for p in points)


def a_state_that_is_carried(x):
    State = namedtuple("State", "position velocity")

    def step(state):
        position = state.position + 0.1 * state.velocity
        return state._replace(position=position, velocity=state.velocity - np.sin(position))

    state = State(x[0], x[1])
    for _ in range(5):
        state = step(state)
    return state.position**2 + state.velocity


def two_classes(x):
    A, B = namedtuple("A", "v"), namedtuple("B", "v w", defaults=(2.0,))
    items = [A(x[0]), B(x[1]), A(x[2])]
    return sum(i.v**2 if isinstance(i, A) else i.v * i.w for i in items)


def in_a_loop(x):
    s = 0.0
    for v in x:
        Pair = namedtuple("Pair", "a b")
        pair = Pair(v, v * v)
        s += pair.a * pair.b
    return s


PROGRAMS = [by_place_and_by_name, in_a_list, a_state_that_is_carried, two_classes]


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_gradient(f):
    check_at(f, *POINTS)


def given_back(x):
    Point = namedtuple("Point", "x y")
    return np.sum(x * x), Point(x[0], 2)


def test_given_back():
    (value, point), x_bar = value_and_grad(given_back, has_aux=True)(POINTS[0])
    assert value == np.sum(POINTS[0] ** 2)
    assert (type(point).__name__, point.x, point.y) == ("Point", 0.8, 2)
    np.testing.assert_allclose(x_bar, 2 * POINTS[0])


def fields_that_data_choose(x):
    Point = namedtuple("Point", ["a"] if x[0] > 0 else ["b"])
    return Point(x[0])[0]


def one_field_twice(x):
    return namedtuple("Point", "x x")(x[0], x[1])[0]


def in_two_calls(x):
    def made():
        return namedtuple("Point", "x y")

    P, Q = made(), made()
    p = P(x[0], x[1])
    return p.x * p.y if isinstance(p, Q) else p.y


@pytest.mark.parametrize(
    ("f", "message"),
    [
        (fields_that_data_choose, "not known at compile time"),
        (one_field_twice, "duplicate field"),
        (in_a_loop, "is made here again"),
        (in_two_calls, "is made here again"),
    ],
)
def test_refused(f, message):
    with pytest.raises(SrcgradError, match=message):
        grad(f)(POINTS[0])
