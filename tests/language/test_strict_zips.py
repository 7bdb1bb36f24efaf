"""``zip(..., strict=True)`` raises after the last row, unless the loop was left before."""

from __future__ import annotations

import heapq
import itertools
from collections import deque

import numpy as np
import pytest

from srcgrad import value_and_grad
from srcgrad.errors import UnsupportedSyntaxError
from tests.slopes import check_at

POINT = np.array([0.31, -0.7, 1.2])
LOG = []


def positive(x):
    return [v for v in x if v > 0]


def left_by_break(x):
    s = 0.0
    for a, b in zip(positive(x), [x[1]], strict=True):
        s = s + a * b
        if a > 0.3:
            break
    return s


def left_by_return(x):
    for a, b in zip([x[0], x[1]], [x[2]], strict=True):
        if a > 0:
            return a * b
    return x[0]


def the_first_of_them(x):
    a, b = next(zip([x[0], x[1]], [x[2]], strict=True))
    return a * b


def any_of_them(x):
    return x[0] ** 2 * any(a * b < 0 for a, b in zip(positive(x), [x[1]], strict=True))


def made_but_not_used(x):
    zip(positive(x), [x[1]], strict=True)
    return x[0] ** 2


@pytest.mark.parametrize(
    "f", [left_by_break, left_by_return, the_first_of_them, any_of_them, made_but_not_used]
)
def test_nothing_is_raised_where_the_last_row_is_not_asked_for(f):
    check_at(f, POINT)


def in_try(x):
    try:
        for _, _ in zip(x, x[:2], strict=True):
            LOG.append(1)
    except ValueError as error:
        LOG.append(str(error))
    return np.sum(x**2)


def not_left(x):
    s = 0.0
    for i, (a, b) in enumerate(zip(positive(x), [x[1]], strict=True)):
        LOG.append(i)
        s = s + a * b
        if s > 9:
            break
    return s


def three(x):
    s = 0.0
    for a, b, c in zip(x, [x[1], x[2], x[0], x[1]], positive(x), strict=True):
        LOG.append(1)
        s = s + a * b * c
    return s


def three_longer(x):
    s = 0.0
    for a, b, c in zip([x[0]], [x[1]], positive(x), strict=True):
        LOG.append(1)
        s = s + a * b * c
    return s


def in_a_list(x):
    try:
        rows = [a * b for a, b in zip(positive(x), [x[1]], strict=True)]
    except ValueError as error:
        LOG.append(str(error))
        rows = [x[0] * 3]
    return sum(rows)


def texts(x):
    for ask in (
        lambda: deque().pop(),
        lambda: deque().popleft(),
        lambda: heapq.heappop([]),
        lambda: heapq.heapreplace([], 1.0),
        lambda: itertools.islice([1], -1),
        lambda: itertools.islice([1], -1, 2),
        lambda: itertools.islice([1], 0, 2, 0),
        lambda: itertools.tee([1], -1),
    ):
        try:
            ask()
        except (IndexError, ValueError) as error:
            LOG.append(str(error))
    return np.sum(x**2)


def _outcome(f):
    LOG.clear()
    try:
        found = f(POINT.copy())
    except ValueError as error:
        found = str(error)
    return found, list(LOG)


@pytest.mark.parametrize("f", [in_try, not_left, three, three_longer, in_a_list, texts])
def test_the_trips_come_before_the_error(f):
    wanted, seen = _outcome(f)
    assert seen or isinstance(wanted, str)
    found, noted = _outcome(value_and_grad(f))
    assert noted == seen
    if isinstance(wanted, str):
        assert found == wanted
    else:
        np.testing.assert_allclose(found[0], wanted)


def chained(x):
    s = 0.0
    for a, b in itertools.chain([(x[0], x[1])], zip(positive(x), [x[1]], strict=True)):
        s = s + a * b
    return s


def a_part(x):
    s = 0.0
    for a, b in itertools.islice(zip(positive(x), [x[1]], strict=True), 1):
        s = s + a * b
    return s


def beside(x):
    s = 0.0
    for (a, b), c in zip(zip(positive(x), [x[1]], strict=True), x, strict=False):
        s = s + a * b * c
    return s


@pytest.mark.parametrize("f", [chained, a_part, beside])
def test_another_iterator_over_one_is_refused(f):
    with pytest.raises(UnsupportedSyntaxError, match="another iterator goes over 'zip"):
        value_and_grad(f)(POINT)
