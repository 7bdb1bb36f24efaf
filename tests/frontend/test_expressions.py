"""Every expression, lowered and interpreted, gives what Python gives, in the same order."""

from __future__ import annotations

import numpy as np
import pytest

from srcgrad.ir import walk
from srcgrad.ir.nodes import Const, Invoke, Pack, Var
from tests.frontend.interpreter import run
from tests.frontend.programs import compare, make

NUMBERS = [(2, 3), (0, 1), (-3, 2), (3, 3), (0, 0), (5, -1)]

ARITHMETIC = [
    "x + y", "x - y", "x * y", "x / y", "x // y", "x % y", "x ** y", "x << y", "x >> y",
    "x & y", "x | y", "x ^ y", "-x", "+x", "~x", "not x", "-2", "- -2", "-1.5", "-x ** 2",
    "t(x) + t(y) * t(x - y)", "(t(x), t(y))[t(0)]", "2 ** -1",
    "True", "None", "...", "'text'", "b'bytes'", "1j", "-1j", "1_000", "x.real", "x.__add__(y)",
]  # fmt: skip
COMPARISONS = [
    "x < y", "x <= y", "x > y", "x >= y", "x == y", "x != y", "x is y", "x is not y",
    "x in (2, 3)", "t(x) not in t((2, 3))", "x in [y]", "not x in [y]",
    "t(x) < t(y) < t(4)", "t(x) < t(y) <= t(3) != t(7)", "x < (z := y) < z + 1",
    "(x < y < 3, x < y > 1)", "t(0) < t(1) < t(2) < t(3) < t(1) < t(9)",
]  # fmt: skip
BOOLEANS = [
    "x and y", "x or y", "t(x) and t(y) and t(3)", "t(x) or t(y) or t(3)", "not (x and y)",
    "t(x) and (t(y) or t(5)) and t(7)", "t(1) if t(x) else t(2)", "x if y else y if x else 0",
    "(x or y) and (y or x)", "(x and (z := y)) or (z := 1) and z", "(z := x) + (z := z + y) * z",
    "[z := x, z + 1]", "(x if (z := y) else z) + z", "t(x) and None", "0 or t(x) < t(y) or t(2)",
]  # fmt: skip
DISPLAYS = [
    "(x, y)", "()", "(x,)", "[x, [y, x]]", "[]", "{}", "{'a': x, 'b': y}", "{1: x, True: y}",
    "{'a': t(x), **{'b': t(y), 'a': t(7)}}", "{x: t(y), t(y): x}", "{(0, 1): x, -1: y, None: x}",
    "(*t((x, y)), t(1))", "[t(0), *t([x]), *t((y,)), t(2)]", "(*(), x)", "{**{}, 'a': x}",
    "(1, *'ab')", "{'a': 1, 'a': y}",
]  # fmt: skip
TEXT = [
    "f'{x}'", "f''", "f'plain'", "f'a{x}b{y}c'", "f'{x!r:>4}'", "f'{x:{t(5)}.{y}f}'", "f'{x=}'",
    "f'{\"q\"!s}{\"q\"!r}{\"ä\"!a}'", "f'{x:5}' + 'z'", "f'{{{x}}}'",
]  # fmt: skip
CALLS = [
    "max(x, y)", "max(*[x, y])", "max(t(x), *t([y, 1]), key=t(lambda v: -v))", "dict(a=x, b=y)",
    "dict(**{'a': x}, b=t(y))", "t(max)(t(x), t(y))", "divmod(x, y)", "(lambda u, v=y: u - v)(x)",
    "(lambda: x)()", "(lambda *u, k=1, **w: (u, k, w))(x, y, k=3, z=4)",
    "(lambda u: (lambda v: u + v + x))(y)(1)", "(lambda u, /, v: u)(x, v=y)", "str(x).zfill(y + 3)",
    "[3, 1, 2].index(1)", "sorted([x, y], reverse=True)", "abs(-x)", "t(x) + t(undefined_name)",
]  # fmt: skip


@pytest.mark.parametrize("text", ARITHMETIC + COMPARISONS + BOOLEANS + DISPLAYS + TEXT + CALLS)
def test_expression(text):
    compare(f"def f(x, y):\n    return {text}\n", *NUMBERS)
    compare(f"f = lambda x, y: ({text})\n", *NUMBERS)


INDICES = [
    "a[0]", "a[-1]", "a[1:]", "a[:-1]", "a[::2]", "a[i:i + 2]", "a[None]", "a[..., 0]",
    "a[1:, None]",
    "a[:, i]", "a[a > 2]", "a[[0, 1]]", "a[(0, 1)]", "a[0, i]", "a[*(0, i)]", "a[*(0,), 1:]",
    "a[t(0):t(2):t(1)]", "a[slice(None), 0]", "a.T[0]", "a.sum(axis=0)[i]", "a[t(0), t(1)]",
    "np.sum(a[1:] * a[:-1], axis=-1)", "a @ a.T",
]  # fmt: skip


@pytest.mark.parametrize("text", INDICES)
def test_index(text):
    a = np.arange(6.0).reshape(2, 3)
    source = f"def f(a, i):\n    return ({text}).tolist()\n"
    compare(source, (a, 0), (a, 1))


def single(text):
    """The statements of a function of ``x`` and ``y`` that returns an expression."""
    function, _ = make(f"def f(x, y):\n    return {text}\n")
    from srcgrad.frontend import lower

    return lower(function).body


def test_operators_are_invoked_by_their_functions():
    import operator

    (stmt,) = single("x @ y").body
    assert isinstance(stmt, Invoke)
    assert stmt.callee.value is operator.matmul
    assert all(isinstance(arg, Var) for arg in stmt.args)
    getattr_, call = single("x.sum(0)").body
    assert getattr_.callee.value is getattr
    assert getattr_.args[1].value == "sum"
    assert call.callee is getattr_.target


def test_displays_are_operands():
    body = single("(x, (y, (x,)), -1)")
    assert not body.body
    (result,) = body.results
    assert isinstance(result, Pack)
    assert result.kind is tuple
    assert result.items[1].items[1].kind is tuple
    assert isinstance(result.items[2], Const)


def test_what_can_be_changed_is_made_by_a_statement():
    body = single("([y, x], {'a': x, **y}, {1, 2})")
    assert [stmt.args[0].value for stmt in body.body] == [list, dict, set]
    (result,) = body.results
    assert list(result.items) == [stmt.target for stmt in body.body]


def test_index_is_an_operand_tree():
    (stmt,) = single("x[1:, None]").body
    part = stmt.args[1].items[0]
    assert part.kind is slice
    assert [item.value for item in part.items] == [1, None, None]


def test_names_are_hints():
    function, _ = make("def f(x):\n    h = np.tanh(x) * 2\n    return h + 1\n")
    from srcgrad.frontend import lower

    names = [
        target.name
        for s in walk.statements(lower(function).body.body)
        for target in walk.targets(s)
    ]
    assert names == ["", "", "h", ""]


def test_free_names_are_read_when_called():
    scale = 2

    def f(x):
        return scale * x

    assert run(f, 4) == 8
    scale = 3
    assert run(f, 4) == 12
