"""What generators of random numbers draw: arrays and numbers of known type."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import grad
from srcgrad.errors import NoDerivativeError, UnknownTypeError

PROGRAMS: list[Callable[..., Any]] = []


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


@program
def a_random_order(x):
    rng, s = np.random.default_rng(0), 0.0
    for i in rng.permutation(4):
        s += x[i] * s + x[i]
    for i in np.asarray(rng.permutation(len(x)))[1:]:
        s += x[i] * s
    return s


@program
def random_places(x):
    rng, s = np.random.default_rng(0), 0.0
    for i in rng.integers(0, 3, size=10)[2:4]:
        s += x[i] * s + x[i]
    for i in rng.choice(4, size=2, replace=False):
        s += x[i] ** 2
    out = np.zeros(4)
    for i in range(3):
        out[rng.integers(4)] += x[i] * rng.poisson(2.0)
    out[rng.integers(low=0, high=4)] *= 2
    return np.sum(out * x) + s


@program
def batches(x):
    rng, w = np.random.default_rng(0), np.ones(4)
    for _ in range(3):
        batch = rng.choice(4, size=(2, 2))
        w[:2] += x[batch].sum(axis=0)
        w -= 0.1 * x * rng.choice([1.0, 2.0])
        w += rng.choice(np.array([1.0, 2.0, 3.0]), size=4) * x
    return np.sum(w**2)


@program
def rows(x):
    rng, W = np.random.default_rng(0), np.eye(4)
    D = np.arange(8.0).reshape(2, 4)
    for row in rng.permutation(D):
        W[1] += row
    for row in rng.choice(D, 3):
        W[2] *= row + 1.0
    W[3] += rng.choice(D)
    return np.sum((W @ x) ** 2)


@program
def floats(x):
    rng, out = np.random.default_rng(0), np.zeros(4)
    out += rng.gamma(2.0, size=4) * x + rng.beta(1.0, 2.0, 4)
    out[0] += rng.triangular(0.0, 1.0, 2.0) * x[1] + rng.lognormal()
    out[rng.random(4) > 0.5] += x[0]
    return np.sum(out**2)


@program
def the_old_functions(x):
    np.random.seed(0)
    out = np.random.rand(4) * x
    out[0] += np.random.randint(3) * x[1]
    for i in np.random.permutation(4):
        out[i] *= x[i - 1]
    out += np.random.normal(size=4) * x + np.random.uniform(0, 1, 4)
    state = np.random.RandomState(0)
    out[state.randint(4, size=3)[:1]] += x[1:2]
    out *= state.randn(4) + state.randn() + state.binomial(3, 0.5)
    return np.sum(out)


@program
def those_of_python(x):
    random.seed(0)
    mine, out, total = random.Random(3), x.copy(), 0.0
    for i in range(4):
        total += x[mine.randrange(4)] * random.gauss(0, 1)
        out[i] *= mine.uniform(0.5, 1.5) + random.random()
    total *= out[random.randint(0, 3)] + mine.expovariate(2.0)
    return total + np.sum(out**2) * mine.getrandbits(2)


@pytest.mark.parametrize("f", PROGRAMS)
def test_gradient(f):
    x, h = np.array([0.3, 0.5, 0.8, 0.2]), 1e-6
    slopes = [(f(x + h * d) - f(x - h * d)) / (2 * h) for d in np.eye(4)]
    np.testing.assert_allclose(grad(f)(x), slopes, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("draw", ["choice", "permutation"])
def test_of_what_is_differentiated(draw):
    def f(x):
        return np.sum(getattr(np.random.default_rng(0), draw)(x))

    with pytest.raises(NoDerivativeError):
        grad(f)(np.ones(3))


def test_the_hint_for_what_has_no_known_type_helps():
    def f(x):
        s, xs = 0.0, np.random.default_rng(0).dirichlet([1.0, 2.0, 1.0])
        for v in xs:
            s += x[0] * v
        return s

    def by_index(x):
        s, xs = 0.0, np.random.default_rng(0).dirichlet([1.0, 2.0, 1.0])
        for i in range(len(xs)):
            s += x[0] * float(xs[i])
        return s

    with pytest.raises(UnknownTypeError, match="cannot iterate over") as error:
        grad(f)(np.ones(1))
    assert "float(xs[i]) for i in range(len(xs))" in error.value.hint
    np.testing.assert_allclose(grad(by_index)(np.ones(1)), [1.0])
