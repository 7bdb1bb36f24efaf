"""The exact text of generated functions."""

from __future__ import annotations

import math
import operator
import textwrap
from typing import Any

import numpy as np
import pytest

from srcgrad.backend import emit, load
from srcgrad.ir.nodes import Const, Function, Pack, Param, Var
from srcgrad.ir.types import BOOL, INT64, PY_FLOAT, PY_INT, Array, PackType
from tests.backend import interpreter
from tests.backend.building import MATRIX, VECTOR, Builder, loc, stack
from tests.counting import calls_of


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
    assert body_of(function, **kwargs) == textwrap.indent(
        textwrap.dedent(text).lstrip("\n"), "    "
    )


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
    expect(
        rnn(),
        """
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
        """,
    )
    rng = np.random.default_rng(0)
    check(
        rnn(), rng.normal(size=(3, 3)), rng.normal(size=(3, 2)), rng.normal(size=(4, 2)), np.ones(3)
    )


def f64(name: str) -> Var:
    return Var(name, PY_FLOAT)


def test_swap() -> None:
    b, x, y = Builder(), f64("x"), f64("y")
    body, u, v = b.inner(), f64("u"), f64("v")
    total = body.add(operator.add, u, v, name="v", type=PY_FLOAT)
    last = (f64("u"), f64("v"))
    b.loop(body.block(v, total, params=(Var("t", PY_INT), u, v)), 3, [x, y], last)
    function = b.function("f", [x, y], last)
    expect(
        function,
        """
        u = x
        v = y
        for _ in range(3):
            u, v = v, u + v
        return u, v
        """,
    )
    check(function, 1.0, 2.0)


def test_plain_swap() -> None:
    b, x, y = Builder(), f64("u"), f64("v")
    u, v, last = f64("u"), f64("v"), (f64("u"), f64("v"))
    b.loop(b.inner().block(v, u, params=(Var("t", PY_INT), u, v)), 3, [x, y], last)
    function = b.function("f", [x, y], last)
    expect(
        function,
        """
        for _ in range(3):
            u, v = v, u
        return u, v
        """,
    )
    check(function, 1.0, 2.0)


def test_old_version_is_needed_later() -> None:
    b, x = Builder(), f64("x")
    first = b.add(math.exp, x, name="h", type=PY_FLOAT)
    second = b.add(math.sin, first, name="h", type=PY_FLOAT)
    result = b.add(operator.mul, first, second, type=PY_FLOAT)
    function = b.function("f", [x], result)
    expect(
        function,
        """
        h = math.exp(x)
        h_1 = math.sin(h)
        return h * h_1
        """,
    )
    check(function, 0.5)


def test_versions_share_a_name_where_they_can() -> None:
    b, x = Builder(), f64("x")
    h = x
    for _ in range(3):
        h = b.add(math.exp, h, name="h", type=PY_FLOAT)
    expect(
        b.function("f", [x], h),
        """
        h = math.exp(x)
        h = math.exp(h)
        h = math.exp(h)
        return h
        """,
    )


def test_conditional_expression() -> None:
    b, x = Builder(loc(2, "y = np.exp(x) if x > 0 else 1.0")), f64("x")
    test = b.add(operator.gt, x, 0, type=PY_FLOAT)
    then, y = b.inner(), f64("y")
    value = then.add(np.exp, x, type=PY_FLOAT)
    b.branch(test, then.block(value), b.inner().block(1.0), y)
    function = b.function("f", [x], y)
    expect(
        function,
        """
        y = np.exp(x) if x > 0 else 1.0
        return y
        """,
    )
    check(function, 0.5)
    check(function, -0.5)


def test_and_or() -> None:
    b, x, y = Builder(loc(2, "z = 0 < x < y or y > 9")), f64("x"), f64("y")
    first = b.add(operator.lt, 0, x, type=PY_FLOAT)
    arm, both, either = b.inner(), f64(""), f64("z")
    second = arm.add(operator.lt, x, y, type=PY_FLOAT)
    b.branch(first, arm.block(second), b.inner().block(first), both)
    arm = b.inner()
    third = arm.add(operator.gt, y, 9, type=PY_FLOAT)
    b.branch(both, b.inner().block(both), arm.block(third), either)
    function = b.function("f", [x, y], either)
    expect(
        function,
        """
        z = 0 < x < y or y > 9
        return z
        """,
    )
    for args in ((0.5, 1.0), (-1.0, 1.0), (-1.0, 10.0)):
        check(function, *args)


def test_if_statement_of_the_user() -> None:
    b, x = Builder(loc(2, "if x > 0:")), f64("x")
    test = b.add(operator.gt, x, 0, type=PY_FLOAT)
    then, orelse, last = b.inner(), b.inner(), f64("x")
    one = then.add(math.exp, x, name="x", type=PY_FLOAT)
    b.branch(test, then.block(one), orelse.block(x), last)
    function = b.function("f", [x], last)
    expect(
        function,
        """
        if x > 0:
            x = math.exp(x)
        return x
        """,
    )
    check(function, 0.5)


