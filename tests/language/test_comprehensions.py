"""Comprehensions, and functions of iterables."""

from __future__ import annotations

import functools
import itertools
import operator

import numpy as np
import pytest

from srcgrad import UnsupportedSyntaxError, grad
from tests.language.cases import Table, matrix, vector

case = Table()


@case({"a": vector(3), "b": vector(3, 1), "c": 0.5}, vector(3), wrt=(0, 1))
def over_a_dict(p, x):
    scaled = {k: v * x for k, v in p.items() if k != "c"}
    names = {k.upper() for k in p} | {"Z"}
    by_length = {len(k) + i: k for i, k in enumerate(sorted(p))}
    total = sum(np.sum(v) * len(k) for k, v in scaled.items())
    nested = {k: [v * i for i in range(3)] for k, v in p.items() if k in "ab"}
    nested["a"].append(x)
    nested["b"][0] = nested["a"][2] * 2
    flat = [w for row in nested.values() for w in row]
    return total * p["c"] + sum(np.sum(w * (i + 1)) for i, w in enumerate(flat)) * len(
        {n for n in names if n in ("A", "Z")}
    ) * len(by_length[2])


@case(vector(4))
def over_known_lengths(x):
    table = [[x[i] * x[j] for j in range(3) if j != i] for i in range(3)]
    pairs = [(a, b) for a in (1.0, 3.0) for b in (1.0, 2.0)]
    table[0][1] += x[3]
    rows = [(r[0], r[-1]) for r in table]
    parts = [*rows[0], *(v * 2 for v in rows[1]), *[pairs[0][1]]]
    closures = [lambda v, k=k: v * k for k in (1.0, 2.0)]
    return sum(parts) + sum(f(x[0]) for f in closures) + max(rows[2]) * min(a + b for a, b in rows)


@case(matrix(4, 3), vector(3), wrt=(0, 1))
def over_arrays(X, x):
    hs = [np.tanh(row * x) for row in X]
    hs.append(x)
    hs[0] = hs[0] * 2
    hs += [x * x, x]
    last = hs.pop()
    kept = [h for h in hs if h[0] > 0.2]
    total = sum(np.sum(a * b) for a, b in zip(hs, hs[1:], strict=False))  # noqa: RUF007
    for h in kept:
        total = total + np.sum(h) * len(kept)
    return total + np.sum(np.stack(hs) @ last) + np.sum(np.concatenate(hs) ** 2)


@case(vector(4), 5)
def lists_that_loops_change(x, n):
    values = [x[0]]
    trace = {"h": [], "count": 0}
    for i in range(n):
        values.append(values[-1] * x[i % 4])
        values[0] += values[i] * 0.1
        if values[-1] > 0.5:
            trace["h"].append(values[-1] * i)
        trace["count"] += 1
    first = values.pop(0)
    copy = list(values)
    copy[1] *= first
    values.extend(copy)
    while len(values) > 7:
        values.pop()
    return sum(values) + sum(trace["h"]) * trace["count"] + sum(copy) * len(values)


@case(vector(3))
@case(10 * vector(3))
def a_list_of_a_loop_that_is_left(x):
    items, seen = [], {"total": 0.0}
    for i in range(10):
        items.append(x[i % 3] * i)
        seen["total"] += items[-1]
        if seen["total"] > 3.0:
            break
    for v in (x[0], x[1]):
        seen["total"] = seen["total"] * v
        if v > 5.0:
            break
    else:
        seen["total"] += 1.0
    return sum(v * v for v in items) * seen["total"]


@case(1.3, 0.4, wrt=(0, 1))
def functions_of_iterables(x, y):
    xs = [x, y, x * y]
    total = functools.reduce(lambda a, b: a * b + 1.0, xs)
    total += functools.reduce(operator.add, xs, 2.0)
    for a, b in itertools.product(xs, (1.0, 2.0)):
        total += a * b
    for a, b in itertools.pairwise(xs):
        total += a**2 * b
    for i, a in enumerate(itertools.chain(xs, reversed(xs), [y])):
        total += i * a
    for a, b in itertools.combinations(xs, 2):
        total += a * b
    total += sum(itertools.accumulate(xs)) + sum(itertools.chain.from_iterable([xs, [x]]))
    total += sum(map(lambda a, b: a * b, xs, (1.0, 2.0, 3.0))) + sum(map(np.sin, xs))
    kept = list(filter(lambda p: p[0] != "b", {"a": x, "b": y}.items()))
    first, *rest = [*kept, *enumerate(xs)]
    total += first[1] * rest[-1][1] + dict(zip("uv", xs, strict=False))["v"]
    big = 2.0 if any(v > 1.0 for v in xs) else 1.0
    small = 3.0 if all(v > 1.0 for v in xs) else 1.0
    return total * big * small if all([]) and not any(()) else 0.0


@case(vector(5), 5)
def ranges_of_unknown_length(x, n):
    squares = [x[i] ** 2 for i in range(n)]
    halves = list(map(lambda v: v / 2, squares))
    table = [[a * i for i in range(n)] for a in squares[:2]]
    return sum(squares) + sum(halves) * sum(table[1]) + sum(i * v for i, v in enumerate(squares))


@case(vector(5))
def kept_by_data(x):
    return sum(filter(lambda v: v > 0.5, [x[0], x[1]])) + sum(filter(lambda v: v < 0.5, x**2))


@pytest.mark.parametrize("program", case.cases)
def test_gradient(program):
    program.run()


def reduced_nothing(x):
    return functools.reduce(operator.add, []) + x[0]


def keys_from_data(x):
    return sum({v: v for v in x}.values())


REFUSED = {
    reduced_nothing: (UnsupportedSyntaxError, "empty iterable"),
    keys_from_data: (UnsupportedSyntaxError, "a key of a dict is a float"),
}


@pytest.mark.parametrize("f", REFUSED, ids=lambda f: f.__name__)
def test_refused(f):
    kind, message = REFUSED[f]
    with pytest.raises(kind, match=message) as caught:
        grad(f)(vector(3))
    assert caught.value.loc.line == f.__code__.co_firstlineno + 1
