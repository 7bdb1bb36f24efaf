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

from srcgrad.analysis.activity import depending_on
from srcgrad.analysis.memory import has_memory, passing, reads_content, sources
from srcgrad.analysis.opaque import is_harmless
from srcgrad.ir import intrinsics
from srcgrad.ir.nodes import Apply, For, Function, If, Operand, Stmt, Var, While
from srcgrad.ir.recursion import Recursive
from srcgrad.ir.types import Object
from srcgrad.ir.walk import blocks, map_stmt, statements, used, variables
from srcgrad.transform.held import is_stranger
from srcgrad.transform.rewrite import Rewriting, rewrite


def hold_lent(
    function: Function, inputs: Iterable[Var], later: bool, made: Mapping[Var, Apply]
) -> Function:
    """``function`` with copies of what libraries may hold and write into.

    Parameters
    ----------
    function : Function
        The typed program, with its writes settled.
    inputs : variables
        With respect to what it is differentiated.
    later : bool
        Whether the derivative runs when others may have called the same.
    made : dict of Var to Apply
        What makes each variable.
    """
    body = function.body.body
    calls = {stmt for stmt in statements(body) if _calls(stmt, made)}
    # A function of the program keeps nothing that it is given, though what it calls may write.
    lending = [call for call in calls if not isinstance(call.op, Recursive)]  # type: ignore[union-attr]
    given = {var for call in lending for var in used(call) if has_memory(var)}
    if not given:
        return function
    lent = _connected(body, given, calls) - depending_on(body, inputs)
    lent = {var for var in lent if not isinstance(var.type, Object)}  # of these there is no copy
    disturbed = _before(body, calls, later)

    def step(program: Rewriting, stmt: Stmt) -> None:
        if isinstance(stmt, Apply | If) and stmt in disturbed and stmt not in calls:
            read = dict.fromkeys(var for var in _computes_with(stmt) if var in lent)
            copies: dict[Var, Operand] = {
                var: program.builder.apply(intrinsics.copied, (var,), (), stmt.loc) for var in read
            }
            stmt = map_stmt(stmt, lambda var: copies.get(var, var))
        program.keep(stmt)

    return rewrite(function, step)


def _computes_with(stmt: Apply | If) -> tuple[Var, ...]:
    """The variables that a statement reads, and that its result does not show."""
    if isinstance(stmt, If) or not has_memory(stmt.target):
        return reads_content(stmt)
    if stmt.op is getattr:
        return ()  # a method, of the array itself
    shown = {var for operand in sources(stmt) for var in variables(operand)}
    return tuple(var for var in reads_content(stmt) if var not in shown)


def _calls(stmt: Stmt, made: Mapping[Var, Apply]) -> bool:
    """Whether a statement itself calls something of which nothing is known, or may."""
    if not isinstance(stmt, Apply):
        return False
    return isinstance(stmt.op, Recursive) or (is_stranger(stmt) and not is_harmless(stmt, made))


def _connected(body: Iterable[Stmt], given: set[Var], calls: set[Stmt]) -> set[Var]:
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


def _before(body: Iterable[Stmt], calls: set[Stmt], later: bool) -> set[Stmt]:
    """The statements after which one of ``calls`` is made, as it is ``later``."""
    found: set[Stmt] = set()
    for stmt in reversed(tuple(body)):
        if later:
            found.add(stmt)
        inside = any(each in calls for each in statements((stmt,)))
        again = inside and isinstance(stmt, For | While)
        for block in blocks(stmt):
            found |= _before(block.body, calls, later or again)
        later = later or inside
    return found
