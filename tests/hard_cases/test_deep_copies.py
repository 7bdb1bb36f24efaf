"""``copy.deepcopy`` copies an array once, however often it occurs."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import AliasingError, grad, value_and_grad

PROGRAMS: list[Callable[..., Any]] = []


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


class Layer:
    def __init__(self, w):
        self.w = w


@program
def a_list(x):
    a, b = copy.deepcopy([x, x])
    a *= 3
    return np.sum(b * b)


@program
def objects(x):
    first, second, w = copy.deepcopy((Layer(x), Layer(x), x))
    first.w *= 3
    second.w[0] = 2.0
    return np.sum(w * w)


@program
def dicts(x):
    u = x.copy()
    b = copy.deepcopy({"p": u, "q": [np.asarray(u)]})
    b["q"][0] += 1
    return np.sum(b["p"] * u)


@program
def views_have_copies_of_their_own(x):
    b = copy.deepcopy([x, x[:], x.T])
    b[0] *= 2
    return np.sum(b[0] * b[1] * b[2])


@program
def one_by_one(x):
    b = [copy.deepcopy(v) for v in [x, x]]
    b[0] *= 2
    return np.sum(b[0] * b[1])


@program
def in_a_loop(x):
    A, v = np.outer(x, x), x.copy()
    for _ in range(2):
        B, w = copy.deepcopy((A, v))
        B *= w
        A, v = B, v + w
    return np.sum(A) + np.sum(v)


@program
def not_written(x):
    u = x * 2
    kept = copy.deepcopy([u, u if x[0] > 0 else x * 3])
    u *= 2
    return np.sum(kept[0] * kept[1] * u)


@pytest.mark.parametrize("f", PROGRAMS)
def test_gradient(f):
    x, v = np.array([0.6, 1.4, -0.8]), np.array([0.3, -0.2, 0.5])
    value, x_bar = value_and_grad(f)(x)
    slope = (f(x + 1e-6 * v) - f(x - 1e-6 * v)) / 2e-6
    np.testing.assert_allclose(value, f(x.copy()), rtol=1e-14)
    np.testing.assert_allclose(x_bar @ v, slope, rtol=1e-6)


def arguments(x, y):
    a, b = copy.deepcopy([x, y])
    a *= 3
    return np.sum(a * b)


def test_arguments_are_two():
    x, y = np.array([0.6, 1.4]), np.array([0.3, -0.2])
    np.testing.assert_allclose(grad(arguments)(x, y), 3 * y)
    with pytest.raises(AliasingError, match="shares memory"):
        grad(arguments)(x, x)


def chosen(x):
    u = x * 2
    a, b = copy.deepcopy([u, u if x[0] > 0 else x * 3])
    a *= 3
    return np.sum(b)


def compared(x):
    u = x * 2
    a, b = copy.deepcopy([u, u if x[0] > 0 else x * 3])
    return np.sum(x) if a is b else np.sum(u)


@pytest.mark.parametrize("f", [chosen, compared])
def test_what_may_be_one_is_refused(f):
    with pytest.raises(AliasingError, match="may be one|one object"):
        value_and_grad(f)(np.array([0.6, 1.4]))
