"""Arrays of integers in this run, of floats and of another rank in another: of no known type."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import grad, value_and_grad

PROGRAMS: list[Callable[..., Any]] = []
POINTS = (
    np.array([2.1, 1.55, 0.52, 3.3]),
    np.array([-1.1, 2.53, 1.2, 0.3]),
    np.array([-1.1, -0.5, -1.2, 0.3]),
)


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


@program
def of_a_branch(x):
    v = x
    if x[0] > 0:
        v = np.arange(4).reshape(2, 2)
    return np.sum(v) + v[0].sum() + np.sum(v * 2.5 * x[1]) + np.sum(v[-1] * x[2])


@program
def of_a_loop(x):
    v = x
    for i in range(3):
        if x[i] > 1:
            v = np.ones((2, 2), dtype=int)
    return np.sum(v * v) + v[0].sum() + v.ravel()[1]


@program
def of_another_length_and_its_parts(x):
    v = x.reshape(2, 2)
    if x[0] > 0:
        v = np.arange(3)
    w = v.T.copy()
    return np.sum(w * w) + v[0].sum() + np.mean(w) + v[1:].sum()


@program
def of_a_list(x):
    xs = [x.reshape(2, 2)]
    for i in range(3):
        if x[i] > 1:
            xs.append(np.arange(3))
        else:
            xs.append(x)
    s = 0.0
    for v in xs:
        s = s + np.sum(v[0] * x[1]) + v.sum() + np.sum(v * v)
    return s


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_gradients(f):
    for x in POINTS:
        value, found = value_and_grad(f)(x)
        expected = [(f(x + step) - f(x - step)) / 2e-6 for step in 1e-6 * np.eye(4)]
        assert value == pytest.approx(f(x), rel=1e-12)
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5, err_msg=str(x))
        assert found.dtype == np.float64


def test_what_is_of_floats_is_asked_nothing():
    """Only where integers may come is it asked at run time."""

    def f(x):
        v = x
        if x[0] > 0:
            v = x.reshape(2, 2)
        return np.sum(v) + v[0].sum()

    assert "_zero(" in grad(of_a_branch).lower(POINTS[0]).source
    assert "_zero(" not in grad(f).lower(POINTS[0]).source
