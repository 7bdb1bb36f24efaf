"""The text of programs, letter for letter."""

from __future__ import annotations

import inspect
import math
import operator
import textwrap
import typing

import numpy as np
import pytest

from srcgrad.ir import intrinsics
from srcgrad.ir.nodes import (
    UNDEFINED,
    Block,
    Const,
    Define,
    For,
    ForEach,
    Free,
    Function,
    If,
    Operand,
    Pack,
    Param,
    Raise,
    Star,
    Store,
    Var,
    While,
)
from srcgrad.ir.printer import to_text
from srcgrad.ir.spelling import spell_constant, spell_object, spell_type
from srcgrad.ir.types import (
    FLOAT32,
    FLOAT64,
    NP_FLOAT,
    PY_BOOL,
    PY_COMPLEX,
    PY_FLOAT,
    PY_INT,
    UNKNOWN,
    Array,
    Known,
    Length,
    Object,
    PackType,
    Scalar,
    Size,
    StackOf,
    Symbol,
)
from srcgrad.ir.verifier import verify
from tests.ir.build import (
    LOC,
    NONE,
    ONE,
    VECTOR,
    add,
    apply,
    block,
    function,
    integer,
    invoke,
    m,
    n,
    number,
    pack,
    tanh,
    vector,
)


def check(program: Function, expected: str, **options) -> None:
    assert to_text(program, **options) == textwrap.dedent(expected).lstrip("\n")


# --- whole programs -----------------------------------------------------------------------------


def recurrent_network() -> Function:
    """The forward loop of a recurrent network, and its reverse."""
    square = Array(FLOAT64, (Length(n), Length(n)))
    W, x = Var("W", square), Var("x", Array(FLOAT64, (Length(m), Length(n))))
    W_bar, transposed = Var("W_bar", square), Var("", square)
    length, t, s = Var("", Size(Length(m))), integer("t"), integer("t")
    h, h0, h1, h2, h3 = (vector("h") for _ in range(5))
    h_bar, h_bar0, h_bar1, h_bar2 = (vector("h_bar") for _ in range(4))
    a, b, c, u, v, s_bar = (vector(name) for name in ("", "", "", "", "", "s_bar"))
    saved, total = Var("h_saved", StackOf(VECTOR)), Var("", NP_FLOAT)
    forward = (
        apply(a, operator.matmul, W, h0),
        apply(b, operator.getitem, x, t),
        add(c, a, b),
        tanh(h1, c),
    )
    row = pack(Pack(slice, (NONE, NONE, NONE)), s)
    backward = (
        apply(u, operator.mul, h3, h3),
        apply(v, operator.sub, Const(1.0), u),
        apply(s_bar, operator.mul, h_bar0, v),
        Store(W_bar, row, s_bar, True, LOC),
        apply(transposed, np.ndarray.T, W),
        apply(h_bar1, operator.matmul, transposed, s_bar),
    )
    zero = Const(0)
    there = Block((t, h0), forward, (h1, h1))
    back = Block((s, h_bar0, h3), backward, (h_bar1,))
    return function(
        (W, x, h),
        apply(length, len, x),
        For((h2, saved), zero, length, ONE, False, (h,), (), there, LOC),
        apply(total, np.ndarray.sum, h2, axis=NONE),
        apply(h_bar, np.ones_like, h2),
        apply(W_bar, np.zeros_like, W),
        For((h_bar2,), zero, length, ONE, True, (h_bar,), (saved,), back, LOC),
        result=pack(W_bar, h_bar2),
    )


