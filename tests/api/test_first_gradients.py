"""The first gradient of a kind is compared with its arguments, until one fits."""

from __future__ import annotations

import numpy as np
import pytest

from srcgrad import grad, value_and_grad


def product(x):
    return np.sum(x @ np.ones(3))


def test_an_error_is_one_again() -> None:
    gradient = grad(product)
    for _ in range(3):
        with pytest.raises(ValueError, match="do not fit together"):
            gradient(np.ones(4))
    np.testing.assert_array_equal(gradient(np.ones(3)), np.ones(3))


def limited(x):
    if np.sum(x) > 1:
        raise ValueError("too large")
    return np.sum(x**2)


def test_a_function_that_raises_at_first() -> None:
    gradient = value_and_grad(limited)
    with pytest.raises(ValueError, match="too large"):
        gradient(np.ones(3))
    assert "too large" in gradient.source
    x = np.full(3, 0.1)
    for _ in range(2):
        value, x_bar = gradient(x)
        assert value == limited(x)
        np.testing.assert_allclose(x_bar, 2 * x)
