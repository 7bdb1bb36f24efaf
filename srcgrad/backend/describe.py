"""Names for temporaries that the user did not name: after what they are, never ``_t17``."""

from __future__ import annotations

import operator
import types
from collections.abc import Mapping
from typing import Any

from srcgrad.backend.spelling import BUILTIN_NAMES, identifier
from srcgrad.ir.nodes import Apply, Const, For, Function, If, Operand, Var
from srcgrad.ir.types import Array
from srcgrad.ir.walk import statements

_WORDS = {
    operator.mul: "prod",
    operator.add: "total",
    operator.sub: "diff",
    operator.truediv: "ratio",
    operator.floordiv: "quotient",
    operator.mod: "rest",
    operator.pow: "power",
    operator.and_: "both",
    operator.or_: "either",
}
_COMPARISONS = frozenset(
    (operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne)
)
_NOUNS = {"sum": "total", "max": "largest", "min": "smallest", "abs": "size", "absolute": "size"}
_LONGEST = 14


def describe_temporaries(function: Function) -> dict[Var, str]:
    """A name for each variable of ``function`` that has none."""
    names: dict[Var, str] = {}
    for stmt in statements(function.body.body):
        if isinstance(stmt, Apply) and not stmt.target.name:
            names[stmt.target] = _describe(stmt, names)
        elif isinstance(stmt, If):
            names.update((var, "chosen") for var in stmt.targets if not var.name)
        elif isinstance(stmt, For) and not stmt.body.params[0].name:
            names[stmt.body.params[0]] = "i"
    return names


def _describe(stmt: Apply, names: Mapping[Var, str]) -> str:
    args = stmt.args
    op: Any = stmt.op
    first = _name(args[0], names) if args else ""
    second = _name(args[1], names) if len(args) > 1 else ""
    if op in _COMPARISONS:
        return "mask" if isinstance(stmt.target.type, Array) else "test"
    if op in (operator.matmul, operator.getitem):
        default = "prod" if op is operator.matmul else "part"
        return _joined(first, second, default)
    if op is operator.neg:
        return _joined("minus", first, "negative")
    if op in _WORDS:
        return _WORDS[op]
    if isinstance(op, types.GetSetDescriptorType):
        return _joined(first, op.__name__, op.__name__)
    if op is list:
        return "saved"
    return _call_name(str(getattr(op, "__name__", "value")), len(args), first)


def _call_name(name: str, arity: int, first: str) -> str:
    if name in _NOUNS:
        return _NOUNS[name]
    word = identifier(name.strip("_"))
    if arity == 1 and first:
        return _joined(word, first, f"{word}_value")
    return f"{word}_value" if word in BUILTIN_NAMES else word


def _joined(first: str, second: str, default: str) -> str:
    name = f"{first}_{second}"
    return name if first and second and len(name) <= _LONGEST else default


def _name(operand: Operand, names: Mapping[Var, str]) -> str:
    if isinstance(operand, Var):
        return operand.name or names.get(operand, "")
    if isinstance(operand, Const) and type(operand.value) is int and operand.value >= 0:
        return str(operand.value)
    return ""
