"""Objects in lists whose length data decide, that are changed there: particles that are born and
die.

The list holds places in a list of what is in all objects, so that any number of lists and names may
lead to one (``specialise/pools.py``)."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from srcgrad import AliasingError, SrcgradError, grad, value_and_grad
from tests.slopes import check_at

POINTS = [
    np.array([0.3123, 0.5571, 0.8317, 0.9171, 0.5339, 0.7713]),
    np.array([0.1123, 0.2571, 0.1317, 0.1171, 0.0339, 0.0713]),  # nobody dies
    np.array([1.1123, 1.2571, 1.1317, 3.1171, 4.0339, 5.0713]),  # all die at once
]


@dataclass
class P:
    x: float
    v: float


class Aged:
    def __init__(self, x, v):
        self.x = x
        self.v = v
        self.age = 0

    def step(self, dt):
        self.x = self.x + dt * self.v
        self.age += 1

    @property
    def alive(self):
        return self.x < 1.5 and self.age < 7


class System:
    def __init__(self, x):
        self.ps = [Aged(x[i], x[i + 3]) for i in range(3)]

    def step(self, dt):
        for p in self.ps:
            p.step(dt)
        self.ps = [p for p in self.ps if p.alive]


PROGRAMS: list[Callable[..., Any]] = []


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


def energy(ps):
    return sum((i + 1) * p.x**2 * p.v for i, p in enumerate(ps))


def moved(x, count=20):
    """Particles, of which some have died and others were born."""
    ps = [P(x[i], x[i + 3]) for i in range(3)]
    for _ in range(count):
        for p in ps:
            p.x += 0.1 * p.v
        ps = [p for p in ps if p.x < 1.5]
        ps.append(P(0.1 * x[0], x[1]))
        ps.append(P(0.2 * x[3], x[2]))
    return ps


# --- born and dying -------------------------------------------------------------------------------


@program
def dicts(x):
    ps = [{"pos": x[i], "vel": x[i + 3], "alive": True} for i in range(3)]
    for t in range(20):
        for p in ps:
            p["pos"] = p["pos"] + 0.1 * p["vel"]
            if p["pos"] > 1.0:
                p["alive"] = False
        ps = [p for p in ps if p["alive"]]
        if t % 3 == 0:
            ps.append({"pos": 0.1 * x[0], "vel": x[1], "alive": True})
    return sum(p["pos"] ** 2 for p in ps)


@program
def dicts_that_only_die(x):
    ps = [{"pos": x[i], "vel": x[i + 3]} for i in range(3)]
    for _ in range(20):
        for p in ps:
            p["pos"] = p["pos"] + 0.1 * p["vel"]
        ps = [p for p in ps if p["pos"] < 1.5]
    total = x[0]
    for p in ps:
        total += p["pos"] ** 2
    return total


@program
def objects(x):
    return energy(moved(x))


@program
def few_trips(x):
    return energy(moved(x, 5))


@program
def no_births_and_nobody_left(x):
    ps = [P(x[i], 20.0 + x[i + 3]) for i in range(3)]
    for _ in range(20):
        for p in ps:
            p.x += 0.1 * p.v
        ps = [p for p in ps if p.x < 1.5]
    return energy(ps) + x[0] ** 2


def made(p):
    return P(p.x * 0.5, -p.v)


@program
def children(x):
    ps = [P(x[i], x[i + 3]) for i in range(3)]
    for _ in range(18):
        for p in ps:
            p.x += 0.1 * p.v
        ps += [made(p) for p in ps if p.x > 1.4]
        ps = [p for p in ps if p.x < 1.5]
    return energy(ps)


@program
def divided(x):
    ps, total = [P(x[0], x[3])], 0.0
    while len(ps) < 12:
        born = []
        for p in ps:
            p.x += 0.3 + 0.1 * p.v
            total += p.x**2
            if p.x > 0.6:
                p.x = p.x - 0.5
                born.append(P(p.x, p.v * 1.1))
        ps += born
    return total


@program
def methods_in_a_system(x):
    system = System(x)
    for t in range(20):
        system.step(0.1)
        if t % 3 == 0:
            system.ps.append(Aged(0.1 * x[0], x[1]))
    return energy(system.ps)


@program
def filtered(x):
    ps = [Aged(x[i], x[i + 3]) for i in range(3)]
    for _ in range(20):
        for p in ps:
            p.step(0.1)
        ps = list(filter(lambda p: p.alive, ps))
        ps.append(Aged(0.1 * x[0], x[1]))
    return energy(ps)


@program
def living_and_dead(x):
    ps, dead = [Aged(x[i], x[i + 3]) for i in range(3)], []
    for t in range(20):
        for p in ps:
            p.step(0.1)
        dead += [p for p in ps if not p.alive]
        ps = [p for p in ps if p.alive]
        if t % 3 == 0:
            ps.append(Aged(0.1 * x[0], x[1]))
    return energy(ps) + sum(p.x for p in dead)


@program
def taken_out_by_index(x):
    ps = [P(x[i], x[i + 3]) for i in range(3)]
    for t in range(20):
        i = 0
        while i < len(ps):
            ps[i].x += 0.1 * ps[i].v
            if ps[i].x > 1.5:
                ps.pop(i)
            else:
                i += 1
        if t % 3 == 0:
            ps.append(P(0.1 * x[0], x[1]))
    return energy(ps)


@program
def the_best_stay(x):
    ps = [P(x[i], x[i + 3]) for i in range(3)]
    for _ in range(20):
        for p in ps:
            p.x += 0.1 * p.v
        ps = sorted(ps, key=lambda p: p.x)[:4]
        ps.append(P(0.1 * x[0], x[1]))
    return energy(ps)


@program
def pairs(x):
    ps = [P(x[i], x[i + 3]) for i in range(3)]
    for t in range(18):
        for i in range(len(ps)):
            for j in range(i + 1, len(ps)):
                d = 0.01 * (ps[i].x - ps[j].x)
                ps[i].v += d
                ps[j].v -= d
        for p in ps:
            p.x += 0.1 * p.v
        ps = [p for p in ps if p.x < 1.5]
        if t % 6 == 0:
            ps.append(P(0.1 * x[0], x[1]))
    return energy(ps)


# --- several ways to one of them ------------------------------------------------------------------


@program
def the_largest(x):
    ps = moved(x)
    best = ps[0]
    for p in ps:
        if p.x > best.x:
            best = p
    best.x = best.x * 3.0
    return energy(ps)


@program
def the_largest_if_any(x):
    ps, best = moved(x), None
    for p in ps:
        if best is None or p.x > best.x:
            best = p
    if best is not None:
        best.x = best.x * 3.0
    last = max(ps, key=lambda p: p.v)
    last.v *= 2.0
    return energy(ps)


@program
def each_twice(x):
    ps = moved(x)
    for q in ps + ps:
        q.x = q.x * q.v + 0.1
    return energy(ps)


@program
def copied(x):
    ps = moved(x)
    qs = [copy.copy(p) for p in ps]
    for q in qs:
        q.x = q.x * q.v + 0.1
    rs = [dataclasses.replace(p, x=p.v) for p in ps]
    rs[0].v = 2.0 * x[0]
    return energy(ps) + energy(qs) + energy(rs)


@program
def shared_lists(x):
    ps = moved(x)
    qs, rs = list(ps), ps[1:]
    qs[0].x = 3.0 * x[0]
    qs[-1].v = 3.0 * x[1]
    qs.pop()
    rs.reverse()
    rs[0].x += 1.0
    ps.sort(key=lambda p: -p.x)
    del ps[1]
    ps.insert(0, P(x[0], x[2]))
    ps[0].x = ps[0].x * 3
    return energy(ps) + energy(qs) + energy(rs)


@program
def looked_for(x):
    ps = moved(x)
    p, q, total = ps[1], P(x[0], x[1]), 0.0
    p.x += 1.0
    if p in ps:
        total += x[2]
    if q in ps:
        total += x[3]
    ps.remove(p)
    p.x = 5.0 * x[1]
    return total * energy(ps) + p.x


@program
def which_one(x):
    ps, total = moved(x, 18), 0.0
    for p in ps:
        for q in ps[:2]:
            if p is not q:
                total += 0.01 * p.x * q.v
            else:
                q.x = p.x + total
    for p in ps:
        if p is ps[0]:
            p.x = p.x * 5.0
    return total + energy(ps)


@program
def of_an_arm(x):
    ps = moved(x)
    p = ps[0] if x[0] > 0.2 else ps[1]
    p.x = p.x * p.v
    q = P(x[0], x[1]) if x[1] > 0.5 else ps[0]
    q.x = q.x * 3.0
    ps.append(q)
    q.x = q.x + 1.0
    return energy(ps)


@program
def exchanged_in_trips(x):
    ps = moved(x)
    a, b = ps[0], ps[1]
    for _ in range(5):
        a.x = a.x * b.v
        b.v = b.v + 0.1 * a.x
        a, b = b, a
    a.x += 1.0
    ps[0], ps[1] = ps[1], ps[0]
    ps[0].v *= 2.0
    return energy(ps)


@program
def seen_from_outside_a_loop(x):
    ps = moved(x)
    first, total = ps[0], 0.0
    for p in ps:
        p.x = p.x * 2.0
        total = first.x
    first.x = first.x + ps[0].x
    return energy(ps) + total


@program
def in_groups(x):
    ps = moved(x)
    cells = [[], [], []]
    for p in ps:
        cells[min(2, int(p.x * 2))].append(p)
    for cell in cells:
        for p in cell:
            p.x = p.x * len(cell)
    return energy(ps)


@program
def by_a_label(x):
    ps, groups = moved(x), {}
    for p in ps:
        groups.setdefault(int(p.v * 3), []).append(p)
    for k in groups:
        for p in groups[k]:
            p.v = p.v * (k + 1)
    return energy(ps)


@program
def captured(x):
    ps = moved(x, 18)
    first = ps[0]

    def change(k):
        first.x = first.x * k
        ps[1].x = ps[1].x + 0.1 * first.x

    change(2.0)
    for _ in ps:
        change(1.01)
    return energy(ps)


@program
def found_by_a_function(x):
    def get(ps, least):
        for p in ps:
            if p.x > least:
                return p
        return None

    ps = moved(x)
    for least in (0.5, 5.5):
        p = get(ps, least)
        if p is not None:
            p.x = x[0] * 8
    a, b, *rest = ps
    a.x += 1
    b.x *= a.x
    rest[0].v = b.x
    return energy(ps)


@program
def a_queue(x):
    ps, count, total = moved(x), 0, 0.0
    while ps and count < 50:
        p = ps.pop(0)
        p.x = p.x * 1.2
        total += p.x**2
        if p.x < 1.0:
            ps.append(p)
        count += 1
    return total


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_gradient(f: Callable[..., Any]) -> None:
    check_at(f, *POINTS)


# --- what it costs --------------------------------------------------------------------------------


def test_the_text_does_not_grow_with_the_number_of_births() -> None:
    sizes = []
    for count in (17, 40):
        derivative = grad(lambda x, count=count: energy(moved(x, count)))
        derivative(POINTS[0])
        sizes.append(len(derivative.source.splitlines()))
    assert sizes[0] < 100
    assert sizes[1] == sizes[0]


def test_a_step_costs_what_it_changes() -> None:
    """Neither list is copied where one object is changed."""
    derivative = value_and_grad(lambda x: energy(moved(x)))
    derivative(POINTS[0])
    assert "every_p[ps_i_0] =" in derivative.source
    assert "*every_p" not in derivative.source


# --- what is refused ------------------------------------------------------------------------------


def copied_with_what_is_in_it(x):
    ps = moved(x)
    qs = copy.deepcopy(ps + ps)
    qs[0].x = 2.0 * x[0]
    return energy(ps) + energy(qs)


def half_done(x):
    ps = moved(x)
    try:
        ps[3].x = ps[3].x * 2
        p = ps[50]
    except IndexError:
        p = ps[0]
    p.x = p.x * 3
    return energy(ps)


REFUSED = {
    copied_with_what_is_in_it: ("may hold a P twice", "copy.copy"),
    half_done: ("before something that may raise", "last statement of the 'try'"),
}


@pytest.mark.parametrize("f", REFUSED, ids=lambda f: f.__name__)
def test_refused(f: Callable[..., Any]) -> None:
    message, hint = REFUSED[f]
    with pytest.raises(SrcgradError, match=message) as caught:
        grad(f)(POINTS[0])
    assert caught.value.loc is not None
    assert hint in caught.value.hint


class _Moved:
    def __init__(self, at, by):
        self.at = at
        self.by = by


def test_arrays_of_objects_written_in_place():
    """Too many are born to be told apart one by one."""

    def f(x):
        every = []
        for i in range(60):
            every.append(_Moved(x[:3] * (i % 5), x[3:] * 0.1))
            for p in every:
                p.at += 0.1 * p.by
            every = [p for p in every if p.at.sum() < 4.5]
        return sum(np.sum(p.at**2) for p in every)

    with pytest.raises(AliasingError, match="may be written afterwards") as caught:
        grad(f)(np.ones(6))
    assert "p.x = p.x + v" in caught.value.hint
