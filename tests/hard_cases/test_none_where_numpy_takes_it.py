"""Arguments for which NumPy takes None: conditions, bounds, first values, outputs.

As a condition None is false, and text is true unless it is empty.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import accumulate
from typing import Any

import numpy as np
import pytest

from srcgrad import UnknownTypeError, grad, value_and_grad

PROGRAMS: list[Callable[..., Any]] = []
MASK = None
SETTINGS = {"scale": 2.0}


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


# --- conditions -----------------------------------------------------------------------------------


@program
def a_default(x, mask=None):
    return np.sum(np.where(mask, x, 0.1 * x))


@program
def a_global(x):
    return np.sum(np.where(MASK, x, 0.1 * x) * x)


@program
def what_a_dict_does_not_have(x):
    return np.sum(np.where(SETTINGS.get("mask"), x, 0.1 * x))


@program
def numbers(x):
    return np.where(None, x[0], 2.0 * x[1]) + np.sum(np.where(None, x[0], x))


@program
def none_or_an_array(x):
    mask = None
    if x[0] > 0:
        mask = x > 1
    return np.sum(np.where(mask, x, 0.1 * x) * x)


@program
def none_or_a_number(x):
    c = x[2] if x[0] > 0 else None
    return np.sum(np.where(c, 2.0, x) * x) + np.where(c, x[0], 3.0 * x[1])


@program
def none_or_text(x):
    c = "yes" if x[0] > 0 else None
    return np.sum(np.where(c, x, 2.0 * x))


@program
def none_in_an_array(x):
    return np.sum(np.where(np.array([None, True, 0.0, 2.0]), x, 0.1 * x) * x)


@program
def none_in_a_list(x):
    return np.sum(np.where([[None], [1]], x, 2.0 * x))


@program
def a_number_or_none_in_a_list(x):
    m = x[1] if x[0] > 0 else None
    return np.sum(np.where([m, 0, 1, 2], x, 2.0 * x))


@program
def texts(x):
    t = np.where("a", x, 2.0) + np.where("", x, 3.0 * x)
    return np.sum(np.where(["", "a", "b", ""], x, t))


@program
def outside_of_the_domain(x):
    mask = x > 0 if x[0] > 0 else None
    return np.sum(np.where(mask, np.sqrt(np.where(mask, x, 1.0)), x))


# --- where= of reductions and ufuncs --------------------------------------------------------------


@program
def where_is_none(x):
    largest = np.max(x, where=None, initial=0.3) + x.min(where=[None, 1, 1, 1], initial=9.0)
    return largest + np.sum(x, where=None) + np.prod(x, where=None) * x[0]


@program
def where_is_text(x):
    return np.max(x, where="a", initial=0.0) * np.sum(x * x, where="a")


@program
def where_depends_on_data(x):
    m = x > 1 if x[0] > 0 else None
    return np.max(x * x, where=m, initial=0.1) + np.sum(x**3, where=m)


@program
def writes_where_it_is_none(x):
    y = np.multiply(x, 2.0, where=None, out=x * x)
    np.copyto(y, 3.0, where=None)
    np.exp(x, out=y, where="")
    return np.sum(y * x)


@program
def writes_where_data_say(x):
    m = x > 1 if x[0] > 0 else None
    y = np.multiply(x, 2.0, where=m, out=x * x)
    return np.sum(y * x)


# --- bounds, first values and outputs -------------------------------------------------------------


@program
def bounds(x):
    high = 1.1 if x[0] > 0 else None
    low = 0.1 * x[0] if x[1] > 0 else None
    y = np.clip(x, low, high) * x.clip(max=high)
    return np.sum(y * x.clip(low, 1.0)) + np.sum(np.clip(x, a_min=low, a_max=x[2]))


@program
def bounds_in_a_loop(x):
    total = 0.0
    for v in x:
        low = None if v < 0 else 0.5 * x[0]
        total += np.clip(v * v, low, 2.0) * v
    return total


@program
def first_values(x):
    i = 8.0 * x[2] if x[0] > 0 else None
    return np.max(x * x, initial=i) * x.max(initial=i)


@program
def an_output(x):
    buffer = np.ones(4) if x[0] > 0 else None
    y = np.multiply(x, x, out=buffer)
    y[0] = 2.0
    return np.sum(y * x) + (np.sum(buffer) if buffer is not None else 0.0)


@program
def outputs_of_others(x):
    buffer = np.ones(4) if x[0] > 0 else None
    y = np.cumsum(x, out=buffer) * 1.0
    z = np.exp(x, buffer)
    return np.sum(y * x) + np.sum(z)


@program
def no_output(x):
    return np.sum(np.cumsum(x, out=None) * np.exp(x, None))


# --- bounds of slices -----------------------------------------------------------------------------


@program
def deleted(x):
    k = 1 if x[0] > 0 else None
    xs = [v for v in x]
    del xs[k:]
    return sum(xs) * x[1] + x[0]


@program
def spliced(x):
    k = 1 if x[0] > 0 else None
    xs = [v for v in x]
    xs[k:] = [x[0], x[2] * x[1]]
    xs[:k] = [x[3] * x[3]]
    del xs[:k]
    return sum(xs) * x[1]


@pytest.mark.parametrize("f", PROGRAMS)
@pytest.mark.parametrize("first", [1.3, -1.3])
@pytest.mark.parametrize("second", [0.7, -0.7])
def test_gradient(f, first, second):
    x = np.array([first, second, 2.1, 0.4])
    slopes = [(f(x + h) - f(x - h)) / 2e-6 for h in 1e-6 * np.eye(4)]
    value, x_bar = value_and_grad(f)(x)
    np.testing.assert_allclose(value, f(x.copy()), rtol=1e-14)
    np.testing.assert_allclose(x_bar, slopes, rtol=1e-6, atol=1e-8)


def test_a_constant_condition_leaves_nothing():
    gradient = grad(a_default)
    np.testing.assert_allclose(gradient(np.ones(4)), np.full(4, 0.1))
    assert "np.full_like(x, 0.1)" in gradient.source


def test_one_element_more():
    def f(x):
        first = x[1] if x[0] > 0 else None
        return sum(accumulate(x, initial=first))

    with pytest.raises(UnknownTypeError, match="first is None or not.*\n.*\n.*\n.*if first is not"):
        grad(f)(np.ones(3))
