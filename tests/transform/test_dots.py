"""Products of vectors and matrices are spelled ``dot``; no other product is."""

from __future__ import annotations

import operator

import numpy as np
import pytest

from srcgrad import grad, value_and_grad, vjp
from srcgrad.ir.types import BOOL, FLOAT32, NP_FLOAT, UNKNOWN, Array
from srcgrad.transform.simplify.dots import spell_products
from tests.transform.passes import (
    MATRIX,
    VECTOR,
    Builder,
    N,
    check_gradient,
    count,
    made,
    same_values,
)

X = np.array([0.3, -0.7, 1.1])
W = np.arange(9.0).reshape(3, 3) / 10
STACK = Array(VECTOR.dtype, (N, N, N))


def product(a, b, result=VECTOR, op=operator.matmul):
    """How often the product of a value of type ``a`` and one of type ``b`` becomes a dot."""
    values = {1: X, 2: W, 3: np.stack([W, W + 1, W - 1])}
    builder = Builder()
    made_of = [builder.add(np.positive, values[getattr(t, "ndim", 2)], type=t) for t in (a, b)]
    out = builder.add(op, *made_of, type=result)
    return count(same_values(spell_products, made(builder, [], out)), np.ndarray.dot)


@pytest.mark.parametrize("op", [operator.matmul, np.matmul])
@pytest.mark.parametrize(
    ("a", "b", "result"),
    [(MATRIX, VECTOR, VECTOR), (VECTOR, MATRIX, VECTOR), (MATRIX, MATRIX, MATRIX),
     (VECTOR, VECTOR, NP_FLOAT)],
)  # fmt: skip
def test_vectors_and_matrices(a, b, result, op):
    assert product(a, b, result, op=op) == 1


@pytest.mark.parametrize(
    ("a", "b", "result"),
    [
        (STACK, VECTOR, MATRIX),
        (MATRIX, STACK, STACK),
        (UNKNOWN, MATRIX, UNKNOWN),
        (MATRIX, UNKNOWN, UNKNOWN),
        (Array(FLOAT32, (N, N)), MATRIX, MATRIX),
        (Array(BOOL, (N, N)), Array(BOOL, (N, N)), Array(BOOL, (N, N))),
    ],
)
def test_everything_else_stays(a, b, result):
    assert product(a, b, result) == 0


def layers(W, V, x):
    return np.sum(np.tanh(V @ np.tanh(W @ x)))


def test_all_of_a_text_is_spelled_alike():
    df = value_and_grad(layers, argnums=(0, 1, 2))
    df(W, W.T.copy(), X)
    assert df.source.count(".dot(") == 4
    assert "@" not in df.source.replace("V @ np.tanh(W @ x)", "")


def test_gradients():
    args = (W, W.T.copy(), X)
    check_gradient(grad(layers, argnums=(0, 1, 2)), layers, *args, wrt=(0, 1, 2))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_pullbacks(dtype):
    def f(A, b):
        return A @ b

    A, b = W.astype(dtype), X.astype(dtype)
    y, pullback = vjp(f, A, b)
    A_bar, b_bar = pullback(y)
    assert A_bar.dtype == b_bar.dtype == dtype
    np.testing.assert_allclose(b_bar, A.T @ (A @ b), rtol=1e-6)


def test_stacks_of_matrices_and_empty_ones():
    def f(A, B):
        return np.sum((A @ B) ** 2)

    rng = np.random.default_rng(0)
    stacks = rng.normal(size=(2, 3, 4)), rng.normal(size=(2, 4, 5))
    check_gradient(grad(f, argnums=(0, 1)), f, *stacks, wrt=(0, 1))
    A_bar, B_bar = grad(f, argnums=(0, 1))(np.zeros((0, 3)), np.zeros((3, 2)))
    assert A_bar.shape == (0, 3)
    assert np.array_equal(B_bar, np.zeros((3, 2)))
