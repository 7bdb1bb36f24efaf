"""An array that was given to a call of which nothing is known is copied where it is read, if such
a call follows: the library may have kept it, and write into it later.

::

    library.setup(w)                     library.setup(w)
    s = np.sum(w * x)             ->     s = np.sum(copied(w) * x)
    library.step()                       library.step()
    t = np.sum(w * x)                    t = np.sum(w * x)

What is read on both sides of a call is then no longer the same expression, and the derivative reads
what the program has read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from srcgrad.analysis.memory import has_memory, passing, reads_content, sources
from srcgrad.analysis.opaque import is_harmless
from srcgrad.analysis.strangers import Calls, Part, follow, is_stranger, parts_of
from srcgrad.ir.nodes import Apply, Function, Stmt, Var
from srcgrad.ir.recursion import Recursive
from srcgrad.ir.types import Object
from srcgrad.ir.walk import statements, used, variables
from srcgrad.transform.copying import decides, reading_copies
from srcgrad.transform.rewrite import Rewriting, rewrite


def hold_lent(
    function: Function,
    functions: Mapping[Recursive, Function],
    later: bool,
    made: Mapping[Var, Apply],
) -> tuple[Function, dict[Recursive, Function]]:
    """``function``, and those of its functions that call themselves, with copies of what libraries
    may hold and write into.

    Parameters
    ----------
    function : Function
        The typed program, with its writes settled.
    functions : dict of Recursive to Function
        The functions that it calls.
    later : bool
        Whether the derivative runs when others may have called the same.
    made : dict of Var to Apply
        What makes each variable.
    """
    parts = parts_of(function, functions)
    calls = Calls(parts, lambda stmt: is_stranger(stmt) and not is_harmless(stmt, made), later)
    # A function of the program keeps nothing that it is given, though what it calls may write.
    strangers = {
        part: {call for call in calls.made[part] if not isinstance(call.op, Recursive)}
        for part in parts
    }
    lent: dict[Part, set[Var]] = {
        part: {var for call in lending for var in used(call) if has_memory(var)}
        for part, lending in strangers.items()
    }
    if not any(lent.values()):
        return function, dict(functions)
    follow(
        parts,
        lent,
        lambda part, given: _connected(parts[part].body.body, given, strangers[part]),
        back=True,
    )
    held = {part: _held(parts[part], lent[part], calls, part) for part in parts}
    return held[None], {op: held[op] for op in functions}


def _held(function: Function, lent: set[Var], calls: Calls, part: Part) -> Function:
    """A part of the program with copies of what is ``lent`` where it reads that before a call."""
    lent = {var for var in lent if not isinstance(var.type, Object)}  # of these there is no copy
    if not lent:
        return function
    before, made = calls.before[part], calls.made[part]

    def step(program: Rewriting, stmt: Stmt) -> None:
        if stmt in before and stmt not in made:
            stmt = reading_copies(program, stmt, filter(lent.__contains__, _computes_with(stmt)))
        program.keep(stmt)

    return rewrite(function, step)


def _computes_with(stmt: Stmt) -> Iterable[Var]:
    """The variables that a statement reads, and that its result does not show."""
    if not isinstance(stmt, Apply):
        return [var for operand in decides(stmt) for var in variables(operand)]
    if isinstance(stmt.op, Recursive) or stmt.op is getattr:
        return ()  # a function that reads its parameters itself, or a method, of the array itself
    if not has_memory(stmt.target):
        return reads_content(stmt)
    shown = {var for operand in sources(stmt) for var in variables(operand)}
    return [var for var in reads_content(stmt) if var not in shown]


def _connected(body: Iterable[Stmt], given: set[Var], calls: set[Apply]) -> set[Var]:
    """The variables that may share memory with what is ``given``, but for what ``calls`` give: of
    that there are copies already."""
    near: dict[Var, set[Var]] = {}
    for stmt in statements(body):
        for target, operand in () if stmt in calls else passing(stmt):
            for a in filter(has_memory, variables(target)):
                for b in filter(has_memory, variables(operand)):
                    near.setdefault(a, set()).add(b)
                    near.setdefault(b, set()).add(a)
    found, waiting = set(given), list(given)
    while waiting:
        new = near.get(waiting.pop(), set()) - found
        found |= new
        waiting.extend(new)
    return found
