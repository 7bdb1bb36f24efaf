"""Keys and names that a function puts together from what is written in it: ``"k%d" % i``."""

from __future__ import annotations

import ast
import itertools
import operator
from collections.abc import Callable, Sequence
from typing import Any

from srcgrad.analysis.unseen_values import Values, is_key

_OPERATORS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Mod: operator.mod,
}
_CONVERTED: dict[int, Callable[[Any], str]] = {-1: lambda v: v, 115: str, 114: repr, 97: ascii}
_METHODS = frozenset(
    (
        *("format", "upper", "lower", "title", "capitalize", "strip", "lstrip", "rstrip"),
        *("replace", "removeprefix", "removesuffix", "zfill"),
    )
)
"""The methods of texts that give a text."""
_MOST, _LONGEST = 64, 100


def known(node: ast.expr, read: Callable[[str], Values | None]) -> Values | None:
    """The texts and numbers that an expression may be, None if they are not known.

    ``read`` gives what a name stands for, None where it may be something else the next time.
    """
    match node:
        case ast.Constant():
            return (node.value,) if is_key(node.value) else None
        case ast.Name():
            found = read(node.id)
            return found if found and all(map(is_key, found)) else None
        case ast.Tuple():
            return _each(node.elts, read, lambda *parts: parts)
        case ast.BinOp() if type(node.op) in _OPERATORS:
            return _each((node.left, node.right), read, _OPERATORS[type(node.op)])
        case ast.JoinedStr():
            return _each(node.values, read, lambda *parts: "".join(parts))
        case ast.FormattedValue():
            turn = _CONVERTED[node.conversion]
            given = (node.value, *filter(None, (node.format_spec,)))
            return _each(given, read, lambda value, spec="": format(turn(value), spec))
        case ast.Call(func=ast.Name(id="str"), args=[value], keywords=[]):
            return _each((value,), read, str) if read("str") == (str,) else None
        case ast.Call(func=ast.Attribute(value=owner, attr=name), keywords=[]) if name in _METHODS:
            return _each((owner, *node.args), read, getattr(str, name))
    return None


def _each(
    nodes: Sequence[ast.expr], read: Callable[[str], Values | None], make: Callable[..., Any]
) -> Values | None:
    """What is made of one of the values of each of some expressions."""
    found = [known(node, read) for node in nodes]
    operands = [each for each in found if each is not None]
    if len(operands) < len(found):
        return None
    made: list[Any] = []
    for given in itertools.islice(itertools.product(*operands), _MOST + 1):
        try:
            made.append(make(*given))
        except (TypeError, ValueError, LookupError, ArithmeticError):
            continue  # which raises where it is run
    return tuple(made) if len(made) <= _MOST and all(map(_is_kept, made)) else None


def _is_kept(value: Any) -> bool:
    """Whether something is a key or a name, and not what a recursion counts."""
    return isinstance(value, tuple) or (isinstance(value, str) and len(value) <= _LONGEST)


def bound_once(function: ast.AST) -> frozenset[str]:
    """The names that a function binds in one place only, its parameters among them."""
    found: dict[str, int] = {}
    for node in ast.walk(function):
        names: list[str] = []
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            names = [node.id]
        elif isinstance(node, ast.arg):
            names = [node.arg]
        elif isinstance(node, ast.Global | ast.Nonlocal):
            names = [*node.names, *node.names]
        for name in names:
            found[name] = found.get(name, 0) + 1
    return frozenset(name for name, times in found.items() if times == 1)
