"""``itertools.count`` and ``itertools.cycle`` beside iterables that end, and asked by ``next``."""

import itertools
import operator

import numpy as np
import pytest

from srcgrad import UnsupportedSyntaxError, grad
from tests.slopes import check_at

POINTS = np.array([0.31, -0.7, 1.2, 0.4]), np.array([-0.3, 0.9, 0.5, -0.45])


def counted_from_one(x):
    s = 0.0
    for i, v in zip(itertools.count(1), x):
        s += i * v * v
    return s


def counted_by_steps(x):
    n, large = len(x), [v for v in x if v > 0]
    s = sum(i * v * w for i, v, w in zip(itertools.count(), large, x[1:]))
    s += sum(map(operator.mul, itertools.count(n, -2), large))
    return s + sum(k * v * i for v, k, i in zip(x, itertools.count(3), itertools.count(0, n)))


def signs(x):
    large, s = [v for v in x if v > 0], 0.0
    for sign, v in zip(itertools.cycle([1, -1]), x):
        if v > 1:
            break
        s += sign * v**2
    return s + sum(a * v * i for a, v, i in zip(itertools.cycle((2, 3)), large, range(9)))


def functions_and_values(x):
    s, weights = 0.0, [x[0], x[1] ** 2, 3.0]
    for f, w, v in zip(itertools.cycle([np.sin, np.cos]), itertools.cycle(weights), x):
        s = f(s + v) * w
    return s


def as_keys(x):
    d = dict(zip(itertools.count(1), x))
    pairs = list(zip(itertools.cycle("ab"), x))
    return d[1] * d[4] + sum(d) + sum(v for k, v in pairs if k == "b") ** 2


def in_each_trip(x):
    s = 0.0
    for w in x:
        for i, v in zip(itertools.count(1), x):
            s += i * v * w
    return s


def numbers_one_by_one(x):
    numbers, signs, s = itertools.count(2), itertools.cycle([1, -1]), 0.0
    first = next(numbers)
    for v in x:
        s += next(numbers) * next(signs) * v * first
    return s


def left_in_time(x):
    s = t = 1.0
    for k in itertools.count(1):
        t = t * x[2] / k
        s += t
        if abs(t) < 1e-9:
            break
    for i in range(10**25):
        s += i * t * x[1]
        if i > 3:
            break
    for i, v in zip(range(10**9), [x[0], x[1]]):
        s += i * v
    for _ in range(10**12):
        s *= 0.9
        if s < 2:
            break
    return s


PROGRAMS = [
    left_in_time,
    counted_from_one,
    counted_by_steps,
    signs,
    functions_and_values,
    as_keys,
    in_each_trip,
    numbers_one_by_one,
]


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_gradient(f):
    check_at(f, *POINTS)


def test_nothing_is_left_of_it():
    derivative = grad(counted_from_one)
    derivative(POINTS[0])
    assert "count" not in derivative.source.split('"""')[2].split("#")[0]


def asked_after(x):
    c = itertools.count(1)
    return sum(i * v for i, v in zip(c, x)) + next(c)


def asked_before(x):
    c = itertools.count(1)
    first = next(c)
    return sum(i * v for i, v in zip(c, x)) * first


def gone_on_with(x):
    c, s = itertools.count(1), 0.0
    for i in c:
        s += x[i % 4]
        if s > 0.1:
            break
    return s * next(c)


def twice(x):
    c = itertools.count(1)
    return sum(i * v for i, v in zip(c, x)) + sum(i * v for i, v in zip(c, x))


def in_two_trips(x):
    c, s = itertools.cycle([1, 2, 3]), 0.0
    for _ in range(2):
        for i, v in zip(c, x):
            s += i * v
    return s


def where_data_decide(x):
    c = itertools.count(1)
    if x[0] > 0:
        return sum(i * v for i, v in zip(c, x))
    return next(c) * x[1]


def in_a_recursion(x):
    c = itertools.count(1)

    def walk(v):
        if v > 5:
            return v
        return sum(i * w for i, w in zip(c, x)) + walk(v + abs(x[1]) + 1)

    return walk(x[0])


REFUSED = [
    gone_on_with,
    asked_after,
    asked_before,
    twice,
    in_two_trips,
    where_data_decide,
    in_a_recursion,
]


@pytest.mark.parametrize("f", REFUSED, ids=lambda f: f.__name__)
def test_refused(f):
    with pytest.raises(UnsupportedSyntaxError, match="gives elements in two places"):
        grad(f)(POINTS[0])


def weighted_in_turn(x):
    weights = itertools.cycle([1.0, -0.5, 2.0])
    s = 0.0
    for v in x:
        if v > -1.0:
            s += v**2 * next(weights)
    return s * next(weights)


def every_other(x):
    takes = itertools.cycle((True, False))
    return sum(v**2 for v in x if next(takes))


@pytest.mark.parametrize("f", [weighted_in_turn, every_other])
def test_next_of_a_cycle_of_numbers(f):
    check_at(f, np.array([0.7, -1.3, 1.9, -0.4]))


def in_turn(x):
    values = itertools.cycle([x[0], x[1]])
    return sum(v * next(values) for v in x)


def test_next_of_a_cycle_of_what_is_computed():
    check_at(in_turn, np.array([0.7, -1.3, 1.9]))
