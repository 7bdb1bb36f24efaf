"""Helpers that give None on every way, checks whose errors are translated, queues that run dry."""

from __future__ import annotations

import numpy as np
import pytest

from srcgrad import UnsupportedSyntaxError, grad, value_and_grad
from tests.language.cases import Table, vector

case = Table()


def clipped(a, most):
    """Writes, and leaves early."""
    for v in a:
        if v > most:
            a[0] = most
            return
        a[1] += v


@case(vector(), 0.5)
@case(vector(), 9.0)
def nothing_is_given_back(x, p):
    y = x.copy()
    if clipped(y, p) is None:
        p = p * 2
    return p * y[0] * y[1]


def nothing(z):
    for _ in range(2):
        return None


@case(vector(), 0.5)
def of_nothing(x, p):
    r = nothing(p)
    if r is not None:
        p += r
    o = r is None
    items = [r, p]
    return sum(v for v in items if v is not None) * x[0] * (2 if o else 3)


@case(vector(), 0.5)
@case(vector(), -0.5)
def none_in_both_branches(x, p):
    r = 1.0
    for i in range(len(x)):
        if x[i] > p:
            r = None
            break
    else:
        r = None
    return p * x[0] if r is None else r * x[1]


class Account:
    def __init__(self, v):
        self.v = v


@case(vector(), 0.5, 1)
@case(vector(), 0.5, 5)
def a_slice_after_what_may_raise(x, p, n):
    account = Account(p)
    try:
        account.v = np.sum(x)
        s = np.sin(x[0])
    finally:
        k = n + 1
        p = np.sum(x[k:]) * p
    return p + s


@case(vector(), 1)
def used_up(x, n):
    items = [x[0], x[1]]
    for _ in range(n):
        items.pop(0)
    items.append(x[2])
    return items[-1] * x[0] + sum(items)


@pytest.mark.parametrize("one", case.cases)
def test_derivatives(one):
    one.run()


def test_a_queue_runs_dry_as_in_the_function() -> None:
    derivative = value_and_grad(used_up)
    assert derivative(vector(), 2)[0] == used_up(vector(), 2)
    with pytest.raises(IndexError, match="pop from empty list"):
        derivative(vector(), 3)


def test_an_element_is_deleted_that_is_not_there() -> None:
    def f(x, n):
        items = [v * 2 for v in x]
        del items[n]
        return sum(items)

    derivative = value_and_grad(f)
    assert derivative(vector(), -1)[0] == f(vector(), -1)
    for n in (4, -5):
        with pytest.raises(IndexError):
            derivative(vector(), n)


def look(x, n):
    return x[n + 1]


def checked(x, n):
    try:
        look(x, n)
    except IndexError as error:
        raise ValueError("short") from error
    return np.sum(x)


def test_a_check_is_made_though_nobody_needs_its_value() -> None:
    derivative = value_and_grad(checked)
    np.testing.assert_array_equal(derivative(vector(), 1)[1], np.ones(4))
    with pytest.raises(ValueError, match="short"):
        derivative(vector(), 3)


def first(*a):
    return a[0]


def starred_after_what_may_raise(x, p):
    items = [x[0], p]
    try:
        items[0] = np.sin(p)
        s = np.sin(x[1])
    except ArithmeticError:
        s = first(p, *x)
    return p + s + items[0]


def test_torn_before_a_handler_with_stars() -> None:
    with pytest.raises(UnsupportedSyntaxError, match="before something that may raise"):
        grad(starred_after_what_may_raise)(vector(), 0.5)
