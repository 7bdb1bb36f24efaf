"""``functools.partial``: made inside, held outside, nested, in containers and branches."""

from __future__ import annotations

import functools

import numpy as np
import pytest

from srcgrad import SrcgradError, grad
from tests.language.cases import Table, vector

case = Table()


def scaled(scale, v, power=1, *rest, offset=0.0):
    return scale * v**power + offset + len(rest)


HALVED = functools.partial(scaled, 0.5)
TABLE = {"cubed": functools.partial(HALVED, power=3), "maximum": functools.partial(np.maximum, 1.0)}


@case(vector())
def made_inside(x):
    squared = functools.partial(scaled, x[0], power=2)
    return np.sum(squared(x) * squared(x, power=3) * squared(x, offset=x[1]))


@case(vector())
def nested(x):
    inner = functools.partial(scaled, x[0])
    outer = functools.partial(inner, x, 2, 7, offset=x[1])
    return np.sum(outer(8, 9) * outer(offset=1.0))


@case(vector())
def held_outside(x):
    return np.sum(HALVED(x) * TABLE["cubed"](x) + TABLE["maximum"](x) * HALVED(x, offset=x))


@case(vector())
def of_closures(x):
    def times(a, b):
        return a * b * x[0]

    functions = [functools.partial(times, x), functools.partial(times, b=x[1])]
    return np.sum(functions[0](x) * functions[1](x)) + sum(
        map(functools.partial(times, x[2]), [1, 2])
    )


@case(vector())
def parts(x):
    made = functools.partial(scaled, x[0], power=2)
    return np.sum(made.func(made.args[0], x)) * made.keywords["power"] * HALVED.args[0]


@case(vector())
def in_a_loop(x):
    y = x
    for k in range(len(x)):
        step = functools.partial(scaled, x[0] + k, offset=0.1 * k)
        y = np.sin(step(y))
    return np.sum(y)


@case(vector(), 0.5)
@case(vector(), 9.0)
def called_in_branches(x, c):
    f = functools.partial(scaled, x[0])
    return np.sum(f(x, power=2)) if x[1] > c else np.sum(f(x))


def test_a_rebound_partial_is_seen(monkeypatch):
    def f(x):
        return np.sum(HALVED(x))

    df = grad(f)
    np.testing.assert_allclose(df(vector()), 0.5)
    monkeypatch.setitem(globals(), "HALVED", functools.partial(scaled, 3.0))
    np.testing.assert_allclose(df(vector()), 3.0)
    monkeypatch.setitem(globals(), "HALVED", functools.partial(np.multiply, 4.0))
    np.testing.assert_allclose(df(vector()), 4.0)


def test_a_partial_handed_to_a_library():
    def f(x):
        return np.sum(np.apply_along_axis(functools.partial(scaled, x[0]), 0, x))

    with pytest.raises(SrcgradError):
        grad(f)(vector())


@pytest.mark.parametrize("program", case.cases)
def test_gradient(program):
    program.run()
