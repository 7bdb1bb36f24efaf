"""Names for temporaries that the user did not name: after what they are, never ``_t17``."""

from __future__ import annotations

import builtins
import keyword
import operator
import re
import types
from collections.abc import Mapping
from typing import Any

import numpy as np

from srcgrad.ir import keys, lists
from srcgrad.ir.nodes import Apply, Const, Operand, Var
from srcgrad.ir.types import Array

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
    keys.keys_of: "places",
    keys.key_added: "places",
    keys.key_place: "place",
    keys.next_place: "place",
    keys.has_key: "is_there",
    keys.key_list: "keys",
    keys.set_of: "elements",
    keys.set_of_each: "elements",
    keys.in_its_order: "elements",
    keys.union: "elements",
    keys.union_with: "elements",
    keys.both: "elements",
    keys.both_with: "elements",
    keys.less: "elements",
    keys.less_with: "elements",
    keys.either: "elements",
    keys.either_with: "elements",
    keys.popped: "element",
    keys.with_element: "elements",
    keys.less_element: "elements",
    lists.as_list: "items",
    lists.list_append: "items",
    lists.list_insert: "items",
    lists.list_without: "items",
    lists.list_copied: "items",
    lists.list_zeros: "items_bar",
    lists.zeros_of_length: "items_bar",
    lists.list_blank: "items_bar",
    lists.list_fill: "items_bar",
    lists.list_rows: "items_bar",
    lists.list_of_kind: "items_bar",
    lists.list_sum: "items_bar",
}
_PRODUCTS = frozenset((operator.matmul, np.matmul, np.dot, np.ndarray.dot))
_LIKE = frozenset((np.zeros_like, np.ones_like, np.full_like))
"""What cotangents begin with."""
_COMPARISONS = frozenset(
    (operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne)
)
_NOUNS = {"sum": "total", "max": "largest", "min": "smallest", "abs": "size", "absolute": "size"}
_LONGEST = 14
_BUILTIN_NAMES = frozenset(dir(builtins))


def identifier(text: str, default: str = "value") -> str:
    """``text`` made a valid name, not a keyword."""
    name = re.sub(r"\W+", "_", text).strip("_") if not text.isidentifier() else text
    if not name:
        return default
    if name[0].isdigit():
        name = f"{default}_{name}"
    return f"{name}_" if keyword.iskeyword(name) else name


def describe(stmt: Apply, names: Mapping[Var, str]) -> str:
    """A name for the result of an operation; ``names`` has those of other temporaries."""
    if stmt.target.hint:
        return stmt.target.hint
    args = stmt.args
    op: Any = stmt.op
    first = _name(args[0], names) if args else ""
    second = _name(args[1], names) if len(args) > 1 else ""
    if op in _COMPARISONS:
        return "mask" if isinstance(stmt.target.type, Array) else "test"
    if op in _PRODUCTS or op is operator.getitem:
        return _joined(first, second, "prod" if op in _PRODUCTS else "part")
    if op is operator.neg:
        return _joined("minus", first, "negative")
    if op is operator.not_:
        return _joined("not", first, "negated")
    if op in _WORDS:
        return _WORDS[op]
    if isinstance(op, types.GetSetDescriptorType):
        return _joined(first, op.__name__, op.__name__)
    if op is list:
        return "saved"
    if op in _LIKE and first and stmt.loc.adjoint:
        return f"{first}_bar"
    return _call_name(str(getattr(op, "__name__", "value")), len(args), first)


def _call_name(name: str, arity: int, first: str) -> str:
    if name in _NOUNS:
        return _NOUNS[name]
    word = identifier(name.strip("_"))
    if arity == 1 and first:
        return _joined(word, first, f"{word}_value")
    return f"{word}_value" if word in _BUILTIN_NAMES else word


def _joined(first: str, second: str, default: str) -> str:
    name = f"{first}_{second}"
    return name if first and second and len(name) <= _LONGEST else default


def _name(operand: Operand, names: Mapping[Var, str]) -> str:
    if isinstance(operand, Var):
        return operand.name or names.get(operand, "")
    if isinstance(operand, Const) and type(operand.value) is int and operand.value >= 0:
        return str(operand.value)
    return ""
