"""Where a loop that exits is left: at the end of an arm of the last branch of its body.

The text has a real ``break`` there.  :func:`place_exits` gives every body this form, so that the
flag of a loop is a constant or decided by a last branch, all the way down::

    for i in range(n):                             for i in range(n):
        ...                                            ...
        yield done, ...                     ->         flag = if done: yield True
                                                              else: yield False
                                                       yield flag, ...
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from srcgrad.ir.exits import deciding, is_true
from srcgrad.ir.nodes import Block, Const, Define, For, Function, If, Loc, Operand, Stmt, Var, While
from srcgrad.ir.walk import statements


def place_exits(function: Function) -> Function:
    """``function`` with the exits of loops in the arms of last branches."""
    return replace(function, body=_block(function.body))


def _block(block: Block) -> Block:
    return replace(block, body=tuple(map(_inside, block.body)))


def _inside(stmt: Stmt) -> Stmt:
    match stmt:
        case If():
            return replace(stmt, then=_block(stmt.then), orelse=_block(stmt.orelse))
        case For() | While():
            body = _block(stmt.body)
            return replace(stmt, body=_decided(body, 0, stmt.loc) if stmt.exits else body)
        case Define():
            return replace(stmt, function=place_exits(stmt.function))
        case _:
            return stmt


def _decided(block: Block, which: int, loc: Loc) -> Block:
    """``block`` whose result number ``which`` is a constant or comes from a last branch."""
    flag = block.results[which]
    if isinstance(flag, Const):
        return block
    last = deciding(block, flag)
    if last is not None:
        assert isinstance(flag, Var)
        inner = last.targets.index(flag)
        arms = [_decided(arm, inner, last.loc) for arm in (last.then, last.orelse)]
        return replace(block, body=(*block.body[:-1], replace(last, then=arms[0], orelse=arms[1])))
    assert isinstance(flag, Var)
    target = Var(flag.name, flag.type)
    yes, no = Block((), (), (Const(True),)), Block((), (), (Const(False),))
    results = tuple(target if i == which else result for i, result in enumerate(block.results))
    body = (*block.body, If((target,), flag, yes, no, loc))
    return replace(block, body=body, results=results)


@dataclass(frozen=True, slots=True)
class Exits:
    """How the exits of a function are printed.

    ``branches`` are statements with a ``break`` in them.  ``early`` maps the last branch of a body
    to the one right before it that alone finds whether the loop exits.
    """

    branches: set[If] = field(default_factory=set)
    early: dict[If, If] = field(default_factory=dict)


def find_exits(function: Function, counts: Mapping[Var, int]) -> Exits:
    """The exits of ``function``; ``counts`` says how often each variable is read."""
    found = Exits()
    for stmt in statements(function.body.body):
        if isinstance(stmt, For | While) and stmt.exits:
            _find(stmt.body, stmt.body.results[0], counts, found)
    return found


def _find(block: Block, flag: Operand, counts: Mapping[Var, int], found: Exits) -> None:
    last = deciding(block, flag)
    if last is None or not isinstance(flag, Var):
        return
    found.branches.add(last)
    which = last.targets.index(flag)
    for arm in (last.then, last.orelse):
        _find(arm, arm.results[which], counts, found)
    before = Block((), block.body[:-1], (last.cond,))
    early = deciding(before, last.cond)
    if early is None or counts[last.cond] != 1 or last.then.body:  # type: ignore[index]
        return
    if is_true(last.then.results[which]) and _is_settled(before, last.cond):
        found.early[last] = early
        _find(before, last.cond, counts, found)


def _is_settled(block: Block, flag: Operand) -> bool:
    """Whether a flag is a constant at each end of a block."""
    last = deciding(block, flag)
    if last is None or not isinstance(flag, Var):
        return isinstance(flag, Const)
    which = last.targets.index(flag)
    return all(_is_settled(arm, arm.results[which]) for arm in (last.then, last.orelse))
