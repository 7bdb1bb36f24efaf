"""Instances in lists whose length data tell: a trajectory, a stack of intervals.

The lists hold what is in the instances, which may be read.
"""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import AliasingError, SrcgradError, UnsupportedSyntaxError, grad, vjp
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


class Interval:
    def __init__(self, a, b):
        self.a, self.b = (a, b)

    def mid(self):
        return 0.5 * (self.a + self.b)


@dataclasses.dataclass(frozen=True)
class F:
    v: float
    w: float


@program
def filtered_read(x):
    ps = [P(v) for v in x]
    alive = [p for p in ps if p.v > 0.5]
    return sum((p.v * p.w for p in alive))


@program
def append_objects_in_while(x):
    ps = [P(x[0], x[1])]
    while ps[-1].v < 3.0:
        ps.append(P(ps[-1].v * 1.5, ps[-1].w + 0.1))
    return sum((p.v * p.w for p in ps))


@program
def trajectory(x):
    states = [P(x[0], x[1])]
    while states[-1].v < 3.0:
        last = states[-1]
        states.append(P(last.v + 0.3 * last.w, last.w + 0.1 * last.v))
    best = max(states, key=lambda s: s.w)
    return sum((s.v * s.w for s in states)) + best.v + len(states)


@program
def stack_popped(x):
    stack = [P(v) for v in x]
    s = 0.0
    while stack and s < 1.0:
        p = stack.pop()
        s = s + p.v**2
    return s + 0.1 * len(stack)


@program
def stack_pushed_and_popped(x):
    stack = [P(x[0], 1.0)]
    s = 0.0
    while stack:
        p = stack.pop()
        if p.v > 0.2:
            stack.append(P(p.v * 0.5, p.w * 0.5))
            stack.append(P(p.v * 0.3, p.w * 0.5))
        else:
            s = s + p.w * p.v**2
    return s


@program
def adaptive(x):

    def g(t):
        return np.exp(-x[0] * t) * x[1]

    stack = [Interval(0.0, 1.0 + x[2])]
    s = 0.0
    while stack:
        iv = stack.pop()
        h = iv.b - iv.a
        m = iv.mid()
        whole = h * g(m)
        halves = 0.5 * h * (g(0.5 * (iv.a + m)) + g(0.5 * (m + iv.b)))
        if abs(whole - halves) > 0.001:
            stack.append(Interval(iv.a, m))
            stack.append(Interval(m, iv.b))
        else:
            s = s + halves
    return s


@program
def arrays_read(x):
    ps = [P(x * v) for v in x]
    alive = [p for p in ps if p.v[0] > 0.2]
    return sum((np.sum(p.v**2) * p.w for p in alive))


@program
def frozen(x):
    ps = [F(v, v * v) for v in x]
    alive = [p for p in ps if p.v > 0.3]
    alive = [dataclasses.replace(p, w=p.w * 2) for p in alive]
    return sum((p.v * p.w for p in alive))


@program
def recursion_on_lists(x):
    ps = [P(v, v * v) for v in x]
    alive = [p for p in ps if p.v > 0.3]

    def total(ps):
        return 0.0 if not ps else ps[0].v + 0.5 * total(ps[1:])

    return total(alive)


@program
def insert_sorted_objects(x):
    ps = []
    for v in x:
        i = 0
        while i < len(ps) and ps[i].v < v:
            i += 1
        ps.insert(i, P(v, v * v))
    return sum(((i + 1) * p.w for i, p in enumerate(ps)))


@program
def cluster(x):
    ps = [P(v, 1.0) for v in x]
    while len(ps) > 2:
        best = None
        for i in range(len(ps)):
            for j in range(i + 1, len(ps)):
                d = abs(ps[i].v - ps[j].v)
                if best is None or d < best:
                    best, bi, bj = (d, i, j)
        a, b = (ps[bi], ps[bj])
        m = P((a.v * a.w + b.v * b.w) / (a.w + b.w), a.w + b.w)
        ps = [p for k, p in enumerate(ps) if k != bi and k != bj]
        ps.append(m)
    return sum(((i + 1) * p.v**2 * p.w for i, p in enumerate(ps)))


@program
def last_popped_changed(x):
    stack = [P(x[0]), P(x[1])]
    s = 0.0
    while stack and s < 3:
        p = stack[-1]
        if p.v > 2:
            stack.pop()
            s = s + p.v
        else:
            p.v = p.v * 1.5 + 0.1
    return s


@program
def copied(x):
    ps = [P(v, v * v) for v in x]
    alive = [copy.copy(p) for p in ps if p.v > 0.3]
    for p in alive:
        p.v *= 2
    return sum((p.v * (i + 1) for i, p in enumerate(ps))) + sum((p.v for p in alive))


class Kept:
    def __init__(self, v):
        self.v, self.history = v, [v, v * v]


