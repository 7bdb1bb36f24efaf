"""Instances that are changed in lists whose length data tell: those that are left get slower.

The lists hold the numbers of the instances, and every name of one sees what is written.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import grad
from tests.slopes import check_slope

POINTS = [
    np.array(values)
    for values in (
        [0.913, 0.3171, 0.7229, 0.5377],
        [0.2531, 0.8117, 0.4073, 0.6239],
        [0.1123, 0.4549, 0.9337, 0.2093],
    )
]
PROGRAMS: list[Callable[..., Any]] = []


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


class P:
    def __init__(self, v, w=1.0):
        self.v = v
        self.w = w


class In:
    def __init__(self, u):
        self.u = u


class Q:
    def __init__(self, v, w=1.0):
        self.v = v
        self.w = w
        self.inner = In(v * w)
        self.hist = [v]
        self.next = None

    def step(self, d):
        self.v = self.v - d * self.w
        self.hist.append(self.v)
        return self

    @property
    def twice(self):
        return 2 * self.v

    @twice.setter
    def twice(self, x):
        self.v = x / 2


@dataclasses.dataclass
class D:
    v: float
    w: float = 1.0


def meas(ps):
    return sum((i + 1) * p.v * p.w + p.inner.u**2 for i, p in enumerate(ps))


@program
def filtered(x):
    ps = [P(v) for v in x]
    alive = [p for p in ps if p.v > 0.5]
    for p in alive:
        p.v *= 0.5
    return sum(((i + 1) * p.v for i, p in enumerate(ps)))


@program
def filtered_steps(x):
    ps = [P(v, 0.1 * v) for v in x]
    for t in range(3):
        for p in ps:
            p.v = p.v - p.w
        ps = [p for p in ps if p.v > 0.3]
    return sum((p.v for p in ps))


@program
def removed(x):
    ps = [P(v) for v in x]
    for p in list(ps):
        if p.v < 0.5:
            ps.remove(p)
    return sum(((i + 1) * p.v for i, p in enumerate(ps)))


@program
def merged(x):
    ps = [P(v, 1.0) for v in x]
    i = 0
    while i < len(ps) - 1:
        if abs(ps[i].v - ps[i + 1].v) < 0.3:
            a, b = (ps[i], ps[i + 1])
            a.v = (a.v * a.w + b.v * b.w) / (a.w + b.w)
            a.w = a.w + b.w
            del ps[i + 1]
        else:
            i += 1
    return sum((p.v**2 * p.w for p in ps))


@program
def two_lists(x):
    big, small = ([], [])
    for v in x:
        p = P(v)
        if v > 0.5:
            big.append(p)
        else:
            small.append(p)
    for p in big:
        p.v *= 0.5
    return sum((p.v for p in big)) + 2 * sum((p.v for p in small))


@program
def two_lists_shared(x):
    ps = [P(v) for v in x]
    big = []
    for p in ps:
        if p.v > 0.5:
            big.append(p)
    for p in big:
        p.v *= 0.5
    return sum(((i + 1) * p.v for i, p in enumerate(ps)))


@program
def sort_key_in_while(x):
    ps = [P(v, 1.0) for v in x]
    s = 1.0
    while s > 0.1:
        ps.sort(key=lambda p: p.v)
        ps[0].v *= 2.0
        s = s * 0.5 * (1 + 0.01 * x[0])
    return sum(((i + 1) * p.v for i, p in enumerate(ps)))


@program
def sorted_then_write(x):
    ps = [P(v, 1.0) for v in x]
    for p in sorted(ps, key=lambda p: p.v)[:2]:
        p.v *= 3.0
    return sum(((i + 1) * p.v for i, p in enumerate(ps)))


@program
def two_filters(x):
    ps = [P(v) for v in x]
    low = [p for p in ps if p.v < 0.5]
    mid = [p for p in ps if 0.21 < p.v < 0.8]
    for p in low:
        p.v *= 2.0
    for p in mid:
        p.v = p.v + 0.1 * sum((q.v for q in low))
    return sum(((i + 1) * p.v for i, p in enumerate(ps))) + sum((p.v**2 for p in mid))


@program
def best_of_alive(x):
    ps = [P(v, 0.5) for v in x]
    while True:
        alive = [p for p in ps if p.v > 0.3]
        if len(alive) < 2:
            break
        best = max(alive, key=lambda p: p.v)
        best.v = best.v * best.w
    return sum(((i + 1) * p.v for i, p in enumerate(ps)))


@program
def is_in_lists(x):
    ps = [P(v, 0.5) for v in x]
    alive = [p for p in ps if p.v > 0.3]
    s = 0.0
    for p in ps:
        if p in alive:
            p.v *= 2
        s = s + p.v
    if alive and alive[0] is ps[0]:
        s = s * 2.0
    return s + sum((p.v for p in alive))


@program
def pop_argmin_objects(x):
    ps = [P(v * v, v) for v in x]
    s = 0.0
    k = 1.0
    while ps:
        p = ps.pop(int(np.argmin([p.v for p in ps])))
        s = s + k * p.v
        for q in ps:
            q.v = q.v + 0.1 * p.v
        k = k * 2
    return s


@program
def changed_by_name_after(x):
    ps = [P(v) for v in x]
    alive = [p for p in ps if p.v > 0.5]
    ps[0].v *= 3
    ps[2].v += ps[0].v
    return sum((p.v**2 for p in alive)) + ps[0].v


@program
def changed_by_name_after_single(x):
    p = P(x[0])
    out = []
    if x[1] > 0.5:
        out.append(p)
    p.v = p.v * x[2]
    return sum((q.v**2 for q in out)) + p.v


@program
def appended_twice(x):
    p = P(x[0])
    q = P(x[1])
    out = [p]
    if x[1] > 0.5:
        out.append(p)
    if x[2] > 0.5:
        out.append(q)
    for r in out:
        r.v *= 2.0
    return p.v + 3 * q.v + sum((r.v for r in out))


@program
def branch_of_elements(x):
    ps = [P(v) for v in x]
    alive = [p for p in ps if p.v > 0.3]
    best = alive[0] if x[0] > x[1] else ps[1]
    best.v = best.v * x[3] + 1
    return sum(((i + 1) * p.v for i, p in enumerate(ps))) + sum((p.v**2 for p in alive))


@program
def made_in_an_arm(x):
    out = []
    last = P(x[3])
    for v in x:
        if v > 0.5:
            last = P(v)
            out.append(last)
        last.v = last.v * 1.5 + 0.1
    return sum(((i + 1) * p.v for i, p in enumerate(out))) + last.v


@program
def made_in_an_arm_2(x):
    out = []
    if x[0] > 0.5:
        p = P(x[0])
        out.append(p)
    else:
        p = P(x[1])
    p.v = p.v * 2
    q = p
    for r in out:
        r.v = r.v + q.v
    return p.v + sum((r.v * 3 for r in out))


@program
def inner_changed(x):
    ps = [Q(v, 0.5 + v) for v in x]
    alive = [p for p in ps if p.v > 0.3]
    for p in alive:
        p.inner.u = p.inner.u * 2 + p.v
    ps[0].inner.u += 1.0
    return meas(ps) + sum((p.inner.u for p in alive))


@program
def inner_shared(x):
    ps = [Q(v, 0.5 + v) for v in x]
    alive = [p for p in ps if p.v > 0.3]
    if alive:
        common = alive[0].inner
        for p in ps:
            p.inner = common
        common.u += x[1]
        alive[-1].inner.u *= 2
    return meas(ps)


@program
def histories(x):
    ps = [Q(v, 0.1 + v) for v in x]
    alive = [p for p in ps if p.v > 0.3]
    for p in alive:
        p.step(0.1)
    return meas(ps) + sum((sum(p.hist) for p in ps))


@program
def properties(x):
    ps = [Q(v, 0.1 + v) for v in x]
    alive = [p for p in ps if p.twice > 0.7]
    for p in alive:
        p.twice = p.twice * x[0]
    return meas(ps)


@program
def arrays_in_place(x):
    ps = [P(x * v) for v in x]
    alive = [p for p in ps if p.v[0] > 0.2]
    for p in alive:
        p.v[1] = p.v[0] ** 2
        p.v += 1.0
    return sum(((i + 1) * np.sum(p.v**2) for i, p in enumerate(ps)))


@program
def arrays_rebound(x):
    ps = [P(x * v) for v in x]
    alive = [p for p in ps if p.v[0] > 0.2]
    for p in alive:
        p.v = p.v * p.v[0] + 1.0
    return sum(((i + 1) * np.sum(p.v**2) for i, p in enumerate(ps)))


@program
def dataclass_in(x):
    ps = [D(v) for v in x]
    alive = [p for p in ps if p.v > 0.3]
    s = 0.0
    for p in ps:
        if p in alive:
            s = s + p.v * 2
    return s + len(alive)


@program
def dataclass_remove(x):
    ps = [D(v) for v in x]
    alive = [p for p in ps if p.v > 0.3]
    if alive:
        alive.remove(alive[-1])
    for p in alive:
        p.v *= 2
    return sum((p.v for p in ps))


@program
def dataclass_written(x):
    ps = [D(v) for v in x]
    alive = [p for p in ps if p.v > 0.3]
    for p in alive:
        p.w = p.v * p.w + 1
    return sum((p.v * p.w for p in ps))


@program
def carried_element(x):
    ps = [P(v) for v in x]
    alive = [p for p in ps if p.v > 0.1]
    best = alive[0]
    s = x[0]
    while s < 3.0:
        for p in alive:
            if p.v > best.v:
                best = p
        best.v = best.v * 0.6
        s = s + 0.5 + best.v
    return s + sum(((i + 1) * p.v for i, p in enumerate(ps)))


@program
def swapped_elements(x):
    ps = [P(v, v * v) for v in x]
    alive = [p for p in ps if p.v > 0.2]
    n = len(alive)
    for i in range(n):
        for j in range(n - 1 - i):
            if alive[j].v > alive[j + 1].v:
                alive[j], alive[j + 1] = (alive[j + 1], alive[j])
    for i in range(n):
        alive[i].w = alive[i].w * (i + 1)
    return sum(((i + 1) * p.w for i, p in enumerate(ps)))


@program
def groups(x):
    ps = [P(v, v * v) for v in x]
    gs = [[], []]
    for p in ps:
        gs[0 if p.v > 0.5 else 1].append(p)
    for g in gs:
        if g:
            m = sum((p.v for p in g)) / len(g)
            for p in g:
                p.w = p.w * m
    return sum(((i + 1) * p.w for i, p in enumerate(ps)))


@program
def tuples_with_objects(x):
    ps = [P(v, v * v) for v in x]
    q = [(p.v * 2, p) for p in ps if p.v > 0.3]
    for t, p in q:
        p.w = p.w + t
    q.sort(key=lambda e: e[0])
    if q:
        q[0][1].v *= 3.0
    return sum(((i + 1) * p.w * p.v for i, p in enumerate(ps)))


@program
def many_spellings(x):
    ps = [P(v, v * v) for v in x]
    alive = [p for p in ps if p.v > 0.3]
    for i, p in enumerate(alive):
        p.v = p.v * (i + 1)
    for p, v in zip(alive, x):
        p.w = p.w + v
    for p in reversed(alive):
        p.w = p.w * p.v
    for p in alive[1:]:
        p.v = p.v + 0.5
    for p in alive[:]:
        p.v = p.v + 0.25
    both = alive + [ps[0]]
    for p in both:
        p.v *= 1.1
    both.extend(alive)
    for p in list(both):
        p.w += 0.1
    for p in sorted(alive, key=lambda p: -p.w):
        p.w = p.w * 1.01
    return sum(((i + 1) * p.w * p.v for i, p in enumerate(ps))) + sum(
        (1 for p in both if any((q is p for q in alive)))
    )


@program
def by_index(x):
    ps = [P(v, v * v) for v in x]
    alive = [p for p in ps if p.v > 0.3]
    for i in range(len(alive)):
        alive[i].v = alive[i].v * alive[i - 1].v
    return sum(((i + 1) * p.w * p.v for i, p in enumerate(ps)))


@program
def element_replaced(x):
    ps = [P(v, v * v) for v in x]
    alive = [p for p in ps if p.v > 0.3]
    for i in range(len(alive)):
        alive[i] = P(alive[i].v * 2)
    return sum((p.v for p in alive)) + sum((p.v for p in ps))


@program
def element_replaced_known(x):
    ps = [P(v, v * v) for v in x]
    alive = [p for p in ps if p.v > 0.3]
    if alive:
        alive[0] = ps[3]
        alive[0].v = alive[0].v * x[0]
    return sum((p.v for p in alive)) + sum((p.v * (i + 1) for i, p in enumerate(ps)))


@program
def in_a_function(x):
    ps = [P(v, v * v) for v in x]

    def live(ps, least):
        return [p for p in ps if p.v > least]

    def damp(ps, k):
        for p in ps:
            p.v *= k
        return ps

    damp(live(ps, 0.3), x[0])
    out = damp(live(ps, 0.1), x[1])
    return sum((p.v for p in out)) + sum((p.v * (i + 1) for i, p in enumerate(ps)))


@program
def reassigned_in_loop(x):
    p = P(x[0])
    out = []
    s = x[1]
    while s < 3:
        p.v = p.v * 1.1
        out.append(p)
        s = s + 1.0
    return sum((q.v for q in out))


@program
def other_list_sees(x):
    ps = [P(v) for v in x]
    qs = list(ps)
    while len(ps) > 1:
        k = int(np.argmin([p.v for p in ps]))
        p = ps.pop(k)
        ps[0].v = ps[0].v + p.v
    return sum(((i + 1) * p.v for i, p in enumerate(qs)))


@program
def closure_sees(x):
    ps = [P(v) for v in x]
    alive = []

    def add(p):
        if p.v > 0.4:
            alive.append(p)

    for p in ps:
        add(p)

    def bump():
        for p in alive:
            p.v = p.v + x[0]

    bump()
    bump()
    return sum(((i + 1) * p.v for i, p in enumerate(ps)))


@program
def attribute_holds_list(x):
    world = P([P(v) for v in x], 0)
    for t in range(2):
        for p in world.v:
            p.v = p.v * 0.8
        world.v = [p for p in world.v if p.v > 0.3]
    return sum((p.v for p in world.v))


@program
def world_in_while(x):
    world = P([P(v) for v in x], 0)
    while len(world.v) > 1:
        for p in world.v:
            p.v = p.v * 0.8
        world.v = [p for p in world.v if p.v > 0.3]
        world.w += 1
    return sum((p.v for p in world.v)) + world.w


@program
def ages(x):
    ps = [P(v, 0) for v in x]
    for t in range(3):
        for p in ps:
            p.w += 1
        ps = [p for p in ps if p.v * p.w < 1.5]
    return sum((p.v * p.w for p in ps))


@pytest.mark.parametrize("x", POINTS, ids=["x0", "x1", "x2"])
@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_gradient(f: Callable[..., Any], x: np.ndarray) -> None:
    check_slope(f, x)


def test_as_on_arrays() -> None:
    """The same program, written on arrays."""

    def on_arrays(x):
        v = x * 1.0
        for _ in range(3):
            for i in range(len(v)):
                if v[i] > 0.3:
                    v[i] = v[i] - 0.1 * x[i]
        return np.sum(np.arange(1, len(x) + 1) * v)

    def on_objects(x):
        ps = [P(v, 0.1 * v) for v in x]
        for _ in range(3):
            for p in [p for p in ps if p.v > 0.3]:
                p.v = p.v - p.w
        return sum((i + 1) * p.v for i, p in enumerate(ps))

    for x in POINTS:
        np.testing.assert_allclose(grad(on_objects)(x), grad(on_arrays)(x), rtol=1e-12)


def test_the_text_grows_with_the_number_of_objects() -> None:
    sizes = []
    for count in (4, 8, 16):
        gradient = grad(filtered)
        x = np.linspace(0.1, 1.0, count)
        np.testing.assert_allclose(
            gradient(x), np.arange(1, count + 1) * np.where(x > 0.5, 0.5, 1.0)
        )
        sizes.append(gradient.source.count("\n"))
    assert sizes[2] < 5 * sizes[0]


# --- where there are too many to choose among ---------------------------------------------------


def too_many(x):
    ps = [P(v * x[0]) for v in range(60)]
    for p in [p for p in ps if p.v > 0.5]:
        p.v *= 0.5
    return sum(p.v for p in ps)


def made_in_trips(x):
    queue, total, count = [P(v) for v in x], 0.0, 0
    while queue and count < 6:
        first = min(queue, key=lambda p: p.v)
        queue.remove(first)
        total = total + first.v
        if first.v < 0.5:
            queue.append(P(first.v + 0.3))
        count += 1
    return total


@pytest.mark.parametrize("f", [too_many, made_in_trips])
def test_in_one_list(f: Callable[..., Any]) -> None:
    """What is in all of them is kept in one list, in which they are places."""
    for x in POINTS:
        check_slope(f, x)
    gradient = grad(f)
    gradient(POINTS[0])
    assert "every_p[" in gradient.source
