"""An object that a list whose length becomes unknown shares with another container: what is changed
through that is changed in the list."""

from __future__ import annotations

import numpy as np
import pytest

from srcgrad import value_and_grad
from tests.slopes import slopes


class Particle:
    def __init__(self, x):
        self.x = x


class Holder:
    def __init__(self, held):
        self.held = held


def of_two(v):
    a = [Particle(v), Particle(v + 1)]
    b = list(a) if v > 1.3 else []
    a[0].x = v * 5
    return sum([p.x for p in b], 0.0)


def rows_in_a_loop(v):
    a = [[v, v]]
    b = list(a)
    for w in np.arange(8.0) * v:
        b.append([w, w])
    a[0][0] = v * 5
    return sum([p[0] for p in b], 0.0)


def in_an_object(v):
    h = Holder(Particle(v))
    b = []
    if v > 1.3:
        b.append(h.held)
    h.held.x = v * 2
    return sum([p.x for p in b], 0.0)


def in_a_dict(v):
    h = {"k": Particle(v)}
    b = []
    if v > 1.3:
        b.append(h["k"])
    h["k"].x = v * 2
    return sum([p.x for p in b], 0.0)


def in_a_list_in_a_list(v):
    h = [[Particle(v)]]
    b = []
    if v > 1.3:
        b += h[0]
    h[0][0].x = v * 2
    return sum([p.x for p in b], 0.0)


def chosen_of_one(v):
    a, b = [Particle(v)], []
    for p in a:
        if p.x > 1.3:
            b.append(p)
    a[0].x = v * 3
    return sum([p.x for p in b], 0.0)


def appended_to_both(v):
    a, b = [], []
    for w in np.array([v]):
        t = Particle(w)
        a.append(t)
        if w > 1.3:
            b.append(t)
    for p in a:
        p.x = p.x * 3
    return sum([p.x for p in b], 0.0)


@pytest.mark.parametrize("v", [1.5, 1.1])
@pytest.mark.parametrize(
    "f",
    [
        of_two,
        rows_in_a_loop,
        in_an_object,
        in_a_dict,
        in_a_list_in_a_list,
        chosen_of_one,
        appended_to_both,
    ],
    ids=lambda f: f.__name__,
)
def test_gradient(f, v):
    value, gradient = value_and_grad(f)(v)
    np.testing.assert_allclose(value, f(v), rtol=1e-14)
    np.testing.assert_allclose(gradient, slopes(lambda z: f(z[0]), np.array([v]))[0], atol=1e-7)
