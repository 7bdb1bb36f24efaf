"""A function that gives None, where data decide, has no gradient there; None is not unpacked."""

from __future__ import annotations

import numpy as np
import pytest

from srcgrad import grad, value_and_grad
from srcgrad.errors import CertainError


def a_sum(x):
    best = None
    if x[0] > 1:
        best = x
    return np.sum(best)


def a_maximum_in_a_branch(x):
    best = None
    if x[0] > 1:
        best = x
    return np.max(best) if x[1] < 9 else 0.0


def an_element(x):
    best = None
    for v in x:
        if v > 1.5:
            best = v**2
    return best


def without_else(x):
    if x[0] > 1:
        return np.sum(x**2)


PROGRAMS = [a_sum, a_maximum_in_a_branch, an_element, without_else]


@pytest.mark.parametrize("f", PROGRAMS)
def test_none_is_no_number(f):
    x, v = np.array([1.2, 2.0, 0.3]), np.array([0.3, -0.2, 0.5])
    value, x_bar = value_and_grad(f)(x)
    slope = (f(x + 1e-6 * v) - f(x - 1e-6 * v)) / 2e-6
    np.testing.assert_allclose(value, f(x), rtol=1e-14)
    np.testing.assert_allclose(x_bar @ v, slope, rtol=1e-6)
    assert f(x / 4) is None
    for derivative in (grad(f), value_and_grad(f)):
        with pytest.raises(TypeError, match=f"the output of {f.__name__} .* is None"):
            derivative(x / 4)


def always(x):
    return np.sum(None)


def test_none_for_certain():
    with pytest.raises(TypeError, match="the output of always .* is None"):
        grad(always)(np.ones(2))


def unpacked(x):
    best = None
    if x[0] > 1:
        best = x
    a, b, *others = best
    return a * b * others[0]


def unpacked_with_a_handler(x):
    best = None
    if x[0] > 1:
        best = x
    try:
        a, b, c = best
    except TypeError:
        return x[2] ** 2
    return a * b * c


def test_none_is_not_unpacked():
    x = np.array([1.2, 2.0, 0.3])
    np.testing.assert_allclose(grad(unpacked)(x), [0.6, 0.36, 2.4])
    np.testing.assert_allclose(grad(unpacked_with_a_handler)(x), [0.6, 0.36, 2.4])
    np.testing.assert_allclose(grad(unpacked_with_a_handler)(x / 4), [0, 0, 0.15])
    with pytest.raises(TypeError, match="^cannot unpack non-iterable NoneType object$"):
        grad(unpacked)(x / 4)


def unpacked_for_certain(x):
    best = None
    a, b = best
    return x[0]


def test_none_is_certainly_not_unpacked():
    with pytest.raises(CertainError, match="cannot unpack non-iterable NoneType object"):
        grad(unpacked_for_certain)(np.ones(2))