def test_a_loop_and_its_reverse():
    program = recurrent_network()
    verify(program, "typed")
    loop = "h_bar.3 = for t.1 in reversed(range(0, %1))"
    expected = f"""
        def f(W: float64[n0, n0], x: float64[n1, n0], h: float64[n0]):
            %1 = len(x)                                               # =n1
            h.3, h_saved = for t in range(0, %1) carrying (h.1 = h):  # float64[n0], stack of float64[n0]
                %2 = W @ h.1                                          # float64[n0]
                %3 = x[t]                                             # float64[n0]
                %4 = %2 + %3                                          # float64[n0]
                h.2 = np.tanh(%4)                                     # float64[n0]
                yield h.2, h.2
            %5 = h.3.sum(axis=None)                                   # float64 scalar
            h_bar = np.ones_like(h.3)                                 # float64[n0]
            W_bar = np.zeros_like(W)                                  # float64[n0, n0]
            {loop} carrying (h_bar.1 = h_bar) consuming (h.4 = h_saved):  # float64[n0]
                %6 = h.4 * h.4                                        # float64[n0]
                %7 = 1.0 - %6                                         # float64[n0]
                s_bar = h_bar.1 * %7                                  # float64[n0]
                W_bar[:, t.1] += s_bar
                %8 = W.T                                              # float64[n0, n0]
                h_bar.2 = %8 @ s_bar                                  # float64[n0]
                yield h_bar.2
            return (W_bar, h_bar.3)
    """  # noqa: E501
    check(program, expected)


def test_the_text_is_the_same_each_time():
    assert to_text(recurrent_network()) == to_text(recurrent_network())


def test_branches_of_the_lowered_dialect():
    x, c, y, z, w = Var("x"), Var(), Var("y"), Var("y"), Var("y")
    failing = block(Raise(Const(ValueError), NONE, LOC), results=(Const(UNDEFINED),))
    inner = If((z,), Free("FLAG"), block(results=(y,)), failing, LOC)
    program = function(
        (x,),
        invoke(c, Const(operator.lt), x, Const(-1)),
        If((w,), c, block(invoke(y, Free("g"), x), inner, results=(z,)), block(results=(x,)), LOC),
        If((), c, block(), block(), LOC),
        result=w,
    )
    verify(program, "lowered")
    expected = """
        def f(x):
            %1 = x < (-1)
            y.2 = if %1:
                y = g(x)
                y.1 = if FLAG:
                    yield y
                else:
                    raise ValueError from None
                yield y.1
            else:
                yield x
            if %1:
                pass
            return y.2
    """
    check(program, expected)


def test_loops_of_the_lowered_dialect():
    xs, x, s, s1, s2, a, b, c, d, test = map(Var, [*("xs", "x", "s", "s", "s"), *"nnnn", ""])
    over = ForEach(
        (s2,),
        xs,
        (Const(0),),
        block(invoke(s1, Const(operator.iadd), s, x), params=(x, s), results=(s1,)),
        LOC,
    )
    cond = block(invoke(test, Const(operator.gt), a, s2), params=(a,), results=(test,))
    body = block(invoke(c, Const(operator.neg), b), params=(b,), results=(c,))
    program = function((xs,), over, While((d,), (ONE,), cond, body, LOC), result=d)
    verify(program, "lowered")
    expected = """
        def f(xs):
            s.2 = for x in xs carrying (s = 0):
                s.1 = operator.iadd(s, x)
                yield s.1
            n.3 = while carrying (n = 1):
                %1 = n > s.2
                yield %1
            do with (n.1):
                n.2 = -n.1
                yield n.2
            return n.3
    """
    check(program, expected)


def test_nested_functions():
    x, y, z, k, g = Var("x"), Var("y"), Var("z"), Var("k"), Var("g")
    params = (Param("z", z), Param("k", k, inspect.Parameter.KEYWORD_ONLY, has_default=True))
    body = block(invoke(y, Const(operator.add), z, Free("x")), results=(y,))
    inner = Function("inner", params, body, LOC)
    define = Define(g, inner, (("k", Const(2)),), (("x", x),), LOC)
    program = function((x,), define, result=g)
    verify(program, "lowered")
    expected = """
        def f(x):
            g = def inner(z, *, k = 2) capturing (x = x):
                y = z + x
                return y
            return g
    """
    check(program, expected)


