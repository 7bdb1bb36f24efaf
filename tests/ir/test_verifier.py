"""The verifier: one broken program for each rule, and the valid ones beside them."""

from __future__ import annotations

import dataclasses
import inspect
import itertools
import operator
import typing

import numpy as np
import pytest

from srcgrad.errors import SrcgradError
from srcgrad.ir.nodes import (
    UNDEFINED,
    Apply,
    Block,
    Const,
    Define,
    For,
    ForEach,
    Free,
    Function,
    If,
    Invoke,
    Pack,
    Param,
    Raise,
    Star,
    Store,
    Var,
    While,
)
from srcgrad.ir.types import (
    FLOAT32,
    FLOAT64,
    NP_FLOAT,
    PY_BOOL,
    PY_FLOAT,
    PY_INT,
    TEXT,
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
from srcgrad.ir.verifier import InvalidIR, verify
from tests.counting import calls_of
from tests.ir.build import (
    LOC,
    NONE,
    ONE,
    TWO,
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

UNDEF = Const(UNDEFINED)
FAIL = Raise(Const(ValueError), None, LOC)


def rejected(program: Function, message: str, dialect: str = "typed", **options) -> None:
    with pytest.raises(InvalidIR) as caught:
        verify(program, dialect, **options)
    assert message in str(caught.value)


def loop(
    *,
    init=(),
    params=(),
    results=(),
    targets=(),
    stacks=(),
    elements=(),
    body=(),
    index=None,
    bounds=(Const(0), Const(3), ONE),
) -> For:
    index = integer("t") if index is None else index
    inner = Block((index, *params, *elements), tuple(body), tuple(results))
    return For(tuple(targets), *bounds, False, tuple(init), tuple(stacks), inner, LOC)


# --- definitions and uses -----------------------------------------------------------------------


def test_a_straight_program_is_valid():
    x, y, z = vector("x"), vector("y"), number("z")
    program = function((x,), tanh(y, x), apply(z, np.sum, y, axis=NONE), result=z)
    verify(program, "typed")


def test_a_variable_that_nothing_defines():
    x, y, ghost = vector("x"), vector("y"), vector("ghost")
    rejected(
        function((x,), tanh(y, ghost), result=y), "`y = np.tanh(ghost)`: 'ghost' is not defined"
    )


def test_the_error_says_where_the_statement_came_from():
    x, y, ghost = vector("x"), vector("y"), vector("ghost")
    with pytest.raises(SrcgradError) as caught:
        verify(function((x,), tanh(y, ghost), result=y), "typed")
    assert caught.value.loc is LOC
    assert str(caught.value).startswith("model.py:3:4: `y = ")


def test_a_variable_from_outside_is_announced():
    x, y, scale = vector("x"), vector("y"), number("SCALE")
    program = function((x,), add(y, x, scale), result=y)
    verify(program, "typed", outside=[scale])
    rejected(program, "'SCALE' is not defined")


def test_a_use_before_the_definition():
    x, y, z = vector("x"), vector("y"), vector("z")
    program = function((x,), tanh(y, z), tanh(z, x), result=y)
    rejected(program, "`y = np.tanh(z)`: 'z' is used before it is defined")


def test_a_statement_that_reads_its_own_target():
    x, y = vector("x"), vector("y")
    rejected(function((x,), add(y, x, y), result=y), "'y' is used before it is defined")


def test_a_loop_that_reads_its_own_target():
    x, h, h1 = vector("x"), vector("h"), vector("h")
    program = function((x,), loop(init=[h1], params=[h], results=[h], targets=[h1]), result=h1)
    rejected(program, "'h.1' is used before it is defined")


def test_a_second_definition():
    x, y = vector("x"), vector("y")
    rejected(function((x,), tanh(y, x), tanh(y, x), result=y), "'y' is defined twice")


def test_a_target_that_is_a_parameter():
    x = vector("x")
    rejected(function((x,), tanh(x, x), result=x), "'x' is defined twice")


def test_the_same_statement_in_both_arms():
    c, x, y, z = Var("c", PY_BOOL), vector("x"), vector("y"), vector("z")
    arm = block(tanh(y, x), results=(y,))
    rejected(function((c, x), If((z,), c, arm, arm, LOC), result=z), "'y' is defined twice")


def test_two_parameters_that_are_one_variable():
    x = vector("x")
    program = Function("f", (Param("x", x), Param("y", x)), block(results=(x,)), LOC)
    rejected(program, "function 'f': 'x' is defined twice")


def test_an_arm_is_not_visible_outside():
    c, x, y, z, w = Var("c", PY_BOOL), vector("x"), vector("y"), vector("z"), vector("w")
    stmt = If((z,), c, block(tanh(y, x), results=(y,)), block(results=(x,)), LOC)
    verify(function((c, x), stmt, tanh(w, z), result=w), "typed")
    rejected(
        function((c, x), stmt, tanh(w, y), result=w),
        "`w = np.tanh(y)`: 'y' is used outside the block that defines it",
    )


def test_one_arm_is_not_visible_in_the_other():
    c, x, y, z = Var("c", PY_BOOL), vector("x"), vector("y"), vector("z")
    stmt = If((z,), c, block(tanh(y, x), results=(y,)), block(results=(y,)), LOC)
    rejected(function((c, x), stmt, result=z), "'y' is used outside the block that defines it")


def test_a_loop_body_is_not_visible_outside():
    x, h, h1, h2 = vector("x"), vector("h"), vector("h"), vector("h")
    stmt = loop(init=[x], params=[h], results=[h1], targets=[h2], body=[tanh(h1, h)])
    verify(function((x,), stmt, result=h2), "typed")
    rejected(
        function((x,), stmt, result=h),
        "function 'f': 'h' is used outside the block that defines it",
    )


def test_the_condition_of_while_is_not_visible_in_the_body():
    x, a, b, c, y = (number(name) for name in "xabcy")
    test = Var("test", PY_BOOL)
    cond = block(apply(test, operator.lt, a, TWO), params=(a,), results=(test,))
    verify(
        function(
            (x,), While((y,), (x,), cond, block(add(c, b, b), params=(b,), results=(c,)), LOC)
        ),
        "typed",
    )
    body = block(add(c, a, b), params=(b,), results=(c,))
    program = function((x,), While((y,), (x,), cond, body, LOC), result=y)
    rejected(program, "`c = a + b`: 'a' is used outside the block that defines it")


def test_a_nested_function_sees_what_is_around_it():
    x, y, pullback, y_bar, x_bar = map(vector, ("x", "y", "pullback", "y_bar", "x_bar"))
    pullback.type = UNKNOWN
    inner = Function(
        "pullback",
        (Param("y_bar", y_bar),),
        block(apply(x_bar, operator.mul, y_bar, y), results=(x_bar,)),
        LOC,
    )
    define = Define(pullback, inner, (), (), LOC)
    verify(function((x,), tanh(y, x), define, result=pack(y, pullback)), "typed")
    rejected(
        function((x,), tanh(y, x), define, result=pack(y, y_bar)),
        "'y_bar' is used outside the block that defines it",
    )
    rejected(function((x,), define, tanh(y, x), result=pack(y, pullback)), "'y' is used before")


# --- arities ------------------------------------------------------------------------------------


def test_an_arm_with_too_few_results():
    c, x, y = Var("c", PY_BOOL), vector("x"), vector("y")
    program = function((c, x), If((y,), c, block(results=(x,)), block(), LOC), result=y)
    rejected(program, "`y = if c:`: results of the else block: 0 instead of 1")


def test_an_arm_with_parameters():
    c, x, p = Var("c", PY_BOOL), vector("x"), vector("p")
    program = function((c, x), If((), c, block(params=(p,)), block(), LOC))
    rejected(program, "parameters of the then block: 1 instead of 0")


@pytest.mark.parametrize(
    "change, message",
    [
        ({"init": ()}, "parameters of the body: 2 instead of 1"),
        ({"results": ()}, "results of the body: 0 instead of 1"),
        ({"targets": ()}, "targets: 0 instead of 1"),
        ({"params": ()}, "parameters of the body: 1 instead of 2"),
    ],
)
def test_a_loop_whose_parts_do_not_match(change, message):
    x, h, h1 = vector("x"), vector("h"), vector("h")
    right = {"init": [x], "params": [h], "results": [h], "targets": [h1]}
    verify(function((x,), loop(**right)), "typed")
    rejected(function((x,), loop(**{**right, **change})), message)


def test_a_while_loop_whose_condition_has_no_result():
    x, a, b, y = (number(name) for name in "xaby")
    stmt = While((y,), (x,), block(params=(a,)), block(params=(b,), results=(b,)), LOC)
    rejected(function((x,), stmt), "results of the condition: 0 instead of 1")


def test_a_while_loop_whose_condition_takes_too_much():
    x, a, a2, b, y = (number(name) for name in ("x", "a", "a2", "b", "y"))
    cond = block(params=(a, a2), results=(Const(True),))
    stmt = While((y,), (x,), cond, block(params=(b,), results=(b,)), LOC)
    rejected(function((x,), stmt), "parameters of the condition: 2 instead of 1")


def test_a_function_with_two_results():
    x = vector("x")
    program = Function("f", (Param("x", x),), block(results=(x, x)), LOC)
    rejected(program, "results of a function: 2 instead of 1")


def test_a_loop_over_elements_whose_parts_do_not_match():
    x, item, s, s1 = Var("x"), Var("item"), Var("s"), Var("s")
    stmt = ForEach((s1,), x, (), block(params=(item, s), results=(s,)), LOC)
    rejected(function((x,), stmt), "parameters of the body: 2 instead of 1", "lowered")


# --- dialects -----------------------------------------------------------------------------------


def test_statements_that_only_one_dialect_has():
    x, y, item, t = Var("x"), Var("y"), Var("item"), Var("t")
    call = invoke(y, Free("g"), x)
    over = ForEach((), x, (), block(params=(item,)), LOC)
    verify(function((x,), call, over), "lowered")
    rejected(function((x,), call), "`y = g(x)`: Invoke is not a statement of the typed dialect")
    rejected(function((x,), over), "ForEach is not a statement of the typed dialect")

    store = Store(x, None, TWO, False, LOC)
    for stmt in (tanh(y, x), store, loop(index=t)):
        verify(function((x,), stmt), "typed")
        kind = type(stmt).__name__
        message = f"{kind} is not a statement of the lowered dialect"
        rejected(function((x,), stmt), message, "lowered")


def test_operands_that_only_the_lowered_dialect_has():
    x, y = Var("x"), Var("y")
    rejected(function((x,), tanh(y, Free("z"))), "Free is not an operand of the typed dialect")
    rejected(function((x,), tanh(y, Star(x))), "Star is not an operand of the typed dialect")
    rejected(function((x,), result=Free("z")), "Free is not an operand of the typed dialect")


def test_a_star_stands_among_arguments_only():
    x, y = Var("x"), Var("y")
    verify(function((x,), invoke(y, Free("g"), Star(x))), "lowered")
    message = "a Star may only stand among the arguments of an Invoke"
    rejected(function((x,), invoke(y, Free("g"), pack(Star(x)))), message, "lowered")
    rejected(function((x,), invoke(y, Star(x))), message, "lowered")
    rejected(function((x,), invoke(y, Free("g"), a=Star(x))), message, "lowered")
    rejected(function((x,), invoke(y, Free("g"), Star(Star(x)))), message, "lowered")
    rejected(function((x,), result=Star(x)), message, "lowered")


def test_a_bare_value_is_no_operand():
    x, y = vector("x"), vector("y")
    rejected(function((x,), add(y, x, 2.0)), "float is not an operand of the typed dialect")


def test_a_body_of_something_else():
    x = vector("x")
    rejected(function((x,), "pass"), "str is not a statement of the typed dialect")


def test_a_target_of_something_else():
    x = vector("x")
    rejected(function((x,), tanh("y", x)), "defines a str instead of a variable")


def test_a_parameter_is_taken_apart_in_the_typed_dialect_only():
    w, b = vector("w"), vector("b")
    params = (Param("params", Pack(dict, (w, b, ONE), ("w", "b", "k"))),)
    program = Function("f", params, block(results=(w,)), LOC)
    verify(program, "typed")
    rejected(program, "a parameter is a Pack in the lowered dialect", "lowered")
    program = Function("f", (Param("w", Free("w")),), block(results=(ONE,)), LOC)
    rejected(program, "a parameter is a Free in the typed dialect")


def test_loops_of_the_lowered_dialect_have_no_stacks():
    x, a, b, y, s = (Var(name) for name in "xabys")
    cond = block(params=(a,), results=(Const(False),))
    stmt = While((y, s), (x,), cond, block(params=(b,), results=(b, b)), LOC)
    rejected(function((x,), stmt), "results of the body: 2 instead of 1", "lowered")


# --- types --------------------------------------------------------------------------------------


def branch(then: object, orelse: object, target: object) -> Function:
    """``target = then if c else orelse`` with variables of these types."""
    c, a, b, y = Var("c", PY_BOOL), Var("a", then), Var("b", orelse), Var("y", target)
    stmt = If((y,), c, block(results=(a,)), block(results=(b,)), LOC)
    return function((c, a, b), stmt, result=y)


LONG = Array(FLOAT64, (Length(m),))
SOME = Array(FLOAT64, (None,))
THREE = Array(FLOAT64, (3,))
NAMED, OTHER = (Array(FLOAT64, (Length(Symbol()),)) for _ in range(2))
SINGLE = Array(FLOAT32, (Length(n),))
FLOAT32_NUMBER = Scalar(FLOAT32, False)
NUMBER = Scalar(FLOAT64, None)


@pytest.mark.parametrize(
    "then, orelse, target",
    [
        (VECTOR, VECTOR, VECTOR),
        (VECTOR, LONG, SOME),
        (VECTOR, THREE, SOME),
        (VECTOR, PY_FLOAT, UNKNOWN),
        (UNKNOWN, VECTOR, UNKNOWN),
        (PY_FLOAT, NP_FLOAT, NUMBER),
        (PY_INT, PY_FLOAT, PY_FLOAT),
        (PY_INT, NP_FLOAT, NUMBER),
        (PY_BOOL, PY_INT, PY_INT),
        (Known(2.0), Known(3.0), PY_FLOAT),
        (Known(2), Known(2), Known(2)),
        (Size(Length(n)), Size(Length(m)), PY_INT),
        (Known("a"), TEXT, TEXT),
        (Object(bool), Object(int), Object(int)),
        (PackType(tuple, (VECTOR, PY_FLOAT)),) * 2 + (PackType(tuple, (SOME, PY_FLOAT)),),
        (StackOf(VECTOR), StackOf(LONG), StackOf(SOME)),
        (NAMED, OTHER, NAMED),
        (PackType(tuple, (NAMED,)), PackType(tuple, (OTHER,)), PackType(tuple, (NAMED,))),
    ],
)
def test_types_that_join(then, orelse, target):
    verify(branch(then, orelse, target), "typed")


@pytest.mark.parametrize(
    "then, orelse, target, message",
    [
        (VECTOR, SINGLE, VECTOR, "the result of the else block has type float32[n"),
        (VECTOR, LONG, VECTOR, "and 'y' takes float64[n"),
        (SOME, SOME, THREE, "has type float64[?], and 'y' takes float64[3]"),
        (VECTOR, PY_FLOAT, VECTOR, "the result of the else block has type float, and"),
        (UNKNOWN, VECTOR, VECTOR, "the result of the then block has type ?, and"),
        (NP_FLOAT, NP_FLOAT, PY_FLOAT, "has type float64 scalar, and 'y' takes float"),
        (PY_FLOAT, PY_INT, PY_INT, "the result of the then block has type float"),
        (FLOAT32_NUMBER, NP_FLOAT, NP_FLOAT, "has type float32 scalar"),
        (Known(2), Known(3), Known(2), "has type =3, and 'y' takes =2"),
        (Known(0.0), Known(-0.0), Known(0.0), "has type =-0.0, and 'y' takes =0.0"),
        (Known(None), PY_FLOAT, PY_FLOAT, "has type =None"),
        (Known("a"), PY_INT, TEXT, "has type int, and 'y' takes str"),
        (PackType(tuple, (VECTOR,)), PackType(list, (VECTOR,)), PackType(tuple, (VECTOR,)), "has"),
        (PackType(tuple, (VECTOR,)), PackType(tuple, ()), PackType(tuple, (VECTOR,)), "type ()"),
    ],
)
def test_types_that_do_not_join(then, orelse, target, message):
    rejected(branch(then, orelse, target), message)


def test_ranks_never_join():
    matrix = Array(FLOAT64, (None, None))
    rejected(branch(SOME, SOME, matrix), "has type float64[?], and 'y' takes float64[?, ?]")


@pytest.mark.parametrize(
    "init, param, result, target, message",
    [
        (VECTOR, SOME, LONG, SOME, None),
        (PY_INT, PY_FLOAT, PY_FLOAT, PY_FLOAT, None),
        (VECTOR, VECTOR, LONG, SOME, "the next value has type"),
        (VECTOR, LONG, LONG, SOME, "the first value has type"),
        (VECTOR, SOME, LONG, LONG, "the first value has type"),
        (LONG, SOME, VECTOR, LONG, "the next value has type"),
        (NAMED, NAMED, OTHER, SOME, "the next value has type"),
        (NAMED, SOME, OTHER, NAMED, "the next value has type"),
    ],
)
def test_types_of_carried_values(init, param, result, target, message):
    x, h, r, y = Var("x", init), Var("h", param), Var("r", result), Var("y", target)
    stmt = loop(init=[x], params=[h], results=[r], targets=[y], body=[tanh(r, h)])
    program = function((x,), stmt, result=y)
    if message is None:
        verify(program, "typed")
    else:
        rejected(program, message)


def test_a_while_loop_carries_types_to_its_condition():
    x, a, b, y = number("x"), integer("a"), number("b"), number("y")
    cond = block(params=(a,), results=(Const(True),))
    stmt = While((y,), (x,), cond, block(params=(b,), results=(b,)), LOC)
    rejected(function((x,), stmt), "the first value has type float, and 'a' takes int")


def test_stacks_go_from_loop_to_loop():
    x, h, y, e = vector("x"), vector("h"), vector("y"), vector("e")
    saved = Var("saved", StackOf(VECTOR))
    produce = loop(init=[x], params=[h], results=[h, h], targets=[y, saved])
    consume = loop(stacks=[saved], elements=[e])
    verify(function((x,), produce, consume, result=y), "typed")


def test_stacks_of_stacks():
    x, inner, outer = vector("x"), Var("s", StackOf(VECTOR)), Var("s", StackOf(StackOf(VECTOR)))
    row, e = Var("row", StackOf(VECTOR)), vector("e")
    produce = loop(body=[loop(results=[x], targets=[inner])], results=[inner], targets=[outer])
    consume = loop(stacks=[outer], elements=[row], body=[loop(stacks=[row], elements=[e])])
    verify(function((x,), produce, consume), "typed")


def test_an_output_that_is_no_stack():
    x, y = vector("x"), vector("y")
    program = function((x,), loop(results=[x], targets=[y]))
    rejected(program, "'y' is an output of the loop, and not a stack")


def test_a_stack_that_no_loop_makes():
    x, s = vector("x"), Var("s", StackOf(VECTOR))
    rejected(function((x,), tanh(s, x)), "'s' is a stack, and not the output of a loop")


def test_a_stack_that_is_carried():
    x, h, s = vector("x"), vector("h"), Var("s", StackOf(VECTOR))
    program = function((x,), loop(init=[x], params=[h], results=[h], targets=[s]))
    rejected(program, "'s' is a stack, and carried by the loop")


def test_a_stack_that_is_read_by_an_operation():
    x, y, s = vector("x"), vector("y"), Var("s", StackOf(VECTOR))
    program = function((x,), loop(results=[x], targets=[s]), tanh(y, s))
    rejected(program, "`y = np.tanh(s)`: 's' is a stack: only a loop can consume it")


def test_a_loop_that_consumes_no_stack():
    x, e = vector("x"), vector("e")
    program = function((x,), loop(stacks=[x], elements=[e]))
    rejected(program, "consumes a value of type float64[n")


def test_an_element_of_another_type_than_its_stack():
    x, s, e = vector("x"), Var("s", StackOf(VECTOR)), number("e")
    program = function((x,), loop(results=[x], targets=[s]), loop(stacks=[s], elements=[e]))
    rejected(program, "the element of the stack has type float64[n")


def test_an_output_of_another_type_than_its_stack():
    x, s = vector("x"), Var("s", StackOf(PY_FLOAT))
    rejected(function((x,), loop(results=[x], targets=[s])), "the output has type float64[n")


@pytest.mark.parametrize("bound", [TWO, Const(None), Const("3"), Const(np.zeros(2)), number("x")])
def test_a_bound_that_is_no_integer(bound):
    x = bound if isinstance(bound, Var) else number("x")
    program = function((x,), loop(bounds=(Const(0), bound, ONE)))
    rejected(program, "a bound of type ")


def test_bounds_and_index_of_a_loop():
    x = integer("n")
    verify(function((x,), loop(bounds=(Const(np.int64(0)), x, Const(-2)))), "typed")
    rejected(function((x,), loop(index=number("t"))), "an index of type float")
    rejected(function((x,), loop(bounds=(ONE, x, Const(0)))), "the step is zero")


def test_what_can_be_stored_into():
    a, s = vector("a"), number("s")
    verify(function((a, s), Store(a, ONE, s, True, LOC)), "typed")
    rejected(function((a, s), Store(s, ONE, a, True, LOC)), "the buffer is a float, not an array")
    rejected(function((a, s), Store(ONE, ONE, s, True, LOC)), "the buffer is not a variable")
    ghost = vector("ghost")
    rejected(function((s,), Store(ghost, None, s, True, LOC)), "'ghost' is not defined")


# --- statements and operands --------------------------------------------------------------------


def test_what_can_be_an_operation():
    x, y = vector("x"), Var("y")
    for op in (np.tanh, np.add.reduce, np.ndarray.sum, np.ndarray.T, len, lambda a: a):
        verify(function((x,), apply(y, op, x)), "typed")
    for op in ("np.tanh", None, 3):
        rejected(function((x,), apply(y, op, x)), f"a {type(op).__name__} is not an operation")

    class Unhashable:
        __hash__ = None

        def __call__(self, x):
            return x

    rejected(function((x,), apply(y, Unhashable(), x)), "a Unhashable is not an operation")


def test_undefined_is_no_argument():
    x, y = vector("x"), vector("y")
    message = "UNDEFINED may only be the result of a block or the start of a loop"
    rejected(function((x,), add(y, x, UNDEF)), message)
    rejected(function((x,), result=pack(x, UNDEF)), message)
    rejected(function((x,), Raise(UNDEF, None, LOC)), message)
    rejected(function((x,), loop(bounds=(UNDEF, ONE, ONE))), message)
    rejected(function((x,), Store(x, None, UNDEF, False, LOC)), message)


def test_undefined_where_it_may_stand():
    c, x, y, h, z = Var("c", PY_BOOL), *map(vector, ("x", "y", "h", "z"))
    arms = If((y,), c, block(FAIL, results=(UNDEF,)), block(results=(x,)), LOC)
    over = loop(init=[UNDEF], params=[h], results=[x], targets=[z])
    verify(function((c, x), arms, over, result=y), "typed")


def test_a_function_that_never_returns():
    c = Var("c", PY_BOOL)
    verify(function((), FAIL, result=UNDEF), "typed")
    both = If((), c, block(FAIL), block(Raise(Const(TypeError), NONE, LOC)), LOC)
    verify(function((c,), both, result=UNDEF), "typed")
    one = If((), c, block(FAIL), block(), LOC)
    rejected(function((c,), one, result=UNDEF), "'f' returns UNDEFINED, and does not end in Raise")


def test_a_keyword_given_twice():
    x, y = Var("x"), Var("y")
    twice = (("axis", ONE), ("axis", ONE))
    message = "the keyword 'axis' is given twice"
    rejected(function((x,), Apply(y, np.sum, (x,), twice, LOC)), message)
    rejected(function((x,), Invoke(y, Free("g"), (x,), twice, LOC)), message, "lowered")
    mappings = ((None, x), ("axis", ONE), (None, x))
    verify(function((x,), Invoke(y, Free("g"), (x,), mappings, LOC)), "lowered")
    rejected(function((x,), Apply(y, np.sum, (x,), mappings, LOC)), "a keyword is None")


def test_a_parameter_given_twice():
    program = Function(
        "f", (Param("x", Var("x")), Param("x", Var("x"))), block(results=(ONE,)), LOC
    )
    rejected(program, "the parameter 'x' is given twice")


def test_a_capture_given_twice():
    x, g = Var("x"), Var("g")
    inner = function(())
    stmt = Define(g, inner, (), (("x", x), ("x", x)), LOC)
    rejected(function((x,), stmt), "the capture 'x' is given twice", "lowered")


class Point(typing.NamedTuple):
    a: float
    b: float


@dataclasses.dataclass
class State:
    a: float
    b: float = 0.0


@pytest.mark.parametrize(
    "operand, message",
    [
        (Pack(slice, (ONE, ONE)), "a slice of 2 items instead of 3"),
        (Pack(tuple, (ONE,), ("a",)), "a tuple with keys"),
        (Pack(dict, (ONE, ONE), ("a",)), "a dict of 2 items with 1 keys"),
        (Pack(dict, (ONE,), ([],)), "a dict with a key that is not hashable"),
        (Pack(dict, (ONE, ONE), ("a", "a")), "a dict with a key given twice"),
        (Pack(Point, (ONE, ONE)), "a Point of 2 items with 0 keys"),
        (Pack(Point, (ONE, ONE), ("a", "c")), "a Point has no field 'c'"),
        (Pack(State, (ONE,), ("z",)), "a State has no field 'z'"),
        (Pack(int, (ONE,), ("a",)), "a int is no container"),
        (pack(pack(Pack(slice, ()))), "a slice of 0 items instead of 3"),
    ],
)
def test_malformed_packs(operand, message):
    rejected(function((), result=operand), message)


@pytest.mark.parametrize(
    "operand",
    [
        Pack(slice, (NONE, ONE, NONE)),
        Pack(tuple, ()),
        Pack(list, (ONE,)),
        Pack(dict, (ONE, ONE), ("a", 2)),
        Pack(Point, (ONE, ONE), ("a", "b")),
        Pack(State, (ONE,), ("a",)),
    ],
)
def test_well_formed_packs(operand):
    verify(function((), result=operand), "typed")


def test_a_statement_without_a_location():
    x, y = vector("x"), vector("y")
    program = function((x,), Apply(y, np.tanh, (x,), (), None))
    rejected(program, "`y = np.tanh(x)`: the statement has no location")
    program = Function("f", (), block(results=(ONE,)), None)
    rejected(program, "'f' has no location")


# --- size ---------------------------------------------------------------------------------------


def test_the_check_is_linear():
    def calls(count: int) -> int:
        variables = [vector("h") for _ in range(count + 1)]
        body = [tanh(b, a) for a, b in itertools.pairwise(variables)]
        program = function((variables[0],), *body, result=variables[-1])
        return calls_of(lambda: verify(program, "typed"))

    assert calls(8000) < 9 * calls(1000)


def test_kinds_of_parameters_do_not_matter():
    x, rest = Var("x"), Var("rest")
    params = (Param("x", x), Param("rest", rest, inspect.Parameter.VAR_POSITIONAL))
    verify(Function("f", params, block(results=(rest,)), LOC), "lowered")
