"""Lowering expressions.

Each becomes operands and ``Invoke`` statements, in exactly Python's order of evaluation.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

import gast

from srcgrad.errors import UnsupportedSyntaxError
from srcgrad.frontend.builder import Builder
from srcgrad.frontend.trees import walk
from srcgrad.ir import intrinsics
from srcgrad.ir.nodes import Const, Free, Invoke, Operand, Pack, Star, Var

Lower: TypeAlias = Callable[[Builder, Any, str], Operand]

EXPRESSIONS: dict[type[gast.AST], Lower] = {}

BINARY: dict[type[gast.AST], Callable[..., Any]] = {
    gast.Add: operator.add,
    gast.Sub: operator.sub,
    gast.Mult: operator.mul,
    gast.Div: operator.truediv,
    gast.FloorDiv: operator.floordiv,
    gast.Mod: operator.mod,
    gast.Pow: operator.pow,
    gast.MatMult: operator.matmul,
    gast.LShift: operator.lshift,
    gast.RShift: operator.rshift,
    gast.BitAnd: operator.and_,
    gast.BitOr: operator.or_,
    gast.BitXor: operator.xor,
}
UNARY: dict[type[gast.AST], Callable[..., Any]] = {
    gast.USub: operator.neg,
    gast.UAdd: operator.pos,
    gast.Invert: operator.invert,
    gast.Not: operator.not_,
}
COMPARISONS: dict[type[gast.AST], Callable[..., Any]] = {
    gast.Lt: operator.lt,
    gast.LtE: operator.le,
    gast.Gt: operator.gt,
    gast.GtE: operator.ge,
    gast.Eq: operator.eq,
    gast.NotEq: operator.ne,
    gast.Is: operator.is_,
    gast.IsNot: operator.is_not,
}
_CONVERSIONS: dict[int, Callable[..., Any]] = {ord("r"): repr, ord("s"): str, ord("a"): ascii}


def lowers(*kinds: type[gast.AST]) -> Callable[[Lower], Lower]:
    """Registers the function that lowers these kinds of expression."""

    def register(function: Lower) -> Lower:
        for kind in kinds:
            EXPRESSIONS[kind] = function
        return function

    return register


def expression(b: Builder, node: Any, name: str = "") -> Operand:
    """Lowers an expression; ``name`` is the user's name for its value."""
    lower = EXPRESSIONS.get(type(node))
    if lower is None:
        message = f"the syntax {type(node).__name__} cannot be differentiated"
        raise UnsupportedSyntaxError(message, b.locations.expression(node))
    return lower(b, node, name)


def iterable(b: Builder, node: Any) -> Operand:
    """Lowers what a loop runs over: the frozenset that Python makes of a set of constants."""
    constant = b.sets.of(node, iterated=True)
    return expression(b, node) if constant is None else Const(constant)


# --- names and constants ------------------------------------------------------------------------


@lowers(gast.Name)
def _name(b: Builder, node: Any, name: str) -> Operand:
    return b.read(node.id, node)


@lowers(gast.Constant)
def _constant(b: Builder, node: Any, name: str) -> Operand:
    return Const(node.value)


@lowers(gast.NamedExpr)
def _named(b: Builder, node: Any, name: str) -> Operand:
    value = expression(b, node.value, node.target.id)
    b.bind(node.target.id, value)
    return value


def _is_negative_number(node: Any) -> bool:
    number = node.operand
    return (
        isinstance(node.op, gast.USub)
        and isinstance(number, gast.Constant)
        and type(number.value) in (int, float, complex)
    )


# --- operators ----------------------------------------------------------------------------------


@lowers(gast.BinOp)
def _binary(b: Builder, node: Any, name: str) -> Operand:
    left = expression(b, node.left)
    right = expression(b, node.right)
    return b.apply(BINARY[type(node.op)], left, right, node=node, name=name)


@lowers(gast.UnaryOp)
def _unary(b: Builder, node: Any, name: str) -> Operand:
    if _is_negative_number(node):
        return Const(-node.operand.value)
    if isinstance(node.op, gast.Not):
        return condition(b, node)
    operand = expression(b, node.operand)
    return b.apply(UNARY[type(node.op)], operand, node=node, name=name)


@lowers(gast.Compare)
def _comparison(b: Builder, node: Any, name: str) -> Operand:
    left = expression(b, node.left)
    return _comparisons(b, node, left, 0, name)


