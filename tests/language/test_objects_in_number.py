"""Lists of objects and functions, one for each element of an array: compiled for each length."""

import dataclasses

import numpy as np
import pytest

from srcgrad import UnknownTypeError, grad
from tests.slopes import check_slope


class Particle:
    def __init__(self, q, v):
        self.q, self.v = q, v

    def step(self, dt):
        self.q = self.q + dt * self.v
        self.v = self.v - dt * np.sin(self.q)


@dataclasses.dataclass
class Body:
    q: float
    charge: float


def stepped(x):
    particles = [Particle(x[i], 0.1 * i) for i in range(len(x))]
    for _ in range(3):
        for p in particles:
            p.step(0.1)
    return sum(p.q * p.v for p in particles)


def appended(x):
    particles = []
    for v in x:
        particles.append(Particle(v, v * v))
    particles[0].step(0.3)
    return sum([p.q * p.v for p in particles])


def pairs_of_bodies(x):
    bodies = [Body(v, 2.0 * v) for v in x]
    energy = 0.0
    for i in range(len(bodies)):
        for j in range(i + 1, len(bodies)):
            energy += bodies[i].charge / (1.0 + (bodies[i].q - bodies[j].q) ** 2)
    return energy + bodies[-1].q


def functions_of_a_comprehension(x):
    functions = [lambda y, a=a: a * y**2 for a in x]
    s = 0.5
    for k, g in enumerate(functions):
        s += g(s + k)
    return s


def functions_appended(x):
    functions = []
    for i in range(len(x)):
        functions.append(lambda y, i=i: np.sin(x[i] * y))
    y = 1.0
    for g in functions:
        y = g(y) + y
    return y


def function_of_the_trip_before(x):
    g, y = np.sin, 1.0
    for v in x:
        y = g(y * v)
        g = np.cos if g is np.sin else np.sin
    return y


def tuple_that_grows(x):
    parts = ()
    for v in np.ones(3) * x[0]:
        parts = (*parts, v * v)
    return parts[0] * parts[2] + len(parts)


def late_binding(x):
    functions = [lambda u: u * v for v in x]
    return functions[0](2.0)


@pytest.mark.parametrize("count", range(1, 5))
@pytest.mark.parametrize(
    "f",
    [
        *(stepped, appended, pairs_of_bodies, functions_of_a_comprehension, functions_appended),
        *(function_of_the_trip_before, tuple_that_grows, late_binding),
    ],
)
def test_gradient(f, count):
    check_slope(f, np.array([1.3, 0.4, 1.7, 0.9])[:count])


def test_too_many_are_refused():
    with pytest.raises(UnknownTypeError, match="changes its structure"):
        grad(functions_appended)(np.ones(300))


def test_many_are_none_too_many():
    x = np.linspace(0.4, 1.3, 300)
    np.testing.assert_allclose(grad(stepped)(x)[:4], grad(stepped)(x[:4]), rtol=1e-12)


def test_how_many_depends_on_data():
    def f(x):
        return sum(p.q for p in [Particle(v, v) for v in x[x > 0.0]])

    np.testing.assert_array_equal(grad(f)(np.array([1.0, -1.0, 2.0])), [1.0, 0.0, 1.0])