def test_inverted_branch_and_elif() -> None:
    b, x = Builder(loc(2, "if x > 0:")), f64("x")
    test = b.add(operator.gt, x, 0, type=PY_FLOAT)
    orelse, inner, last, middle = b.inner(), b.inner(), f64("x"), f64("x")
    orelse.at = inner.at = loc(4, "elif x > -1:")
    other = orelse.add(operator.gt, x, -1, type=PY_FLOAT)
    one = inner.add(math.exp, x, name="x", type=PY_FLOAT)
    orelse.branch(other, inner.block(one), b.inner().block(x), middle)
    two = b.inner()
    value = two.add(math.sin, x, name="x", type=PY_FLOAT)
    b.branch(test, two.block(value), orelse.block(middle), last)
    function = b.function("f", [x], last)
    expect(
        function,
        """
        if x > 0:
            x = math.sin(x)
        elif x > -1:
            x = math.exp(x)
        return x
        """,
    )
    for value in (0.5, -0.5, -2.0):
        check(function, value)


def test_no_read_moves_across_a_write() -> None:
    b, x = Builder(), Var("x", VECTOR)
    A = b.add(np.copy, x, name="A")
    view = b.add(operator.getitem, A, slice(1, None, None))
    doubled = b.add(operator.mul, view, 2)
    b.store(A, 0, 5.0, accumulate=False)
    b.store(A, slice(None, -1, None), 1.0)
    function = b.function("f", [x], (doubled, A))
    expect(
        function,
        """
        A = np.copy(x)
        prod = A[1:] * 2
        A[0] = 5.0
        A[:-1] += 1.0
        return prod, A
        """,
    )
    check(function, np.arange(3.0))


def test_stores() -> None:
    b, x = Builder(), Var("x", VECTOR)
    index, mask = Var("index", Array(INT64, (None,))), Var("mask", Array(BOOL, (None,)))
    x_bar = b.add(np.zeros_like, x, name="x_bar")
    b.store(x_bar, index, 1.0)
    b.store(x_bar, mask, 2.0)
    b.store(x_bar, (0,), 3.0)
    b.store(x_bar, None, 4.0)
    b.store(x_bar, None, 0.0, accumulate=False)
    b.store(x_bar, -1, x)
    function = b.function("f", [x, index, mask], x_bar)
    assert body_of(function) == textwrap.indent(
        textwrap.dedent("""\
        x_bar = np.zeros_like(x)
        np.add.at(x_bar, index, 1.0)
        x_bar[mask] += 2.0
        x_bar[0,] += 3.0
        x_bar += 4.0
        x_bar[...] = 0.0
        x_bar[-1] += x
        return x_bar
        """),
        "    ",
    )


def test_names_that_are_taken() -> None:
    b, np_ = Builder(), Var("np", VECTOR)
    h = b.add(np.exp, np_, name="lambda")
    total = b.add(np.sum, h, name="math")
    k = b.add(math.exp, total, name="len", type=PY_FLOAT)
    n = b.add(len, h, name="n", type=PY_INT)
    function = b.function("f", [np_], (h, k, n))
    source = emit(function, "Doc.").source
    assert source.startswith("import math\nimport numpy as np_\n")
    expect(
        function,
        """
        lambda_ = np_.exp(np)
        math_1 = np_.sum(lambda_)
        len_1 = math.exp(math_1)
        n = len(lambda_)
        return lambda_, len_1, n
        """,
    )
    check(function, np.ones(2))


def test_containers() -> None:
    names = ("W0", "b0", "W1", "b1")
    W0, b0, W1, b1 = (Var(name, VECTOR) for name in names)
    x = Var("x", VECTOR)
    layers = Pack(tuple, (Pack(tuple, (W0, b0)), Pack(tuple, (W1, b1))))
    b = Builder()
    h = b.add(np.tanh, b.add(operator.add, b.add(operator.matmul, x, W0), b0), name="h")
    y = b.add(operator.add, b.add(operator.matmul, h, W1), b1)
    function = b.function("f", [Param("params", layers), x], y)
    expect(
        function,
        """
        (W0, b0), (W1, b1) = params
        h = np.tanh(x @ W0 + b0)
        return h @ W1 + b1
        """,
    )
    check(function, ((np.eye(2), 1.0), (np.eye(2), 2.0)), np.ones(2))


