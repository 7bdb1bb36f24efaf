"""Classes: instances that the function makes, reads, changes and operates on."""

from __future__ import annotations

import copy
import dataclasses
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import pytest

from srcgrad import UnknownTypeError, UnsupportedSyntaxError, grad
from tests.language.cases import Table, matrix, vector

case = Table()


class Dense:
    """A layer as users write it."""

    scale = 1.5

    def __init__(self, w, b=0.25, *, name="dense"):
        self.w = w
        self.b = b
        self.name = name
        self.calls = 0

    def __call__(self, x):
        self.calls += 1
        self.last = np.tanh(self.w @ x + self.b) * self.scale
        return self.last

    @property
    def norm(self):
        return np.sum(self.w**2)

    @norm.setter
    def norm(self, value):
        self.w = self.w * (value / self.norm) ** 0.5

    @staticmethod
    def activation(x):
        return np.sin(x)

    @classmethod
    def doubled(cls, w):
        return cls(2 * w, name="doubled")

    def with_bias(self, b):
        return type(self)(self.w, b)


class Residual(Dense):
    scale = 0.5

    def __init__(self, w, gate):
        super().__init__(w, name="residual")
        self.gate = gate

    def __call__(self, x):
        return x[: len(self.w)] + self.gate * super().__call__(x)

    @property
    def norm(self):
        return super().norm + self.gate**2


class Sequential:
    def __init__(self, *layers):
        self.layers = []
        for layer in layers:
            self.add(layer)

    def add(self, layer):
        self.layers.append(layer)
        return self

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        return x

    def __len__(self):
        return len(self.layers)

    def __getitem__(self, i):
        return self.layers[i]

    def __iter__(self):
        return iter(self.layers)

    def __contains__(self, layer):
        return layer in self.layers


class Vec:
    """Arithmetic by operators."""

    def __init__(self, x, y):
        self.x, self.y = x, y

    def __add__(self, other):
        if isinstance(other, Vec):
            return Vec(self.x + other.x, self.y + other.y)
        if isinstance(other, float):
            return Vec(self.x + other, self.y + other)
        return NotImplemented

    __radd__ = __add__

    def __sub__(self, other):
        return self + -other

    def __neg__(self):
        return Vec(-self.x, -self.y)

    def __mul__(self, k):
        return Vec(self.x * k, self.y * k)

    def __rmul__(self, k):
        return self * k

    def __matmul__(self, other):
        return self.x * other.x + self.y * other.y

    def __iadd__(self, other):
        self.x = self.x + other.x
        self.y += other.y
        return self

    def __abs__(self):
        return (self @ self) ** 0.5

    def __lt__(self, other):
        return abs(self) < abs(other)

    def __eq__(self, other):
        return self.x == other.x and self.y == other.y

    def __bool__(self):
        return True

    def __getitem__(self, i):
        return (self.x, self.y)[i]

    def __setitem__(self, i, value):
        if i == 0:
            self.x = value
        else:
            self.y = value

    def __iter__(self):
        return iter((self.x, self.y))


@dataclass
class State:
    position: Any
    speed: Any = 0.5
    trace: list = field(default_factory=list)
    steps: int = field(default=0, init=False)

    def step(self, dt):
        self.position = self.position + dt * self.speed
        self.speed -= dt * self.position
        self.trace.append(self.position)
        self.steps += 1

    @property
    def energy(self):
        return np.sum(self.position**2 + self.speed**2)


@dataclass
class Checked:
    a: Any
    b: Any = 2.0

    def __post_init__(self):
        self.product = self.a * self.b
        self.b = self.b + 1

    @cached_property
    def square(self):
        return self.product**2


@dataclass(frozen=True)
class Unit:
    x: Any
    length: Any = 1.0

    def __post_init__(self):
        object.__setattr__(self, "length", np.sqrt(np.sum(self.x**2)))

    @property
    def direction(self):
        return self.x / self.length


@dataclass(frozen=True)
class Pair:
    a: Any
    b: Any = 2.0

    def __add__(self, other):
        return Pair(self.a + other.a, self.b + other.b)


@dataclass
class Tagged(Checked):
    tag: str = "t"

    def __post_init__(self):
        super().__post_init__()
        self.tag = self.tag * 2


class Gate(NamedTuple):
    forget: Any
    update: Any = 1.0

    def apply(self, x):
        return self.forget * x + self.update


class Shared:
    """An object from outside, with parameters of its own."""

    def __init__(self):
        self.w = vector(3, 4)

    @staticmethod
    def twice(x):
        return 2 * x

    @classmethod
    def offset(cls, x):
        return x + cls.shift

    shift = 0.25


class SubShared(Shared):
    @staticmethod
    def twice(x):
        return 4 * x

    def scaled(self, x):
        return super().offset(x) * self.twice(x) * self.w


SHARED = SubShared()


@case(matrix(3, 3), vector(3), wrt=(0, 1))
def layers(w, x):
    net = Sequential(Dense(w), Residual(w * 0.5, x[0]), Dense.doubled(w))
    net.add(Dense(w, b=x[1]).with_bias(x[2]))
    y = net(x)
    total = 0.0
    for i, layer in enumerate(net):
        total = total + layer.norm * (i + 1)
    first = net[0]
    first.norm = x[1]
    first.b = x[2] * 2
    again = net.layers[0](x)
    assert first.calls == 2 and net[2].name == "doubled" and isinstance(net[1], Dense)
    assert len(net) == 4 and first in net and hasattr(first, "last") and not hasattr(net, "last")
    return np.sum(Dense.activation(y)) + total + np.sum(again * first.last) + len(net.layers)


