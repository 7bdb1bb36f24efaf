"""Iterators compute an element when somebody asks for it: what that does is done then, and as often
as that."""

from __future__ import annotations

import functools
import itertools
import math
from typing import Any

import numpy as np
import pytest

from srcgrad import grad
from tests.hard_cases.checking import Case, Table

program = Table()
X = np.array([1.5, 0.4, -2.1])

# --- what leaves early ----------------------------------------------------------------------------


@program(X)
def any_pops(x):
    stack = [1, 2, 3, 4]
    y = 1.0 if any(stack.pop() > 2 for v in x) else 2.0
    return np.sum(x * x) * len(stack) * y


@program(X)
def all_pop(x):
    stack = [1, 2, 3, 4]
    y = 1.0 if all(stack.pop() < 2 for v in x) else 2.0
    return np.sum(x * x) * len(stack) * y


@program(X)
def any_of_a_map(x):
    calls = [0]

    def is_large(v):
        calls[0] += 1
        return v > 1

    return np.sum(x) * calls[0] if any(map(is_large, [2.0, 0.0, 0.0])) else x[0]


@program(X)
def any_counts(x):
    calls = [0]

    def is_large(v):
        calls[0] += 1
        return v > 1.6

    if any(is_large(a * b) for a in x if a > -3 for b in x if a != b):
        return x[0]
    return np.sum(x) * calls[0] * (2 if any(is_large(v * v) for v in x) else calls[0])


@program(X)
def in_pops(x):
    stack = [1.0, 2.0, 3.0, 4.0]
    if 3.0 in (stack.pop() for _ in range(4)):
        return np.sum(x * x) * len(stack)
    return np.sum(x)


@program(X)
def not_in_pops(x):
    stack = [1.0, 2.0, 3.0, 4.0]
    if 2.0 not in (stack.pop() for _ in range(4)):
        return np.sum(x)
    return np.sum(x * x) * (len(stack) + 1)


@program(X)
def all_write(x):
    y = x.copy()

    def negated(i):
        y[i] = -y[i]
        return y[i] < 0

    return np.sum(y**3) * (2 if all(negated(i) for i in range(len(x))) else 3)


@program(X)
def any_draws(x):
    rng = np.random.default_rng(0)
    s = 0.0
    for v in x:
        if any(rng.random() > 0.5 for _ in range(10)):
            s = s + v * v * rng.random()
    return s


@program(X)
def all_draw_in_a_condition(x):
    rng = np.random.default_rng(3)
    s = 0.0
    for _ in range(20):
        if all(rng.random() < 0.7 for _ in range(3)):
            break
        s = s + x[0] ** 2
    return (s + x[1]) * rng.random()


@program(X)
def any_would_raise(x):
    y = 1.0 if any(math.log(v) > 0 for v in x) else 2.0
    return np.sum(x * x) * y


@program(X)
def any_would_run_over(x):
    y = 1.0 if any(x[i] > 1 for i in range(10)) else 2.0
    return np.sum(x * x) * y


@program(X)
def a_loop_leaves(x):
    calls = [0]

    def squared(v):
        calls[0] += 1
        return v * v

    def first_over(values, limit):
        for v in values:
            if v > limit:
                return v
        return 0.0

    return first_over((squared(v) for v in x), 2.0) * calls[0] + np.sum(x)


@program(X)
def a_trip_writes(x):
    y = x.copy()

    def total(values):
        s = 0.0
        for v in values:
            s += v
            y[-1] *= 1.5
        return s

    return total(y[i] * 2 for i in range(3))


@program(X)
def a_fold_writes(x):
    y = x.copy()

    def add(a, b):
        y[-1] *= b
        return a + b

    return functools.reduce(add, (y[i] * 2 for i in range(len(y))), 0.0)


@program(X)
def the_next_one(x):
    calls = [0]

    def squared(v):
        calls[0] += 1
        return v * v

    first = next(w for w in (squared(v) for v in x) if w > 0.1)
    return first * calls[0] + next((v for v in x if v > 100), x[2]) + x[1] * next(iter([3.0, 1.0]))


@program(X)
def many_known(x):
    numbers = [float(i) for i in range(30)]
    return np.sum(x**2) if any(v * x[0] > 2 for v in numbers) else x[0]


@program(X)
def generators_in_generators(x):
    scale = 2.0
    large = all(v < 9 for v in (scale * v * v for v in x))
    return sum([v * large for v in (np.sin(v) for v in x)]) * scale


@program(X)
def with_functions_inside(x):
    k = 1.0

    def times(v):
        return v * k

    k = 2.0
    if any(times(v) > 2.5 for v in x):
        k = 3.0
    return sum(f(times(2.0)) for f in (lambda t, v=v: t * v for v in x))


@program(np.arange(25.0), refused=True)
def too_many_to_count(x):
    stack = [float(i) for i in range(30)]
    y = 1.0 if any(stack.pop() < x[3] for i in range(30)) else 2.0
    return np.sum(x * x) * y * len(stack)


@program(X)
def next_of_what_is_left(x):
    values = iter([x[0], x[1]])
    return next(values) * next(values)


# --- what goes on with one element after the other ------------------------------------------------


@program(X)
def a_fold_changes_its_list(x):
    items = [x[0], x[1], x[2]]

    def add(a, b):
        items[-1] = items[-1] * b
        return a + b

    return functools.reduce(add, items)


@program(X)
def a_fold_changes_its_dict(x):
    items = {"a": x[0], "b": x[1], "c": x[2]}

    def times(v):
        items["c"] = items["c"] * v
        return v

    return functools.reduce(lambda a, b: a * times(b), items.values())


