"""Operations that mix float32 and float64: each gradient is good to its own dtype."""

from __future__ import annotations

import operator

import numpy as np
import pytest

from srcgrad import grad

X = np.random.default_rng(0).uniform(0.4, 1.6, size=(3, 4))
NARROW = {
    "number": np.float32(0.7),
    "0-d array": np.array(0.7, np.float32),
    "array": np.random.default_rng(1).uniform(0.4, 1.6, size=4).astype(np.float32),
    "full array": np.random.default_rng(2).uniform(0.4, 1.6, size=(3, 4)).astype(np.float32),
}
OPERATIONS = [
    operator.add,
    operator.sub,
    operator.mul,
    operator.truediv,
    operator.pow,
    operator.mod,
    np.true_divide,
    np.power,
    np.float_power,
    np.arctan2,
    np.hypot,
    np.logaddexp,
    np.logaddexp2,
    np.maximum,
    np.fmod,
    np.heaviside,
    lambda a, b: np.where(a > b, a, b),
    lambda a, b: np.outer(a, b),
    lambda a, b: np.vdot(a.ravel(), np.broadcast_to(b, a.shape).ravel()),
    lambda a, b: np.clip(a, b, 2 * b),
]


@pytest.mark.parametrize("kind", NARROW)
@pytest.mark.parametrize("number", range(len(OPERATIONS)))
@pytest.mark.parametrize("swapped", [False, True])
def test_mixed_dtypes(kind, number, swapped):
    op, narrow = OPERATIONS[number], NARROW[kind]

    def f(wide, narrow):
        y = op(narrow, wide) if swapped else op(wide, narrow)
        return np.sum(y * y)

    try:
        f(X, narrow)
    except (AttributeError, ValueError):
        pytest.skip("not an operation of these")
    both = grad(f, argnums=(0, 1))
    wide_bar, narrow_bar = both(X, narrow)
    exact = both(X, narrow.astype(np.float64))
    assert wide_bar.dtype == np.float64
    assert narrow_bar.dtype == np.float32
    np.testing.assert_allclose(wide_bar, exact[0], rtol=1e-13, atol=1e-13)
    np.testing.assert_allclose(narrow_bar, exact[1], rtol=2e-7, atol=1e-7)
    np.testing.assert_allclose(grad(f)(X, narrow), exact[0], rtol=1e-13, atol=1e-13)


def test_products_are_not_widened():
    source = grad(lambda x, s: np.sum(x * s), argnums=(0, 1)).lower(X, np.float32(2.0)).source
    assert "float64" not in source
    assert "astype" not in source


def test_all_in_float32_stays_so():
    def f(x, s):
        return np.sum(x / s + x**s)

    source = grad(f, argnums=(0, 1)).lower(X.astype(np.float32), np.float32(2.0)).source
    assert "float64" not in source
