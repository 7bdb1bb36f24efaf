"""Masks: a product only where everything under the mask is finite, a selection everywhere else."""

from __future__ import annotations

import operator

import numpy as np
import pytest

from srcgrad import grad
from srcgrad.ir import intrinsics
from tests.transform.passes import Stages, count

X = np.array([0.4, -1.3, 2.5])


def relu(x):
    return np.sum(np.maximum(x, 0.0) @ x)


def test_mask_of_a_plain_network_is_a_product():
    stages = Stages(relu, X)
    assert count(stages.adjoint, intrinsics.masked) == 1
    assert count(stages.lean, np.where) == 0
    assert count(stages.lean, operator.mul) >= 1


def flat(x):
    return x.reshape(-1)


def looped(op):
    def f(x):
        m, s = np.maximum(x, 0.0), 0.0
        for i in range(3):
            s = s + op(m[i])
        return s

    return f


def branched(x):
    m = np.maximum(x, 0.0)
    s = np.sum(np.sqrt(m)) if x[0] > 0 else 0.0
    return s


SINGULAR = (
    (lambda x: np.sum(np.sqrt(np.maximum(x, 0.0))), 0.5 / np.sqrt(X[[0, 2]])),
    (lambda x: np.sum(np.sqrt(flat(np.maximum(x, 0.0)))), 0.5 / np.sqrt(X[[0, 2]])),
    (lambda x: np.sum(flat(np.maximum(x, 0.0)) ** 0.5), 0.5 / np.sqrt(X[[0, 2]])),
    (lambda x: np.sum(np.sqrt(np.where(x > 0, x, 0.0))), 0.5 / np.sqrt(X[[0, 2]])),
    (lambda x: np.sum(np.sqrt(np.clip(x, 0.0, 9.0)).reshape(-1)), 0.5 / np.sqrt(X[[0, 2]])),
    (lambda x: np.sum(np.cbrt(flat(np.maximum(x, 0.0)))), X[[0, 2]] ** (-2 / 3) / 3),
    (looped(np.sqrt), 0.5 / np.sqrt(X[[0, 2]])),
    (branched, 0.5 / np.sqrt(X[[0, 2]])),
)


@pytest.mark.parametrize(("f", "want"), SINGULAR)
def test_infinite_slopes_under_a_mask_are_dropped(f, want):
    with np.errstate(all="ignore"):
        got = grad(f)(X)
    np.testing.assert_allclose(got[[0, 2]], want)
    assert got[1] == 0.0


@pytest.mark.parametrize("op", [np.arccosh, np.arccos, np.arcsin])
def test_edges_of_inverse_functions(op):
    edge = np.maximum if op is np.arccosh else np.minimum

    def f(x):
        return np.sum(op(flat(edge(x, 1.0))))

    x = np.array([0.5, 2.0])
    with np.errstate(all="ignore"):
        got = grad(f)(x)
    inside = 1 if op is np.arccosh else 0
    assert got[1 - inside] == 0.0
    assert np.isfinite(got[inside])
    assert got[inside] != 0.0


def test_overflow_in_the_arm_that_is_not_taken():
    def f(z):
        return np.sum(np.where(z < 0, np.exp(z), z))

    with np.errstate(all="ignore"):
        got = grad(f)(np.array([1000.0, -1.0]))
    np.testing.assert_allclose(got, [1.0, np.exp(-1.0)])


def test_division_by_zero_in_the_arm_that_is_not_taken():
    def f(a, b):
        return np.sum(np.where(b != 0, a / b, 0.0))

    a, b = np.array([1.0, 2.0]), np.array([0.0, 4.0])
    with np.errstate(all="ignore"):
        got = grad(f, argnums=(0, 1))(a, b)
    np.testing.assert_allclose(got[0], [0.0, 0.25])
    np.testing.assert_allclose(got[1], [0.0, -0.125])
