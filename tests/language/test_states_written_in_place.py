"""Methods that write the arrays of an argument: ``self.v += ...``, with the caller's left alone."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from srcgrad import AliasingError, grad, value_and_grad
from srcgrad.testing import check_grads
from tests.language.cases import vector
from tests.language.stateful import assert_same_state

PROGRAMS: list[Callable[..., Any]] = []


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


@dataclass
class Body:
    x: np.ndarray
    v: np.ndarray

    def step(self, dt):
        self.v += -dt * np.sin(self.x)
        self.x += dt * self.v

    def bounce(self):
        if self.x[0] < 0.5:
            self.v *= -1.0


class Momentum:
    """An array under a property."""

    def __init__(self, p):
        self._p = p

    @property
    def p(self):
        return self._p

    @p.setter
    def p(self, value):
        self._p = value


@program
def a_leapfrog(body, dt):
    for _ in range(4):
        body.step(dt[0])
        body.bounce()
    return np.sum(body.x**2 * body.v)


@program
def under_another_name(body, dt):
    v = body.v
    body.v -= dt * body.x
    v *= 2.0
    body.v **= 2
    return np.sum(v * body.x) + np.sum(body.v * v)


@program
def written_before_and_after(body, dt):
    body.v[0] = body.x[1]
    body.v += dt
    body.v[1:] *= body.v[:-1]
    body.x @= np.outer(body.v, dt)
    return np.sum(body.v * body.x)


@program
def in_an_arm(body, dt):
    if np.sum(body.x) > 0:
        body.v += dt * body.x
    else:
        body.v -= body.x
    for i in range(3):
        if i == 1:
            body.x *= body.v
    return np.sum(body.v * body.x * dt)


@program
def bound_to_its_own(body, dt):
    v = body.v
    v += dt
    body.v = v
    return np.sum(body.v**2 * body.x)


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_gradient(f):
    body, dt = Body(vector(3), vector(3, 1)), 0.1 * vector(3, 2)
    before = copy.deepcopy(body)
    check_grads(f, (body, dt), argnums=(0, 1))
    arrays = body.x, body.v
    for _ in range(2):
        value, _ = value_and_grad(f, argnums=(0, 1))(body, dt)
        assert value == f(copy.deepcopy(body), dt)
        assert body.x is arrays[0] and body.v is arrays[1]
        assert_same_state(body, before)


def test_a_list_of_them():
    def f(bodies, dt):
        for body in bodies:
            body.step(dt)
        bodies[0].v += bodies[1].x
        return sum(np.sum(body.x**2 * body.v) for body in bodies)

    bodies = [Body(vector(3), vector(3, 1)), Body(vector(3, 2), vector(3, 3))]
    check_grads(f, (bodies, 0.1))


def test_under_a_property():
    def f(one, x):
        one.p *= x
        one.p += x
        return np.sum(one.p**2)

    one, x = Momentum(vector(3)), vector(3, 1)
    np.testing.assert_allclose(
        grad(f, argnums=1)(one, x), 2 * (vector(3) * x + x) * (vector(3) + 1)
    )
    np.testing.assert_array_equal(one.p, vector(3))


def test_then_bound_to_another():
    """The attribute is bound to what f binds it to; the array that it was bound to stays."""

    def f(body, dt):
        body.v *= 2.0
        body.v = body.v + dt
        return np.sum(body.x * body.v)

    body, dt = Body(vector(3), vector(3, 1)), vector(3, 2)
    first = body.v
    np.testing.assert_allclose(grad(f)(body, dt).v, 2 * vector(3))
    np.testing.assert_array_equal(first, vector(3, 1))
    np.testing.assert_allclose(body.v, 2 * first + dt)


def swapped_and_written(body, dt):
    body.x, body.v = body.v, body.x
    body.v += dt
    return np.sum(body.v * body.x)


def another_array(body, dt):
    w = np.zeros(3)
    body.v = w
    w += dt
    return np.sum(body.v * body.x)


@pytest.mark.parametrize("f", [swapped_and_written, another_array], ids=lambda f: f.__name__)
def test_refused(f):
    body = Body(vector(3), vector(3, 1))
    before = copy.deepcopy(body)
    with pytest.raises(AliasingError, match="is kept in an object from outside"):
        grad(f)(body, vector(3, 2))
    assert_same_state(body, before)
