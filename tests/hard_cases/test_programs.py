"""Branches, containers, functions, accumulations."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial, reduce
from typing import Any, NamedTuple

import numpy as np
import pytest

from tests.hard_cases.checking import Case, Table, matrix, vector

program = Table()
V, M = vector(), matrix()


class Layer(NamedTuple):
    W: Any
    b: Any = 0.0


@dataclass
class Model:
    layers: Any
    scale: float = 1.0


@dataclass(frozen=True)
class Frozen:
    a: Any
    b: Any


# --- branches -----------------------------------------------------------------------------------


@program(V, None)
@program(V, M)
def none_argument(x, W):
    if W is None:
        return np.sum(x * x)
    y = W @ x
    return np.sum(y * y)


@program(V, 0.5)
@program(V, 5.0)
@program(V, -1.0)
def guards(x, limit):
    if limit < 0:
        return 0.0
    s = np.sum(x * x)
    if s < limit:
        return s * limit
    t = np.sin(s)
    if t > 0.5:
        if x[0] > x[1]:
            return t
        t = t * x[1]
    return t + x[0]


@program(V)
def elif_chain(x):
    s = x.sum()
    if s < 1:
        y = x
    elif s < 3:
        y, z = x * x, 2.0
    elif s < 100 and x[0] > 0:
        y = np.sin(x) * x[0]
    else:
        y = x[0]
    return np.sum(y * x)


@program(V)
def arms_differ_in_rank(x):
    y = x[0] if x[1] > 0.5 else x
    z = x if x[1] > 0.5 else 0.0
    return np.sum(y * x) + np.sum(z * z)


@program(V)
def arms_differ_in_length(x):
    y = x[1:] if x[1] > 0.5 else x[:1]
    return np.sum(y * y) + np.mean(y)


@program(0.7, 2.0)
@program(0.0, 2.0, expected=7.0)
@program(0.7, 0.0)
def and_or_as_values(x, y):
    a = x and y
    b = x or y
    c = (x and y) or 3.0
    return a * b + a * y + c * x + (not x) * y


program.add(and_or_as_values, 0.7, 2.0, wrt=(0, 1))


@program(V)
def chained_comparisons(x):
    s = 0.0
    if 0 < x[0] < 1 < x[1] + 1:
        s = s + x[0] * x[1]
    if x[0] == x[0] != x[1]:
        s = s + x[2]
    return s + (0 < x[1] <= 5) * x[3] ** 2


@program(V)
def walrus(x):
    if (s := np.sum(x * x)) > 1:
        s = s * (t := x[0] * x[1]) + t
    return s + (y := np.sin(s)) * y


@program(V)
def asserts(x):
    """Docstring."""
    y: np.ndarray = x * 2
    assert np.all(np.isfinite(y)), f"bad {y}"
    if not y.any():
        raise ValueError("zero")
    pass
    return np.sum(y**2)


@program(V)
def branch_on_shape(x):
    if x.ndim == 1 and len(x) > 2 and isinstance(x, np.ndarray):
        x = x[None]
    if x.shape[0] == 1:
        x = x.reshape(-1, 2)
    return np.sum(x @ x.T)


@program(V)
def result_is_constant(x):
    y = x * 2
    return 3.0


@program(V, V * 2, wrt=(0, 1))
def ignores_an_argument(x, y):
    return np.sum(y * y)


@program(V)
def result_is_the_argument_element(x):
    return x[2]


@program(1.5)
@program(np.array(1.5))
@program(np.float32(1.5))
@program(np.float64(1.5))
def identity(x):
    return x


@program(1.5, 2.5, wrt=(1, 0))
@program(np.array(1.5), 2.0, wrt=(0,))
def permuted(x, y):
    return x * x * y


# --- accumulations ------------------------------------------------------------------------------


@program(V, may_refuse=True)
def many_uses(x):
    a = x
    b = a
    b += 0.0 * x
    c = a * b + a + b - a
    a = a + c
    a += a
    d = a
    return np.sum(a * b * c * d) + np.sum(d + d)


@program(V)
def parameter_is_rebound(x):
    x = x * 2
    x = x + x
    y = x
    x = x * y
    return np.sum(x * y)


@program(V, V * 2, wrt=(0, 1))
def plain_sum(x, y):
    return np.sum(x + y)


@program(V, V * 2, wrt=(0, 1))
def plain_difference(x, y):
    return np.sum(y - x) + np.sum(-x)


@program(M, M * 2, wrt=(0, 1))
def views(x, y):
    a = x.T
    b = a.reshape(-1)
    c = x[1:]
    return np.sum(a * y.T) + np.sum(b[2:] * b[:-2]) + np.sum(c[0] * x[0])


C = np.arange(4.0)


@program(V)
@program(V.astype("f4"))
def global_is_not_given_away(x):
    return np.sum(C * x)


@program(V, V * 3, wrt=(0, 1))
def each_others_gradient(x, y):
    return np.dot(x, y)


@program(M)
def reads_and_whole(x):
    s = x[0, 0] * 2 + np.sum(x) + np.sum(x[0]) * x[0, 1] + np.sum(x[:, 1] * x[:, 2])
    return s + x[0, 0] ** 2 + np.sum(x * x) + np.sum(x[::2])


# --- containers ---------------------------------------------------------------------------------


@program({"b": V, "a": (M, [1.5, {"c": np.float32(2.0)}])})
def nested(p):
    W, (s, q) = p["a"]
    return np.sum(np.tanh(W @ p["b"]) * s) * q["c"]


@program([Layer(M, vector(3)), Layer(matrix(2, 3), np.array(0.5))], V)
def layers(params, x):
    for W, b in params:
        x = np.tanh(W @ x + b)
    for layer in params:
        x = x + np.sum(layer.W**2) * layer.b.sum()
    return np.sum(x)


@program(Model([Layer(M), Layer(matrix(2, 3))], 2.0), V)
def dataclass(model, x):
    for i, layer in enumerate(model.layers):
        x = np.tanh(layer.W @ x + layer.b) * (i + 1)
    return np.sum(x) * model.scale


@program(Frozen(V, (V * 2, 3.0)))
def frozen(p):
    return np.sum(p.a * p.b[0]) * p.b[-1]


@program([V, V])
@program((V, V))
def same_array_twice(p):
    return np.sum(p[0] * p[1] ** 2) + np.sum(p[-1])


@program(V, V, wrt=(0, 1))
def same_argument_twice(x, y):
    return np.sum(x * y) + np.sum(x + y)


@program([])
@program([V])
@program([V, V * 2, V * 3])
def lists(xs):
    s = 1.0
    for x in xs:
        s = s * np.sum(x)
    return s * len(xs)


@program({"w": V, "unused": M, "n": 2.0})
def unused_entry(p):
    q = {**p, "w": p["w"] * 2, "extra": 1.0}
    a, *rest = [q["w"], p["n"], q["extra"]]
    return np.sum(a**2) * rest[0] + len(rest) + p.get("n", 1.0)


@program({"w": V, "k": 2.0}, V)
def keyword_parameters(p, x):
    def inner(x, w, k=1.0, *args, **kwargs):
        return np.sum(w * x) ** k + len(args) + len(kwargs)

    return inner(x, **p) + inner(*[x, p["w"]], k=3.0) + inner(x, p["w"], 2.0, 1, z=2)


@program((V, 2.0))
def unpacking(p):
    (a, b), c = p, 3
    [d, *e] = [a, b, c]
    f, g = g, f = (b, c)
    return np.sum(a * b) * c + np.sum(d) * e[0] * e[1] + f * g


@program(V, may_refuse=True)
def containers_made_inside(x):
    d = {"a": x, "b": {"c": x * 2}}
    t = (d["a"], [d["b"]["c"], x[0]])
    m = Layer(W=t[1][0], b=t[1][1])
    k = Model([m, m], scale=x[1])
    n = m._replace(b=2.0)
    return np.sum(t[0] * m.W) * m.b * k.scale * n.b + np.sum(k.layers[1][0])


@program((1.0, 2, np.array([1.0, 2.0])))
def numbers_of_every_kind(p):
    return p[0] * p[1] * np.sum(p[2] ** p[1])


program.add(lambda p: np.sum(p[0]) * 2, (V, np.arange(3)), refused=True)
program.add(lambda p: np.sum(p["a"]) * 2, {"a": V, "name": "text"}, refused=True)


# --- functions ----------------------------------------------------------------------------------


def helper(x, scale=2.0, *, power=2):
    return scale * x**power


ACTIVATIONS = {"sin": np.sin, "relu": lambda z: np.maximum(z, 0), "helper": helper}


@program(V, "sin")
@program(V, "relu")
@program(V, "helper")
def functions_in_a_dict(x, name):
    return np.sum(ACTIVATIONS[name](x) * x)


@program(V, may_refuse=True)
def closures(x):
    k = 2.0

    def scaled(y, by=k):
        return y * by * k + x

    k = 3.0
    square = lambda t: t * t
    return np.sum(square(scaled(x)) * scaled(x, by=x[0]))


def make(n):
    if n == 0:
        return lambda t: t
    return lambda t: np.sin(t) * n


def several(x):
    return x * 2, {"a": np.sin(x), "b": (x, 3.0)}


@program(V)
def functions_that_give_functions(x):
    f, g = make(0), make(2)
    y, d = several(x)
    z, _ = several(y)
    return np.sum(f(x) * g(y)) * d["b"][1] + np.sum(d["a"] * z * d["b"][0])


@program(V)
def passed_functions(x):
    def twice(f, y):
        return f(f(y))

    def compose(f, g):
        return lambda t: f(g(t))

    return np.sum(twice(np.sin, x) + compose(np.cos, lambda t: twice(np.exp, t * x))(x))


@program(V)
def partial_application(x):
    f = partial(helper, power=3)
    return np.sum(f(x)) + np.sum(partial(helper, x)(scale=3.0))


@program([1.5, 2.5, 0.5])
def reduced(xs):
    return reduce(lambda a, b: a * b + a, xs)


@program(V)
def map_over(x):
    return sum(map(lambda t: t * t, [x[0], x[1], x[2]]))


@program(1.3)
def math_functions(x):
    a = math.sin(x) + math.exp(-x) * math.log(x) + math.sqrt(x) + math.pow(x, 2.5) + math.tanh(x)
    b = math.atan2(x, 2.0) * math.hypot(x, 1.0) + math.log1p(x) - math.erf(x) + math.fabs(-x)
    return a * b + math.log(x, 2) + math.floor(x) * x + math.pi * x + abs(x)


@program(V)
def shadowed_names(sum):
    np_sum = np.sum
    len = np_sum(sum * sum)
    return len * sum[0]


@program(V)
def names_of_the_compiler(x):
    x_bar = x * 2
    y_bar = np.sin(x_bar)
    x_1 = x_bar * y_bar
    zeros_like = np.sum(x_1 * x)
    np_ = zeros_like * 2
    return np_ * zeros_like


@program(V)
def starred_call(x):
    def f(*args, **kw):
        a, *b = args
        return a * b[-1] * kw["k"]

    args = (x[0], x[1], x[2])
    return f(*args, k=x[3]) + f(*args[1:], **{"k": 2.0}) + max(*args)


@pytest.mark.parametrize("case", program.cases)
def test_gradient(case: Case) -> None:
    case.run()
