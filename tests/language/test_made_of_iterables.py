"""Named tuples that ``_make`` makes of what an iterable gives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

from srcgrad import grad

PROGRAMS: list[Callable[..., Any]] = []


class Point(NamedTuple):
    x: float
    y: float = 2.0

    def norm(self):
        return self.x**2 + self.y**3


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


@program
def of_a_list(x):
    p = Point._make([x[0], x[1] * 2])
    return p.norm() * p._replace(x=p.y).x


@program
def of_a_generator_expression(x):
    return Point._make(v * 2 for v in x[:2]).norm()


@program
def of_an_array(x):
    return Point._make(x[1:]).norm()


@program
def of_an_instance(x):
    p = Point(x[0], x[1])
    return p._make([p.y, p.x]).norm()


@program
def too_few(x):
    try:
        return Point._make([x[0]]).x
    except TypeError as error:
        return x[1] * len(str(error))


@pytest.mark.parametrize("f", PROGRAMS)
def test_gradient(f):
    x, h = np.array([0.3, 0.5, 0.8]), 1e-6
    slopes = [(f(x + h * d) - f(x - h * d)) / (2 * h) for d in np.eye(3)]
    np.testing.assert_allclose(grad(f)(x), slopes, rtol=1e-7)


def test_too_many():
    with pytest.raises(Exception, match="Expected 2 arguments, got 3"):
        grad(lambda x: Point._make(x).norm())(np.ones(3))
