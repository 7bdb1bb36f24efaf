"""Two branches on one condition, the second of which needs what the first has not assigned."""

from __future__ import annotations

import numpy as np
import pytest

from srcgrad import value_and_grad
from tests.hard_cases.checking import Case

X = np.array([0.7, -1.2, 1.5, 0.4])


def a_copy_or_a_view(x, n):
    d = x.copy()
    if n > 2:
        a = x
    else:
        b = np.ascontiguousarray(x)[:2]
    if n > 2:
        b += np.cos(x[0])
    d[0] = 1.0
    return np.sum(x * x)


def an_element(x, n):
    if n > 2:
        a = x
    else:
        b = x[:2]
    if n > 2:
        b[0] += np.cos(x[0])
    return np.sum(x * x)


def in_a_loop(x, n):
    if n > 2:
        a = x
    else:
        b = x[:2]
    if n > 2:
        for i in range(n):
            b[i] = np.cos(x[0])
    return np.sum(x * x)


def read(x, n):
    if n > 2:
        a = x[0]
    else:
        b = x[0] * 2
    t = 0.0
    if n > 2:
        t = b * x[0]
    else:
        a = x[1]
    return t * a + np.sum(x * x)


@pytest.mark.parametrize("f", [a_copy_or_a_view, an_element, in_a_loop, read])
def test_it_raises_when_it_gets_there(f):
    Case(f, (X, 1)).run()
    with pytest.raises(UnboundLocalError):
        f(X.copy(), 3)
    with pytest.raises(UnboundLocalError):
        value_and_grad(f)(X, 3)


def test_what_is_none_is_not_written():
    def f(x, n):
        b = None if n > 2 else x[:2]
        if n > 2:
            b[0] += np.cos(x[0])
        return np.sum(x * x)

    Case(f, (X, 1)).run()
    with pytest.raises(TypeError, match="not subscriptable"):
        value_and_grad(f)(X, 3)


def an_array_that_is_read(x, n):
    if n > 2:
        a = x[2:]
    else:
        b = x[:2]
    if n > 2:
        t = b[0] * 2
    else:
        t = b[1] * 3
        a = b
    return t + np.sum(x * x) + np.sum(a)


def test_no_text_has_what_is_not_there():
    gradient = value_and_grad(an_array_that_is_read)
    gradient(X, 1)
    assert "None[" not in gradient.source
    with pytest.raises((TypeError, UnboundLocalError)):
        gradient(X, 3)