@program(X)
def a_fold_writes_into_its_array(x):
    y = x.copy()

    def add(a, b):
        y[-1] *= b
        return a + b

    return functools.reduce(add, y)


@program(X)
def a_fold_appends_elsewhere(x):
    out = []

    def times(a, b):
        out.append(a)
        return a * b

    return functools.reduce(times, list(x)) + functools.reduce(times, (v * v for v in x)) * out[1]


@program(X)
def known_lists_change_under_iterators(x):
    items, s = [x[0], x[1], x[2]], 0.0
    for v in itertools.chain(items, items):
        s += v * v
        items[2] = items[2] * s
    for a, b in itertools.pairwise(items):
        s += a * b
        items[2] = items[2] * a
    for v in itertools.accumulate(items):
        s += v * v
        items[2] = items[1]
    return s


@program(X)
def a_function_is_called_as_often_as_asked(x):
    calls = [0]

    def squared(v):
        calls[0] += 1
        return v * v

    s = 0.0
    for a, b in itertools.pairwise(map(squared, [x[0], x[1], x[2]])):
        s += a * b
        if s > 0:
            break
    for v in itertools.chain(map(squared, [x[0], x[1]]), [x[2]]):
        s += v
        if s > 1:
            break
    for a, b in zip([1.0, 2.0], map(squared, [x[0], x[1], x[2]])):
        s += a * b
    return s * calls[0]


@program(X)
def writes_elsewhere(x):
    out, squares, s = np.zeros(3), [], 0.0
    for i in filter(None, [0, 1, 2]):
        out[i] = x[i] ** 2
    for v in itertools.chain(x, x[1:]):
        squares.append(v * v)
    for a, b in itertools.pairwise(list(x)):
        squares.append(a * b)
    for a, b in itertools.pairwise(map(np.sin, x)):
        pair = np.zeros(2)
        pair[0] = a
        pair += b
        s += pair.sum()
    for a, b in zip(map(np.cos, x), x[:2]):
        s += a * b
    return s + out.sum() + sum(squares)


@program(X)
def a_chained_array_is_written(x):
    y, s = x.copy(), 0.0
    for v in itertools.chain(y, y):
        s += v
        y *= 1.1
    return s


@program(X)
def a_chained_array_is_written_before(x):
    y = x.copy()
    values = itertools.chain(y, y)
    y *= 2
    return sum(values)


@program(X)
def a_paired_array_is_written(x):
    y, s = x.copy(), 0.0
    for v, w in itertools.pairwise(y):
        s += v * w
        y *= 1.1
    return s


@program(X)
def a_paired_list_changes(x):
    items, s = list(x), 1.0
    for a, b in itertools.pairwise(items):
        s += a * b
        items[-1] = items[-1] * a
    return s


@program(X, refused=True)
def a_long_list_changes_under_a_fold(x):
    items = list(x)

    def add(a, b):
        items[-1] = items[-1] * b
        return a + b

    return functools.reduce(add, items)


@program(X, refused=True)
def a_fold_writes_what_a_map_reads(x):
    y = x.copy()

    def add(a, b):
        y[-1] *= b
        return a + b

    return functools.reduce(add, map(lambda i: y[i] * 2, range(len(y))))


@program(X, refused=True)
def a_chained_map_writes(x):
    y = x.copy()

    def doubled(i):
        y[i] *= 2
        return y[i]

    s = 0.0
    for v in itertools.chain(map(doubled, range(len(y)))):
        s += v
        if s > 2:
            break
    return s * np.sum(y)


@program(X, refused=True)
def a_longer_map_writes(x):
    y = x.copy()

    def doubled(i):
        y[i] *= 2
        return y[i]

    return sum(v * w for v, w in zip(map(doubled, [0, 1, 2]), [1.0, 2.0])) * np.sum(y)


@program(X)
def a_counted_generator_reads_what_is_written(x):
    y = x.copy()

    def total(values):
        s = 0.0
        for i, v in enumerate(values):
            s += v * i
            y[-1] *= 1.1
        return s

    return total(y[i] * 2 for i in range(3))


def same(values, scale=1.0):
    return values


@program(X)
def a_generator_is_given_back(x):
    scale = 2.0
    values = same(v * scale for v in x)
    scale = 3.0
    return sum(values) * scale


@program(X)
def a_name_is_assigned_beside_a_generator(x):
    scale = 2.0
    return sum(same((v * scale for v in x), (scale := 3.0))) * scale


@program(X)
def a_filter_keeps_count(x):
    seen, s = [], 0.0

    def keep(i):
        seen.append(i)
        return i > 0

    for i in filter(keep, [0, 1, 2]):
        s += x[i] * len(seen)
    return s


def test_a_search_is_a_loop_that_leaves() -> None:
    def f(x):
        return np.sum(x * x) if any(v > 1 for v in x) else x[0]

    source = grad(f).lower(X).source
    assert "        if v > 1:\n            found = True\n            break\n" in source


def test_what_is_not_found() -> None:
    with pytest.raises(StopIteration):
        grad(lambda x: next(v for v in x if v > 50) ** 2)(X)


def test_what_is_printed(capsys: Any) -> None:
    def f(x):
        def said(v):
            print(v)
            return v > 1

        return np.sum(x * x) if any(said(v) for v in (0.0, 2.0, 3.0)) else x[0]

    grad(f)(X)
    assert capsys.readouterr().out == "0.0\n2.0\n"


@pytest.mark.parametrize("case", program.cases)
def test_gradient(case: Case) -> None:
    case.run()
