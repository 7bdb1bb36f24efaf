"""Dicts put in the order of their values, and made of pairs whose keys only data tell."""

import operator
from collections import OrderedDict

import numpy as np
import pytest

from tests.slopes import check_at

POINTS = np.array([0.31, -0.7, 1.2, 0.4]), np.array([-0.3, 0.9, 0.5, -0.45])


def named(x):
    return {"a": x[0], "b": x[1], "c": x[2] ** 2}


def by_value(x):
    d, s = named(x), 0.0
    e = dict(sorted(d.items(), key=lambda row: row[1]))
    for i, (k, v) in enumerate(e.items()):
        s = s * 0.5 + (i + 1) * v * d[k] * len(k)
    return s + e["a"] ** 3


def the_largest(x):
    e = dict(sorted(named(x).items(), key=operator.itemgetter(1), reverse=True)[:2])
    return sum(v * v for v in e.values()) + (x[3] if "a" in e else 1.0) + e.get("b", x[0]) * 2


def ordered(x):
    e = OrderedDict(sorted(named(x).items(), key=lambda row: row[1]))
    e.move_to_end("b")
    k, v = e.popitem(last=False)
    return v * v + sum((i + 2) * v for i, v in enumerate(e.values())) * (2 if k == "a" else 3)


def ranks(x):
    rank = {k: i for i, k in enumerate(sorted(named(x), key=named(x).get))}
    return sum(v * (1 + rank[k]) for k, v in named(x).items())


def updated(x):
    d = {"z": x[3]}
    d.update(sorted(named(x).items(), key=lambda row: row[1]))
    d |= [("b" if x[0] > 0 else "q", x[0] * x[1])]
    return sum((i + 1) * v for i, v in enumerate(d.values()))


def named_by_data(x):
    d = dict([("p" if x[0] > 0 else "q", x[1]), ("q", x[2])], q=x[3] ** 2)
    e = dict.fromkeys(["p" if x[1] > 0 else "q", "r"], x[1])
    e["r"] *= x[0]
    return sum((i + 1) * v for i, v in enumerate(d.values())) + e["r"] ** 2 + len(d) * len(e)


PROGRAMS = [by_value, the_largest, ordered, ranks, updated, named_by_data]


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_gradient(f):
    check_at(f, *POINTS)
