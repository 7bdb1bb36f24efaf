"""A list that each trip of a loop makes anew, and that is read after the loop."""

from __future__ import annotations

import numpy as np
import pytest

from srcgrad import grad, value_and_grad
from tests.hard_cases.checking import Table

X = np.array([0.7, -1.2, 1.5, 0.4])
case = Table()


@case(X)
def of_numbers(x):
    for _ in range(2):
        r = [v * 2 for v in x]
    return sum(v * v for v in r)


@case(X)
def appended_to(x):
    for i in range(3):
        r = []
        for v in x:
            r.append(v * v * i)
    return sum(v * v for v in r)


@case(X)
def of_arrays(x):
    for row in x.reshape(2, 2):
        parts = [row * v for v in x]
    return np.sum(parts[-1])


@case(X)
def of_lists(x):
    for i in range(3):
        r = [[v * u * i for v in x] for u in x]
    return sum(r[1]) * r[0][2]


@case(X)
def of_tuples(x):
    for _ in range(3):
        r = [(v, v * x[0]) for v in x]
    return sum([a * b for a, b in r])


@case(X)
@case(-X)
def left_early(x):
    for i in range(3):
        r = [v * v * i for v in x]
        if x[0] > 0:
            break
    return sum(v * x[1] for v in r)


@case(X)
def while_something_grows(x):
    s = x[0]
    while s < 30:
        r = list(x * s)
        s = s * 2
        if s > 20:
            break
    return sum(v * v for v in r)


@case(X, 3)
@case(X, 12)
def none_before(x, n):
    r = None
    for i in range(n):
        r = list(x * (i + 1))
        if i > x[2]:
            break
    return sum(v * v for v in r)


@case(X)
def in_loops_in_loops(x):
    for i in range(3):
        for j in range(2):
            r = [v * (i + j) for v in x]
        q = [sum(r) * v for v in r]
    return sum(q) * r[1]


@case(X, 3)
@case(X, 0)
def read_in_a_loop_that_may_have_no_trip(x, n):
    for _ in range(n):
        r = [v * 2 for v in x]
    t = x[0]
    for i in range(n):
        t += r[i] ** 2
    return t


@pytest.mark.parametrize("program", case.cases)
def test_of_a_list_made_in_trips(program):
    program.run()


def test_no_trip_no_list():
    """Where the function would raise, its gradient does too."""

    def f(x, n):
        for _ in range(n):
            r = [v * 2 for v in x]
        return sum(v * v for v in r)

    for derivative in (grad(f), value_and_grad(f)):
        derivative(X, 3)
        with pytest.raises((TypeError, UnboundLocalError)):
            derivative(X, 0)
