"""What a call of which nothing is known has given is copied where a derivative reads it again.

It may be memory that the next call fills with something else, as readers of files do::

    a = x * next(batches)          ->          a = x * copied(next(batches))
    b = x * next(batches)                      b = x * copied(next(batches))

The copy is made where the program reads it; where nothing is called afterwards, there is none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from srcgrad.analysis.activity import depending_on
from srcgrad.analysis.memory import MemoryClasses, has_memory, passing, reads_content
from srcgrad.analysis.recursion import varied_in
from srcgrad.analysis.strangers import Calls, Part, follow, is_call, is_stranger, parts_of
from srcgrad.ir.nodes import Apply, Function, Stmt, Store, Var
from srcgrad.ir.ops import DERIVATIVES
from srcgrad.ir.recursion import Recursive
from srcgrad.ir.types import Array
from srcgrad.ir.walk import statements, targets, variables
from srcgrad.transform.copying import decides, reading_copies
from srcgrad.transform.rewrite import Rewriting, rewrite


def hold_results(
    function: Function,
    functions: Mapping[Recursive, Function],
    inputs: Iterable[Var],
    later: bool,
) -> tuple[Function, dict[Recursive, Function]]:
    """``function``, and those of its functions that call themselves, with copies of what calls have
    given, for their derivatives.

    Parameters
    ----------
    function : Function
        The typed program, with its writes settled.
    functions : dict of Recursive to Function
        The functions that it calls, of which it is known on what they depend.
    inputs : variables
        With respect to what it is differentiated.
    later : bool
        Whether the derivative runs when others may have called the same.
    """
    parts = parts_of(function, functions)
    calls = Calls(parts, is_call, later)
    given: dict[Part, set[Var]] = {
        part: {s.target for s in made & calls.before[part] if _gives(s)}
        for part, made in calls.made.items()
    }
    if not any(given.values()):
        return function, dict(functions)
    follow(parts, given, lambda part, found: _shown(parts[part].body.body, found))
    held = {
        op: _held(function, given[op], varied_in(op, function))
        for op, function in functions.items()
    }
    return _held(function, given[None], depending_on(function.body.body, inputs)), held


def _gives(stmt: Apply) -> bool:
    """Whether a call may give memory that another call changes."""
    return has_memory(stmt.target) and is_stranger(stmt) and not _draws(stmt)


def _draws(stmt: Stmt) -> bool:
    """Whether a call of which nothing is known gives what is known to be an array: random numbers,
    in a new one."""
    return isinstance(stmt, Apply) and isinstance(stmt.target.type, Array) and is_stranger(stmt)


def _held(function: Function, given: set[Var], varied: set[Var]) -> Function:
    """``function`` with copies of what is ``given`` where a derivative reads it."""
    memory = MemoryClasses(function.body)
    held = {var for var in given if not memory.is_written(var)}
    if not held:
        return function

    def step(program: Rewriting, stmt: Stmt) -> None:
        program.keep(reading_copies(program, stmt, filter(held.__contains__, read(stmt))))

    def read(stmt: Stmt) -> Iterable[Var]:
        if isinstance(stmt, Apply):
            is_reversed = stmt.target in varied and stmt.op in DERIVATIVES
            return reads_content(stmt) if is_reversed else ()
        if not isinstance(stmt, Store) and not _leads_to(stmt, varied):
            return ()
        return (var for operand in decides(stmt) for var in variables(operand))

    return rewrite(function, step)


def _leads_to(stmt: Stmt, varied: set[Var]) -> bool:
    """Whether there is anything to reverse in a branch or a loop."""
    return any(
        isinstance(each, Store) or not varied.isdisjoint(targets(each))
        for each in statements((stmt,))
    )


def _shown(body: Iterable[Stmt], given: set[Var]) -> set[Var]:
    """The variables that may show what calls have ``given``."""
    if not given:
        return given
    others = (stmt for stmt in statements(body) if not _draws(stmt))
    pairs = [pair for stmt in others for pair in passing(stmt)]
    found, before = set(given), 0
    while len(found) > before:
        before = len(found)
        for target, operand in pairs:
            if not found.isdisjoint(variables(operand)):
                found.update(variables(target))
    return found
