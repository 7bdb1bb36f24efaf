"""Numbers that are whole on one way and not on another: what they say that they are."""

from __future__ import annotations

import numpy as np
import pytest

from srcgrad import value_and_grad


def a_sum_of_no_terms(x, n):
    total = 0
    for k in range(n):
        total = total + x * k
    return x * 100 if isinstance(total, int) else total


def the_larger(x, n):
    r = max(x, 1)
    return x * 3.0 if isinstance(r, int) else x * r


def one_or_the_other(x, n):
    u = x if n > 3 else 1
    return x * 3.0 if type(u) is int else x * u


def a_sum_of_what_is_large(x, n):
    s = sum(v for v in [x, x * 2] if v > 1)
    return x * s if isinstance(s, float) else x * 5.0


def or_none(x, n):
    total = 1
    for _ in range(n):
        total = abs(-total * x)
    return total * x if not isinstance(total, float) else total


def a_float_in_any_case(x, n):
    total = 0
    for _ in range(n):
        total = total + x
    return total / 2 + x if isinstance(total / 2, float) else x * 7.0


def either_of_both(x, n):
    total = 0
    for _ in range(n):
        total = total + x
    return (total + 1) * x if isinstance(total, (int, float)) else x * 7.0


def _repeated(x, y):
    if x > 3.0:
        return 0
    if y > 1.0:
        return _repeated(x + 1.0, y)
    return x * y


def of_a_recursion(x, n):
    r = _repeated(x, x * 2)
    return x * 100 if isinstance(r, int) else r


PROGRAMS = [
    a_sum_of_no_terms, the_larger, one_or_the_other, a_sum_of_what_is_large, or_none,
    a_float_in_any_case, either_of_both, of_a_recursion,
]  # fmt: skip


@pytest.mark.parametrize("f", PROGRAMS)
@pytest.mark.parametrize("n", [0, 5])
@pytest.mark.parametrize("x", [0.35, 1.5])
def test_derivatives(f, n, x):
    value, gradient = value_and_grad(f)(x, n)
    np.testing.assert_allclose(value, f(x, n))
    slope = (f(x + 1e-6, n) - f(x - 1e-6, n)) / 2e-6
    np.testing.assert_allclose(gradient, slope, rtol=1e-6)
