"""Lists in lists of a length that data tell, which are changed there: ``groups[-1].append(v)``."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from srcgrad import grad, value_and_grad
from tests.slopes import check_at

A = np.array([0.317, -1.231, 0.722, 0.944, -0.453, -0.174, 1.667, -0.383])
B = np.array([-0.31, -1.33, 0.757, 0.92, 1.41])
PROGRAMS: list[Callable[..., Any]] = []
SHARED: list[Callable[..., Any]] = []
"""In which several names, or lists, lead to a list: it is a place in a list of all of them."""


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


def shared(f: Callable[..., Any]) -> Callable[..., Any]:
    SHARED.append(f)
    return f


@dataclass
class Point:
    w: float
    i: int


@program
def a_new_group_where_data_say(x):
    groups = [[]]
    for i in range(len(x)):
        if x[i] > 0:
            groups.append([])
        groups[-1].append(x[i])
    return sum(sum(g) ** 2 for g in groups)


@program
def lists_made_longer_by_others(x):
    groups = [[0.5]]
    for v in x:
        if v > 0:
            groups.append([v * 0.5])
        last = groups[-1]
        groups[-1] += [v, v * v]
        last += [v]
        if len(groups) == 3:
            groups[0] *= 2
    return sum(np.mean(g) ** 2 * len(g) for g in groups)


@program
def means_of_groups(x):
    groups = [[0.5]]
    for i in range(len(x)):
        if x[i] > 0:
            groups.append([x[i] * 0.5])
        groups[-1].append(x[i])
    m = [np.mean(g) for g in groups]
    return sum(v * v for v in m)


@program
def two_loops_over_them(x):
    groups = [[]]
    for v in x:
        if v > 0:
            groups.append([])
        groups[-1].append(v)
    t = 0.0
    for g in groups:
        for v in g:
            t += v * v * len(g)
    return t


@program
def rows_with_a_first_element(x):
    rows = []
    for v in x:
        if v > 0 or not rows:
            rows.append([v])
        else:
            rows[-1].append(v)
    return sum(r[0] * r[-1] for r in rows)


@program
def rows_of_two(x):
    rows = []
    for v in x:
        if v > 0:
            rows.append([v])
            rows[-1].append(v * v)
    return np.sum(np.array(rows) ** 2)


@program
def rows_of_unknown_length(x):
    rows = []
    for v in x:
        row = []
        t = v
        while abs(t) > 0.1:
            row.append(t)
            t = t * 0.5
        rows.append(row)
    return sum(sum(r) ** 2 for r in rows)


@program
def runs_of_a_sign(x):
    out = []
    current = []
    for i in range(len(x)):
        if i > 0 and (x[i] > 0) != (x[i - 1] > 0):
            out.append(current)
            current = []
        current.append(x[i])
    out.append(current)
    return sum(sum(r) ** 2 / len(r) for r in out)


@program
def runs_above_zero(x):
    out = []
    current = []
    for v in x:
        if v > 0:
            current.append(v)
        elif current:
            out.append(current)
            current = []
    if current:
        out.append(current)
    return sum(np.mean(r) ** 2 for r in out)


@program
def rows_of_one_length(x):
    rows = []
    i = 0
    while i < len(x):
        if x[i] > -10:
            row = [x[i], x[i] ** 2]
            row.append(x[i] ** 3)
            rows.append(row)
        i += 1
    return np.sum(np.array(rows) ** 2) + np.sum(np.stack(rows))


@program
def runs_of_tuples(x):
    segs = []
    cur = []
    for i, v in enumerate(x):
        if v > 0 and cur:
            segs.append(cur)
            cur = []
        cur.append((i, v))
    segs.append(cur)
    return sum(v * v * i for seg in segs for i, v in seg)


@program
def groups_of_records(x):
    segs = [[]]
    for i, v in enumerate(x):
        if v > 0:
            segs.append([])
        segs[-1].append({"w": v, "i": i})
    return sum(e["w"] ** 2 * e["i"] for seg in segs for e in seg)


@program
def groups_of_instances(x):
    segs = [[]]
    for i, v in enumerate(x):
        if v > 0:
            segs.append([])
        segs[-1].append(Point(v, i))
    return sum(e.w**2 * e.i for seg in segs for e in seg)


@program
def runs_of_instances(x):
    segs = []
    cur = []
    for i, v in enumerate(x):
        if v > 0 and cur:
            segs.append(cur)
            cur = []
        cur.append(Point(v * v, i))
    segs.append(cur)
    return sum(sum(e.w for e in seg) ** 2 / len(seg) for seg in segs)


@program
def three_levels(x):
    out = [[[]]]
    for v in x:
        if v > 0.5:
            out.append([[]])
        elif v > 0:
            out[-1].append([])
        out[-1][-1].append(v)
    return sum(sum(sum(b) ** 2 for b in a) ** 2 for a in out)


@program
def under_another_name(x):
    groups = [[]]
    for v in x:
        if v > 0:
            groups.append([])
        last = groups[-1]
        last.append(v)
        last.append(2 * v)
    return sum(sum(g) ** 2 for g in groups)


@program
def the_first_that_is_near(x):
    groups = []
    for v in x:
        for g in groups:
            if abs(g[0] - v) < 0.5:
                g.append(v)
                break
        else:
            groups.append([v])
    return sum(np.mean(g) ** 2 for g in groups)


@program
def taken_from_a_stack(x):
    stack = []
    total = 0.0
    for v in x:
        if v > 0:
            stack.append([v])
        elif stack:
            g = stack.pop()
            g.append(v)
            total += sum(g) ** 2
    return total + sum(sum(g) for g in stack)


@program
def elements_are_set(x):
    groups = [[0.0]]
    for v in x:
        if v > 0:
            groups.append([0.0])
        groups[-1][0] += v
    return sum(g[0] ** 2 for g in groups)


@program
def totals_and_counts(x):
    groups = []
    for v in x:
        if v > 0 or not groups:
            groups.append([0.0, 0])
        groups[-1][0] += v
        groups[-1][1] += 1
    return sum(s * s / n for s, n in groups)


@program
def records_are_changed(x):
    segs = []
    for v in x:
        if v > 0 or not segs:
            segs.append({"sum": 0.0, "n": 0})
        segs[-1]["sum"] += v
        segs[-1]["n"] += 1
    return sum(s["sum"] ** 2 / s["n"] for s in segs)


@program
def clusters_of_sorted_numbers(x):
    clusters = [[x[0]]]
    for v in sorted(x)[1:]:
        if v - clusters[-1][-1] < 0.4:
            clusters[-1].append(v)
        else:
            clusters.append([v])
    return sum(np.var(c) + len(c) for c in clusters) + sum(max(c) for c in clusters)


@program
def a_deep_copy_is_another(x):
    g = [[]]
    for v in x:
        if v > 0:
            g.append([])
        g[-1].append(v)
    h = copy.deepcopy(g)
    g[0].append(x[0] * 3)
    h[-1].append(x[1])
    return sum(sum(a) ** 2 for a in g) + sum(sum(a) ** 3 for a in h)


@program
def turned_around(x):
    g = [[0.1]]
    for v in x:
        if v > 0:
            g.append([])
        g.reverse()
        g[-1].append(v)
    return sum((i + 1) * sum(a) ** 2 for i, a in enumerate(g))


@program
def taken_out_and_put_back(x):
    g = [[0.1]]
    for v in x:
        if v > 0:
            g.append([])
        a = g.pop()
        a.append(v)
        g.append(a)
        g[-1].append(0.5 * v)
    return sum((i + 1) * sum(a) ** 2 for i, a in enumerate(g))


@program
def beside_an_array(x):
    g = [[0.1]]
    for v in x:
        if v > 0:
            g.append([])
        g[-1].append(v)
    z = zip(g, x)
    g[0].append(x[2])
    t = 0.0
    for a, v in z:
        t += sum(a) ** 2 * v
    return t


@program
def in_a_dict_too(x):
    g = [[0.1]]
    for v in x:
        if v > 0:
            g.append([])
        g[-1].append(v)
    d = {"a": g[-1]}
    g[-1].append(x[0])
    d["a"].append(x[1])
    return sum(sum(a) ** 2 for a in g) + sum(d["a"])


@program
def changed_by_a_closure(x):
    g = [[0.1]]

    def add(v):
        g[-1].append(v)

    for v in x:
        if v > 0:
            g.append([])
        add(v)
    return sum(sum(a) ** 2 for a in g)


@program
def changed_in_a_loop_over_them(x):
    g = [[]]
    for v in x:
        if v > 0:
            g.append([])
        g[-1].append(v)
    for i, a in enumerate(g):
        a.append(x[0] * i)
    for a in g:
        if len(a) > 1:
            a[0] = a[0] * 2
        a += [1.0]
    return sum(sum(a) ** 2 for a in g)


@program
def the_first_is_changed_in_a_loop_over_all(x):
    g = [[1.0]]
    for v in x:
        if v > 0:
            g.append([])
        g[-1].append(v)
    t = 0.0
    for a in g:
        g[0].append(x[1])
        t += sum(a)
    return t


@program
def some_of_them(x):
    g = [[1.0]]
    for v in x:
        if v > 0:
            g.append([])
        g[-1].append(v)
    big = [a for a in g if len(a) > 1]
    return sum(sum(a) ** 2 for a in big) + sum(sum(a) ** 2 for a in g)


@program
def a_row_that_goes_on(x):
    rows = []
    for i in range(len(x)):
        if x[i] > 0:
            row = []
            rows.append(row)
            for j in range(i):
                row.append(x[j] * x[i])
    return sum(sum(a) ** 2 for a in rows)


@program
def a_row_under_two_names(x):
    rows = []
    for i in range(len(x)):
        if x[i] > 0:
            row = [x[0]]
            rows.append(row)
            row.append(x[i])
            rows[-1].append(x[i] ** 2)
            row.append(sum(rows[0]))
            rows[0].append(0.1 * x[i])
            row.append(sum(row))
    return sum(sum(a) ** 2 for a in rows)


@program
def runs_are_read_meanwhile(x):
    cur = []
    out = []
    t = 0.0
    for v in x:
        if v > 0:
            out.append(cur)
            t += sum(sum(a) for a in out)
            cur = [v]
        cur.append(v)
        t += sum(cur)
    return sum(sum(a) ** 2 for a in out) + t


@program
def which_one_it_is(x):
    g = [[]]
    for v in x:
        if v > 0:
            g.append([])
        g[-1].append(v)
    t = 0.0
    for a in g:
        if a is g[-1]:
            t += sum(a) ** 2
        else:
            t += sum(a)
    return t


@program
def changed_by_a_function(x):
    def add(rows, v):
        if v > 0:
            rows.append([])
        rows[-1].append(v)
        return rows

    g = [[]]
    for v in x:
        g = add(g, v)
    return sum(sum(a) ** 2 for a in g)


@program
def made_by_a_function(x):
    def split(xs):
        out = [[]]
        for v in xs:
            if v > 0:
                out.append([])
            out[-1].append(v)
        return out

    g = split(x)
    g[0].append(x[1])
    h = split(x * 2)
    h[-1].append(3.0)
    return sum(sum(a) ** 2 for a in g) + sum(sum(a) ** 2 for a in h)


@program
def an_index_that_data_give(x):
    g = [[0.0]]
    for v in x:
        if v > 0:
            g.append([0.0])
        g[int(abs(v) * 7) % len(g)].append(v)
    return sum((i + 1) * sum(a) ** 2 for i, a in enumerate(g))


@program
def the_first_is_deleted(x):
    g = [[0.0]]
    for v in x:
        if v > 0:
            g.append([0.0])
        g[-1].append(v)
        if len(g) > 2:
            del g[0]
        g[0].append(v * v)
    return sum((i + 1) * sum(a) ** 2 for i, a in enumerate(g))


@program
def merged_from_the_end(x):
    g = [[v] for v in x]
    t = 0.0
    while len(g) > 1:
        a = g.pop()
        if a[0] > 0:
            g[-1].extend(a)
            g[-1].append(0.1)
        else:
            t += sum(a) ** 2
    return t + sum(g[0]) ** 2


@program
def a_table_row_by_row(x):
    m = []
    for v in x:
        if v > 0:
            m.append([0.0] * 3)
    for i in range(len(m)):
        for j in range(3):
            m[i][j] = x[i] * x[j]
            if i > 0:
                m[i][j] += m[i - 1][j]
    return np.sum(np.array(m) ** 2)


@program
def a_table_whose_size_data_give(x):
    n = int(abs(x[0]) * 10)
    m = [[0.0] * (n + 1) for _ in range(n + 1)]
    for i in range(1, n + 1):
        for j in range(1, n + 1):
            m[i][j] = max(m[i - 1][j], m[i][j - 1]) + x[i % len(x)] * x[j % len(x)]
    return m[n][n]


@program
def the_last_one_is_carried(x):
    g = [[]]
    last = [0.0]
    for v in x:
        last.append(v)
        if v > 0:
            g.append([])
        g[-1].append(v)
        last = g[-1]
    return sum(sum(a) ** 2 for a in g)


@program
def rows_cut_at_a_length(x):
    rows = []
    i = 0
    while i < len(x):
        row = []
        while i < len(x) and len(row) < 3 and x[i] > -1:
            row.append(x[i])
            i += 1
        rows.append(row)
        i += 1
    return sum(sum(a) ** 2 * (k + 1) for k, a in enumerate(rows))


@program
def split_at_gaps(x):
    s = np.sort(x)
    clusters = [[s[0]]]
    for a, b in zip(s[:-1], s[1:], strict=True):  # noqa: RUF007
        if b - a > 0.4:
            clusters.append([b])
        else:
            clusters[-1].append(b)
    centers = [sum(c) / len(c) for c in clusters]
    return sum(c * c for c in centers) + sum(
        (v - m) ** 2 for c, m in zip(clusters, centers) for v in c
    )


@program
def the_longest_run(x):
    runs = []
    cur = [x[0]]
    for v in x[1:]:
        if v > cur[-1]:
            cur.append(v)
        else:
            runs.append(cur)
            cur = [v]
    runs.append(cur)
    longest = max(runs, key=len)
    return sum(longest) ** 2 + sum(r[-1] - r[0] for r in runs)


@program
def rows_as_an_array(x):
    rows = []
    for v in x:
        if abs(v) > 0.2:
            row = []
            for j in range(3):
                row.append(v ** (j + 1))
            rows.append(row)
    A = np.array(rows)
    return np.sum(A @ A.T)


@program
def two_lists_of_runs(x):
    up, down = [[]], [[]]
    for v in x:
        if v > 0:
            up[-1].append(v)
            down.append([])
        else:
            down[-1].append(v)
            up.append([])
    return sum(sum(a) ** 2 for a in up) + sum(sum(a) ** 3 for a in down)


@program
def intervals_are_merged(x):
    iv = sorted((v, v + 0.5) for v in x)
    out = [list(iv[0])]
    for a, b in iv[1:]:
        if a <= out[-1][1]:
            out[-1][1] = max(out[-1][1], b)
        else:
            out.append([a, b])
    return sum((b - a) ** 2 for a, b in out)


@program
def each_row_from_the_last(x):
    n = int(abs(x[0]) * 20)
    rows = [[x[1]]]
    for i in range(n):
        last = rows[-1]
        row = [x[1]]
        for a, b in zip(last[:-1], last[1:], strict=True):  # noqa: RUF007
            row.append(a + b * 0.5)
        row.append(x[2])
        rows.append(row)
    return sum(sum(r) ** 2 for r in rows)


def third(v):
    return int(abs(v) * 3) % 3


def total(segs):
    return sum(s["total"] ** 2 * len(s["vals"]) + sum(s["vals"]) for s in segs)


@program
def lists_in_records(x):
    segs = []
    for v in x:
        if v > 0 or not segs:
            segs.append({"vals": [], "total": 0.0})
        segs[-1]["vals"].append(v)
        segs[-1]["total"] += v
    return total(segs)


@program
def lists_in_records_under_other_names(x):
    segs = [{"vals": [], "total": 0.0}]
    for v in x:
        if v > 0:
            segs.append({"vals": [v], "total": 0.5})
        s = segs[-1]
        s["vals"].append(v)
        s["total"] += len(s["vals"]) * v
        vals = s["vals"]
        vals.append(2.0 * v)
        s["total"] += sum(vals)
    return total(segs)


@program
def lists_in_records_in_loops(x):
    segs = [{"vals": [], "total": 0.0}]
    for v in x:
        if v > 0:
            segs.append({"vals": [v], "total": 0.5})
        for s in segs:
            s["vals"].append(v)
            s["total"] += v
    for s in segs:
        s["vals"] += [1.0]
    return total(segs)


@program
def all_lists_of_a_record(x):
    segs = [{"vals": [], "more": []}]
    t = 0.0
    for v in x:
        if v > 0:
            segs.append({"vals": [v], "more": [0.5]})
        s = segs[-1]
        for w in s.values():
            w.append(v)
        for k, w in s.items():
            t += sum(w) * v
        u = list(s.values())[0]
        s["vals"].append(3.0)
        t += sum(u)
    return t + sum(sum(s["vals"]) ** 2 for s in segs)


@program
def deep_copies_of_records(x):
    segs = [{"vals": [], "total": 0.0}]
    t = 0.0
    for v in x:
        if v > 0:
            segs.append({"vals": [v], "total": 0.5})
        c = copy.deepcopy(segs[-1])
        segs[-1]["vals"].append(v)
        t += sum(c["vals"])
    return total(segs) + t


@program
def dicts_in_records(x):
    segs = [{"w": {}, "n": 0}]
    for v in x:
        if v > 0:
            segs.append({"w": {}, "n": 0})
        segs[-1]["w"][third(v)] = segs[-1]["w"].get(third(v), 0.0) + v
        segs[-1]["n"] += 1
    return sum(s["n"] * w * w for s in segs for w in s["w"].values())


@program
def records_under_keys(x):
    segs = {}
    for v in x:
        s = segs.setdefault(third(v), {"vals": [], "total": 0.0})
        s["vals"].append(v)
        s["total"] += v
    return total(segs.values())


@program
def records_taken_out(x):
    segs = [{"vals": [], "total": 0.0}]
    t = 0.0
    for v in x:
        if v > 0:
            segs.append({"vals": [v], "total": 0.5})
        s = segs.pop()
        s["total"] += v
        segs.append(s)
        segs[-1]["vals"].append(v)
    return total(segs)


# --- what is refused ----------------------------------------------------------------------------


@shared
def a_slice_has_them_too(x):
    g = [[]]
    for v in x:
        if v > 0:
            g.append([])
        g[-1].append(v)
    h = g[:2]
    h[0].append(x[0])
    return sum(sum(a) ** 2 for a in g) + sum(sum(a) ** 3 for a in h)


@shared
def a_copy_has_them_too(x):
    g = [[]]
    for v in x:
        if v > 0:
            g.append([])
        g[-1].append(v)
    h = list(g)
    g[0].append(x[0] * 3)
    return sum(sum(a) ** 2 for a in g) + sum(sum(a) ** 3 for a in h)


@shared
def a_copied_list_has_them_too(x):
    g = [[]]
    for v in x:
        if v > 0:
            g.append([])
        g[-1].append(v)
    h = g.copy()
    g[0].append(x[0] * 3)
    return sum(sum(a) ** 2 for a in g) + sum(sum(a) ** 3 for a in h)


@shared
def one_list_twice(x):
    g = [[]]
    for v in x:
        if v > 0:
            g.append(g[-1])
        g[-1].append(v)
    return sum(sum(a) ** 2 for a in g)


@shared
def one_list_in_all_trips(x):
    row = []
    g = []
    for v in x:
        if v > 0:
            g.append(row)
        row.append(v)
    return sum(sum(a) ** 2 for a in g)


@shared
def one_of_them_is_chosen(x):
    g = [[0.1]]
    for v in x:
        if v > 0:
            g.append([])
        g[-1].append(v)
    m = max(g, key=len)
    g[0].append(x[0])
    g[-1].append(x[1])
    return sum(m) ** 2 + sum(g[0])


@shared
def a_sorted_list_has_them_too(x):
    g = [[0.1]]
    for v in x:
        if v > 0:
            g.append([])
        g[-1].append(v)
    m = sorted(g, key=len)
    g[0].append(x[0])
    return sum(m[0]) ** 2 + sum(m[-1]) ** 2 + sum(g[0])


@shared
def turned_around_while_one_is_named(x):
    g = [[0.1]]
    for v in x:
        last = g[-1]
        if v > 0:
            g.append([])
        g.reverse()
        last.append(v)
    return sum((i + 1) * sum(a) ** 2 for i, a in enumerate(g))


@shared
def put_into_another(x):
    g = [[0.1]]
    h = []
    for v in x:
        if v > 0:
            g.append([])
        g[-1].append(v)
    h.extend(g)
    g[0].append(x[0])
    return sum((i + 1) * sum(a) ** 2 for i, a in enumerate(h))


@shared
def some_of_them_are_kept(x):
    g = [[1.0]]
    for v in x:
        if v > 0:
            g.append([])
        g[-1].append(v)
    big = [a for a in g if len(a) > 1]
    g[0].append(x[2])
    return sum(sum(a) ** 2 for a in big) + sum(sum(a) ** 2 for a in g)


@shared
def put_there_in_a_branch(x):
    rows = [[0.1]]
    for i in range(len(x)):
        g = [x[i]]
        if x[i] > 0:
            rows.append(g)
        g.append(1.0 * x[0])
    return sum(sum(a) ** 2 for a in rows)


@shared
def named_after_a_branch(x):
    rows = [[0.1]]
    t = 0.0
    if x[0] > 0:
        g = [x[0]]
        rows.append(g)
    else:
        g = [0.3]
    g.append(1.0 * x[1])
    return sum(sum(a) ** 2 for a in rows) + t


@shared
def changed_after_it_is_put_there(x):
    cur = []
    out = []
    for v in x:
        if v > 0:
            out.append(cur)
            cur.append(5.0 * v)
            cur = []
        cur.append(v)
    return sum(sum(a) ** 2 for a in out)


@shared
def put_into_two(x):
    cur = []
    out = []
    other = []
    for v in x:
        if v > 0:
            out.append(cur)
            other.append(cur)
            cur = []
        cur.append(v)
    out[0].append(x[1])
    return sum(sum(a) ** 2 for a in out) + sum(sum(a) ** 2 for a in other)


@shared
def a_list_that_was_replaced(x):
    segs = [{"vals": [], "total": 0.0}]
    for v in x:
        if v > 0:
            segs.append({"vals": [v], "total": 0.5})
        old = segs[-1]["vals"]
        segs[-1]["vals"] = [v * v]
        old.append(v)
        segs[-1]["total"] += sum(old)
    return total(segs)


@shared
def one_list_at_two_keys(x):
    segs = [{"a": [], "b": []}]
    for v in x:
        if v > 0:
            segs.append({"a": [v], "b": [1.0]})
        s = segs[-1]
        s["a"] = s["b"]
        segs[-1]["a"].append(v)
    return sum(sum(s["a"]) ** 2 + sum(s["b"]) for s in segs)


@shared
def one_list_in_two_records(x):
    segs = [{"vals": [], "total": 0.0}]
    for v in x:
        if v > 0:
            segs.append({"vals": segs[-1]["vals"], "total": 0.5})
        segs[-1]["vals"].append(v)
    return total(segs)


@shared
def two_records_that_may_be_one(x):
    segs = [{"vals": [], "total": 0.0}]
    t = 0.0
    for v in x:
        if v > 0:
            segs.append({"vals": [v], "total": 0.5})
        a = segs[-1]
        b = segs[0]
        a["vals"].append(v)
        t += sum(b["vals"])
        b["vals"].append(2.0)
        t += sum(a["vals"]) * v
    return total(segs) + t


@shared
def copies_of_records(x):
    segs = [{"vals": [], "total": 0.0}]
    t = 0.0
    for v in x:
        if v > 0:
            segs.append({"vals": [v], "total": 0.5})
        c = dict(segs[-1])
        segs[-1]["vals"].append(v)
        t += sum(c["vals"])
    return total(segs) + t


@program
def concatenated(x):
    rows = [[]]
    for v in x:
        if v > 0:
            rows.append([v])
        else:
            rows[-1].append(v)
    return np.sum(np.concatenate(rows) ** 2)


@program
def concatenated_by_keys(x):
    found = {}
    for v in x:
        found.setdefault(int(v > 0), []).append(v)
    return np.sum(np.concatenate(list(found.values())) ** 2)


@program
def concatenated_matrices(x):
    rows = []
    for v in x:
        if v > -9:
            rows.append([[v, v * 2], [v * v, 1.0]])
    rows[0][0][1] = 3.0 * x[1]
    return np.sum(np.concatenate(rows) ** 2)


@pytest.mark.parametrize("f", PROGRAMS)
def test_gradient(f):
    check_at(f, A, B, A)


@pytest.mark.parametrize("f", SHARED)
def test_shared(f):
    check_at(f, A, B, A)


def test_in_closed_form():
    """The square of a sum has twice the sum as its slope."""
    starts = np.cumsum(A > 0)
    sums = np.bincount(starts, A)[starts]
    np.testing.assert_allclose(grad(a_new_group_where_data_say)(A), 2 * sums)


def test_how_many_there_are():
    """Nothing is compiled for a number of lists, or a length."""
    derivative = grad(a_new_group_where_data_say)
    rng = np.random.default_rng(0)
    for n in (0, 1, 40, 400):
        x = rng.normal(size=n)
        starts = np.cumsum(x > 0)
        np.testing.assert_allclose(derivative(x), 2 * np.bincount(starts, x)[starts] if n else x)


def an_index_that_is_not_there(x):
    groups = [[]]
    for v in x:
        if v > 0:
            groups.append([])
        groups[-3].append(v)
    return sum(groups[0])


def an_empty_list(x):
    groups = [[]]
    while groups and x[0] > 0:
        groups.pop()
        groups[-1].append(x[0])
    return x[0]


@pytest.mark.parametrize("f", [an_index_that_is_not_there, an_empty_list])
def test_what_python_raises(f):
    with pytest.raises(IndexError):
        f(A)
    with pytest.raises(IndexError):
        value_and_grad(f)(A)


def test_the_text():
    """Lists are changed in place, and what a loop counts is a place as it is."""
    source = grad(a_new_group_where_data_say).lower(A).source
    assert "groups.append([])" in source and "groups[diff].append(" in source
    assert "list index out of range" not in source and "[*" not in source
