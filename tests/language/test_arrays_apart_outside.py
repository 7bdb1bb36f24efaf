"""Arrays that leave a function are as many as the function makes, and what is asked of a list from
outside is asked before it gets longer under another name."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from srcgrad import grad, value_and_grad

X = np.array([0.3, 0.4, 0.5])
WEIGHTS = np.array([1.0, 2.0, 3.0])
LOG: list[Any] = []
OTHER = LOG


@pytest.fixture(autouse=True)
def _anew():
    LOG.clear()


def kept_in_each_trip(x):
    total = 0.0
    for _ in range(3):
        b = x * x
        LOG.append(b)
        total = total + np.sum(b)
    return total


def kept_in_a_while(x):
    n, total = 0, 0.0
    while n < 3:
        b = WEIGHTS * 2
        LOG.append({"b": b})
        total = total + np.sum(b * x)
        n += 1
    return total


def kept_twice(x):
    LOG.append(x * x)
    LOG.append(x * x)
    return np.sum(x * x)


@pytest.mark.parametrize("f", [kept_in_each_trip, kept_in_a_while, kept_twice])
def test_what_is_kept_is_an_array_each_time(f):
    f(X)
    count = len(LOG)
    LOG.clear()
    bar = grad(f)(X)
    arrays = [each["b"] if isinstance(each, dict) else each for each in LOG]
    assert len({id(a) for a in arrays}) == len(arrays) == count
    arrays[0][:] = 7.0
    assert not np.any(arrays[1] == 7.0)
    step = 1e-6 * np.array([1.0, -2.0, 0.5])
    assert np.isclose(bar @ step, (f(X + step) - f(X - step)) / 2, rtol=1e-6)


def two_alike(x):
    return np.sum(x), (x * x, x * x)


def a_list_of_alike(x):
    total, found = 0.0, []
    for _ in range(3):
        b = x * x
        found.append(b)
        total = total + np.sum(b)
    return total, found


@pytest.mark.parametrize("f", [two_alike, a_list_of_alike])
def test_what_is_given_back_beside_the_value(f):
    _, found = grad(f, has_aux=True)(X)
    found[0][:] = 7.0
    np.testing.assert_array_equal(found[1], X * X)


def asked_between(x):
    LOG.append(1.0)
    y = x[0] * len(LOG)
    OTHER.append(2.0)
    return y


def of_two_arguments(x, a, b):
    a.append(1.0)
    y = x[0] * len(a)
    b.append(2.0)
    return y


def test_a_list_with_two_names_is_asked_where_it_stands():
    assert grad(asked_between)(X)[0] == 1.0
    assert LOG == [1.0, 2.0]
    one: list[float] = []
    for differentiate in (grad, lambda f: lambda *args: value_and_grad(f)(*args)[1]):
        one.clear()
        assert differentiate(of_two_arguments)(X, one, one)[0] == 1.0
        assert one == [1.0, 2.0]
