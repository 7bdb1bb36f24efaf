"""``collections.Counter``: what data count, and sums under keys that data give."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import grad
from tests.slopes import check_at

POINTS = (
    np.array([0.31, -1.2, 0.8, 1.6, 2.1, -0.4]),
    np.array([1.3, 0.2, -0.7, 0.6, -0.35, 2.4]),
    np.array([0.51, 0.62, 1.73]),
)
PROGRAMS: list[Callable[..., Any]] = []
LABELS = ["a", "b", "a"]


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


def floors(x):
    return [int(np.floor(v)) for v in x]


@program
def counted(x):
    c = Counter(int(v > 0.5) for v in x)
    return sum(v * c[int(v > 0.5)] for v in x) * len(c) + c[7] * x[0]


@program
def a_histogram(x):
    sums, counts = Counter(), Counter()
    for k, v in zip(floors(x), x):
        sums[k] += v
        counts[k] += 1
    return sum(s**2 / counts[k] for k, s in sums.items()) + len(sums) * x[0]


@program
def the_most_common(x):
    c = Counter(floors(x))
    k, n = c.most_common(1)[0]
    total = sum(v for v in x if int(np.floor(v)) == k) * n
    for i, (key, count) in enumerate(c.most_common(2)):
        total += (i + 1) * key * count * x[i]
    return total + len(c.most_common()) * x[0] + len(c.most_common(-1))


@program
def an_entropy(x):
    c = Counter("up" if v > 0.5 else "down" for v in x)
    return -sum(k / len(x) * np.log(k / len(x)) for k in c.values()) * x[0] ** 2


@program
def what_is_known(x):
    c, weights = Counter("abracadabra"), {"a": x[0], "b": x[1], "r": x[2]}
    d = Counter(LABELS, b=2)
    total = sum(n * weights.get(k, 1.0) ** 2 for k, n in c.items()) + c["z"] * x[0]
    return total + c.total() * x[0] + sum(x[i] * d[label] for i, label in enumerate(LABELS))


@program
def sums_of_counters(x):
    a, b = Counter(int(v > 0) for v in x), Counter({0: 2, 1: 1, 5: 3})
    total = 0.0
    for i, c in enumerate((a + b, a - b, a | b, a & b)):
        total += sum(k * n + n for k, n in c.items()) * x[0] * (i + 1) + len(c) * x[1]
    return total + sum(a.values()) * x[2]


@program
def changed_in_place(x):
    c = Counter(int(v > 0) for v in x)
    d = c
    c += Counter([0, 5])
    c -= Counter([5, 5])
    c |= Counter([7])
    c.update(floors(x))
    c.subtract({0: 1})
    del c[-1], c[99]
    return sum(d.values()) * x[0] + len(d) * x[1] + (5 in d) * x[2] + max(c, key=c.get) * x[0]


@program
def read_in_every_way(x):
    c = Counter(floors(x))
    e, total = dict(c), 0.0
    for i, k in enumerate(sorted(c)):
        total += i * c[k] * x[i % len(x)]
    for k in c:
        total += (k + e[k]) * x[0]
    total += sum(c.elements()) * x[1] + (2 if isinstance(c, dict) else 1) * x[2]
    return total + (type(c) is Counter) * x[1] + (x[0] if Counter() else x[2])


@program
def compared_and_printed(x):
    c = Counter("abb")
    total = x[0] * (c == {"a": 1, "b": 2}) + x[1] * (c != Counter("ab"))
    total += x[2] * (Counter(a=0) == Counter()) + x[1] * (c == {"a": 1})
    return total + len(f"{c}") * x[0] + (repr(c) == "Counter({'b': 2, 'a': 1})") * x[1] ** 2


@program
def rounded_floats(x):
    return x[0] * len(Counter(np.round(x))) + x[1] * len(Counter(np.round(x).astype(int)))


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_derivatives(f):
    check_at(f, *POINTS)


def test_a_dict_is_made_of_what_has_keys():
    class Table:
        def __init__(self, x):
            self.x = x

        def keys(self):
            return ["a", "b"]

        def __getitem__(self, key):
            return self.x[0 if key == "a" else 1] ** 2

    def f(x):
        d = dict(Table(x), c=x[2])
        return d["a"] * d["b"] * d["c"] + len(d)

    check_at(f, np.array([0.5, 1.2, 0.7]))


def test_places_of_keys_are_looked_up():
    def f(x):
        c = Counter()
        for v in x:
            c[int(v)] += v * v
        return sum(c.values())

    g = grad(f)
    np.testing.assert_allclose(g(POINTS[0]), 2 * POINTS[0])
    assert "Counter" not in g.source
