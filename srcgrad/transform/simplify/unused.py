"""Unused results: operations that do nothing but give what nobody reads.

What stands between passes: it looks at no memory and at no loop as a whole, as
:mod:`~srcgrad.transform.simplify.dead` does, and takes a quarter of the time.
"""

from __future__ import annotations

from srcgrad.analysis.attempts import deciding
from srcgrad.ir.nodes import Apply, Block, Function, Stmt
from srcgrad.ir.walk import changed, free_in_stmt, map_blocks, same_or, used, variables
from srcgrad.transform.simplify.dead import is_pure


def remove_unused(function: Function) -> Function:
    """``function`` without operations whose results nobody reads."""
    kept = deciding(function.body.body)
    return changed(function, body=_block(function.body, kept))


def _block(block: Block, kept: set[Stmt]) -> Block:
    read = {var for result in block.results for var in variables(result)}
    body: list[Stmt] = []
    for stmt in reversed(block.body):
        if isinstance(stmt, Apply):
            if stmt.target not in read and stmt not in kept and is_pure(stmt):
                continue
            read.update(used(stmt))
        else:
            stmt = map_blocks(stmt, lambda inner: _block(inner, kept))
            read.update(free_in_stmt(stmt))
        body.append(stmt)
    body.reverse()
    return changed(block, body=same_or(block.body, body))
