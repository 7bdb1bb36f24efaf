"""Python floats are handed out as they are, and everything else is made one."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest

from srcgrad import grad, value_and_grad
from tests.transform.passes import numeric

K = 0.7


def powers(x):
    y = 1.0
    for _ in range(3):
        y = y * x - x / 2
    return y


def branches(x):
    if x > 0:
        y = x * K
    else:
        y = 1 / x
    return y * y


def until(x):
    while x < 10:
        x = 1.5 * x + math.sin(x) + 2
    return x


def nothing_depends(x):
    y = 2.0
    for _ in range(0):
        y = y * x
    return y


def kinks(x):
    return max(x, 0.1) * abs(x)


def negated(x):
    y = x
    for _ in range(2):
        y = y + math.cos(x) * -K
    return y


PYTHON = [powers, branches, until, nothing_depends, negated]


def cosine(x):
    return np.cos(x) * x


def array(x):
    return np.sum(np.arange(3.0) * x)


def numpy_in_a_loop(x):
    y = 0.0
    for _ in range(3):
        y = y + np.sin(x) * x
    return y


def numpy_in_an_arm(x):
    return np.sin(x) if x > 0 else 2 * x


def numpy_number(x, scale=np.float64(2.0)):
    return x * scale


NUMPY = [cosine, kinks, array, numpy_in_a_loop, numpy_in_an_arm, numpy_number]


@pytest.mark.parametrize("f", PYTHON + NUMPY)
@pytest.mark.parametrize("x", [0.3, -0.8])
def test_gradients_of_python_floats_are_python_floats(f, x):
    for x_bar in (grad(f)(x), value_and_grad(f)(x)[1]):
        assert type(x_bar) is float
        np.testing.assert_allclose(x_bar, numeric(f, (x,), 0), rtol=2e-5, atol=1e-9)


@pytest.mark.parametrize("f", PYTHON + NUMPY)
def test_gradients_of_numpy_numbers_are_numpy_numbers(f):
    assert type(grad(f)(np.float64(0.3))) is np.float64


@pytest.mark.parametrize("f", PYTHON)
def test_python_floats_are_not_converted(f):
    df = grad(f)
    df(0.3)
    assert "float(" not in df.source


@pytest.mark.parametrize("f", NUMPY)
def test_numpy_numbers_are_converted(f):
    df = grad(f)
    df(0.3)
    assert "float(" in df.source


def carried_from_an_int(x, n=0):
    p = 1
    for _ in range(n):
        p = p * x
    return p * x


def made_of_ints(x, n=0):
    p, q = 1, 2
    for _ in range(n):
        p, q = p * x, q + x
    return (abs(p) + max(p, q) - q * p) * x


@pytest.mark.parametrize("n", [0, 1, 3])
@pytest.mark.parametrize("f", [carried_from_an_int, made_of_ints])
def test_what_starts_as_an_int(f, n):
    x_bar = grad(f)(0.3, n)
    assert type(x_bar) is float
    np.testing.assert_allclose(x_bar, numeric(f, (0.3, n), 0), rtol=2e-5)


def test_an_int_is_taken_as_a_float():
    assert type(grad(powers)(2)) is float
    assert type(grad(nothing_depends)(2)) is float


def test_sign_of_a_number_comes_out_of_a_product():
    df = grad(negated)
    df(0.3)
    assert "prod = K * math.sin(x)" in df.source
    assert "-K" not in re.sub("#.*", "", df.source)


def test_saved_numbers_are_iterated_over():
    df = grad(powers)
    df(0.3)
    assert "in reversed(y_before):" in df.source
    assert ".pop()" not in df.source


def test_saved_arrays_are_freed_as_they_are_read():
    def f(x):
        for _ in range(3):
            x = np.sin(x) * x
        return np.sum(x)

    df = grad(f)
    df(np.ones(3))
    assert "x_before.pop()" in df.source
    assert "reversed(" not in df.source
