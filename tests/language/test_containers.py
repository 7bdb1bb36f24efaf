"""Containers of parameters: as arguments, as intermediate values, as results on the way."""

from __future__ import annotations

import math
from collections import namedtuple
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import pytest

from srcgrad import grad
from tests.language.cases import Table, matrix, vector

case = Table()


class Pair(NamedTuple):
    w: Any
    b: Any = 0.5

    def total(self, x):
        return np.sum(self.w * x + self.b)


Old = namedtuple("Old", "first second")


@dataclass
class Network:
    layers: list
    scale: float = 2.0
    named: dict = field(default_factory=dict)
    gain = 1.25

    def __call__(self, x):
        for layer in self.layers:
            x = np.tanh(layer.w @ x + layer.b)
        return x * self.scale * self.gain

    @property
    def depth(self):
        return len(self.layers)


@dataclass(frozen=True)
class State:
    position: Any
    speed: Any

    def moved(self, dt):
        return State(self.position + dt * self.speed, self.speed * 0.9)


NESTED = {"a": (vector(3), [1.5, matrix(2, 3)]), "b": {"c": vector(2), 3: 0.25}}
NETWORK = Network(
    [Pair(matrix(4, 3), vector(4)), Pair(matrix(2, 4), vector(2))], 1.5, {"k": vector(2, 5)}
)


@case(NESTED, vector(3), wrt=(0, 1))
def nested_argument(p, x):
    first, (scale, m) = p["a"]
    return np.sum(first * x) * scale + np.sum((m @ x) * p["b"]["c"]) * p["b"][3]


@case((1.5, vector(3)))
def tuple_argument(pair):
    a, b = pair
    return a * np.sum(b * b) + pair[0] ** 2 + np.sum(pair[-1])


@case([vector(3), 2.0, matrix(2, 2)])
def list_argument(items):
    return np.sum(items[0]) * items[1] + np.sum(items[2][0] * items[2][1]) + len(items) * items[1]


@case({"w": vector(3), "unused": matrix(2, 2), "b": 0.5})
def dict_argument(params):
    w = params["w"]
    if "b" in params and "c" not in params:
        w = w + params["b"]
    return np.sum(w**2) * params.get("scale", 2.0) + params.get("b")


@case(Pair(vector(3), 0.7), vector(3), wrt=(0, 1))
def named_tuple_argument(p, x):
    w, b = p
    return p.total(x) * p.b + np.sum(w * p[0]) + b


@case(Old(vector(3), (1.5, 2.5)))
def old_named_tuple(p):
    return np.sum(p.first) * p.second[0] ** p.second[1]


@case(NETWORK, vector(3), wrt=(0, 1))
def dataclass_argument(network, x):
    y = network(x)
    return np.sum(y * network.named["k"]) / network.depth + sum(
        (np.sum(NETWORK.layers[0].w), network.scale)
    )


@case(State(vector(2), vector(2, 1)), 0.1, wrt=(0, 1))
@case(State(1.3, 0.4), 0.1, wrt=(0, 1))
def dataclass_steps(state, dt):
    for _ in range(3):
        state = state.moved(dt)
    return np.sum(state.position * state.speed)


@case(1.3, 0.4, wrt=(0, 1))
def dataclass_on_the_way(x, y):
    state = State(speed=y, position=x)
    other = Pair(state.position * state.speed)
    return other.w * other.b + state.moved(y).position


@case(1.3, 0.4, wrt=(0, 1))
def containers_from_helpers(x, y):
    def both(a, b):
        return {"sum": a + b, "items": [a, (b, a * b)]}

    d = both(x, y)
    first, (second, product) = d["items"]
    return d["sum"] * product + first * second


@case(1.3, 0.4, wrt=(0, 1))
def containers_from_branches(x, y):
    pair = (x, x * y) if x > y else (y, x)
    if y > 0:
        d = {"a": x, "b": [y]}
    else:
        d = {"a": y, "b": [x]}
    return pair[0] * pair[1] + d["a"] * d["b"][0]


@case(vector(3), [2.0, 3.0])
def lists_become_arrays(x, c):
    rows = [x, x * x, np.sin(x)]
    y = np.stack(rows) @ x + np.array([x[0], 1.0, x[1] * x[2]]) + np.concatenate([x[:1], x[1:]])
    return np.sum(y) * c[0]


@case((1.5, 2, np.float64(0.5), np.array(0.75), vector(2)))
def every_kind_of_number(p):
    a, b, c, d, e = p
    return a * b * c * d * np.sum(e) + b**2


@case({"a": 1.5, "b": vector(2)}, {"b": vector(2, 3), "a": 2.0}, wrt=(0, 1))
def order_of_keys(p, q):
    total = 0.0
    for name in p:
        total = total + np.sum(p[name] * q[name])
    return total


@case([])
@case(())
@case({})
def empty(p):
    return 1.5 * (len(p) + 1)


@case(vector(3))
def comparisons_of_containers(x):
    shape = (x.shape[0], 2)
    if (1, 2) == (1, 2) and [1] != [2] and "a" in {"a": 1} and shape[1] == 2:
        return np.sum(x * x)
    return np.sum(x)


@case(vector(6))
def tuple_arithmetic(x):
    shape = (2,) + (3,)
    sizes = [1, 2] * 2
    y = x.reshape(shape[0], -1) * x.reshape(shape)
    return np.sum(y) * sum(sizes) + np.sum(y.reshape(*shape[::-1]) @ y) * math.prod((2, 3))


def test_a_list_of_another_length_is_another_program():
    def loss(items):
        total = 0.0
        for item in items:
            total = total + np.sum(item * item)
        return total

    dloss = grad(loss)
    assert dloss([1.0, 2.0]) == [2.0, 4.0]
    assert dloss([1.0]) == [2.0]
    assert dloss((1.0, 3.0, 5.0)) == (2.0, 6.0, 10.0)
    first, second = dloss([1.0, np.ones(2)])
    assert first == 2.0
    np.testing.assert_array_equal(second, [2.0, 2.0])


def test_unused_parts_have_zero_gradients():
    def loss(p):
        return p["used"] * 2

    got = grad(loss)({"used": 1.5, "array": np.ones((2, 3), np.float32), "list": [1.0, (2.0,)]})
    assert got["used"] == 2.0
    assert got["list"] == [0.0, (0.0,)]
    np.testing.assert_array_equal(got["array"], np.zeros((2, 3)))
    assert got["array"].dtype == np.float32


def test_the_same_array_twice():
    def loss(p):
        return np.sum(p[0] * p[1])

    x = vector(3)
    a, b = grad(loss)((x, x))
    assert not np.shares_memory(a, b)
    np.testing.assert_array_equal(a, x)
    np.testing.assert_array_equal(b, x)


@pytest.mark.parametrize("program", case.cases)
def test_gradient(program):
    program.run()
