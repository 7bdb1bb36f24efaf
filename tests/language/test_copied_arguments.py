"""copy.copy and copy.deepcopy of objects that are arguments, or lead to such."""

from __future__ import annotations

import copy
import types
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from srcgrad import grad

X = np.array([0.3, 0.5, 0.8])


@dataclass
class Layer:
    w: Any
    b: float = 1.0


@dataclass
class Net:
    first: Layer
    second: Layer
    n: int = 2
    act: Any = np.tanh
    tags: list[str] = field(default_factory=list)

    def run(self, x):
        return self.act(self.first.w * x) + self.second.w


class Plain:
    def __init__(self, w):
        self.w = w
        self.k = 3

    def out(self):
        return self.w * self.k


class Slots:
    __slots__ = ("w", "z")

    def __init__(self, w):
        self.w = w


@dataclass(frozen=True)
class Frozen:
    w: Any
    b: float


def layer():
    return Layer(X.copy())


def net():
    return Net(layer(), Layer(X + 1, 2.0))


def written_in_place(l, s):
    """A shallow copy has the same array."""
    k = copy.copy(l)
    k.w *= s
    return np.sum(k.w**2)


def written_in_a_deep_copy(l, s):
    k = copy.deepcopy(l)
    k.w *= s
    return np.sum(k.w**2) + np.sum(l.w)


def bound_anew(l, s):
    k = copy.copy(l)
    k.w = k.w * s
    k.b = 3.0
    return np.sum(k.w**2) * k.b + np.sum(l.w) * l.b


def after_a_write(l, s):
    l.w = l.w * 2
    k = copy.copy(l)
    k.w = k.w * s
    return np.sum(k.w * l.w)


def objects_in_objects(net, s):
    k = copy.deepcopy(net)
    k.first.w *= X
    k.n = 3
    k.first = k.second
    k.first.b = 4.0
    return np.sum(k.run(X) ** 2) * k.n + np.sum(net.run(X)) * net.second.b


def objects_that_are_shared(net, s):
    k = copy.copy(net)
    k.first = k.second
    return np.sum(k.run(X) ** 2) * (k.second is net.second)


def in_a_loop(p, s):
    q = copy.deepcopy(p)
    for i in range(3):
        q.w[i] *= s
        q.k += 1
    return np.sum(q.out() * p.out())


def with_slots(p, s):
    q = copy.deepcopy(p)
    q.w *= s
    q.z = 2.0
    return np.sum(q.w * q.z * p.w)


def a_frozen_one(p, s):
    q = copy.deepcopy(p)
    return np.sum(q.w * p.b * s)


def in_a_list(layers, s):
    others = copy.deepcopy(layers)
    for other in others:
        other.w *= s
    others.append(others[0])
    return sum(np.sum(a.w * b.w) for a, b in zip(others, layers))


def one_object_twice(l, s):
    a, b = copy.deepcopy([l, l])
    a.w *= s
    return np.sum(a.w * b.w * l.w) * (a is b)


CASES = [
    (written_in_place, layer),
    (written_in_a_deep_copy, layer),
    (bound_anew, layer),
    (after_a_write, layer),
    (objects_in_objects, net),
    (objects_that_are_shared, net),
    (in_a_loop, lambda: Plain(X.copy())),
    (with_slots, lambda: Slots(X.copy())),
    (a_frozen_one, lambda: Frozen(X.copy(), 2.0)),
    (in_a_list, lambda: [layer(), Layer(X + 1)]),
    (one_object_twice, layer),
    (bound_anew, lambda: types.SimpleNamespace(w=X.copy(), b=2.0)),
]


def arrays(value):
    if isinstance(value, np.ndarray):
        return [value]
    if isinstance(value, list):
        return [a for v in value for a in arrays(v)]
    names = getattr(value, "__dict__", getattr(type(value), "__slots__", ()))
    return [a for n in names if hasattr(value, n) for a in arrays(getattr(value, n))]


@pytest.mark.parametrize(("f", "make"), CASES)
def test_gradient(f, make):
    def slope(which, i):
        ends = []
        for h in (1e-6, -1e-6):
            argument = make()
            arrays(argument)[which][i] += h
            ends.append(f(argument, 1.5))
        return (ends[0] - ends[1]) / 2e-6

    found = arrays(grad(f)(make(), 1.5))
    assert len(found) == len(arrays(make()))
    for which, array in enumerate(found):
        np.testing.assert_allclose(array, [slope(which, i) for i in range(3)], rtol=1e-7)


def test_another_attribute_is_another_signature():
    def f(p, s):
        q = copy.copy(p)
        return np.sum(q.w) * s * hasattr(q, "extra")

    g, p = grad(f), Plain(X.copy())
    np.testing.assert_array_equal(g(p, 2.0).w, np.zeros(3))
    p.extra = 1
    np.testing.assert_array_equal(g(p, 2.0).w, np.full(3, 2.0))
