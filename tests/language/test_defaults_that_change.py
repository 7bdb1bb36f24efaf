"""``f.__defaults__`` and ``f.__kwdefaults__`` that a program changes: those of each call hold."""

from __future__ import annotations

import pytest

from srcgrad import value_and_grad
from srcgrad.errors import CertainError


def scaled(x, j=2.0, k=3.0, *, m=5.0):
    return x * j**2 * k * m


def of_a_function(x):
    return scaled(x)


DEFAULTS = [
    *((2.0, 3.0), (4.0, 5.0), (6.0,), None),
    *((7.0, 8.0, 9.0), (7.0, 8.0), (4, 5), (), (2.0, 3.0)),
]


def test_defaults_are_those_of_the_call(monkeypatch):
    def inner(x, j=2.0, k=3.0, *, m=5.0):
        return x * j**2 * k * m

    def of_a_cell(x):
        return inner(x)

    for f, callee in ((of_a_function, scaled), (of_a_cell, inner)):
        gradient = value_and_grad(f)
        for defaults in DEFAULTS:
            monkeypatch.setattr(callee, "__defaults__", defaults)
            if len(defaults or ()) < 2:
                with pytest.raises(TypeError):
                    f(1.5)
                with pytest.raises(
                    CertainError, match="missing . required [a-z-]+ arguments?: '[jk]'"
                ):
                    gradient(1.5)
            else:
                value, bar = gradient(1.5)
                assert (value, bar) == (f(1.5), f(1.0))


def test_defaults_of_keywords(monkeypatch):
    gradient = value_and_grad(of_a_function)
    for defaults in ({"m": 5.0}, None, {"m": 7.0, "n": 3.0}):
        monkeypatch.setattr(scaled, "__kwdefaults__", defaults)
        if defaults is None:
            with pytest.raises(CertainError, match="missing 1 required [a-z-]+ argument: 'm'"):
                gradient(1.5)
        else:
            assert gradient(1.5) == (of_a_function(1.5), of_a_function(1.0))


def test_one_that_had_none(monkeypatch):
    def product(x, y):
        return x * y

    def f(x):
        return product(x)

    product.__defaults__ = (3.0,)
    assert value_and_grad(f)(1.5) == (4.5, 3.0)
