"""Objects as arguments: differentiated, changed by the function, reached under several names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import pytest

from tests.language.cases import matrix, vector
from tests.language.stateful import follow


@dataclass
class Dense:
    W: Any
    b: Any

    def __call__(self, x):
        return np.tanh(x @ self.W + self.b)


@dataclass
class Norm:
    scale: Any
    mean: Any
    count: int = 0

    momentum = 0.9

    def __call__(self, x):
        m = np.mean(x, axis=0)
        self.mean = self.momentum * self.mean + (1 - self.momentum) * m
        self.count += 1
        return (x - m) * self.scale + 0.1 * self.mean * x


@dataclass
class Sequential:
    layers: list

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        return x


class Layer:
    """A class as users write it: parameters, settings, a state."""

    def __init__(self, rng, inputs, outputs, name, activation=np.tanh):
        self.W = rng.normal(size=(inputs, outputs))
        self.b = rng.normal(size=outputs)
        self.name = name
        self.activation = activation
        self.sizes = (inputs, outputs)
        self.rate = 0.3
        self.training = True
        self.seen = 0
        self.last = None
        self.index = np.arange(outputs)

    @property
    def scaled(self):
        return self.W * self.rate

    def __call__(self, x):
        h = self.activation(x @ self.scaled + self.b[self.index])
        if self.training:
            self.seen += 1
            self.last = h
        return h.reshape(-1, self.sizes[1])


class Net:
    def __init__(self, layers, extra=None):
        self.layers = layers
        self.extra = extra
        self.total = 0.0

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        self.total = self.total + np.mean(x)
        return x


class Pair(NamedTuple):
    first: Any
    second: Any


class Box:
    def __init__(self, **attributes):
        for name, value in attributes.items():
            setattr(self, name, value)


def rng():
    return np.random.default_rng(5)


def dense(seed=0):
    return Dense(matrix(3, 3, seed), vector(3, seed + 1))


def norm(seed=0):
    return Norm(vector(3, seed), vector(3, seed + 1))


def sum_of(network, x):
    return np.sum(network(x) ** 2)


X = matrix(4, 3, 9)

# --- programs -----------------------------------------------------------------------------------

PROGRAMS: dict[str, tuple[Callable[..., Any], tuple[Any, ...], Any]] = {}


def program(*args: Any, wrt: Any = 0) -> Callable[[Any], Any]:
    def add(f: Any) -> Any:
        count = sum(name.partition("-")[0] == f.__name__ for name in PROGRAMS)
        PROGRAMS[f"{f.__name__}-{count}" if count else f.__name__] = (f, args, wrt)
        return f

    return add


@program(Sequential([dense(), norm(3), dense(5), norm(7)]), X)
@program(Sequential([dense(), norm(3), dense(5), norm(7)]), X, wrt=1)
@program(Sequential([dense(), norm(3), dense(5), norm(7)]), X, wrt=(0, 1))
@program(Net([Layer(rng(), 3, 4, "a"), Layer(rng(), 4, 2, "b", np.sin)]), X)
@program(Net([Layer(rng(), 3, 4, "a"), Layer(rng(), 4, 2, "b", np.sin)]), X, wrt=(0, 1))
@program(Net([Layer(rng(), 3, 4, "a"), Layer(rng(), 4, 2, "b", np.sin)]), X, wrt=1)
@program(Net([dense(), Sequential([norm(), dense(2)])]), X)
def networks(network, x):
    return sum_of(network, x)


SHARED, TWICE = dense(), norm(2)
LAYER = Layer(rng(), 3, 3, "shared")


@program(Sequential([SHARED, SHARED]), X)
@program(Sequential([SHARED, TWICE, SHARED, TWICE]), X)
@program(Sequential([SHARED, TWICE, SHARED, TWICE]), X, wrt=1)
@program(Net([LAYER, LAYER, Layer(rng(), 3, 3, "own"), LAYER]), X, wrt=(0, 1))
@program(Net([Sequential([LAYER]), LAYER], extra=LAYER), X, wrt=(0, 1))
def shared(network, x):
    return sum_of(network, x)


@program(Net([dense()], {"a": [Pair(dense(2), norm(3))], "b": {"c": norm(4)}}), X)
@program(Net([dense()], {"a": [Pair(dense(2), norm(3))], "b": {"c": norm(4)}}), X, wrt=1)
def nested(net, x):
    pair = net.extra["a"][0]
    y = pair.second(pair.first(net.layers[-1](x)))
    return np.sum(net.extra["b"]["c"](y) ** 2)


@program({"a": [Pair(vector(3), norm(3)), Pair(vector(3, 7), norm(4))]}, X)
@program({"a": [Pair(vector(3), norm(3)), Pair(vector(3, 7), norm(4))]}, X, wrt=1)
@program(Box(a=[Pair(vector(3), norm(3)), Pair(vector(3, 7), norm(4))]), X)
def named_tuples(tree, x):
    pairs = tree["a"] if isinstance(tree, dict) else tree.a
    total = 0.0
    for first, second in pairs:
        total = total + np.sum(second(x * first) ** 2)
    a, b = pairs
    return total + np.sum(a.first * b[0] ** 2) + np.sum(b.second.mean * a.second.scale)


@program(Box(w=vector(3), state=vector(3, 4)), vector(3, 2))
@program(Box(w=vector(3), state=vector(3, 4)), vector(3, 2), wrt=(0, 1))
@program(Box(w=vector(3), state=vector(3, 4)), vector(3, 2), wrt=1)
@program(Box(w=vector(3, 0).astype("f4"), state=vector(3, 4).astype("f4")), vector(3, 2))
@program(Box(w=1.5, state=0.5), 2.5, wrt=(0, 1))
def before_and_after(box, x):
    before = box.state
    box.state = box.w * x + before
    after = box.state
    return np.sum(before * x) + np.sum(after * after * before) + np.sum(box.state)


@program(Box(w=vector(3), state=vector(3, 4)), vector(3, 2), wrt=(0, 1))
def old_value_is_read_late(box, x):
    old = box.state
    box.state = x * x
    return np.sum(old * x)


@program(Box(w=vector(3), state=vector(3, 4), steps=0), vector(3, 2), wrt=(0, 1))
@program(Box(w=-vector(3), state=vector(3, 4), steps=0), vector(3, 2), wrt=(0, 1))
@program(Box(w=-vector(3), state=vector(3, 4), steps=0), vector(3, 2), wrt=1)
def in_a_branch(box, x):
    if np.sum(box.w * x) > 0:
        box.state = box.state * x
        box.steps += 1
    y = box.state * x
    if np.sum(x) > 100:
        box.state = x
    return np.sum(y * box.w) * (1 + box.steps)


@program(Box(w=vector(3), state=vector(3, 4), steps=0), vector(3, 2), 4, wrt=(0, 1))
@program(Box(w=vector(3), state=vector(3, 4), steps=0), vector(3, 2), 4, wrt=1)
@program(Box(w=vector(3), state=vector(3, 4), steps=0), vector(3, 2), 0, wrt=(0, 1))
def in_a_loop(box, x, n):
    total = 0.0
    for i in range(n):
        box.state = np.sin(box.state * box.w) + x
        if box.state[0] > 1.0:
            box.steps += 1
        total = total + np.sum(box.state) * i
    return total + np.sum(box.state * box.steps)


@program(Box(w=vector(3), state=vector(3, 4)), vector(3, 2), wrt=(0, 1))
def in_a_while_loop(box, x):
    while np.sum(box.state) < 9:
        box.state = box.state * (1 + box.w)
    return np.sum(box.state * x)


@program(Box(w=vector(3), state=vector(3, 4)), vector(3, 2), wrt=(0, 1))
def in_a_loop_that_is_left(box, x):
    for i in range(10):
        box.state = box.state * (1 + box.w)
        if np.sum(box.state) > 20:
            break
    return np.sum(box.state * x) * i


class Account:
    def __init__(self, w):
        self._w = w
        self.reads = 0
        self.history = vector(3)

    @property
    def w(self):
        self.reads += 1
        return self._w

    @w.setter
    def w(self, value):
        self._w = value
        self.remember(value)

    def remember(self, value):
        if np.sum(value) > 0:
            self.history = 0.5 * self.history + value


@program(Account(vector(3, 2)), vector(3, 1), wrt=(0, 1))
@program(Account(vector(3, 2)), vector(3, 1), wrt=1)
def by_a_property(account, x):
    y = account.w * x
    account.w = y + account.history
    return np.sum(account.w * y * account.history)


@program(Box(w=vector(3), kept=vector(3, 4), row=None), vector(3, 2), matrix(3, 3), wrt=(0, 1, 2))
@program(Box(w=vector(3), kept=vector(3, 4), row=None), vector(3, 2), matrix(3, 3), wrt=1)
def keeps_what_it_is_given(box, x, A):
    old, box.kept = box.kept, x
    box.row = A[1]
    box.both = (x, old)
    return np.sum(box.kept * box.w * old * box.row) + np.sum(box.both[1] * x)


@program(Box(w=vector(3), cache=None), vector(3, 2), wrt=(0, 1))
def types_change(box, x):
    if box.cache is None:
        box.cache = x * box.w
        return np.sum(box.cache**2)
    return np.sum(box.cache * x * box.w)


@program(Box(w=vector(3)), vector(3, 2), wrt=(0, 1))
@program(Box(w=vector(3)), vector(3, 2), wrt=1)
def an_attribute_is_made(box, x):
    if not hasattr(box, "cache"):
        box.cache = x * 2
    y = np.sum(box.cache * box.w)
    box.cache = x * box.w
    return y + np.sum(box.cache) * hasattr(box, "cache")


@program(Box(w=vector(3), other=Box(v=vector(3, 4)), count=3), Box(v=vector(3, 2)), wrt=(0, 1))
@program(Box(w=vector(3), other=Box(v=vector(3, 4)), count=3), Box(v=vector(3, 2)))
def an_object_is_put_elsewhere(box, other):
    first = box.other
    box.other = box.extra = Box_of(other)
    box.other.v = box.other.v * 2
    box.count *= 2
    return np.sum(box.other.v * first.v * box.w) + np.sum(other.v**2) * box.count


def Box_of(other):
    return other


class Slotted:
    __slots__ = ("__dict__", "empty", "state", "w")

    def __init__(self, w, state):
        self.w = w
        self.state = state


@program(Slotted(vector(3), vector(3, 1)), vector(3, 2), wrt=(0, 1))
def slots(box, x):
    box.state = box.state * box.w
    return np.sum(box.state * x)


@dataclass
class Derived:
    w: Any
    double: Any = field(init=False)

    def __post_init__(self):
        self.double = 2 * self.w


@program(Derived(vector(3)), vector(3, 2), wrt=(0, 1))
def made_after_init(box, x):
    box.double = box.double + box.w
    return np.sum(box.double * x)


@dataclass(frozen=True)
class Node:
    value: Any
    children: tuple = ()

    def total(self, x):
        return np.sum(self.value * x) + sum(child.total(x) ** 2 for child in self.children)


LEAF = Node(vector(3))


@program(Node(vector(3, 2), (LEAF, Node(vector(3, 3), (LEAF,)))), vector(3, 4), wrt=(0, 1))
def a_tree_with_a_leaf_twice(tree, x):
    return tree.total(x)


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name):
    f, args, wrt = PROGRAMS[name]
    follow(f, *args, wrt=wrt, calls=1 if name.startswith("an_object_is_put") else 2)
