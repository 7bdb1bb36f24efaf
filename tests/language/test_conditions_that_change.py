"""``while opt.step() > tol``: conditions that change objects, lists, arrays and iterators."""

from __future__ import annotations

import numpy as np
import pytest

from srcgrad import grad
from tests.slopes import check_at

POINTS = np.array([0.7, -0.4, 1.3]), np.array([0.3, 0.9, 2.1])


class Halving:
    def __init__(self, v):
        self.v, self.steps, self.seen = v, 0, []

    def step(self):
        self.steps += 1
        self.v = self.v * 0.5
        return self.v**2

    def noted(self):
        self.seen.append(self.v)
        return self.step()

    def done(self):
        self.steps += 1
        return self.steps > 5 or self.v < 0.1


class Count:
    n = 0


def of_an_object(x):
    o = Halving(x[2])
    while o.step() > 0.01:
        pass
    return o.v * x[0] * o.steps


def of_a_list_in_an_object(x):
    o = Halving(x[2])
    while o.noted() > 0.01:
        pass
    return o.v * x[0] * sum(o.seen)


def of_a_variable(x):
    n, v = 0, x[2]

    def step():
        nonlocal n, v
        n += 1
        v = v * 0.5
        return v**2

    while step() > 0.01:
        pass
    return v * n * x[0]


def with_an_else(x):
    o, total = Halving(x[2]), 0.0
    while not o.done():
        o.v = o.v * 0.7
        total = total + o.v * x[0]
    else:
        total = total * 2
    return total * o.steps


def all_ways_to_leave(x):
    total = 0.0
    for v in x:
        o = Halving(v)
        while o.step() > 0.001:
            if o.steps == 2:
                continue
            total = total + o.v * x[1]
            if o.v < 0.05:
                return total * x[0]
            if o.steps > 4:
                break
        else:
            total = total * 3 + o.steps
    return total


def one_in_another(x):
    o, p, total = Halving(x[2]), Halving(x[0]), 0.0
    while o.step() > 0.01 and p.step() > 0.001:
        q = Halving(o.v)
        while q.step() > 0.02:
            total = total + q.v * p.v
    return total * o.steps * p.steps


def of_a_list(x):
    left, total = [*x, 0.2, -1.0], 0.0
    while len(left) > 1 and left.pop(0) != 0.2:
        total = total + sum(left)
    return total + left[0] * x[0]


def of_a_list_that_data_fill(x):
    found = []

    def more():
        if len(found) > 4:
            return False
        found.append(x[len(found) % 3] ** 2)
        return True

    while more():
        pass
    return np.sum(np.array(found) * np.arange(5))


def of_a_dict(x):
    sums, i = {}, 0

    def again(key):
        sums[key] = sums.get(key, 0.0) + x[0]
        return len(sums) < 4

    while again(i % 5):
        i += 1
    return sum(sums.values()) * i


def of_an_array(x):
    u = np.zeros(4)

    def change():
        old = u.copy()
        u[1:-1] = 0.5 * (old[2:] + old[:-2]) + x[0]
        u[0], u[-1] = x[1], x[2]
        return np.max(np.abs(u - old))

    while change() > 0.05:
        pass
    return np.sum(u**2)


def of_a_class(x):
    Count.n = 0
    v = x[2]

    def more(v):
        Count.n += 1
        return v > 0.1

    while more(v):
        v = v * 0.5
    return v * Count.n


def of_an_iterator(x):
    rest, total = iter(x), 0.0
    while next(rest, 0.0) != 0.0:
        total = total + x[0]
    return total


def in_a_recursion(x):
    def solved(v, depth):
        o = Halving(v)
        while o.step() > 0.05:
            v = v + 0.1
        return v if depth == 0 else solved(v * o.v, depth - 1)

    return solved(x[2], 3)


def that_raises(x):
    o = Halving(x[2])
    while o.step() > 0.01:
        if o.steps > 100:
            raise ValueError("no convergence")
    return o.v * x[0] * o.steps


PROGRAMS = [
    *(of_an_object, of_a_list_in_an_object, of_a_variable, with_an_else, all_ways_to_leave),
    *(one_in_another, of_a_list, of_a_list_that_data_fill, of_a_dict, of_an_array, of_a_class),
    *(of_an_iterator, in_a_recursion, that_raises),
]


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_gradient(f) -> None:
    check_at(f, *POINTS)


def test_the_text() -> None:
    text = grad(of_an_object).lower(POINTS[0]).source
    assert "while True:" in text
    assert "if not v ** 2 > 0.01:\n            break" in text
