"""``collections.OrderedDict`` that the function makes."""

import collections
import copy
from collections import OrderedDict

import numpy as np
import pytest

from tests.slopes import check_at

POINTS = np.array([0.31, -0.7, 1.2, 0.4]), np.array([-0.3, 0.9, 0.5, -0.45])


def moved(x):
    d = OrderedDict()
    d["a"], d["b"], d["c"] = x[0], x[1] * 2, x[2] ** 2
    d.move_to_end("a")
    first, v = d.popitem(last=False)
    last, w = d.popitem()
    s = 2.0 if (first, last) == ("b", "a") else 3.0
    for i, (_, item) in enumerate(d.items()):
        s += item * (i + 1)
    return s * v * w


def moved_to_the_front(x):
    d = collections.OrderedDict([("a", x[0]), ("b", x[1])], c=x[2])
    d.move_to_end("c", last=False)
    return sum(v * i for i, v in enumerate(d.values())) + list(d)[0].count("c") * x[3]


def least_recently_used(x):
    cache, s = OrderedDict(), 0.0
    for v in x:
        i = int(v * 3)
        if i in cache:
            cache.move_to_end(i)
        else:
            cache[i] = v**2
            if len(cache) > 2:
                cache.popitem(last=False)
        s += cache[i] * (1 + len(cache))
    return s + sum(cache.values())


def as_a_dict(x):
    d = OrderedDict(a=x[0], b=x[1])
    e, f, g = dict(d), d.copy(), d | {"c": x[2]}
    f["a"] *= 2
    s = 2.0 if isinstance(d, dict) else 3.0
    for k in d:
        s += d[k]
    return e["a"] * f["a"] + g["c"] + s + len(g) + d.get("z", 5.0) + d.setdefault("q", x[3])


def taken_out(x):
    d, s = OrderedDict(a=x[0], b=x[1]), x[2]
    s += d.pop("a", default=1.0) * d.pop("z", default=x[3])
    for named in ({"default": 1.0}, {"other": 1.0}):
        try:
            s += d.pop("b", 2.0, **named)
        except TypeError:
            s *= x[0]
    try:
        s += d.get("b", default=3.0)
    except TypeError:
        s *= x[1]
    return s + d["b"]


def compared(x):
    d, e, s = OrderedDict(a=x[0], b=x[1]), OrderedDict(b=x[1], a=x[0]), x[2]
    if d == e:
        s = s * 2
    if d == {"b": x[1], "a": x[0]}:
        s = s * 3
    for _, v in reversed(d.items()):
        s = s * v + 1
    return s


def made_of_others(x):
    d = OrderedDict(zip("abc", x))
    e = OrderedDict(sorted({"b": x[0], "a": x[1]}.items()))
    f = OrderedDict.fromkeys("abc", x[0])
    f["a"] = x[1]
    s = sum(v * i for i, v in enumerate(d.values())) + sum(f.values()) * len(e)
    return s + list(e.values())[0] * 2 + type(e)(q=x[3])["q"]


def copied(x):
    d = {"p": OrderedDict(a=x[0])}
    d["p"]["b"] = x[1]
    e = copy.deepcopy(d)
    e["p"]["a"] = x[2]
    return d["p"]["a"] * e["p"]["a"] + e["p"].pop("b")


class Network:
    def __init__(self, x):
        self.layers = OrderedDict()
        self.layers["w"] = x[:2]
        self.layers["v"] = x[2:]

    def __call__(self, h):
        for layer in self.layers.values():
            h = np.tanh(h * layer)
        return h


def layers(x):
    return np.sum(Network(x)(np.ones(2)))


def missing(x):
    d = OrderedDict(a=x[0], b=x[1])
    try:
        d.move_to_end("z")
    except KeyError:
        d["z"] = x[2]
    d.clear()
    try:
        return d.popitem()[1]
    except KeyError:
        return x[3] ** 2


PROGRAMS = (
    *(
        moved,
        moved_to_the_front,
        least_recently_used,
        as_a_dict,
        taken_out,
        compared,
        made_of_others,
        copied,
    ),
    *(layers, missing),
)


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_gradient(f):
    check_at(f, *POINTS)
