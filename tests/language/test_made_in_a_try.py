"""Ranges, iterators and partials that are made in a ``try``: they raise where Python makes them."""

from __future__ import annotations

import functools
import itertools

import numpy as np
import pytest

from srcgrad import UnknownTypeError, grad
from tests.language.cases import Table, vector

case = Table()


# --- ranges -------------------------------------------------------------------------------------


@case(vector(), 0)
@case(vector(), 2)
def a_step_that_may_be_zero(x, n):
    try:
        steps = range(0, 4, n)
        r = x[0]
    except ValueError as e:
        r = x[1] * len(str(e))
    return r


@case(vector())
def bounds_that_are_none(x):
    r = x[0]
    for bounds in ("a", None, 1.5, [1]):
        try:
            range(bounds)
            r = r + x[1]
        except TypeError as e:
            r = r + x[2] * len(str(e))
    try:
        range(1, 2, 3, 4)
    except TypeError:
        r = r * 2
    return r


@case(vector(), 1)
@case(vector(), 3)
def a_number_of_a_range(x, n):
    first = range(1, 4)
    every = range(0, 4, 2)
    data = range(1, n + 1)
    r = x[first[0]] * x[first[-1]] + x[every[1]] * x[data[0]] + x[data[-1]]
    try:
        r = r + x[range(n)[2]]
    except IndexError:
        r = r * 3
    return r


# --- iterators ----------------------------------------------------------------------------------


@case(vector(), 0.8)
def of_a_number(x, s):
    r = x[0]
    try:
        pairs = zip(x, s)
    except TypeError as e:
        r = r + x[1] * len(str(e))
    try:
        images = map(np.sin, s)
    except TypeError as e:
        r = r + x[2] * len(str(e))
    try:
        some = filter(None, s)
    except TypeError:
        r = r * 2
    try:
        each = (v for v in s)
    except TypeError:
        r = r * 3
    try:
        numbered = enumerate(s)
    except TypeError:
        r = r * 5
    try:
        back = reversed(x[0])
    except TypeError as e:
        r = r * len(str(e))
    return r


@case(vector())
def of_what_has_no_order(x):
    r = x[0]
    for _ in range(2):
        try:
            back = reversed({1, 2})
        except TypeError as e:
            r = r + x[1] * len(str(e))
        try:
            back = reversed(zip(x, x))
        except TypeError as e:
            r = r + x[2] * len(str(e))
        try:
            numbered = enumerate(x, "a")
        except TypeError:
            r = r * 2
        try:
            each = (i for i in range(0, 4, 0))
        except ValueError:
            r = r * 3
    return r


@case(vector())
def what_cannot_be_called(x):
    try:
        f = functools.partial(3)
        r = x[0]
    except TypeError:
        r = x[1] * 2
    try:
        g = functools.partial(np.sin)
        r = r * g(x[2])
    except TypeError:
        r = 0.0
    try:
        super()
    except RuntimeError as e:
        r = r * len(str(e))
    return r


@pytest.mark.parametrize("program", case.cases)
def test_gradient(program):
    program.run()


def test_what_chain_finds_out_later_is_refused() -> None:
    def f(x, s):
        try:
            both = itertools.chain(x, s)
            r = x[0]
        except TypeError:
            r = x[1]
        return r

    with pytest.raises(UnknownTypeError):
        grad(f)(vector(), 0.5)
