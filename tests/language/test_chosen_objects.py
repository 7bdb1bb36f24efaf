"""Objects, lists and dicts that data choose among others, and that are changed then."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import grad, vjp
from tests.slopes import check_slope

POINTS = [
    np.array(values)
    for values in ([1.2, 0.7, 0.3, 0.6], [0.3, 1.21, 0.7, 0.2], [0.42, 0.25, 1.3, 0.95])
]
PROGRAMS: list[Callable[..., Any]] = []


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


class Inner:
    def __init__(self, u):
        self.u = u


class Part:
    def __init__(self, v, w=1.0):
        self.v, self.w, self.hits, self.inner = v, w, 0, Inner(v * w)

    @property
    def twice(self):
        return 2 * self.v

    @twice.setter
    def twice(self, value):
        self.v = value / 2

    def step(self, dt):
        self.v = self.v - dt * self.w
        self.w += self.v * dt

    def __iadd__(self, other):
        self.v = self.v + other
        return self


def parts_of(x):
    return [Part(x[0], x[1]), Part(x[1], x[2] ** 2), Part(x[2] * x[3])]


def measure(parts):
    return sum((i + 1) * p.v * (1 + p.hits) + p.w**2 * p.inner.u for i, p in enumerate(parts))


# --- one of two -----------------------------------------------------------------------------------


@program
def of_sixty(x):
    parts = [Inner(x[0] * i) for i in range(60)]
    parts[int(30 * x[0] + 0.7)].u = x[1]
    return sum(p.u for p in parts)


@program
def one_of_two(x):
    a, b = Part(x[0], x[1]), Part(x[2], x[3])
    best = a if x[0] > x[2] else b
    best.v = best.v * 0.5
    return a.v * 3 + b.v * 7 + best.v


@program
def without_a_name(x):
    a, b = Part(x[0], x[1]), Part(x[2], x[3])
    (a if x[0] > 0.5 else b).v = x[3] ** 2
    return a.v * 3 + b.v * 7


@program
def changed_by_its_own_name(x):
    a, b = Part(x[0], x[1]), Part(x[2], x[3])
    best = a if x[0] > 0.5 else b
    a.v = x[3] ** 2
    best.w = best.v * a.w
    b.v *= best.w
    return a.v * a.w + 3 * b.v * b.w + best.v


@program
def by_methods_and_operators(x):
    a, b = Part(x[0], x[1]), Part(x[2], x[3])
    best = a if x[0] > 0.5 else b
    best.step(x[1])
    best.twice = best.twice * x[2]
    best += x[3]
    return measure([a, b])


@program
def what_is_inside(x):
    a, b = Part(x[0], x[1]), Part(x[2], x[3])
    best = a if x[0] > 0.5 else b
    best.inner.u = x[3] * best.inner.u
    a.inner.u += 1.0
    best.inner = Inner(x[1] ** 3) if x[3] > 0.5 else b.inner
    best.inner.u *= 2.0
    return measure([a, b])


@program
def made_in_an_arm(x):
    if x[0] > 0.5:
        a, b = Part(x[0]), Part(x[1])
        parts = [a, b]
        best = a if x[1] > 0.5 else b
    else:
        parts = [Part(x[2]), Part(x[3])]
        best = parts[0]
    best.v = best.v * x[3]
    return measure(parts)


@program
def arrays_written_in_place(x):
    a, b = Part(x[:2] * 1.0), Part(x[2:] * 1.0)
    best = a if x[0] > 0.5 else b
    best.v += 1.0
    best.v[0] = x[3] ** 2
    a.v[1] *= 3.0
    return np.sum(a.v**2) + 3 * np.sum(b.v**2) + best.v @ a.v


@program
def known_by_a_function(x):
    a, b = Part(x[0]), Part(x[1])
    best = a if x[0] > 0.5 else b

    def bump(part):
        part.v += best.v * a.v

    bump(best)
    bump(b)
    return a.v + 3 * b.v


# --- one of several -------------------------------------------------------------------------------


@program
def the_least(x):
    parts = parts_of(x)
    best = parts[0]
    for p in parts:
        if p.w < best.w:
            best = p
    best.v = best.v * 0.5
    best.hits += 1
    return measure(parts)


@program
def the_least_by_a_key(x):
    parts = parts_of(x)
    best = min(parts, key=lambda p: p.v)
    best.step(0.1)
    return measure(parts) * best.v


@program
def the_last_if_any(x):
    parts, best = parts_of(x), None
    for p in parts:
        if p.v > 0.5:
            best = p
    if best is not None:
        best.v = best.v**2
    return measure(parts) * (2.0 if best is parts[0] else 3.0)


@program
def the_first(x):
    parts = parts_of(x)
    p = next(p for p in parts if p.v > 0.1)
    p.v = p.v * x[3]
    return measure(parts)


@program
def by_an_index(x):
    parts = parts_of(x)
    parts[int(np.argmax(x[:3]))].v += 1.0
    return measure(parts)


@program
def from_the_end(x):
    parts = tuple(parts_of(x))
    parts[-1 - int(np.argmax(x[:3]))].v *= x[0]
    return measure(parts)


@program
def the_element_itself(x):
    parts = parts_of(x)
    k = int(np.argmax(x[:3]))
    parts[k] = parts[0]
    parts[k].v *= 2.0
    parts[0].w = parts[k].v
    return measure(parts)


@program
def objects_in_tuples(x):
    rows = [(Part(x[0]), x[1]), (Part(x[2]), x[3])]
    part, weight = rows[int(np.argmax(x[:2]))]
    part.v = part.v * weight
    return sum((i + 1) * p.v * w for i, (p, w) in enumerate(rows))


@program
def lists_in_a_list(x):
    rows = [[x[0], x[1]], [x[2], x[3]]]
    k = int(np.argmax(x[:2]))
    rows[k][0] = x[0] * x[3]
    rows[1][1] = rows[k][0] * rows[0][1]
    return rows[0][0] + 2 * rows[1][0] + 5 * rows[1][1]


@program
def a_longer_list(x):
    rows = [[x[0], x[1]], [x[2], x[3]]]
    rows[int(np.argmax(x[:2]))].append(x[0] * x[3])
    return sum(rows[0]) ** 2 + 3 * sum(rows[1])


@program
def sorted_into_lists(x):
    groups = [[], [], []]
    for i in range(len(x)):
        group = groups[int(3 * x[i]) % 3]
        group.append(x[i] ** 2)
        if len(group) > 2:
            group.pop(0)
    return sum((i + 1) * sum(group) ** 2 for i, group in enumerate(groups))


@program
def a_list_or_an_element(x):
    s, t = [x[0], x[2]], [x[1], x[3]]
    rows = [s, t]
    s = s if x[3] > 0.5 else rows[int(np.argmax(x[:2]))]
    s[0] = x[3] ** 2
    return rows[0][0] + 3 * rows[1][0]


@program
def read_before_others_are_written(x):
    rows = [[x[0], x[2]], [x[1], x[3]]]
    y = rows[int(np.argmax(x[:2]))][0]
    rows[1][0] = y * 2
    return rows[0][0] + 3 * rows[1][0]


@program
def objects_in_a_dict(x):
    d = {"a": Part(x[0]), "b": Part(x[1])}
    k = "a" if x[0] > 0.5 else "b"
    d[k].v = x[3] ** 2
    d["a"].w += d[k].v
    return measure(d.values())


@program
def dicts_in_a_list(x):
    rows = [{"u": x[0], "n": 0}, {"u": x[1], "n": 0}]
    row = rows[int(np.argmax(x[:2]))]
    row["u"] *= x[2]
    row["n"] += 2
    return sum(row["u"] * (i + 1 + row["n"]) for i, row in enumerate(rows))


# --- several of them ------------------------------------------------------------------------------


@program
def that_may_be_one(x):
    parts = parts_of(x)
    winner, loser = parts[int(np.argmax(x[:3]))], parts[int(x[3] > 0.5)]
    winner.v = winner.v * x[3]
    loser.v = loser.v - winner.v
    winner.hits += 1
    loser.hits += 1
    return measure(parts)


@program
def ratings(x):
    players = [Part(0.1), Part(0.2), Part(0.4)]
    for i in range(len(x)):
        winner, loser = players[int(np.argmax(x[: i + 1]))], players[int(3 * x[i]) % 3]
        gain = 0.3 * x[i] / (1 + np.exp(winner.v - loser.v))
        winner.v += gain
        loser.v -= gain
    return measure(players)


@program
def one_in_each_trip(x):
    a, b = Part(0.0), Part(1.0)
    for v in x:
        part = a if v > 0.5 else b
        part.v += v**2 * part.w
        part.w = v
    return measure([a, b])


@program
def the_one_at_hand(x):
    high, low = Part(0.0), Part(1.0)
    now = low
    for v in x:
        if v > 0.8:
            now = high
        elif v < 0.4:
            now = low
        now.v = now.v * 0.5 + v * x[0]
    return high.v * 3 + low.v


@program
def chosen_in_a_loop_that_data_end(x):
    a, b = Part(x[0]), Part(x[1])
    best = a
    for _ in range(int(3 * x[0])):
        best = b
    best.v = x[2] ** 2
    return a.v + 3 * b.v


@program
def exchanged(x):
    a, b = Part(x[0]), Part(x[1])
    p, q = (a, b) if x[0] > 0.5 else (b, a)
    p.v, q.v = q.v * 2, p.v
    if p is a:
        q.v *= x[3]
    return a.v + 3 * b.v + 5 * p.v


@program
def compared(x):
    parts = parts_of(x)
    a, b = parts[int(x[0] > 0.5)], parts[int(x[1] > 0.5)]
    first = 2.0 if a is b else 3.0
    second = 5.0 if a is not parts[0] else 7.0
    third = 11.0 if a is parts[2] else 13.0
    return x[0] * first + x[1] * second + x[2] * third


@program
def copied(x):
    a, b = Part(x[0]), Part(x[1])
    best = a if x[0] > 0.5 else b
    one, other, both = copy.deepcopy([a, best, (b, best)])
    one.v = x[2]
    other.w = other.v * x[3]
    both[0].v += both[1].w
    return measure([a, b, one, other, *both]) * (2.0 if one is other else 3.0)


@program
def a_copy_of_one(x):
    a, b = Part(x[0]), Part(x[1])
    best = copy.copy(a if x[0] > 0.5 else b)
    best.v = best.v * 3
    best.inner.u = best.inner.u * x[3]
    return measure([a, b]) + best.v


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_gradient(f) -> None:
    for x in POINTS:
        check_slope(f, x)


def test_as_written_by_hand() -> None:
    def by_hand(x):
        v, w = np.stack([x[0], x[1], x[2]]), np.stack([x[1], x[2], x[3]])
        best = np.argmin(w)
        v = np.where(np.arange(3) == best, v * w[best], v)
        return np.sum(np.arange(1.0, 4.0) * v)

    def with_objects(x):
        parts = [Part(x[i], x[i + 1]) for i in range(3)]
        best = min(parts, key=lambda p: p.w)
        best.v = best.v * best.w
        return sum((i + 1) * p.v for i, p in enumerate(parts))

    for x in POINTS:
        np.testing.assert_allclose(grad(with_objects)(x), grad(by_hand)(x), rtol=1e-14)


def test_a_pullback_is_called_twice() -> None:
    value, pullback = vjp(ratings, POINTS[0])
    assert value == pytest.approx(ratings(POINTS[0]), rel=1e-14)
    for _ in range(2):
        np.testing.assert_allclose(pullback(1.0)[0], grad(ratings)(POINTS[0]), rtol=1e-14)


def test_many_objects() -> None:
    """The text grows with the number of objects, and not with its square."""

    def total(x):
        parts = [Part(v, v**2) for v in [x[i] for i in range(len(x))]]
        parts[int(np.argmax(x))].step(0.5)
        return sum(p.v * p.w for p in parts)

    sizes = []
    for count in (6, 12, 24):
        gradient = grad(total)
        x = np.linspace(0.1, 1.0, count)
        expected = 3 * x**2
        v, w = x[-1] - 0.5 * x[-1] ** 2, x[-1] ** 2 + 0.5 * (x[-1] - 0.5 * x[-1] ** 2)
        slope = 1 - x[-1]
        expected[-1] = slope * w + v * (2 * x[-1] + 0.5 * slope)
        np.testing.assert_allclose(gradient(x), expected, rtol=1e-12)
        sizes.append(gradient.source.count("\n"))
    assert sizes[2] < 5 * sizes[0]


def test_lists_grow_in_place() -> None:
    def total(x):
        groups = [[], []]
        for v in x:
            groups[int(v > 0.5)].append(v**2)
        return sum(groups[0]) * sum(groups[1])

    gradient = grad(total)
    for x in POINTS:
        check_slope(total, x)
        gradient(x)
    assert "copy" not in gradient.source


def test_an_index_out_of_range() -> None:
    def beyond(x):
        parts = parts_of(x)
        parts[int(np.argmax(x)) + 3].v = 1.0
        return measure(parts)

    with pytest.raises(IndexError, match="list index out of range"):
        grad(beyond)(POINTS[0])


# --- what is refused ------------------------------------------------------------------------------


class Other(Part):
    pass


@program
def of_two_classes(x):
    a, b = Part(x[0]), Other(x[1])
    best = a if x[0] > 0.5 else b
    best.v = 3.0
    return a.v * b.v


@program
def other_attributes(x):
    a, b = Inner(x[0]), Inner(x[1])
    a.extra = x[2]
    (a if x[0] > 0.5 else b).u = 3.0 * x[1]
    return a.u * b.u * a.extra


@program
def in_a_growing_list(x):
    a, b, kept = [x[0]], [x[1]], []
    while len(kept) < 5 * x[0]:
        kept.append(a)
    (a if x[2] > 0.5 else b)[0] = x[3]
    return kept[-1][0] * b[0]
