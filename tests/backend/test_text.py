"""The exact text of generated functions."""

from __future__ import annotations

import math
import operator
import textwrap
from typing import Any

import interpreter
import numpy as np
import pytest
from building import MATRIX, VECTOR, Builder, loc, stack

from srcgrad.backend import emit, load
from srcgrad.ir.nodes import Block, Const, Function, Pack, Param, Var
from srcgrad.ir.types import BOOL, INT64, PY_FLOAT, PY_INT, Array, PackType


def body_of(function: Function, **kwargs: Any) -> str:
    """The text of the generated function without imports and docstring."""
    source = emit(function, "Doc.", **kwargs).source
    return source[source.index('"""Doc."""') + len('"""Doc."""\n') :]


def check(function: Function, *args: Any) -> None:
    """The text does what the program means."""
    emitted = emit(function, "Doc.")
    namespace: dict[str, Any] = {}
    exec(emitted.source, namespace)
    expected = interpreter.run(function, *args)
    for made in (namespace[emitted.name], load(emitted, {}, {}, {}, "test")):
        np.testing.assert_equal(made(*args), expected)


def expect(function: Function, text: str, **kwargs: Any) -> None:
    assert body_of(function, **kwargs) == textwrap.indent(textwrap.dedent(text).lstrip("\n"), "    ")


def two_layers() -> Function:
    b = Builder()
    W1, W2, X = Var("W1", MATRIX), Var("W2", MATRIX), Var("X", MATRIX)
    b.line(4, "z1 = X @ W1")
    z1 = b.add(operator.matmul, X, W1, name="z1")
    b.line(5, "h1 = np.maximum(z1, 0)")
    h1 = b.add(np.maximum, z1, 0, name="h1")
    b.line(6, "y_hat = h1 @ W2")
    y_hat = b.add(operator.matmul, h1, W2, name="y_hat")
    b.line(7, "return np.sum(y_hat ** 2)", True)
    y_hat_bar = b.add(operator.mul, 2, y_hat, name="y_hat_bar")
    b.line(6, "y_hat = h1 @ W2", True)
    t = b.add(np.ndarray.T, h1)
    W2_bar = b.add(operator.matmul, t, y_hat_bar, name="W2_bar")
    t = b.add(np.ndarray.T, W2)
    h1_bar = b.add(operator.matmul, y_hat_bar, t, name="h1_bar")
    b.line(5, "h1 = np.maximum(z1, 0)", True)
    mask = b.add(operator.gt, z1, 0)
    z1_bar = b.add(operator.mul, h1_bar, mask, name="z1_bar")
    b.line(4, "z1 = X @ W1", True)
    t = b.add(np.ndarray.T, X)
    W1_bar = b.add(operator.matmul, t, z1_bar, name="W1_bar")
    return b.function("loss_grad", [W1, W2, X], (W1_bar, W2_bar))


def test_two_layers() -> None:
    doc = "Gradient of loss (example.py:3) with respect to W1 and W2."
    assert emit(two_layers(), doc).source == textwrap.dedent('''\
        import numpy as np


        def loss_grad(W1, W2, X):
            """Gradient of loss (example.py:3) with respect to W1 and W2."""
            # Forward
            z1 = X @ W1
            h1 = np.maximum(z1, 0)
            y_hat = h1 @ W2

            # Backward
            y_hat_bar = 2 * y_hat              # 7: return np.sum(y_hat ** 2)
            W2_bar = h1.T @ y_hat_bar          # 6: y_hat = h1 @ W2
            h1_bar = y_hat_bar @ W2.T
            z1_bar = h1_bar * (z1 > 0)         # 5: h1 = np.maximum(z1, 0)
            W1_bar = X.T @ z1_bar              # 4: z1 = X @ W1
            return W1_bar, W2_bar
        ''')


def rnn() -> Function:
    b = Builder()
    W, U, x, h0 = Var("W", MATRIX), Var("U", MATRIX), Var("x", MATRIX), Var("h", VECTOR)
    b.line(2, "for t in range(len(x)):")
    n = b.add(len, x, type=PY_INT)
    body, t, h = b.inner(), Var("t", PY_INT), Var("h", VECTOR)
    body.line(3, "h = np.tanh(W @ h + U @ x[t])")
    Wh = body.add(operator.matmul, W, h)
    Ux = body.add(operator.matmul, U, body.add(operator.getitem, x, t))
    h_next = body.add(np.tanh, body.add(operator.add, Wh, Ux), name="h")
    h_last, saved = Var("h", VECTOR), stack()
    b.loop(body.block(h_next, h, params=(t, h)), n, [h0], [h_last, saved])
    b.line(4, "return np.sum(h)", True)
    h_bar0 = b.add(np.ones_like, h_last, name="h_bar")
    b.line(2, "for t in range(len(x)):", True)
    W_bar = b.add(np.zeros_like, W, name="W_bar")
    U_bar = b.add(np.zeros_like, U, name="U_bar")
    n = b.add(len, x, type=PY_INT)
    body, t = b.inner(), Var("t", PY_INT)
    h_bar, h, h_before = Var("h_bar", VECTOR), Var("h", VECTOR), Var("h", VECTOR)
    body.line(3, "h = np.tanh(W @ h + U @ x[t])", True)
    square = body.add(operator.mul, h, h)
    s_bar = body.add(operator.mul, h_bar, body.add(operator.sub, 1.0, square), name="s_bar")
    body.store(W_bar, None, body.add(np.outer, s_bar, h_before))
    x_t = body.add(operator.getitem, x, t)
    body.store(U_bar, None, body.add(np.outer, s_bar, x_t))
    h_bar_next = body.add(operator.matmul, body.add(np.ndarray.T, W), s_bar, name="h_bar")
    last = (Var("h_bar", VECTOR), Var("h", VECTOR))
    block = body.block(h_bar_next, h_before, params=(t, h_bar, h, h_before))
    b.loop(block, n, [h_bar0, h_last], last, [saved], backward=True)
    return b.function("rnn_grad", [W, U, x, Param("h", h0)], (W_bar, U_bar))


def test_recurrent_net() -> None:
    expect(rnn(), """
        # Forward
        h_before = []
        for t in range(len(x)):
            h_before.append(h)
            h = np.tanh(W @ h + U @ x[t])

        # Backward
        h_bar = np.ones_like(h)            # 4: return np.sum(h)
        W_bar = np.zeros_like(W)           # 2: for t in range(len(x)):
        U_bar = np.zeros_like(U)
        for t in range(len(x) - 1, -1, -1):
            s_bar = h_bar * (1.0 - h * h)  # 3: h = np.tanh(W @ h + U @ x[t])
            h = h_before.pop()
            W_bar += np.outer(s_bar, h)
            U_bar += np.outer(s_bar, x[t])
            h_bar = W.T @ s_bar
        return W_bar, U_bar
        """)
    rng = np.random.default_rng(0)
    check(rnn(), rng.normal(size=(3, 3)), rng.normal(size=(3, 2)), rng.normal(size=(4, 2)), np.ones(3))