def test_dictionary() -> None:
    W, c, x = Var("W", VECTOR), Var("b", VECTOR), Var("x", VECTOR)
    b = Builder()
    h = b.add(np.tanh, b.add(operator.add, b.add(operator.matmul, x, W), c), name="h")
    y = b.add(operator.matmul, h, W)
    function = b.function("f", [Param("p", Pack(dict, (W, c), ("W", "b"))), x], y)
    expect(
        function,
        """
        W = p["W"]
        h = np.tanh(x @ W + p["b"])
        return h @ W
        """,
    )
    check(function, {"W": np.eye(2), "b": 1.0}, np.ones(2))


def test_places() -> None:
    b, x = Builder(), Var("x", VECTOR)
    X, rate = Var("X", VECTOR), Var("rate", PY_FLOAT)
    h = b.add(operator.mul, x, X, name="X")
    y = b.add(operator.mul, h, rate)
    function = b.function("f", [x], y)
    places = {X: "X", rate: "cfg.rate"}
    expect(
        function,
        """
        X_1 = x * X
        return X_1 * cfg.rate
        """,
        places=places,
        modules={"cfg": "package.cfg"},
    )
    emitted = emit(function, "Doc.", places, {"cfg": "package.cfg"})
    assert emitted.source.startswith("from package import cfg\n")


def test_pullback() -> None:
    b, x = Builder(loc(2, "y = np.exp(x)")), Var("x", VECTOR)
    y = b.add(np.exp, x, name="y")
    inner, y_bar = b.inner(), Var("y_bar", VECTOR)
    inner.line(2, "y = np.exp(x)", True)
    x_bar = inner.add(operator.mul, y_bar, y, name="x_bar")
    pullback = b.define(inner.function("pullback", [y_bar], x_bar))
    function = b.function("f_vjp", [x], (y, pullback))
    expect(
        function,
        """
        y = np.exp(x)

        def pullback(y_bar):
            x_bar = y_bar * y              # 2: y = np.exp(x)
            return x_bar

        return y, pullback
        """,
    )
    made = load(emit(function, "Doc."), {}, {}, {}, "vjp of f")
    np.testing.assert_allclose(made(np.ones(2))[1](2.0), 2 * np.e * np.ones(2))


def test_captured_variables_are_not_reused() -> None:
    b, x = Builder(), Var("x", VECTOR)
    saved = b.add(np.exp, x, name="h")
    inner, h_bar, h = b.inner(), Var("h_bar", VECTOR), Var("h", VECTOR)
    body = inner.inner()
    next_h = body.add(operator.mul, h, saved, name="h")
    last = Var("h", VECTOR)
    inner.loop(body.block(next_h, params=(Var("t", PY_INT), h)), 2, [saved], [last])
    pullback = b.define(inner.function("pullback", [h_bar], last))
    later = b.add(np.sin, x, name="h")
    function = b.function("f", [x], (later, pullback))
    expect(
        function,
        """
        h = np.exp(x)

        def pullback(h_bar):
            h_1 = h
            for _ in range(2):
                h_1 = h_1 * h
            return h_1

        h_1 = np.sin(x)
        return h_1, pullback
        """,
    )
    made = load(emit(function, "Doc."), {}, {}, {}, "vjp of f")
    np.testing.assert_allclose(made(np.zeros(2))[1](1.0), np.ones(2))


def test_assertion_and_text() -> None:
    b, x = Builder(loc(2, 'assert x > 0, f"x is {x:.2f}"')), f64("x")
    test = b.add(operator.gt, x, 0, type=PY_FLOAT)
    from srcgrad.ir import intrinsics

    orelse = b.inner()
    shown = orelse.add(format, x, ".2f")
    text = orelse.add(intrinsics.join_text, "x is ", shown)
    orelse.throw(orelse.add(AssertionError, text))
    b.branch(test, b.inner().block(), orelse.block())
    y = b.add(math.exp, x, type=PY_FLOAT)
    function = b.function("f", [x], y)
    expect(
        function,
        """
        assert x > 0, f"x is {x:.2f}"
        return math.exp(x)
        """,
    )
    with pytest.raises(AssertionError, match=r"x is -1\.00"):
        load(emit(function, "Doc."), {}, {}, {}, "f")(-1.0)


def test_guard_clause() -> None:
    b, x = Builder(loc(2, "if x < 0:")), f64("x")
    test = b.add(operator.lt, x, 0, type=PY_FLOAT)
    then = b.inner()
    then.throw(then.add(ValueError, "negative"))
    b.branch(test, then.block(), b.inner().block())
    y = b.add(math.exp, x, type=PY_FLOAT)
    expect(
        b.function("f", [x], y),
        """
        if x < 0:
            raise ValueError("negative")
        return math.exp(x)
        """,
    )


