"""Lists that get an object in each of many trips: the loop stays a loop, whatever the number.

Up to a few trips are made one after the other, where each object is known. From there on the list
holds what is in them, and what changes an object there changes the list.
"""

from __future__ import annotations

import copy
import dataclasses
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import SrcgradError, value_and_grad

PROGRAMS: list[Callable[..., Any]] = []
STEP = 1e-6


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


@dataclasses.dataclass
class P:
    m: float
    v: float

    def step(self, h):
        self.v += h * np.sin(self.m)
        return self.v


@dataclasses.dataclass
class Q:
    at: P
    past: list


class World:
    def __init__(self, x):
        self.ps = [P(v, 0.5) for v in x]

    def step(self):
        for p in self.ps:
            p.step(0.1)
        for i in range(1, len(self.ps)):
            self.ps[i].m += 0.1 * self.ps[i - 1].v


@program
def rows(x):
    found = []
    for v in x:
        found.append([v, 0.5 * v])
    return sum(row[0] * row[1] for row in found)


@program
def rows_of_a_counted_loop(x):
    found = []
    for _ in range(len(x)):
        x = 0.9 * x
        found.append([x[1], x[0]])
    return sum(row[0] * row[1] for row in found)


@program
def dicts(x):
    found = []
    for v in x:
        found.append({"a": v, "b": 0.5 * v})
    return sum(d["a"] * d["b"] for d in found)


@program
def copies_of_a_state(x):
    state, past = [x[0], x[1]], []
    for v in x:
        state[0] = state[0] * v + state[1]
        past.append(list(state))
    return sum(a * b for a, b in past)


@program
def copies_of_an_instance(x):
    state, past = P(x[0], 0.0), []
    for v in x:
        state.v += v * state.m
        past.append(copy.copy(state))
    for p in past:
        p.v *= p.m
    return sum(p.v for p in past) + state.v


@program
def rows_changed(x):
    found = [[v, 0.0] for v in x]
    for row in found:
        row[1] = row[0] ** 2
    for i in range(1, len(found)):
        found[i][0] += 0.1 * found[i - 1][1]
    return sum(a * b for a, b in found)


@program
def dicts_changed(x):
    found = [{"a": v, "b": 0.0} for v in x]
    for d in found:
        d["b"] += d["a"] ** 2
    return sum(d["a"] * d["b"] for d in found)


@program
def a_table(x):
    table = [[0.0] * 2 for _ in range(len(x))]
    for i in range(len(x)):
        for j in range(2):
            table[i][j] = x[i] * (j + 1)
    return sum(table[i][0] * table[i][1] for i in range(len(x)))


@program
def instances_changed(x):
    ps = [P(v, 0.5) for v in x]
    for _ in range(3):
        for p in ps:
            p.step(0.1)
    return sum(p.m * p.v for p in ps)


@program
def changed_where_it_is_made(x):
    ps = []
    for v in x:
        p = P(v, 0.0)
        ps.append(p)
        p.v = v * v
        ps[-1].m *= 2.0
    return sum(p.m * p.v for p in ps)


@program
def neighbours(x):
    ps = [P(v, v * v) for v in x]
    for i in range(1, len(ps)):
        a, b = ps[i], ps[i - 1]
        a.v += 0.1 * b.v
        b.v += 0.3 * a.m
        a.m *= b.v
    return sum(p.m * p.v for p in ps)


@program
def each_with_each_other(x):
    ps = [P(v, v * v) for v in x]
    for a in ps:
        for b in ps:
            if a is not b:
                a.v += 0.01 * a.m * b.m
    return sum(p.m * p.v for p in ps)


@program
def lists_in_instances(x):
    qs = [Q(P(v, 0.0), [v]) for v in x]
    for q in qs:
        q.at.v += q.at.m**2
        q.past.append(2 * q.at.v)
        q.past[0] *= q.at.v
    return sum(q.at.v * sum(q.past) for q in qs)


@program
def in_an_instance(x):
    world = World(x)
    for _ in range(3):
        world.step()
    return sum(p.m * p.v for p in world.ps)


@program
def one_that_is_kept(x):
    ps = [P(v, v * v) for v in x]
    kept = ps[3]
    for p in ps:
        p.v *= p.m
    kept.v += 2.0 * kept.m
    return sum(p.m * p.v for p in ps) + kept.v


@program
def taken_off_the_end(x):
    ps, total = [P(v, v * v) for v in x], 0.0
    while ps:
        p = ps.pop()
        p.v += 0.1 * total
        total += p.m * p.v
    return total


def point(count: int) -> np.ndarray:
    return np.linspace(0.3, 1.2, count) * (1 + 0.1 * np.sin(3.0 * np.arange(count)))


