"""np.column_stack of lists that a loop fills, of numbers too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import grad
from srcgrad.errors import NoDerivativeError

PROGRAMS: list[Callable[..., Any]] = []


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


@program
def one_in_each_trip(x):
    vs = []
    for i in range(len(x)):
        vs.append(x * x[i] ** 2)
    return np.sum(np.column_stack(vs) * np.vstack(vs))


@program
def as_many_as_data_say(x):
    vs = []
    for i in range(len(x)):
        if x[i] > 0.4:
            vs.append(x**2 * x[i])
    B = np.column_stack(vs)
    B[0] *= 2
    return np.sum(B[:, -1] * B[:, 0])


@program
def matrices(x):
    vs = []
    for i in range(1, len(x)):
        if x[i] > 0.4:
            vs.append(np.outer(x, x[:i]) * x[i])
    return np.sum(np.column_stack(vs) ** 2)


@program
def numbers(x):
    vs = []
    for v in x:
        if v > 0.4:
            vs.append(v * 2)
    return np.sum(np.column_stack(vs) ** 2)


@program
def a_display_of_numbers(x):
    return np.sum(np.column_stack((x[0], 2 * x[1])) ** 2)


@pytest.mark.parametrize("f", PROGRAMS)
def test_gradient(f):
    x, h = np.array([0.3, 0.5, 0.8]), 1e-6
    slopes = [(f(x + h * d) - f(x - h * d)) / (2 * h) for d in np.eye(3)]
    np.testing.assert_allclose(grad(f)(x), slopes, rtol=1e-7)


def test_the_rows_of_an_array_are_refused():
    with pytest.raises(NoDerivativeError, match="column_stack covers a list or tuple"):
        grad(lambda x: np.sum(np.column_stack(np.outer(x, x))))(np.ones(3))
