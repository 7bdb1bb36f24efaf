"""``try: d[k] += v``, ``except KeyError: d[k] = v``: a ``try`` whose last statement puts an item
into a dict or a list of which only running the program tells what is in it."""

from __future__ import annotations

import numpy as np
import pytest

from srcgrad import UnsupportedSyntaxError, grad
from tests.language.cases import Table

case = Table()
X = np.array([0.7, 1.3, 0.9, 1.1, 0.6, 1.7])


@case(X)
@case(X + 1.0)
def counted(x):
    d = {}
    for v in x:
        k = int(v * 3)
        try:
            d[k] += 1
        except KeyError:
            d[k] = 1
    s = 0.0
    for k, n in d.items():
        s += n * k * x[k % 6]
    return s


@case(X)
@case(X - 1.0)
def summed(x):
    d = {}
    for i in range(len(x)):
        k = int(x[i] > 1)
        try:
            d[k] += x[i] ** 2
        except KeyError:
            d[k] = x[i]
    return sum(d.values()) * len(d)


@case(X)
def written_out(x):
    d = {}
    for i in range(len(x)):
        k = int(x[i] > 1)
        try:
            d[k] = d[k] * x[i]
        except KeyError:
            d[k] = 3 * x[i]
    return sum(d.values()) * len(d)


@case(X)
def arrays(x):
    d = {}
    for i in range(len(x)):
        k = int(x[i] > 1)
        try:
            d[k] = d[k] + x * i
        except KeyError:
            d[k] = x**2
    s = 0.0
    for v in d.values():
        s += np.sum(v**2)
    return s


@case(X)
def a_key_that_is_there_before(x):
    d = {0: x[0]}
    for i in range(len(x)):
        k = int(x[i] * 2)
        try:
            d[k] *= x[i]
        except KeyError:
            d[k] = x[i] ** 2
    return sum(d.values())


@case(X)
def more_before_it(x):
    d = {}
    for i in range(len(x)):
        k = int(x[i] > 1)
        try:
            part = x[i] ** 2 * (1.0 / len(d))
            d[k] += part
        except (KeyError, ZeroDivisionError):
            d[k] = x[i]
    return sum(d.values()) * len(d)


@case(X)
def with_an_else(x):
    d, s = {}, 0.0
    for i in range(len(x)):
        k = int(x[i] > 1)
        try:
            d[k] += x[i]
        except KeyError:
            d[k] = 2 * x[i]
        else:
            s += x[i] * d[k]
    return s + sum(d.values())


@case(X)
def of_a_list(x):
    items = [v for v in x if v > 1]
    for i in range(len(x)):
        try:
            items[i] = items[i] * x[i]
        except IndexError:
            items.append(x[i])
    s = 0.0
    for v in items:
        s += v**2
    return s


@case(X)
def put_where_nothing_is(x):
    items = [v for v in x if v > 1]
    s = 0.0
    for i in range(len(x)):
        try:
            items[i] = x[i] ** 2
        except IndexError:
            s += x[i]
    for v in items:
        s += v**2
    return s


@pytest.mark.parametrize("program", case.cases)
def test_gradient(program):
    program.run()


def test_what_may_be_half_done_is_refused():
    def two(x):
        d, n = {0: 0.0}, {}
        for i in range(len(x)):
            k = int(x[i] > 1)
            try:
                d[k] = x[i]
                n[k] += x[i]
            except KeyError:
                n[k] = x[i] + len(d)
        return sum(n.values())

    class Both:
        def __init__(self):
            self.d, self.n = {}, {}

        def __setitem__(self, k, v):
            self.d[k] = v
            self.n[k] += v

    def of_an_instance(x):
        both = Both()
        for i in range(len(x)):
            k = int(x[i] > 1)
            try:
                both[k] = x[i]
            except KeyError:
                both.n[k] = x[i] + len(both.d)
        return sum(both.n.values())

    for f in (two, of_an_instance):
        with pytest.raises(UnsupportedSyntaxError, match="this changes a container"):
            grad(f)(X)
