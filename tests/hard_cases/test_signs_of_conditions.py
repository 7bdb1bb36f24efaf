"""Absolute values of what is a condition in this run, and a float in another."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import grad, value_and_grad

PROGRAMS: list[Callable[..., Any]] = []
POINTS = (np.array([-1.1, 0.5, 1.2]), np.array([1.3, 0.5, -1.2]), np.array([-1.1, -0.5, 1.2]))


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


@program
def of_a_number(x):
    t = x[0]
    if x[1] > 0:
        t = x[2] > 0
    return abs(t) * x[1] + np.abs(t) * x[2]


@program
def of_pythons_number(x):
    t = float(x[0])
    if x[1] > 0:
        t = True
    return abs(t) * x[1]


@program
def of_math(x):
    t = x[0]
    if x[1] > 0:
        t = x[2] > 0
    return math.fabs(t) * x[1] + math.copysign(t, x[2]) * x[0]


@program
def of_an_array(x):
    t = x
    if x[1] > 0:
        t = x > 0
    return np.sum(np.abs(t) * x) + np.sum(np.copysign(t, x)) * x[1]


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_gradients(f):
    for x in POINTS:
        value, found = value_and_grad(f)(x)
        expected = [(f(x + step) - f(x - step)) / 2e-6 for step in 1e-6 * np.eye(3)]
        assert value == pytest.approx(f(x), rel=1e-12)
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5, err_msg=str(x))


def test_single_precision():
    found = grad(of_a_number)(POINTS[2].astype(np.float32))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, [-0.7, 1.1, 1.1], rtol=1e-6)


def test_floats_are_asked_for_their_sign_alone():
    source = grad(lambda x: np.sum(np.abs(x))).lower(POINTS[0]).source
    assert "np.sign(x)" in source