@case(1.3, 0.4, wrt=(0, 1))
def operators(x, y):
    a, b = Vec(x, y), Vec(y, x * y)
    c = a + b * 2.0 - 0.5 * a
    c += b
    d = c
    d[0] = c[1] * x
    d += a
    e = 1.5 + sum([a, b, c], Vec(0.0, 0.0))
    u, v = e
    larger = 3.0 if a < c else 1.0
    same = 2.0 if a == a and not a == b else 0.5
    return (c @ a) * abs(e) + d.x * c.y + u * v * larger * same + (1.0 if c else 0.0)


@case(vector(2), 0.1, wrt=(0, 1))
def a_dataclass_changes(x, dt):
    s = State(x, x * 0.5)
    other = State(x, speed=x * 2)
    for _ in range(3):
        s.step(dt)
    other.trace.append(x)
    assert s.steps == 3 and len(other.trace) == 1 and s.trace is not other.trace
    moved = dataclasses.replace(Pair(dt), a=s.energy)
    return s.energy * moved.a + np.sum(np.stack(s.trace)) * moved.b + other.energy


@case(vector(2), 0.1, 6, wrt=(0, 1))
def a_dataclass_in_a_loop_that_stays(x, dt, n):
    s = State(x, x * 0.5)
    for _ in range(n):
        s.step(dt)
    total = s.energy
    while s.steps > 2:
        s.steps -= 1
        s.position = s.position * 1.1
    return total + np.sum(s.position) * len(s.trace) + np.sum(np.stack(s.trace) ** 2)


@case(1.3, 0.4, wrt=(0, 1))
def generated_methods(x, y):
    c = Checked(x)
    t = Tagged(x, y, tag="ab")
    u = Unit(np.stack([x, y]))
    p = Pair(x) + Pair(y, b=x)
    g = Gate(x)._replace(update=y)
    d = copy.copy(c)
    d.a = y
    e = copy.deepcopy(t)
    e.a = e.a * 2
    assert t.tag == "abab" and c.a is x
    return (
        c.square * c.square
        + t.product * t.b
        + np.sum(u.direction * np.array([1.0, 2.0]))
        + p.a * p.b
        + g.apply(x) * g.update
        + d.a * c.a * d.b
        + e.a * t.a
    )


@case(vector(3))
@case(-vector(3))
def changed_in_branches(x):
    s = State(x, x * 2)
    if x[0] > 0:
        s.position = s.position**2
        t = Vec(x[0], x[1])
    else:
        s.speed *= 3
        t = Vec(x[1], x[2])
        s.position, s.speed = s.speed, s.position
    t.x = t.x * 2
    return np.sum(s.position * s.speed) + t.x * t.y


@case(1.3, 7)
def made_anew_in_a_loop(x, n):
    v = Vec(x, 1.0)
    for _ in range(n):
        v = Vec(v.y * 0.5, v.x + v.y * x)
    return abs(v)


@case(vector(3))
def outside(x):
    return np.sum(SHARED.scaled(x) + Shared.twice(x) * SHARED.offset(x)) + SubShared.shift


@case(vector(3))
def attributes_by_name(x):
    s = State(x)
    setattr(s, "speed", getattr(s, "position") * 2)
    return np.sum(s.speed) * getattr(s, "missing", 3.0) * (2 if hasattr(s, "trace") else 1)


@pytest.mark.parametrize("program", case.cases)
def test_gradient(program):
    program.run()


def test_a_method_that_is_rebound_is_another_program():
    class Layer:
        def __init__(self, w):
            self.w = w

        def __call__(self, x):
            return self.w * x

    def loss(w):
        return Layer(w)(3.0)

    dloss = grad(loss)
    assert dloss(2.0) == 3.0
    Layer.__call__ = lambda self, x: self.w * x * x
    assert dloss(2.0) == 9.0
    Layer.__init__ = lambda self, w: setattr(self, "w", 10 * w)
    assert dloss(2.0) == 90.0


# --- what is refused -----------------------------------------------------------------------------


def frozen(x):
    p = Pair(x)
    p.a = 2.0
    return p.a


def missing(x):
    return Vec(x, x).z


def wrong_arguments(x):
    return Vec(x).x


def instance_to_a_library(x):
    return np.sum(np.array(Vec(x, x)))


def argument(x, state):
    state.position = x
    return x


REFUSED = {
    frozen: (UnsupportedSyntaxError, "cannot assign to field 'a'", "p.a = 2.0"),
    missing: (UnsupportedSyntaxError, "no attribute 'z'", "return Vec(x, x).z"),
    wrong_arguments: (UnsupportedSyntaxError, "missing 1 required positional", "return Vec(x).x"),
    instance_to_a_library: (UnknownTypeError, "cannot be passed", None),
}


@pytest.mark.parametrize("f", REFUSED, ids=lambda f: f.__name__)
def test_refused(f):
    kind, message, line = REFUSED[f]
    with pytest.raises(kind, match=message) as caught:
        grad(f)(1.3)
    if line is not None:
        assert caught.value.loc.text[0].strip() == line


def test_an_argument_is_changed_as_the_function_changes_it():
    @dataclass
    class Place:
        position: float

    place = Place(2.0)
    got, bar = grad(argument, argnums=(0, 1))(1.3, place)
    assert (got, bar) == (1.0, Place(0.0))
    assert place.position == 1.3
