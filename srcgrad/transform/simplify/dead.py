"""Dead code: statements whose results nobody reads and that have no effect.

::

    a = np.exp(x)
    b = np.sin(x)          ->    b = np.sin(x)
    return b                     return b
"""

from __future__ import annotations

from dataclasses import replace

from srcgrad.ir.nodes import (
    Apply,
    Block,
    Define,
    For,
    Function,
    If,
    Operand,
    Stmt,
    Store,
    Var,
    While,
)
from srcgrad.ir.ops import OPS
from srcgrad.ir.recursion import stored_by
from srcgrad.ir.walk import blocks, free_in_stmt, operands, statements, used, variables


def remove_dead(function: Function) -> Function:
    """``function`` without the statements that do not matter to its result or its effects."""
    while True:
        body = remove_dead_in(function.body)
        if body is function.body:
            return function
        function = replace(function, body=body)


def remove_dead_in(block: Block, outer_buffers: bool = True) -> Block:
    """``block`` without dead statements; the same object if there are none.

    ``outer_buffers`` says that stores into buffers from outside the block count as effects.
    """
    inside = {t for s in statements(block.body) for t in _defined(s)}
    live = {var for result in block.results for var in variables(result)}
    body = _sweep(block.body, live, inside if outer_buffers else None)
    if len(body) == len(block.body) and all(a is b for a, b in zip(body, block.body, strict=True)):
        return block
    return replace(block, body=body)


def _defined(stmt: Stmt) -> tuple[Var, ...]:
    return (stmt.target,) if isinstance(stmt, Apply) else ()


def _sweep(body: tuple[Stmt, ...], live: set[Var], inside: set[Var] | None) -> tuple[Stmt, ...]:
    kept: list[Stmt] = []
    for stmt in reversed(body):
        new = _keep(stmt, live, inside)
        if new is not None:
            live.update(free_in_stmt(new))
            kept.append(new)
    return tuple(reversed(kept))


def _keep(stmt: Stmt, live: set[Var], inside: set[Var] | None) -> Stmt | None:
    """The part of ``stmt`` that is alive, None if nothing is."""
    match stmt:
        case Apply():
            return stmt if stmt.target in live or not is_pure(stmt) else None
        case Store():
            # A buffer that is only ever written is as dead as its stores.
            local = inside is not None and stmt.buffer in inside
            return stmt if stmt.buffer in live or not local else None
        case If():
            return _keep_if(stmt, live, inside)
        case For():
            return _keep_for(stmt, live, inside)
        case While():
            return _keep_while(stmt, live, inside)
        case Define():
            if stmt.target not in live:
                return None
            body = remove_dead_in(stmt.function.body)
            if body is stmt.function.body:
                return stmt
            return replace(stmt, function=replace(stmt.function, body=body))
        case _:
            return stmt


def is_pure(stmt: Apply) -> bool:
    """Whether an operation does nothing but give its result."""
    op = OPS.get(stmt.op)
    if op is None:
        return isinstance(stmt.op, type) and issubclass(stmt.op, BaseException)
    return op.pure


def _block(
    block: Block, results: tuple[Operand, ...], live: set[Var], inside: set[Var] | None
) -> Block:
    alive = set(live)
    alive.update(var for result in results for var in variables(result))
    body = _sweep(block.body, alive, inside)
    same = len(body) == len(block.body) and all(
        a is b for a, b in zip(body, block.body, strict=True)
    )
    if same and len(results) == len(block.results):
        return block
    return Block(block.params, body, results)


def _keep_if(stmt: If, live: set[Var], inside: set[Var] | None) -> Stmt | None:
    chosen = [i for i, target in enumerate(stmt.targets) if target in live]
    then = _block(stmt.then, tuple(stmt.then.results[i] for i in chosen), live, inside)
    orelse = _block(stmt.orelse, tuple(stmt.orelse.results[i] for i in chosen), live, inside)
    if not chosen and not then.body and not orelse.body:
        return None
    if then is stmt.then and orelse is stmt.orelse:
        return stmt
    return replace(stmt, targets=tuple(stmt.targets[i] for i in chosen), then=then, orelse=orelse)


