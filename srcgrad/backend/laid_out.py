"""Sets whose order counts are those that the program has, and no copies of them.

In the IR a set is a value, and what changes it gives a new one; where the old one is read later
too, the new one is a copy.  A copy of a set comes in an order of its own, so that a program which
asks for the order of such a set is refused.
"""

from __future__ import annotations

from collections.abc import Set

from srcgrad.errors import UnsupportedSyntaxError
from srcgrad.ir import keys
from srcgrad.ir.nodes import Apply, Block, For, Function, If, Operand, Stmt, Var, While
from srcgrad.ir.types import KeysOf, ListOf, PackType, StackOf, Type
from srcgrad.ir.walk import statements, used

ASKING = (keys.in_its_order, keys.popped, keys.less_popped)
"""What asks for the order of a set."""
_KEPT = "the order of a set is asked for, of which what was in it before is kept as well"
_HINT = "give it one: sorted(elements)"


def asks_for_orders(function: Function) -> bool:
    """Whether a program asks in which order a set comes."""
    return any(isinstance(s, Apply) and s.op in ASKING for s in statements(function.body.body))


def check(function: Function, copied: Set[Var], body: Block) -> None:
    """Refuses a program that asks for the order of a set which may be one that was ``copied``, or
    which is asked for an element in ``body``, the changed one, and stays what it was."""
    for stmt in statements(body.body):
        if isinstance(stmt, Apply) and stmt.op in (keys.popped, keys.less_popped):
            raise UnsupportedSyntaxError(_KEPT, stmt.loc, _HINT)
    every = tuple(statements(function.body.body))
    asking = [stmt for stmt in every if isinstance(stmt, Apply) and stmt.op in ASKING]
    sets = {var for var in copied if _is_set(var)}
    if not asking or not sets:
        return
    parents: dict[Var, Var] = {}
    for stmt in every:
        _unite(parents, stmt)
    changed = {_root(parents, var) for var in sets}
    for stmt in asking:
        if any(isinstance(arg, Var) and _root(parents, arg) in changed for arg in stmt.args):
            raise UnsupportedSyntaxError(_KEPT, stmt.loc, _HINT)


def _is_set(operand: Operand) -> bool:
    """Whether an operand is a set, or a list that holds some."""
    return isinstance(operand, Var) and _holds_sets(operand.type)


def _holds_sets(type_: Type) -> bool:
    match type_:
        case KeysOf():
            return type_.of_set
        case ListOf() | StackOf():
            return _holds_sets(type_.item)
        case PackType():
            return any(map(_holds_sets, type_.items))
    return False


def _unite(parents: dict[Var, Var], stmt: Stmt) -> None:
    """Joins the sets that ``stmt`` makes of each other, or hands on."""
    match stmt:
        case Apply():
            _join(parents, (stmt.target, *used(stmt)))
        case If():
            for row in zip(stmt.targets, stmt.then.results, stmt.orelse.results, strict=True):
                _join(parents, row)
        case For() | While():
            params = stmt.carried if isinstance(stmt, For) else stmt.body.params
            for each in zip(stmt.targets, params, stmt.init, stmt.body.results, strict=False):
                _join(parents, each)
            if isinstance(stmt, While):
                for pair in zip(stmt.cond.params, stmt.init, strict=False):
                    _join(parents, pair)


def _join(parents: dict[Var, Var], operands: tuple[Operand, ...]) -> None:
    sets = [operand for operand in operands if isinstance(operand, Var) and _is_set(operand)]
    for var in sets[1:]:
        parents[_root(parents, var)] = _root(parents, sets[0])


def _root(parents: dict[Var, Var], var: Var) -> Var:
    while var in parents and parents[var] is not var:
        var = parents[var]
    return var
