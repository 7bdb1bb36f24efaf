"""Loops that exchange objects, lists and attributes, and change them: the trips are known."""

from __future__ import annotations

import numpy as np
import pytest

from srcgrad import AliasingError, grad, value_and_grad
from srcgrad.testing import check_grads

X = np.array([0.5, 1.5, 2.0, 0.7])


class Buffers:
    def __init__(self, x):
        self.now = [x[0], x[1]]
        self.old = [x[2], 0.0]

    def step(self):
        self.old[1] = self.now[0] * self.now[1]
        self.now, self.old = self.old, self.now


class Particle:
    def __init__(self, p, v):
        self.p, self.v = p, v


def attributes(x, n):
    buffers = Buffers(x)
    for _ in range(n):
        buffers.step()
    return buffers.now[0] * buffers.old[1]


def elements(x, n):
    particles = [Particle(v, 0.1 * i) for i, v in enumerate(x)]
    for _ in range(n):
        for particle in particles:
            particle.v -= 0.1 * particle.p
            particle.p += 0.1 * particle.v
        particles[0], particles[1] = particles[1], particles[0]
    return particles[0].p * particles[1].v


def in_a_while(x, n):
    a, b, t = {"u": x[0]}, {"u": x[1]}, 0
    while t < n:
        a["u"] = a["u"] * x[2] + b["u"]
        a, b = b, a
        t += 1
    return a["u"] * b["u"] ** 2


def kept_elsewhere(x, n):
    first, second = [x[0]], [x[1]]
    both = (first, second)
    for i in range(n):
        first[0] = np.sin(first[0]) + both[1][0] * i
        first, second = second, first
    return both[0][0] * both[1][0] + first[0]


@pytest.mark.parametrize("f", [attributes, elements, in_a_while, kept_elsewhere])
def test_gradient(f) -> None:
    gradient = value_and_grad(f)
    for n in (0, 1, 2, 5):
        assert gradient(X, n)[0] == pytest.approx(f(X, n), rel=1e-14)
        check_grads(f, (X, n), argnums=0)


@pytest.mark.parametrize("f", [attributes, elements, in_a_while, kept_elsewhere])
def test_where_data_end_the_loop(f) -> None:
    def of_data(x):
        return f(x, int(np.sum(x > 1)))

    for x in (X, X - 0.6, X + 0.4, X + 0.9):
        assert value_and_grad(of_data)(x)[0] == pytest.approx(of_data(x), rel=1e-14)
        check_grads(of_data, (x,))


def in_turns(x, n):
    """Arrays that are written in place."""
    a, b = Particle(x * 1.0, 0.5), Particle(np.ones(4), 2.0)
    kept, now = (a, b), a
    for i in range(n):
        now.p[i] = now.p[i] * x[i] * now.v
        now.v *= x[i]
        now = a if x[i] > 1 else b
    return np.sum(kept[0].p * kept[1].p) + now.p[0] * kept[0].v


def at_hand_after_the_loop(x, n):
    high, low = Particle(x[0], 1.0), Particle(x[1], 2.0)
    now, seen = low, high
    for i in range(n):
        if x[i] > 1.6:
            now = high
        elif x[i] < 0.6:
            now = seen = low
        now.v = now.v * 0.5 + x[i]
        seen.p = seen.p * now.v
    now.v = now.v * 2
    return high.v * high.p + 3 * low.v * low.p


def along_a_ring(x, n):
    ring = [Particle(v, 0.1 * i) for i, v in enumerate(x)]
    for i, particle in enumerate(ring):
        particle.next = (i + 1) % 4
    at = ring[0]
    for i in range(n):
        at.p = at.p * (x[i] + at.v)
        at = ring[at.next] if x[i] > 1 else at
    return sum((i + 1) * particle.p for i, particle in enumerate(ring)) * at.v


@pytest.mark.parametrize("f", [in_turns, at_hand_after_the_loop, along_a_ring])
def test_the_loop_stays_a_loop(f) -> None:
    gradient = value_and_grad(f)
    for n in (0, 1, 2, 4):
        for x in (X, X[::-1].copy(), X + 0.2):
            assert gradient(x, n)[0] == pytest.approx(f(x, n), rel=1e-14)
            check_grads(f, (x, n), argnums=0)
    assert "in range(n" in gradient.source


def made_in_trips(x):
    a = b = Particle(x[0], 1.0)
    for v in x[x > 0.6]:
        if v > 1:
            a = Particle(v, 2.0)
        b = a if v > 1.8 else b
        b.p *= v
    return a.p + b.p


def test_an_object_that_a_trip_makes_and_two_names_keep_is_refused() -> None:
    with pytest.raises(AliasingError, match="may be one of two"):
        grad(made_in_trips)(X)
