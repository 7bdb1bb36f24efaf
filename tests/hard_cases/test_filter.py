"""``filter`` asks whether it keeps an element when the turn of that has come."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import value_and_grad

PROGRAMS: list[Callable[..., Any]] = []


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


class Layer:
    def __init__(self, w, on):
        self.w = w
        self.on = on


@program
def a_list_that_is_filled_later(x):
    full, empty = [x], []
    found = filter(len, [full, empty])
    empty.append(x * 2)
    return sum(np.sum(v[0] ** 2) for v in found)


@program
def a_list_that_is_filled_in_the_loop(x):
    full, empty = [x], []
    total = 0.0
    for items in filter(None, (full, empty)):
        empty.append(x * 2)
        total += np.sum(items[-1] ** 2)
    return total


@program
def an_attribute_that_is_changed_later(x):
    first, second = Layer(x, False), Layer(x * 2, True)
    found = filter(lambda layer: layer.on, [first, second])
    first.on = True
    return sum(np.sum(layer.w**2) for layer in found)


@program
def what_the_function_reads_changes(x):
    most = [2]
    found = filter(lambda i: i < most[0], [1, 2, 3])
    most[0] = 3
    return sum(np.sum(x**i) for i in found)


@program
def layers_that_are_written(x):
    layers = [Layer(x, True), Layer(x * 2, False), Layer(x * 3, True)]
    for layer in filter(lambda layer: layer.on, layers):
        layer.w = layer.w * x
        layer.on = False
    return sum(np.sum(layer.w) for layer in layers)


@program
def by_data(x):
    positive = list(filter(lambda v: v > 0, x))
    return sum(filter(lambda v: v < 1, (v * 2 for v in x))) * len(positive) + positive[-1]


@program
def of_what_is_filtered(x):
    found = filter(lambda v: v > 0, x)
    total = x[0]
    for i, v in enumerate(filter(lambda v: v < 1, found)):
        total += (i + 1) * v**2
    return total + next(filter(lambda v: v < 0, x)) ** 3


@program
def beside_others(x):
    pairs = zip(filter(lambda i: i % 2, range(6)), x, strict=False)
    return sum(i * v**2 for i, v in pairs) + sum(x[np.array(tuple(filter(None, range(3))))])


@pytest.mark.parametrize("f", PROGRAMS)
def test_gradient(f):
    x, v = np.array([0.6, 1.4, -0.8]), np.array([0.3, -0.2, 0.5])
    value, x_bar = value_and_grad(f)(x)
    slope = (f(x + 1e-6 * v) - f(x - 1e-6 * v)) / 2e-6
    np.testing.assert_allclose(value, f(x), rtol=1e-14)
    np.testing.assert_allclose(x_bar @ v, slope, rtol=1e-6)
