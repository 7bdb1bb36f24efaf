"""Functions with a rule of their own that give a tuple, of which each part is a value."""

from __future__ import annotations

import builtins
from typing import Any, NamedTuple

import numpy as np
import pytest

from srcgrad import AliasingError, grad, register_vjp, vjp
from srcgrad.ir.ops import DERIVATIVES

X = np.arange(4.0) + 0.3


class Waves(NamedTuple):
    sine: Any
    cosine: Any


def pair(x):
    return np.sin(x), np.cos(x)


def pair_vjp(y_bar, y, x):
    return y_bar[0] * y[1] - y_bar[1] * y[0]


def named(x):
    return Waves(np.sin(x), np.cos(x))


def named_vjp(y_bar, y, x):
    return y_bar.sine * y.cosine - y_bar.cosine * y.sine


def nested(x):
    return np.sin(x), (np.cos(x), 2.0 * x)


def nested_vjp(y_bar, y, x):
    return y_bar[0] * y[1][0] - y_bar[1][0] * y[0] + 2.0 * y_bar[1][1]


def hidden(x):
    """Of which the source tells nothing."""
    return builtins.eval("np.sin(x), np.cos(x)", {"np": np, "x": x})


def called(x):
    return np.sin(x), np.cos(x)


def called_vjp(y_bar, y, x):
    return builtins.eval("b[0] * y[1] - b[1] * y[0]", {"b": y_bar, "y": y})


def halves(x):
    return x[:1] * 1.0, x[1:] * 2.0


def halves_vjp(y_bar, y, x):
    return np.concatenate([y_bar[0], 2.0 * y_bar[1]])


def centred(x):
    mean = float(np.mean(x))
    return mean, x - mean


def centred_vjp(y_bar, y, x):
    return y_bar[0] / x.size + y_bar[1] - np.mean(y_bar[1])


def ordered(x):
    return np.argsort(x), np.sort(x)


def ordered_vjp(y_bar, y, x):
    x_bar = np.zeros_like(x)
    x_bar[y[0]] = y_bar[1]
    return x_bar


def squared(x):
    return x**2, None


def squared_vjp(y_bar, y, x):
    return 2 * x * y_bar[0]


RULES = {
    pair: pair_vjp, named: named_vjp, nested: nested_vjp, hidden: pair_vjp, called: called_vjp,
    halves: halves_vjp, centred: centred_vjp, ordered: ordered_vjp, squared: squared_vjp,
}  # fmt: skip


@pytest.fixture(autouse=True)
def rules():
    for function, rule in RULES.items():
        register_vjp(function)(rule)
    yield
    for function in RULES:
        DERIVATIVES.pop(function, None)


def ones(value):
    """A cotangent of ones."""
    if isinstance(value, tuple):
        parts = map(ones, value)
        return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
    return np.ones(np.shape(value))


def leaves(value):
    """The arrays and numbers in nested tuples."""
    if isinstance(value, tuple):
        return [leaf for part in value for leaf in leaves(part)]
    return [] if value is None else [value]


def slopes(f):
    def total(x):
        return sum(np.sum(leaf) for leaf in leaves(f(x)))

    steps = 1e-6 * np.eye(X.size)
    return [(total(X + step) - total(X - step)) / 2e-6 for step in steps]


@pytest.mark.parametrize("function", [pair, named, nested, hidden, called])
def test_value_may_be_overwritten_before_the_pullback(function):
    def f(x):
        return function(x)

    value, pullback = vjp(f, X)
    assert type(value) is type(function(X))
    bar = ones(value)
    (first,) = pullback(bar)
    np.testing.assert_allclose(first, slopes(f), atol=1e-8)
    first = first.copy()
    for leaf in leaves(value):
        leaf[:] = 7.0
    np.testing.assert_array_equal(pullback(bar)[0], first)


@pytest.mark.parametrize("function", [pair, hidden, called])
def test_part_may_be_overwritten_before_the_pullback(function):
    def f(x):
        return {"cosine": function(x)[1], "x": x}

    value, pullback = vjp(f, X)
    value["cosine"][:] = 7.0
    bar = {"cosine": np.ones(4), "x": np.zeros(4)}
    np.testing.assert_allclose(pullback(bar)[0], -np.sin(X))


def first_half(x):
    a, b = halves(x)
    return np.sum(a**2)


def second_half(x):
    return np.sum(halves(x)[1] ** 2)


def both_halves(x):
    a, b = halves(x)
    return np.sum(a**2) * np.sum(b)


def mean_alone(x):
    mean, rest = centred(x)
    return mean**2


def rest_alone(x):
    mean, rest = centred(x)
    return np.sum(rest**3)


def on_some_way(x):
    mean, rest = centred(x)
    if mean > 100.0:
        return 2 * mean
    return np.sum(rest**3)


def part_of_a_part(x):
    return np.sum(nested(x)[1][0] ** 2)


def by_place(x):
    places, values = ordered(x)
    return np.sum(values * x[places[::-1]])


def beside_none(x):
    return np.sum(squared(x)[0] ** 2)


def by_name(x):
    return np.sum(named(x).sine ** 2)


def in_a_loop(x):
    total = 0.0
    for i in range(3):
        a, b = pair(i * x)
        total += np.sum(a * b)
    return total


def in_a_list(x):
    pairs = [pair(x + i) for i in range(3)]
    return sum(np.sum(a * b) for a, b in pairs)


def asked_as_a_tuple(x):
    y = pair(x)
    return len(y) * np.sum(y[-1]) + np.sum(sum(y))


PARTS = [
    first_half, second_half, both_halves, mean_alone, rest_alone, on_some_way, part_of_a_part,
    by_place, beside_none, by_name, in_a_loop, in_a_list, asked_as_a_tuple,
]  # fmt: skip


@pytest.mark.parametrize("f", PARTS)
def test_parts(f):
    np.testing.assert_allclose(grad(f)(X), slopes(f), rtol=1e-6, atol=1e-7)


def test_copy_of_a_part_is_written():
    def f(x):
        a, b = pair(x)
        a = a.copy()
        a[0] = 3.0
        return np.sum(a * b)

    np.testing.assert_allclose(grad(f)(X), slopes(f), rtol=1e-6)


def test_part_that_is_written_is_refused():
    def f(x):
        a, b = pair(x)
        a[0] = 3.0
        return np.sum(a * b)

    with pytest.raises(AliasingError, match="a part of what it gives is written"):
        grad(f)(X)
