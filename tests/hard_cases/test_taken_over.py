"""Cotangents that become arrays of their own, and calls of which only some forms are known."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import NoDerivativeError, SrcgradError, grad, value_and_grad
from srcgrad.testing import check_grads
from tests.frontend.programs import make

X = np.array([0.7, -1.2, 1.5, 0.4])
PROGRAMS: list[Callable[..., Any]] = []


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


# --- what a view of a cotangent is written into ---------------------------------------------------


@program
def a_view_of_a_view(x):
    e = np.exp(x)
    a = x * 2
    t = a[1:][0]
    a[3] -= 1.0
    return t + np.sum(a * e)


@program
def rows_and_their_elements(x):
    x = x.reshape(2, 2)
    a, b, s = x * 2.0, x * 3.0, 0.0
    for row in a:
        for v in row:
            s += v * v
    a[0] += 0.5
    e = np.exp(x * 0.5)
    return s + np.sum(a * e) + np.sum(b * e)


@program
def taken_apart(x):
    w = x[:3]
    a, b = x[:3] * 2.0, x[1:] * 3.0
    u, v = a[:2]
    a[1] += 0.5
    return u + v * u + np.sum(a * (w * 2.0)) + np.sum(b * (w * 2.0))


@program
def left_early(x):
    a, e, t = x * 2.0, np.exp(x), 0.0
    for w in a[:2]:
        t += w
        if t < 0:
            break
    a[0] += 0.5
    return t + np.sum(a * e) + np.sum(e)


@program
def handed_on(x):
    scaled = {"by": functools.partial(operator.mul, x[3])}
    e, a = np.sin(x), x * 2.0
    t = scaled["by"](a[1:][1])
    a[2] -= 0.5
    return t + np.sum(a * e)


@program
def carried_by_a_loop(x):
    e, a, t = np.exp(x), x * 2.0, 0.0
    for i in range(3):
        t += a[i:][0]
        a[i] -= 0.3
    return t + np.sum(a * e)


@program
def orders_that_change_nothing(x):
    a = x * 2.0
    t = np.sin(a, order="K")
    a[0] = 0.25
    return np.sum(t * np.power(a, 2, order="K")) + np.sum(np.square(a, subok=True))


@program
def made_of_others(x):
    a = x * 2.0
    t = np.diff(a, prepend=0.0)
    u = np.diff(x, n=2, prepend=x[0], append=[3.0, x[1]])
    w = np.diff(np.outer(a, a), prepend=0.0)
    s = np.trace(np.outer(a, x), offset=1) * np.trace(np.outer(x, x), -2)
    r = a.item(0) * a.item(-1) + np.outer(a, x).item(0, 1)
    a[0] = 0.25
    return np.sum(t * t) + np.sum(u * u) + np.sum(w * w) + s * np.sum(a * a) + r


@program
def another_order_in_memory(x):
    a = x.reshape(2, 2) * 2.0
    t = a.astype("f8", "F")
    a[0] = 0.25
    return np.sum(t) + np.sum(a * a)


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_gradient(f):
    check_grads(f, (X,))
    assert value_and_grad(f)(X)[0] == f(X.copy())


# --- calls with arguments of which nothing is known -----------------------------------------------

FORMS = [
    "np.add(a, 1.0, dtype=np.float64)",
    "np.sort(a, axis=0, kind='stable')",
    "np.average(np.outer(a, a), returned=True)[0]",
    "np.sort(a, 0, 'stable', None)",
    "np.copy(a, 'K', False)",
    "np.trace(np.outer(a, a), dtype=float)",
    "np.outer(a, a).item(0)",
]


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("form", FORMS)
def test_no_view_is_made_of_a_call_with_unknown_arguments(form, when):
    """It is refused as it is where nothing is written."""
    lines = [f"t = {form}", "a[0] = 0.25"]
    body = "\n    ".join(lines if when == "after" else lines[::-1])
    f = make(f"def f(x):\n    a = x * 2.0\n    {body}\n    return np.sum(t * t) + np.sum(a)\n")[0]
    with pytest.raises(NoDerivativeError):
        grad(f)(X)


@pytest.mark.parametrize("index", ["0", "slice(None)", "[0, 0]"])
def test_floats_are_not_added_to_integers_at_places(index):
    f = make(
        f"def f(x):\n    a = np.full((2, 3), 1)\n    np.add.at(a, {index}, 0.5)\n"
        "    return a.sum() * x[0]\n"
    )[0]
    with pytest.raises(SrcgradError):
        grad(f)(X)


def test_differences_of_differences_as_often_as_an_argument_says():
    def f(x, n):
        return np.sum(np.diff(x, n, prepend=0.5) ** 2) + np.sum(np.diff(x, n=n) ** 3)

    for n in (1, 2, 3):
        check_grads(f, (X, n), argnums=0)
        assert value_and_grad(f)(X, n)[0] == f(X, n)


def test_as_often_as_data_tell_is_refused():
    def f(x):
        n = int(np.sum(x > 0))
        return np.sum(np.diff(x, n, prepend=0.5) ** 2)

    with pytest.raises(SrcgradError) as caught:
        grad(f)(X)
    assert caught.value.loc is not None
