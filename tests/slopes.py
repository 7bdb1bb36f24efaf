"""Compares the gradients of functions of one array with slopes along a direction."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Any

import numpy as np

from srcgrad import grad, value_and_grad
from tests import parts

DIRECTION = np.array([0.3, -0.2, 0.7, 0.4])
STEP = 1e-6


def check_slope(f: Callable[..., Any], x: np.ndarray) -> np.ndarray:
    """The gradient of ``f`` at ``x``, of up to four elements, which is compared with the slope;
    the value is that of ``f``, and ``grad`` and ``value_and_grad`` agree, where both are tried."""
    v = DIRECTION[: len(x)]
    slope = (f(x + STEP * v) - f(x - STEP * v)) / (2 * STEP)
    value, x_bar = value_and_grad(f)(x)
    np.testing.assert_allclose(value, f(x), rtol=1e-14)
    assert x_bar.shape == x.shape
    if len(x):
        np.testing.assert_allclose(x_bar @ v, slope, rtol=2e-6, atol=1e-8)
    if is_tried_by_grad(f):
        np.testing.assert_allclose(grad(f)(x), x_bar, rtol=1e-14)
    return x_bar


def is_tried_by_grad(f: Callable[..., Any]) -> bool:
    """Whether ``grad`` of ``f`` is compiled besides ``value_and_grad``: of every third function."""
    return parts.everything or zlib.crc32(f.__name__.encode()) % 3 == 0


def slopes(f: Callable[..., Any], x: np.ndarray) -> np.ndarray:
    """Central differences of ``f`` in each element of ``x``."""
    return np.array([(f(x + h) - f(x - h)) / (2 * STEP) for h in STEP * np.eye(len(x))])


def check_at(f: Callable[..., Any], *points: np.ndarray) -> None:
    """The gradients of ``f`` at some points, one after the other: what is compiled for one does
    for the others."""
    derivative = value_and_grad(f)
    for x in points:
        value, found = derivative(x.copy())
        assert found.dtype == x.dtype
        if is_tried_by_grad(f):
            np.testing.assert_allclose(grad(f)(x.copy()), found, rtol=1e-14)
        np.testing.assert_allclose(value, f(x.copy()), rtol=1e-12)
        np.testing.assert_allclose(found, slopes(f, x), rtol=1e-5, atol=1e-6)