@program
def lists_in_instances(x):
    kept, v = [], x[0]
    while v < 3.0:
        new = Kept(v)
        new.history.append(v * x[1])
        kept.append(new)
        v = v * 1.5
    return sum(each.v * sum(each.history) for each in kept)


@program
def functions_in_instances(x):
    alive = [p for p in [P(v, np.sin) for v in x] if p.v > 0.3]
    return sum(p.w(p.v) for p in alive)


@program
def texts_in_instances(x):
    alive = [p for p in [P(v, "a name") for v in x] if p.v > 0.3]
    return sum(p.v**2 for p in alive if p.w == "a name")


@program
def none_in_instances(x):
    alive = [p for p in [P(v, None) for v in x] if p.v > 0.3]
    return sum(p.v for p in alive if p.w is None)


@program
def changed_in_the_trip(x):
    ps, v = [], x[0]
    while v < 3.0:
        p = P(v)
        ps.append(p)
        p.v = p.v * 2
        v = v * 1.5
    return sum(p.v for p in ps)


@program
def changed_after_the_loop(x):
    ps, v = [], x[0]
    while v < 3.0:
        ps.append(P(v))
        v = v * 1.5
    ps[0].v = 2 * x[1]
    return sum(p.v for p in ps)


@pytest.mark.parametrize("x", POINTS, ids=["x0", "x1", "x2"])
@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_gradient(f: Callable[..., Any], x: np.ndarray) -> None:
    check_slope(f, x)


def stays_a_loop(x):
    ps = []
    v = x[0]
    while v < 3.0:
        ps.append(P(v, v * v))
        v = v * 1.5
    return sum(p.v * p.w for p in ps)


def test_the_text_has_tuples() -> None:
    gradient = grad(stays_a_loop)
    for x in POINTS:
        check_slope(stays_a_loop, x)
        gradient(x)
    assert "ps.append((v, " in gradient.source
    assert gradient.source.count("\n    while ") == 1


def test_as_many_as_data_say() -> None:
    """The text is the same for all lengths of what is filtered in a loop over an array."""

    def some(x):
        ps = [P(v, v * v) for v in x[x > 0.3]]
        return sum(p.v * p.w for p in ps)

    for count in (2, 4, 9):
        x = np.linspace(0.1, 1.0, count)
        np.testing.assert_allclose(grad(some)(x), np.where(x > 0.3, 3 * x**2, 0.0))


# --- what is refused ------------------------------------------------------------------------------


def as_an_array(x):
    ps = [p for p in [P(v) for v in x] if p.v > 0.5]
    return np.sum(np.array(ps)[0].v)


def given_away(x):
    ps = [p for p in [P(v) for v in x] if p.v > 0.5]
    return x[0] * len(str(ps))


def of_two_classes(x):
    ps = [P(v) if i % 2 else Other(v) for i, v in enumerate(x)]
    return sum(p.v for p in [p for p in ps if p.v > 0.3])


class Other:
    def __init__(self, v):
        self.v, self.w = v, 1.0


def changed_in_recursion(x):
    alive = [p for p in [P(v) for v in x] if p.v > 0.3]

    def damp(ps):
        if ps:
            ps[0].v *= 0.5
            damp(ps[1:])

    damp(alive)
    return sum(p.v for p in alive)


@program
def which_list_it_is(x):
    a, b = [x[0], x[1]], [x[2]]
    total = 0.0
    for row in [row for row in (a, b) if row[0] > 0.3]:
        if row is a:
            total = total + row[0]
    return total


REFUSED = {
    as_an_array: (UnsupportedSyntaxError, "goes where it cannot be followed"),
    given_away: (UnsupportedSyntaxError, "goes where it cannot be followed"),
    of_two_classes: (SrcgradError, "containers of different kinds"),
    changed_in_recursion: (AliasingError, "this changes a list or a dict in another"),
}


@pytest.mark.parametrize("f", REFUSED, ids=lambda f: f.__name__)
def test_refused(f: Callable[..., Any]) -> None:
    kind, message = REFUSED[f]
    with pytest.raises(kind, match=message) as caught:
        grad(f)(POINTS[0])
    assert caught.value.loc is not None
    assert caught.value.hint


def test_objects_from_outside_are_refused() -> None:
    """What is outside may be written there, and the list would hold what was in it before."""

    def f(x, ps):
        alive = [p for p in ps if p.v > 0.3]
        ps[0].v = 2.0
        return x[0] * sum(p.v for p in alive)

    with pytest.raises(SrcgradError, match="holds a P|changes its structure"):
        grad(f)(POINTS[0], [P(0.5), P(0.1)])


def test_a_list_of_them_is_no_result() -> None:
    def f(x):
        return [p for p in [P(v) for v in x] if p.v > 0.5]

    with pytest.raises(SrcgradError):
        vjp(f, POINTS[0])
