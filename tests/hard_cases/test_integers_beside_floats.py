"""Integers beside what is differentiated: no rule computes with them in their own dtype.

The square of 20 wraps around in one byte, that of ``2**32`` in eight; without a sign, ``0 - 1`` is
a large number; booleans have no negative, and the logarithm of one byte is half a float.
"""

from __future__ import annotations

import math
import operator

import numpy as np
import pytest

from srcgrad import grad

X = np.array([1.3, 0.7, 2.4])
INTEGERS = {
    "bool": np.array([True, False, True]),
    "uint8": np.array([20, 0, 3], np.uint8),
    "int8": np.array([20, 0, 3], np.int8),
    "int16": np.array([200, 0, 7], np.int16),
    "int32": np.array([50_000, 0, 7], np.int32),
    "int64": np.array([2**32, 0, 7]),
    "uint64": np.array([2**33, 0, 7], np.uint64),
    "float32": np.array([20.5, 0, 3.5], np.float32),
}
OPERATIONS = [
    operator.add,
    operator.sub,
    operator.mul,
    operator.truediv,
    operator.pow,
    operator.mod,
    np.add,
    np.subtract,
    np.multiply,
    np.true_divide,
    np.remainder,
    np.fmod,
    np.power,
    np.float_power,
    np.arctan2,
    np.hypot,
    np.logaddexp,
    np.logaddexp2,
    np.maximum,
    np.minimum,
    np.fmax,
    np.fmin,
    np.copysign,
    np.heaviside,
    lambda a, b: np.divmod(a, b)[1],
    lambda a, b: np.where(a > b, a, b),
    lambda a, b: np.clip(a, b, 2.0 * b),
    lambda a, b: np.outer(a, b),
    lambda a, b: np.kron(a, b),
    lambda a, b: np.convolve(a, b),
    lambda a, b: np.dot(a, b),
    lambda a, b: np.inner(a, b),
    lambda a, b: np.vdot(a, b),
    lambda a, b: a @ b,
    lambda a, b: np.tensordot(a, b, 0),
    lambda a, b: np.einsum("i,i,j->j", a, a, b),
    lambda a, b: np.concatenate([a, b]),
    lambda a, b: np.stack([a, b]),
]


def gradients(f, x, k):
    """The gradient by ``x``, that for ``k`` as doubles, and central differences."""
    gradient = grad(f)
    with np.errstate(all="ignore"):
        got, exact = gradient(x, k), gradient(x, k.astype(np.float64))
        found = []
        for i in range(len(x)):
            step = np.zeros_like(x)
            step[i] = 1e-6
            found.append((f(x + step, k) - f(x - step, k)) / 2e-6)
    return got, exact, np.array(found)


@pytest.mark.parametrize("number", range(len(OPERATIONS)))
@pytest.mark.parametrize("swapped", [False, True], ids=["x, k", "k, x"])
def test_the_other_operand(number, swapped):
    op = OPERATIONS[number]

    def f(x, k):
        return np.sum(op(k, x) if swapped else op(x, k))

    for kind, k in INTEGERS.items():
        got, exact, differences = gradients(f, X, k)
        assert got.dtype == np.float64, kind
        np.testing.assert_allclose(got, exact, rtol=1e-12, err_msg=kind)
        # What is large in one element leaves no digits for the others.
        known = np.isfinite(differences) & np.isfinite(got) & (max(k.astype(np.float64)) <= 30)
        close = np.isclose(got[known], differences[known], rtol=1e-4, atol=1e-4)
        assert close.all(), kind


NUMBERS = [
    np.arctan2,
    np.power,
    np.hypot,
    math.atan2,
    math.pow,
    math.hypot,
    math.fmod,
    operator.pow,
]


@pytest.mark.parametrize("kind", [kind for kind in INTEGERS if kind != "float32"])
@pytest.mark.parametrize("number", range(len(NUMBERS)))
@pytest.mark.parametrize("swapped", [False, True], ids=["x, k", "k, x"])
@pytest.mark.parametrize("one", [float, np.float64])
def test_numbers(kind, number, swapped, one):
    op, k = NUMBERS[number], INTEGERS[kind][0]

    def f(x, k):
        return op(k, x) if swapped else op(x, k)

    with np.errstate(all="ignore"):
        try:
            f(one(1.3), k)
        except OverflowError:
            pytest.skip("not a number")
        got, exact = grad(f)(one(1.3), k), grad(f)(one(1.3), k.astype(np.float64))
    np.testing.assert_allclose(got, exact, rtol=1e-12)


def test_elements_in_a_loop():
    def f(x, k):
        total = 0.0
        for i in range(len(x)):
            total += np.arctan2(k[i], x[i]) * np.arctan2(x[i], k[i])
        return total

    for k in INTEGERS.values():
        got, exact, _ = gradients(f, X, k)
        np.testing.assert_allclose(got, exact, rtol=1e-12)


def test_single_precision_beside_small_integers():
    def f(x, k):
        return np.sum(np.arctan2(k, x) + x**k)

    x, k = X.astype(np.float32), INTEGERS["uint8"]
    got = grad(f)(x, k)
    assert got.dtype == np.float32
    np.testing.assert_allclose(got, grad(f)(X, k), rtol=1e-5)


def test_integers_of_eight_bytes_stay_as_they_are_where_nothing_wraps():
    def f(x, k):
        return np.sum(x**k)

    gradient = grad(f)
    gradient(X, np.array([2, 3, 4]))
    assert "astype" not in gradient.source
