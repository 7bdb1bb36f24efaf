"""Writes into arrays that may be of integers or of floats: parts that are augmented, and calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import value_and_grad

PROGRAMS: list[Callable[..., Any]] = []


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


def numbers(x):
    z = np.array([1, 2, 3, 4])
    if x[0] > 0:
        z = z * x
    return z


@program
def a_slice(x):
    z = numbers(x)
    z[1:] += 1
    z[:-1] *= 3
    return np.sum(z * x)


@program
def places(x):
    z = numbers(x)
    z[[0, 1]] -= 1
    z[z > 0] *= 2
    z[::2] += z[1::2]
    return np.sum(z * x)


@program
def with_floats(x):
    z = numbers(x)
    z[1:] += x[1:]
    return np.sum(z * x)


@program
def divided(x):
    z = numbers(x)
    z[1:] /= 2
    return np.sum(z * x)


@program
def a_column(x):
    z = np.array([[1, 2], [3, 4]])
    if x[0] > 0:
        z = z * x[:2]
    z[:, 0] += 1
    z[1] *= 2
    return np.sum(z * x[2:])


@program
def copied(x):
    z = numbers(x)
    np.copyto(z, x)
    return np.sum(z * z)


@program
def copied_integers(x):
    z = numbers(x)
    np.copyto(z, [5, 6, 7, 8])
    np.putmask(z, x > 1, 3)
    return np.sum(z * x)


@program
def under_a_mask(x):
    z = numbers(x)
    np.putmask(z, x > 1, x)
    return np.sum(z * z)


@program
def placed(x):
    z = numbers(x)
    np.place(z, x > 1, x[:2])
    return np.sum(z * z)


@pytest.mark.parametrize("f", PROGRAMS)
@pytest.mark.parametrize("first", [1.3, -1.3])
def test_gradient(f, first):
    x = np.array([first, -0.7, 2.1, 0.4])
    try:
        expected = f(x.copy())
    except TypeError:
        with pytest.raises(TypeError):
            value_and_grad(f)(x)
        return
    slopes = [(f(x + h) - f(x - h)) / 2e-6 for h in 1e-6 * np.eye(4)]
    value, x_bar = value_and_grad(f)(x)
    np.testing.assert_allclose(value, expected, rtol=1e-14)
    np.testing.assert_allclose(x_bar, slopes, rtol=1e-6, atol=1e-7)
