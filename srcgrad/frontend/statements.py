"""Lowering statements, apart from those that branch."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, TypeAlias

import gast

from srcgrad.errors import UnsupportedSyntaxError
from srcgrad.frontend.builder import NONE, Builder
from srcgrad.frontend.expressions import expression
from srcgrad.frontend.targets import assign, hint
from srcgrad.ir.nodes import Const, Invoke, Operand, Raise, Var

Lower: TypeAlias = Callable[[Builder, Any], None]

STATEMENTS: dict[type[gast.AST], Lower] = {}

IN_PLACE: dict[type[gast.AST], Callable[..., Any]] = {
    gast.Add: operator.iadd,
    gast.Sub: operator.isub,
    gast.Mult: operator.imul,
    gast.Div: operator.itruediv,
    gast.FloorDiv: operator.ifloordiv,
    gast.Mod: operator.imod,
    gast.Pow: operator.ipow,
    gast.MatMult: operator.imatmul,
    gast.LShift: operator.ilshift,
    gast.RShift: operator.irshift,
    gast.BitAnd: operator.iand,
    gast.BitOr: operator.ior,
    gast.BitXor: operator.ixor,
}


def lowers(*kinds: type[gast.AST]) -> Callable[[Lower], Lower]:
    """Registers the function that lowers these kinds of statement."""

    def register(function: Lower) -> Lower:
        for kind in kinds:
            STATEMENTS[kind] = function
        return function

    return register


def statement(b: Builder, node: Any) -> None:
    """Lowers a statement that falls through, or raises."""
    lower = STATEMENTS.get(type(node))
    b.loc = b.locations.statement(node)
    if lower is None:
        message = f"the syntax {type(node).__name__} cannot be differentiated"
        raise UnsupportedSyntaxError(message, b.loc)
    lower(b, node)


@lowers(gast.Assign)
def _assign(b: Builder, node: Any) -> None:
    names = [target.id for target in node.targets if isinstance(target, gast.Name)]
    value = expression(b, node.value, names[0] if names else "")
    for target in node.targets:
        assign(b, target, value)


@lowers(gast.AnnAssign)
def _annotated(b: Builder, node: Any) -> None:
    if node.value is not None:
        assign(b, node.target, expression(b, node.value, hint(node.target)))


@lowers(gast.AugAssign)
def _augmented(b: Builder, node: Any) -> None:
    name = node.target.id
    old = b.read(name, node.target)
    value = expression(b, node.value)
    b.bind(name, b.apply(IN_PLACE[type(node.op)], old, value, node=node, name=name))


@lowers(gast.Expr)
def _expression(b: Builder, node: Any) -> None:
    expression(b, node.value)


@lowers(gast.Pass)
def _pass(b: Builder, node: Any) -> None:
    pass


@lowers(gast.Global, gast.Nonlocal)
def _declared(b: Builder, node: Any) -> None:
    """A name that is only read is what it would be without the declaration."""
    keyword = "global" if isinstance(node, gast.Global) else "nonlocal"
    assigned = next((name for name in node.names if name in b.names.local), None)
    if assigned is not None:
        message = f"'{keyword}' of {assigned!r}, which is assigned, cannot be differentiated"
        hint = "pass the value as an argument and return its new value"
        raise UnsupportedSyntaxError(message, b.loc, hint)
    hidden = next((name for name in node.names if name in b.enclosing), None)
    if hidden is not None and keyword == "global":
        message = f"'global' of {hidden!r}, a name of the function around it as well"
        raise UnsupportedSyntaxError(message, b.loc, "give one of them another name")


@lowers(gast.Raise)
def _raise(b: Builder, node: Any) -> None:
    exception = expression(b, node.exc)
    cause = None if node.cause is None else expression(b, node.cause)
    b.emit(Raise(exception, cause, b.loc))


@lowers(gast.Assert)
def _assert(b: Builder, node: Any) -> None:
    if not __debug__:
        return
    cond = expression(b, node.test)
    with b.block() as then:
        pass
    with b.block() as orelse:
        message: tuple[Operand, ...] = ()
        if node.msg is not None:
            message = (expression(b, node.msg),)
        error = Var("")
        b.emit(Invoke(error, Const(AssertionError), message, (), b.loc))
        b.emit(Raise(error, None, b.loc))
    b.join(cond, then, orelse, [], (), b.loc)


def returned(b: Builder, node: Any) -> Operand:
    """Lowers the value of a ``return`` statement."""
    b.loc = b.locations.statement(node)
    return NONE if node.value is None else expression(b, node.value)
