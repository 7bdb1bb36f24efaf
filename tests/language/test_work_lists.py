"""Work lists, and dicts with what was done under what is taken from them: searches over graphs,
tables of what is computed, counters that objects hold."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import value_and_grad
from srcgrad.testing import check_grads

PROGRAMS: list[Callable[..., Any]] = []


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


@program
def taken_from_the_end(x):
    todo, seen = [0], {}
    while todo:
        n = todo.pop()
        seen[n] = x[n]
        if x[n] > 0 and n + 1 < len(x):
            todo.append(n + 1)
    return sum(v * (i + 1) for i, v in enumerate(seen.values()))


@program
def with_a_first_key(x):
    todo, seen = [0], {-1: x[-1]}
    while todo:
        n = todo.pop()
        seen[n] = x[n] ** 2
        if x[n] > 0 and n + 1 < len(x):
            todo.append(n + 1)
    return sum(v * k for k, v in seen.items())


@program
def taken_from_the_front(x):
    todo, seen = [0], {}
    while todo:
        n = todo.pop(0)
        if n >= len(x):
            break
        seen[n] = x[n] * 2
        if x[n] > 0:
            todo.append(n + 1)
        todo.append(n + 2)
    return sum(v * (i + 1) for i, v in enumerate(seen.values()))


@program
def a_list_made_anew(x):
    todo, seen = [0], {}
    while todo:
        n, todo = todo[0], todo[1:]
        seen[n] = x[n] ** 2
        if x[n] > 0 and n + 1 < len(x):
            todo = [*todo, n + 1]
    return sum(v * k for k, v in seen.items())


@program
def the_way_of_least_cost(x):
    g, closed, front = {0: 0.0}, {}, [(0.0, 0)]
    while front:
        _, n = front.pop()
        if n in closed:
            continue
        closed[n] = g[n]
        for m, w in ((n + 1, 1.0), (n + 2, 1.5)):
            if m >= len(x):
                continue
            cost = g[n] + w * x[m] ** 2
            if m not in g or cost < g[m]:
                g[m] = cost
                front.append((cost, m))
        front.sort(reverse=True)
    return closed[len(x) - 1] + sum(closed.values())


@program
def the_nearest_first(x):
    far, done, todo = {0: 0.0}, {}, [0]
    while todo:
        n = min(todo, key=lambda k: far[k])
        todo.remove(n)
        done[n] = far[n]
        for m in (n + 1, n + 2):
            if m < len(x) and m not in done:
                cost = far[n] + x[m] ** 2
                if m not in far:
                    far[m] = cost
                    todo.append(m)
                elif cost < far[m]:
                    far[m] = cost
    return done[len(x) - 1]


@program
def shorter_ways(x):
    edges = {0: [1, 2], 1: [3], 2: [3], 3: [4], 4: []}
    far, todo = {}, [(0, 0.0)]
    while todo:
        n, d = todo.pop()
        if n in far and far[n] <= d:
            continue
        far[n] = d
        for m in edges[n]:
            todo.append((m, d + x[m] ** 2))
    return far[4] * 2 + far[3]


@program
def under_texts(x):
    edges = {"a": ["b", "c"], "b": ["d"], "c": ["d"], "d": []}
    weights = {"a": 0, "b": 1, "c": 2, "d": 3}
    far, todo = {}, [("a", 0.0)]
    while todo:
        k, s = todo.pop()
        s = s + x[weights[k]] ** 2
        if k in far and far[k] <= s:
            continue
        far[k] = s
        for m in edges[k]:
            todo.append((m, s))
    return far["d"]


@program
def sums_of_what_comes_twice(x):
    todo, sums = [3], {}
    while todo:
        k = todo.pop()
        sums[k] = sums.get(k, 0.0) + x[k]
        if x[k] < 0 and k > 0:
            todo.append(k - 1)
            todo.append(k // 2)
    return sum(v**2 for v in sums.values())


@program
def started_where_it_is_not_there(x):
    todo, sums = [0], {}
    while todo:
        n = todo.pop()
        if n not in sums:
            sums[n] = 0.0
        sums[n] += x[n]
        if x[n] > 0 and n + 1 < len(x):
            todo.append(n + 1)
    return sum(v**2 for v in sums.values())


@program
def under_tuples(x):
    todo, seen = [(0, len(x) - 1)], {}
    while todo:
        a, b = todo.pop()
        seen[(a, b)] = np.sum(x[a : b + 1]) ** 2
        if b - a > 1 and x[a] + x[b] > 0:
            m = (a + b) // 2
            todo.append((a, m))
            todo.append((m + 1, b))
    return sum(v * (i + 1) for i, v in enumerate(seen.values()))


@program
def lists_of_what_comes_twice(x):
    todo, groups = [0], defaultdict(list)
    while todo:
        n = todo.pop()
        groups[n].append(x[n])
        if x[n] > 0 and n + 1 < len(x):
            todo.append(n + 1)
        elif x[n] < 0 and n + 2 < len(x):
            todo.extend([n + 2, n + 2])
    return sum(sum(group) ** 2 * (k + 1) for k, group in groups.items())


@program
def a_table_that_is_filled(x):
    table, todo = {0: 1.0, 1: x[0]}, [4]
    while todo:
        n = todo[-1]
        if n in table:
            todo.pop()
            continue
        missing = [m for m in (n - 1, n - 2) if m not in table]
        if missing:
            todo.extend(missing)
        else:
            table[n] = table[n - 1] * x[n] + table[n - 2]
            todo.pop()
    return table[4]


@program
def in_a_loop(x):
    total = 0.0
    for start in range(3):
        todo, seen = [start], {}
        while todo:
            n = todo.pop()
            seen[n] = x[n] * (start + 1)
            if x[n] > 0 and n + 1 < len(x):
                todo.append(n + 1)
        total += sum(v**2 for v in seen.values())
    return total


@program
def one_dict_for_all_starts(x):
    seen = {}
    for start in range(3):
        todo = [start]
        while todo:
            n = todo.pop()
            if n in seen:
                continue
            seen[n] = x[n] * (start + 1)
            if x[n] > 0 and n + 1 < len(x):
                todo.append(n + 1)
    return sum(v**2 for v in seen.values())


@program
def a_loop_inside(x):
    todo, seen = [0], {}
    while todo:
        n = todo.pop()
        for m in range(n, len(x)):
            if m in seen:
                break
            seen[m] = x[m] * (n + 1)
        else:
            continue
        if x[n] > 0 and n + 1 < len(x):
            todo.append(n + 1)
    return sum(v * (k + 1) for k, v in seen.items())


@program
def a_set_besides(x):
    todo, seen, came = [0], set(), {}
    while todo:
        n = todo.pop()
        if n in seen:
            continue
        seen.add(n)
        came[n] = x[n] ** 2
        todo.append((n + 1) % len(x) if x[n] > 0 else (n + 3) % len(x))
    return sum(v * (i + 1) for i, v in enumerate(came.values())) * len(seen)


class Search:
    def __init__(self):
        self.n = 0
        self.todo = [0]
        self.seen = {}

    def step(self, x):
        n = self.todo.pop()
        self.seen[n] = x[n] ** 2
        if x[n] > 0 and n + 1 < len(x):
            self.todo.append(n + 1)


@program
def an_object_that_searches(x):
    search = Search()
    while search.todo:
        search.step(x)
    return sum(v * (k + 1) for k, v in search.seen.items())


@program
def a_counter_that_an_object_holds(x):
    search = Search()
    while search.n < len(x):
        search.seen[search.n] = x[search.n]
        search.n += 1 if x[search.n] > 0 else 2
    return sum(v * (k + 1) for k, v in search.seen.items())


class Point:
    def __init__(self, value):
        self.value = value


@program
def objects_under_a_counter(x):
    """The keys are known where the loop is unrolled: the objects may be changed."""
    search = Search()
    while search.n < 3:
        search.seen[search.n] = Point(x[search.n])
        search.n += 1
    for k in search.seen:
        search.seen[k].value *= k
    return sum(point.value**2 for point in search.seen.values())


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_work_lists(f: Callable[..., Any]) -> None:
    compiled = value_and_grad(f)
    for values in (
        [0.7, 0.3, 0.9, 1.2, 0.4],
        [-0.5, 0.2, -0.6, 0.8, 0.9],
        [0.4, -0.2, 0.6, -1.3, -0.8],
    ):
        x = np.array(values)
        value, _ = compiled(x)
        assert np.allclose(value, f(x))
        check_grads(f, (x,))


def test_a_key_that_is_not_there() -> None:
    def f(x):
        todo, seen = [0], {}
        while todo:
            n = todo.pop()
            seen[n] = x[n]
            if x[n] > 0 and n + 1 < len(x):
                todo.append(n + 1)
        return seen[2] ** 2

    compiled = value_and_grad(f)
    value, slope = compiled(np.array([1.0, 2.0, 3.0]))
    assert value == 9.0
    assert np.array_equal(slope, [0.0, 0.0, 6.0])
    with pytest.raises(KeyError, match="^2$"):
        compiled(np.array([1.0, -2.0, 3.0]))