def test_kinds_of_parameters():
    kind = inspect.Parameter
    params = (
        Param("a", Var("a"), kind.POSITIONAL_ONLY),
        Param("b", Var("b", PY_FLOAT), has_default=True),
        Param("args", Var("args"), kind.VAR_POSITIONAL),
        Param("c", Var("c"), kind.KEYWORD_ONLY),
        Param("kw", Var("kw"), kind.VAR_KEYWORD),
    )
    program = Function("f", params, block(results=(NONE,)), LOC)
    check(program, "def f(a, /, b: float = ..., *args, c, **kw):\n    return None\n")


def test_parameters_that_are_taken_apart():
    w, b = vector("W0"), number("b0")
    params = (
        Param("params", Pack(list, (pack(w, b), Pack(dict, (ONE,), ("k",))))),
        Param("axis", NONE),
    )
    program = Function("f", params, block(results=(w,)), LOC)
    verify(program, "typed")
    expected = """
        def f(params as [(W0: float64[n0], b0: float), {'k': 1}], axis as None):
            return W0
    """
    check(program, expected)


def test_variables_from_outside():
    x, y, scale = vector("x"), vector("y"), number("SCALE")
    program = function((x,), add(y, x, scale), result=y)
    expected = """
        # helpers.SCALE: float
        def f(x: float64[n0]):
            y = x + helpers.SCALE  # float64[n0]
            return y
    """
    check(program, expected, outside={scale: "helpers.SCALE"})


def test_a_carried_type_that_the_loop_changes():
    some = Array(FLOAT64, (None,))
    x, h, y = vector("x"), Var("h", some), Var("y", UNKNOWN)
    body = Block((integer("t"), h), (), (h,))
    loop = For((y,), Const(0), Const(8), Const(2), False, (x,), (), body, LOC)
    expected = """
        def f(x: float64[n0]):
            y = for t in range(0, 8, 2) carrying (h: float64[?] = x):  # ?
                yield h
            return y
    """
    check(function((x,), loop, result=y), expected)


def test_broken_programs_have_a_text_too():
    x, ghost = vector("x"), vector("ghost")
    loop = For((), ONE, "2", ONE, False, (x, x), (ghost,), block(params=()), LOC)
    program = function((x,), loop, apply("y", [], ghost, 3.0), result=ghost)
    expected = """
        def f(x: float64[n0]):
            for ? in range(1, <str>) carrying () consuming ():
                pass
            <str> = <list object>(ghost, <float>)  # ?
            return ghost
    """
    check(program, expected)


# --- operations ---------------------------------------------------------------------------------

X, Y = Var("x"), Var("y")
MINUS = Const(-2.0)


@pytest.mark.parametrize(
    "op, args, expected",
    [
        (operator.add, (X, Y), "x + y"),
        (operator.pow, (X, MINUS), "x ** (-2.0)"),
        (operator.pow, (MINUS, X), "(-2.0) ** x"),
        (operator.matmul, (X, Y), "x @ y"),
        (operator.is_not, (X, NONE), "x is not None"),
        (operator.not_, (X,), "not x"),
        (operator.invert, (X,), "~x"),
        (operator.neg, (MINUS,), "-(-2.0)"),
        (operator.contains, (X, Y), "y in x"),
        (operator.truth, (X,), "operator.truth(x)"),
        (operator.getitem, (X, pack(X, Pack(slice, (ONE, NONE, MINUS)))), "x[x, 1::-2.0]"),
        (operator.getitem, (X, pack(Pack(slice, (NONE, ONE, NONE)))), "x[:1,]"),
        (operator.getitem, (X, Pack(slice, (NONE, NONE, NONE))), "x[:]"),
        (operator.getitem, (X, pack()), "x[()]"),
        (operator.getitem, (X, Const((0, ...))), "x[(0, ...)]"),
        (getattr, (X, Const("shape")), "x.shape"),
        (getattr, (X, Y), "getattr(x, y)"),
        (getattr, (Const(1.5), Const("real")), "(1.5).real"),
        (np.ndarray.shape, (X,), "x.shape"),
        (np.ndarray.reshape, (X, ONE, Y), "x.reshape(1, y)"),
        (np.add, (X, Y), "np.add(x, y)"),
        (np.abs, (X,), "np.absolute(x)"),
        (np.linalg.norm, (X,), "np.linalg.norm(x)"),
        (np.add.at, (X, Y, ONE), "np.add.at(x, y, 1)"),
        (math.sin, (X,), "math.sin(x)"),
        (len, (X,), "len(x)"),
        (float, (X,), "float(x)"),
        (np.float32, (X,), "np.float32(x)"),
        (intrinsics.select, (X, Y), "select(x, y)"),
        (operator.add, (X,), "operator.add(x)"),
        (operator.add, (Star(X), Y), "operator.add(*x, y)"),
        (np.ndarray.sum, (Star(X),), "np.ndarray.sum(*x)"),
    ],
)
def test_operations(op, args: tuple[Operand, ...], expected: str):
    y = Var("r")
    text = to_text(function((X, Y), apply(y, op, *args), result=y))
    assert text.splitlines()[1] == f"    r = {expected}"


