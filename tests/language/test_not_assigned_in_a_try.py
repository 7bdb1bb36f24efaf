"""Names that may have no value, read in a ``try`` whose handlers are for that: they are refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import UnsupportedSyntaxError, grad
from tests.language.checking import check

X = np.array([0.6, 0.8, 1.2])
REFUSED: list[Callable[..., Any]] = []
TAKEN: list[Callable[..., Any]] = []


def refused(f: Callable[..., Any]) -> Callable[..., Any]:
    REFUSED.append(f)
    return f


def taken(f: Callable[..., Any]) -> Callable[..., Any]:
    TAKEN.append(f)
    return f


# --- after a loop of no trip ----------------------------------------------------------------------


@refused
def as_an_index(x, n):
    try:
        for i in range(n):
            k = i
        s = np.sum(x[k] * x)
    except UnboundLocalError:
        s = x[1] * 3
    return s


@refused
def by_another_name(x, n):
    try:
        for i in range(n):
            last = x[i]
        z = last
    except NameError:
        z = x[1] * 3
    return z


@refused
def the_loop_outside(x, n):
    for i in range(n):
        last = x[i]
    try:
        z = last
    except Exception:
        z = x[1] * 3
    return z


@refused
def with_no_class(x, n):
    for i in range(n):
        pass
    try:
        z = x[i]
    except:  # noqa: E722
        z = x[1] * 3
    return z


@refused
def a_while(x, n):
    try:
        while n > 0:
            h = x[n - 1] * 2
            n -= 1
        return h * x[1]
    except NameError:
        return x[1] * 3


@refused
def in_a_branch_of_a_loop(x, n):
    try:
        for i in range(n):
            if x[i] > 1:
                h = x[i]
        return h * h
    except NameError:
        return x[1] * 3


@refused
def in_a_helper(x, n):
    def last():
        for i in range(n):
            h = x[i]
        return h

    try:
        return last() * 2
    except NameError:
        return x[1] * 3


@refused
def by_a_generator_expression(x, n):
    try:
        for i in range(n):
            k = i
        s = sum(x[k] * v for v in x)
    except NameError:
        s = x[1] * 3
    return s


@refused
def by_a_function_that_is_returned(x, n):
    def reader():
        for i in range(n):
            k = i
        return lambda: x[k]

    try:
        s = reader()()
    except NameError:
        s = x[1] * 3
    return s


@refused
def what_the_loop_before_left(x, n):
    s = 0.0
    for i in range(n):
        for j in range(i):
            h = x[j] * x[i]
        try:
            s += h
        except NameError:
            s += x[i] * 3
    return s + x[0]


@refused
def in_some_trips(x, n):
    s = x[2]
    try:
        for i in range(n):
            if x[i] > 0:
                h = x[i]
            elif i > 0:
                h = h * x[i]
            s = s + h
    except UnboundLocalError:
        return x[1] * 7
    return s


@refused
def a_list_from_before(x, n):
    row = [x[0], x[1]]
    try:
        for _ in range(n):
            found = row
        s = found[0] * found[1]
    except NameError:
        s = x[1] * 3
    return s


@refused
def in_one_arm(x, n):
    if n > 1:
        h = x[0]
    try:
        z = h
    except NameError:
        z = x[1] * 3
    return z


@refused
def raised_as_something_else(x, n):
    try:
        try:
            for i in range(n):
                k = i
            s = x[k] * 2
        except NameError:
            raise ValueError("no trip") from None
    except ValueError:
        s = x[1] * 3
    return s


@refused
def told_in_another_way(x, n):
    try:
        for i in range(n):
            v = x[i]
        return v * v
    except Exception as error:
        raise ValueError("no last element") from error


@pytest.mark.parametrize("f", REFUSED, ids=lambda f: f.__name__)
def test_refused(f: Callable[..., Any]) -> None:
    text = "'[a-z]+' may not be assigned here, and a 'try' around handles that"
    with pytest.raises(UnsupportedSyntaxError, match=text) as caught:
        grad(f)(X, 3)
    assert caught.value.loc is not None
    assert caught.value.hint is not None


# --- with a value on every way --------------------------------------------------------------------


@taken
def trips_that_are_known(x, n):
    try:
        for i in range(3):
            k = i
        s = x[k] * 2
        for h in (x[0], x[1]):
            s = s * h
        s = s * h
    except Exception:
        s = x[1]
    return s


@taken
def an_endless_loop(x, n):
    s = x[0] * x[1]
    try:
        while True:
            q = s * 2
            if q > 3:
                break
            s = s + 0.5
        s = s * q
    except Exception:
        s = x[1]
    return s


@taken
def elements_of_an_array(x, n):
    s = 0.0
    try:
        for i, v in enumerate(x):
            s = s + v * v
        return s * v * i
    except Exception:
        return x[1]


@taken
def assigned_in_either_arm(x, n):
    try:
        if x[0] > 0.5:
            t = x[1] * 2
        elif n == 7:
            raise ValueError
        else:
            t = x[1] * 3
        return t
    except Exception:
        return x[2]


@taken
def assigned_in_the_first_trip(x, n):
    s = x[2]
    try:
        for i in range(n):
            if i == 0:
                h = x[i]
            else:
                h = h * x[i]
            s = s * h
    except Exception:
        s = x[1]
    return s


@taken
def handlers_of_other_errors(x, n):
    try:
        for i in range(n):
            v = x[i]
        return v * v
    except ValueError:
        return x[1]


@taken
def nothing_but_a_finally(x, n):
    s = 0.0
    try:
        for i in range(n):
            v = x[i]
        s = v * v
    finally:
        n = 0
    return s * x[1]


@taken
def none_before(x, n):
    last = None
    for i in range(n):
        last = x[i]
    try:
        return x[1] * 3 if last is None else last * last
    except Exception:
        return x[2]


@pytest.mark.parametrize("f", TAKEN, ids=lambda f: f.__name__)
def test_taken(f: Callable[..., Any]) -> None:
    check(f, X, 3, wrt=0)
