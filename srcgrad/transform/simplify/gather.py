"""The outer products that a loop adds up are one matrix product after it.

::

    for t in ...:                             for t in ...:
        W_bar += s_bar[:, None] * h    ->         s_bars.append(s_bar)
                                              W_bar += np.array(s_bars).T @ np.array(h_before)

The sum of n outer products becomes one call of BLAS: three to four times faster for a network.
The vectors of all trips are kept, as many as the forward loop kept.  What that saved is taken from
there, and of what is read by index the array itself.

Where the vectors follow by a product from what the forward loop saved, all of the factors are
computed before the loop (:mod:`.rows`), and their array takes the products::

    s_bars = 1 - h_rows * h_rows
    for t in ...:
        s_bar = s_bars[t]
        s_bar *= h_bar
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

import numpy as np

from srcgrad.analysis.memory import MemoryClasses
from srcgrad.ir import intrinsics
from srcgrad.ir.naming import describe
from srcgrad.ir.nodes import Apply, Block, For, Function, Operand, Stmt, Store, Var
from srcgrad.ir.recursion import stored_by
from srcgrad.ir.types import Array, StackOf, is_not_one
from srcgrad.ir.walk import blocks, statements, substitute, targets, used, variables
from srcgrad.specialise.builder import constant_of
from srcgrad.transform.rewrite import Rewriting, rewrite
from srcgrad.transform.simplify.stacked import Facts, Rows


def gather_outer_products(function: Function) -> Function:
    """``function`` with sums of outer products in backward loops taken out of them."""
    facts = Facts(function)

    def step(program: Rewriting, stmt: Stmt) -> None:
        if isinstance(stmt, For) and stmt.loc.adjoint:
            _gather(program, stmt, facts)
        else:
            program.keep(stmt)

    return rewrite(function, step)


def _gather(program: Rewriting, loop: For, facts: Facts) -> None:
    found = _found(program, loop)
    if not found:
        program.keep(loop)
        return
    rows = Rows(program, loop, facts)
    loop, lifted = rows.lift()
    vectors = dict.fromkeys(var for pair in found.values() for var in pair)
    body = tuple(stmt for stmt in loop.body.body if stmt not in found)
    loop = replace(loop, body=replace(loop.body, body=body))
    loop, arrays = _multiply_in_place(program, loop, vectors, lifted)
    known = {var: var in rows.exact for var in vectors if var in rows.types and var not in arrays}
    # Without a trip, what is collected has no second axis, and only a matrix on the right of it
    # gives a product that can be added.
    for a, b in found.values():
        if known.get(a) and not known.get(b):
            del known[a]
    new = [var for var in vectors if var not in arrays and var not in known]
    stacks = {var: Var(_name(program, var), StackOf(var.type)) for var in new}
    program.keep(
        replace(
            loop,
            targets=(*loop.targets, *stacks.values()),
            body=replace(loop.body, results=(*loop.body.results, *new)),
        )
    )
    for var in vectors:
        if var in stacks:
            arrays[var] = _collected(program, stacks[var], loop)
        elif var in known:
            arrays[var] = rows.array(var)
    for store, (a, b) in found.items():
        _add_product(program, replace(store, loc=loop.loc), arrays[a], arrays[b])


def _found(program: Rewriting, loop: For) -> dict[Store, tuple[Var, Var]]:
    """The stores of a loop that add outer products, with the vectors."""
    inside = {*loop.body.params, *(var for s in loop.body.body for var in targets(s))}
    found: dict[Store, tuple[Var, Var]] = {}
    classes = program.memory
    for stmt in loop.body.body:
        if isinstance(stmt, Store) and stmt.buffer not in inside:
            pair = _outer_product(program, stmt)
            if pair is not None and set(pair) <= inside and _stays(classes, loop, stmt, pair):
                found[stmt] = pair
    return found


def _collected(program: Rewriting, stack: Var, loop: For) -> Var:
    array = program.builder.apply(intrinsics.collect, (stack,), (), loop.loc)
    assert isinstance(array, Var)
    array.hint = f"{stack.name.removesuffix('s')}_rows"
    return array


def _multiply_in_place(
    program: Rewriting, loop: For, vectors: Iterable[Var], lifted: Mapping[Var, Var]
) -> tuple[For, dict[Var, Var]]:
    """The loop with those of ``vectors`` that are products with a row put in its place.

    Gives also the arrays, which after the loop hold the vectors of all trips.
    """
    body: list[Stmt] = []
    arrays: dict[Var, Var] = {}
    renamed: dict[Var, Operand] = {}
    for stmt in loop.body.body:
        row = _factor(program, stmt, lifted) if _defines(stmt, vectors) else None
        if row is None or not isinstance(stmt, Apply) or row in arrays:
            body.append(stmt)
            continue
        vector = stmt.target
        product = Var("", vector.type)
        other = next(arg for arg in stmt.args if arg is not row)
        body.append(replace(stmt, target=product, args=(row, other)))
        body.append(Store(row, None, product, False, stmt.loc))
        renamed[vector] = row
        row.name, row.primal, row.type = vector.name, vector.primal, vector.type
        row.hint = vector.hint or _name(program, vector).removesuffix("s")
        array = arrays[vector] = lifted[row]
        array.name, array.hint = _name(program, vector), ""
    block = substitute(Block(loop.body.params, tuple(body), loop.body.results), renamed)
    return replace(loop, body=block), arrays


def _defines(stmt: Stmt, vectors: Iterable[Var]) -> bool:
    return isinstance(stmt, Apply) and stmt.target in set(vectors)


def _factor(program: Rewriting, stmt: Stmt, lifted: Mapping[Var, Var]) -> Var | None:
    """The row that a product may overwrite: of its type, and read nowhere else.

    A row that is known to be longer than one has the length of any product with it.
    """
    if not isinstance(stmt, Apply) or stmt.op is not operator.mul or stmt.args[0] is stmt.args[1]:
        return None
    wanted = stmt.target.type
    for arg in stmt.args:
        if isinstance(arg, Var) and arg in lifted and program.uses[arg] == 1:
            array = lifted[arg].type
            assert isinstance(array, Array)
            same = isinstance(wanted, Array) and array.dtype == wanted.dtype
            if same and is_not_one(array.dims[1]):
                return arg
    return None


def _stays(classes: MemoryClasses, loop: For, store: Store, pair: tuple[Var, Var]) -> bool:
    """Whether the vectors hold after the loop what they held at the store, and nothing in the
    loop sees that the sum comes later."""
    body = tuple(statements(loop.body.body))
    written = {classes.root(var) for stmt in body for var in stored_by(stmt)}
    for var in pair:
        if classes.root(var) in written and not _is_finished(classes, loop, store, var):
            return False
    buffer = classes.root(store.buffer)
    others = [var for stmt in body for var in _read(stmt)]
    others += [
        var for block in _blocks(loop) for result in block.results for var in variables(result)
    ]
    return all(classes.root(var) is not buffer for var in others)


def _is_finished(classes: MemoryClasses, loop: For, store: Store, var: Var) -> bool:
    """Whether an array is made in each trip of a loop, and written no more after ``store``."""
    body = loop.body.body
    made = {target for stmt in statements(body) for target in targets(stmt)}
    if not made.issuperset(classes.members(var)):
        return False
    later = statements(body[body.index(store) + 1 :])
    root = classes.root(var)
    return all(classes.root(buffer) is not root for stmt in later for buffer in stored_by(stmt))


def _read(stmt: Stmt) -> Iterator[Var]:
    """What a statement reads; a sum reads no more of its buffer than comes out of it."""
    if isinstance(stmt, Store) and stmt.accumulate:
        yield from variables(stmt.value)
    else:
        yield from used(stmt)


def _blocks(loop: For) -> Iterator[Block]:
    yield loop.body
    for stmt in statements(loop.body.body):
        yield from blocks(stmt)


def _name(program: Rewriting, var: Var) -> str:
    definition = program.definition(var)
    temporary = describe(definition, {}) if definition is not None else "vector"
    return f"{var.name or var.hint or temporary}s"


def _outer_product(program: Rewriting, stmt: Store) -> tuple[Var, Var] | None:
    """The vectors whose outer product ``stmt`` adds, if that is what it does."""
    if stmt.index is not None or not stmt.accumulate:
        return None
    product = program.definition(stmt.value, operator.mul)
    if product is None or program.uses[product.target] != 1:
        return None
    column, row = product.args
    view = program.definition(column, operator.getitem)
    if view is None or not _is_column_index(view.args[1]):
        return None
    a = view.args[0]
    if isinstance(a, Var) and isinstance(row, Var) and all(map(_is_vector, (a, row))):
        return a, row
    return None


def _is_vector(var: Var) -> bool:
    return isinstance(var.type, Array) and var.type.ndim == 1


def _is_column_index(index: Operand) -> bool:
    known = constant_of(index)
    return known is not None and known.value == (slice(None), None)


def _add_product(program: Rewriting, store: Store, a: Operand, b: Operand) -> None:
    """``buffer += a.T @ b``."""
    builder, loc = program.builder, store.loc
    turned = builder.apply(np.ndarray.T, (a,), (), loc)
    product = builder.apply(operator.matmul, (turned, b), (), loc)
    builder.emit(replace(store, value=product))