def test_keywords():
    y = Var("r")
    text = to_text(function((X,), apply(y, np.ndarray.sum, X, axis=pack(ONE)), result=y))
    assert "r = x.sum(axis=(1,))" in text
    text = to_text(function((X,), apply(y, operator.add, X, b=ONE), result=y))
    assert "r = operator.add(x, b=1)" in text


# --- objects, constants, types ------------------------------------------------------------------


class Point(typing.NamedTuple):
    x: float
    y: float


def test_objects():
    assert spell_object(np) == "np"
    assert spell_object(math) == "math"
    assert spell_object(np.random.default_rng) == "np.random.default_rng"
    assert spell_object(test_objects) == f"{__name__}.test_objects"
    assert spell_object(Point(1, 2)) == f"<{__name__}.Point object>"


def test_constants():
    values = (1, 2.5, math.inf, -math.inf, math.nan, 1j, "a\nb", None, True, ..., np.float32(2))
    texts = "1 2.5 np.inf -np.inf np.nan 1j 'a\\nb' None True ... np.float32(2.0)"
    assert [spell_constant(value) for value in values] == texts.split(" ")
    assert spell_constant((1, "a", ())) == "(1, 'a', ())"
    assert spell_constant(slice(1, None)) == "slice(1, None, None)"
    assert spell_constant(np.zeros((2, 3))) == "<float64[2, 3] array>"
    assert spell_constant(FLOAT32) == "dtype('float32')"
    assert "0x" not in spell_constant(object()) + spell_constant([object()])


@pytest.mark.parametrize(
    "type_, expected",
    [
        (PY_FLOAT, "float"),
        (PY_INT, "int"),
        (PY_BOOL, "bool"),
        (PY_COMPLEX, "complex"),
        (NP_FLOAT, "float64 scalar"),
        (Scalar(FLOAT32, None), "float32 number"),
        (Array(FLOAT32, ()), "float32[]"),
        (Array(FLOAT32, (3, None)), "float32[3, ?]"),
        (Array(FLOAT64, (Length(n, -2), Length(m))), "float64[n-2, n]"),
        (PackType(tuple, (PY_FLOAT,)), "(float,)"),
        (PackType(dict, (PY_FLOAT, UNKNOWN), ("a", 1)), "{'a': float, 1: ?}"),
        (PackType(Point, (PY_FLOAT, PY_INT), ("x", "y")), "Point(x=float, y=int)"),
        (Known(2), "=2"),
        (Known(np.sin), "=np.sin"),
        (Size(Length(n, 1)), "=n+1"),
        (Object(np.random.Generator), "np.random._generator.Generator"),
        (StackOf(PY_FLOAT), "stack of float"),
        (UNKNOWN, "?"),
    ],
)
def test_types(type_, expected: str):
    assert spell_type(type_, lambda symbol: "n") == expected


def test_lengths_are_numbered_in_each_program_anew():
    first, second = Symbol(), Symbol()
    y = Var("y", Array(FLOAT64, (Length(second),)))
    x = Var("x", Array(FLOAT64, (Length(first), Length(second, -1))))
    assert "def f(y: float64[n0], x: float64[n1, n0-1]):" in to_text(function((y, x)))
