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


def carried(a, b):
    y = np.sum(a * b)
    for _ in range(2):
        y = y * 1.5
    return y


def large(a, b):
    return (a @ b) * 1e50


def large_in_a_branch(a, b):
    y = a[0] * b[1]
    if y > -9:
        y = y * 1e50
    return y


def counted(a, b):
    s = a @ b
    return np.sum(np.broadcast_to(s, (3,))) * 1e50 + s


@pytest.mark.parametrize("f", [carried, large, large_in_a_branch, counted])
def test_the_cotangent_of_a_wide_number_beside_narrow_arrays(f):
    a, b = np.array([0.7, 1.3]), np.array([0.3, 1.1], np.float32)
    with np.errstate(over="ignore"):  # of what a float32 cannot hold
        a_bar, b_bar = grad(f, (0, 1))(a, b)
    wide, _ = grad(f, (0, 1))(a, b.astype(float))
    assert a_bar.dtype == np.float64
    assert b_bar.dtype == np.float32
    np.testing.assert_allclose(a_bar, wide, rtol=1e-14)


def test_a_number_that_may_be_pythons_beside_a_narrow_array():
    def f(a, b, n):
        y = a
        for _ in range(n):
            y = np.sin(y)
        return np.sum(y * b) * 1e10

    b = np.array([0.3, 1.1], np.float32)
    for n in (0, 2):
        got = grad(f, (0, 1))(0.7, b, n)
        wide = grad(f, (0, 1))(0.7, b.astype(float), n)
        assert type(got[0]) is float
        assert got[1].dtype == np.float32
        np.testing.assert_allclose(got[0], wide[0], rtol=1e-6)
        np.testing.assert_allclose(got[1], wide[1], rtol=1e-6)
