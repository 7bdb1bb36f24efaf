"""``copy.deepcopy`` of lists of unknown length, and of dicts and sets to which data add."""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import AliasingError, value_and_grad

PROGRAMS: list[Callable[..., Any]] = []


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


@program
def in_a_dict(x):
    d = {"x": x.copy(), "steps": []}
    for v in x:
        d["steps"].append(v)
    e = copy.deepcopy(d)
    e["x"] *= 2
    return e["x"] @ d["x"] + sum(e["steps"])


@program
def grows_after_that(x):
    steps = []
    for v in x:
        steps.append(v)
    more = copy.deepcopy(steps)
    more.append(1.0)
    steps[0] = x[1]
    return sum(steps) * len(more) + more[0]


@program
def of_a_length_that_data_tell(x):
    low = []
    for k in range(3):
        if x[k] < 1:
            low.append(x[k])
    return sum(copy.deepcopy(low)) * len(low)


@program
def the_best_so_far(x):
    state = {"x": x * 1.0, "steps": []}
    best = copy.deepcopy(state)
    for _ in range(6):
        state["x"] = state["x"] - 0.1 * state["x"] ** 3
        state["steps"].append(np.sum(state["x"]))
        if state["steps"][-1] > 2.0:
            best = copy.deepcopy(state)
    return np.sum(best["x"]) + sum(best["steps"])


@program
def arrays(x):
    rows = []
    for k in range(3):
        if x[k] < 1:
            rows.append(x * (k + 1))
    kept = copy.deepcopy(rows)
    rows[1] *= 2
    return np.sum(kept[1] * rows[1] * kept[0])


@program
def tuples_with_arrays(x):
    rows = []
    for k in range(3):
        if x[k] < 1:
            rows.append((k, x * (k + 1)))
    kept = copy.deepcopy(rows)
    return np.sum(kept[1][1] * rows[1][1]) * kept[1][0]


@program
def lists(x):
    rows = []
    for k in range(3):
        if x[k] < 1:
            rows.append([x[k], x[k] * 2])
    kept = copy.deepcopy(rows)
    kept.append([x[0]])
    return sum(sum(row) for row in kept) * len(rows)


class Recorder:
    def __init__(self):
        self.seen = []
        self.count = 0


@program
def in_an_object(x):
    recorder = Recorder()
    for v in x:
        if v < 1:
            recorder.seen.append(v * v)
            recorder.count += 1
    other = copy.deepcopy(recorder)
    other.seen.append(x[0])
    recorder.seen[0] = 1.0
    return sum(other.seen) * recorder.count + sum(recorder.seen) * other.count


class Point:
    def __init__(self, v):
        self.v = v


@program
def of_objects(x):
    low = []
    for k in range(3):
        if x[k] < 1:
            low.append(Point(x[k]))
    kept = copy.deepcopy(low)
    return sum(p.v**2 for p in kept) * len(low)


@program
def in_a_loop(x):
    values = [x[0]]
    for k in range(3):
        kept = copy.deepcopy(values)
        values.append(sum(kept))
        if x[k] > 1:
            values = kept
    return sum(values)


@program
def a_dict_filled_by_data(x):
    sums = {}
    for v in x:
        sums[int(v > 0.5)] = sums.get(int(v > 0.5), 0) + v
    other = copy.deepcopy(sums)
    other[1] *= 3
    other[5] = 1.0
    return sums[1] * other[1] * len(sums)


@program
def lists_in_a_dict_filled_by_data(x):
    groups = defaultdict(list)
    for v in x:
        groups[int(v > 0.5)].append(v)
    other = copy.deepcopy({"groups": groups, "x": x})
    other["groups"][1].append(x[0])
    other["groups"][7].append(x[1])
    other["x"][0] = 2
    return sum(groups[1]) * sum(other["groups"][1]) + other["groups"][7][0] + other["x"] @ x


@program
def a_set_filled_by_data(x):
    seen = set()
    for v in x:
        seen.add(int(v * 3))
    other = copy.deepcopy(seen)
    other.add(100)
    return x @ x * len(seen) + len(other)


@program
def a_dict_that_makes_values(x):
    sums = defaultdict(float)
    sums["a"] += x[0]
    other = copy.deepcopy(sums)
    other["b"] += x[1]
    return other["b"] * sums["a"] * len(sums)


@pytest.mark.parametrize("f", PROGRAMS)
def test_gradient(f):
    x, v = np.array([0.3, 0.8, 1.2]), np.array([0.3, -0.2, 0.5])
    value, x_bar = value_and_grad(f)(x)
    slope = (f(x + 1e-6 * v) - f(x - 1e-6 * v)) / 2e-6
    np.testing.assert_allclose(value, f(x.copy()), rtol=1e-14)
    np.testing.assert_allclose(x_bar @ v, slope, rtol=1e-6)


def one_array_twice(x):
    u, rows = x * 2, []
    for k in range(3):
        if x[k] < 1:
            rows.append(u)
    kept = copy.deepcopy(rows)
    kept[1] *= 2
    return np.sum(kept[0] * rows[1])


def an_array_beside_the_list(x):
    u, rows = x * 2, []
    for k in range(3):
        if x[k] < 1:
            rows.append(u)
    kept = copy.deepcopy({"u": u, "rows": rows})
    kept["u"] *= 2
    return np.sum(kept["rows"][0] * rows[1])


@pytest.mark.parametrize("f", [one_array_twice, an_array_beside_the_list])
def test_copies_that_may_be_one_are_not_written(f):
    with pytest.raises(AliasingError, match="may be one, and a copy is written") as caught:
        value_and_grad(f)(np.array([0.3, 0.8, 1.2]))
    assert "[x.copy() for x in xs]" in str(caught.value)


def a_list_beside_the_list(x):
    inner, outer = [x[0]], []
    for v in x:
        if v < 1:
            outer.append(inner)
    outer, inner = copy.deepcopy((outer, inner))
    inner.append(x[1])
    return sum(outer[0]) * sum(inner)


def test_the_copy_of_what_is_in_the_list_is_not_changed():
    with pytest.raises(AliasingError, match="this changes a list"):
        value_and_grad(a_list_beside_the_list)(np.array([0.3, 0.8, 1.2]))