def _keep_for(stmt: For, live: set[Var], inside: set[Var] | None) -> Stmt | None:
    count = len(stmt.init)
    body, needed = _loop_body(stmt.body, stmt.carried, stmt.targets, live, inside)
    kept = [i for i in range(count) if i in needed]
    stacked = [i for i in range(count, len(stmt.targets)) if i in needed]
    if not kept and not stacked and not body.body:
        return None
    read = _read_in(body)
    elements = stmt.body.params[1 + count :]
    stacks = [j for j, element in enumerate(elements) if element in read]
    if (
        len(kept) + len(stacked) == len(stmt.targets)
        and len(stacks) == len(elements)
        and body.body == stmt.body.body
    ):
        return stmt
    params = (
        stmt.body.params[0],
        *(stmt.carried[i] for i in kept),
        *(elements[j] for j in stacks),
    )
    results = tuple(stmt.body.results[i] for i in (*kept, *stacked))
    return replace(
        stmt,
        targets=tuple(stmt.targets[i] for i in (*kept, *stacked)),
        init=tuple(stmt.init[i] for i in kept),
        stacks=tuple(stmt.stacks[j] for j in stacks),
        body=Block(params, body.body, results),
    )


def _keep_while(stmt: While, live: set[Var], inside: set[Var] | None) -> Stmt | None:
    count = len(stmt.init)
    tested = set(free_in_block_vars(stmt.cond))
    forced = {i for i, param in enumerate(stmt.cond.params) if param in tested}
    live = live | tested  # the condition reads again what the body stores
    body, needed = _loop_body(stmt.body, stmt.body.params, stmt.targets, live, inside, forced)
    kept = [i for i in range(count) if i in needed]
    stacked = [i for i in range(count, len(stmt.targets)) if i in needed]
    if len(kept) + len(stacked) == len(stmt.targets) and body.body == stmt.body.body:
        return stmt
    return replace(
        stmt,
        targets=tuple(stmt.targets[i] for i in (*kept, *stacked)),
        init=tuple(stmt.init[i] for i in kept),
        cond=replace(stmt.cond, params=tuple(stmt.cond.params[i] for i in kept)),
        body=Block(
            tuple(stmt.body.params[i] for i in kept),
            body.body,
            tuple(stmt.body.results[i] for i in (*kept, *stacked)),
        ),
    )


def free_in_block_vars(block: Block) -> set[Var]:
    """Every variable that a block reads, its own parameters included."""
    found = _read_in(block)
    found.update(var for result in block.results for var in variables(result))
    return found


def _buffers_read(block: Block) -> set[Var]:
    """The buffers that a block both stores into and reads."""
    stores = {var for stmt in statements(block.body) for var in stored_by(stmt)}
    if not stores:
        return stores
    found: set[Var] = set()
    for stmt in statements(block.body):
        reads = (stmt.index, stmt.value) if isinstance(stmt, Store) else operands(stmt)
        found.update(var for o in reads if o is not None for var in variables(o))
        for inner in blocks(stmt):
            found.update(var for result in inner.results for var in variables(result))
    return stores & found


def _read_in(block: Block) -> set[Var]:
    found: set[Var] = set()
    for stmt in statements(block.body):
        found.update(used(stmt))
        for inner in blocks(stmt):
            found.update(var for result in inner.results for var in variables(result))
    found.update(var for result in block.results for var in variables(result))
    return found


def _loop_body(
    block: Block,
    params: tuple[Var, ...],
    targets: tuple[Var, ...],
    live: set[Var],
    inside: set[Var] | None,
    forced: set[int] = frozenset(),  # type: ignore[assignment]
) -> tuple[Block, set[int]]:
    """The live part of a loop's body, and which of its results are needed.

    A carried value is needed if it is read after the loop, or in the body by something needed.
    """
    needed = set(forced)
    needed.update(i for i, target in enumerate(targets) if target in live)
    # What one trip stores, the next may read.
    live = live | _buffers_read(block)
    while True:
        results = tuple(block.results[i] for i in sorted(needed))
        body = _block(block, results, live, inside)
        read = _read_in(Block(body.params, body.body, results))
        more = {i for i, param in enumerate(params) if param in read} - needed
        if not more:
            return Block(block.params, body.body, results), needed
        needed |= more
