"""Arrays that a ``try`` has half written when it raises, in handlers that leave the function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import grad
from srcgrad.errors import UnsupportedSyntaxError
from tests.slopes import check_at


def a_constant(x):
    y = x.copy()
    try:
        for i in range(len(y)):
            if y[i] > 1:
                raise OverflowError
            y[i] = y[i] ** 2
    except OverflowError:
        return 0.0
    return np.sum(y)


def what_was_read_before(x):
    y = 2 * x
    total = np.sum(y**3)
    try:
        for i in range(len(y)):
            y[i] = y[i] ** 2
            if y[i] > 2:
                raise ValueError("too large")
    except ValueError:
        return total
    return total + np.sum(np.sin(y))


def through_views(x):
    y = x * np.array([[1.0], [2.0]])
    total = np.sum(y**2)
    first, rest = y[0], y[:, 1:]
    try:
        first *= 3.0
        rest[1] = first[:-1] * rest[1]
        if np.max(rest) > 3:
            raise ValueError
    except ValueError:
        return 2 * total
    return total + np.sum(y**2)


def in_a_loop_that_is_left(x):
    y, total = x.copy(), 0.0
    for k in range(3):
        total = total + np.sum(y**2)
        try:
            y *= 1.5
            if y[0] > 2:
                raise ArithmeticError
            y[1:] = y[1:] * y[:-1]
        except ArithmeticError:
            return total + k
    return total * 2


def factor(a):
    lower = np.zeros_like(a)
    for i in range(len(a)):
        for j in range(i + 1):
            s = a[i, j] - lower[i, :j] @ lower[j, :j]
            if i == j and s <= 0:
                raise ValueError("not positive definite")
            lower[i, j] = np.sqrt(s) if i == j else s / lower[j, j]
    return lower


def of_a_helper(x):
    a = np.outer(x, x) + np.diag(x)
    try:
        lower = factor(a)
    except ValueError:
        return np.sum(a**2)
    return np.sum(np.log(np.diag(lower)))


PROGRAMS = (a_constant, what_was_read_before, through_views, in_a_loop_that_is_left, of_a_helper)


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_gradients(f: Callable[..., Any]) -> None:
    check_at(
        f, *map(np.array, ([0.3, 0.2, 0.6], [0.4, 1.6, 0.5], [1.9, 0.3, 0.2], [0.5, 0.1, -2.0]))
    )


def read_in_the_handler(x):
    y = x.copy()
    try:
        for i in range(len(y)):
            y[i] = y[i] ** 2
            if y[i] > 1:
                raise OverflowError
    except OverflowError:
        return y[0]
    return np.sum(y)


def read_after_it(x):
    y = x.copy()
    try:
        for i in range(len(y)):
            y[i] = y[i] ** 2
            if y[i] > 1:
                raise OverflowError
    except OverflowError:
        pass
    return np.sum(y)


def in_a_loop_that_goes_on(x):
    y = x.copy()
    for _ in range(3):
        try:
            y[:] = 2 * y
            if y[0] > 1:
                raise OverflowError
        except OverflowError:
            continue
    return 1.0 * len(y)


def an_argument(x, y):
    try:
        for i in range(len(y)):
            y[i] = y[i] ** 2 * x
            if y[i] > 1:
                raise OverflowError
    except OverflowError:
        return 0.0
    return np.sum(y)


@pytest.mark.parametrize("f", [read_in_the_handler, read_after_it], ids=lambda f: f.__name__)
def test_what_is_seen_half_done_is_refused(f: Callable[..., Any]) -> None:
    with pytest.raises(UnsupportedSyntaxError, match="before something that may raise in a 'try'"):
        grad(f)(np.array([0.3, 0.2]))


def test_loops_that_go_on_and_arrays_of_others_are_refused() -> None:
    with pytest.raises(UnsupportedSyntaxError, match="before something that may raise in a 'try'"):
        grad(in_a_loop_that_goes_on)(np.array([0.3, 0.2]))
    with pytest.raises(UnsupportedSyntaxError, match="before something that may raise in a 'try'"):
        grad(an_argument)(0.3, np.array([0.3, 0.2]))