def _comparisons(b: Builder, node: Any, left: Operand, index: int, name: str) -> Operand:
    """``left op[index] c[index] op[index + 1] ...``: each but the last decides about the next."""
    right = expression(b, node.comparators[index])
    result = _compare(b, node.ops[index], left, right, node, name)
    if index + 1 == len(node.ops):
        return result
    with b.block() as then:
        rest = _comparisons(b, node, right, index + 1, name)
    with b.block() as orelse:
        pass
    return b.join(result, then, orelse, [(name, rest, result)], None, b.at(node))[0]


def _compare(b: Builder, op: Any, left: Operand, right: Operand, node: Any, name: str) -> Operand:
    if isinstance(op, gast.In):
        return b.apply(operator.contains, right, left, node=node, name=name)
    if isinstance(op, gast.NotIn):
        found = b.apply(operator.contains, right, left, node=node)
        return b.apply(operator.not_, found, node=node, name=name)
    return b.apply(COMPARISONS[type(op)], left, right, node=node, name=name)


def condition(b: Builder, node: Any) -> Operand:
    """An expression of which only the truth matters."""
    if isinstance(node, gast.BoolOp):
        return _booleans(b, node, 0, "", _truth)
    if isinstance(node, gast.UnaryOp) and isinstance(node.op, gast.Not):
        return b.apply(operator.not_, condition(b, node.operand), node=node)
    return expression(b, node)


def _truth(b: Builder, node: Any, name: str) -> Operand:
    if isinstance(node, gast.BoolOp | gast.Compare | gast.UnaryOp | gast.Constant):
        return condition(b, node)
    return b.apply(intrinsics.truth, expression(b, node), node=node)


@lowers(gast.BoolOp)
def _boolean(b: Builder, node: Any, name: str) -> Operand:
    return _booleans(b, node, 0, name, expression)


def _booleans(b: Builder, node: Any, index: int, name: str, part: Lower) -> Operand:
    """``values[index] and ...`` yields its first false value, ``or`` its first true one."""
    value = part(b, node.values[index], name)
    if index + 1 == len(node.values):
        return value
    with b.block() as more:
        rest = _booleans(b, node, index + 1, name, part)
    with b.block() as done:
        pass
    if isinstance(node.op, gast.And):
        return b.join(value, more, done, [(name, rest, value)], None, b.at(node))[0]
    return b.join(value, done, more, [(name, value, rest)], None, b.at(node))[0]


@lowers(gast.IfExp)
def _conditional(b: Builder, node: Any, name: str) -> Operand:
    cond = condition(b, node.test)
    with b.block() as then:
        first = expression(b, node.body, name)
    with b.block() as orelse:
        second = expression(b, node.orelse, name)
    return b.join(cond, then, orelse, [(name, first, second)], None, b.at(node))[0]


# --- attributes, items, calls -------------------------------------------------------------------


@lowers(gast.Attribute)
def _attribute(b: Builder, node: Any, name: str) -> Operand:
    value = expression(b, node.value)
    return b.apply(getattr, value, Const(b.private(node.attr)), node=node, name=name)


@lowers(gast.Subscript)
def _subscript(b: Builder, node: Any, name: str) -> Operand:
    value = expression(b, node.value)
    index = expression(b, node.slice)
    return b.apply(operator.getitem, value, index, node=node, name=name)


@lowers(gast.Slice)
def _slice(b: Builder, node: Any, name: str) -> Operand:
    parts = (node.lower, node.upper, node.step)
    return Pack(slice, tuple(Const(None) if p is None else expression(b, p) for p in parts))


@lowers(gast.Call)
def _call(b: Builder, node: Any, name: str) -> Operand:
    if _is_bare_super(node):
        return b.apply(super, Free("__class__"), _first_parameter(b, node), node=node, name=name)
    callee = _callee(b, node.func)
    named = [keyword.value for keyword in node.keywords]
    args = _arguments(b, node.args, named)
    kwargs = tuple(
        (keyword.arg, _entries(b, keyword.value, keyword.arg is None, named[i + 1 :]))
        for i, keyword in enumerate(node.keywords)
    )
    target = Var(name)
    b.emit(Invoke(target, callee, args, kwargs, b.at(node)))
    arguments = (*node.args, *(keyword.value for keyword in node.keywords))
    values = (*args, *(value for _, value in kwargs))
    for argument, value in zip(arguments, values, strict=True):
        if isinstance(argument, gast.GeneratorExp) and argument not in b.names.nested:
            b.apply(intrinsics.leave, value, node=argument)
    return target


def _is_bare_super(node: Any) -> bool:
    is_super = isinstance(node.func, gast.Name) and node.func.id == "super"
    return is_super and not node.args and not node.keywords


