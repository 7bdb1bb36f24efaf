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


@pytest.mark.parametrize("f", [attributes, elements])
def test_where_data_end_the_loop_it_is_refused(f) -> None:
    with pytest.raises(AliasingError, match="may be one of two"):
        grad(lambda x: f(x, int(np.sum(x > 1))))(X)
