"""Objects that lead to each other through lists, and are given to functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import AliasingError, grad, value_and_grad
from srcgrad.testing import check_grads


class Zone:
    def __init__(self, T, mass=1.0):
        self.T = T
        self.mass = mass
        self.neighbours = []

    def flow(self):
        return sum(u * (other.T - self.T) for other, u in self.neighbours)


class Building:
    def __init__(self, zones):
        self.zones = zones

    def step(self, dt):
        flows = [zone.flow() for zone in self.zones]
        for zone, flow in zip(self.zones, flows):
            zone.T = zone.T + dt * flow / zone.mass

    def energy(self):
        return sum(zone.mass * zone.T**2 for zone in self.zones)


PROGRAMS: list[Callable[..., Any]] = []


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


@program
def two_zones(x):
    a, b = Zone(x[0]), Zone(x[1], 2.0)
    a.neighbours.append((b, 0.2))
    b.neighbours = [(a, 0.2)]
    building = Building([a, b])
    for _ in range(3):
        building.step(0.1)
    return building.energy() + a.T


@program
def a_ring(x):
    zones = [Zone(t) for t in x]
    for i in range(3):
        zones[i].neighbours.append((zones[(i + 1) % 3], x[i]))
        zones[(i + 1) % 3].neighbours.append((zones[i], x[i]))
    building = Building(zones)
    building.step(0.1)
    return building.energy()


def total(zone, depth):
    """What recursion walks over, as deep as it is told."""
    if depth == 0:
        return zone.T
    return zone.T + sum(u * total(other, depth - 1) for other, u in zone.neighbours)


@program
def walked_over(x):
    a, b = Zone(x[0]), Zone(x[1])
    a.neighbours.append((b, x[2]))
    b.neighbours.append((a, 0.5))
    return total(a, 3) * x[1]


def replaced(zone, T):
    zone.T = T


@program
def changed_by_a_function(x):
    a, b = Zone(x[0]), Zone(x[1])
    a.neighbours.append((b, 0.2))
    b.neighbours.append((a, x[2]))
    replaced(a, b.T * x[2])
    return a.flow() * b.flow()


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_cycles(f: Callable[..., Any]) -> None:
    x = np.array([0.3, -0.2, 0.9])
    value, _ = value_and_grad(f)(x)
    assert np.allclose(value, f(x))
    check_grads(f, (x,))


def halved(zone, x):
    if x < 1.0:
        return x * zone.T
    return halved(zone, x / 2) + zone.neighbours[0][0].T


def test_a_call_that_stays_one_is_refused() -> None:
    def f(x):
        a, b = Zone(x[0]), Zone(x[1])
        a.neighbours.append((b, 0.2))
        b.neighbours.append((a, 0.3))
        return halved(a, x[2])

    with pytest.raises(AliasingError, match="a Zone contains itself") as caught:
        grad(f)(np.array([0.3, -0.2, 9.0]))
    assert caught.value.hint is not None
    assert "positions" in caught.value.hint