def check(f: Callable[..., Any], derivative: Callable[..., Any], x: np.ndarray) -> None:
    u = np.sin(1.0 + np.arange(len(x)))
    slope = (f(x + STEP * u) - f(x - STEP * u)) / (2 * STEP)
    value, x_bar = derivative(x)
    np.testing.assert_allclose(value, f(x), rtol=1e-12)
    np.testing.assert_allclose(x_bar @ u, slope, rtol=2e-6)


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_gradient(f: Callable[..., Any]) -> None:
    """What is compiled for a few more than are unrolled does for any larger number."""
    derivative = value_and_grad(f)
    check(f, derivative, point(17))
    text = derivative.source
    assert len(text.splitlines()) < 110
    check(f, derivative, point(300))
    assert derivative.source == text
    check(f, derivative, point(5))  # one after the other again
    check(f, derivative, point(20))


# --- where the objects have to be known -----------------------------------------------------------


def one_in_all_places(x):
    p = P(x[0], x[1])
    ps = [p for _ in range(len(x))]
    for i, q in enumerate(ps):
        q.v *= x[i]
    return sum(p.m * p.v for p in ps)


def in_two_lists(x):
    ps = [P(v, 0.0) for v in x]
    others = ps[::2]
    for p in others:
        p.v = p.m**2
    return sum(p.m * p.v for p in ps)


class Registered:
    def __init__(self, v, known):
        self.v = v
        known.append(self)


def kept_by_what_makes_it(x):
    known = []
    made = [Registered(v, known) for v in x]
    for p in made:
        p.v = p.v**2
    return sum(p.v for p in known)


def kept_and_put_there(x):
    known, made = [], []
    for v in x:
        p = Registered(v, known)
        made.append(p)
        p.v = p.v**2
    return sum(p.v for p in known) + sum(p.v for p in made)


def chosen(x):
    ps = [P(v, v * v) for v in x]
    best = max(ps, key=lambda p: p.v)
    best.v *= 0.3
    return sum(p.m * p.v for p in ps)


@pytest.mark.parametrize(
    "f", [one_in_all_places, in_two_lists, kept_by_what_makes_it, kept_and_put_there, chosen]
)
def test_unrolled(f: Callable[..., Any]) -> None:
    """A program that needs to know the objects is compiled with the trips one after the other."""
    check(f, value_and_grad(f), point(17))


def test_too_many_to_be_unrolled() -> None:
    with pytest.raises(SrcgradError, match="gets elements that can be changed"):
        value_and_grad(kept_by_what_makes_it)(np.ones(300))


def test_too_many_to_be_unrolled_in_one_list() -> None:
    """What is in all of them is kept in one list, in which they are places."""
    derivative = value_and_grad(in_two_lists)
    check(in_two_lists, derivative, point(300))
    assert len(derivative.source.splitlines()) < 110


# --- what it costs --------------------------------------------------------------------------------


def bytes_for_each(derivative: Callable[..., Any], count: int) -> float:
    x = point(count)
    derivative(x)
    tracemalloc.start()
    derivative(x)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak / count


@pytest.mark.parametrize("f", [rows_changed, dicts_changed, a_table, neighbours])
def test_a_change_costs_what_it_changes(f: Callable[..., Any]) -> None:
    """Neither the list of lists nor a list in it is copied, or kept, where an element changes."""
    derivative = value_and_grad(f)
    assert bytes_for_each(derivative, 800) < 1.5 * bytes_for_each(derivative, 200)


def test_elements_of_lists_in_lists_are_changed_in_place() -> None:
    derivative = value_and_grad(a_table)
    derivative(point(20))
    assert "table[i][j] = x[i] * (j + 1)" in derivative.source
    assert "_bar[i][j] = 0.0" in derivative.source
    assert "copy" not in derivative.source


def wide_rows(x):
    table = [[0.0] * len(x) for _ in range(20)]
    for i in range(20):
        for j in range(len(x)):
            table[i][j] = x[j] * (table[i - 1][j] + i)
    return sum(table[19])


def a_row_that_is_read_later(x):
    table = [[v, v * v] for v in x]
    total = 0.0
    for i in range(1, len(table)):
        row = table[i - 1]
        table[i][0] *= row[1]
        table[i - 1][1] = 2.0 * table[i][0]
        total += row[1]
    return total


def a_row_put_elsewhere(x):
    table, others = [[v, v * v] for v in x], []
    for row in table:
        others.append(list(row))
        row[0] *= row[1]
    return sum(a * b for a, b in others) + sum(a * b for a, b in table)


def changed_twice(x):
    table = [[v, v * v] for v in x]
    for i in range(len(table)):
        table[i][0] = table[i][0] * table[i][1]
        table[i][i % 2] += table[i][0] ** 2
        table[i][-1] *= table[i][0]
    return sum(a * b for a, b in table)


@pytest.mark.parametrize(
    "f", [wide_rows, a_row_that_is_read_later, a_row_put_elsewhere, changed_twice]
)
def test_elements_of_lists_in_lists(f: Callable[..., Any]) -> None:
    check(f, value_and_grad(f), point(17))
