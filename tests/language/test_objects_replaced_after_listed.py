"""Names of objects that are put into a list or a dict where data say so, and then lead to new ones.

After the branch the name leads to one of two, and so do the numbers in the list: the new object is
there by the one that stands for either.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.slopes import check_slope

POINTS = [
    np.array(values)
    for values in ([1.2, 1.5, 2.1], [0.2, 0.5, 0.7], [0.7, 1.6, 0.31], [1.1, 0.43, 1.7])
]
PROGRAMS: list[Callable[..., Any]] = []


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


class P:
    def __init__(self, x):
        self.x = x


class Path:
    def __init__(self, start):
        self.points = [start]
        self.last = P(start)


@program
def replaced_once(x):
    ps = []
    cur = P(0.0)
    if x[0] > 1.0:
        ps.append(cur)
        cur = P(x[0])
    ps.append(cur)
    cur.x += 10.0
    return sum(p.x for p in ps)


@program
def runs(x):
    ps = []
    cur = P(0.0)
    for v in x:
        cur.x += v
        if v > 1.0:
            ps.append(cur)
            cur = P(v)
    return sum(p.x**2 for p in ps)


@program
def in_a_dict(x):
    d = {}
    cur = P(0.0)
    for v in x:
        if v > 1.0:
            d[int(v)] = cur
            cur = P(v)
        cur.x += v
    return sum(p.x**2 for p in d.values())


@program
def in_tuples(x):
    ps = []
    cur = P(0.0)
    for v in x:
        cur.x += v
        if v > 1.0:
            ps.append((cur, v))
            cur = P(v)
    return sum(p.x**2 * w for p, w in ps)


@program
def two_names(x):
    ps = []
    cur = P(0.0)
    other = P(1.0)
    for v in x:
        cur.x += v
        other.x += v * v
        if v > 1.0:
            ps.append(cur)
            cur, other = other, P(v)
    return sum(p.x**2 for p in ps) * other.x


@program
def old_one_is_kept(x):
    ps = []
    cur = P(x[1])
    old = cur
    if x[0] > 1.0:
        cur = P(x[0])
    if x[1] > 1.0:
        ps.append(cur)
    cur.x *= 2.0
    old.x *= 3.0
    return sum(p.x**2 for p in ps) + old.x


@program
def changed_in_the_list(x):
    ps = []
    cur = P(0.0)
    for v in x:
        if v > 1.3:
            ps.append(cur)
            cur = P(v)
        cur.x += v
    ps.append(cur)
    for p in ps:
        p.x *= 2.0
    return sum(p.x**2 for p in ps) + cur.x


@program
def put_there_in_an_arm(x):
    ps = [P(x[1])]
    cur = ps[0]
    if x[0] > 0.5:
        if x[1] > 1.0:
            cur = P(x[0])
        ps.append(cur)
        cur.x *= x[2]
    cur.x += 1.0
    if x[2] > 1.0:
        ps.append(cur)
    cur.x *= x[0]
    return sum(p.x**2 for p in ps)


@program
def put_there_in_either_arm(x):
    ps = []
    cur = P(x[1])
    if x[0] > 1.0:
        if x[1] > 1.0:
            cur = P(x[0])
        ps.append(cur)
        cur.x *= x[2]
    else:
        if x[1] > 0.45:
            ps.append(cur)
            cur = P(x[2])
        ps.append(cur)
        cur.x += x[2]
    ps[-1].x += x[1]
    cur.x *= 2.0
    return sum((i + 1) * p.x**2 for i, p in enumerate(ps))


@program
def chosen_twice(x):
    ps = []
    a = P(x[0])
    if x[0] > 1.0:
        a = P(x[1])
    b = a
    if x[1] > 1.0:
        b = P(x[2])
    if x[2] > 0.5:
        ps.append(b)
    if x[2] > 1.0:
        ps.append(a)
    a.x *= 3.0
    b.x += x[0]
    return sum((i + 1) * p.x**2 for i, p in enumerate(ps)) + a.x * b.x


@program
def swapped_in_a_loop(x):
    ps = []
    a = old = P(x[0])
    b = P(x[1])
    if x[0] > 1.0:
        a = P(x[1] * x[2])
    for v in x:
        if v > 0.6:
            a, b = b, a
        if v > 0.25:
            ps.append(a)
        a.x += v * b.x
    old.x *= x[1]
    return sum((i + 1) * p.x**2 for i, p in enumerate(ps)) + old.x


@program
def swapped_in_a_while(x):
    ps = []
    a = old = P(x[0])
    b = P(x[1])
    if x[0] > 1.0:
        a = P(x[1] * x[2])
    s = 0.0
    while s < 4.0:
        s += x[2] + 0.5
        if a.x < s:
            a, b = b, a
        if s > 1.0:
            ps.append(a)
        a.x = a.x + 0.1 * s * b.x
    a.x *= 2.0
    old.x *= x[1]
    return sum((i + 1) * p.x**2 for i, p in enumerate(ps)) + old.x + b.x


@program
def from_list_to_list(x):
    ps, qs = [], []
    cur = P(x[0])
    if x[1] > 1.0:
        ps.append(cur)
        cur = P(x[1])
    ps.append(cur)
    for p in ps:
        if p.x > 1.15:
            qs.append(p)
    cur.x *= x[1]
    for q in qs:
        q.x += x[2]
    return sum(p.x**2 for p in ps) + sum(q.x for q in qs)


@program
def with_objects_inside(x):
    paths = []
    cur = Path(x[0])
    for v in x:
        if v > 1.0:
            paths.append(cur)
            cur = Path(v)
        cur.last.x += v * v
    paths.append(cur)
    cur.last.x *= 2.0
    return sum(p.last.x * p.points[0] for p in paths)


def closed(ps, cur, v):
    if v > 1.0:
        ps.append(cur)
        return P(v)
    cur.x += v
    return cur


@program
def in_a_function(x):
    ps = []
    cur = P(0.0)
    for v in x:
        cur = closed(ps, cur, v)
        cur.x *= 1.5
    ps.append(cur)
    cur.x += 1.0
    return sum((i + 1) * p.x**2 for i, p in enumerate(ps))


@program
def copied_beside(x):
    ps = []
    cur = P(x[2])
    if x[0] > 1.0:
        ps.append(cur)
        cur = P(x[0])
    ps.append(cur)
    if x[1] > 1.0:
        cur = copy.copy(cur)
        ps.append(cur)
    cur.x *= x[1]
    return sum((i + 1) * p.x**2 for i, p in enumerate(ps))


@program
def none_at_first(x):
    ps = []
    cur = None
    for v in x:
        if v > 1.0:
            if cur is not None:
                ps.append(cur)
            cur = P(v)
        if cur is not None:
            cur.x += v * v
    if cur is not None:
        ps.append(cur)
    return sum((i + 1) * p.x**2 for i, p in enumerate(ps))


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("x", POINTS, ids=str)
def test_gradients(f: Callable[..., Any], x: np.ndarray) -> None:
    check_slope(f, x)


def test_the_new_object_is_found_in_the_list() -> None:
    assert check_slope(replaced_once, POINTS[0]).tolist() == [1.0, 0.0, 0.0]
    np.testing.assert_allclose(check_slope(runs, POINTS[0]), [7.8, 12.6, 7.2])
