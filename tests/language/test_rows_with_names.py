"""Lists in a list that have names besides: ``rows.append(cur)``, and then ``cur.append(v)``.

The outer list holds places in a list of all inner ones, so that any number of lists and names may
lead to one (``specialise/pools.py``)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.slopes import check_at

POINTS = [
    np.array([0.3123, 0.5571, 0.8317, 0.9171, 0.5339, 0.7713]),
    np.array([0.1123, 0.1571, 0.1817, 0.1171, 0.2339, 0.2713]),  # all in one row
    np.array([0.9123, 0.1571, 0.8317, 0.1171, 0.9339, 0.5713]),
]
PROGRAMS: list[Callable[..., Any]] = []


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


def rows_of(x):
    rows, cur, last = [], [], -1
    for i in range(len(x)):
        k = int(x[i] * 3)
        if k != last:
            cur = []
            rows.append(cur)
            last = k
        cur.append(x[i])
    return rows, cur


def total(rows):
    return sum((i + 1) * sum(r) ** 2 + len(r) * r[0] for i, r in enumerate(rows) if r)


@program
def none_at_first(x):
    rows = []
    cur = None
    for i in range(len(x)):
        if cur is None or x[i] > 0.6:
            cur = []
            rows.append(cur)
        cur.append(x[i] * (i + 1))
    return sum(np.prod(r) for r in rows)


@program
def group_after(x):
    rows, cur = [], []
    for v in x:
        if cur and v < cur[-1]:
            rows.append(cur)
            cur = []
        cur.append(v)
    rows.append(cur)
    return sum((i + 1) * sum(r) ** 2 for i, r in enumerate(rows))


@program
def particles(x):
    ps = [[x[i], x[i + 3]] for i in range(3)]
    for t in range(20):
        for p in ps:
            p[0] += 0.1 * p[1]
        ps = [p for p in ps if p[0] < 1.5]
        if t % 3 == 0:
            ps.append([0.1 * x[0], x[1]])
    return sum(p[0] ** 2 for p in ps)


@program
def changed_by_both_names(x):
    rows, cur = rows_of(x)
    cur.append(x[0] * 3)
    rows[0].append(x[1] * 2)
    rows[-1][0] = x[2] ** 2
    return total(rows) + sum(cur) ** 2


@program
def another_name(x):
    rows, cur = rows_of(x)
    other = cur
    other[0] = other[0] * 2
    keep = list(cur)
    keep[0] = 0.0
    cur = [x[3]]
    cur.append(1.0)
    other.append(x[4])
    return total(rows) + sum(other) + sum(cur) + sum(keep)


@program
def copies_of_rows(x):
    rows, cur = rows_of(x)
    snap = [list(r) for r in rows]
    snap2 = [r[:] for r in rows]
    for r in rows:
        r[0] = r[0] * 3
        r.append(x[5])
    snap2[0].pop()
    return total(rows) + total(snap) - sum(sum(s) for s in snap2)


@program
def there_twice(x):
    rows, cur = rows_of(x)
    rows.append(cur)
    rows.append(rows[0])
    for r in rows:
        r.append(x[0] * len(r))
    return total(rows)


@program
def filtered_rows(x):
    rows, cur = rows_of(x)
    long = [r for r in rows if len(r) > 1]
    for r in long:
        r[0] = r[0] * r[1]
    rows = [r for r in rows if sum(r) > 0.4]
    for r in rows:
        r.append(0.5 * r[0])
    return total(rows) + total(long)


@program
def swap_rows(x):
    rows, cur = rows_of(x)
    rows[0], rows[-1] = rows[-1], rows[0]
    rows[0].append(x[0])
    cur[0] = cur[0] * x[1]
    a, b = rows[0], rows[len(rows) // 2]
    for i in range(3):
        a.append(b[0] * 0.5)
        a, b = b, a
    return total(rows) + sum(cur)


@program
def chosen_row(x):
    rows, cur = rows_of(x)
    r = cur if x[0] > 0.3 else rows[0]
    r[0] = r[0] * 3
    best = max(rows, key=sum)
    best.append(sum(best))
    s = rows[1] if len(rows) > 1 else [x[0]]
    s.append(x[1])
    return total(rows) + sum(r) + sum(s)


@program
def rows_made_of_others(x):
    rows, cur = rows_of(x)
    rows.append([v * 2 for v in cur])
    rows[-1].append(x[0])
    rows[-2].append(x[1])
    new = [v * 3 for v in x]
    rows.append(new)
    new.append(x[2])
    return total(rows)


@program
def which_row(x):
    rows, cur = rows_of(x)
    s = 0.0
    for r in rows:
        if r is cur:
            s += x[0] * r[0]
        if r == [x[0]]:
            s += x[1]
    cur.append(s)
    return total(rows)


@program
def changed_by_a_function(x):
    def add(r, v):
        r.append(v)

    rows, cur = rows_of(x)
    add(cur, x[0])
    add(rows[0], x[1])
    for r in rows:
        add(r, r[-1])
    return total(rows)


@program
def taken_apart(x):
    rows, cur = rows_of(x)
    while rows:
        r = rows.pop()
        while len(r) > 1:
            v = r.pop()
            if r is not cur:
                cur.append(0.5 * v)
    return sum(cur)


@program
def all_methods(x):
    rows, cur = rows_of(x)
    cur.clear()
    cur.extend([x[0], x[1]])
    cur += [x[2]]
    cur.insert(0, x[3])
    cur.reverse()
    rows[0].sort()
    del rows[0][0]
    rows[0].append(2.0 * x[5])
    return total(rows) + cur[0]


@program
def in_a_dict_too(x):
    d, rows = {}, []
    for i in range(len(x)):
        k = int(x[i] * 3)
        if k not in d:
            row = []
            d[k] = row
            rows.append(row)
        d[k].append(x[i])
    return total(rows)


@program
def a_row_at_first(x):
    rows = [[]]
    for v in x:
        if v > 0.6:
            rows.append([])
        rows[-1].append(v)
    first = rows[0]
    first.append(x[5])
    return total(rows)


@program
def a_list_in_each_particle(x):
    ps = [{"x": x[i], "hist": []} for i in range(3)]
    for t in range(18):
        for p in ps:
            p["x"] = p["x"] * 1.05
            p["hist"].append(p["x"])
        ps = [p for p in ps if p["x"] < 1.5]
        if t % 5 == 0:
            ps.append({"x": x[t % 3] * 0.5, "hist": []})
    return sum(sum(p["hist"]) * len(p["hist"]) for p in ps)


@program
def rows_of_a_matrix(x):
    m = [[x[i] * x[j] for j in range(3)] for i in range(3)]
    rows = [r for r in m if r[0] > 0.1]
    for r in rows:
        r[1] = r[1] * 2
    m[0][0] = 3.0 * x[0]
    return sum(sum(r) ** 2 for r in m) + sum(r[0] * r[1] for r in rows)


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_gradient(f: Callable[..., Any]) -> None:
    check_at(f, *POINTS)
