"""Tuples with objects in them as keys of dicts, and displays of dicts of objects."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

from srcgrad import SrcgradError, grad, value_and_grad
from tests.slopes import check_at

POINTS = (np.array([0.31, -1.2, 0.8, 1.6, 0.7, 1.1, -0.6]), np.array([1.3, 0.2, -0.7, 0.6]))
PROGRAMS: list[Callable[..., Any]] = []


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


class Body:
    def __init__(self, m):
        self.m = m


class Link(NamedTuple):
    first: Any
    second: Any


@program
def forces(x):
    bodies = [Body(v) for v in x]
    force = {}
    for a in bodies:
        for b in bodies:
            if a is not b:
                force[(a, b)] = a.m * b.m / (1.0 + a.m**2)
    s = force[bodies[0], bodies[1]] * force[(bodies[1], bodies[0])]
    for (a, b), v in force.items():
        s = s * 0.9 + v * a.m - b.m
    return s


@program
def known_one_by_one(x):
    a, b, c = Body(x[0]), Body(x[1]), Body(x[2])
    force = {(a, b): x[0] * x[1], (b, c): x[3]}
    force[a, c] = x[0] * x[2]
    force[(a, b)] += x[2]
    s = force.get((c, a), x[3]) + force.pop((b, c)) + len(force)
    del force[(a, c)]
    try:
        s = s + force[b, a]
    except KeyError:
        s = s * 2
    return s + sum(v * p.m for (p, q), v in force.items()) + ((a, b) in force) * x[2]


@program
def beside_other_things(x):
    a, b = Body(x[0]), Body(x[1])
    d = {(a, 1): x[2], (a, b): x[3], (b, 1): x[1] * x[2], (a, "k"): x[0] * x[1]}
    d[(a, None)] = x[1]
    d[((a, b), b)] = x[2] ** 2
    d[((a, 0), b)] = x[2] ** 3
    d[(b, 0)] = x[1] ** 3
    s = d[a, True] * d[(a, b)] + d.get((b, 2), x[1]) * d[((a, b), b)] * d[((a, 0), b)]
    for v in d.values():
        s = s * 0.8 + v
    return s + len(d) * d[b, False]


@program
def pairs_that_data_give(x):
    bodies = [Body(v) for v in x]
    seen, shared, s = set(), {}, 0.0
    for t in range(len(x)):
        a, b = bodies[int(abs(x[t]) * 3) % len(x)], bodies[t * t % len(x)]
        if (a, b) in seen or (b, a) in seen:
            continue
        seen.add((a, b))
        shared[(a, b)] = shared.get((a, b), 0.0) + a.m * b.m
        a.m = a.m * 1.1
    for (a, b), v in shared.items():
        s = s * 0.9 + v * a.m + b.m
    return s + len(seen) * x[0]


@program
def by_object_and_number(x):
    bodies, d = [Body(v) for v in x], {}
    for t in range(2 * len(x)):
        a = bodies[int(abs(x[t // 2]) * 3) % len(x)]
        d.setdefault((a, t % 2), []).append(x[t // 2] * t)
    s = 0.0
    for (a, odd), values in d.items():
        for v in values:
            s = s * 0.9 + v * a.m * (odd + 1)
    return s


@program
def of_comprehensions(x):
    bodies = [Body(v) for v in x]
    d = {(a, b): a.m * b.m for a in bodies for b in bodies if a is not b}
    some = {(a, b) for (a, b), v in d.items() if v > 0}
    return sum(d[p] * p[0].m for p in d) + sum(a.m * b.m**2 for (a, b) in some)


@program
def named_tuples(x):
    a, b = Body(x[0]), Body(x[1])
    d = {Link(a, b): x[2]}
    d[b, a] = x[3]
    return d[(a, b)] * x[0] + d[Link(second=a, first=b)] * x[1] + len(d)


@program
def a_cache(x):
    cache = {}

    def power(a, i):
        if (a, i) not in cache:
            cache[a, i] = a.m if i == 0 else power(a, i - 1) * a.m * 0.5
        return cache[a, i]

    a, b = Body(x[0]), Body(x[1])
    return power(a, 4) + power(b, 3) * power(a, 2) + len(cache)


@program
def displays_with_others(x):
    bodies = [Body(x[0]), Body(x[1]), Body(x[3])]
    env = {}
    for a in bodies:
        env = {**env, a: a.m**2}
    more = {**env, bodies[0]: x[1], **{}}
    pairs = {**{(bodies[0], bodies[1]): x[2]}, (bodies[1], bodies[0]): x[0]}
    s = sum(env[a] * a.m for a in bodies) + more[bodies[0]] * len(env)
    for a, v in more.items():
        s = s * 0.9 + v * a.m
    return s + pairs[bodies[0], bodies[1]] * pairs[bodies[1], bodies[0]]


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_gradient(f):
    check_at(f, *POINTS)
    for x in POINTS:
        assert value_and_grad(f)(x)[0] == pytest.approx(f(x), rel=1e-13)


def test_nothing_is_left_of_what_is_known():
    source = grad(known_one_by_one).lower(POINTS[0]).source
    assert not [line for line in source.splitlines() if "{" in line.split("#")[0]]


def with_other_keys(x):
    a = Body(x[0])
    d = {}
    d[(a, a)] = x[1]
    d[3] = x[2]
    return d[a, a] * d[3]


def frozensets(x):
    a, b = Body(x[0]), Body(x[1])
    return {frozenset((a, b)): x[2]}[frozenset((b, a))] * x[0]


REFUSED = {
    with_other_keys: ("gets objects, and something else", "use one for objects"),
    frozensets: ("an object is an element of a set", "begin with an empty one"),
}


@pytest.mark.parametrize("f", REFUSED, ids=lambda f: f.__name__)
def test_refused(f):
    message, hint = REFUSED[f]
    with pytest.raises(SrcgradError, match=message) as caught:
        grad(f)(POINTS[0])
    assert caught.value.loc and hint in caught.value.hint
