"""Keys that are known, and of which data tell whether a dict gets them, with lists, dicts or tuples
as values: ``if v > 1.0: rows.setdefault(i, []).append(v)``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import AliasingError, value_and_grad
from srcgrad.testing import check_grads

POINTS = (
    np.array([1.3, 0.23, 2.6, 1.9, -0.1]),
    np.array([-1.1, -2.2, -0.5, -3.3, 0.4]),
    np.array([0.6, 2.2, 3.4]),
)
PROGRAMS: list[Callable[..., Any]] = []
REFUSED: list[Callable[..., Any]] = []


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


def refused(f: Callable[..., Any]) -> Callable[..., Any]:
    REFUSED.append(f)
    return f


def weighted(rows):
    return sum(sum(row) * (k + 1) for k, row in rows.items()) + 0.0


# --- lists and dicts as values ------------------------------------------------------------------


@program
def the_index_of_a_loop(x):
    rows = {}
    for i, v in enumerate(x):
        if v > 0.5:
            rows.setdefault(i, []).append(v)
    return weighted(rows)


@program
def a_new_list_where_there_is_none(x):
    rows = {}
    for i in range(3):
        if x[0] > i:
            if i not in rows:
                rows[i] = []
            rows[i].append(x[0] * i)
    return weighted(rows)


@program
def a_defaultdict(x):
    rows = defaultdict(list)
    for i, v in enumerate(x):
        if v > 0.5:
            rows[i % 2].append(v)
    return weighted(rows)


@program
def texts(x):
    rows = {}
    for v in x:
        if v > 1.0:
            rows.setdefault("large", []).append(v)
        elif v < 0.0:
            rows.setdefault("negative", []).append(v * v)
    return sum(sum(row) * len(k) for k, row in rows.items()) + 0.0


@program
def beside_lists_from_before(x):
    rows = {0: [x[0]], 1: []}
    for v in x:
        if v > 0:
            rows.setdefault(2, []).append(v)
        else:
            rows[0].append(v)
    return weighted(rows)


@program
def changed_afterwards(x):
    rows = {}
    for i in range(3):
        if x[0] > i:
            rows[i] = [x[0]]
        else:
            rows[i + 5] = [2 * x[0]]
        for k in rows:
            rows[k].append(x[1])
    return weighted(rows)


@program
def a_name_for_one_of_them(x):
    rows = {0: [x[0]], 1: []}
    if x[0] > 0:
        rows[2] = [x[1]]
    row = rows[0]
    rows[0].append(x[0] * 5)
    return sum(row) * 2


@program
def exchanged_in_one_arm(x):
    rows = {0: [x[0]], 1: [2 * x[0]]}
    if x[0] > 0:
        rows[2] = [1.0]
    else:
        rows[0], rows[1] = rows[1], rows[0]
    rows[0].append(x[0])
    return weighted(rows)


@program
def taken_out_again(x):
    rows = {}
    for i, v in enumerate(x):
        if v > 0:
            rows.setdefault(i % 2, []).append(v)
            if len(rows[i % 2]) > 1:
                rows[i % 2].pop(0)
        elif i % 2 in rows:
            del rows[i % 2]
    return weighted(rows)


@program
def dicts(x):
    rows = {}
    for i, v in enumerate(x):
        if v > 0:
            rows[i] = {"first": 0.0, "second": v}
            if i % 2:
                rows[i]["first"] = v * v
    for k in rows:
        rows[k]["second"] += x[0]
    return sum(row["first"] * row["second"] for row in rows.values()) + 0.0


# --- tuples as values ---------------------------------------------------------------------------


@program
def costs_and_nodes(x):
    best = {}
    todo = [(0, 0.0)]
    while todo:
        n, cost = todo.pop()
        if n >= len(x):
            continue
        if n not in best or cost < best[n][0]:
            best[n] = (cost, n)
            todo.append((n + 1, cost + x[n]))
            todo.append((n + 2, cost + x[n] ** 2))
    return sum(cost for cost, _ in best.values()) + 0.0


@program
def parents(x):
    found = {0: (-1, 0.0)}
    for i in range(1, len(x)):
        if x[i] > 0.3:
            found[i] = (i - 1, x[i] ** 2)
    n, total = len(x) - 1, 0.0
    while n in found:
        n, w = found[n]
        total += 2 * w
    return total


@program
def the_largest(x):
    found = {}
    for i, v in enumerate(x):
        if v > 0:
            found[i] = (v, i)
    v, i = max(found.values())
    return v**2 * (i + 1)


@program
def compared(x):
    found = {}
    for i, v in enumerate(x):
        new = (v * v, i)
        if v > 0 and (i % 2 not in found or new < found[i % 2]):
            found[i % 2] = new
    return sum(v * (i + 1) for v, i in found.values()) + 0.0


@program
def names_in_tuples(x):
    found = {}
    if x[0] > 0:
        found["a"] = (x[0], "left")
    if x[1] > 1:
        found["b"] = (x[1] ** 2, "right")
    return found.get("a", (x[2], ""))[0] + sum(v * len(name) for v, name in found.values())


@program
def lists_in_tuples(x):
    found = {}
    for i, v in enumerate(x):
        if v > 0:
            found[i % 2] = (v, [v, 2 * x[0]])
    return sum(v * sum(row) for v, row in found.values()) + 0.0


# --- values that may be None --------------------------------------------------------------------


@program
def the_way_to_the_root(x):
    parents, todo = {0: None}, [0]
    while todo:
        n = todo.pop(0)
        for m in (2 * n + 1, 2 * n + 2):
            if m < len(x) and x[m] > 0.2:
                parents[m] = n
                todo.append(m)
    n, total = max(parents), 0.0
    while n is not None:
        total += x[n] ** 2
        n = parents[n]
    return total


@program
def with_weights(x):
    parents = {0: (None, 0.0)}
    for i, v in enumerate(x):
        if i > 0 and v > 0.2:
            parents[i] = (i - 1, v)
    total = x[0]
    for _, (n, w) in parents.items():
        if n is not None:
            total += w * x[n]
    return total


@program
def numbers_or_none(x):
    found = {0: None}
    for i, v in enumerate(x):
        if v > 0.5:
            found[i] = v
    return sum(v for v in found.values() if v is not None) + 0.0


def test_none_in_a_product():
    def f(x):
        found = {0: None, 1: x[0]}
        for i, v in enumerate(x):
            if v > 0.5:
                found[i] = v
        return found[0] * 2

    np.testing.assert_array_equal(value_and_grad(f)(POINTS[0])[1], [2, 0, 0, 0, 0])
    with pytest.raises(TypeError):
        value_and_grad(f)(POINTS[1])


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_gradient(f):
    compiled = value_and_grad(f)
    for x in POINTS:
        check_grads(f, (x,))
        np.testing.assert_allclose(compiled(x)[0], f(x), rtol=1e-13)


def test_what_python_raises():
    def f(x):
        rows = {}
        if x[0] > 0:
            rows["a"] = [x[0]]
        if x[1] > 1:
            rows["b"] = [x[0]]
        return sum(rows["b"])

    for x in POINTS[:2]:
        with pytest.raises(KeyError):
            f(x)
        with pytest.raises(KeyError):
            value_and_grad(f)(x)
    np.testing.assert_array_equal(value_and_grad(f)(POINTS[2])[1], [1, 0, 0])


# --- what is refused ----------------------------------------------------------------------------


@program
def a_list_under_two_keys(x):
    rows = {0: [x[0]]}
    if x[0] > 0:
        rows[1] = rows[0]
    rows[0].append(5 * x[0])
    return weighted(rows)


@program
def one_list_under_all_keys(x):
    rows, shared = {}, []
    for i in range(3):
        if x[0] > i:
            rows[i] = shared
    shared.append(x[0])
    return weighted(rows)


@program
def a_name_from_before(x):
    row = [x[0]]
    rows = {0: row}
    if x[0] > 0:
        rows[1] = [x[1]]
    row.append(2 * x[0])
    return weighted(rows)


@program
def a_name_that_both_arms_give(x):
    rows = {}
    if x[0] > 0:
        row = [x[0]]
        rows[0] = row
    else:
        row = [3 * x[0]]
    row.append(2 * x[0])
    return sum(row) + weighted(rows)


@program
def a_name_that_the_other_arm_gives(x):
    rows = {0: [x[0]]}
    row = [0.0]
    if x[0] > 0:
        rows[int(x[1])] = [1.0]
    else:
        row = rows[0]
    rows[0].append(5 * x[1])
    return sum(row)


@program
def a_list_in_which_the_other_arm_puts_it(x):
    rows, kept = {0: [x[0]]}, [[1.0]]
    if x[0] > 0:
        rows[int(x[1])] = [1.0]
    else:
        kept[0] = rows[0]
    rows[0].append(5 * x[1])
    return sum(kept[0])


@program
def a_copy_that_the_other_arm_makes(x):
    rows, old = {0: [x[0]]}, {}
    if x[0] > 0:
        rows[1] = []
    else:
        old = dict(rows)
    rows[0].append(5 * x[0])
    return weighted(old)


@pytest.mark.parametrize("f", REFUSED, ids=lambda f: f.__name__)
def test_refused(f):
    """Nobody knows which key a list has that something else leads to."""
    with pytest.raises(AliasingError) as caught:
        value_and_grad(f)(POINTS[0])
    assert caught.value.hint and caught.value.loc
