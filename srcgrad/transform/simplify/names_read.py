"""A name that may have no value is read where the program reads it, also where nobody needs it.

::

    if c:                                if c:
        w = x[1]                             w = x[1]
    return w + x[2]                      else:
                                             w = None
                                         if w is None:
                                             raise UnboundLocalError("cannot access ...")

The gradient of ``w + x[2]`` needs no ``w``, and ``return w`` would hand on what stands for it.
Where the text reads the name anyway, which raises, nothing is asked.
"""

from __future__ import annotations

from functools import partial
from typing import TypeGuard

from srcgrad.analysis.absent import may_be_absent, ways_into
from srcgrad.ir.names import name_asked, name_read
from srcgrad.ir.nodes import Apply, Block, Const, For, Function, Operand, Stmt, Store, Var, While
from srcgrad.ir.walk import (
    blocks,
    changed,
    map_blocks,
    operands,
    same_or,
    statements,
    targets,
    variables,
)


def keep_reads(function: Function) -> Function:
    """``function`` with the reads of what may have no value as operations with an effect."""
    if not any(_is(stmt, name_read) for stmt in statements(function.body.body)):
        return function
    absent = may_be_absent(function)

    def kept(block: Block, known: frozenset[Var]) -> Block:
        body: list[Stmt] = []
        for stmt in block.body:
            if not _is(stmt, name_read):
                body.append(map_blocks(stmt, partial(kept, known=known)))
                continue
            value = stmt.args[0]
            if isinstance(value, Var) and value in absent - known and not stmt.loc.adjoint:
                known |= {value}
                body.append(Apply(Var(), name_asked, stmt.args, (), stmt.loc))
        return changed(block, body=same_or(block.body, body))

    return changed(function, body=kept(function.body, frozenset()))


def answered_in(function: Function) -> set[Apply]:
    """The questions in a function that the statements after them answer, since they read the name
    that may have no value.

    It must not have one of another variable's then: of the trip before, or of a function that was
    called before, which has a variable of that name.
    """
    outside = _made_once(function.body)
    return {
        stmt
        for block in _all_blocks(function.body)
        for stmt in _answered(block)
        if stmt.args[0] in outside and _is_alone(function, stmt.args[0])
    }


def _made_once(block: Block) -> set[Operand]:
    """What a block defines, and blocks in it that are no loops, and what its loops carry."""
    found: set[Operand] = set()
    for stmt in block.body:
        found.update(targets(stmt))
        if isinstance(stmt, For | While):
            found.update(stmt.carried)
        else:
            found.update(each for inner in blocks(stmt) for each in _made_once(inner))
    return found


def _is_alone(function: Function, var: Operand) -> bool:
    """Whether all variables of a name are one that branches and loops join."""
    assert isinstance(var, Var)
    beside: dict[Operand, set[Operand]] = {}
    every = statements(function.body.body)
    for target, source in (way for stmt in every for way in ways_into(stmt)):
        beside.setdefault(target, set()).add(source)
        beside.setdefault(source, set()).add(target)
    web: set[Operand] = {var}
    waiting: list[Operand] = [var]
    while waiting:
        new = [each for each in beside.get(waiting.pop(), ()) if isinstance(each, Var)]
        waiting.extend(each for each in new if each not in web)
        web.update(new)
    made = (each for stmt in statements(function.body.body) for each in targets(stmt))
    return all(each in web for each in made if each.name == var.name)


def _all_blocks(block: Block) -> list[Block]:
    inner = [each for stmt in block.body for own in blocks(stmt) for each in _all_blocks(own)]
    return [block, *inner]


def _answered(block: Block) -> set[Apply]:
    """The questions in a block right after which a statement reads what they ask for."""
    found: set[Apply] = set()
    waiting: list[Apply] = []
    for stmt in block.body:
        if is_question(stmt):
            waiting.append(stmt)
            continue
        if not isinstance(stmt, Apply | Store):
            waiting = []
        read = {var for operand in operands(stmt) for var in variables(operand)}
        found.update(each for each in waiting if each.args[0] in read and _is_local(each))
    return found


def _is_local(question: Apply) -> bool:
    """Whether a question raises what reading a local variable does, and not a captured one."""
    error = question.args[1]
    return isinstance(error, Const) and error.value is UnboundLocalError


def without_questions(function: Function, dropped: set[Apply] | None = None) -> Function:
    """``function`` without those of its questions that are ``dropped``; without any if None."""

    def left(block: Block) -> Block:
        body = [map_blocks(stmt, left) for stmt in block.body if not is_dropped(stmt)]
        return changed(block, body=same_or(block.body, body))

    def is_dropped(stmt: Stmt) -> bool:
        return is_question(stmt) and (dropped is None or stmt in dropped)

    if not any(is_dropped(stmt) for stmt in statements(function.body.body)):
        return function
    return changed(function, body=left(function.body))


def is_question(stmt: Stmt) -> TypeGuard[Apply]:
    """Whether a statement asks whether a name has a value."""
    return _is(stmt, name_asked)


def _is(stmt: Stmt, op: object) -> TypeGuard[Apply]:
    return isinstance(stmt, Apply) and stmt.op is op
