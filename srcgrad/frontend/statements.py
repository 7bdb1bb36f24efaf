"""Lowering statements, apart from those that branch."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import gast

from srcgrad.errors import UnsupportedSyntaxError
from srcgrad.frontend.builder import DELETED, NONE, Builder
from srcgrad.frontend.expressions import condition, expression
from srcgrad.frontend.targets import assign, hint, load, place, store
from srcgrad.ir import intrinsics
from srcgrad.ir.nodes import Const, Free, Invoke, Operand, Pack, Raise, Var

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
    value = _value(b, node.targets, node.value)
    for target in node.targets:
        assign(b, target, value)


def _value(b: Builder, targets: list[Any], node: Any) -> Operand:
    """The value of an expression, and of the items of a tuple, named after their targets."""
    if isinstance(node, gast.Tuple) and not any(isinstance(e, gast.Starred) for e in node.elts):
        rows = [_elements(target, len(node.elts)) for target in targets]
        parts = zip(*(row for row in rows if row), strict=True)
        inner = list(parts) or [()] * len(node.elts)
        return Pack(
            tuple, tuple(_value(b, list(t), e) for t, e in zip(inner, node.elts, strict=True))
        )
    names = [name for target in targets if (name := hint(target))]
    return _read(b, node, names[0] if names else "")


def _read(b: Builder, node: Any, name: str = "") -> Operand:
    """The value of an expression; a name from outside is read here, and raises here if there is
    none."""
    value = expression(b, node, name)
    if isinstance(value, Free):
        return b.apply(intrinsics.itself, value, node=node, name=name)
    return value


def _elements(target: Any, count: int) -> list[Any]:
    """The targets of the items of a tuple, if each item has one."""
    if not isinstance(target, gast.Tuple | gast.List) or len(target.elts) != count:
        return []
    starred = any(isinstance(element, gast.Starred) for element in target.elts)
    return [] if starred else list(target.elts)


@lowers(gast.AnnAssign)
def _annotated(b: Builder, node: Any) -> None:
    if node.value is not None:
        assign(b, node.target, _read(b, node.value, hint(node.target)))


@lowers(gast.AugAssign)
def _augmented(b: Builder, node: Any) -> None:
    target, op = node.target, IN_PLACE[type(node.op)]
    if isinstance(target, gast.Name):
        old = b.read(target.id, target)
        value = expression(b, node.value)
        b.bind(target.id, b.apply(op, old, value, node=node, name=target.id))
        return
    where = place(b, target)  # what it is an item or an attribute of, and which: evaluated once
    old = load(b, target, where)
    value = expression(b, node.value)
    store(b, target, where, b.apply(op, old, value, node=node))


@lowers(gast.Expr)
def _expression(b: Builder, node: Any) -> None:
    _read(b, node.value)


@lowers(gast.Pass)
def _pass(b: Builder, node: Any) -> None:
    pass


@lowers(gast.Delete)
def _delete(b: Builder, node: Any) -> None:
    for target in _deleted(node.targets):
        if isinstance(target, gast.Subscript):
            container, key = expression(b, target.value), expression(b, target.slice)
            b.apply(operator.delitem, container, key, node=target)
        else:
            b.read(target.id, target)
            b.bind(target.id, DELETED)


def _deleted(targets: list[Any]) -> Iterator[Any]:
    """The names that ``del`` ends, and the items that it takes out of containers."""
    for target in targets:
        if isinstance(target, gast.Name | gast.Subscript):
            yield target
        else:
            yield from _deleted(target.elts)


@lowers(gast.Global, gast.Nonlocal)
def _declared(b: Builder, node: Any) -> None:
    """Reading such a name is reading any name from outside; assigning it is refused."""
    kind = "global" if isinstance(node, gast.Global) else "nonlocal"
    assigned = [name for name in node.names if name in b.names.local]
    if assigned:
        message = f"'{kind} {assigned[0]}' with an assignment cannot be differentiated"
        hint = "pass the value as an argument and return its new value"
        raise UnsupportedSyntaxError(message, b.loc, hint)
    hidden = [name for name in node.names if name in b.enclosing]
    if hidden and kind == "global":
        message = f"'global {hidden[0]}' in a function around which '{hidden[0]}' is local"
        raise UnsupportedSyntaxError(message, b.loc, "give one of them another name")


@lowers(gast.Raise)
def _raise(b: Builder, node: Any) -> None:
    if node.exc is None:
        assert b.error is not None, "the front end has checked that an error is being handled"
        b.emit(Raise(b.error, None, b.loc))
        return
    exception = expression(b, node.exc)
    cause = None if node.cause is None else expression(b, node.cause)
    b.emit(Raise(exception, cause, b.loc))


@lowers(gast.Assert)
def _assert(b: Builder, node: Any) -> None:
    if not __debug__:
        return
    cond = condition(b, node.test)
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
