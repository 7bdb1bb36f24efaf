"""What a ``try`` decides by though nothing depends on it: conditions, and loops that do nothing."""

from __future__ import annotations

import numpy as np
import pytest

from srcgrad import grad, value_and_grad
from tests.language.cases import Table, vector

case = Table()


# --- conditions ---------------------------------------------------------------------------------


@case(vector())
def the_truth_of_an_array(x):
    try:
        if x > 0:
            pass
        r = x[0]
    except ValueError:
        r = x[1] * 2
    return r


def is_scalar(v):
    try:
        if v:
            pass
        return True
    except ValueError:
        return False


@case(vector(), 0.8)
def asked_in_a_helper(x, s):
    return (x[0] if is_scalar(x) else x[1]) * (s if is_scalar(s) else 3.0)


def checked(v):
    if v > 0:
        return None


@case(vector())
def a_helper_that_only_asks(x):
    try:
        checked(x)
        r = x[0]
    except ValueError:
        r = x[1] * 2
    return r


@case(vector(), 0.5)
@case(vector(), 9.0)
def the_second_condition(x, s):
    try:
        if s > 5:
            pass
        elif x > 0:
            k = 1
        r = x[0]
    except ValueError:
        r = x[1] * 2
    return r


@case(vector())
def an_expression_nobody_needs(x):
    try:
        x == x and 1
        k = 1 if x > 0 else 2
        r = x[0]
    except ValueError:
        r = x[1] * 2
    return r


@case(vector())
def in_a_loop(x):
    total = x[0]
    for v in x:
        try:
            if x > v:
                pass
            total = total + v
        except ValueError:
            total = total + 2 * v
    return total


@case(vector())
def in_a_loop_inside(x):
    try:
        for v in x:
            if x > v:
                pass
        r = x[0]
    except ValueError:
        r = x[1] * 2
    return r


@case(np.array([1.5]))
@case(np.array([]))
@case(vector())
def of_no_or_one_element(w):
    try:
        if w:
            k = 1
        r = 1.0
    except ValueError:
        r = 2.0
    return r * np.sum(w)


def test_another_error_in_its_place() -> None:
    def f(x):
        try:
            if x > 0:
                pass
        except ValueError:
            raise KeyError("a") from None
        return x[0]

    with pytest.raises(KeyError):
        grad(f)(vector())


def test_a_number_is_asked_for_nothing() -> None:
    def f(s):
        try:
            if s > 0:
                pass
            r = 1.0 / s
        except ZeroDivisionError:
            r = 0.0
        return r

    derivative = value_and_grad(f)
    assert derivative(2.0) == (0.5, -0.25)
    assert "pass" not in derivative.source


# --- loops ----------------------------------------------------------------------------------------


@case(vector(), 0)
@case(vector(), 2)
def a_loop_that_does_nothing(x, n):
    try:
        for i in range(0, 3, n):
            pass
        r = x[0]
    except ValueError:
        r = x[1] * 2
    return r


@pytest.mark.parametrize("program", case.cases)
def test_gradient(program):
    program.run()
