"""Helpers that give None, or lists of different lengths."""

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


def none_or_two(y, a):
    if a > 2:
        return None
    if a > 1:
        return []
    return [y, y * 2]


def roots(a, b, c):
    if a == 0:
        return None
    d = b * b - 4 * a * c
    if d < 0:
        return []
    q = np.sqrt(d)
    return [(-b - q) / (2 * a), (-b + q) / (2 * a)]


@program
def gone_through(y, t):
    r = none_or_two(y, t)
    if r is None:
        return t
    s = 0.0
    for v in r:
        s += v.sum() * t
    return s


@program
def taken_apart(y, t):
    r = none_or_two(y, t)
    if r is None or len(r) == 0:
        return t
    return np.sum(r[0] * r[1]) * t


@program
def lengthened(y, t):
    r = none_or_two(y, t)
    if r is not None:
        r.append(y * 3)
        r[0] = r[0] * 2
    s = y[0]
    if r is not None:
        for v in r:
            s += v.sum() * t
    return s


@program
def another_in_its_place(y, t):
    r = none_or_two(y, t)
    if r is None:
        r = [y]
    r.append(y * 3)
    return sum(np.sum(v) for v in r) * t * len(r)


@program
def the_last_of_several(y, t):
    out = None
    for v in y:
        r = none_or_two(y, v * t)
        if r is not None:
            out = r
    if out is None:
        return t
    return sum(np.sum(v * v) for v in out) * t


@program
def roots_of_some(y, t):
    s = 0.0
    for a in (0.0, 1.0, 2.0):
        r = roots(a * y[0], t * 2, y[2])
        if r is None:
            s += y[1]
            continue
        for x in r:
            s += x * x
    return s


@program
def roots_of_all(y, t):
    s = 0.0
    for v in y:
        r = roots(v, t * 2, y[2])
        if r is None:
            s += y[1]
            continue
        for x in r:
            s += x * x
    return s


@program
def in_a_dict(y, t):
    o = {"r": None}
    if t > 1:
        o["r"] = [] if t > 2 else [y * t]
    if o["r"] is None:
        return t
    return y[0] + sum(np.sum(v * v) for v in o["r"])


@program
def asked_whether_there_is_any(y, t):
    r = none_or_two(y, t)
    return t if not r else np.sum(r[0] * r[1])


@pytest.mark.parametrize("t", [0.5, 1.5, 2.5])
@pytest.mark.parametrize("f", PROGRAMS)
def test_gradient(f, t):
    y, v = np.array([0.5, 1.4, 0.2]), np.array([0.3, -0.2, 0.5])
    value, (y_bar, t_bar) = value_and_grad(f, argnums=(0, 1))(y.copy(), t)
    np.testing.assert_allclose(value, f(y.copy(), t), rtol=1e-14)
    slope = (f(y + 1e-6 * v, t) - f(y - 1e-6 * v, t)) / 2e-6
    of_t = (f(y.copy(), t + 1e-6) - f(y.copy(), t - 1e-6)) / 2e-6
    np.testing.assert_allclose([y_bar @ v, t_bar], [slope, of_t], rtol=1e-6, atol=1e-8)
