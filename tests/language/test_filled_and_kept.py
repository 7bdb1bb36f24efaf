"""Arrays that a program fills in place and keeps in objects from outside: copies of them."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import AliasingError, grad, value_and_grad
from tests.slopes import slopes

X = np.array([0.3, 0.4, 0.5])


class Model:
    def __init__(self):
        self.u = np.ones(3)
        self.log = []


def after_the_loop(x, m):
    out = np.empty((4, 3))
    h = np.zeros(3)
    for t in range(4):
        h = np.tanh(x + h)
        out[t] = h
    m.log.append(out)
    return np.sum(out**2)


def in_each_trip(x, m):
    for i in range(3):
        y = x * i
        y[0] = x[1]
        m.log.append(y)
        x = x + y**2
    return np.sum(x)


def a_state_of_each_trip(x, m):
    u = x.copy()
    for _ in range(3):
        new = u.copy()
        new[1:-1] = 0.5 * (u[:-2] + u[2:]) ** 2
        u = new
        m.log.append(new)
    return np.sum(u**2)


def a_state_that_is_read_by_the_next_call(x, m):
    u = m.u * 0.9
    u[0] = x[0] * x[1]
    u[1:] *= u[0]
    m.u = u
    return np.sum(m.u**2)


def a_view(x, m):
    u = np.zeros(3)
    for i in range(3):
        if x[i] > 0.35:
            u[i] = x[i] ** 2
    m.log.append({"part": u[1:], "sum": u.sum()})
    return np.sum(u)


def in_one_arm(x, m):
    u = x * 2
    if x[0] > 0:
        u[0] = x[1]
        m.log.append(u)
    else:
        u[1] = x[0]
    return np.sum(u**2)


def by_a_ufunc(x, m):
    y = x.copy()
    np.exp(y, out=y)
    y[y < 1.4] = 0
    m.log.append(y)
    return np.sum(y**2)


def by_recursion(x, m):
    def go(v):
        u = v * 1.5
        u[0] = 2 * v[1]
        m.log.append(u)
        return np.sum(u) if np.sum(u) > 30.0 else np.sum(u * v) + go(u)

    return go(x)


@pytest.mark.parametrize(
    "f",
    [
        after_the_loop,
        in_each_trip,
        a_state_of_each_trip,
        a_state_that_is_read_by_the_next_call,
        a_view,
        in_one_arm,
        by_a_ufunc,
        by_recursion,
    ],
    ids=lambda f: f.__name__,
)
def test_a_copy_is_kept(f: Callable[..., Any]) -> None:
    ours, theirs = Model(), Model()
    derivative = value_and_grad(f)
    for _ in range(2):
        before = copy.deepcopy(theirs)
        value, gradient = derivative(X, ours)
        assert value == pytest.approx(f(X, theirs), rel=1e-12)
        assert repr(vars(ours)) == repr(vars(theirs))
        expected = slopes(lambda x, before=before: f(x, copy.deepcopy(before)), X)
        np.testing.assert_allclose(gradient, expected, rtol=1e-5)


def written_later(x, m):
    u = x * 2
    m.log.append(u)
    u[0] = x[1]
    return np.sum(u)


def written_in_the_next_trip(x, m):
    u = x * 2
    for i in range(3):
        u[i] = x[i] ** 2
        m.log.append(u)
    return np.sum(u)


def written_after_the_loop(x, m):
    for i in range(3):
        u = x * i
        u[0] = 1.0
        m.log.append(u)
    u[1] = x[0]
    return np.sum(u)


def kept_in_two_places(x, m):
    u = x * 2
    u[0] = x[1]
    m.log.append(u)
    m.u = u
    return np.sum(u)


def two_views(x, m):
    u = x * 2
    u[0] = x[1]
    m.log.append((u, u[1:]))
    return np.sum(u)


def one_of_two(x, m):
    u = np.zeros(3)
    v = u if x[0] > 0 else x * 2
    v[0] = x[1]
    m.log.append(v)
    return np.sum(u**2)


def an_argument(x, m):
    x[0] = 3.0
    m.log.append(x)
    return np.sum(x**2)


def swapped(x, m):
    u, v = x.copy(), np.zeros(3)
    for _ in range(3):
        v[1:] = u[:-1] * u[1:]
        u, v = v, u
    m.log.append(u)
    return np.sum(u**2)


def written_and_kept_by_recursion(x, m):
    def go(v):
        m.log.append(v)
        return np.sum(v) if np.sum(v) > 30.0 else np.sum(v * v) + go(v * 1.5)

    u = x * 2
    u[0] = x[1]
    return go(u)


@pytest.mark.parametrize(
    "f",
    [
        written_later,
        written_in_the_next_trip,
        written_after_the_loop,
        kept_in_two_places,
        two_views,
        one_of_two,
        an_argument,
        swapped,
        written_and_kept_by_recursion,
    ],
    ids=lambda f: f.__name__,
)
def test_refused(f):
    model = Model()
    with pytest.raises(AliasingError, match="written in place is kept in an object") as caught:
        grad(f)(X.copy(), model)
    assert "copy" in caught.value.hint
    assert model.log == []


def test_it_is_not_returned_too():
    def f(x, m):
        u = x * 2
        u[0] = x[1]
        m.log.append(u)
        return np.sum(u**2), u

    with pytest.raises(AliasingError, match="written in place is kept in an object"):
        grad(f, has_aux=True)(X, Model())


def test_the_text():
    assert "log.append(out.copy())" in grad(after_the_loop).lower(X, Model()).source
