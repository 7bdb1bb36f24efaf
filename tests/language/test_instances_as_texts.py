"""What the program makes of its classes is printed as they say: ``__str__``, ``__repr__``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import UnknownTypeError, UnsupportedSyntaxError, value_and_grad

PROGRAMS: list[Callable[..., Any]] = []


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


class Point:
    def __init__(self, x, y):
        self.x, self.y = x, y

    def __repr__(self):
        return f"Point({self.x}, {self.y})"


class Vector(Point):
    def __str__(self):
        return "vector " + str(self.x)

    def __format__(self, spec):
        return f"<{format(self.y, spec)}>"


class Silent:
    def __init__(self, x):
        self.x = x


class Wrong(Silent):
    def __str__(self):
        return 1


@program
def printed(x):
    p = Point(x[0], x[1] * x[2])
    print(p)
    print("now", p, sep=": ", end="!\n")
    return p.x * p.y


@program
def in_texts(x):
    p = Point(x[0], x[1] * x[2])
    print(f"at {p} {p!r}", str(p), repr(p), format(p))
    return p.x * p.y * len(repr(p))


@program
def told_by_the_class(x):
    p = Vector(x[0], x[1] * x[2])
    print(f"{p:.3f} {p} {p!s} {p!r}", p, repr(p), format(p, ".1f"))
    return p.x * p.y


@program
def changed_in_a_loop(x):
    p, total = Point(0.0, x[1]), 0.0
    for v in x:
        p.x = p.x + v
        if p.x > 1:
            print("far", p)
        total = total + p.x * p.y
    return total


@program
def in_an_error(x):
    p = Point(x[0], x[1] * x[2])
    try:
        if p.x < 1:
            raise ValueError(f"{p} is too small")
    except ValueError as error:
        print(error)
    return p.x * p.y


@program
def in_a_list(x):
    print([Point(x[0], x[1])])
    return x[0]


@pytest.mark.parametrize("f", PROGRAMS)
def test_gradient(f, capsys):
    x, v = np.array([0.3, 0.8, 1.2]), np.array([0.5, -0.25, 0.125])
    f(x)
    expected = capsys.readouterr().out
    value, x_bar = value_and_grad(f)(x)
    assert capsys.readouterr().out == expected != ""
    np.testing.assert_allclose(value, f(x.copy()), rtol=1e-14)
    if f is in_texts:  # whose length changes with the digits
        count = len(repr(Point(x[0], x[1] * x[2])))
        slope = count * np.array([x[1] * x[2], x[0] * x[2], x[0] * x[1]]) @ v
    else:
        slope = (f(x + 1e-6 * v) - f(x - 1e-6 * v)) / 2e-6
    np.testing.assert_allclose(x_bar @ v, slope, rtol=1e-6)


def no_text(x):
    print(Silent(x[0]))
    return x[0]


@pytest.mark.parametrize("f", [no_text])
def test_what_no_class_says_is_refused(f):
    with pytest.raises(UnknownTypeError, match="cannot be passed to a function"):
        value_and_grad(f)(np.array([0.3, 0.8]))


def no_string(x):
    try:
        print(Wrong(x[0]))
    except TypeError:
        return x[1]
    return x[0]


def test_what_is_no_text():
    x = np.array([0.3, 0.8])
    assert no_string(x) == 0.8
    value, x_bar = value_and_grad(no_string)(x)
    assert value == 0.8
    np.testing.assert_array_equal(x_bar, [0, 1])
    with pytest.raises(UnsupportedSyntaxError, match="returned non-string"):
        value_and_grad(lambda x: x[0] * len(str(Wrong(x[0]))))(x)
