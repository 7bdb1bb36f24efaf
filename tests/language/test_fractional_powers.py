"""Fractional powers of negative numbers of Python's, which are complex."""

from __future__ import annotations

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
