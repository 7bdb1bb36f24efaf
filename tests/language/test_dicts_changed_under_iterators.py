"""Iterators over dicts and sets that get, or lose, something before they are asked raise, as in
Python; a value may change, and a list goes on with what it has got."""

import numpy as np
import pytest

from srcgrad import SrcgradError, grad, value_and_grad
from tests.slopes import check_at

KEPT = np.array([0.7, -0.4, 1.3])
CHANGED = np.array([0.7, -0.4, -1.3])


def enumerated(x):
    d = {"a": x[0], "b": x[1]}
    rows = enumerate(d.items())
    if x[2] < 0:
        d["c"] = x[2]
        return sum(v for i, (k, v) in rows)
    return sum(v * v for i, (k, v) in rows)


def zipped(x):
    d = {"a": x[0], "b": x[1]}
    rows = zip(x, d)
    if x[2] < 0:
        del d["a"]
        return sum(v for v, k in rows)
    return sum(v * v for v, k in rows)


def mapped(x):
    d = {"a": x[0], "b": x[1]}
    values = map(lambda k: d[k] * x[2], d)
    if x[2] < 0:
        d["c"] = x[2]
        return sum(values)
    return sum(values)


def asked_for_one(x):
    d = {"a": x[0], "b": x[1]}
    values = iter(d.values())
    if x[2] < 0:
        d["c"] = x[2]
        return next(values)
    return next(values) * x[2]


def generated(x):
    d = {"a": x[0], "b": x[1]}
    values = (v * v for v in d.values())
    if x[2] < 0:
        d.pop("b")
        return sum(values)
    return sum(values)


def over_a_set(x):
    places = {0, 1}
    values = map(lambda i: x[i] ** 2, places)
    if x[2] < 0:
        places.add(2)
        return sum(values)
    return sum(values)


def inside_of_another(x):
    d = {"a": x[0], "b": x[1]}
    rows = zip(enumerate(d), x)
    if x[2] < 0:
        d["c"] = x[2]
        return sum(v for _, v in rows)
    return sum(v * v for _, v in rows)


@pytest.mark.parametrize(
    "f", [enumerated, zipped, mapped, asked_for_one, generated, over_a_set, inside_of_another]
)
def test_raises(f):
    check_at(f, KEPT)
    for call in (f, grad(f), value_and_grad(f)):
        with pytest.raises(RuntimeError, match=r"changed size during iteration"):
            call(CHANGED)


def given_a_value(x):
    d = {"a": x[0], "b": x[1]}
    rows = enumerate(d.items())
    d["b"] = x[2] * x[0]
    return sum((i + 1) * v for i, (k, v) in rows)


def seen_by_a_view(x):
    d = {"a": x[0], "b": x[1]}
    values = d.values()
    d["c"] = x[2] * x[0]
    return sum(a * b for a, b in zip(values, x, strict=True))


def grown(x):
    xs = [x[0], x[1]]
    rows = enumerate(xs)
    xs.append(x[2] * x[0])
    return sum((i + 1) * v for i, v in rows)


@pytest.mark.parametrize("f", [given_a_value, seen_by_a_view, grown])
def test_goes_on(f):
    check_at(f, KEPT)


def under_other_keys(x):
    d = {"a": x[0], "b": x[1]}
    rows = enumerate(d)
    del d["a"]
    d["c"] = x[2]
    return sum(d[k] for i, k in rows)


def test_other_keys_are_refused():
    with pytest.raises(SrcgradError, match="a dictionary is changed between making an iterator"):
        grad(under_other_keys)(KEPT)
