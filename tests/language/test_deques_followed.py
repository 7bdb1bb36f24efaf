"""Deques from outside that a program changes and reads: the last values of many calls."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import AliasingError, grad, value_and_grad
from tests.slopes import slopes

X = np.array([0.3, 0.4, 0.5])
LAST: deque[Any] = deque(maxlen=3)
SAME = LAST
ALL: deque[Any] = deque()


@pytest.fixture(autouse=True)
def _anew():
    put_back([], [])


def put_back(last: list[Any], every: list[Any]) -> None:
    LAST.clear()
    LAST.extend(last)
    ALL.clear()
    ALL.extend(every)


def moving_average(x):
    LAST.append(np.sum(x**2))
    return np.mean(LAST) * x[0]


def in_a_loop(x):
    for v in x:
        LAST.append(v * x[0])
    return sum(LAST) * len(LAST)


def on_the_left(x):
    LAST.appendleft(x[0])
    total = 0.0
    for v in LAST:
        total += v**2
    return total * LAST[-1] + max(LAST)


def without_an_end(x):
    while len(ALL) > 2:
        ALL.pop()
    ALL.append(x[0])
    ALL.append(x[1])
    if len(ALL) > 3:
        ALL.popleft()
    return sum(ALL) * ALL[0]


def turned(x):
    LAST.extend([x[0], x[1]])
    LAST.rotate(1)
    v = LAST.pop()
    return v * sum(LAST)


def by_another_name(x):
    SAME.append(x[0])
    LAST.append(x[1])
    return np.mean(SAME) * len(LAST)


def of_arrays(x):
    LAST.append(x * 2)
    return np.sum(np.mean(LAST, axis=0) * x)


def until_it_is_full(x):
    before = len(LAST)
    LAST.append(x[0])
    if len(LAST) == LAST.maxlen and np.std(LAST) < 0.1:
        return x[1] * 2
    return x[1] * (before + 1)


def given(x, last=LAST):
    last.clear()
    last.append(x[0])
    last += [x[1]]
    return sum(last) * x[2]


def only_added_to(x):
    LAST.append(float(x[0]))
    return np.sum(x**2)


PROGRAMS = (
    moving_average,
    in_a_loop,
    on_the_left,
    without_an_end,
    turned,
    by_another_name,
    of_arrays,
    until_it_is_full,
    given,
    only_added_to,
)


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_it_is_followed(f: Callable[..., Any]) -> None:
    derivative = value_and_grad(f)
    sources = set()
    for call in range(4):
        x = X + 0.03 * call * np.array([1, -0.5, 0.7])
        before = list(LAST), list(ALL)

        def at(x: np.ndarray, before: Any = before) -> Any:
            put_back(*before)
            return f(x)

        want, after = at(x), repr((LAST, ALL))
        expected = slopes(at, x)
        put_back(*before)
        value, gradient = derivative(x)
        assert repr((LAST, ALL)) == after
        assert repr(value) == repr(want)
        np.testing.assert_allclose(gradient, expected, rtol=1e-6, atol=1e-8)
        sources.add(derivative.source)
    assert f is of_arrays or len(sources) <= 2  # those of numbers are not compiled for each length


def test_another_length():
    def f(x, last):
        last.append(np.sum(x))
        return sum(last) * x[0]

    derivative = value_and_grad(f)
    for maxlen in (1, 2, None, 1):
        ours, theirs = (deque([1.0, 2.0], maxlen) for _ in range(2))
        assert derivative(X, ours)[0] == f(X, theirs)
        assert ours == theirs


def test_a_list_that_is_kept_is_not_changed_unseen():
    def f(x, last):
        row = [x[0]]
        last.extend([row])
        row.append(x[1])
        return sum(last[-1]) * x[2]

    last: deque[Any] = deque()
    with pytest.raises(AliasingError):
        grad(f)(X, last)
    assert not last


def one_of_two(x):
    last = LAST if x[0] > 0 else deque(maxlen=3)
    last.append(x[1])
    return sum(last) * x[0]


def an_item(x):
    LAST.append(x[0])
    LAST[0] = x[1]
    return sum(LAST) * x[1]


@pytest.mark.parametrize("f", [one_of_two, an_item])
def test_refused(f: Callable[..., Any]) -> None:
    with pytest.raises(AliasingError):
        grad(f)(X)
    assert not LAST