def test_while() -> None:
    b, x = Builder(), f64("x")
    tests, before, body, inside = b.inner(), f64("x"), b.inner(), f64("x")
    test = tests.add(operator.lt, before, 100.0, type=PY_FLOAT)
    after = body.add(operator.mul, inside, 2.0, name="x", type=PY_FLOAT)
    last = f64("x")
    b.repeat(tests.block(test, params=(before,)), body.block(after, params=(inside,)), [x], [last])
    function = b.function("f", [x], last)
    expect(
        function,
        """
        while x < 100.0:
            x = x * 2.0
        return x
        """,
    )
    check(function, 1.5)


def test_rows() -> None:
    b, A, s = Builder(loc(3, "for row in A:")), Var("A", MATRIX), f64("s")
    n = b.add(len, A, type=PY_INT)
    body, i = b.inner(), Var("", PY_INT)
    row = body.add(operator.getitem, A, i, name="row")
    after = body.add(operator.add, s, body.add(np.sum, row), name="s", type=PY_FLOAT)
    last = f64("s")
    b.loop(body.block(after, params=(i, s)), n, [0.0], [last])
    function = b.function("f", [A], last)
    expect(
        function,
        """
        s = 0.0
        for row in A:
            s = s + np.sum(row)
        return s
        """,
    )
    check(function, np.ones((2, 3)))


def test_parts() -> None:
    b, A = Builder(), Var("A", MATRIX)
    parts = b.add(np.linalg.qr, A, type=PackType(tuple, (MATRIX, MATRIX)))
    q = b.add(operator.getitem, parts, 0, name="q", type=MATRIX)
    r = b.add(operator.getitem, parts, 1, name="r", type=MATRIX)
    expect(
        b.function("f", [A], b.add(operator.matmul, q, r)),
        """
        q, r = np.linalg.qr(A)
        return q @ r
        """,
    )


def test_constants() -> None:
    b = Builder()
    values = (np.inf, -np.inf, -2, np.float32(0.5), np.dtype(np.float32), np.float64, 1e-8, "a'b",
              {"k": (1,)}, slice(1, None), ..., None, True, np.linalg.norm)  # fmt: skip
    function = b.function("f", [], tuple(Const(value) for value in values))
    made = load(emit(function, "Doc."), {}, {}, {}, "f")
    assert repr(made()) == repr(values)
    text = 'np.inf, -np.inf, -2, np.float32(0.5), np.dtype("float32"), np.float64'
    assert text in " ".join(body_of(function).split())


def test_injected_objects_and_helpers() -> None:
    from srcgrad.ir import intrinsics

    class Weird:
        pass

    def rule(x: Any) -> Any:
        return x

    b, x, y = Builder(), Var("x", VECTOR), Var("y", VECTOR)
    v = b.add(rule, x, name="v")
    w = b.add(intrinsics.unbroadcast, v, y, name="w")
    weird = Weird()
    function = b.function("f", [x, y], (w, Const(weird)))
    emitted = emit(function, "Doc.")
    assert emitted.injected == {"rule": rule, "constant": weird}
    assert "def _unbroadcast(v, x):" in emitted.source
    result = load(emitted, {}, {}, {}, "f")(np.ones((2, 3)), np.ones(3))
    np.testing.assert_array_equal(result[0], [2.0, 2.0, 2.0])


def test_long_lines_are_broken() -> None:
    b = Builder(loc(2, "a long statement"))
    names = [Var(f"quite_long_name_{i}", VECTOR) for i in range(8)]
    value = names[0]
    for other in names[1:]:
        value = b.add(operator.mul, b.add(np.tanh, value), other)
    emitted = emit(b.function("f", names, value), "Doc.")
    assert max(map(len, emitted.source.split("\n"))) <= 100


def test_comments_are_grouped() -> None:
    b, x = Builder(loc(2, "y = (x *\n     x)", True)), Var("x", VECTOR)
    y_bar = b.add(np.ones_like, x, name="y_bar")
    x_bar = b.add(operator.mul, x, y_bar, name="x_bar")
    b.line(1, "z" * 60, True)
    z_bar = b.add(operator.mul, x_bar, x_bar, name="z_bar")
    expect(
        b.function("f", [x], z_bar),
        f"""
        y_bar = np.ones_like(x)            # 2: y = (x * ...
        x_bar = x * y_bar
        z_bar = x_bar * x_bar  # 1: {"z" * 60}
        return z_bar
        """,
    )


def test_text_is_the_same_every_time() -> None:
    assert emit(rnn(), "Doc.").source == emit(rnn(), "Doc.").source


def test_a_thousand_statements() -> None:
    def calls(count: int) -> int:
        b, x = Builder(), f64("x")
        values = [x]
        for i in range(count):
            b.line(i)
            values.append(b.add(operator.add, values[-1], values[i // 2], name="h", type=PY_FLOAT))
        function = b.function("f", [x], values[-1])
        emit(function, "Doc.")
        return calls_of(lambda: emit(function, "Doc."))

    assert calls(1000) < 12 * calls(100)
