"""Iterators that are gone on with whose elements are computed when they are made, and parts of
those that are gone on with."""

import itertools
from itertools import accumulate, chain, islice, takewhile

import numpy as np
import pytest

from srcgrad import UnsupportedSyntaxError, grad
from tests.slopes import check_at

POINTS = np.array([0.8, -0.3, 0.55, 1.4]), np.array([-0.8, 1.3, 0.25, 0.45])


def two_loops(x):
    it = (x[i] * x[j] for i in range(len(x)) for j in range(i))
    first = next(it)
    for v in it:
        first = first * v + v
        if first > 1:
            break
    return first + sum(it)


def two_conditions(x):
    it = (v * w for v in x if v > 0 for w in x if w > 0.3)
    a, b = next(it), next(it, 0.0)
    return a * b + sum(v * v for v in it)


def conditions_on_one(x):
    it = (v * v for v in x if v > 0 if v < 2)
    return next(it) + 2 * sum(it)


def one_after_another(x):
    it = chain(x, x * x)
    a, b = next(it), next(it)
    rows = chain.from_iterable(np.outer(x, x))
    return a * b * sum(it) + next(rows) * sum(rows)


def running_totals(x):
    it = accumulate(x, lambda a, b: a * b + b, initial=1.0)
    first, second = next(it), next(it)
    return first * second + sum(it)


def parts(x):
    it = islice((v * v for v in x), 1, None, 2)
    other = takewhile(lambda v: v < 2, (v * v + 1 for v in x))
    last = itertools.dropwhile(lambda v: v < 0, x)
    return next(it) * 2 + sum(it) + next(other) * sum(other) + next(last) * sum(last)


def rows(x):
    it = itertools.zip_longest(x, x[1:], fillvalue=x[0])
    a, b = next(it)
    some = itertools.compress(x, x > 0)
    two = itertools.combinations(x, 2)
    c, d = next(two)
    s = a * b + sum(p * q for p, q in it) + next(some) * sum(some)
    return s + c * d * sum(p * q for p, q in two)


def neighbours(x):
    it = itertools.pairwise(x)
    a, b = next(it)
    return a * b + sum((q - p) ** 2 for p, q in it)


def chunks(x):
    it, s = iter(x), 0.0
    while chunk := list(islice(it, 3)):
        s += sum(chunk) ** 2 * len(chunk)
    return s


def a_part_that_is_asked_later(x):
    it = iter(x)
    part = islice(it, 2)
    first = next(it)
    return first * sum(part) + 2 * sum(it)


def a_head(x):
    it = iter(x)
    head = list(takewhile(lambda v: v > 0.5, it))
    rest = list(islice(it, 1, 3))
    return sum(head) * 2 + sum(v * v for v in rest) + sum(chain([x[0]], it))


def until_it_ends(x):
    it, s = (v * w for v in x for w in x[1:]), 0.0
    while True:
        try:
            v = next(it)
        except StopIteration:
            break
        s = s * 0.5 + v
    return s


def numbers_that_are_counted(x):
    times, s = itertools.count(0.5, 0.1), 0.0
    for v in x:
        s += v * next(times)
    steps = itertools.count(x[0], x[1])
    first = next(steps)
    for v in steps:
        s += v * first
        if s > 2:
            break
        if v > 9 or v < -9:
            break
    return s * next(times)


def again_and_again(x):
    weights, rows = itertools.cycle(x[:2] ** 2), itertools.cycle([x[0] * x[1], np.sin(x[2])])
    squares, s = itertools.cycle(v * v for v in x if v > 0.3), 0.0
    for v in x:
        s += v * next(weights) + next(rows) * next(squares)
    return s + next(itertools.cycle([v for v in x if v > 9]), 2.0) * x[0]


def one_value(x):
    same = itertools.repeat(x[0])
    return sum(v * next(same) for v in x) * next(same)


PROGRAMS = [
    *(numbers_that_are_counted, again_and_again, one_value),
    *(two_loops, two_conditions, conditions_on_one, one_after_another, running_totals, parts),
    *(rows, neighbours, chunks, a_part_that_is_asked_later, a_head, until_it_ends),
]


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_gradient(f):
    check_at(f, *POINTS)


def written_meanwhile(x):
    y = x.copy()
    it = (v * w for v in y for w in y)
    first = next(it)
    y[1] = 3.0
    return first * sum(it)


def written_in_a_loop(x):
    y = x.copy()
    it, s, k = (v * w for v in y for w in y), 0.0, 0
    while k < 5:
        s += next(it)
        y[2] *= 2
        k += 1
    return s


def written_in_a_cycle(x):
    y = x.copy()
    it = itertools.cycle(y)
    first = next(it)
    y[1] = 3.0
    return first * next(it)


def a_list_that_gets_longer(x):
    items = [x[0], x[1]]
    it = (v * w for v in items for w in x)
    first = next(it)
    items.append(x[2])
    return first * sum(it)


def a_name_that_changes(x):
    c = x[0]
    it = (v * w * c for v in x for w in x)
    first = next(it)
    c = 5.0
    return first * sum(it)


def with_an_effect(x):
    log = []

    def noted(v):
        log.append(v)
        return v

    it = (noted(v) for _ in range(2) for v in x)
    return next(it) * sum(log) + next(it)


def checked(v):
    if v < 0:
        raise ValueError("negative")
    return v


def that_may_raise(x):
    it = (checked(v) for _ in range(2) for v in x)
    return next(it) * next(it)


REFUSED = {
    written_meanwhile: "is changed",
    written_in_a_loop: "is changed",
    written_in_a_cycle: "is changed",
    a_list_that_gets_longer: "is changed",
    a_name_that_changes: "is changed",
    with_an_effect: "writes, draws or prints",
    that_may_raise: "may raise an error",
}


@pytest.mark.parametrize("f", REFUSED, ids=lambda f: f.__name__)
def test_refused(f):
    with pytest.raises(UnsupportedSyntaxError, match=REFUSED[f]):
        grad(f)(POINTS[0])
