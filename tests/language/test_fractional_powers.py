"""Fractional powers of negative numbers of Python's, which are complex."""

from __future__ import annotations

import math

import numpy as np
import pytest

from srcgrad import grad, value_and_grad


def of_a_root(s):
    return abs(s**0.5)


def of_a_sum(s):
    return abs(s**1.5 + 2.0 * s)


def of_any_power(s):
    t = 0.25
    return abs((s - 0.1) ** t) * s


def the_real_part(s):
    return (s**0.5).real


def by_numpy(s):
    return np.abs(s**0.5)


@pytest.mark.parametrize("f", [of_a_root, of_a_sum, of_any_power, the_real_part, by_numpy])
def test_a_complex_number_that_is_made_real(f):
    derivative = grad(f)
    slope = (f(0.81 + 1e-6) - f(0.81 - 1e-6)) / 2e-6
    np.testing.assert_allclose(derivative(0.81), slope, rtol=1e-6)
    with pytest.raises(TypeError, match="complex"):
        derivative(-0.45)


def test_the_class_of_a_power():
    def f(s):
        v = s**0.5
        return s * 2 if isinstance(v, complex) else s * 3

    assert value_and_grad(f)(-0.5) == (-1.0, 2.0)
    assert value_and_grad(f)(0.5) == (1.5, 3.0)


def test_whole_powers_and_those_of_numpy_are_not_tested():
    def f(s):
        return abs(s**3) + abs(s**-2.0)

    for s in (-0.5, np.float64(-0.5)):
        derivative = value_and_grad(f)
        np.testing.assert_allclose(derivative(s), (4.125, 3 * -0.25 + 16), rtol=1e-12)
        assert "complex" not in derivative.source

    def g(s):
        return abs(s**0.5)

    derivative = value_and_grad(g)
    derivative(np.float64(0.25))
    assert "complex" not in derivative.source


def the_sum(x, k):
    return np.sum(k**x).real


def the_mean(x, k):
    return np.mean(k**x).imag + x


def of_an_array(x, k):
    return np.abs(np.array([k**x, 1.0])).sum()


def of_a_function_of_it(x, k):
    return abs(np.sin(k**x))


def converted(x, k):
    return float(np.sum(k**x))


def chosen(x, k):
    r = 1.0
    if x > 0.1:
        r = k**x
    return abs(r)


def in_a_loop(x, k):
    r = 1.0
    for i in range(int(-k)):
        r *= k**x + i
    return abs(r)


def in_a_while(x, k):
    r = 1.0
    while k < -1:
        r *= k**x
        k += 1
    return abs(r)


@pytest.mark.filterwarnings("ignore:Casting complex values")
@pytest.mark.parametrize(
    "f",
    [
        *(the_sum, the_mean, of_an_array, of_a_function_of_it, converted, chosen),
        *(in_a_loop, in_a_while),
    ],
)
def test_a_complex_number_on_its_way(f):
    """Of an exponent, the derivative would be 0."""
    derivative = value_and_grad(f)
    with pytest.raises(TypeError, match="complex"):
        derivative(0.3, -2.0)
    value, slope = derivative(0.3, 2.0)
    np.testing.assert_allclose(value, f(0.3, 2.0), rtol=1e-12)
    want = (f(0.3 + 1e-6, 2.0) - f(0.3 - 1e-6, 2.0)) / 2e-6
    np.testing.assert_allclose(slope, want, rtol=1e-6, atol=1e-9)


def the_power(x, k):
    return k**x


def the_exponential(x, k):
    return np.exp(k**x) * x


def in_one_arm(x, k):
    if k < 1:
        return k**x
    return x * k


def the_last_trip(x, k):
    r = 0.0
    for i in range(3):
        r = r * i + k**x
    return r


@pytest.mark.parametrize("f", [the_power, the_exponential, in_one_arm, the_last_trip])
def test_an_output_that_is_complex(f):
    derivative = value_and_grad(f)
    for wrt in (0, 1):
        with pytest.raises(TypeError, match="real scalar output; .* is a complex number"):
            value_and_grad(f, wrt)(0.3, -2.0)
    value, slope = derivative(0.3, 2.0)
    np.testing.assert_allclose(value, f(0.3, 2.0), rtol=1e-12)
    want = (f(0.3 + 1e-6, 2.0) - f(0.3 - 1e-6, 2.0)) / 2e-6
    np.testing.assert_allclose(slope, want, rtol=1e-6, atol=1e-9)


def of_squares(a, b):
    return (a**2 + b * b) ** 0.5 + (abs(a) + 1.0) ** -1.5


def of_whole_exponents(a, b):
    return a**3 + b**-2


def of_what_raises(a, b):
    return math.exp(a**0.5) + float(b**1.5)


@pytest.mark.parametrize("f", [of_squares, of_whole_exponents, of_what_raises])
def test_what_is_surely_real_is_not_tested(f):
    derivative = value_and_grad(f, (0, 1))
    derivative(0.4, 0.7)
    assert "complex" not in derivative.source


def test_an_array_stays_one():
    def f(x, k):
        y = np.array([k**x, x])
        if isinstance(y, np.ndarray):
            return y.sum()
        return 0.0

    derivative = value_and_grad(f)
    derivative(0.3, 2.0)
    assert "np.ndarray" not in derivative.source


def test_the_class_of_a_sum():
    def f(x, k):
        v = np.sum(k**x)
        return x * 2 if isinstance(v, complex) else x * 3

    assert value_and_grad(f)(0.5, -2.0) == (1.0, 2.0)
    assert value_and_grad(f)(0.5, 2.0) == (1.5, 3.0)