def _first_parameter(b: Builder, node: Any) -> Operand:
    """What ``super()`` without arguments is about: the first argument of the function."""
    args = b.names.node.args
    params = [*args.posonlyargs, *args.args]
    if not params:
        message = "'super' without arguments in a function without arguments"
        raise UnsupportedSyntaxError(message, b.locations.expression(node))
    return b.read(params[0].id, node)


def _callee(b: Builder, node: Any) -> Operand:
    if not isinstance(node, gast.Attribute):
        return expression(b, node)
    value = expression(b, node.value)
    return b.apply(getattr, value, Const(b.private(node.attr)), node=node)


def _arguments(b: Builder, nodes: list[Any], others: list[Any]) -> tuple[Operand, ...]:
    """Arguments, or the elements of a display, before which ``others`` are not evaluated.

    What is starred is taken apart at its time: a call in a later one may change it.
    """
    found: list[Operand] = []
    for i, node in enumerate(nodes):
        if not isinstance(node, gast.Starred):
            found.append(expression(b, node))
            continue
        value = expression(b, node.value)
        if _calls((*nodes[i + 1 :], *others)):
            value = b.apply(list, value, node=node)
        found.append(Star(value))
    return tuple(found)


def _entries(b: Builder, node: Any, double_starred: bool, later: list[Any]) -> Operand:
    """The value of a keyword, or the dict of ``**dict``, which is taken apart at its time."""
    value = expression(b, node)
    return b.apply(dict, value, node=node) if double_starred and _calls(later) else value


def _calls(nodes: Iterable[Any]) -> bool:
    """Whether there is a call in one of these expressions."""
    return any(isinstance(part, gast.Call) for node in nodes if node for part in walk(node))


# --- displays -----------------------------------------------------------------------------------


# A tuple is an operand; a list, a dict or a set is made by a statement, at its time, and anew
# whenever that runs, because it can be changed.


@lowers(gast.Tuple)
def _tuple(b: Builder, node: Any, name: str) -> Operand:
    items = _arguments(b, node.elts, [])
    if any(isinstance(item, Star) for item in items):
        return b.apply(intrinsics.pack, Const(tuple), Const(()), *items, node=node, name=name)
    return Pack(tuple, items)


@lowers(gast.List)
def _list(b: Builder, node: Any, name: str) -> Operand:
    items = _arguments(b, node.elts, [])
    return b.apply(intrinsics.pack, Const(list), Const(()), *items, node=node, name=name)


@lowers(gast.Set)
def _set(b: Builder, node: Any, name: str) -> Operand:
    """A set, whose order depends on how it was made: what is starred is what it is updated from."""
    constant, elts = b.sets.of(node), node.elts
    if constant is not None:
        elts = [gast.Starred(gast.Constant(constant, None), gast.Load())]
    starred = (i for i, each in enumerate(elts) if isinstance(each, gast.Starred))
    first = next(starred, len(elts))
    items = _arguments(b, elts[:first], [])
    made = b.apply(intrinsics.pack, Const(set), Const(()), *items, node=node, name=name)
    for each in elts[first:]:
        is_starred = isinstance(each, gast.Starred)
        put = b.apply(getattr, made, Const("update" if is_starred else "add"), node=node)
        more = expression(b, each.value if is_starred else each)
        b.emit(Invoke(Var(""), put, (more,), (), b.at(node)))
    return made


@lowers(gast.Dict)
def _dict(b: Builder, node: Any, name: str) -> Operand:
    items: list[Operand] = []
    for i, (key, value) in enumerate(zip(node.keys, node.values, strict=True)):
        items.append(Const(intrinsics.DOUBLE_STAR) if key is None else expression(b, key))
        later = [*node.keys[i + 1 :], *node.values[i + 1 :]]
        items.append(_entries(b, value, key is None, later))
    return b.apply(intrinsics.pack, Const(dict), Const(()), *items, node=node, name=name)


# --- f-strings ----------------------------------------------------------------------------------


@lowers(gast.JoinedStr)
def _joined(b: Builder, node: Any, name: str) -> Operand:
    parts = tuple(expression(b, value) for value in node.values)
    if all(isinstance(part, Const) and type(part.value) is str for part in parts):
        return Const("".join(part.value for part in parts if isinstance(part, Const)))
    return b.apply(intrinsics.join_text, *parts, node=node, name=name)


@lowers(gast.FormattedValue)
def _formatted(b: Builder, node: Any, name: str) -> Operand:
    value = expression(b, node.value)
    convert = _CONVERSIONS.get(node.conversion)
    if convert is not None:
        value = b.apply(convert, value, node=node)
    spec = Const("") if node.format_spec is None else expression(b, node.format_spec)
    return b.apply(format, value, spec, node=node, name=name)
