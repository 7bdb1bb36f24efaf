"""``math.fsum`` of arrays, lists and iterators."""

import math

import numpy as np
import pytest

from srcgrad import grad
from tests.slopes import check_at

POINTS = np.array([0.31, -0.7, 1.2, 0.4]), np.array([-0.3, 0.9, 0.5, -0.45])


def of_an_array(x):
    return math.fsum(x**2) * x[0]


def of_displays(x):
    return math.fsum([x[0], x[1] * x[2], 2]) * math.fsum((x[0], True)) + math.fsum([])


def of_iterators(x):
    squares = math.fsum(v * v for v in x)
    return squares * math.fsum(map(math.sin, x)) + math.fsum(v for v in x if v > 0)


def of_a_list_that_grows(x):
    out = []
    for v in x:
        if v > 0:
            out.append(v * v)
    return math.fsum(out) * math.fsum({"a": x[0], "b": x[1]}.values())


def without_rounding(x):
    return math.fsum([x[0], 1e100, x[1], -1e100]) ** 2


@pytest.mark.parametrize(
    "f", (of_an_array, of_displays, of_iterators, of_a_list_that_grows), ids=lambda f: f.__name__
)
def test_gradient(f):
    check_at(f, *POINTS)


def test_no_digits_are_lost():
    x = np.array([1.0, 2.0])
    np.testing.assert_array_equal(grad(without_rounding)(x), [6.0, 6.0])
