"""Numbers and arrays that may be None, once the program has asked whether they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import UnknownTypeError, value_and_grad

PROGRAMS: list[Callable[..., Any]] = []


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


@program
def replaced(y, t):
    k = t if t < 1 else None
    if k is None:
        k = 1.0
    w = y * k
    return w @ y


@program
def chosen(y, t):
    k = t if t < 1 else None
    w = y * (2.0 if k is None else k)
    return w @ y


@program
def the_first_that_is_true(y, t):
    k = t if t < 1 else None
    w = y * (k or 2.0)
    return w @ y


@program
def returned_early(y, t):
    k = t if t < 1 else None
    if k is None:
        return t
    w = np.sin(k) * y
    return np.dot(y, w)


def scaled(x, k=None):
    w = x * 2
    if k:
        w = w * k
    return w @ x


@program
def given_to_a_helper(y, t):
    return scaled(y, t if t < 1 else None) + scaled(y)


@program
def a_whole_number(y, t):
    k = None if t < 1 else 2
    if k is None:
        k = 3
    w = y * k
    return w @ y * t


@program
def iterated_over(y, t):
    p = y * t if t < 1 else None
    s = 0.0
    if p is not None:
        for v in p:
            s += v * v
    return s + t


@program
def a_mask(y, t):
    w, m = y * t, None
    if t < 1:
        m = w > 0.2
    if m is not None:
        w[m] *= w[m]
    return np.sum(w)


@program
def an_index(y, t):
    out, pend = np.zeros(5), None
    for i, v in enumerate(y):
        if pend is None:
            pend = i
            continue
        out[pend] += v * t
        pend = None
    return np.sum(out**2)


@program
def bounds_and_indices(y, t):
    w = y * 1.0
    m = w if t < 1 else None
    k = 3 if t < 1 else None
    if m is not None and k is not None:
        m[:k] += t
        w[k] *= 2
    return np.sum(w**2)


def hit(a):
    return None if a > 1 else a


@program
def written_into_a_row(y, t):
    out = np.zeros((2, 4))
    h = hit(t)
    if h is not None:
        out[0] = h * y
    return np.sum(out**2)


@program
def added_to_all_rows(y, t):
    out = np.zeros((2, 4))
    h = hit(t)
    if h is not None:
        out += h * y
        out[1] = (h * y).sum()
    return np.sum(out**2)


def distance(o, d, c, r):
    """Of a ray and a sphere."""
    to = o - c
    b = to @ d
    disc = b * b - to @ to + r * r
    if disc < 0:
        return None
    s = -b - np.sqrt(disc)
    return s if s > 1e-3 else None


@program
def a_ray_tracer(y, t):
    out = np.zeros((3, 3))
    c = np.array([0.0, 0.0, 3.0])
    for i in range(3):
        d = np.array([0.1 * i, 0.1, 1.0])
        d = d / np.linalg.norm(d)
        nearest = None
        for r in (0.2, 0.4):
            h = distance(y[:3] * 0.1, d, c, r * t)
            if h is None:
                continue
            if nearest is None or h < nearest:
                nearest = h
        if nearest is not None:
            out[i] = nearest * y[:3]
    return np.sum(out**2)


@program
def made_by_every_trip(y, t):
    labels = None
    for _ in range(3):
        labels = y > y.mean()
    s = 0
    for k in range(2):
        s += np.sum(y[labels == k] ** 2)
    return s * t


@program
def nearest_centres(y, t):
    labels, c = None, np.array([0.5, 1.0]) * t
    for _ in range(2):
        labels = np.argmin((y[:, None] - c) ** 2, axis=1)
    s = 0
    for k in range(2):
        s += np.sum((y[labels == k] - c[k]) ** 2)
    return s


@program
def asked_by_a_loop(y, t):
    k, w = None, y * 1.0
    for i in range(4):
        if w[i] > 0.8:
            k = i
    while k is not None:
        w[k] *= t
        k = k - 1 if k > 0 else None
    return np.sum(w**2)


@program
def the_one_before(y, t):
    prev, s = None, 0.0
    for v in y:
        if prev is not None and v > prev:
            s += np.array([prev, v]) @ np.array([v, t])
        prev = v
    return s


@program
def two_names_of_one(y, t):
    """Which is asked when the program runs, as where it is not known that they are arrays."""
    a = y * t
    p = a if t > 1 else None
    q = a if t < 2 else None
    s = y[0]
    if p is not None:
        if p is q:
            s = s + np.sum(p)
        elif q is not None:
            s = s + np.sum(q) * 2
    return s


@program
def tried(y, t):
    """The product raises, whatever its type is where it does not."""
    k = t if t < 1 else None
    try:
        z = 2.0 * k
    except TypeError:
        z = 7.0
    return z * y[0]


@program
def compared_with_none(y, t):
    """What takes None says nothing about its operands."""
    k = t if t < 1 else None
    return np.sum(y) if np.equal(k, None) else np.sum(y) * k


@program
def negated_by_numpy(y, t):
    k = t if t < 1 else None
    return np.sum(y) if np.logical_not(k) else np.sum(y) * k


@pytest.mark.parametrize("t", [0.3, 1.5, 2.5, -0.3])
@pytest.mark.parametrize("f", PROGRAMS)
def test_gradient(f, t):
    y, v = np.array([0.7, 0.5, 1.2, 0.9]), np.array([0.3, -0.2, 0.7, 0.4])
    value, (y_bar, t_bar) = value_and_grad(f, argnums=(0, 1))(y.copy(), t)
    np.testing.assert_allclose(value, f(y.copy(), t), rtol=1e-14)
    slope = (f(y + 1e-6 * v, t) - f(y - 1e-6 * v, t)) / 2e-6
    of_t = (f(y.copy(), t + 1e-6) - f(y.copy(), t - 1e-6)) / 2e-6
    np.testing.assert_allclose([y_bar @ v, t_bar], [slope, of_t], rtol=1e-6, atol=1e-8)
    assert type(t_bar) is float


def test_none_is_computed_with():
    def f(y, t):
        k = None
        for v in y:
            if v > t:
                k = v
        w = y * k
        return w @ y

    y = np.array([0.7, 0.5])
    np.testing.assert_allclose(value_and_grad(f)(y, 0.6)[1], [2 * 0.49 + 0.74, 0.7])
    for g in (f, value_and_grad(f)):
        with pytest.raises(TypeError, match="unsupported operand"):
            g(y, 2.5)


def test_no_hint_asks_for_what_is_there():
    def f(y, t):
        out = np.zeros((2, 2))
        w = y * t if t < 1 else np.outer(y, y)
        out[0] = np.asarray(w)
        return np.sum(out)

    with pytest.raises(UnknownTypeError, match="is not known") as caught:
        value_and_grad(f)(np.ones(2), 0.5)
    assert "one dtype and one rank" in caught.value.hint
