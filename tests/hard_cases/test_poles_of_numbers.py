"""Where a slope is infinite, Python's numbers give what NumPy's give, and do not raise."""

from __future__ import annotations

import math

import numpy as np
import pytest

from srcgrad import grad

KINDS = (float, np.float64)


def gradient(f, *args):
    """The gradient with respect to all arguments, where NumPy may divide by zero."""
    with np.errstate(all="ignore"):
        return grad(f, argnums=tuple(range(len(args))))(*args)


def store_that_is_empty_at_first(c):
    s, total = 0.0, 0.0
    for _ in range(3):
        total += math.sqrt(s)
        s += c
    return total


def the_same_as_a_power(c):
    s, total = 0.0, 0.0
    for _ in range(3):
        total += s**0.5
        s += c
    return total


def outflow_above_a_threshold(c):
    return c * max(c - 3.0, 0.0) ** 0.5 + c


def deficit_below_a_threshold(c):
    return c * math.sqrt(-min(c - 1.0, 0.0)) + c


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("f", [store_that_is_empty_at_first, the_same_as_a_power])
def test_a_pole_that_nothing_reaches(f, kind):
    (c_bar,) = gradient(f, kind(2.0))
    np.testing.assert_allclose(c_bar, (1 / math.sqrt(2) + 1) / 2)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("f", [outflow_above_a_threshold, deficit_below_a_threshold])
def test_a_pole_outside_of_what_passes(f, kind):
    assert gradient(f, kind(2.0)) == (1.0,)


@pytest.mark.parametrize("kind", KINDS)
def test_where_the_threshold_is_passed(kind):
    (c_bar,) = gradient(outflow_above_a_threshold, kind(5.0))
    np.testing.assert_allclose(c_bar, math.sqrt(2.0) + 5.0 / (2 * math.sqrt(2.0)) + 1)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("f", "x", "expected"),
    [
        (lambda x: math.sqrt(x), 0.0, np.inf),
        (lambda x: x**0.5, 0.0, np.inf),
        (lambda x: math.pow(x, 0.5), 0.0, np.inf),
        (lambda x: 0.0 - x**0.25, 0.0, -np.inf),
        (lambda x: math.cbrt(x), 0.0, np.inf),
        (lambda x: math.asin(x), 1.0, np.inf),
        (lambda x: math.acos(x), 1.0, -np.inf),
        (lambda x: math.acosh(x), 1.0, np.inf),
        (lambda x: math.atan2(x, x), 0.0, np.nan),
        (lambda x: math.sqrt(x * x), 0.0, np.nan),
    ],
)
def test_at_the_pole(f, x, expected, kind):
    (x_bar,) = gradient(f, kind(x))
    np.testing.assert_equal(x_bar, expected)
    assert type(x_bar) is kind


@pytest.mark.parametrize("kind", KINDS)
def test_an_exponent_that_is_computed(kind):
    def f(x, p):
        return x**p

    np.testing.assert_equal(gradient(f, kind(0.0), kind(0.5)), (np.inf, 0.0))
    np.testing.assert_equal(gradient(f, kind(0.0), kind(0.0)), (0.0, 0.0))
    np.testing.assert_equal(gradient(f, kind(0.0), kind(1.0)), (1.0, 0.0))
    np.testing.assert_allclose(gradient(f, kind(4.0), kind(0.5)), (0.25, 2 * math.log(4.0)))


@pytest.mark.parametrize("kind", KINDS)
def test_a_quotient_of_an_empty_store_does_not_raise(kind):
    """The slope is infinite where what comes before it has slope zero: NumPy and JAX say nan."""

    def f(c):
        s, total = 0.0, 0.0
        for _ in range(3):
            total += (s / c) ** 0.5
            s += c
        return total

    assert np.isnan(gradient(f, kind(2.0))[0])


def test_where_the_function_itself_raises_so_does_the_gradient():
    with pytest.raises(ZeroDivisionError):
        grad(lambda x: x**-0.5)(0.0)
    with pytest.raises(ZeroDivisionError):
        grad(lambda x: 1 / x)(0.0)


@pytest.mark.parametrize("f", [store_that_is_empty_at_first, the_same_as_a_power])
def test_no_condition_on_a_constant(f):
    text = grad(f).lower(2.0).source.replace("    if isinstance(total, complex):", "")
    assert " if " not in text
    assert "!= 0" not in text


def test_no_condition_between_equals():
    text = grad(lambda x: np.sum(x**0.5)).lower(np.ones(3)).source
    assert " if " not in text


def test_exponents_that_are_whole_stay_pythons():
    def f(x, n):
        return x**n + x**3 + x**-2

    assert "np.power" not in grad(f).lower(2.0, 3).source
