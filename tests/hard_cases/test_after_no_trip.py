"""Arrays that every trip of a loop makes None, or a number: after no trip they are written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import AliasingError, value_and_grad

PROGRAMS: list[Callable[..., Any]] = []


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


@program
def a_name(y, t):
    a = y * 1.0
    p = a
    k = 0.0
    while k < t:
        p = None
        k += 1
    if p is not None:
        p *= t
    return np.sum(a**2)


@program
def in_a_loop_over_elements(y, t):
    a = y * 1.0
    p = a
    for _ in y[y < t]:
        p = None
    if p is not None:
        p *= t
    return np.sum(a**2)


@program
def two_names(y, t):
    a = y * 1.0
    p, q = a, None
    for _ in y[y < t]:
        p, q = None, p
    if p is not None:
        p *= t
    if q is not None:
        q *= 3.0
    return np.sum(a**2)


class Holder:
    pass


@program
def an_attribute(y, t):
    o, a = Holder(), y * 1.0
    o.v = a
    for _ in y[y < t]:
        o.v = None
    if o.v is not None:
        o.v *= t
    return np.sum(a**2)


@program
def an_element_of_a_list(y, t):
    a = y * 1.0
    b = [a]
    for _ in y[y < t]:
        b[0] = None
    if b[0] is not None:
        b[0] *= t
    return np.sum(a**2)


@program
def in_a_tuple(y, t):
    a = y * 1.0
    p = (a, t)
    for _ in y[y < t]:
        p = None
    if p is not None:
        p[0][1:] *= p[1]
    return np.sum(a**2)


@program
def a_view(y, t):
    a = y * 1.0
    p = a[1:]
    for _ in y[y < t]:
        p = None
    if p is not None:
        p[:] = t
    return np.sum(a**2)


@program
def given_as_out(y, t):
    a = y * 1.0
    p = a[1:]
    for _ in y[y < t]:
        p = None
    if p is not None:
        np.multiply(p, t, out=p)
    return np.sum(a**2)


def emptied(p, limit):
    k = 0.0
    while k < limit:
        p = None
        k += 1
    return p


@program
def given_back_by_a_helper(y, t):
    a = y * 1.0
    p = emptied(a, t)
    if p is not None:
        p *= t
    return np.sum(a**2)


@program
def in_a_closure(y, t):
    a = y * 1.0

    def left():
        p = a
        for _ in y[y < t]:
            p = None
        return p

    p = left()
    if p is not None:
        p *= t
    return np.sum(a**2)


@program
def an_argument(y, t):
    p = y
    for _ in y[y < t]:
        p = None
    if p is None:
        return np.sum(y**3)
    p *= t
    return np.sum(y**2)


@program
def an_argument_and_its_name(y, t):
    p = y
    for _ in y[y < t]:
        p = None
    if p is not None:
        p *= t
    return np.sum(y**2) if p is None else np.sum(p)


@program
def none_in_every_trip(y, t):
    p = y
    for _ in y:
        p = None
    if p is not None:
        p *= t
    return np.sum(y**2) if p is None else np.sum(p)


@program
def beside_another_that_is_written(y, t):
    c, b = y + 0.2, y * t
    r = m = c
    b[0] = y[1]
    for _ in range(3):
        r, m = b, None
    return c[2] * y[1] + np.sum(r) + (0.0 if m is None else np.sum(m))


@pytest.mark.parametrize("t", [-3.0, 2.5])
@pytest.mark.parametrize("f", PROGRAMS)
def test_gradient(f, t):
    y, v = np.array([1.0, 0.5, 2.0]), np.array([0.3, -0.2, 0.5])
    value, (y_bar, t_bar) = value_and_grad(f, argnums=(0, 1))(y.copy(), t)
    np.testing.assert_allclose(value, f(y.copy(), t), rtol=1e-14)
    slope = (f(y + 1e-6 * v, t) - f(y - 1e-6 * v, t)) / 2e-6
    of_t = (f(y.copy(), t + 1e-6) - f(y.copy(), t - 1e-6)) / 2e-6
    np.testing.assert_allclose([y_bar @ v, t_bar], [slope, of_t], rtol=1e-6, atol=1e-8)


def test_a_number_or_the_written_array():
    def f(y, t):
        a = y * 1.0
        p = a
        k = 0.0
        while k < t:
            p = t
            k += 1
        if np.ndim(p):
            p *= t
        return np.sum(a**2)

    with pytest.raises(AliasingError, match="a number or an array") as caught:
        value_and_grad(f, argnums=(0, 1))(np.ones(4), -3.0)
    assert caught.value.loc is not None
    assert "copy" in caught.value.hint
