"""Walking and copying programs."""

from __future__ import annotations

import operator

import pytest

from srcgrad.ir import walk
from srcgrad.ir.nodes import (
    Block,
    Const,
    Define,
    For,
    Free,
    Function,
    If,
    Pack,
    Param,
    Raise,
    Star,
    Store,
    Var,
    While,
)
from srcgrad.ir.printer import to_text
from srcgrad.ir.types import PY_BOOL, PY_FLOAT
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
    number,
    pack,
    tanh,
    vector,
)
from tests.ir.test_printer import recurrent_network


def test_variables_of_an_operand():
    x, y = Var("x"), Var("y")
    operand = pack(x, Pack(slice, (y, NONE, x)), Star(y), Free("z"), ONE)
    assert list(walk.variables(operand)) == [x, y, x, y]


def test_what_a_statement_reads_and_defines():
    x, y, z = vector("x"), vector("y"), vector("z")
    call = apply(z, operator.getitem, x, pack(y), key=x)
    assert list(walk.used(call)) == [x, y, x]
    assert walk.targets(call) == (z,)
    store = Store(x, pack(y), z, True, LOC)
    assert list(walk.used(store)) == [x, y, z]
    assert walk.targets(store) == ()
    assert walk.operands(Store(x, None, z, True, LOC)) == (x, z)
    assert list(walk.used(Raise(x, y, LOC))) == [x, y]
    assert walk.operands(invoke(z, x, y, a=ONE)) == (x, y, ONE)


def test_free_variables():
    c, x, y, z, a, b = Var("c", PY_BOOL), *map(vector, "xyzab")
    stmt = If((z,), c, block(tanh(a, x), results=(a,)), block(add(b, x, y), results=(b,)), LOC)
    assert list(walk.free_in_stmt(stmt)) == [c, x, y]
    assert list(walk.free_in_block(block(stmt, results=(z, c)))) == [c, x, y]


def test_free_variables_of_a_loop():
    x, h, h1, h2, t = vector("x"), vector("h"), vector("h"), vector("h"), integer("t")
    body = Block((t, h), (apply(h1, operator.mul, h, x),), (h1,))
    n, start = integer("n"), vector("start")
    stmt = For((h2,), Const(0), n, ONE, False, (start,), (), body, LOC)
    assert list(walk.free_in_stmt(stmt)) == [n, start, x]


def test_free_variables_of_a_while_loop():
    x, a, b, c, limit = (number(name) for name in ("x", "a", "b", "c", "limit"))
    test = Var("", PY_BOOL)
    cond = block(apply(test, operator.lt, a, limit), params=(a,), results=(test,))
    stmt = While((c,), (x,), cond, block(params=(b,), results=(b,)), LOC)
    assert list(walk.free_in_stmt(stmt)) == [x, limit]


def test_free_variables_of_a_nested_function():
    x, y, z, g, k = vector("x"), vector("y"), vector("z"), Var("g"), number("k")
    inner = Function("g", (Param("y", y),), block(add(z, x, y), results=(z,)), LOC)
    assert list(walk.free_in_stmt(Define(g, inner, (("k", k),), (), LOC))) == [k, x]


def test_statements_come_before_those_inside():
    c, x, y, z = Var("c", PY_BOOL), vector("x"), vector("y"), vector("z")
    inside, after = tanh(y, x), tanh(z, x)
    stmt = If((), c, block(inside), block(), LOC)
    assert list(walk.statements((stmt, after))) == [stmt, inside, after]


def test_substitution_reaches_into_blocks():
    c, x, y, z, new = Var("c", PY_BOOL), vector("x"), vector("y"), vector("z"), vector("new")
    stmt = If((z,), c, block(tanh(y, x), results=(y,)), block(results=(pack(x),)), LOC)
    result = walk.substitute(block(stmt, results=(z, x)), {x: new, c: Const(True)})
    assert set(walk.free_in_block(result)) == {new}
    assert result.results == (z, new)
    assert set(walk.free_in_block(block(stmt))) == {c, x}  # the original is as it was


def test_substitution_keeps_what_does_not_change():
    x, y = vector("x"), vector("y")
    index = pack(x, Pack(slice, (NONE, ONE, NONE)))
    assert walk.map_operand(index, lambda var: var) is index
    assert walk.map_operand(index, lambda var: y) is not index


def test_a_buffer_stays_a_variable():
    x = vector("x")
    store = Store(x, None, ONE, True, LOC)
    with pytest.raises(AssertionError):
        walk.map_stmt(store, lambda var: ONE)


def defined_in(program: Function) -> set[Var]:
    found = set(walk.params_of(program))
    for stmt in walk.statements(program.body.body):
        found.update(walk.targets(stmt))
        found.update(walk.inner_params(stmt))
    return found


def test_a_copy_defines_variables_of_its_own():
    program = recurrent_network()
    copy = walk.Copier({}).function(program)
    assert defined_in(program).isdisjoint(defined_in(copy))
    assert len(defined_in(program)) == len(defined_in(copy))
    assert to_text(copy) == to_text(program)
    verify(copy, "typed")


def test_copies_side_by_side():
    x, y, z = vector("x"), vector("y"), vector("z")
    c = Var("c", PY_BOOL)
    body = block(If((z,), c, block(tanh(y, x), results=(y,)), block(results=(x,)), LOC))
    first, second = walk.Copier({}).block(body), walk.Copier({}).block(body)
    verify(function((c, x), *first.body, *second.body, *body.body, result=z), "typed")


def test_a_copy_reads_what_it_is_told_to():
    x, y, z, w = vector("x"), vector("y"), vector("z"), vector("w")
    copier = walk.Copier({x: w})
    copy = copier.stmt(add(z, x, y))
    assert list(walk.used(copy)) == [w, y]
    assert copier.operand(pack(z)).items == walk.targets(copy)
    assert copier.operand(z).type is VECTOR


def test_a_copy_of_a_nested_function():
    x, y, z, g = vector("x"), vector("y"), vector("z"), Var("g")
    params = (Param("y", Pack(tuple, (y, ONE))),)
    inner = Function("g", params, block(add(z, x, y), results=(z,)), LOC)
    program = function((x,), Define(g, inner, (), (), LOC), result=g)
    copy = walk.Copier({}).function(program)
    assert defined_in(program).isdisjoint(defined_in(copy))
    assert set(walk.free_in_block(copy.body)) == set(walk.params_of(copy))
    verify(copy, "typed")


def test_a_copy_replaces_a_variable_once():
    """What a copy reads instead may itself be a name that is replaced: a swap is a swap."""
    c, x, y, z, a, b = Var("c", PY_BOOL), *map(vector, "xyzab")
    arms = block(tanh(a, x), results=(a,)), block(tanh(b, y), results=(b,))
    copy = walk.Copier({x: y, y: x}).stmt(If((z,), c, *arms, LOC))
    assert list(walk.free_in_stmt(copy)) == [c, y, x]


def test_constants_can_take_the_place_of_variables():
    x, y, z = number("x"), number("y"), number("z")
    copy = walk.Copier({x: Const(2.0)}).stmt(add(z, x, y))
    assert [type(operand) for operand in walk.operands(copy)] == [Const, Var]
    assert walk.targets(copy)[0].type is PY_FLOAT
